// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`TxGate`]: brings frames to be sent from the core to the PHY's clock, each without a pause in it.

use rust_hdl::prelude::*;
use syncline_hdl::stream::frame_fifo::FrameFifo64;
use syncline_hdl::stream::width::Narrow64To8;
use syncline_hdl::stream::{Beat8, Beat64, StreamIn, StreamOut};

use crate::cdc::async_fifo::AsyncFifo;

/// Room for `2^A` beats of eight bytes; `C = A + 1`. A frame begins to leave when all of it is here, so that it can't be interrupted: what
/// crosses is a beat, and the core's clock is faster than beats leave.
///
/// The core is held back while there is no room for a frame of `longest` bytes. A longer one that does not fit is lost whole.
#[derive(LogicBlock)]
pub struct TxGate<const A: usize, const C: usize> {
    /// The core's clock.
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub inp: StreamIn<Beat64>,
    /// The core is being reset: nothing is taken, and of a frame that has begun to come in no more will: it is forgotten.
    pub cut: Signal<In, Bit>,
    /// The PHY's transmit clock.
    pub phy_clock: Signal<In, Clock>,
    pub phy_reset: Signal<In, Bit>,
    /// To [`FrameTx`](super::frame_tx::FrameTx).
    pub out: StreamOut<Beat8>,
    /// A part of a frame waits on the core's side.
    pub busy: Signal<Out, Bit>,
    frames: FrameFifo64<A, C>,
    cross: AsyncFifo<Beat64, 4, 5>,
    narrow: Narrow64To8,
    /// Beats of whole frames in the FIFO, and of the frame that is coming in.
    held: DFF<Bits<C>>,
    size: DFF<Bits<C>>,
    in_frame: DFF<Bit>,
    /// There is room for a frame; not in the cycle after one has come in.
    room: DFF<Bit>,
    lost: DFF<Bit>,
    limit: Constant<Bits<C>>,
    open: Signal<Local, Bit>,
    enters: Signal<Local, Bit>,
    whole: Signal<Local, Bit>,
    leaves: Signal<Local, Bit>,
    more: Signal<Local, Bits<C>>,
}

impl<const A: usize, const C: usize> TxGate<A, C> {
    /// # Panics
    /// When a frame of `longest` bytes does not fit.
    pub fn new(longest: u64) -> Self {
        let beats = longest.div_ceil(8);
        assert!(beats < 1 << A, "TxGate: a frame of {longest} bytes does not fit into 2^{A} beats");
        Self {
            limit: Constant::new(((1_u64 << A) - beats).into()),
            clock: Default::default(),
            reset: Default::default(),
            inp: Default::default(),
            cut: Default::default(),
            phy_clock: Default::default(),
            phy_reset: Default::default(),
            out: Default::default(),
            busy: Default::default(),
            frames: Default::default(),
            narrow: Default::default(),
            cross: Default::default(),
            held: Default::default(),
            size: Default::default(),
            in_frame: Default::default(),
            room: Default::default(),
            lost: Default::default(),
            open: Default::default(),
            enters: Default::default(),
            whole: Default::default(),
            leaves: Default::default(),
            more: Default::default(),
        }
    }
}

impl<const A: usize, const C: usize> Default for TxGate<A, C> {
    fn default() -> Self {
        Self::new(1514)
    }
}

impl<const A: usize, const C: usize> Logic for TxGate<A, C> {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, held, size, in_frame, room, lost);
        clock!(self, clock, frames);
        clock!(self, phy_clock, narrow);
        self.frames.reset.next = self.reset.val();
        self.narrow.reset.next = self.phy_reset.val();
        self.cross.write_clock.next = self.clock.val();
        self.cross.write_reset.next = self.reset.val();
        self.cross.read_clock.next = self.phy_clock.val();
        self.cross.read_reset.next = self.phy_reset.val();

        // A frame that has begun comes in without a stop: there was room for all of it.
        self.open.next = (self.in_frame.q.val() | self.room.q.val()) & !self.cut.val();
        self.frames.inp.data.next = self.inp.data.val();
        self.frames.inp.valid.next = self.inp.valid.val() & self.open.val();
        self.inp.ready.next = self.frames.inp.ready.val() & self.open.val();
        self.enters.next = self.inp.valid.val() & self.inp.ready.val();
        self.frames.commit.next = self.enters.val() & self.inp.data.val().last;
        self.frames.drop.next = false;
        if self.enters.val() {
            self.in_frame.d.next = !self.inp.data.val().last;
            self.size.d.next = self.size.q.val() + 1;
            self.lost.d.next = self.lost.q.val() | self.frames.overflow.val();
            if self.inp.data.val().last {
                self.size.d.next = 0.into();
                self.lost.d.next = false;
            }
        }
        if self.cut.val() {
            // The FIFO forgets a frame with its last beat only, so it gets one.
            self.frames.inp.valid.next = self.in_frame.q.val();
            self.frames.inp.data.next.last = true;
            self.frames.drop.next = true;
            self.in_frame.d.next = false;
            self.size.d.next = 0.into();
            self.lost.d.next = false;
        }
        StreamOut::<Beat64>::join(&mut self.frames.out, &mut self.cross.inp);
        StreamOut::<Beat64>::join(&mut self.cross.out, &mut self.narrow.inp);
        StreamOut::<Beat8>::link(&mut self.out, &mut self.narrow.out);
        self.leaves.next = self.frames.out.valid.val() & self.cross.inp.ready.val();
        self.whole.next =
            self.enters.val() & self.inp.data.val().last & !self.lost.q.val() & !self.frames.overflow.val();
        self.room.d.next = (self.held.q.val() <= self.limit.val()) & !self.whole.val();
        self.more.next = 0.into();
        if self.whole.val() {
            self.more.next = self.size.q.val() + 1;
        }
        self.held.d.next = self.held.q.val() + self.more.val();
        if self.leaves.val() {
            self.held.d.next = (self.held.q.val() + self.more.val()) - 1;
        }
        self.busy.next = self.held.q.val().any();
        if self.reset.val() {
            self.held.d.next = 0.into();
            self.size.d.next = 0.into();
            self.in_frame.d.next = false;
            self.lost.d.next = false;
        }
    }
}
