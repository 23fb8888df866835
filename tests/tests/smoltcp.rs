// SPDX-License-Identifier: MIT OR Apache-2.0
//! End to end: the driver, the Verilated core and smoltcp, in both roles, on good and bad cables. Every byte is compared.
//!
//! `SYNCLINE_SEED` runs a single seed; a failure names the seed that repeats it.

use std::time::Duration;

use syncline_sim::{Config, Impairments};
use syncline_tests::smoltcp::{Bench, lock};

fn seeds(number: u64) -> Vec<u64> {
    match std::env::var("SYNCLINE_SEED").map(|s| s.parse()) {
        Ok(Ok(seed)) => vec![seed],
        Ok(Err(e)) => panic!("SYNCLINE_SEED: {e}"),
        Err(_) => (1..=number).collect(),
    }
}

#[test]
fn a_clean_cable_64() {
    Bench::new(Config::Core64, Impairments::default(), 1).echo(1, 1 << 20, 1);
    Bench::new(Config::Core64, Impairments::default(), 1).receive(1 << 20, 1);
}

#[test]
fn a_clean_cable_512() {
    Bench::new(Config::Core512, Impairments::default(), 1).echo(1, 1 << 20, 1);
    Bench::new(Config::Core512, Impairments::default(), 1).receive(1 << 20, 1);
}

#[test]
fn sixteen_at_once() {
    Bench::new(Config::Core64, Impairments::default(), 1).echo(16, 20_000, 1);
    Bench::new(Config::Core512, Impairments::default(), 1).echo(16, 20_000, 1);
}

#[test]
fn loss() {
    for (percent, bytes) in [(1, 100_000), (5, 50_000), (20, 10_000)] {
        for seed in seeds(3) {
            let bench = Bench::new(Config::Core64, Impairments::loss(f64::from(percent) / 100.0), seed);
            bench.echo(1, bytes, seed);
            bench.receive(bytes as u64, seed);
        }
    }
}

#[test]
fn everything_goes_wrong_at_fifty_seeds() {
    let impairments = Impairments {
        drop: 0.03,
        duplicate: 0.03,
        reorder: 0.03,
        corrupt: 0.02,
        reorder_by: Duration::from_micros(50),
        jitter: Duration::from_micros(20),
    };
    for seed in seeds(50) {
        let bench = Bench::new(Config::Core64, impairments, seed);
        bench.echo(2, 8_000, seed);
        bench.receive(8_000, seed);
    }
}

#[test]
fn equal_seeds_give_equal_cycles() {
    let run = || {
        let bench = Bench::new(Config::Core64, Impairments::loss(0.05), 7);
        bench.echo(1, 20_000, 7);
        let card = lock(&bench.card);
        (card.cycle(), card.now(), card.link_stats())
    };
    assert_eq!(run(), run());
}
