// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Services`]: echo on port 7, chargen on port 19, discard on every other.

use rust_hdl::prelude::*;
use syncline_hdl::stream::{StreamIn, StreamOut};

use super::chargen::Chargen;
use super::discard::Discard;
use super::echo::Echo;
use super::{AppIn, AppOut};

/// The ports to listen on.
pub const PORTS: [u16; 3] = [7, 9, 19];

/// Three applications at one port: each has the connections of its own port. While chargen sends a line the others wait.
#[derive(LogicBlock)]
pub struct Services {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub inp: StreamIn<AppOut>,
    pub want: Signal<Out, Bits<16>>,
    pub out: StreamOut<AppIn>,
    pub room: Signal<In, Bits<16>>,
    echo: Echo,
    discard: Discard,
    chargen: Chargen,
    /// The echo's connections: the others want everything.
    echoes: DFF<Bits<16>>,
    item: Signal<Local, AppOut>,
    mine: Signal<Local, Bits<16>>,
    at_echo: Signal<Local, Bit>,
    at_chargen: Signal<Local, Bit>,
    one: Constant<Bits<16>>,
}

impl Default for Services {
    fn default() -> Self {
        Self {
            one: Constant::new(1.into()),
            clock: Default::default(),
            reset: Default::default(),
            inp: Default::default(),
            want: Default::default(),
            out: Default::default(),
            room: Default::default(),
            echo: Default::default(),
            discard: Default::default(),
            chargen: Default::default(),
            echoes: Default::default(),
            item: Default::default(),
            mine: Default::default(),
            at_echo: Default::default(),
            at_chargen: Default::default(),
        }
    }
}

impl Logic for Services {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, echoes);
        clock!(self, clock, chargen);
        self.chargen.reset.next = self.reset.val();
        self.item.next = self.inp.data.val();
        self.at_echo.next = self.item.val().dest == 7;
        self.at_chargen.next = self.item.val().dest == 19;
        self.mine.next = self.one.val() << self.item.val().id;
        if self.inp.valid.val() & !self.item.val().keep & !self.item.val().last {
            self.echoes.d.next = self.echoes.q.val() & !self.mine.val();
            if self.at_echo.val() {
                self.echoes.d.next = self.echoes.q.val() | self.mine.val();
            }
        }
        self.echo.room.next = self.room.val();
        self.chargen.room.next = self.room.val();
        self.want.next = self.echo.want.val() | !self.echoes.q.val();

        self.echo.inp.data.next = self.inp.data.val();
        self.discard.inp.data.next = self.inp.data.val();
        self.chargen.inp.data.next = self.inp.data.val();
        self.chargen.hold.next = self.inp.valid.val();
        self.echo.inp.valid.next = false;
        self.discard.inp.valid.next = false;
        self.chargen.inp.valid.next = false;
        self.echo.out.ready.next = self.out.ready.val();
        self.discard.out.ready.next = self.out.ready.val();
        self.chargen.out.ready.next = self.out.ready.val();
        if self.chargen.sending.val() {
            self.inp.ready.next = false;
            self.out.data.next = self.chargen.out.data.val();
            self.out.valid.next = self.chargen.out.valid.val();
        } else if self.at_echo.val() {
            self.echo.inp.valid.next = self.inp.valid.val();
            self.inp.ready.next = self.echo.inp.ready.val();
            self.out.data.next = self.echo.out.data.val();
            self.out.valid.next = self.echo.out.valid.val();
        } else if self.at_chargen.val() {
            self.chargen.inp.valid.next = self.inp.valid.val();
            self.inp.ready.next = self.chargen.inp.ready.val();
            self.out.data.next = self.chargen.out.data.val();
            self.out.valid.next = self.chargen.out.valid.val();
        } else {
            self.discard.inp.valid.next = self.inp.valid.val();
            self.inp.ready.next = self.discard.inp.ready.val();
            self.out.data.next = self.discard.out.data.val();
            self.out.valid.next = self.discard.out.valid.val();
        }
        if self.reset.val() {
            self.echoes.d.next = 0.into();
        }
    }
}
