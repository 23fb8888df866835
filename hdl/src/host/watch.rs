// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tells when a flow enters another state: for recorders, LEDs and the counters of opened connections.

use rust_hdl::prelude::*;

use crate::host::snapshot::StateCode;
use crate::ram::Lutram;
use crate::sweep::Sweep;
use crate::types::{Tcb, TcpState};

/// Remembers the last state of each of `2^A` flows.
#[derive(LogicBlock, Default)]
pub struct Watch<const A: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// The processor has written a TCB.
    pub wrote: Signal<In, Bit>,
    pub flow: Signal<In, Bits<16>>,
    pub tcb: Signal<In, Tcb>,
    /// One cycle: `state_flow` has entered the state with the code `state` (`syncline_regs::code::State`).
    pub state_valid: Signal<Out, Bit>,
    pub state_flow: Signal<Out, Bits<16>>,
    pub state: Signal<Out, Bits<4>>,
    /// One cycle: a handshake is complete ...
    pub opened: Signal<Out, Bit>,
    /// ... that the peer began.
    pub accepted: Signal<Out, Bit>,
    states: Lutram<Bits<4>, A>,
    state_number: StateCode,
    /// After a reset every flow is CLOSED.
    sweep: Sweep<A>,
    valid: DFF<Bit>,
    entered: DFF<Bits<4>>,
    number: DFF<Bits<16>>,
    opens: DFF<Bit>,
    passive: DFF<Bit>,
    t: Signal<Local, Tcb>,
    index: Signal<Local, Bits<A>>,
    before: Signal<Local, Bits<4>>,
    after: Signal<Local, Bits<4>>,
    was_opening: Signal<Local, Bit>,
    is_open: Signal<Local, Bit>,
}

impl<const A: usize> Logic for Watch<A> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, valid, entered, number, opens, passive);
        clock!(self, clock, states, sweep);
        self.sweep.reset.next = self.reset.val();
        self.t.next = self.tcb.val();
        self.state_number.state.next = self.t.val().state;
        self.after.next = self.state_number.code.val();
        self.index.next = self.flow.val().get_bits::<A>(0);
        self.states.read_addr.next = self.index.val();
        self.states.write_addr.next = self.index.val();
        self.states.write_data.next = self.after.val();
        self.states.write_en.next = self.wrote.val() | self.sweep.busy.val();
        if self.sweep.busy.val() {
            self.states.write_addr.next = self.sweep.addr.val();
            self.states.write_data.next = 0.into();
        }
        self.before.next = self.states.read_data.val();
        self.was_opening.next = (self.before.val() == 2) | (self.before.val() == 3);
        self.is_open.next = (self.after.val() >= 4) & (self.t.val().state != TcpState::Closed);
        self.valid.d.next = self.wrote.val() & (self.before.val() != self.after.val());
        self.entered.d.next = self.after.val();
        self.number.d.next = self.flow.val();
        self.opens.d.next = self.wrote.val() & self.was_opening.val() & self.is_open.val();
        self.passive.d.next = !self.t.val().active;
        self.state_valid.next = self.valid.q.val();
        self.state_flow.next = self.number.q.val();
        self.state.next = self.entered.q.val();
        self.opened.next = self.opens.q.val();
        self.accepted.next = self.opens.q.val() & self.passive.q.val();
        if self.reset.val() {
            self.valid.d.next = false;
            self.opens.d.next = false;
        }
    }
}
