// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`CmacPort`]: the core's streams on one clock, the hard block's on another.

use rust_hdl::prelude::*;
use syncline_hdl::stream::{Beat512, StreamIn, StreamOut};

use super::rx::CmacRx;
use super::tx::CmacTx;
use crate::cdc::async_fifo::AsyncFifo;
use crate::cdc::pulse::PulseBridge;
use crate::cdc::reset::ResetBridge;
use crate::cdc::synchroniser::Synchroniser;

/// Beats that each direction holds: 512 in, where nothing can be held back, 256 out.
const ROOM_IN: usize = 9;
const ROOM_OUT: usize = 8;

/// The buffers are on the hard block's clock, which is the one that can't wait; a small FIFO each way crosses to the core's.
///
/// The core's clock may be the slower one: 250 MHz times 64 bytes are 128 Gbit/s. The core's side is in reset as long as the hard
/// block's clock has not been seen since `reset`.
#[derive(LogicBlock, Default)]
pub struct CmacPort {
    /// The core's.
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// From the wire to the core.
    pub rx: StreamOut<Beat512>,
    /// From the core to the wire.
    pub tx: StreamIn<Beat512>,
    /// `gt_txusrclk2`, which the block's `rx_clk` is tied to as well.
    pub cmac_clock: Signal<In, Clock>,
    /// `rx_axis`; see [`CmacRx`].
    pub cmac_rx_data: Signal<In, Bits<512>>,
    pub cmac_rx_keep: Signal<In, Bits<64>>,
    pub cmac_rx_last: Signal<In, Bit>,
    pub cmac_rx_user: Signal<In, Bit>,
    pub cmac_rx_valid: Signal<In, Bit>,
    /// `tx_axis`; see [`CmacTx`].
    pub cmac_tx: StreamOut<Beat512>,
    /// Pulses: frames that found no room, bad frames, frames that were too long for the way out.
    pub stat_overflow: Signal<Out, Bit>,
    pub stat_bad: Signal<Out, Bit>,
    pub stat_too_long: Signal<Out, Bit>,
    receive: CmacRx<ROOM_IN, 10>,
    transmit: CmacTx<ROOM_OUT, 9>,
    inwards: AsyncFifo<Beat512, 4, 5>,
    outwards: AsyncFifo<Beat512, 4, 5>,
    cmac_reset: ResetBridge,
    absent: Synchroniser<Bit>,
    /// For the hard block's side, without its clock.
    asleep: DFF<Bit>,
    /// For the core's side.
    held: DFF<Bit>,
    overflow: PulseBridge,
    bad: PulseBridge,
    too_long: PulseBridge,
}

impl Logic for CmacPort {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, asleep, held);
        clock!(self, clock, absent, overflow, bad, too_long);
        self.cmac_reset.clock.next = self.cmac_clock.val();
        self.receive.clock.next = self.cmac_clock.val();
        self.transmit.clock.next = self.cmac_clock.val();
        self.asleep.d.next = self.reset.val();
        self.cmac_reset.asynchronous.next = self.asleep.q.val();
        self.absent.d.next = self.cmac_reset.q.val();
        self.held.d.next = self.reset.val() | self.absent.q.val();

        self.receive.reset.next = self.cmac_reset.q.val();
        self.receive.rx_data.next = self.cmac_rx_data.val();
        self.receive.rx_keep.next = self.cmac_rx_keep.val();
        self.receive.rx_last.next = self.cmac_rx_last.val();
        self.receive.rx_user.next = self.cmac_rx_user.val();
        self.receive.rx_valid.next = self.cmac_rx_valid.val();
        self.inwards.write_clock.next = self.cmac_clock.val();
        self.inwards.write_reset.next = self.cmac_reset.q.val();
        StreamOut::<Beat512>::join(&mut self.receive.out, &mut self.inwards.inp);
        self.inwards.read_clock.next = self.clock.val();
        self.inwards.read_reset.next = self.held.q.val();
        StreamOut::<Beat512>::link(&mut self.rx, &mut self.inwards.out);

        StreamIn::<Beat512>::link(&mut self.tx, &mut self.outwards.inp);
        self.outwards.write_clock.next = self.clock.val();
        self.outwards.write_reset.next = self.held.q.val();
        self.outwards.read_clock.next = self.cmac_clock.val();
        self.outwards.read_reset.next = self.cmac_reset.q.val();
        StreamOut::<Beat512>::join(&mut self.outwards.out, &mut self.transmit.inp);
        self.transmit.reset.next = self.cmac_reset.q.val();
        StreamOut::<Beat512>::link(&mut self.cmac_tx, &mut self.transmit.out);

        self.overflow.from_clock.next = self.cmac_clock.val();
        self.overflow.d.next = self.receive.dropped.val();
        self.stat_overflow.next = self.overflow.q.val();
        self.bad.from_clock.next = self.cmac_clock.val();
        self.bad.d.next = self.receive.bad.val();
        self.stat_bad.next = self.bad.q.val();
        self.too_long.from_clock.next = self.cmac_clock.val();
        self.too_long.d.next = self.transmit.too_long.val();
        self.stat_too_long.next = self.too_long.q.val();
    }
}
