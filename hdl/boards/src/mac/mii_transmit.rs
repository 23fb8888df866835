// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`MiiTransmit`]: all that runs on the PHY's transmit clock, from the bytes of frames to the pins.

use rust_hdl::prelude::*;
use syncline_hdl::stream::{Beat8, StreamIn};

use super::frame_tx::FrameTx;
use super::mii_tx::MiiTx;

/// [`FrameTx`] and [`MiiTx`].
#[derive(LogicBlock, Default)]
pub struct MiiTransmit {
    /// `TX_CLK`.
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Frames without padding and FCS, each without a pause.
    pub inp: StreamIn<Beat8>,
    pub txd: Signal<Out, Bits<4>>,
    pub tx_en: Signal<Out, Bit>,
    /// Pulse: a pause within a frame, which is spoilt.
    pub stat_underflow: Signal<Out, Bit>,
    frame: FrameTx,
    mii: MiiTx,
}

impl Logic for MiiTransmit {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, mii, frame);
        self.mii.reset.next = self.reset.val();
        self.frame.reset.next = self.reset.val();
        StreamIn::<Beat8>::link(&mut self.inp, &mut self.frame.inp);
        self.frame.advance.next = self.mii.advance.val();
        self.mii.active.next = self.frame.active.val();
        self.mii.octet.next = self.frame.octet.val();
        self.txd.next = self.mii.txd.val();
        self.tx_en.next = self.mii.tx_en.val();
        self.stat_underflow.next = self.frame.stat_underflow.val();
    }
}
