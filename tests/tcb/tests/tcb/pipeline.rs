// SPDX-License-Identifier: MIT OR Apache-2.0
//! The pipeline alone, one event a cycle, each with a TCB of its own.

use crate::rng::Rng;
use crate::{draw, layout};
use std::collections::VecDeque;
use syncline_hdl::emit::emit_top;
use syncline_hdl::tcb::pipeline::{DEPTH, Pipeline};
use syncline_model::tcb::{Event, EventKind, Outputs, State, Tcb, TimerAction, step};
use syncline_verilate::{Model, Options, Port, Source};

/// Cycles from an event to its verdict.
const VERDICT: usize = 6;
/// Cycles from an event to its segment.
const TX: usize = DEPTH;

struct Dut {
    model: Model,
    clock: Port,
}

impl Dut {
    fn build() -> Self {
        let text = emit_top(Box::<Pipeline>::default(), "tcb_pipeline").expect("printable");
        let model = Model::build(&Source::new("tcb_pipeline", text), Options::default()).expect("Verilated");
        let clock = model.port("clock").expect("a port");
        Dut { model, clock }
    }

    fn port(&self, name: &str) -> Port {
        self.model.port(name).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    fn bit(&self, name: &str) -> bool {
        self.model.get_bool(self.port(name))
    }

    fn bytes(&self, name: &str) -> &[u8] {
        self.model.get_bytes(self.port(name))
    }
}

/// One event with everything that must come of it.
struct Case {
    event: Event,
    now: u64,
    before: Tcb,
    after: Tcb,
    out: Outputs,
}

impl Case {
    fn fail(&self, what: &str, rtl: &dyn std::fmt::Debug, model: &dyn std::fmt::Debug) -> ! {
        let (rtl, model) = (format!("{rtl:#?}"), format!("{model:#?}"));
        let differ: String = rtl
            .lines()
            .zip(model.lines())
            .filter(|(r, m)| r != m)
            .map(|(r, m)| format!("  rtl {r}   model {m}\n"))
            .collect();
        panic!(
            "{what} differs:\n{differ}event {:?}\nnow {}\nbefore {:?}\nafter (model) {:?}\noutputs (model) {:?}",
            self.event, self.now, self.before, self.after, self.out
        )
    }

    fn same<T: PartialEq + std::fmt::Debug>(&self, what: &str, rtl: T, model: T) {
        if rtl != model {
            self.fail(what, &rtl, &model);
        }
    }

    fn check_verdict(&self, dut: &Dut) {
        let rtl = dut.bit("verdict_valid").then(|| layout::unpack_verdict(dut.bytes("verdict")));
        self.same("verdict", rtl, self.out.verdict);
    }

    fn check_tx(&self, dut: &Dut) {
        let rtl = dut.bit("tx_valid").then(|| layout::unpack_tx(dut.bytes("tx")));
        self.same("segment", rtl, self.out.request);
    }

    /// In the cycle of the RAM's write.
    fn check_write(&self, dut: &Dut) {
        let writes = self.event.hit && self.event.kind != EventKind::Peek;
        self.same("write", dut.bit("write_valid"), writes);
        if writes {
            self.same("TCB", layout::unpack_tcb(dut.bytes("write_tcb")), self.after);
            self.same("flow", dut.model.get_u64(dut.port("write_flow")), u64::from(self.event.flow));
        }
    }

    /// One cycle later.
    fn check_rest(&self, dut: &Dut) {
        let deadline = dut.model.get_u64(dut.port("timer_deadline"));
        let timer = match (dut.bit("timer_valid"), dut.bit("timer_set")) {
            (false, _) => TimerAction::Keep,
            (true, false) => TimerAction::Clear,
            (true, true) => TimerAction::Set(deadline.wrapping_sub(self.now) as u32),
        };
        self.same("timer", timer, self.out.timer);
        if let TimerAction::Set(delay) = self.out.timer {
            self.same("deadline", deadline, (self.now + u64::from(delay)) & 0xffff_ffff_ffff);
        }
        self.same("remove", dut.bit("remove_valid"), self.out.removal.remove);
        self.same("free", dut.bit("free_valid"), self.out.removal.free);
        self.same("notify", dut.bit("notify_valid"), self.out.notify);
        self.same("turn", dut.bit("turn_valid"), self.out.turn);
        self.same("done", dut.bit("done_valid"), self.out.completion.is_some());
        if let Some(done) = self.out.completion {
            self.same("ok", dut.bit("done_ok"), !done.bad);
            self.same("done_tcb", layout::unpack_tcb(dut.bytes("done_tcb")), self.after);
        }
        let doorbell = self.event.kind == EventKind::Doorbell;
        self.same("bad_doorbell", dut.bit("bad_doorbell"), doorbell && self.out.bad);
        let half_open = |t: &Tcb| t.state == State::SynReceived && !t.active;
        let dec = self.event.hit
            && self.event.kind != EventKind::Peek
            && half_open(&self.before)
            && self.after.state != State::SynReceived;
        self.same("half_open_dec", dut.bit("half_open_dec"), dec);
        self.same("peek", dut.bit("peek_valid"), self.event.kind == EventKind::Peek);
        if self.event.kind == EventKind::Peek {
            self.same("peek_tcb", layout::unpack_tcb(dut.bytes("peek_tcb")), self.before);
        }
    }
}

fn run(rng: &mut Rng, dut: &mut Dut, batches: usize, events: usize) {
    let ports = ["valid", "ev", "tcb", "now", "cfg", "ring"].map(|name| dut.port(name));
    let [valid, ev, tcb, now, cfg, ring_port] = ports;
    for _ in 0..batches {
        let (config, ring) = draw::config(rng);
        dut.model.set_bytes(cfg, &layout::pack_config(&config));
        dut.model.set_u64(ring_port, u64::from(ring));
        let mut cases: VecDeque<Option<Case>> = VecDeque::new();
        for i in 0..events + DEPTH + 2 {
            let mut case = None;
            if i < events && !rng.percent(10) {
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
    let events = std::env::var("SYNCLINE_EVENTS").map_or(100_000, |n| n.parse().expect("a number"));
    let mut dut = Dut::build();
    run(&mut rng, &mut dut, events / 2000, 2000);
}
