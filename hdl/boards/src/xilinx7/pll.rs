// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Pll`]: two clocks from one.

use rust_hdl::prelude::*;

/// Range of the oscillator of a 7-series PLL, speed grade 1, MHz (DS181, table "PLL Specification").
const OSCILLATOR_MHZ: std::ops::RangeInclusive<u32> = 800..=1600;

/// `PLLE2_BASE`, with a clock buffer behind each output.
#[derive(LogicBlock)]
pub struct Pll {
    pub from: Signal<In, Clock>,
    pub first: Signal<Out, Clock>,
    pub second: Signal<Out, Clock>,
    /// The outputs are what they should be; not synchronous to anything.
    pub locked: Signal<Out, Bit>,
    _input_hz: u32,
    _times: u32,
    _by: [u32; 2],
}

impl Pll {
    /// Outputs of `input_hz * times / by`.
    ///
    /// # Panics
    /// When the PLL can't do that.
    pub fn new(input_hz: u32, times: u32, by: [u32; 2]) -> Self {
        let oscillator = input_hz / 1_000_000 * times;
        assert!(
            OSCILLATOR_MHZ.contains(&oscillator) && (2..=64).contains(&times),
            "PLL: {oscillator} MHz inside"
        );
        assert!(by.iter().all(|by| (1..=128).contains(by)), "PLL: divided by {by:?}");
        Self {
            from: Default::default(),
            first: Default::default(),
            second: Default::default(),
            locked: Default::default(),
            _input_hz: input_hz,
            _times: times,
            _by: by,
        }
    }
}

impl Logic for Pll {
    syncline_hdl::module_name!();

    fn update(&mut self) {
        self.first.next = self.from.val();
        self.second.next = self.from.val();
        self.locked.next = true;
    }
    fn connect(&mut self) {
        self.first.connect();
        self.second.connect();
        self.locked.connect();
    }
    fn hdl(&self) -> Verilog {
        let period = 1e9 / f64::from(self._input_hz);
        let (times, [by0, by1]) = (self._times, self._by);
        Verilog::Wrapper(Wrapper {
            cores: String::new(),
            code: format!(
                "\
wire feedback;
wire [1:0] made;
PLLE2_BASE #(
  .BANDWIDTH(\"OPTIMIZED\"), .CLKIN1_PERIOD({period:.3}), .DIVCLK_DIVIDE(1), .CLKFBOUT_MULT({times}),
  .CLKOUT0_DIVIDE({by0}), .CLKOUT1_DIVIDE({by1}), .STARTUP_WAIT(\"FALSE\")
) pll (
  .CLKIN1(from), .CLKFBIN(feedback), .CLKFBOUT(feedback), .PWRDWN(1'b0), .RST(1'b0),
  .CLKOUT0(made[0]), .CLKOUT1(made[1]), .LOCKED(locked)
);
BUFG first_buffer (.I(made[0]), .O(first));
BUFG second_buffer (.I(made[1]), .O(second));"
            ),
        })
    }
}
