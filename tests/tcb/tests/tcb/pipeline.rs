// SPDX-License-Identifier: MIT OR Apache-2.0
//! The pipeline alone, one event a cycle, each with a TCB of its own; and one event at a time.

use crate::case::{Case, Dut};
use crate::rng::{Rng, events};
use crate::{draw, layout};
use std::collections::VecDeque;
use syncline_hdl::tcb::pipeline::{DEPTH, Pipeline};
use syncline_model::tcb::step;

/// Cycles from an event to its verdict.
const VERDICT: usize = 6;
/// Cycles from an event to its segment.
const TX: usize = DEPTH;

/// `single`: the next event comes when this one is through.
fn run(rng: &mut Rng, dut: &mut Dut, single: bool, batches: usize, events: usize) {
    let ports = ["valid", "ev", "tcb", "now", "cfg", "ring"].map(|name| dut.port(name));
    let [valid, ev, tcb, now, cfg, ring_port] = ports;
    dut.model.set_bool(dut.port("single"), single);
    let interval = if single { DEPTH + 1 } else { 1 };
    for _ in 0..batches {
        let (config, ring) = draw::config(rng);
        dut.model.set_bytes(cfg, &layout::pack_config(&config));
        dut.model.set_u64(ring_port, u64::from(ring));
        let mut cases: VecDeque<Option<Case>> = VecDeque::new();
        for i in 0..events + DEPTH + 2 {
            let mut case = None;
            dut.model.set_u64(now, rng.next() & 0xffff_ffff_ffff);
            if i < events && i % interval == 0 && !rng.percent(10) {
                let mut before = draw::tcb(rng, &config, ring);
                let (event, time) = draw::event(rng, ring, &mut before);
                let mut after = before;
                let out = step(&config, ring, time as u32, &event, &mut after);
                dut.model.set_bytes(ev, &layout::pack_event(&event));
                dut.model.set_bytes(tcb, &layout::pack_tcb(&before));
                dut.model.set_u64(now, time);
                case = Some(Case { event, now: time, before, after, out });
            }
            dut.model.set_bool(valid, case.is_some());
            cases.push_front(case);
            cases.truncate(DEPTH + 2);
            dut.model.tick(dut.clock);
            // The newest event has seen one edge.
            let at = |edges: usize| cases.get(edges - 1).and_then(Option::as_ref);
            match at(VERDICT) {
                Some(case) => case.check_verdict(dut),
                None => assert!(!dut.bit("verdict_valid")),
            }
            match at(TX) {
                Some(case) => {
                    case.check_tx(dut);
                    case.check_write(dut);
                }
                None => assert!(!dut.bit("tx_valid") && !dut.bit("write_valid")),
            }
            if let Some(case) = at(DEPTH + 1) {
                case.check_rest(dut);
            }
        }
    }
}

#[test]
fn random_events_on_random_tcbs() {
    let mut rng = Rng::new(1);
    let mut dut = Dut::build(Box::<Pipeline>::default(), "tcb_pipeline");
    run(&mut rng, &mut dut, false, events() / 2000, 2000);
    run(&mut rng, &mut dut, true, events() / 2000, 2000);
}
