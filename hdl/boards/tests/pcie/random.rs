// SPDX-License-Identifier: MIT OR Apache-2.0
//! Streams of random requests, with gaps, stalls and slow registers.

use syncline_hdl::stream::bench::{PACES, Rng};

use crate::card::Card;
use crate::draw;
use crate::dut::Dut;
use crate::host::Host;

/// Keeps some requests queued until `count` have been sent. Every so often everything comes to rest and is compared.
fn stream(host: &mut Host, count: u64) {
    let mut batch = 0;
    for _ in 0..count {
        let mut request = draw::any(&mut host.rng);
        request.tag = loop {
            match host.free_tag() {
                Some(tag) => break tag,
                None => host.cycle(),
            }
        };
        host.queue.push_back(request);
        while host.queue.len() > 12 {
            host.cycle();
        }
        batch += 1;
        if batch == 200 {
            host.settle();
            batch = 0;
        }
    }
    host.settle();
}

fn run(lockstep: bool, seed: u64, count: u64) {
    let mut dut = Some(Dut::new(lockstep));
    for (i, (gap, stall)) in PACES.into_iter().enumerate() {
        let rng = Rng::new(seed + i as u64);
        let (latency, slowness) = [(4, 0), (1, 3), (7, 10), (4, 2)][i];
        let dut = dut.take().unwrap_or_else(|| Dut::new(lockstep));
        let mut host = Host::new(dut, Card::new(latency, slowness), rng);
        (host.gap, host.stall) = (gap, stall);
        stream(&mut host, count);
        println!(
            "gap {gap} stall {stall}: {} requests, {} completions in {} cycles, CQ held {} cycles",
            host.delivered, host.completions, host.cycles, host.refusals
        );
        assert!(host.completions > count / 4, "the test must see completions");
    }
}

#[test]
fn requests_of_all_kinds() {
    let count = std::env::var("SYNCLINE_TLPS").map_or(10_000, |n| n.parse().expect("a number"));
    run(false, 100, count);
}

/// The same, cycle by cycle beside the Rust simulation.
#[test]
fn rust_simulation_and_verilog_agree() {
    run(true, 200, 60);
}
