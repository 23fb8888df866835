// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`VersaTop`]: the board's pads, clocks and LEDs around [`Ecp5Core`].

use rust_hdl::prelude::*;
use syncline_hdl::emit::{EmitError, emit_top};
use syncline_hdl::generate::on_a_large_stack;

use super::{BAUD, CLOCK_HZ, PARAMS, delays};
use crate::card::Rates;
use crate::cdc::reset::ResetBridge;
use crate::ecp5::bidirectional::Bidirectional;
use crate::ecp5::pll::Pll;
use crate::rgmii::ecp5::Ecp5Core;
use crate::rgmii::top::ecp5_top;

/// 100 MHz / 4 * 5 = 125 MHz for what is sent; times 4 is 500 MHz, by 5 is 100 MHz for the core.
fn pll() -> Pll {
    Pll::new(100_000_000, 5, 4, [4, 5])
}

/// Eight LEDs, lit when low: 0 to 3 are the lamps of [`Card`](crate::card::Card), the others are dark.
#[derive(LogicBlock, Default)]
pub struct VersaLeds {
    pub lamps: Signal<In, Bits<4>>,
    pub pins: Signal<Out, Bits<8>>,
    dark: Signal<Local, Bits<4>>,
}

impl Logic for VersaLeds {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        self.dark.next = !self.lamps.val();
        self.pins.next = bit_cast::<8, 4>(self.dark.val()) | bits::<8>(0xf0);
    }
}

ecp5_top!(VersaTop, Ecp5Core, VersaLeds, Bits<8>);
