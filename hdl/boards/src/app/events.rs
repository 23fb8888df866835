// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`EventPoller`]: looks for an entry of the event ring and takes it.

use rust_hdl::prelude::*;
use syncline_hdl::host::bar::{Bar0Out, Bar2Out};
use syncline_hdl::host::window;
use syncline_regs::map;

use super::Seen;

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum Step {
    Idle,
    /// Flow, state, flags; generation, port.
    First,
    /// `snd_una`, `placed`.
    Third,
    AwaitThird,
    /// `rcv_nxt`, `rcv_user`.
    Fourth,
    AwaitFourth,
    Judge,
    Advance,
}

/// For a ring of 32 entries. Drives zeros on its BARs while it does nothing.
#[derive(LogicBlock)]
pub struct EventPoller {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Held until `done`.
    pub go: Signal<In, Bit>,
    /// One cycle: there was no entry, or it has been taken.
    pub done: Signal<Out, Bit>,
    pub bar0: Bar0Out,
    pub bar2: Bar2Out<Bits<64>, Bits<8>>,
    /// The entry's flow.
    pub flow: Signal<Out, Bits<4>>,
    /// What is known of `flow`, in the same cycle.
    pub old: Signal<In, Seen>,
    /// One cycle: `seen` takes the place of `old`.
    pub store: Signal<Out, Bit>,
    pub seen: Signal<Out, Seen>,
    /// With `store`: an accepted connection, whose first bytes are at these pointers.
    pub opened: Signal<Out, Bit>,
    pub rcv_user: Signal<Out, Bits<32>>,
    pub snd_una: Signal<Out, Bits<32>>,
    step: DFF<Step>,
    head: DFF<Bits<16>>,
    entry: DFF<Seen>,
    entry_flow: DFF<Bits<4>>,
    fin_received: DFF<Bit>,
    /// Accepted by the card, and the host's.
    passive: DFF<Bit>,
    una: DFF<Bits<32>>,
    user: DFF<Bits<32>>,
    word: Signal<Local, Bits<64>>,
    place: Signal<Local, Bits<24>>,
    there: Signal<Local, Bit>,
    behind: Signal<Local, Bits<13>>,
    next_head: Signal<Local, Bits<16>>,
    same: Signal<Local, Bit>,
}

impl Default for EventPoller {
    fn default() -> Self {
        assert_eq!((window::EQ, map::EQ_HEAD), (0x2000, 0x210), "the addresses are in the logic below");
        Self {
            clock: Default::default(),
            reset: Default::default(),
            go: Default::default(),
            done: Default::default(),
            bar0: Default::default(),
            bar2: Default::default(),
            flow: Default::default(),
            old: Default::default(),
            store: Default::default(),
            seen: Default::default(),
            opened: Default::default(),
            rcv_user: Default::default(),
            snd_una: Default::default(),
            step: Default::default(),
            head: Default::default(),
            entry: Default::default(),
            entry_flow: Default::default(),
            fin_received: Default::default(),
            passive: Default::default(),
            una: Default::default(),
            user: Default::default(),
            word: Default::default(),
            place: Default::default(),
            there: Default::default(),
            behind: Default::default(),
            next_head: Default::default(),
            same: Default::default(),
        }
    }
}

impl Logic for EventPoller {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, step, head, entry, entry_flow, fin_received, passive, una, user);
        self.done.next = false;
        self.store.next = false;
        self.opened.next = false;
        self.flow.next = self.entry_flow.q.val();
        self.seen.next = self.entry.q.val();
        self.rcv_user.next = self.user.q.val();
        self.snd_una.next = self.una.q.val();
        self.bar0.addr.next = 0.into();
        self.bar0.wdata.next = 0.into();
        self.bar0.write.next = false;
        self.bar0.read.next = false;
        self.bar2.waddr.next = 0.into();
        self.bar2.wdata.next = 0.into();
        self.bar2.wstrb.next = 0.into();
        self.bar2.wvalid.next = false;
        self.bar2.raddr.next = 0.into();
        self.bar2.rvalid.next = false;

        self.place.next = (bit_cast::<24, 5>(self.head.q.val().get_bits::<5>(0)) << 6) | 0x2000;
        self.word.next = self.bar2.rdata.val();
        // The phase is 1 in even laps.
        self.there.next = self.word.val().get_bit(31) != self.head.q.val().get_bit(5);
        self.behind.next = self.entry.q.val().placed + 1;
        self.next_head.next = self.head.q.val() + 1;
        self.same.next = self.old.val().known & (self.old.val().generation == self.entry.q.val().generation);
        match self.step.q.val() {
            Step::Idle => {
                if self.go.val() {
                    self.bar2.raddr.next = self.place.val();
                    self.bar2.rvalid.next = true;
                    self.step.d.next = Step::First;
                }
            }
            Step::First => {
                self.entry_flow.d.next = self.word.val().get_bits::<4>(0);
                self.entry.d.next.dead = !self.word.val().get_bits::<4>(16).any();
                self.passive.d.next = self.word.val().get_bit(24) & !self.word.val().get_bit(23);
                self.fin_received.d.next = self.word.val().get_bit(27);
                self.entry.d.next.generation = self.word.val().get_bits::<16>(32);
                self.entry.d.next.lport = self.word.val().get_bits::<16>(48);
                self.entry.d.next.known = true;
                if self.bar2.rdone.val() {
                    self.step.d.next = Step::Third;
                    if !self.there.val() {
                        self.done.next = true;
                        self.step.d.next = Step::Idle;
                    }
                }
            }
            Step::Third => {
                self.bar2.raddr.next = self.place.val() | 16;
                self.bar2.rvalid.next = true;
                self.step.d.next = Step::AwaitThird;
            }
            Step::AwaitThird => {
                self.una.d.next = self.word.val().get_bits::<32>(0);
                self.entry.d.next.snd_una = self.word.val().get_bits::<13>(0);
                self.entry.d.next.placed = self.word.val().get_bits::<13>(32);
                if self.bar2.rdone.val() {
                    self.step.d.next = Step::Fourth;
                }
            }
            Step::Fourth => {
                self.bar2.raddr.next = self.place.val() | 24;
                self.bar2.rvalid.next = true;
                self.step.d.next = Step::AwaitFourth;
            }
            Step::AwaitFourth => {
                // The FIN has a sequence number of its own.
                self.entry.d.next.fin =
                    self.fin_received.q.val() & (self.behind.val() == self.word.val().get_bits::<13>(0));
                self.user.d.next = self.word.val().get_bits::<32>(32);
                if self.bar2.rdone.val() {
                    self.step.d.next = Step::Judge;
                }
            }
            Step::Judge => {
                // Of a generation that was given back the ring may still hold entries: they change nothing that is looked at.
                self.opened.next = self.passive.q.val() & !self.same.val();
                self.store.next = self.passive.q.val() | self.same.val();
                self.step.d.next = Step::Advance;
            }
            _ => {
                self.bar0.addr.next = 0x210.into();
                self.bar0.wdata.next = bit_cast::<32, 16>(self.next_head.val());
                self.bar0.write.next = true;
                if self.bar0.ack.val() {
                    self.head.d.next = self.next_head.val();
                    self.done.next = true;
                    self.step.d.next = Step::Idle;
                }
            }
        }
        if self.reset.val() {
            self.step.d.next = Step::Idle;
            self.head.d.next = 0.into();
        }
    }
}
