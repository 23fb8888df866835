// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Staging64`], [`Staging512`]: payloads wait here, first for the checksum and then for the processor's verdict.

use rust_hdl::prelude::*;

use crate::ram::Lutram;
use crate::stream::beat_ram::{BeatRam64, BeatRam512};
use crate::stream::small_fifo::SmallFifo;
use crate::stream::{Beat64, Beat512, StreamOut};

/// A frame that has come and is not yet judged.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Arrived {
    /// It has bytes, and they are in the RAM.
    pub stored: Bit,
    /// There was no room for its bytes.
    pub overflow: Bit,
}

macro_rules! staging {
    ($name:ident, $beat:ident, $ram:ident, $kib:literal, address bits $a:tt, pointer bits $c:tt) => {
        #[doc = concat!("Room for ", $kib, " KiB and 32 frames.")]
        ///
        /// Frames come in without back pressure, also empty ones. Each is judged once, in order, two cycles after it has ended
        /// or later, and when others have come since. A good one comes out; a bad one is thrown away.
        #[derive(LogicBlock)]
        pub struct $name {
            pub clock: Signal<In, Clock>,
            pub reset: Signal<In, Bit>,
            /// A beat of a frame; always taken.
            pub valid: Signal<In, Bit>,
            pub beat: Signal<In, $beat>,
            /// Pulse: a frame without a byte. Not together with the last beat of another.
            pub empty: Signal<In, Bit>,
            /// Pulse: the verdict on the oldest frame.
            pub judge: Signal<In, Bit>,
            /// With `judge`: keep it.
            pub good: Signal<In, Bit>,
            /// With `judge`: all its bytes are here, so that it may be called good.
            pub fits: Signal<Out, Bit>,
            /// The good frames.
            pub out: StreamOut<$beat>,
            /// No byte of any frame is inside.
            pub idle: Signal<Out, Bit>,
            ram: $ram<$a>,
            arrived: SmallFifo<Arrived, 3, 4>,
            /// The verdicts on the frames in the RAM.
            verdicts: Lutram<Bit, 5>,
            verdict_write: DFF<Bits<6>>,
            verdict_read: DFF<Bits<6>>,
            /// Frames in the RAM, judged or not, without the one that is coming in.
            frames: DFF<Bits<6>>,
            write: DFF<Bits<$c>>,
            /// Where the frame that is coming in begins.
            start: DFF<Bits<$c>>,
            read: DFF<Bits<$c>>,
            in_frame: DFF<Bit>,
            /// There is no room for this frame.
            refused: DFF<Bit>,
            item: DFF<$beat>,
            item_valid: DFF<Bit>,
            depth: Constant<Bits<$c>>,
            full: Signal<Local, Bit>,
            refuse: Signal<Local, Bit>,
            store: Signal<Local, Bit>,
            ended: Signal<Local, Bit>,
            stored: Signal<Local, Bit>,
            judged: Signal<Local, Bit>,
            load: Signal<Local, Bit>,
            leaves: Signal<Local, Bit>,
            read_next: Signal<Local, Bits<$c>>,
        }

        impl Default for $name {
            fn default() -> Self {
                Self {
                    depth: Constant::new((1_u64 << $a).into()),
                    clock: Default::default(),
                    reset: Default::default(),
                    valid: Default::default(),
                    beat: Default::default(),
                    empty: Default::default(),
                    judge: Default::default(),
                    good: Default::default(),
                    fits: Default::default(),
                    out: Default::default(),
                    idle: Default::default(),
                    ram: Default::default(),
                    arrived: Default::default(),
                    verdicts: Default::default(),
                    verdict_write: Default::default(),
                    verdict_read: Default::default(),
                    frames: Default::default(),
                    write: Default::default(),
                    start: Default::default(),
                    read: Default::default(),
                    in_frame: Default::default(),
                    refused: Default::default(),
                    item: Default::default(),
                    item_valid: Default::default(),
                    full: Default::default(),
                    refuse: Default::default(),
                    store: Default::default(),
                    ended: Default::default(),
                    stored: Default::default(),
                    judged: Default::default(),
                    load: Default::default(),
                    leaves: Default::default(),
                    read_next: Default::default(),
                }
            }
        }

        impl Logic for $name {
            crate::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                dff_setup!(
                    self,
                    clock,
                    verdict_write,
                    verdict_read,
                    frames,
                    write,
                    start,
                    read,
                    in_frame,
                    refused,
                    item,
                    item_valid
                );
                clock!(self, clock, ram, arrived, verdicts);
                self.arrived.reset.next = self.reset.val();

                // In: a frame without room gives back what it has taken, and the rest of it is ignored.
                // The pointers are a whole RAM apart: they differ in the lap alone.
                self.full.next = (self.write.q.val() ^ self.read.q.val()) == self.depth.val();
                self.refuse.next = self.full.val();
                if self.in_frame.q.val() {
                    self.refuse.next = self.full.val() | self.refused.q.val();
                } else if self.frames.q.val().get_bit(5) {
                    self.refuse.next = true;
                }
                self.store.next = self.valid.val() & !self.refuse.val();
                self.ended.next = self.valid.val() & self.beat.val().last;
                self.stored.next = self.ended.val() & !self.refuse.val();
                self.ram.write_en.next = self.store.val();
                self.ram.write_addr.next = self.write.q.val().get_bits::<$a>(0);
                self.ram.write_data.next = self.beat.val();
                if self.store.val() {
                    self.write.d.next = self.write.q.val() + 1;
                }
                if self.valid.val() {
                    self.in_frame.d.next = !self.beat.val().last;
                    self.refused.d.next = self.refuse.val();
                    if self.refuse.val() {
                        self.write.d.next = self.start.q.val();
                    }
                    if !self.in_frame.q.val() {
                        self.start.d.next = self.write.q.val();
                        if self.refuse.val() {
                            self.write.d.next = self.write.q.val();
                        }
                    }
                }
                self.arrived.inp.valid.next = self.ended.val() | self.empty.val();
                self.arrived.inp.data.next.stored = self.stored.val();
                self.arrived.inp.data.next.overflow = self.ended.val() & self.refuse.val();

                // The verdict.
                self.arrived.out.ready.next = self.judge.val();
                self.fits.next = !self.arrived.out.data.val().overflow;
                self.judged.next = self.judge.val() & self.arrived.out.data.val().stored;
                self.verdicts.write_en.next = self.judged.val();
                self.verdicts.write_addr.next = self.verdict_write.q.val().get_bits::<5>(0);
                self.verdicts.write_data.next = self.good.val();
                if self.judged.val() {
                    self.verdict_write.d.next = self.verdict_write.q.val() + 1;
                }

                // Out, or away.
                self.verdicts.read_addr.next = self.verdict_read.q.val().get_bits::<5>(0);
                self.load.next = (self.verdict_write.q.val() != self.verdict_read.q.val())
                    & (self.out.ready.val() | !self.item_valid.q.val());
                self.leaves.next = self.load.val() & self.ram.read_data.val().last;
                self.read_next.next = self.read.q.val();
                if self.out.ready.val() {
                    self.item_valid.d.next = false;
                }
                if self.load.val() {
                    self.read_next.next = self.read.q.val() + 1;
                    self.item.d.next = self.ram.read_data.val();
                    self.item_valid.d.next = self.verdicts.read_data.val();
                }
                self.read.d.next = self.read_next.val();
                self.ram.read_addr.next = self.read_next.val().get_bits::<$a>(0);
                if self.leaves.val() {
                    self.verdict_read.d.next = self.verdict_read.q.val() + 1;
                }
                self.out.data.next = self.item.q.val();
                self.out.valid.next = self.item_valid.q.val();

                if self.stored.val() & !self.leaves.val() {
                    self.frames.d.next = self.frames.q.val() + 1;
                }
                if self.leaves.val() & !self.stored.val() {
                    self.frames.d.next = self.frames.q.val() - 1;
                }
                self.idle.next = !self.frames.q.val().any()
                    & !self.in_frame.q.val()
                    & !self.item_valid.q.val()
                    & !self.valid.val();
                if self.reset.val() {
                    self.verdict_write.d.next = 0.into();
                    self.verdict_read.d.next = 0.into();
                    self.frames.d.next = 0.into();
                    self.write.d.next = 0.into();
                    self.start.d.next = 0.into();
                    self.read.d.next = 0.into();
                    self.in_frame.d.next = false;
                    self.refused.d.next = false;
                    self.item_valid.d.next = false;
                }
            }
        }
    };
}
staging!(Staging64, Beat64, BeatRam64, "4", address bits 9, pointer bits 10);
staging!(Staging512, Beat512, BeatRam512, "16", address bits 8, pointer bits 9);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{ready, settle, tick};
    use crate::stream::bench::{Drain, Rng, assert_frames, beats, clocked};

    clocked!(Staging64, Staging512);

    /// Random frames, some empty; verdicts some cycles after the end; a sink that stalls. The overflowing frames are those
    /// that `fits` calls so; the others come out whole if good.
    macro_rules! check {
        ($block:ident, $beat:ident, $lanes:literal, $rng:expr, $count:expr, $stall:expr, $max:expr) => {{
            let mut uut = ready(Box::<$block>::default());
            let mut drain = Drain::new($stall);
            let mut frames: Vec<Vec<u8>> = (0..$count)
                .map(|_| {
                    let len = if $rng.chance(20) { 0 } else { 1 + $rng.below($max) };
                    $rng.bytes(len as usize)
                })
                .collect();
            frames.reverse();
            let mut sending: Vec<$beat> = vec![];
            let mut current = vec![];
            // Ended frames and the cycle in which they are judged.
            let mut ended: std::collections::VecDeque<(usize, Vec<u8>)> = Default::default();
            let (mut want, mut overflows) = (vec![], 0);
            let mut cycle = 0;
            loop {
                let quiet = $rng.chance(20);
                uut.valid.next = false;
                uut.empty.next = false;
                let mut end = false;
                if !quiet && ended.len() < 6 {
                    if sending.is_empty() {
                        if let Some(frame) = frames.pop() {
                            sending = beats::<$beat>(&frame, $rng);
                            sending.reverse();
                            current = frame;
                            if current.is_empty() {
                                uut.empty.next = true;
                                end = true;
                            }
                        }
                    }
                    if let Some(beat) = sending.pop() {
                        uut.valid.next = true;
                        uut.beat.next = beat;
                        end = sending.is_empty();
                    }
                }
                let judging = ended.front().is_some_and(|(at, _)| *at <= cycle);
                uut.judge.next = judging;
                drain.drive(&mut uut.out, $rng);
                settle(&mut *uut);
                if judging {
                    let (_, frame) = ended.pop_front().expect("not empty");
                    let good = uut.fits.val() && $rng.chance(70);
                    overflows += usize::from(!uut.fits.val());
                    uut.good.next = good;
                    if good && !frame.is_empty() {
                        want.push(frame);
                    }
                    settle(&mut *uut);
                }
                if end {
                    ended.push_back((cycle + 2 + $rng.below(3) as usize, std::mem::take(&mut current)));
                }
                drain.sample(&uut.out);
                tick(&mut *uut);
                cycle += 1;
                if frames.is_empty() && sending.is_empty() && ended.is_empty() {
                    uut.valid.next = false;
                    uut.empty.next = false;
                    uut.judge.next = false;
                    settle(&mut *uut);
                    if uut.idle.val() {
                        break;
                    }
                }
                assert!(cycle < 40_000, "stuck");
            }
            assert_frames(&drain.got, &want);
            (want.len(), overflows)
        }};
    }

    #[test]
    fn keeps_the_good_frames_and_no_other() {
        let mut rng = Rng::new(91);
        let (good, overflows) = check!(Staging64, Beat64, 8, &mut rng, 150, 0, 60);
        assert!(good > 40 && overflows == 0);
        let (good, _) = check!(Staging64, Beat64, 8, &mut rng, 100, 60, 200);
        assert!(good > 20);
        check!(Staging512, Beat512, 64, &mut rng, 60, 30, 300);
    }

    #[test]
    fn a_frame_without_room_leaves_no_trace() {
        let mut rng = Rng::new(92);
        // Too many bytes, then too many frames.
        let (good, overflows) = check!(Staging64, Beat64, 8, &mut rng, 60, 95, 1_500);
        assert!(good > 5 && overflows > 5, "{good} {overflows}");
        let (good, overflows) = check!(Staging64, Beat64, 8, &mut rng, 200, 97, 8);
        assert!(good > 5 && overflows > 5, "{good} {overflows}");
    }
}
