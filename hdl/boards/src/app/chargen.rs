// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Chargen`]: the character generator protocol (RFC 864).

use rust_hdl::prelude::*;
use syncline_hdl::ram::Lutram;
use syncline_hdl::stream::{StreamIn, StreamOut};

use super::{AppIn, AppOut};

/// Sends lines of 72 characters and CR LF until the peer closes, each a character further along the 95 that print; what comes is thrown
/// away. A line goes out in one piece, 74 bytes: as many as may be sent when there is room. It wants everything.
#[derive(LogicBlock)]
pub struct Chargen {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub inp: StreamIn<AppOut>,
    pub out: StreamOut<AppIn>,
    pub room: Signal<In, Bits<16>>,
    /// Another has the port: no line begins.
    pub hold: Signal<In, Bit>,
    /// A line is on its way: nothing is taken.
    pub sending: Signal<Out, Bit>,
    /// Connections that get lines.
    active: DFF<Bits<16>>,
    flow: DFF<Bits<4>>,
    busy: DFF<Bit>,
    column: DFF<Bits<7>>,
    letter: DFF<Bits<7>>,
    /// First character of a connection's next line.
    firsts: Lutram<Bits<7>, 4>,
    item: Signal<Local, AppOut>,
    begins: Signal<Local, Bit>,
    mine: Signal<Local, Bits<16>>,
    first: Signal<Local, Bits<7>>,
    second: Signal<Local, Bits<7>>,
    following: Signal<Local, Bits<7>>,
    able: Signal<Local, Bits<16>>,
    one: Constant<Bits<16>>,
    space: Constant<Bits<7>>,
    tilde: Constant<Bits<7>>,
}

impl Default for Chargen {
    fn default() -> Self {
        Self {
            one: Constant::new(1.into()),
            space: Constant::new(u64::from(b' ').into()),
            tilde: Constant::new(u64::from(b'~').into()),
            clock: Default::default(),
            reset: Default::default(),
            inp: Default::default(),
            out: Default::default(),
            room: Default::default(),
            hold: Default::default(),
            sending: Default::default(),
            active: Default::default(),
            flow: Default::default(),
            busy: Default::default(),
            column: Default::default(),
            letter: Default::default(),
            firsts: Default::default(),
            item: Default::default(),
            begins: Default::default(),
            mine: Default::default(),
            first: Default::default(),
            second: Default::default(),
            following: Default::default(),
            able: Default::default(),
        }
    }
}

impl Logic for Chargen {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, active, flow, busy, column, letter);
        clock!(self, clock, firsts);
        self.item.next = self.inp.data.val();
        self.begins.next = !self.item.val().keep & !self.item.val().last;
        self.mine.next = self.one.val() << self.item.val().id;
        self.able.next = self.active.q.val() & self.room.val();
        self.firsts.read_addr.next = self.flow.q.val();
        self.firsts.write_addr.next = self.flow.q.val();
        self.firsts.write_en.next = false;
        self.first.next = self.firsts.read_data.val();
        self.second.next = self.first.val() + 1;
        if self.first.val() == self.tilde.val() {
            self.second.next = self.space.val();
        }
        self.firsts.write_data.next = self.second.val();
        self.following.next = self.letter.q.val() + 1;
        if self.letter.q.val() == self.tilde.val() {
            self.following.next = self.space.val();
        }

        self.sending.next = self.busy.q.val();
        self.inp.ready.next = false;
        self.out.data.next.data = bit_cast::<8, 7>(self.letter.q.val());
        self.out.data.next.keep = true;
        self.out.data.next.last = false;
        self.out.data.next.id = self.flow.q.val();
        self.out.valid.next = self.busy.q.val();
        if self.busy.q.val() {
            if self.column.q.val() == 72 {
                self.out.data.next.data = 13.into();
            }
            if self.column.q.val() == 73 {
                self.out.data.next.data = 10.into();
            }
            if self.out.ready.val() {
                self.column.d.next = self.column.q.val() + 1;
                self.letter.d.next = self.following.val();
                if self.column.q.val() == 73 {
                    self.busy.d.next = false;
                    self.firsts.write_en.next = true;
                    self.flow.d.next = self.flow.q.val() + 1;
                }
            }
        } else if self.inp.valid.val() {
            self.inp.ready.next = true;
            if self.begins.val() {
                self.active.d.next = self.active.q.val() | self.mine.val();
                self.firsts.write_addr.next = self.item.val().id;
                self.firsts.write_data.next = self.space.val();
                self.firsts.write_en.next = true;
            }
            if self.item.val().last {
                self.out.data.next.keep = false;
                self.out.data.next.last = true;
                self.out.data.next.id = self.item.val().id;
                self.out.valid.next = true;
                self.inp.ready.next = self.out.ready.val();
                self.active.d.next = self.active.q.val() & !self.mine.val();
            }
        } else if !self.hold.val() {
            self.column.d.next = 0.into();
            self.letter.d.next = self.first.val();
            if self.able.val().get_bit(self.flow.q.val().index()) {
                self.busy.d.next = true;
            } else {
                self.flow.d.next = self.flow.q.val() + 1;
            }
        }
        if self.reset.val() {
            self.active.d.next = 0.into();
            self.busy.d.next = false;
        }
    }
}
