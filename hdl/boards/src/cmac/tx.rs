// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`CmacTx`]: sends frames without a gap, and none below the smallest size.

use rust_hdl::prelude::*;
use syncline_hdl::stream::frame_fifo::FrameFifo512;
use syncline_hdl::stream::{Beat512, StreamIn, StreamOut};

use super::pad::Pad512;

/// Stores `2^A` beats (`C` is `A + 1`); a frame leaves when it is whole, and the input waits while there is no room. A frame that is
/// longer than the store is dropped: to wait for it would be to wait for ever.
#[derive(LogicBlock)]
pub struct CmacTx<const A: usize, const C: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub inp: StreamIn<Beat512>,
    /// `tx_axis_tdata`, `tkeep`, `tlast`, `tvalid`, `tready`; tie `tx_axis_tuser` to 0. `valid` stays high inside of a frame.
    pub out: StreamOut<Beat512>,
    /// A frame was longer than the store, one cycle.
    pub too_long: Signal<Out, Bit>,
    fifo: FrameFifo512<A, C>,
    pad: Pad512,
    inside: DFF<Bit>,
    /// Beats in store, those of the frame under way included.
    held: DFF<Bits<C>>,
    /// The rest of a frame that was too long.
    losing: DFF<Bit>,
    depth: Constant<Bits<C>>,
    full: Signal<Local, Bit>,
    alone: Signal<Local, Bit>,
    taken: Signal<Local, Bit>,
    left: Signal<Local, Bit>,
    fewer: Signal<Local, Bits<C>>,
}

impl<const A: usize, const C: usize> Default for CmacTx<A, C> {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            inp: Default::default(),
            out: Default::default(),
            too_long: Default::default(),
            fifo: Default::default(),
            pad: Default::default(),
            inside: Default::default(),
            held: Default::default(),
            losing: Default::default(),
            depth: Constant::new((1_u64 << A).into()),
            full: Default::default(),
            alone: Default::default(),
            taken: Default::default(),
            left: Default::default(),
            fewer: Default::default(),
        }
    }
}

impl<const A: usize, const C: usize> Logic for CmacTx<A, C> {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, inside, held, losing);
        clock!(self, clock, fifo);
        self.fifo.reset.next = self.reset.val();
        self.full.next = self.held.q.val() == self.depth.val();
        // Nothing but the frame under way is in store, so nothing will leave: on with it, and the FIFO forgets it.
        self.alone.next = !self.fifo.frames.val().any();
        self.inp.ready.next = !self.full.val() | self.alone.val();
        self.taken.next = self.inp.valid.val() & self.inp.ready.val();
        self.pad.beat.next = self.inp.data.val();
        self.pad.first.next = !self.inside.q.val();
        self.fifo.inp.data.next = self.pad.out.val();
        self.fifo.inp.data.next.last = self.inp.data.val().last;
        self.fifo.inp.valid.next = self.taken.val();
        self.fifo.commit.next = self.taken.val() & self.inp.data.val().last;
        self.fifo.drop.next = false;
        StreamOut::<Beat512>::link(&mut self.out, &mut self.fifo.out);
        self.too_long.next = self.fifo.overflow.val();

        self.left.next = self.fifo.out.valid.val() & self.out.ready.val();
        self.fewer.next = self.held.q.val();
        if self.left.val() {
            self.fewer.next = self.held.q.val() - 1;
        }
        self.held.d.next = self.fewer.val();
        if self.taken.val() {
            self.inside.d.next = !self.inp.data.val().last;
            if !self.losing.q.val() {
                self.held.d.next = self.fewer.val() + 1;
            }
            self.losing.d.next = (self.losing.q.val() | self.fifo.overflow.val()) & !self.inp.data.val().last;
            if self.fifo.overflow.val() {
                self.held.d.next = 0.into();
            }
        }
        if self.reset.val() {
            self.inside.d.next = false;
            self.held.d.next = 0.into();
            self.losing.d.next = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_hdl::sim::{ready, settle, tick};
    use syncline_hdl::stream::bench::{Drain, Feed, PACES, Rng, assert_frames, beats, clocked};

    type Uut = CmacTx<3, 4>;
    clocked!(Uut);

    fn padded(frame: &[u8]) -> Vec<u8> {
        let mut frame = frame.to_vec();
        frame.resize(frame.len().max(64), 0);
        frame
    }

    /// Frames of all lengths up to beyond the store: those that fit come out padded, in order, without a gap.
    #[test]
    fn frames_leave_without_a_gap() {
        let mut rng = Rng::new(3);
        for (gap, stall) in PACES {
            let mut uut = ready(Box::<Uut>::default());
            let lengths: Vec<usize> = (0..100)
                .map(|i| match i % 10 {
                    0 => 512, // the whole store
                    4 if i % 20 == 4 => 513 + rng.below(700) as usize,
                    1..=3 => 1 + rng.below(80) as usize,
                    _ => 1 + rng.below(512) as usize,
                })
                .collect();
            let frames: Vec<Vec<u8>> = lengths.iter().map(|length| rng.bytes(*length)).collect();
            let fits = |frame: &&Vec<u8>| frame.len() <= 512;
            let want: Vec<Vec<u8>> = frames.iter().filter(fits).map(|frame| padded(frame)).collect();
            let list: Vec<Beat512> = frames.iter().flat_map(|frame| beats(frame, &mut rng)).collect();
            let (mut feed, mut drain) = (Feed::new(list, gap), Drain::<Beat512>::new(stall));
            let (mut long, mut inside, mut cycles) = (0, false, 0);
            while frames_out(&drain.got) < want.len() || !feed.is_empty() {
                feed.drive(&mut uut.inp, &mut rng);
                drain.drive(&mut uut.out, &mut rng);
                settle(uut.as_mut());
                long += usize::from(uut.too_long.val());
                feed.sample(&uut.inp);
                assert!(!inside || uut.out.valid.val(), "gap inside of a frame");
                if let Some(beat) = drain.sample(&uut.out) {
                    inside = !beat.last;
                }
                tick(uut.as_mut());
                cycles += 1;
                assert!(cycles < 10_000, "stuck");
            }
            assert_frames(&drain.got, &want);
            assert_eq!(long, frames.len() - want.len());
        }
    }

    fn frames_out(got: &[Beat512]) -> usize {
        got.iter().filter(|beat| beat.last).count()
    }

    /// Short frames at the full rate: a beat a cycle.
    #[test]
    fn keeps_up() {
        let mut rng = Rng::new(4);
        let mut uut = ready(Box::<CmacTx<4, 5>>::default());
        let frames: Vec<Vec<u8>> = (0..60).map(|i| rng.bytes(1 + (i * 37) % 200)).collect();
        let list: Vec<Beat512> = frames.iter().flat_map(|frame| beats(frame, &mut rng)).collect();
        let total = list.len();
        let (mut feed, mut drain) = (Feed::new(list, 0), Drain::<Beat512>::new(0));
        let mut cycles = 0;
        while drain.got.len() < total {
            feed.drive(&mut uut.inp, &mut rng);
            drain.drive(&mut uut.out, &mut rng);
            settle(uut.as_mut());
            feed.sample(&uut.inp);
            drain.sample(&uut.out);
            tick(uut.as_mut());
            cycles += 1;
            assert!(cycles < 10 * total, "stuck");
        }
        assert!(cycles <= total + 10, "{cycles} cycles for {total} beats");
        assert_frames(&drain.got, &frames.iter().map(|frame| padded(frame)).collect::<Vec<_>>());
    }

    clocked!(CmacTx<4, 5>);
}
