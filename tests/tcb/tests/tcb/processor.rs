// SPDX-License-Identifier: MIT OR Apache-2.0
//! The processor with its RAM and its scoreboard: connections live through random events, and events of one flow come as
//! close together as the processor lets them: each mode of it.

use crate::case::{Case, Dut};
use crate::rng::{Rng, events};
use crate::{draw, layout};
use std::collections::VecDeque;
use syncline_hdl::tcb::pipeline::DEPTH;
use syncline_hdl::tcb::processor::Processor;
use syncline_model::tcb::{EventKind, Op, Processor as Reference, State, Step};

/// Flows.
const FLOWS: u32 = 16;
/// Cycles from taking an event to its segment, and to everything else.
const TX: usize = DEPTH + 1;
/// Cycles between two events of one flow at best.
const INTERVAL: usize = 12;

/// `single`: one event at a time, whatever its flow.
fn run(rng: &mut Rng, dut: &mut Dut, single: bool, batches: usize, cycles: usize) {
    let names =
        ["ev_valid", "ev_data", "ev_ready", "now", "cfg", "ring", "room", "reset", "initialising", "busy"];
    let [valid, data, ready, now, cfg, ring_port, room, reset, initialising, busy] =
        names.map(|name| dut.port(name));
    dut.model.set_bool(dut.port("single"), single);
    let (mut taken, mut shortest) = (0_usize, usize::MAX);
    for _ in 0..batches {
        let (config, ring) = draw::config(rng);
        let mut model = Reference::new(config, FLOWS as usize, ring);
        dut.model.set_bytes(cfg, &layout::pack_config(&config));
        dut.model.set_u64(ring_port, u64::from(ring));
        dut.model.set_bool(valid, false);
        dut.model.set_bool(reset, true);
        dut.model.tick(dut.clock);
        dut.model.set_bool(reset, false);
        dut.model.eval();
        for _ in 0..FLOWS {
            assert!(dut.model.get_bool(initialising) && !dut.model.get_bool(ready));
            dut.model.tick(dut.clock);
        }
        assert!(!dut.model.get_bool(initialising));

        let few = rng.pick(&[0, 3, FLOWS - 1]);
        let mut last_taken = [0_usize; FLOWS as usize];
        // `single`: after the reset a TCB is CLOSED, and its numbers mean nothing until it begins.
        let mut begun = [!single; FLOWS as usize];
        let mut cases: VecDeque<Option<Case>> = VecDeque::new();
        for cycle in INTERVAL.. {
            let offer = cycle < cycles && rng.percent(90);
            let flow = rng.upto(few);
            let before = *model.tcb(flow as u16);
            let (mut event, time) = draw::event(rng, ring, &mut before.clone());
            event.flow = flow as u16;
            if event.new && before.state != State::Closed {
                event.kind = EventKind::Turn;
                event.new = false;
            }
            let begins = event.new
                && (event.kind == EventKind::Segment
                    || (event.kind == EventKind::Command && event.op == Op::Open));
            let offer = offer && (begun[flow as usize] || begins);
            let has_room = rng.percent(95);
            dut.model.set_bool(room, has_room);
            dut.model.set_bool(valid, offer);
            dut.model.set_bytes(data, &layout::pack_event(&event));
            dut.model.eval();
            let mut case = None;
            let waits_for = if single { 0..FLOWS as usize } else { flow as usize..flow as usize + 1 };
            let since = waits_for.map(|flow| cycle - last_taken[flow]).min().expect("a flow");
            if offer && dut.model.get_bool(ready) {
                assert!(has_room);
                taken += 1;
                begun[flow as usize] = true;
                if event.hit || single {
                    shortest = shortest.min(since);
                    last_taken[flow as usize] = cycle;
                }
                let out = model.step(time, &event);
                case = Some(Case { event, now: time, before, after: *model.tcb(event.flow), out });
            } else if offer && has_room {
                assert!((event.hit || single) && since < INTERVAL, "refused without a reason");
            }
            // The time is sampled one cycle after the event.
            if let Some(previous) = cases.front().and_then(Option::as_ref) {
                dut.model.set_u64(now, previous.now);
            }
            cases.push_front(case);
            cases.truncate(TX + 2);
            dut.model.tick(dut.clock);
            let at = |edges: usize| cases.get(edges - 1).and_then(Option::as_ref);
            match at(7) {
                Some(case) => case.check_verdict(dut),
                None => assert!(!dut.bit("verdict_valid")),
            }
            match at(TX) {
                Some(case) => case.check_tx(dut),
                None => assert!(!dut.bit("tx_valid")),
            }
            if let Some(case) = at(TX + 1) {
                case.check_rest(dut);
            }
            let any = cases.iter().take(INTERVAL).any(Option::is_some);
            assert_eq!(dut.model.get_bool(busy), any, "busy");
            if cycle > cycles + 20 {
                break;
            }
        }
    }
    println!("{taken} events, {shortest} cycles between two that must not meet");
    assert_eq!(shortest, INTERVAL);
}

#[test]
fn connections_live_through_random_events() {
    let mut rng = Rng::new(2);
    let mut dut = Dut::build(Box::<Processor<4>>::default(), "tcb_processor");
    run(&mut rng, &mut dut, false, events() / 5000, 10_000);
    run(&mut rng, &mut dut, true, events() / 5000, 10_000);
}
