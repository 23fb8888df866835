// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Pll`]: two clocks from one.

use std::ops::RangeInclusive;

use rust_hdl::prelude::*;

/// Of an ECP5 PLL, MHz: the input, what is compared, the oscillator and the outputs. As ecppll has them, or narrower.
const INPUT_MHZ: RangeInclusive<f64> = 8.0..=400.0;
const COMPARED_MHZ: RangeInclusive<f64> = 10.0..=400.0;
const OSCILLATOR_MHZ: RangeInclusive<f64> = 400.0..=800.0;
const OUTPUT_MHZ: RangeInclusive<f64> = 3.125..=400.0;
/// Of each divider.
const DIVIDER: RangeInclusive<u32> = 1..=128;

/// `EHXPLLL`, its first output fed back.
#[derive(LogicBlock)]
pub struct Pll {
    pub from: Signal<In, Clock>,
    pub first: Signal<Out, Clock>,
    pub second: Signal<Out, Clock>,
    /// The outputs are what they should be; not synchronous to anything.
    pub locked: Signal<Out, Bit>,
    _ratio: (u32, u32),
    _by: [u32; 2],
}

impl Pll {
    /// A first output of `input_hz * times / over`, and an oscillator of `by[0]` times that, which divided by `by[1]` is the second output.
    ///
    /// # Panics
    /// When the PLL can't do that.
    pub fn new(input_hz: u32, times: u32, over: u32, by: [u32; 2]) -> Self {
        for divider in [times, over, by[0], by[1]] {
            assert!(DIVIDER.contains(&divider), "PLL: a divider of {divider}");
        }
        let input = f64::from(input_hz) / 1e6;
        let compared = input / f64::from(over);
        let first = compared * f64::from(times);
        let oscillator = first * f64::from(by[0]);
        let second = oscillator / f64::from(by[1]);
        assert!(INPUT_MHZ.contains(&input), "PLL: {input} MHz in");
        assert!(COMPARED_MHZ.contains(&compared), "PLL: {compared} MHz compared");
        assert!(OSCILLATOR_MHZ.contains(&oscillator), "PLL: {oscillator} MHz inside");
        for output in [first, second] {
            assert!(OUTPUT_MHZ.contains(&output), "PLL: {output} MHz out");
        }
        Self {
            from: Default::default(),
            first: Default::default(),
            second: Default::default(),
            locked: Default::default(),
            _ratio: (times, over),
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
        let ((times, over), [by0, by1]) = (self._ratio, self._by);
        // A phase of a divider less one is none.
        let (phase0, phase1) = (by0 - 1, by1 - 1);
        Verilog::Wrapper(Wrapper {
            cores: String::new(),
            code: format!(
                "\
EHXPLLL #(
  .CLKI_DIV({over}), .CLKFB_DIV({times}), .FEEDBK_PATH(\"CLKOP\"),
  .CLKOP_ENABLE(\"ENABLED\"), .CLKOP_DIV({by0}), .CLKOP_CPHASE({phase0}), .CLKOP_FPHASE(0),
  .CLKOS_ENABLE(\"ENABLED\"), .CLKOS_DIV({by1}), .CLKOS_CPHASE({phase1}), .CLKOS_FPHASE(0),
  .OUTDIVIDER_MUXA(\"DIVA\"), .OUTDIVIDER_MUXB(\"DIVB\"), .OUTDIVIDER_MUXC(\"DIVC\"), .OUTDIVIDER_MUXD(\"DIVD\")
) pll (
  .CLKI(from), .CLKFB(first), .CLKOP(first), .CLKOS(second), .LOCK(locked), .RST(1'b0), .STDBY(1'b0),
  .PHASESEL0(1'b0), .PHASESEL1(1'b0), .PHASEDIR(1'b0), .PHASESTEP(1'b0), .PHASELOADREG(1'b0),
  .ENCLKOP(1'b1), .ENCLKOS(1'b1)
);"
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "PLL: 1000 MHz inside")]
    fn refuses_an_oscillator_that_is_too_fast() {
        let _ = Pll::new(100_000_000, 5, 4, [8, 16]);
    }

    #[test]
    #[should_panic(expected = "PLL: 375 MHz inside")]
    fn refuses_an_oscillator_that_is_too_slow() {
        let _ = Pll::new(25_000_000, 5, 1, [3, 6]);
    }

    #[test]
    #[should_panic(expected = "PLL: a divider of 129")]
    fn refuses_a_divider_that_is_none() {
        let _ = Pll::new(25_000_000, 5, 1, [5, 129]);
    }

    #[test]
    #[should_panic(expected = "PLL: 2.5 MHz compared")]
    fn refuses_to_compare_too_slowly() {
        let _ = Pll::new(25_000_000, 50, 10, [5, 10]);
    }

    #[test]
    #[should_panic(expected = "PLL: 500 MHz out")]
    fn refuses_an_output_that_is_too_fast() {
        let _ = Pll::new(100_000_000, 5, 4, [4, 1]);
    }
}
