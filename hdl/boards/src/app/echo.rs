// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Echo`]: the echo protocol (RFC 862), and the smallest application of the port.

use rust_hdl::prelude::*;
use syncline_hdl::stream::{StreamIn, StreamOut};

use super::{AppIn, AppOut};

/// Sends back what comes, and closes when the peer does. Combinational.
#[derive(LogicBlock, Default)]
pub struct Echo {
    pub inp: StreamIn<AppOut>,
    pub want: Signal<Out, Bits<16>>,
    pub out: StreamOut<AppIn>,
    pub room: Signal<In, Bits<16>>,
    item: Signal<Local, AppOut>,
    answers: Signal<Local, Bit>,
}

impl Logic for Echo {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        self.item.next = self.inp.data.val();
        self.out.data.next.data = self.item.val().data;
        self.out.data.next.keep = self.item.val().keep;
        self.out.data.next.last = self.item.val().last;
        self.out.data.next.id = self.item.val().id;
        // To the beginning of a connection there is no answer.
        self.answers.next = self.item.val().keep | self.item.val().last;
        self.out.valid.next = self.inp.valid.val() & self.answers.val();
        self.inp.ready.next = self.out.ready.val() | !self.answers.val();
        // Take no more than can be sent back.
        self.want.next = self.room.val();
    }
}
