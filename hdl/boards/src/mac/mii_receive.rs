// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`MiiReceive`]: all that runs on the PHY's receive clock, from the pins to the bytes of judged frames.

use rust_hdl::prelude::*;

use super::RxByte;
use super::frame_rx::FrameRx;
use super::mii_rx::MiiRx;

/// [`MiiRx`] and [`FrameRx`].
#[derive(LogicBlock, Default)]
pub struct MiiReceive {
    /// `RX_CLK`.
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub rxd: Signal<In, Bits<4>>,
    pub rx_dv: Signal<In, Bit>,
    pub rx_er: Signal<In, Bit>,
    /// `out` is valid for this cycle; nobody can hold it back.
    pub out_valid: Signal<Out, Bit>,
    pub out: Signal<Out, RxByte>,
    /// Pulse: a frame too short to be told.
    pub stat_fragment: Signal<Out, Bit>,
    mii: MiiRx,
    frame: FrameRx,
}

impl Logic for MiiReceive {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, mii, frame);
        self.mii.reset.next = self.reset.val();
        self.frame.reset.next = self.reset.val();
        self.mii.rxd.next = self.rxd.val();
        self.mii.rx_dv.next = self.rx_dv.val();
        self.mii.rx_er.next = self.rx_er.val();
        self.frame.byte_valid.next = self.mii.byte_valid.val();
        self.frame.octet.next = self.mii.octet.val();
        self.frame.ends.next = self.mii.ends.val();
        self.frame.error.next = self.mii.error.val();
        self.out_valid.next = self.frame.out_valid.val();
        self.out.next = self.frame.out.val();
        self.stat_fragment.next = self.frame.stat_fragment.val();
    }
}
