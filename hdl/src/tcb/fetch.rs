// SPDX-License-Identifier: MIT OR Apache-2.0
//! First stage: the TCB comes out of the RAM, the notes are empty.

use super::{PassOut, Zero};
use crate::types::{Event, EventKind, Tcb, TcpState, Work};
use rust_hdl::prelude::*;

/// The first stage (1 cycle): the time, and whether a deadline has really passed.
#[derive(LogicBlock, Default)]
pub struct Fetch {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset.
    pub reset: Signal<In, Bit>,
    /// Only one event is in flight at a time, and `ev` and `tcb` stay as they are until it is through: a constant.
    pub single: Signal<In, Bit>,
    /// There is an event.
    pub valid: Signal<In, Bit>,
    /// The event.
    pub ev: Signal<In, Event>,
    /// What the RAM holds for its flow.
    pub tcb: Signal<In, Tcb>,
    /// Time, us.
    pub now: Signal<In, Bits<48>>,
    /// The event with its TCB and empty notes.
    pub out: PassOut,
    valid_reg: DFF<Bit>,
    ev_reg: DFF<Event>,
    tcb_reg: DFF<Tcb>,
    work_reg: DFF<Work>,
    empty: Zero<Work>,
    expired: Signal<Local, Bit>,
}

impl Logic for Fetch {
    crate::module_name!();
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, valid_reg, ev_reg, tcb_reg, work_reg);
        self.out.valid.next = self.valid_reg.q.val();
        self.out.ev.next = self.ev_reg.q.val();
        self.out.tcb.next = self.tcb_reg.q.val();
        self.out.work.next = self.work_reg.q.val();
        if self.single.val() {
            self.out.ev.next = self.ev.val();
            self.out.tcb.next = self.tcb.val();
            self.out.tcb.next.timer_on = self.tcb_reg.q.val().timer_on;
        }

        // An expiry that was overtaken by a cleared timer is nothing.
        self.expired.next =
            (self.ev.val().kind == EventKind::Timer) & self.ev.val().hit & self.tcb.val().timer_on;
        self.valid_reg.d.next = self.valid.val();
        self.ev_reg.d.next = self.ev.val();
        self.tcb_reg.d.next = self.tcb.val();
        if self.expired.val() {
            self.tcb_reg.d.next.timer_on = false;
        }
        self.work_reg.d.next = self.empty.value.val();
        self.work_reg.d.next.now = self.now.val();
        if self.single.val() & !self.valid.val() {
            self.work_reg.d.next.now = self.work_reg.q.val().now;
        }
        self.work_reg.d.next.expired = self.expired.val();
        self.work_reg.d.next.half_open =
            (self.tcb.val().state == TcpState::SynReceived) & !self.tcb.val().active;
        if self.reset.val() {
            self.valid_reg.d.next = false;
        }
    }
}
