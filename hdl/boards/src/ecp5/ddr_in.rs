// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`DdrIn`]: a pin that is sampled with both edges of a clock.

use rust_hdl::prelude::*;

use super::ddr_out::Delay;

/// `DELAYG` and `IDDRX1F`: both samples of a cycle come out with the rising edge behind it.
#[derive(LogicBlock)]
pub struct DdrIn {
    pub clock: Signal<In, Clock>,
    pub pin: Signal<In, Bit>,
    /// Of the rising edge, ...
    pub first: Signal<Out, Bit>,
    /// ... and of the falling one behind it.
    pub second: Signal<Out, Bit>,
    _delay: Delay,
    _held: (bool, bool),
}

impl DdrIn {
    /// With a delay in front of the registers.
    pub fn new(delay: Delay) -> Self {
        Self {
            clock: Default::default(),
            pin: Default::default(),
            first: Default::default(),
            second: Default::default(),
            _delay: delay,
            _held: (false, false),
        }
    }
}

impl Logic for DdrIn {
    syncline_hdl::module_name!();

    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.first.next = self._held.0;
            self.second.next = self._held.1;
            self._held.0 = self.pin.val();
        }
        if self.clock.neg_edge() {
            self._held.1 = self.pin.val();
        }
    }
    fn connect(&mut self) {
        self.first.connect();
        self.second.connect();
    }
    fn hdl(&self) -> Verilog {
        let delay = self._delay.taps();
        Verilog::Wrapper(Wrapper {
            cores: String::new(),
            code: format!(
                "\
wire late;
DELAYG #(.DEL_MODE(\"USER_DEFINED\"), .DEL_VALUE({delay})) delay (.A(pin), .Z(late));
IDDRX1F register (.D(late), .SCLK(clock), .RST(1'b0), .Q0(first), .Q1(second));"
            ),
        })
    }
}
