// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Strip64`], [`Strip512`]: drop the first bytes of every frame.

use rust_hdl::prelude::*;

use super::{Beat64, Beat512, StreamIn, StreamOut};

macro_rules! strip {
    ($name:ident, $beat:ident, $w:tt, $k:tt, twice $ww:tt $kk:tt, lane bits $a:tt, amount bits $b:tt, beat bits $q:tt) => {
        /// Drops the first `length` bytes (0 to 64) of every frame and moves the next byte to lane 0, at full rate.
        ///
        /// `length` goes with the frame: stable from the first beat's `valid` until the last beat is taken. A `length`
        /// tied to a constant costs no multiplexer after synthesis, and one in words (`length[1:0]` tied to 0) costs a
        /// word shifter. A frame of `length` bytes or fewer leaves nothing and pulses `too_short`.
        ///
        /// `FIXED` says that `length` never changes, which spares a gate a lane: what comes behind a last beat then falls into
        /// lanes that are not valid.
        #[derive(LogicBlock)]
        pub struct $name<const FIXED: bool = false> {
            pub clock: Signal<In, Clock>,
            pub reset: Signal<In, Bit>,
            pub inp: StreamIn<$beat>,
            /// Bytes to drop.
            pub length: Signal<In, Bits<7>>,
            pub out: StreamOut<$beat>,
            /// With a frame's last beat in: no byte of this frame comes out.
            pub too_short: Signal<Out, Bit>,
            /// Whole beats dropped so far.
            dropped: DFF<Bits<$q>>,
            /// A beat that is not wholly dropped was taken, and the frame goes on.
            in_frame: DFF<Bit>,
            /// What is left of the last beat taken, moved down.
            held: DFF<Bits<$w>>,
            held_keep: DFF<Bits<$k>>,
            /// No input is needed to send what is held.
            held_last: DFF<Bit>,
            held_valid: DFF<Bit>,
            data: Signal<Local, Bits<$w>>,
            keep: Signal<Local, Bits<$k>>,
            last: Signal<Local, Bit>,
            cut: Signal<Local, Bits<$a>>,
            down: Signal<Local, Bits<$b>>,
            parts: Signal<Local, Bits<$ww>>,
            keep_parts: Signal<Local, Bits<$kk>>,
            rest: Signal<Local, Bits<$k>>,
            remains: Signal<Local, Bit>,
            alone: Signal<Local, Bit>,
            fixed: Constant<Bit>,
            skipping: Signal<Local, Bit>,
            taken: Signal<Local, Bit>,
        }

        impl<const FIXED: bool> Default for $name<FIXED> {
            fn default() -> Self {
                Self {
                    clock: Default::default(),
                    reset: Default::default(),
                    inp: Default::default(),
                    length: Default::default(),
                    out: Default::default(),
                    too_short: Default::default(),
                    dropped: Default::default(),
                    in_frame: Default::default(),
                    held: Default::default(),
                    held_keep: Default::default(),
                    held_last: Default::default(),
                    held_valid: Default::default(),
                    data: Default::default(),
                    keep: Default::default(),
                    last: Default::default(),
                    cut: Default::default(),
                    down: Default::default(),
                    parts: Default::default(),
                    keep_parts: Default::default(),
                    rest: Default::default(),
                    remains: Default::default(),
                    alone: Default::default(),
                    fixed: Constant::new(FIXED),
                    skipping: Default::default(),
                    taken: Default::default(),
                }
            }
        }

        impl<const FIXED: bool> Logic for $name<FIXED> {
            crate::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                dff_setup!(self, clock, dropped, in_frame, held, held_keep, held_last, held_valid);
                self.data.next = self.inp.data.val().data;
                self.keep.next = self.inp.data.val().keep;
                self.last.next = self.inp.data.val().last;
                self.cut.next = self.length.val().get_bits::<$a>(0);
                self.down.next = bit_cast::<$b, $a>(self.cut.val()) << 3;

                // An input beat falls into a part that completes what is held, and a rest to hold.
                self.parts.next = (bit_cast::<$ww, $w>(self.data.val()) << $w) >> self.down.val();
                self.keep_parts.next = (bit_cast::<$kk, $k>(self.keep.val()) << $k) >> self.cut.val();
                self.rest.next = self.keep_parts.val().get_bits::<$k>($k);
                self.remains.next = self.keep.val().get_bit(self.cut.val().index());
                self.skipping.next =
                    !self.in_frame.q.val() & (self.dropped.q.val() != self.length.val().get_bits::<$q>($a));

                self.alone.next = self.held_last.q.val() & !self.fixed.val();
                self.out.data.next.data = self.held.q.val();
                if !self.alone.val() {
                    self.out.data.next.data = self.held.q.val() | self.parts.val().get_bits::<$w>(0);
                }
                self.out.data.next.keep = self.held_keep.q.val();
                self.out.data.next.last = true;
                if !self.held_last.q.val() {
                    self.out.data.next.keep =
                        self.held_keep.q.val() | self.keep_parts.val().get_bits::<$k>(0);
                    self.out.data.next.last = self.last.val() & !self.remains.val();
                }
                self.out.valid.next =
                    self.held_valid.q.val() & (self.held_last.q.val() | self.inp.valid.val());
                self.inp.ready.next = self.out.ready.val() | !self.held_valid.q.val();
                self.taken.next = self.inp.valid.val() & self.inp.ready.val();
                self.too_short.next = self.taken.val()
                    & self.last.val()
                    & !self.in_frame.q.val()
                    & (self.skipping.val() | !self.remains.val());

                if self.out.valid.val() & self.out.ready.val() {
                    self.held_valid.d.next = false;
                }
                if self.taken.val() {
                    self.held.d.next = self.parts.val().get_bits::<$w>($w);
                    self.held_keep.d.next = self.rest.val();
                    self.held_last.d.next = self.last.val();
                    if self.skipping.val() {
                        self.dropped.d.next = self.dropped.q.val() + 1;
                    } else {
                        self.in_frame.d.next = true;
                        self.held_valid.d.next = self.remains.val();
                    }
                    if self.last.val() {
                        self.dropped.d.next = 0.into();
                        self.in_frame.d.next = false;
                    }
                }
                if self.reset.val() {
                    self.dropped.d.next = 0.into();
                    self.in_frame.d.next = false;
                    self.held_valid.d.next = false;
                }
            }
        }
    };
}
strip!(Strip64, Beat64, 64, 8, twice 128 16, lane bits 3, amount bits 6, beat bits 4);
strip!(Strip512, Beat512, 512, 64, twice 1024 128, lane bits 6, amount bits 9, beat bits 1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{ready, settle, tick};
    use crate::stream::bench::{Drain, Feed, PACES, Rng, assert_frames, beats, clocked};

    type Fixed64 = Strip64<true>;
    type Fixed512 = Strip512<true>;
    clocked!(Strip64, Strip512, Fixed64, Fixed512);

    /// Frames and lengths through the block, against the bytes that must be left.
    macro_rules! check {
        ($block:ident, $beat:ident, $rng:expr, $work:expr) => {
            let work: Vec<(usize, usize)> = $work;
            for (gap, stall) in PACES {
                let mut uut = ready(Box::<$block>::default());
                let mut items = vec![];
                let mut lengths = vec![]; // of the frame that each beat belongs to
                let mut want = vec![];
                let mut want_short = 0;
                for (drop, len) in &work {
                    let frame = $rng.bytes(*len);
                    let new = beats::<$beat>(&frame, $rng);
                    lengths.extend(vec![*drop as u64; new.len()]);
                    items.extend(new);
                    if len > drop {
                        want.push(frame[*drop..].to_vec());
                    } else {
                        want_short += 1;
                    }
                }
                let total = items.len();
                let (mut feed, mut drain) = (Feed::new(items, gap), Drain::<$beat>::new(stall));
                let (mut taken, mut short, mut cycles) = (0, 0, 0);
                let mut quiet = 0;
                while quiet < 20 {
                    uut.length.next = lengths.get(taken).map_or(0, |length| *length).into();
                    feed.drive(&mut uut.inp, $rng);
                    drain.drive(&mut uut.out, $rng);
                    settle(&mut *uut);
                    short += u64::from(uut.too_short.val());
                    let moved = feed.sample(&uut.inp).is_some();
                    taken += usize::from(moved);
                    quiet = if drain.sample(&uut.out).is_some() || moved { 0 } else { quiet + 1 };
                    tick(&mut *uut);
                    cycles += 1;
                }
                assert_eq!(taken, total, "stuck");
                assert_frames(&drain.got, &want);
                assert_eq!(short, want_short);
                if (gap, stall) == (0, 0) {
                    assert!(cycles <= total + 1 + quiet, "full rate: {cycles} cycles for {total} beats");
                }
            }
        };
    }

    #[test]
    fn every_length_at_64_bits() {
        let mut rng = Rng::new(10);
        check!(Strip64, Beat64, &mut rng, (1..=40).map(|len| (14, len)).collect());
        check!(Fixed64, Beat64, &mut rng, (1..=40).map(|len| (14, len)).collect());
        check!(Strip64, Beat64, &mut rng, (5..=15).map(|words| (4 * words, 64)).collect());
        check!(Strip64, Beat64, &mut rng, (0..=64).map(|drop| (drop, 50)).collect());
        let mut more = Rng::new(11);
        let random = (0..100).map(|_| (more.below(65) as usize, 1 + more.below(120) as usize)).collect();
        check!(Strip64, Beat64, &mut rng, random);
    }

    #[test]
    fn every_length_at_512_bits() {
        let mut rng = Rng::new(12);
        check!(
            Strip512,
            Beat512,
            &mut rng,
            [13, 14, 15, 64, 77, 78, 79, 142, 143].map(|len| (14, len)).to_vec()
        );
        check!(Fixed512, Beat512, &mut rng, [13, 14, 15, 64, 77, 78, 79, 142].map(|len| (14, len)).to_vec());
        let mut more = Rng::new(13);
        let random = (0..40).map(|_| (more.below(65) as usize, 1 + more.below(260) as usize)).collect();
        check!(Strip512, Beat512, &mut rng, random);
    }
}
