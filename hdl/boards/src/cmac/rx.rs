// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`CmacRx`]: gives the receive side the back-pressure that it lacks.

use rust_hdl::prelude::*;
use syncline_hdl::stream::frame_fifo::FrameFifo512;
use syncline_hdl::stream::{Beat512, StreamOut};

/// Stores `2^A` beats (`C` is `A + 1`) and passes whole good frames on. A frame that does not fit is dropped as a whole; so is one
/// that the hard block calls bad. With room for two of the longest frames and four beats, a reader that is always ready loses none.
#[derive(LogicBlock, Default)]
pub struct CmacRx<const A: usize, const C: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// `rx_axis_tdata`, `tkeep`, `tlast`, `tvalid`, and `tuser`: 1 for a bad frame. PG203's pages that could be read here do not
    /// say in which beat; any counts.
    pub rx_data: Signal<In, Bits<512>>,
    pub rx_keep: Signal<In, Bits<64>>,
    pub rx_last: Signal<In, Bit>,
    pub rx_user: Signal<In, Bit>,
    pub rx_valid: Signal<In, Bit>,
    pub out: StreamOut<Beat512>,
    /// For counters, one cycle each: a frame found no room, a frame was bad.
    pub dropped: Signal<Out, Bit>,
    pub bad: Signal<Out, Bit>,
    fifo: FrameFifo512<A, C>,
    /// An earlier beat of the frame was marked.
    marked: DFF<Bit>,
    wrong: Signal<Local, Bit>,
    ends: Signal<Local, Bit>,
}

impl<const A: usize, const C: usize> Logic for CmacRx<A, C> {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, marked);
        clock!(self, clock, fifo);
        self.fifo.reset.next = self.reset.val();
        self.wrong.next = self.rx_user.val() | self.marked.q.val();
        self.ends.next = self.rx_valid.val() & self.rx_last.val();
        if self.rx_valid.val() {
            self.marked.d.next = self.wrong.val() & !self.rx_last.val();
        }
        // The FIFO never waits, because it gets its verdict with the last beat.
        self.fifo.inp.valid.next = self.rx_valid.val();
        self.fifo.inp.data.next.data = self.rx_data.val();
        self.fifo.inp.data.next.keep = self.rx_keep.val();
        self.fifo.inp.data.next.last = self.rx_last.val();
        self.fifo.commit.next = self.ends.val() & !self.wrong.val();
        self.fifo.drop.next = self.ends.val() & self.wrong.val();
        StreamOut::<Beat512>::link(&mut self.out, &mut self.fifo.out);
        self.dropped.next = self.fifo.overflow.val();
        self.bad.next = self.ends.val() & self.wrong.val();
        if self.reset.val() {
            self.marked.d.next = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_hdl::sim::{ready, settle, tick};
    use syncline_hdl::stream::bench::{Drain, PACES, Rng, assert_frames, beats, clocked};

    type Uut = CmacRx<3, 4>;
    clocked!(Uut, CmacRx<4, 5>);

    /// What comes out is every frame that was good and was not reported as dropped, whole and in order.
    #[test]
    fn passes_whole_frames_and_counts_the_rest() {
        let mut rng = Rng::new(1);
        let (mut all_dropped, mut all_bad, mut both) = (0, 0, 0);
        for (gap, stall) in PACES {
            let mut uut = ready(Box::<Uut>::default());
            let mut drain = Drain::<Beat512>::new(stall.max(30));
            let mut want = vec![];
            for _ in 0..80 {
                let length = 1 + rng.below(700) as usize;
                let frame = rng.bytes(length);
                let list: Vec<Beat512> = beats(&frame, &mut rng);
                let mark = rng.chance(25).then(|| rng.below(list.len() as u64) as usize);
                let (mut dropped, mut bad) = (0, 0);
                let mut i = 0;
                while i < list.len() {
                    let offer = !rng.chance(gap);
                    uut.rx_valid.next = offer;
                    uut.rx_data.next = list[i].data;
                    uut.rx_keep.next = list[i].keep;
                    uut.rx_last.next = list[i].last;
                    // Without `valid` the mark means nothing.
                    uut.rx_user.next = if offer { mark == Some(i) } else { rng.chance(50) };
                    drain.drive(&mut uut.out, &mut rng);
                    settle(uut.as_mut());
                    dropped += u32::from(uut.dropped.val());
                    bad += u32::from(uut.bad.val());
                    drain.sample(&uut.out);
                    tick(uut.as_mut());
                    i += usize::from(offer);
                }
                assert!(dropped <= 1, "one pulse a frame");
                assert_eq!(bad, u32::from(mark.is_some()));
                all_dropped += dropped;
                all_bad += bad;
                both += dropped & bad;
                if dropped == 0 && bad == 0 {
                    want.push(frame);
                }
            }
            uut.rx_valid.next = false;
            for _ in 0..100 {
                drain.drive(&mut uut.out, &mut rng);
                settle(uut.as_mut());
                drain.sample(&uut.out);
                tick(uut.as_mut());
            }
            assert_frames(&drain.got, &want);
            assert!(want.len() > 5, "the test must see good frames");
        }
        assert!(
            all_dropped > 20 && all_bad > 20 && both > 0,
            "{all_dropped} dropped, {all_bad} bad, {both} both"
        );
    }

    /// Frames of up to 6 beats in a store of 16.
    #[test]
    fn a_reader_that_keeps_up_loses_nothing() {
        let mut rng = Rng::new(2);
        let mut uut = ready(Box::<CmacRx<4, 5>>::default());
        let mut drain = Drain::<Beat512>::new(0);
        let frames: Vec<Vec<u8>> = (0..80).map(|i| rng.bytes(384 - 7 * (i % 54))).collect();
        let list: Vec<Beat512> = frames.iter().flat_map(|frame| beats(frame, &mut rng)).collect();
        for beat in list.iter().map(Some).chain([None; 20]) {
            uut.rx_valid.next = beat.is_some();
            if let Some(beat) = beat {
                uut.rx_data.next = beat.data;
                uut.rx_keep.next = beat.keep;
                uut.rx_last.next = beat.last;
            }
            drain.drive(&mut uut.out, &mut rng);
            settle(uut.as_mut());
            assert!(!uut.dropped.val() && !uut.bad.val());
            drain.sample(&uut.out);
            tick(uut.as_mut());
        }
        assert_frames(&drain.got, &frames);
    }
}
