// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`MiiTx`]: the transmit side of the MII (IEEE 802.3, clause 22.2): bytes become nibbles, the low one first.

use rust_hdl::prelude::*;

/// On `TX_CLK`; the pins come from registers.
#[derive(LogicBlock, Default)]
pub struct MiiTx {
    /// `TX_CLK`.
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// From [`FrameTx`](super::frame_tx::FrameTx): stable between two `advance`.
    pub active: Signal<In, Bit>,
    pub octet: Signal<In, Bits<8>>,
    /// Every other cycle: the next byte, please.
    pub advance: Signal<Out, Bit>,
    /// `TXD`, `TX_EN`.
    pub txd: Signal<Out, Bits<4>>,
    pub tx_en: Signal<Out, Bit>,
    high: DFF<Bit>,
    nibble: DFF<Bits<4>>,
    enable: DFF<Bit>,
}

impl Logic for MiiTx {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, high, nibble, enable);
        self.high.d.next = !self.high.q.val();
        self.advance.next = self.high.q.val();
        self.nibble.d.next = self.octet.val().get_bits::<4>(0);
        if self.high.q.val() {
            self.nibble.d.next = self.octet.val().get_bits::<4>(4);
        }
        self.enable.d.next = self.active.val();
        self.txd.next = self.nibble.q.val();
        self.tx_en.next = self.enable.q.val();
        if self.reset.val() {
            self.high.d.next = false;
            self.enable.d.next = false;
        }
    }
}
