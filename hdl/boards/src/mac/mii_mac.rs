// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`MiiMac`]: a whole MAC, from the core's streams to the pins of a PHY with an MII.

use rust_hdl::prelude::*;
use syncline_hdl::stream::{Beat8, Beat64, StreamIn, StreamOut};

use super::mii_receive::MiiReceive;
use super::mii_transmit::MiiTransmit;
use super::rx_gate::RxGate;
use super::tx_gate::TxGate;
use crate::cdc::pulse::PulseBridge;
use crate::cdc::reset::ResetBridge;
use crate::cdc::synchroniser::Synchroniser;

/// Beats of eight bytes that each direction holds: two of the longest frames and a few short ones.
const ROOM: usize = 9;

/// 10 or 100 Mbit/s, full duplex; the PHY's two clocks tell the rate. Frames on the core's side have no FCS, and going out no padding.
///
/// The core's side is in reset as long as one of the PHY's clocks has not been seen since `reset`: no frame comes, and those to be sent wait.
#[derive(LogicBlock, Default)]
pub struct MiiMac {
    /// The core's clock, faster than half of the PHY's.
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
    /// The core is being reset: the frame that it was giving is forgotten, those that it gave before are sent.
    pub tx_cut: Signal<In, Bit>,
    /// Pulses for frames that were thrown away: wrong FCS, wrong length, an error from the PHY, no room; and for less than a frame.
    pub stat_fcs: Signal<Out, Bit>,
    pub stat_length: Signal<Out, Bit>,
    pub stat_phy: Signal<Out, Bit>,
    pub stat_overflow: Signal<Out, Bit>,
    pub stat_fragment: Signal<Out, Bit>,
    /// Pulse: a frame was spoilt on its way out; it never is.
    pub stat_underflow: Signal<Out, Bit>,
    receive: MiiReceive,
    rx_gate: RxGate<ROOM, 10>,
    tx_gate: TxGate<ROOM, 10>,
    transmit: MiiTransmit,
    rx_reset: ResetBridge,
    tx_reset: ResetBridge,
    rx_absent: Synchroniser<Bit>,
    tx_absent: Synchroniser<Bit>,
    fragment: PulseBridge,
    underflow: PulseBridge,
    /// For the PHY's side, without its clocks.
    asleep: DFF<Bit>,
    /// For the core's side of the MAC; a register, as it goes to all of it.
    held: DFF<Bit>,
}

impl Logic for MiiMac {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, asleep, held);
        clock!(self, clock, rx_gate, tx_gate, rx_absent, tx_absent, fragment, underflow);
        clock!(self, rx_clock, receive, rx_reset);
        clock!(self, tx_clock, transmit, tx_reset);
        self.asleep.d.next = self.reset.val();
        self.rx_reset.asynchronous.next = self.asleep.q.val();
        self.tx_reset.asynchronous.next = self.asleep.q.val();
        self.rx_absent.d.next = self.rx_reset.q.val();
        self.tx_absent.d.next = self.tx_reset.q.val();
        self.held.d.next = self.reset.val() | self.rx_absent.q.val() | self.tx_absent.q.val();

        self.receive.reset.next = self.rx_reset.q.val();
        self.receive.rxd.next = self.rxd.val();
        self.receive.rx_dv.next = self.rx_dv.val();
        self.receive.rx_er.next = self.rx_er.val();
        self.rx_gate.phy_clock.next = self.rx_clock.val();
        self.rx_gate.phy_reset.next = self.rx_reset.q.val();
        self.rx_gate.inp_valid.next = self.receive.out_valid.val();
        self.rx_gate.inp.next = self.receive.out.val();
        self.rx_gate.reset.next = self.held.q.val();
        StreamOut::<Beat64>::link(&mut self.rx, &mut self.rx_gate.out);

        self.tx_gate.reset.next = self.held.q.val();
        StreamIn::<Beat64>::link(&mut self.tx, &mut self.tx_gate.inp);
        self.tx_gate.cut.next = self.tx_cut.val();
        self.tx_gate.phy_clock.next = self.tx_clock.val();
        self.tx_gate.phy_reset.next = self.tx_reset.q.val();
        self.transmit.reset.next = self.tx_reset.q.val();
        StreamOut::<Beat8>::join(&mut self.tx_gate.out, &mut self.transmit.inp);
        self.txd.next = self.transmit.txd.val();
        self.tx_en.next = self.transmit.tx_en.val();

        self.stat_fcs.next = self.rx_gate.stat_fcs.val();
        self.stat_length.next = self.rx_gate.stat_length.val();
        self.stat_phy.next = self.rx_gate.stat_phy.val();
        self.stat_overflow.next = self.rx_gate.stat_overflow.val();
        self.fragment.from_clock.next = self.rx_clock.val();
        self.fragment.d.next = self.receive.stat_fragment.val();
        self.stat_fragment.next = self.fragment.q.val();
        self.underflow.from_clock.next = self.tx_clock.val();
        self.underflow.d.next = self.transmit.stat_underflow.val();
        self.stat_underflow.next = self.underflow.q.val();
    }
}
