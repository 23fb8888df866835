// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`GmiiTransmit`]: all that runs on the transmit clock of a PHY with an RGMII, from the bytes of frames to the pins.

use rust_hdl::prelude::*;
use syncline_hdl::stream::{Beat8, StreamIn};

use super::frame_tx::FrameTx;
use super::gmii_tx::GmiiTx;

/// [`FrameTx`] and [`GmiiTx`].
#[derive(LogicBlock, Default)]
pub struct GmiiTransmit {
    /// 125 MHz.
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Frames without padding and FCS, each without a pause.
    pub inp: StreamIn<Beat8>,
    /// As of [`GmiiTx`].
    pub txd: Signal<Out, Bits<8>>,
    pub tx_en: Signal<Out, Bit>,
    /// Pulse: a pause within a frame, which is spoilt.
    pub stat_underflow: Signal<Out, Bit>,
    frame: FrameTx,
    gmii: GmiiTx,
}

impl Logic for GmiiTransmit {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, gmii, frame);
        self.gmii.reset.next = self.reset.val();
        self.frame.reset.next = self.reset.val();
        StreamIn::<Beat8>::link(&mut self.inp, &mut self.frame.inp);
        self.frame.advance.next = true;
        self.gmii.active.next = self.frame.active.val();
        self.gmii.octet.next = self.frame.octet.val();
        self.txd.next = self.gmii.txd.val();
        self.tx_en.next = self.gmii.tx_en.val();
        self.stat_underflow.next = self.frame.stat_underflow.val();
    }
}
