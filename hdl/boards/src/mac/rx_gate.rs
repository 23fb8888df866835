// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`RxGate`]: brings received frames to the core's clock and width, and lets only whole good ones pass.

use rust_hdl::prelude::*;
use syncline_hdl::stream::frame_fifo::FrameFifo64;
use syncline_hdl::stream::width::Widen8To64;
use syncline_hdl::stream::{Beat64, StreamOut};

use super::RxByte;
use crate::cdc::async_fifo::AsyncFifo;

/// Up to eight bytes of a received frame, first byte in the low lane.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct RxBeat {
    pub data: Bits<64>,
    pub keep: Bits<8>,
    pub last: Bit,
    /// With `last`: what is wrong with the frame ([`fault`](super::fault)), ...
    pub fault: Bits<3>,
    /// ... and bytes of it or of one before are missing.
    pub lost: Bit,
}

/// Room for `2^A` beats of eight bytes; `C = A + 1`.
///
/// What crosses is a beat, so that the core's clock need not be as fast as bytes come, only as beats do. A frame that finds no room is lost
/// whole.
#[derive(LogicBlock, Default)]
pub struct RxGate<const A: usize, const C: usize> {
    /// The PHY's receive clock, and what [`FrameRx`](super::frame_rx::FrameRx) says.
    pub phy_clock: Signal<In, Clock>,
    pub phy_reset: Signal<In, Bit>,
    pub inp_valid: Signal<In, Bit>,
    pub inp: Signal<In, RxByte>,
    /// The core's clock.
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Good frames without FCS.
    pub out: StreamOut<Beat64>,
    /// Pulse: a frame is thrown away, since its FCS is wrong, ...
    pub stat_fcs: Signal<Out, Bit>,
    /// ... its length, ...
    pub stat_length: Signal<Out, Bit>,
    /// ... the PHY reported an error within it, ...
    pub stat_phy: Signal<Out, Bit>,
    /// ... or there was no room.
    pub stat_overflow: Signal<Out, Bit>,
    /// A part of a frame is on the core's side.
    pub busy: Signal<Out, Bit>,
    widen: Widen8To64,
    /// On the PHY's clock: of the frame whose last byte went into `widen`.
    fault: DFF<Bits<3>>,
    holed: DFF<Bit>,
    /// On the PHY's clock: a byte found no room.
    lost: DFF<Bit>,
    cross: AsyncFifo<RxBeat, 4, 5>,
    frames: FrameFifo64<A, C>,
    beat: Signal<Local, RxBeat>,
    wrong: Signal<Local, Bits<3>>,
    ends: Signal<Local, Bit>,
    good: Signal<Local, Bit>,
    inside: DFF<Bit>,
}

impl<const A: usize, const C: usize> Logic for RxGate<A, C> {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, phy_clock, fault, holed, lost);
        dff_setup!(self, clock, inside);
        clock!(self, phy_clock, widen);
        clock!(self, clock, frames);
        self.widen.reset.next = self.phy_reset.val();
        self.frames.reset.next = self.reset.val();
        self.cross.write_clock.next = self.phy_clock.val();
        self.cross.write_reset.next = self.phy_reset.val();
        self.cross.read_clock.next = self.clock.val();
        self.cross.read_reset.next = self.reset.val();

        // The PHY's side. Nobody can hold a byte back: when the core's side sleeps, what comes is marked as missing.
        self.widen.inp.valid.next = self.inp_valid.val();
        self.widen.inp.data.next.data = self.inp.val().data;
        self.widen.inp.data.next.last = self.inp.val().last;
        if self.inp_valid.val() {
            if !self.widen.inp.ready.val() {
                self.lost.d.next = true;
            } else if self.inp.val().last {
                self.fault.d.next = self.inp.val().fault;
                self.holed.d.next = self.lost.q.val();
                self.lost.d.next = false;
            }
        }
        self.cross.inp.valid.next = self.widen.out.valid.val();
        self.widen.out.ready.next = self.cross.inp.ready.val();
        self.cross.inp.data.next.data = self.widen.out.data.val().data;
        self.cross.inp.data.next.keep = self.widen.out.data.val().keep;
        self.cross.inp.data.next.last = self.widen.out.data.val().last;
        self.cross.inp.data.next.fault = self.fault.q.val();
        self.cross.inp.data.next.lost = self.holed.q.val();

        // The core's side: the verdict comes with the last beat, and so the FIFO never waits for it.
        self.beat.next = self.cross.out.data.val();
        self.frames.inp.valid.next = self.cross.out.valid.val();
        self.cross.out.ready.next = self.frames.inp.ready.val();
        self.frames.inp.data.next.data = self.beat.val().data;
        self.frames.inp.data.next.keep = self.beat.val().keep;
        self.frames.inp.data.next.last = self.beat.val().last;
        self.wrong.next = self.beat.val().fault;
        self.ends.next = self.cross.out.valid.val() & self.frames.inp.ready.val() & self.beat.val().last;
        self.good.next = !self.wrong.val().any() & !self.beat.val().lost;
        self.frames.commit.next = self.ends.val() & self.good.val();
        self.frames.drop.next = self.ends.val() & !self.good.val();
        StreamOut::<Beat64>::link(&mut self.out, &mut self.frames.out);
        self.stat_fcs.next = self.ends.val() & self.wrong.val().get_bit(0);
        self.stat_length.next = self.ends.val() & self.wrong.val().get_bit(1);
        self.stat_phy.next = self.ends.val() & self.wrong.val().get_bit(2);
        self.stat_overflow.next = self.frames.overflow.val() | (self.ends.val() & self.beat.val().lost);
        if self.cross.out.valid.val() & self.frames.inp.ready.val() {
            self.inside.d.next = !self.beat.val().last;
        }
        self.busy.next = self.inside.q.val() | self.cross.out.valid.val() | self.frames.frames.val().any();
        if self.phy_reset.val() {
            self.lost.d.next = false;
        }
        if self.reset.val() {
            self.inside.d.next = false;
        }
    }
}
