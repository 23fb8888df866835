// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Ecp5Core`] and [`Ecp5Core8`]: the card and the DDR registers of its RGMII: everything that is simulated.

use rust_hdl::prelude::*;
use syncline_hdl::emit::{EmitError, emit_top};
use syncline_hdl::generate::on_a_large_stack;
use syncline_hdl::params::Params;

use super::core::{RgmiiCore, RgmiiCore8};
use crate::card::Rates;
use crate::ecp5::STUBS;
use crate::ecp5::rgmii_pads::{Delays, RgmiiPads};

macro_rules! ecp5_core {
    ($name:ident, $core:ident) => {
        /// The card and [`RgmiiPads`].
        #[derive(LogicBlock)]
        pub struct $name {
            /// As of [`RgmiiCore`].
            pub clock: Signal<In, Clock>,
            pub reset: Signal<In, Bit>,
            pub uart_rx: Signal<In, Bit>,
            pub uart_tx: Signal<Out, Bit>,
            /// 125 MHz for what is sent.
            pub tx_clock: Signal<In, Clock>,
            /// The RGMII's pins.
            pub eth_tx_clk: Signal<Out, Bit>,
            pub eth_tx_ctl: Signal<Out, Bit>,
            pub eth_txd: Signal<Out, Bits<4>>,
            pub eth_rx_clk: Signal<In, Clock>,
            pub eth_rx_ctl: Signal<In, Bit>,
            pub eth_rxd: Signal<In, Bits<4>>,
            /// As of [`RgmiiCore`].
            pub mdc: Signal<Out, Bit>,
            pub mdio_in: Signal<In, Bit>,
            pub mdio_out: Signal<Out, Bit>,
            pub mdio_drive: Signal<Out, Bit>,
            pub phy_reset_n: Signal<Out, Bit>,
            pub lamps: Signal<Out, Bits<4>>,
            core: $core,
            pads: RgmiiPads,
        }

        impl $name {
            /// # Panics
            /// As [`RgmiiCore::new`].
            pub fn new(params: &Params, rates: &Rates, delays: Delays) -> Self {
                Self {
                    core: $core::new(params, rates),
                    pads: RgmiiPads::new(delays),
                    clock: Default::default(),
                    reset: Default::default(),
                    uart_rx: Default::default(),
                    uart_tx: Default::default(),
                    tx_clock: Default::default(),
                    eth_tx_clk: Default::default(),
                    eth_tx_ctl: Default::default(),
                    eth_txd: Default::default(),
                    eth_rx_clk: Default::default(),
                    eth_rx_ctl: Default::default(),
                    eth_rxd: Default::default(),
                    mdc: Default::default(),
                    mdio_in: Default::default(),
                    mdio_out: Default::default(),
                    mdio_drive: Default::default(),
                    phy_reset_n: Default::default(),
                    lamps: Default::default(),
                }
            }
        }

        impl Logic for $name {
            syncline_hdl::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                clock!(self, clock, core);
                self.core.reset.next = self.reset.val();
                self.core.uart_rx.next = self.uart_rx.val();
                self.uart_tx.next = self.core.uart_tx.val();

                self.pads.rx_clock.next = self.eth_rx_clk.val();
                self.pads.rxd_pins.next = self.eth_rxd.val();
                self.pads.rx_ctl_pin.next = self.eth_rx_ctl.val();
                self.core.rx_clock.next = self.eth_rx_clk.val();
                self.core.rxd.next = self.pads.rxd.val();
                self.core.rx_dv.next = self.pads.rx_ctl.val().get_bit(0);
                self.core.rx_dv_xor_er.next = self.pads.rx_ctl.val().get_bit(1);

                self.core.tx_clock.next = self.tx_clock.val();
                self.pads.tx_clock.next = self.tx_clock.val();
                self.pads.txd.next = self.core.txd.val();
                self.pads.tx_ctl.next =
                    bits::<2>(0).replace_bit(0, self.core.tx_en.val()).replace_bit(1, self.core.tx_en.val());
                self.eth_tx_clk.next = self.pads.txc_pin.val();
                self.eth_tx_ctl.next = self.pads.tx_ctl_pin.val();
                self.eth_txd.next = self.pads.txd_pins.val();

                self.mdc.next = self.core.mdc.val();
                self.core.mdio_in.next = self.mdio_in.val();
                self.mdio_out.next = self.core.mdio_out.val();
                self.mdio_drive.next = self.core.mdio_drive.val();
                self.phy_reset_n.next = self.core.phy_reset_n.val();
                self.lamps.next = self.core.lamps.val();
            }
        }
    };
}
ecp5_core!(Ecp5Core, RgmiiCore);
ecp5_core!(Ecp5Core8, RgmiiCore8);

/// The Verilog, with `ecp5_core` as its top, and the cells' stand-ins: for a simulation. It is [`Ecp5Core8`] if `params` has eight flows.
///
/// # Errors
/// What the printer refuses.
///
/// # Panics
/// As [`Ecp5Core::new`].
pub fn verilog(params: &Params, rates: &Rates, delays: Delays) -> Result<String, EmitError> {
    let (params, rates) = (*params, *rates);
    let core = move || match params.flows() {
        8 => emit_top(Box::new(Ecp5Core8::new(&params, &rates, delays)), "ecp5_core"),
        _ => emit_top(Box::new(Ecp5Core::new(&params, &rates, delays)), "ecp5_core"),
    };
    Ok(on_a_large_stack(core)? + STUBS)
}
