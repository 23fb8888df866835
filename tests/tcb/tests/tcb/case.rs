// SPDX-License-Identifier: MIT OR Apache-2.0
//! One event, what the model makes of it, and the comparison with the ports.

use crate::layout;
use rust_hdl::prelude::Block;
use syncline_hdl::emit::emit_top;
use syncline_model::tcb::{Event, EventKind, Outputs, State, Tcb, TimerAction};
use syncline_verilate::{Model, Options, Port, Source};

/// The Verilated block.
pub struct Dut {
    pub model: Model,
    pub clock: Port,
}

impl Dut {
    pub fn build<B: Block>(block: Box<B>, name: &str) -> Self {
        let text = emit_top(block, name).expect("printable");
        let model = Model::build(&Source::new(name, text), Options::default()).expect("Verilated");
        let clock = model.port("clock").expect("a port");
        Dut { model, clock }
    }

    pub fn port(&self, name: &str) -> Port {
        self.model.port(name).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    pub fn bit(&self, name: &str) -> bool {
        self.model.get_bool(self.port(name))
    }

    pub fn bytes(&self, name: &str) -> &[u8] {
        self.model.get_bytes(self.port(name))
    }
}

/// The lines of two values that are not the same.
pub fn differ(rtl: &dyn std::fmt::Debug, model: &dyn std::fmt::Debug) -> String {
    let (rtl, model) = (format!("{rtl:#?}"), format!("{model:#?}"));
    let lines = rtl.lines().zip(model.lines()).filter(|(r, m)| r != m);
    lines.map(|(r, m)| format!("  rtl {r}   model {m}\n")).collect()
}

/// One event with everything that must come of it.
pub struct Case {
    pub event: Event,
    pub now: u64,
    pub before: Tcb,
    pub after: Tcb,
    pub out: Outputs,
}

impl Case {
    fn fail(&self, what: &str, rtl: &dyn std::fmt::Debug, model: &dyn std::fmt::Debug) -> ! {
        let differ = differ(rtl, model);
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

    pub fn check_verdict(&self, dut: &Dut) {
        let rtl = dut.bit("verdict_valid").then(|| layout::unpack_verdict(dut.bytes("verdict")));
        self.same("verdict", rtl, self.out.verdict);
    }

    pub fn check_tx(&self, dut: &Dut) {
        let rtl = dut.bit("tx_valid").then(|| layout::unpack_tx(dut.bytes("tx")));
        self.same("segment", rtl, self.out.request);
    }

    /// In the cycle of the RAM's write.
    pub fn check_write(&self, dut: &Dut) {
        let writes = self.event.hit && self.event.kind != EventKind::Peek;
        self.same("write", dut.bit("write_valid"), writes);
        if writes {
            self.same("TCB", layout::unpack_tcb(dut.bytes("write_tcb")), self.after);
            self.same("flow", dut.model.get_u64(dut.port("write_flow")), u64::from(self.event.flow));
        }
    }

    /// One cycle later.
    pub fn check_rest(&self, dut: &Dut) {
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
            if self.event.hit {
                self.same("done_tcb", layout::unpack_tcb(dut.bytes("done_tcb")), self.after);
            }
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
