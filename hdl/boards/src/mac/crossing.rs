// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Crossing`]: the part of a MAC that knows two clocks, whatever the PHY's pins: gates, resets and events.

use rust_hdl::prelude::*;
use syncline_hdl::stream::{Beat8, Beat64, StreamIn, StreamOut};

use super::rx_gate::RxGate;
use super::tx_gate::TxGate;
use super::{MacStats, RxByte};
use crate::cdc::pulse::PulseBridge;
use crate::cdc::reset::ResetBridge;
use crate::cdc::synchroniser::Synchroniser;

/// Beats of eight bytes that each direction holds: two of the longest frames and a few short ones.
const ROOM: usize = 9;

/// Frames on the core's side have no FCS, and going out no padding.
///
/// The core's side is in reset as long as one of the PHY's clocks has not been seen since `reset`: no frame comes, and those to be sent wait.
#[derive(LogicBlock, Default)]
pub struct Crossing {
    /// The core's clock, faster than an eighth of the bytes.
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// From the wire to the core.
    pub rx: StreamOut<Beat64>,
    /// From the core to the wire.
    pub tx: StreamIn<Beat64>,
    /// The core is being reset: the frame that it was giving is forgotten, those that it gave before are sent.
    pub tx_cut: Signal<In, Bit>,
    pub stats: Signal<Out, MacStats>,
    pub rx_clock: Signal<In, Clock>,
    /// On `rx_clock`, for what runs on it.
    pub rx_reset: Signal<Out, Bit>,
    /// On `rx_clock`, from [`FrameRx`](super::frame_rx::FrameRx).
    pub judged_valid: Signal<In, Bit>,
    pub judged: Signal<In, RxByte>,
    pub fragment: Signal<In, Bit>,
    pub tx_clock: Signal<In, Clock>,
    /// On `tx_clock`, for what runs on it.
    pub tx_reset: Signal<Out, Bit>,
    /// On `tx_clock`, to [`FrameTx`](super::frame_tx::FrameTx).
    pub to_send: StreamOut<Beat8>,
    pub underflow: Signal<In, Bit>,
    rx_gate: RxGate<ROOM, 10>,
    tx_gate: TxGate<ROOM, 10>,
    rx_bridge: ResetBridge,
    tx_bridge: ResetBridge,
    rx_absent: Synchroniser<Bit>,
    tx_absent: Synchroniser<Bit>,
    fragments: PulseBridge,
    underflows: PulseBridge,
    /// For the PHY's side, without its clocks.
    asleep: DFF<Bit>,
    /// For the core's side of the MAC; a register, as it goes to all of it.
    held: DFF<Bit>,
    /// `tx_cut`, a cycle later: `tx.ready` depends on it, and in the first cycle of its reset the core still gives its frame.
    cut: DFF<Bit>,
}

impl Logic for Crossing {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, asleep, held, cut);
        clock!(self, clock, rx_gate, tx_gate, rx_absent, tx_absent, fragments, underflows);
        clock!(self, rx_clock, rx_bridge);
        clock!(self, tx_clock, tx_bridge);
        self.asleep.d.next = self.reset.val();
        self.rx_bridge.asynchronous.next = self.asleep.q.val();
        self.tx_bridge.asynchronous.next = self.asleep.q.val();
        self.rx_absent.d.next = self.rx_bridge.q.val();
        self.tx_absent.d.next = self.tx_bridge.q.val();
        self.held.d.next = self.reset.val() | self.rx_absent.q.val() | self.tx_absent.q.val();
        self.rx_reset.next = self.rx_bridge.q.val();
        self.tx_reset.next = self.tx_bridge.q.val();

        self.rx_gate.phy_clock.next = self.rx_clock.val();
        self.rx_gate.phy_reset.next = self.rx_bridge.q.val();
        self.rx_gate.inp_valid.next = self.judged_valid.val();
        self.rx_gate.inp.next = self.judged.val();
        self.rx_gate.reset.next = self.held.q.val();
        StreamOut::<Beat64>::link(&mut self.rx, &mut self.rx_gate.out);

        self.tx_gate.phy_clock.next = self.tx_clock.val();
        self.tx_gate.phy_reset.next = self.tx_bridge.q.val();
        self.tx_gate.reset.next = self.held.q.val();
        StreamIn::<Beat64>::link(&mut self.tx, &mut self.tx_gate.inp);
        self.cut.d.next = self.tx_cut.val();
        self.tx_gate.cut.next = self.cut.q.val();
        StreamOut::<Beat8>::link(&mut self.to_send, &mut self.tx_gate.out);

        self.fragments.from_clock.next = self.rx_clock.val();
        self.fragments.d.next = self.fragment.val();
        self.underflows.from_clock.next = self.tx_clock.val();
        self.underflows.d.next = self.underflow.val();
        self.stats.next.fcs = self.rx_gate.stat_fcs.val();
        self.stats.next.length = self.rx_gate.stat_length.val();
        self.stats.next.phy = self.rx_gate.stat_phy.val();
        self.stats.next.overflow = self.rx_gate.stat_overflow.val();
        self.stats.next.fragment = self.fragments.q.val();
        self.stats.next.underflow = self.underflows.q.val();
    }
}
