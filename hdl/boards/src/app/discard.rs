// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Discard`]: the discard protocol (RFC 863).

use rust_hdl::prelude::*;
use syncline_hdl::stream::{StreamIn, StreamOut};

use super::{AppIn, AppOut};

/// Throws away what comes, and closes when the peer does. Combinational. It wants everything.
#[derive(LogicBlock, Default)]
pub struct Discard {
    pub inp: StreamIn<AppOut>,
    pub out: StreamOut<AppIn>,
    item: Signal<Local, AppOut>,
}

impl Logic for Discard {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        self.item.next = self.inp.data.val();
        self.out.data.next.data = self.item.val().data;
        self.out.data.next.keep = false;
        self.out.data.next.last = true;
        self.out.data.next.id = self.item.val().id;
        self.out.valid.next = self.inp.valid.val() & self.item.val().last;
        self.inp.ready.next = self.out.ready.val() | !self.item.val().last;
    }
}
