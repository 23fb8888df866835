// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`GmiiTx`]: the transmit side of the GMII (IEEE 802.3, clause 35.2), as an RGMII carries it: a byte a cycle.

use rust_hdl::prelude::*;

/// On the clock that is sent as `TXC`, 125 MHz: 1000 Mbit/s and nothing else. What goes to the pins comes from registers.
#[derive(LogicBlock, Default)]
pub struct GmiiTx {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// From [`FrameTx`](super::frame_tx::FrameTx), a byte a cycle.
    pub active: Signal<In, Bit>,
    pub octet: Signal<In, Bits<8>>,
    /// `TD` of the rising edge in the low nibble and of the falling edge in the high one.
    pub txd: Signal<Out, Bits<8>>,
    /// `TX_CTL` of both edges: `TX_EN`, and `TX_EN` xor `TX_ER` (RGMII 2.0, 3.4), as no error is ever sent.
    pub tx_en: Signal<Out, Bit>,
    byte: DFF<Bits<8>>,
    enable: DFF<Bit>,
}

impl Logic for GmiiTx {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, byte, enable);
        self.byte.d.next = self.octet.val();
        self.enable.d.next = self.active.val();
        self.txd.next = self.byte.q.val();
        self.tx_en.next = self.enable.q.val();
        if self.reset.val() {
            self.enable.d.next = false;
        }
    }
}
