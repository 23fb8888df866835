// SPDX-License-Identifier: MIT OR Apache-2.0
//! Hostile input, end to end: forged frames on the wire of the Verilated core beside a transfer of the driver's. Each drop is in its
//! counter, what must be silent is silent, nothing changes, no byte is lost, and the card works afterwards.
//!
//! `SYNCLINE_SEED=n` runs one seed of the random tests; a failure names the seed that repeats it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use syncline_sim::Config;

mod arp;
mod blind;
mod ethernet;
mod flood;
mod giants;
mod icmp;
mod ipv4;
mod random;
mod syn_ack;
mod tcp_data;
mod tcp_header;
mod tcp_options;
mod truncation;

/// The two widths have parsers of their own.
const BOTH: [Config; 2] = [Config::Core64, Config::Core512];

/// Runs a random test for every seed, or for the one that is asked for, on both widths.
fn each_seed(number: u64, test: impl Fn(u64, Config)) {
    for seed in seeds(number) {
        for config in BOTH {
            let run = catch_unwind(AssertUnwindSafe(|| test(seed, config)));
            assert!(run.is_ok(), "SYNCLINE_SEED={seed} repeats it ({config:?})");
        }
    }
}

fn seeds(number: u64) -> Vec<u64> {
    match std::env::var("SYNCLINE_SEED").map(|seed| seed.parse()) {
        Ok(Ok(seed)) => vec![seed],
        Ok(Err(error)) => panic!("SYNCLINE_SEED: {error}"),
        Err(_) => (1..=number).collect(),
    }
}
