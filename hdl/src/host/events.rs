// SPDX-License-Identifier: MIT OR Apache-2.0
//! The event ring's writer: for each flow with news it reads the TCB and writes a snapshot, while the ring has room.
//!
//! News are a bit a flow (the notify scheduler), so a slow host gets fewer entries and never wrong ones.

use rust_hdl::prelude::*;

use crate::stream::StreamIn;

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum Step {
    Idle,
    Peek,
    Store,
}

/// One flow at a time.
#[derive(LogicBlock, Default)]
pub struct Events {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Flows with news. Taken before the TCB is read, so that news in between set the flow's bit again.
    pub news: StreamIn<Bits<16>>,
    /// The ring has room.
    pub room: Signal<In, Bit>,
    /// To the reader of TCBs: hold until `done`.
    pub request: Signal<Out, Bit>,
    pub flow: Signal<Out, Bits<16>>,
    pub done: Signal<In, Bit>,
    /// The snapshot, with `done`.
    pub words: Signal<In, Bits<256>>,
    /// Write `entry`, until `stored`.
    pub valid: Signal<Out, Bit>,
    pub entry: Signal<Out, Bits<256>>,
    pub stored: Signal<In, Bit>,
    /// An event is being made.
    pub busy: Signal<Out, Bit>,
    step: DFF<Step>,
    target: DFF<Bits<16>>,
    held: DFF<Bits<256>>,
}

impl Logic for Events {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, step, target, held);
        self.news.ready.next = false;
        self.request.next = false;
        self.flow.next = self.target.q.val();
        self.valid.next = false;
        self.entry.next = self.held.q.val();
        if self.done.val() {
            self.held.d.next = self.words.val();
        }
        match self.step.q.val() {
            Step::Idle => {
                self.news.ready.next = self.room.val();
                if self.news.valid.val() & self.room.val() {
                    self.target.d.next = self.news.data.val();
                    self.step.d.next = Step::Peek;
                }
            }
            Step::Peek => {
                self.request.next = true;
                if self.done.val() {
                    self.step.d.next = Step::Store;
                }
            }
            _ => {
                self.valid.next = true;
                if self.stored.val() {
                    self.step.d.next = Step::Idle;
                }
            }
        }
        self.busy.next = (self.step.q.val() != Step::Idle) | (self.news.valid.val() & self.room.val());
        if self.reset.val() {
            self.step.d.next = Step::Idle;
        }
    }
}
