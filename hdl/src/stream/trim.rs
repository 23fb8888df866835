// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Trim64`], [`Trim512`]: cut every frame after a number of bytes.

use rust_hdl::prelude::*;

use super::{Beat64, Beat512, StreamIn, StreamOut};

macro_rules! trim {
    ($name:ident, $beat:ident, $k:tt, lane bits $a:tt, beat bits $n:tt, above $above:tt) => {
        /// Passes the bytes of every frame up to `last_byte` and swallows the rest (padding), at full rate.
        ///
        /// `last_byte` goes with the frame: stable from the first beat's `valid` until the last beat is taken. No latency.
        #[derive(LogicBlock, Default)]
        pub struct $name {
            pub clock: Signal<In, Clock>,
            pub reset: Signal<In, Bit>,
            pub inp: StreamIn<$beat>,
            /// The last byte to pass, the first of the frame being 0.
            pub last_byte: Signal<In, Bits<16>>,
            pub out: StreamOut<$beat>,
            /// With the last beat out: the frame ended before `last_byte`.
            pub too_short: Signal<Out, Bit>,
            /// Beats of the frame taken so far.
            count: DFF<Bits<$n>>,
            /// All that is to pass has passed.
            done: DFF<Bit>,
            keep: Signal<Local, Bits<$k>>,
            lane: Signal<Local, Bits<$a>>,
            cut: Signal<Local, Bit>,
            beyond: Signal<Local, Bits<$k>>,
            enough: Signal<Local, Bit>,
        }

        impl Logic for $name {
            crate::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                dff_setup!(self, clock, count, done);
                self.keep.next = self.inp.data.val().keep;
                self.cut.next = self.count.q.val() == self.last_byte.val().get_bits::<$n>($a);
                self.lane.next = self.last_byte.val().get_bits::<$a>(0);
                // Each lane is there or not wanted: `keep` may come late, and then passes three LUTs at 512 bits.
                self.beyond.next = 0.into();
                if self.cut.val() {
                    self.beyond.next = bits::<$k>($above) << self.lane.val();
                }
                self.enough.next = (self.keep.val() | self.beyond.val()).all();

                self.out.data.next = self.inp.data.val();
                self.out.data.next.keep = self.keep.val() & !self.beyond.val();
                self.out.data.next.last = self.inp.data.val().last | self.cut.val();
                self.out.valid.next = self.inp.valid.val() & !self.done.q.val();
                self.inp.ready.next = self.out.ready.val() | self.done.q.val();
                self.too_short.next = self.inp.data.val().last & !(self.cut.val() & self.enough.val());

                if self.inp.valid.val() & self.inp.ready.val() {
                    self.count.d.next = self.count.q.val() + 1;
                    self.done.d.next = self.cut.val() | self.done.q.val();
                    if self.inp.data.val().last {
                        self.count.d.next = 0.into();
                        self.done.d.next = false;
                    }
                }
                if self.reset.val() {
                    self.count.d.next = 0.into();
                    self.done.d.next = false;
                }
            }
        }
    };
}
trim!(Trim64, Beat64, 8, lane bits 3, beat bits 13, above 0xfe);
trim!(Trim512, Beat512, 64, lane bits 6, beat bits 10, above 0xffff_ffff_ffff_fffe_u64);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{ready, settle, tick};
    use crate::stream::bench::{Drain, Feed, PACES, Rng, assert_frames, beats, clocked};

    clocked!(Trim64, Trim512);

    /// (length to pass, length of the frame) through the block.
    macro_rules! check {
        ($block:ident, $beat:ident, $rng:expr, $work:expr) => {
            let work: Vec<(usize, usize)> = $work;
            for (gap, stall) in PACES {
                let mut uut = ready(Box::<$block>::default());
                let (mut items, mut lengths, mut want, mut want_short) = (vec![], vec![], vec![], vec![]);
                for (length, len) in &work {
                    let frame = $rng.bytes(*len);
                    let new = beats::<$beat>(&frame, $rng);
                    lengths.extend(vec![*length as u64; new.len()]);
                    items.extend(new);
                    want.push(frame[..*length.min(len)].to_vec());
                    want_short.push(len < length);
                }
                let total = items.len();
                let (mut feed, mut drain) = (Feed::new(items, gap), Drain::<$beat>::new(stall));
                let (mut taken, mut cycles, mut short) = (0, 0, vec![]);
                while !feed.is_empty() {
                    uut.last_byte.next = (lengths[taken] - 1).into();
                    feed.drive(&mut uut.inp, $rng);
                    drain.drive(&mut uut.out, $rng);
                    settle(&mut *uut);
                    taken += usize::from(feed.sample(&uut.inp).is_some());
                    if drain.sample(&uut.out).is_some_and(|beat| beat.last) {
                        short.push(uut.too_short.val());
                    }
                    tick(&mut *uut);
                    cycles += 1;
                    assert!(cycles < 20 * total + 100, "stuck");
                }
                assert_frames(&drain.got, &want);
                assert_eq!(short, want_short);
                if (gap, stall) == (0, 0) {
                    assert_eq!(cycles, total, "full rate");
                }
            }
        };
    }

    #[test]
    fn every_length_at_64_bits() {
        let mut rng = Rng::new(18);
        check!(Trim64, Beat64, &mut rng, (1..=50).map(|length| (length, 46)).collect());
        check!(Trim64, Beat64, &mut rng, (1..=40).map(|len| (20, len)).collect());
        check!(Trim64, Beat64, &mut rng, vec![(65_535, 30), (256, 300), (1, 1)]);
    }

    #[test]
    fn every_length_at_512_bits() {
        let mut rng = Rng::new(19);
        check!(Trim512, Beat512, &mut rng, [1, 63, 64, 65, 127, 128, 129, 400].map(|l| (l, 128)).to_vec());
        check!(Trim512, Beat512, &mut rng, [1, 39, 40, 41, 64, 65, 200].map(|len| (40, len)).to_vec());
    }
}
