// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`I5Top`]: the board's pads, clocks and LED around [`Ecp5Core8`].

use rust_hdl::prelude::*;
use syncline_hdl::emit::{EmitError, emit_top};
use syncline_hdl::generate::on_a_large_stack;

use super::{BAUD, CLOCK_HZ, PARAMS, delays};
use crate::card::Rates;
use crate::cdc::reset::ResetBridge;
use crate::ecp5::bidirectional::Bidirectional;
use crate::ecp5::pll::Pll;
use crate::rgmii::ecp5::Ecp5Core8;
use crate::rgmii::top::ecp5_top;

/// 25 MHz * 5 = 125 MHz for what is sent; times 6 is 750 MHz, by 20 is 37.5 MHz for the core.
fn pll() -> Pll {
    Pll::new(25_000_000, 5, 1, [6, 20])
}

/// One LED, lit when low: there is a link; it goes out for a beat with frames. Of the lamps of [`Card8`](crate::card::Card8) the first two.
#[derive(LogicBlock, Default)]
pub struct I5Led {
    pub lamps: Signal<In, Bits<4>>,
    pub pins: Signal<Out, Bit>,
}

impl Logic for I5Led {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        self.pins.next = !self.lamps.val().get_bit(0) | self.lamps.val().get_bit(1);
    }
}

ecp5_top!(I5Top, Ecp5Core8, I5Led, Bit);
