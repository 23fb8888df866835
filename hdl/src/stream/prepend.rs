// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Prepend64`], [`Prepend512`]: put a header in front of every frame.

use rust_hdl::prelude::*;

use super::{Beat64, Beat512, StreamIn, StreamOut};

/// What the block sends.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum PrependState {
    /// The header, in its last beat with the payload's first bytes.
    Header,
    /// The payload, each beat with the bytes left over from the one before.
    Body,
    /// The bytes left over from the payload's last beat.
    Tail,
}

macro_rules! prepend {
    ($name:ident, $beat:ident, $w:tt, $k:tt, twice $ww:tt $kk:tt, lane bits $a:tt, amount bits $b:tt, beats $q:tt by $s:tt,
     full $full:tt) => {
        /// Puts a header of `length` bytes (1 to 64) in front of every frame, at full rate and without a bubble.
        ///
        /// The header's item has its first byte in bits 7..0; bits beyond `length` bytes hold any value. `length` and
        /// `has_payload` go with the header, and all three are taken with the last beat out. Without `has_payload` the
        /// frame is the header alone and `inp` is left untouched. A `length` tied to a constant costs no shifter.
        #[derive(LogicBlock, Default)]
        pub struct $name<const HB: usize> {
            pub clock: Signal<In, Clock>,
            pub reset: Signal<In, Bit>,
            /// The header, `HB` bits: eight times the longest.
            pub header: StreamIn<Bits<HB>>,
            /// Bytes of the header.
            pub length: Signal<In, Bits<7>>,
            /// A frame of `inp` follows the header.
            pub has_payload: Signal<In, Bit>,
            pub inp: StreamIn<$beat>,
            pub out: StreamOut<$beat>,
            state: DFF<PrependState>,
            /// Header beats sent.
            index: DFF<Bits<$q>>,
            /// The last payload beat taken.
            held: DFF<Bits<$w>>,
            /// The lanes of it that did not fit, moved down.
            held_keep: DFF<Bits<$k>>,
            data: Signal<Local, Bits<$w>>,
            keep: Signal<Local, Bits<$k>>,
            // Where the payload's first byte goes.
            cut: Signal<Local, Bits<$a>>,
            up: Signal<Local, Bits<$b>>,
            zero: Signal<Local, Bits<$w>>,
            ones: Signal<Local, Bits<$w>>,
            above: Signal<Local, Bits<$w>>,
            above_keep: Signal<Local, Bits<$k>>,
            below_keep: Signal<Local, Bits<$k>>,
            // The header's beat.
            padded: Signal<Local, Bits<512>>,
            skip: Signal<Local, Bits<9>>,
            moved: Signal<Local, Bits<512>>,
            word: Signal<Local, Bits<$w>>,
            next_index: Signal<Local, Bits<$q>>,
            aligned: Signal<Local, Bit>,
            at_end: Signal<Local, Bit>,
            // The beat to send.
            in_header: Signal<Local, Bit>,
            whole_word: Signal<Local, Bit>,
            below: Signal<Local, Bits<$w>>,
            upper: Signal<Local, Bits<$w>>,
            moved_up: Signal<Local, Bits<$ww>>,
            held_up: Signal<Local, Bits<$ww>>,
            keep_up: Signal<Local, Bits<$kk>>,
            joined_keep: Signal<Local, Bits<$k>>,
            rest_keep: Signal<Local, Bits<$k>>,
            ends: Signal<Local, Bit>,
            last: Signal<Local, Bit>,
            begins: Signal<Local, Bit>,
            may_take: Signal<Local, Bit>,
            valid: Signal<Local, Bit>,
            takes_payload: Signal<Local, Bit>,
            sent: Signal<Local, Bit>,
        }

        impl<const HB: usize> Logic for $name<HB> {
            crate::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                dff_setup!(self, clock, state, index, held, held_keep);
                self.data.next = self.inp.data.val().data;
                self.keep.next = self.inp.data.val().keep;

                self.cut.next = self.length.val().get_bits::<$a>(0);
                self.aligned.next = !self.cut.val().any();
                self.up.next = bit_cast::<$b, $a>(self.cut.val()) << 3;
                self.zero.next = 0.into();
                self.ones.next = !self.zero.val();
                self.above.next = self.ones.val() << self.up.val();
                self.above_keep.next = bits::<$k>($full) << self.cut.val();
                self.below_keep.next = !self.above_keep.val();

                self.padded.next = bit_cast::<512, HB>(self.header.data.val());
                self.skip.next = bit_cast::<9, $q>(self.index.q.val()) << $s;
                self.moved.next = self.padded.val() >> self.skip.val();
                self.word.next = self.moved.val().get_bits::<$w>(0);
                self.next_index.next = self.index.q.val() + 1;
                self.at_end.next = self.index.q.val() == self.length.val().get_bits::<$q>($a);
                if self.aligned.val() {
                    self.at_end.next = self.next_index.val() == self.length.val().get_bits::<$q>($a);
                }

                // A payload beat falls into a part that completes a beat, and a rest to hold.
                self.moved_up.next = bit_cast::<$ww, $w>(self.data.val()) << self.up.val();
                self.held_up.next = bit_cast::<$ww, $w>(self.held.q.val()) << self.up.val();
                self.keep_up.next = bit_cast::<$kk, $k>(self.keep.val()) << self.cut.val();
                self.joined_keep.next = self.keep_up.val().get_bits::<$k>(0);
                self.rest_keep.next = self.keep_up.val().get_bits::<$k>($k);
                self.ends.next = self.inp.data.val().last & !self.rest_keep.val().get_bit(0);

                // The lanes below the cut are the header's or what is held, those above it the header's or the payload's. Where
                // there is nothing more to send they mean nothing, and `keep` says so.
                self.in_header.next = self.state.q.val() == PrependState::Header;
                self.whole_word.next = self.in_header.val() & (self.aligned.val() | !self.at_end.val());
                self.below.next = self.held_up.val().get_bits::<$w>($w);
                if self.in_header.val() {
                    self.below.next = self.word.val();
                }
                self.upper.next = self.moved_up.val().get_bits::<$w>(0);
                if self.whole_word.val() {
                    self.upper.next = self.word.val();
                }
                self.out.data.next.data =
                    (self.below.val() & !self.above.val()) | (self.upper.val() & self.above.val());
                self.out.data.next.keep = self.below_keep.val();
                if self.has_payload.val() {
                    self.out.data.next.keep = self.below_keep.val() | self.joined_keep.val();
                }
                if self.state.q.val() == PrependState::Tail {
                    self.out.data.next.keep = self.held_keep.q.val();
                }
                if self.whole_word.val() {
                    self.out.data.next.keep = bits::<$k>($full);
                }

                // A header that has begun is there to its end.
                self.begins.next = self.header.valid.val() | self.index.q.val().any();
                self.may_take.next = true;
                self.last.next = true;
                self.valid.next = true;
                self.takes_payload.next = false;
                match self.state.q.val() {
                    PrependState::Header => {
                        self.last.next = false;
                        self.valid.next = self.begins.val();
                        self.may_take.next = self.begins.val();
                        if self.at_end.val() {
                            self.last.next = !self.has_payload.val();
                            if !self.aligned.val() & self.has_payload.val() {
                                self.takes_payload.next = true;
                                self.valid.next = self.begins.val() & self.inp.valid.val();
                                self.last.next = self.ends.val();
                            }
                        }
                    }
                    PrependState::Body => {
                        self.takes_payload.next = true;
                        self.valid.next = self.inp.valid.val();
                        self.last.next = self.ends.val();
                    }
                    _ => {}
                }
                self.out.data.next.last = self.last.val();
                self.out.valid.next = self.valid.val();
                self.sent.next = self.valid.val() & self.out.ready.val();
                // Without a look at `inp.valid`: it may come from far, and the way of `ready` goes on from here.
                self.inp.ready.next = self.out.ready.val() & self.may_take.val() & self.takes_payload.val();
                self.header.ready.next = self.sent.val() & self.last.val();

                if self.sent.val() {
                    self.held.d.next = self.data.val();
                    self.held_keep.d.next = self.rest_keep.val();
                    self.index.d.next = self.next_index.val();
                    if self.at_end.val() | (self.state.q.val() != PrependState::Header) {
                        self.index.d.next = 0.into();
                        self.state.d.next = PrependState::Body;
                        if self.last.val() {
                            self.state.d.next = PrependState::Header;
                        } else if self.takes_payload.val() & self.inp.data.val().last {
                            self.state.d.next = PrependState::Tail;
                        }
                    }
                }
                if self.reset.val() {
                    self.state.d.next = PrependState::Header;
                    self.index.d.next = 0.into();
                }
            }
        }
    };
}
prepend!(Prepend64, Beat64, 64, 8, twice 128 16, lane bits 3, amount bits 6, beats 4 by 6, full 0xff);
prepend!(Prepend512, Beat512, 512, 64, twice 1024 128, lane bits 6, amount bits 9, beats 1 by 9,
         full 0xffff_ffff_ffff_ffff_u64);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{ready, settle, tick};
    use crate::stream::bench::{Beat, Drain, Feed, PACES, Rng, assert_frames, beats, bits_of, clocked};

    clocked!(Prepend64<112>, Prepend64<512>, Prepend512<512>);

    /// (header, payload) lengths through the block; a payload of no bytes is none.
    macro_rules! check {
        ($block:ident, $hb:literal, $beat:ident, $rng:expr, $work:expr) => {
            let work: Vec<(usize, usize)> = $work;
            for (gap, stall) in PACES {
                let mut uut = ready(Box::<$block<$hb>>::default());
                let (mut headers, mut items, mut want) = (vec![], vec![], vec![]);
                let mut beats_out = 0;
                for (length, len) in &work {
                    let header = $rng.bytes($hb / 8); // noise beyond its length
                    let payload = $rng.bytes(*len);
                    headers.push(bits_of::<$hb>(&header));
                    items.extend(beats::<$beat>(&payload, $rng));
                    want.push([&header[..*length], &payload].concat());
                    beats_out += (length + len).div_ceil(<$beat>::LANES);
                }
                let (mut tops, mut feed) = (Feed::new(headers, gap), Feed::new(items, gap));
                let mut drain = Drain::<$beat>::new(stall);
                let (mut done, mut cycles) = (0, 0);
                while drain.got.len() < beats_out {
                    let (length, len) = work.get(done).copied().unwrap_or_default();
                    uut.length.next = (length as u64).into();
                    uut.has_payload.next = len > 0;
                    tops.drive(&mut uut.header, $rng);
                    feed.drive(&mut uut.inp, $rng);
                    drain.drive(&mut uut.out, $rng);
                    settle(&mut *uut);
                    done += usize::from(tops.sample(&uut.header).is_some());
                    feed.sample(&uut.inp);
                    drain.sample(&uut.out);
                    tick(&mut *uut);
                    cycles += 1;
                    assert!(cycles < 40 * beats_out + 100, "stuck");
                }
                assert_frames(&drain.got, &want);
                assert!(feed.is_empty() && tops.is_empty());
                if (gap, stall) == (0, 0) {
                    assert_eq!(cycles, beats_out, "no bubbles");
                }
            }
        };
    }

    #[test]
    fn every_length_at_64_bits() {
        let mut rng = Rng::new(14);
        check!(Prepend64, 112, Beat64, &mut rng, (0..=40).map(|len| (14, len)).collect());
        check!(Prepend64, 512, Beat64, &mut rng, (1..=64).map(|length| (length, 20)).collect());
        let mut more = Rng::new(15);
        let random = (0..60).map(|_| (1 + more.below(64) as usize, more.below(60) as usize)).collect();
        check!(Prepend64, 512, Beat64, &mut rng, random);
    }

    #[test]
    fn every_length_at_512_bits() {
        let mut rng = Rng::new(16);
        let lens = [0, 1, 43, 44, 45, 64, 65, 107, 108, 109, 128];
        check!(Prepend512, 512, Beat512, &mut rng, lens.map(|len| (20, len)).to_vec());
        let mut more = Rng::new(17);
        let random = (0..20).map(|_| (1 + more.below(64) as usize, more.below(200) as usize)).collect();
        check!(Prepend512, 512, Beat512, &mut rng, random);
    }
}
