// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`ArtyCore`]: the card behind a PHY with an MII and a UART, without a vendor's part.

use rust_hdl::prelude::*;
use syncline_hdl::emit::{EmitError, emit_top};
use syncline_hdl::generate::on_a_large_stack;
use syncline_hdl::params::Params;
use syncline_hdl::stream::{Beat64, StreamOut};

use crate::card::{Card, Rate, Rates};
use crate::mac::mii_mac::MiiMac;

/// One clock for the core and its host, and the PHY's two, which only [`MiiMac`] sees.
#[derive(LogicBlock)]
pub struct ArtyCore {
    /// The core's.
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// As of [`Card`].
    pub uart_rx: Signal<In, Bit>,
    pub uart_tx: Signal<Out, Bit>,
    pub mii_rx_clock: Signal<In, Clock>,
    pub mii_rxd: Signal<In, Bits<4>>,
    pub mii_rx_dv: Signal<In, Bit>,
    pub mii_rx_er: Signal<In, Bit>,
    pub mii_tx_clock: Signal<In, Clock>,
    pub mii_txd: Signal<Out, Bits<4>>,
    pub mii_tx_en: Signal<Out, Bit>,
    /// As of [`Card`].
    pub mdc: Signal<Out, Bit>,
    pub mdio_in: Signal<In, Bit>,
    pub mdio_out: Signal<Out, Bit>,
    pub mdio_drive: Signal<Out, Bit>,
    pub phy_reset_n: Signal<Out, Bit>,
    pub lamps: Signal<Out, Bits<4>>,
    card: Card,
    mac: MiiMac,
}

impl ArtyCore {
    /// # Panics
    /// As [`Card::new`].
    pub fn new(params: &Params, rates: &Rates) -> Self {
        Self {
            card: Card::new(params, rates, Rate::Hundred),
            clock: Default::default(),
            reset: Default::default(),
            uart_rx: Default::default(),
            uart_tx: Default::default(),
            mii_rx_clock: Default::default(),
            mii_rxd: Default::default(),
            mii_rx_dv: Default::default(),
            mii_rx_er: Default::default(),
            mii_tx_clock: Default::default(),
            mii_txd: Default::default(),
            mii_tx_en: Default::default(),
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

/// The Verilog, with `arty_core` as its top.
///
/// # Errors
/// What the printer refuses.
///
/// # Panics
/// As [`ArtyCore::new`].
pub fn verilog(params: &Params, rates: &Rates) -> Result<String, EmitError> {
    let (params, rates) = (*params, *rates);
    on_a_large_stack(move || emit_top(Box::new(ArtyCore::new(&params, &rates)), "arty_core"))
}

impl Logic for ArtyCore {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, card, mac);
        self.card.reset.next = self.reset.val();
        self.mac.reset.next = self.reset.val();
        self.card.uart_rx.next = self.uart_rx.val();
        self.uart_tx.next = self.card.uart_tx.val();

        StreamOut::<Beat64>::join(&mut self.mac.rx, &mut self.card.rx);
        StreamOut::<Beat64>::join(&mut self.card.tx, &mut self.mac.tx);
        self.card.mac.next = self.mac.stats.val();
        self.mac.rx_clock.next = self.mii_rx_clock.val();
        self.mac.rxd.next = self.mii_rxd.val();
        self.mac.rx_dv.next = self.mii_rx_dv.val();
        self.mac.rx_er.next = self.mii_rx_er.val();
        self.mac.tx_clock.next = self.mii_tx_clock.val();
        self.mii_txd.next = self.mac.txd.val();
        self.mii_tx_en.next = self.mac.tx_en.val();

        self.mdc.next = self.card.mdc.val();
        self.card.mdio_in.next = self.mdio_in.val();
        self.mdio_out.next = self.card.mdio_out.val();
        self.mdio_drive.next = self.card.mdio_drive.val();
        self.phy_reset_n.next = self.card.phy_reset_n.val();
        self.lamps.next = self.card.lamps.val();
    }
}
