// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`DdrOut`]: a pin that changes with both edges of a clock; and [`Delay`], that of a pin.

use rust_hdl::prelude::*;

/// Picoseconds of a step of a pin's delay (the open tools' and LiteEth's figure), and how many there are.
const TAP_PS: u32 = 25;
const TAPS: u32 = 128;

/// A delay between a pin and its registers.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Delay(u32);

impl Delay {
    /// # Panics
    /// When the pin can't wait so long, or not in whole steps.
    pub fn picoseconds(ps: u32) -> Self {
        assert!(ps.is_multiple_of(TAP_PS), "a pin can't wait for {ps} ps: not a multiple of {TAP_PS}");
        assert!(ps / TAP_PS < TAPS, "a pin can't wait for {ps} ps: too long");
        Self(ps / TAP_PS)
    }

    /// In steps.
    pub fn taps(self) -> u32 {
        self.0
    }
}

/// `ODDRX1F` and `DELAYG`. What goes out was taken with a rising edge before: one in the Rust simulation, two and a half in the device.
#[derive(LogicBlock)]
pub struct DdrOut {
    pub clock: Signal<In, Clock>,
    /// For the clock's first half, ...
    pub first: Signal<In, Bit>,
    /// ... and for the second.
    pub second: Signal<In, Bit>,
    pub pin: Signal<Out, Bit>,
    _delay: Delay,
    _held: (bool, bool),
}

impl DdrOut {
    /// With a delay behind the registers.
    pub fn new(delay: Delay) -> Self {
        Self {
            clock: Default::default(),
            first: Default::default(),
            second: Default::default(),
            pin: Default::default(),
            _delay: delay,
            _held: (false, false),
        }
    }
}

impl Logic for DdrOut {
    syncline_hdl::module_name!();

    fn update(&mut self) {
        if self.clock.pos_edge() {
            self._held = (self.first.val(), self.second.val());
        }
        self.pin.next = if self.clock.val().clk { self._held.0 } else { self._held.1 };
    }
    fn connect(&mut self) {
        self.pin.connect();
    }
    fn hdl(&self) -> Verilog {
        let delay = self._delay.taps();
        Verilog::Wrapper(Wrapper {
            cores: String::new(),
            code: format!(
                "\
wire early;
ODDRX1F register (.D0(first), .D1(second), .SCLK(clock), .RST(1'b0), .Q(early));
DELAYG #(.DEL_MODE(\"USER_DEFINED\"), .DEL_VALUE({delay})) delay (.A(early), .Z(pin));"
            ),
        })
    }
}
