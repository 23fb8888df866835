// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`FrameFifo64`], [`FrameFifo512`]: a FIFO that shows a frame only when its writer says so.

use rust_hdl::prelude::*;

use super::beat_ram::{BeatRam64, BeatRam512};
use super::{Beat64, Beat512, StreamIn, StreamOut};

macro_rules! frame_fifo {
    ($name:ident, $beat:ident, $ram:ident) => {
        /// A FIFO of `2^A` beats in block RAM whose frames come out whole or not at all. `C` is `A + 1`.
        ///
        /// The writer gives each frame one verdict, `commit` or `drop`, for one cycle: in the cycle in which the last beat
        /// is taken, or in any later one while `undecided` is high (the next frame waits until then). A frame that finds
        /// the RAM full is lost: the rest of it is swallowed, `overflow` pulses once, and its verdict is ignored.
        /// Otherwise the input never waits. A frame comes out without gaps, three cycles after its verdict at the earliest.
        #[derive(LogicBlock)]
        pub struct $name<const A: usize, const C: usize> {
            pub clock: Signal<In, Clock>,
            pub reset: Signal<In, Bit>,
            pub inp: StreamIn<$beat>,
            /// The frame is good.
            pub commit: Signal<In, Bit>,
            /// The frame is to be forgotten. Stronger than `commit`.
            pub drop: Signal<In, Bit>,
            pub out: StreamOut<$beat>,
            /// A whole frame was taken and has no verdict yet.
            pub undecided: Signal<Out, Bit>,
            /// With the first beat that does not fit.
            pub overflow: Signal<Out, Bit>,
            /// Committed frames held, the one on `out` included.
            pub frames: Signal<Out, Bits<C>>,
            ram: $ram<A>,
            write: DFF<Bits<C>>,
            /// Where the frame under way began: everything before it is committed.
            base: DFF<Bits<C>>,
            /// `base` as of the last cycle: beats before it can be read from the RAM.
            written: DFF<Bits<C>>,
            read: DFF<Bits<C>>,
            lost: DFF<Bit>,
            waiting: DFF<Bit>,
            count: DFF<Bits<C>>,
            beat: DFF<$beat>,
            beat_valid: DFF<Bit>,
            depth: Constant<Bits<C>>,
            distance: Signal<Local, Bits<C>>,
            full: Signal<Local, Bit>,
            taken: Signal<Local, Bit>,
            stored: Signal<Local, Bit>,
            whole: Signal<Local, Bit>,
            good: Signal<Local, Bit>,
            past: Signal<Local, Bits<C>>,
            shown: Signal<Local, Bit>,
            load: Signal<Local, Bit>,
            left: Signal<Local, Bit>,
            read_next: Signal<Local, Bits<C>>,
        }

        impl<const A: usize, const C: usize> Default for $name<A, C> {
            fn default() -> Self {
                assert_eq!(C, A + 1, "frame FIFO: the count needs one bit more than the address");
                assert!(A >= 2, "frame FIFO: at least 4 beats, not 2^{A}");
                Self {
                    clock: Default::default(),
                    reset: Default::default(),
                    inp: Default::default(),
                    commit: Default::default(),
                    drop: Default::default(),
                    out: Default::default(),
                    undecided: Default::default(),
                    overflow: Default::default(),
                    frames: Default::default(),
                    ram: Default::default(),
                    write: Default::default(),
                    base: Default::default(),
                    written: Default::default(),
                    read: Default::default(),
                    lost: Default::default(),
                    waiting: Default::default(),
                    count: Default::default(),
                    beat: Default::default(),
                    beat_valid: Default::default(),
                    depth: Constant::new((1_u64 << A).into()),
                    distance: Default::default(),
                    full: Default::default(),
                    taken: Default::default(),
                    stored: Default::default(),
                    whole: Default::default(),
                    good: Default::default(),
                    past: Default::default(),
                    shown: Default::default(),
                    load: Default::default(),
                    left: Default::default(),
                    read_next: Default::default(),
                }
            }
        }

        impl<const A: usize, const C: usize> Logic for $name<A, C> {
            crate::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                dff_setup!(self, clock, write, base, written, read, lost, waiting, count, beat, beat_valid);
                clock!(self, clock, ram);
                // Writing.
                self.distance.next = self.write.q.val() ^ self.read.q.val();
                self.full.next = self.distance.val() == self.depth.val();
                self.inp.ready.next = !self.waiting.q.val();
                self.taken.next = self.inp.valid.val() & !self.waiting.q.val();
                self.stored.next = self.taken.val() & !self.lost.q.val() & !self.full.val();
                self.overflow.next = self.taken.val() & !self.lost.q.val() & self.full.val();
                self.undecided.next = self.waiting.q.val();
                self.whole.next = self.waiting.q.val() | (self.taken.val() & self.inp.data.val().last);
                self.good.next = !self.drop.val() & !self.lost.q.val() & !self.overflow.val();
                self.past.next = self.write.q.val();
                if self.stored.val() {
                    self.past.next = self.write.q.val() + 1;
                }
                self.write.d.next = self.past.val();
                self.lost.d.next = self.lost.q.val() | self.overflow.val();
                self.shown.next = false;
                if self.whole.val() {
                    self.waiting.d.next = true;
                    if self.commit.val() | self.drop.val() {
                        self.waiting.d.next = false;
                        self.lost.d.next = false;
                        self.shown.next = self.good.val();
                        if self.good.val() {
                            self.base.d.next = self.past.val();
                        } else {
                            self.write.d.next = self.base.q.val();
                        }
                    }
                }
                self.ram.write_en.next = self.stored.val();
                self.ram.write_addr.next = self.write.q.val().get_bits::<A>(0);
                self.ram.write_data.next = self.inp.data.val();

                // Reading: the RAM shows the beat at `read`; it moves to the output register as soon as that is free.
                self.written.d.next = self.base.q.val();
                self.out.valid.next = self.beat_valid.q.val();
                self.out.data.next = self.beat.q.val();
                self.load.next = (self.written.q.val() != self.read.q.val())
                    & (self.out.ready.val() | !self.beat_valid.q.val());
                self.read_next.next = self.read.q.val();
                if self.load.val() {
                    self.read_next.next = self.read.q.val() + 1;
                    self.beat.d.next = self.ram.read_data.val();
                    self.beat_valid.d.next = true;
                } else if self.out.ready.val() {
                    self.beat_valid.d.next = false;
                }
                self.read.d.next = self.read_next.val();
                self.ram.read_addr.next = self.read_next.val().get_bits::<A>(0);

                self.left.next = self.beat_valid.q.val() & self.out.ready.val() & self.beat.q.val().last;
                self.frames.next = self.count.q.val();
                if self.shown.val() & !self.left.val() {
                    self.count.d.next = self.count.q.val() + 1;
                }
                if self.left.val() & !self.shown.val() {
                    self.count.d.next = self.count.q.val() - 1;
                }
                if self.reset.val() {
                    self.write.d.next = 0.into();
                    self.base.d.next = 0.into();
                    self.written.d.next = 0.into();
                    self.read.d.next = 0.into();
                    self.lost.d.next = false;
                    self.waiting.d.next = false;
                    self.count.d.next = 0.into();
                    self.beat_valid.d.next = false;
                }
            }
        }
    };
}
frame_fifo!(FrameFifo64, Beat64, BeatRam64);
frame_fifo!(FrameFifo512, Beat512, BeatRam512);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{ready, settle, tick};
    use crate::stream::bench::{Drain, Feed, PACES, Rng, assert_frames, beats, clocked, frames};

    clocked!(FrameFifo64<4, 5>, FrameFifo512<3, 4>);

    /// Random frames with random verdicts at random times: what is committed and did not overflow comes out.
    macro_rules! check {
        ($block:ty, $beat:ident, $depth:literal, $rng:expr, $count:literal, $bytes:literal) => {
            for (gap, stall) in PACES {
                let mut uut = ready(Box::<$block>::default());
                let mut queue = vec![];
                for _ in 0..$count {
                    let len = 1 + $rng.below($bytes) as usize;
                    queue.push($rng.bytes(len));
                }
                queue.reverse();
                let mut drain = Drain::<$beat>::new(stall);
                let mut feed: Feed<$beat> = Feed::new([], 0);
                let (mut want, mut frame) = (vec![], vec![]);
                let (mut overflows, mut drops, mut committed, mut gone) = (0, 0, 0, 0);
                let (mut held, mut lost, mut inside_out) = (0, false, false); // beats held, of the last frame
                let (mut new, mut quiet) = (0, 0);
                while quiet < 20 {
                    if feed.is_empty() && !uut.undecided.val() {
                        if let Some(next) = queue.pop() {
                            feed = Feed::new(beats::<$beat>(&next, $rng), gap);
                            frame = next;
                            (lost, new) = (false, 0);
                        }
                    }
                    feed.drive(&mut uut.inp, $rng);
                    drain.drive(&mut uut.out, $rng);
                    settle(&mut *uut);
                    // A verdict may only come with the last beat or later.
                    let ends = uut.undecided.val()
                        || (uut.inp.valid.val() && uut.inp.ready.val() && uut.inp.data.val().last);
                    let verdict = ends && $rng.chance(60);
                    let drop_it = verdict && $rng.chance(30);
                    uut.drop.next = drop_it;
                    uut.commit.next = verdict && !drop_it;
                    settle(&mut *uut);
                    assert_eq!(uut.frames.val().index(), committed - gone);
                    if uut.overflow.val() {
                        assert!(held >= $depth, "overflow with {held} beats held");
                        overflows += 1;
                        lost = true;
                    }
                    let moved = feed.sample(&uut.inp);
                    if moved.is_some() && !lost {
                        (held, new) = (held + 1, new + 1);
                        assert!(held <= $depth + 1, "more beats than room");
                    }
                    if verdict {
                        if drop_it || lost {
                            held -= new;
                            drops += usize::from(drop_it);
                        } else {
                            want.push(frame.clone());
                            committed += 1;
                        }
                    }
                    assert!(!inside_out || uut.out.valid.val(), "gap inside a frame");
                    quiet += 1;
                    if let Some(beat) = drain.sample(&uut.out) {
                        held -= 1;
                        inside_out = !beat.last;
                        gone += usize::from(beat.last);
                        quiet = 0;
                    }
                    if ends || moved.is_some() || !queue.is_empty() {
                        quiet = 0;
                    }
                    tick(&mut *uut);
                }
                assert_frames(&drain.got, &want);
                assert!(
                    drops > 0 && overflows > 0 && want.len() > 5,
                    "the test must see every end of a frame"
                );
                println!(
                    "gap {gap} stall {stall}: {} out, {drops} dropped, {overflows} overflowed",
                    want.len()
                );
            }
        };
    }

    #[test]
    fn only_committed_frames_come_out_64() {
        let mut rng = Rng::new(50);
        check!(FrameFifo64<4, 5>, Beat64, 16, &mut rng, 120, 150);
    }

    #[test]
    fn only_committed_frames_come_out_512() {
        let mut rng = Rng::new(51);
        check!(FrameFifo512<3, 4>, Beat512, 8, &mut rng, 40, 600);
    }

    /// A frame longer than the FIFO is lost without blocking, and the next one gets through.
    #[test]
    fn survives_a_frame_that_cannot_fit() {
        let mut rng = Rng::new(52);
        let mut uut = ready(Box::<FrameFifo64<4, 5>>::default());
        let (long, short) = (rng.bytes(300), rng.bytes(100));
        let items = [beats::<Beat64>(&long, &mut rng), beats(&short, &mut rng)].concat();
        let (mut feed, mut drain) = (Feed::new(items, 0), Drain::<Beat64>::new(0));
        uut.commit.next = true; // a verdict with every last beat; ignored elsewhere
        let mut overflows = 0;
        for _ in 0..80 {
            feed.drive(&mut uut.inp, &mut rng);
            drain.drive(&mut uut.out, &mut rng);
            settle(&mut *uut);
            assert!(uut.inp.ready.val(), "never waits");
            overflows += usize::from(uut.overflow.val());
            feed.sample(&uut.inp);
            drain.sample(&uut.out);
            tick(&mut *uut);
        }
        assert_eq!(overflows, 1);
        assert_eq!(frames(&drain.got), [short]);
    }
}
