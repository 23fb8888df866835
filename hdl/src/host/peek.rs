// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reading a TCB for the host: two users (connection table, event ring), one `Peek` in flight.
//!
//! A peek passes through the processor like any event, so that what it returns is never half updated.

use rust_hdl::prelude::*;

use crate::stream::StreamOut;
use crate::types::{Event, EventKind, Tcb};

/// Who waits for the answer.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum User {
    Nobody,
    Table,
    Notify,
}

/// The table's request has priority: the host waits for it.
#[derive(LogicBlock)]
pub struct Peeker {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Hold until `table_done`.
    pub table_request: Signal<In, Bit>,
    pub table_flow: Signal<In, Bits<16>>,
    /// One cycle; `tcb` is the answer.
    pub table_done: Signal<Out, Bit>,
    /// Hold until `notify_done`.
    pub notify_request: Signal<In, Bit>,
    pub notify_flow: Signal<In, Bits<16>>,
    /// One cycle; `tcb` and `flow` are the answer.
    pub notify_done: Signal<Out, Bit>,
    /// The TCB read, valid with either `done`.
    pub tcb: Signal<Out, Tcb>,
    /// The flow read.
    pub flow: Signal<Out, Bits<16>>,
    /// The flow being read, from the request on.
    pub looking: Signal<Out, Bits<16>>,
    /// To the processor.
    pub event: StreamOut<Event>,
    /// From the processor.
    pub peek_valid: Signal<In, Bit>,
    pub peek_flow: Signal<In, Bits<16>>,
    pub peek_tcb: Signal<In, Tcb>,
    user: DFF<User>,
    asked: DFF<Bit>,
    target: DFF<Bits<16>>,
    blank: Constant<Event>,
}

impl Default for Peeker {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            table_request: Default::default(),
            table_flow: Default::default(),
            table_done: Default::default(),
            notify_request: Default::default(),
            notify_flow: Default::default(),
            notify_done: Default::default(),
            tcb: Default::default(),
            flow: Default::default(),
            looking: Default::default(),
            event: Default::default(),
            peek_valid: Default::default(),
            peek_flow: Default::default(),
            peek_tcb: Default::default(),
            user: Default::default(),
            asked: Default::default(),
            target: Default::default(),
            blank: Constant::new(Event::default()),
        }
    }
}

impl Logic for Peeker {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, user, asked, target);
        self.table_done.next = false;
        self.notify_done.next = false;
        self.tcb.next = self.peek_tcb.val();
        self.flow.next = self.peek_flow.val();
        self.looking.next = self.target.q.val();
        self.event.valid.next = false;
        self.event.data.next = self.blank.val();
        self.event.data.next.kind = EventKind::Peek;
        self.event.data.next.hit = true;
        self.event.data.next.flow = self.target.q.val();
        match self.user.q.val() {
            User::Nobody => {
                self.asked.d.next = false;
                if self.table_request.val() {
                    self.user.d.next = User::Table;
                    self.target.d.next = self.table_flow.val();
                } else if self.notify_request.val() {
                    self.user.d.next = User::Notify;
                    self.target.d.next = self.notify_flow.val();
                }
            }
            _ => {
                self.event.valid.next = !self.asked.q.val();
                if self.event.ready.val() {
                    self.asked.d.next = true;
                }
                if self.peek_valid.val() {
                    self.table_done.next = self.user.q.val() == User::Table;
                    self.notify_done.next = self.user.q.val() == User::Notify;
                    self.user.d.next = User::Nobody;
                }
            }
        }
        if self.reset.val() {
            self.user.d.next = User::Nobody;
            self.asked.d.next = false;
        }
    }
}
