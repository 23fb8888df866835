// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`RgmiiCore`] and [`RgmiiCore8`]: the card behind a PHY with an RGMII and a UART, without a vendor's part.

use rust_hdl::prelude::*;
use syncline_hdl::emit::{EmitError, emit_top};
use syncline_hdl::generate::on_a_large_stack;
use syncline_hdl::params::Params;
use syncline_hdl::stream::{Beat64, StreamOut};

use crate::card::{Card, Card8, Rate, Rates};
use crate::mac::rgmii_mac::RgmiiMac;

macro_rules! rgmii_core {
    ($name:ident, $card:ident) => {
        /// One clock for the core and its host, and the PHY's two, which only [`RgmiiMac`] sees.
        #[derive(LogicBlock)]
        pub struct $name {
            /// The core's.
            pub clock: Signal<In, Clock>,
            pub reset: Signal<In, Bit>,
            /// As of [`Card`].
            pub uart_rx: Signal<In, Bit>,
            pub uart_tx: Signal<Out, Bit>,
            /// `RXC`, and the pins' DDR registers on it, as of [`GmiiRx`](crate::mac::gmii_rx::GmiiRx).
            pub rx_clock: Signal<In, Clock>,
            pub rxd: Signal<In, Bits<8>>,
            pub rx_dv: Signal<In, Bit>,
            pub rx_dv_xor_er: Signal<In, Bit>,
            /// 125 MHz, and the pins' DDR registers on it, as of [`GmiiTx`](crate::mac::gmii_tx::GmiiTx).
            pub tx_clock: Signal<In, Clock>,
            pub txd: Signal<Out, Bits<8>>,
            pub tx_en: Signal<Out, Bit>,
            /// As of [`Card`].
            pub mdc: Signal<Out, Bit>,
            pub mdio_in: Signal<In, Bit>,
            pub mdio_out: Signal<Out, Bit>,
            pub mdio_drive: Signal<Out, Bit>,
            pub phy_reset_n: Signal<Out, Bit>,
            pub lamps: Signal<Out, Bits<4>>,
            card: $card,
            mac: RgmiiMac,
        }

        impl $name {
            /// # Panics
            /// As [`Card::new`].
            pub fn new(params: &Params, rates: &Rates) -> Self {
                Self {
                    card: $card::new(params, rates, Rate::Thousand),
                    clock: Default::default(),
                    reset: Default::default(),
                    uart_rx: Default::default(),
                    uart_tx: Default::default(),
                    rx_clock: Default::default(),
                    rxd: Default::default(),
                    rx_dv: Default::default(),
                    rx_dv_xor_er: Default::default(),
                    tx_clock: Default::default(),
                    txd: Default::default(),
                    tx_en: Default::default(),
                    mdc: Default::default(),
                    mdio_in: Default::default(),
                    mdio_out: Default::default(),
                    mdio_drive: Default::default(),
                    phy_reset_n: Default::default(),
                    lamps: Default::default(),
                    mac: Default::default(),
                }
            }
        }

        impl Logic for $name {
            syncline_hdl::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                clock!(self, clock, card, mac);
                self.card.reset.next = self.reset.val();
                self.mac.reset.next = self.reset.val();
                // These boards have a host.
                self.card.stand_alone.next = false;
                self.card.uart_rx.next = self.uart_rx.val();
                self.uart_tx.next = self.card.uart_tx.val();

                StreamOut::<Beat64>::join(&mut self.mac.rx, &mut self.card.rx);
                StreamOut::<Beat64>::join(&mut self.card.tx, &mut self.mac.tx);
                self.mac.tx_cut.next = self.card.core_reset.val();
                self.card.mac.next = self.mac.stats.val();
                self.mac.rx_clock.next = self.rx_clock.val();
                self.mac.rxd.next = self.rxd.val();
                self.mac.rx_dv.next = self.rx_dv.val();
                self.mac.rx_dv_xor_er.next = self.rx_dv_xor_er.val();
                self.mac.tx_clock.next = self.tx_clock.val();
                self.txd.next = self.mac.txd.val();
                self.tx_en.next = self.mac.tx_en.val();

                self.mdc.next = self.card.mdc.val();
                self.card.mdio_in.next = self.mdio_in.val();
                self.mdio_out.next = self.card.mdio_out.val();
                self.mdio_drive.next = self.card.mdio_drive.val();
                self.phy_reset_n.next = self.card.phy_reset_n.val();
                self.lamps.next = self.card.lamps.val();
            }
        }
    };
}
rgmii_core!(RgmiiCore, Card);
rgmii_core!(RgmiiCore8, Card8);

/// The Verilog, with `rgmii_core` as its top.
///
/// # Errors
/// What the printer refuses.
///
/// # Panics
/// As [`RgmiiCore::new`].
pub fn verilog(params: &Params, rates: &Rates) -> Result<String, EmitError> {
    let (params, rates) = (*params, *rates);
    on_a_large_stack(move || emit_top(Box::new(RgmiiCore::new(&params, &rates)), "rgmii_core"))
}
