// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`GmiiReceive`]: all that runs on the receive clock of a PHY with an RGMII, from the pins to the bytes of judged frames.

use rust_hdl::prelude::*;

use super::RxByte;
use super::frame_rx::FrameRx;
use super::gmii_rx::GmiiRx;

/// [`GmiiRx`] and [`FrameRx`].
#[derive(LogicBlock, Default)]
pub struct GmiiReceive {
    /// `RXC`, 125 MHz.
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// As of [`GmiiRx`].
    pub rxd: Signal<In, Bits<8>>,
    pub rx_dv: Signal<In, Bit>,
    pub rx_dv_xor_er: Signal<In, Bit>,
    /// `out` is valid for this cycle; nobody can hold it back.
    pub out_valid: Signal<Out, Bit>,
    pub out: Signal<Out, RxByte>,
    /// Pulse: a frame too short to be told.
    pub stat_fragment: Signal<Out, Bit>,
    gmii: GmiiRx,
    frame: FrameRx,
}

impl Logic for GmiiReceive {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, gmii, frame);
        self.gmii.reset.next = self.reset.val();
        self.frame.reset.next = self.reset.val();
        self.gmii.rxd.next = self.rxd.val();
        self.gmii.rx_dv.next = self.rx_dv.val();
        self.gmii.rx_dv_xor_er.next = self.rx_dv_xor_er.val();
        self.frame.byte_valid.next = self.gmii.byte_valid.val();
        self.frame.octet.next = self.gmii.octet.val();
        self.frame.ends.next = self.gmii.ends.val();
        self.frame.error.next = self.gmii.error.val();
        self.out_valid.next = self.frame.out_valid.val();
        self.out.next = self.frame.out.val();
        self.stat_fragment.next = self.frame.stat_fragment.val();
    }
}
