// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`MiiMac`]: a whole MAC, from the core's streams to the pins of a PHY with an MII.

use rust_hdl::prelude::*;
use syncline_hdl::stream::{Beat8, Beat64, StreamIn, StreamOut};

use super::MacStats;
use super::crossing::Crossing;
use super::mii_receive::MiiReceive;
use super::mii_transmit::MiiTransmit;

/// 10 or 100 Mbit/s, full duplex; the PHY's two clocks tell the rate. See [`Crossing`] for the core's side.
#[derive(LogicBlock, Default)]
pub struct MiiMac {
    /// The core's clock, faster than an eighth of the bytes.
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub rx_clock: Signal<In, Clock>,
    pub rxd: Signal<In, Bits<4>>,
    pub rx_dv: Signal<In, Bit>,
    pub rx_er: Signal<In, Bit>,
    pub tx_clock: Signal<In, Clock>,
    pub txd: Signal<Out, Bits<4>>,
    pub tx_en: Signal<Out, Bit>,
    /// From the wire to the core.
    pub rx: StreamOut<Beat64>,
    /// From the core to the wire.
    pub tx: StreamIn<Beat64>,
    pub stats: Signal<Out, MacStats>,
    receive: MiiReceive,
    crossing: Crossing,
    transmit: MiiTransmit,
}

impl Logic for MiiMac {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, crossing);
        clock!(self, rx_clock, receive);
        clock!(self, tx_clock, transmit);
        self.crossing.reset.next = self.reset.val();
        self.crossing.rx_clock.next = self.rx_clock.val();
        self.crossing.tx_clock.next = self.tx_clock.val();
        self.receive.reset.next = self.crossing.rx_reset.val();
        self.receive.rxd.next = self.rxd.val();
        self.receive.rx_dv.next = self.rx_dv.val();
        self.receive.rx_er.next = self.rx_er.val();
        self.crossing.judged_valid.next = self.receive.out_valid.val();
        self.crossing.judged.next = self.receive.out.val();
        self.crossing.fragment.next = self.receive.stat_fragment.val();
        StreamOut::<Beat64>::link(&mut self.rx, &mut self.crossing.rx);
        StreamIn::<Beat64>::link(&mut self.tx, &mut self.crossing.tx);
        self.transmit.reset.next = self.crossing.tx_reset.val();
        StreamOut::<Beat8>::join(&mut self.crossing.to_send, &mut self.transmit.inp);
        self.crossing.underflow.next = self.transmit.stat_underflow.val();
        self.txd.next = self.transmit.txd.val();
        self.tx_en.next = self.transmit.tx_en.val();
        self.stats.next = self.crossing.stats.val();
    }
}
