// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`RxGate`]: brings received frames to the core's clock and width, and lets only whole good ones pass.

use rust_hdl::prelude::*;
use syncline_hdl::stream::frame_fifo::FrameFifo64;
use syncline_hdl::stream::width::Widen8To64;
use syncline_hdl::stream::{Beat64, StreamOut};

use super::RxByte;
use crate::cdc::async_fifo::AsyncFifo;

/// Room for `2^A` beats of eight bytes; `C = A + 1`.
///
/// The core's clock is at least as fast as bytes come. A frame that finds no room is lost whole.
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
    /// A part of a frame is on its way through.
    pub busy: Signal<Out, Bit>,
    cross: AsyncFifo<RxByte, 4, 5>,
    widen: Widen8To64,
    frames: FrameFifo64<A, C>,
    item: Signal<Local, RxByte>,
    moves: Signal<Local, Bit>,
    fault: Signal<Local, Bits<3>>,
    judged: DFF<Bit>,
    verdict: DFF<Bit>,
    inside: DFF<Bit>,
}

impl<const A: usize, const C: usize> Logic for RxGate<A, C> {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, judged, verdict, inside);
        clock!(self, clock, widen, frames);
        self.cross.write_clock.next = self.phy_clock.val();
        self.cross.write_reset.next = self.phy_reset.val();
        self.cross.read_clock.next = self.clock.val();
        self.cross.read_reset.next = self.reset.val();
        self.widen.reset.next = self.reset.val();
        self.frames.reset.next = self.reset.val();
        self.cross.inp.valid.next = self.inp_valid.val();
        self.cross.inp.data.next = self.inp.val();

        self.item.next = self.cross.out.data.val();
        self.widen.inp.data.next.data = self.item.val().data;
        self.widen.inp.data.next.last = self.item.val().last;
        self.widen.inp.valid.next = self.cross.out.valid.val();
        self.cross.out.ready.next = self.widen.inp.ready.val();
        StreamOut::<Beat64>::join(&mut self.widen.out, &mut self.frames.inp);
        StreamOut::<Beat64>::link(&mut self.out, &mut self.frames.out);

        // The verdict waits for the frame's last beat to arrive in the FIFO; the next verdict is 60 bytes away at least, or
        // belongs to a frame of a single beat, which takes as long as its preamble.
        self.moves.next = self.cross.out.valid.val() & self.widen.inp.ready.val();
        self.fault.next = self.item.val().fault;
        self.stat_fcs.next = false;
        self.stat_length.next = false;
        self.stat_phy.next = false;
        self.frames.commit.next = self.judged.q.val() & self.verdict.q.val() & self.frames.undecided.val();
        self.frames.drop.next = self.judged.q.val() & !self.verdict.q.val() & self.frames.undecided.val();
        if self.frames.undecided.val() {
            self.judged.d.next = false;
        }
        if self.moves.val() {
            self.inside.d.next = true;
            if self.item.val().last {
                self.inside.d.next = false;
                self.judged.d.next = true;
                self.verdict.d.next = !self.fault.val().any();
                self.stat_fcs.next = self.fault.val().get_bit(0);
                self.stat_length.next = self.fault.val().get_bit(1);
                self.stat_phy.next = self.fault.val().get_bit(2);
            }
        }
        self.stat_overflow.next = self.frames.overflow.val();
        self.busy.next = self.inside.q.val()
            | self.judged.q.val()
            | self.cross.out.valid.val()
            | self.frames.frames.val().any();
        if self.reset.val() {
            self.judged.d.next = false;
            self.inside.d.next = false;
        }
    }
}
