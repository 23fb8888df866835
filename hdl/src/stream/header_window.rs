// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`HeaderWindow64`], [`HeaderWindow512`]: watch a stream and keep the first bytes of each frame.

use rust_hdl::prelude::*;

use super::keep_count::{KeepCount8, KeepCount64};
use super::{Beat64, Beat512, StreamIn, StreamOut};

/// A 64-bit register whose output has `HB` bits, so that the window can be put together from several.
#[derive(LogicBlock, Default)]
pub struct WindowWord<const HB: usize> {
    pub clock: Signal<In, Clock>,
    pub write: Signal<In, Bit>,
    pub data: Signal<In, Bits<64>>,
    pub word: Signal<Out, Bits<HB>>,
    held: DFF<Bits<64>>,
}

impl<const HB: usize> Logic for WindowWord<HB> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, held);
        if self.write.val() {
            self.held.d.next = self.data.val();
        }
        self.word.next = bit_cast::<HB, 64>(self.held.q.val());
    }
}

/// Passes a stream through unchanged and keeps the first `HB` bits of each frame: `NW` beats (1 to 8), `HB = 64 NW`.
///
/// The window is complete in the cycle after the beat that filled it or ended the frame, and holds until the next
/// frame's first beat is taken.
#[derive(LogicBlock)]
pub struct HeaderWindow64<const HB: usize, const NW: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub inp: StreamIn<Beat64>,
    pub out: StreamOut<Beat64>,
    /// The frame's first byte in bits 7..0. Bytes beyond `window_len` mean nothing.
    pub window: Signal<Out, Bits<HB>>,
    /// The window is complete.
    pub window_valid: Signal<Out, Bit>,
    /// The first cycle in which this frame's window is complete.
    pub window_new: Signal<Out, Bit>,
    /// Bytes in the window: the frame's length if that is less than `HB / 8`.
    pub window_len: Signal<Out, Bits<7>>,
    counter: KeepCount8,
    words: [WindowWord<HB>; NW],
    /// Words held, as a thermometer.
    filled: DFF<Bits<NW>>,
    in_frame: DFF<Bit>,
    complete: DFF<Bit>,
    fresh: DFF<Bit>,
    len: DFF<Bits<7>>,
    top: Constant<Bits<10>>,
    data: Signal<Local, Bits<64>>,
    last: Signal<Local, Bit>,
    taken: Signal<Local, Bit>,
    prior: Signal<Local, Bits<NW>>,
    after: Signal<Local, Bits<NW>>,
    write: Signal<Local, Bits<NW>>,
    ends: Signal<Local, Bit>,
    prior_len: Signal<Local, Bits<7>>,
    placed: [Signal<Local, Bits<HB>>; NW],
}

impl<const HB: usize, const NW: usize> Default for HeaderWindow64<HB, NW> {
    fn default() -> Self {
        assert!((1..=8).contains(&NW), "header window: 1 to 8 beats, not {NW}");
        assert_eq!(HB, 64 * NW, "header window: bits and beats disagree");
        Self {
            clock: Default::default(),
            reset: Default::default(),
            inp: Default::default(),
            out: Default::default(),
            window: Default::default(),
            window_valid: Default::default(),
            window_new: Default::default(),
            window_len: Default::default(),
            counter: Default::default(),
            words: std::array::from_fn(|_| Default::default()),
            filled: Default::default(),
            in_frame: Default::default(),
            complete: Default::default(),
            fresh: Default::default(),
            len: Default::default(),
            top: Constant::new((HB as u64 - 64).into()),
            data: Default::default(),
            last: Default::default(),
            taken: Default::default(),
            prior: Default::default(),
            after: Default::default(),
            write: Default::default(),
            ends: Default::default(),
            prior_len: Default::default(),
            placed: std::array::from_fn(|_| Default::default()),
        }
    }
}

impl<const HB: usize, const NW: usize> Logic for HeaderWindow64<HB, NW> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, filled, in_frame, complete, fresh, len);
        self.out.data.next = self.inp.data.val();
        self.out.valid.next = self.inp.valid.val();
        self.inp.ready.next = self.out.ready.val();
        self.taken.next = self.inp.valid.val() & self.out.ready.val();
        self.data.next = self.inp.data.val().data;
        self.last.next = self.inp.data.val().last;
        self.counter.keep.next = self.inp.data.val().keep;

        self.prior.next = 0.into();
        self.prior_len.next = 0.into();
        if self.in_frame.q.val() {
            self.prior.next = self.filled.q.val();
            self.prior_len.next = self.len.q.val();
        }
        self.after.next = (self.prior.val() << 1) | bits::<NW>(1);
        self.write.next = self.after.val() & !self.prior.val();
        self.ends.next = self.last.val() | self.after.val().all();
        self.fresh.d.next = false;
        if self.taken.val() {
            self.in_frame.d.next = !self.last.val();
            self.filled.d.next = self.after.val();
            self.complete.d.next = self.ends.val();
            self.fresh.d.next = self.ends.val() & self.write.val().any();
            if self.write.val().any() {
                self.len.d.next = self.prior_len.val() + bit_cast::<7, 4>(self.counter.count.val());
            }
        }

        // Each word goes in at the top and down again when the next one comes: word 0 ends at the bottom.
        for i in 0..NW {
            self.words[i].clock.next = self.clock.val();
            self.words[i].data.next = self.data.val();
            self.words[i].write.next = self.taken.val() & self.write.val().get_bit(i);
        }
        self.placed[0].next = self.words[0].word.val() << self.top.val();
        self.window.next = self.placed[0].val();
        for i in 1..NW {
            self.placed[i].next =
                (self.placed[i - 1].val() >> 64) | (self.words[i].word.val() << self.top.val());
            self.window.next = self.placed[i].val();
        }
        self.window_valid.next = self.complete.q.val();
        self.window_new.next = self.fresh.q.val();
        self.window_len.next = self.len.q.val();
        if self.reset.val() {
            self.in_frame.d.next = false;
            self.complete.d.next = false;
            self.fresh.d.next = false;
        }
    }
}

/// Passes a stream through unchanged and keeps the first `HB` bits of each frame: 512 at most, so one beat.
///
/// The window is complete in the cycle after the frame's first beat, and holds until the next frame's.
#[derive(LogicBlock)]
pub struct HeaderWindow512<const HB: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub inp: StreamIn<Beat512>,
    pub out: StreamOut<Beat512>,
    /// The frame's first byte in bits 7..0. Bytes beyond `window_len` mean nothing.
    pub window: Signal<Out, Bits<HB>>,
    /// The window is complete.
    pub window_valid: Signal<Out, Bit>,
    /// The first cycle in which this frame's window is complete.
    pub window_new: Signal<Out, Bit>,
    /// Bytes in the window: the frame's length if that is less than `HB / 8`.
    pub window_len: Signal<Out, Bits<7>>,
    counter: KeepCount64,
    held: DFF<Bits<HB>>,
    in_frame: DFF<Bit>,
    complete: DFF<Bit>,
    fresh: DFF<Bit>,
    len: DFF<Bits<7>>,
    full: Constant<Bits<7>>,
    data: Signal<Local, Bits<512>>,
    taken: Signal<Local, Bit>,
}

impl<const HB: usize> Default for HeaderWindow512<HB> {
    fn default() -> Self {
        assert!(
            (8..=512).contains(&HB) && HB.is_multiple_of(8),
            "header window: 8 to 512 bits in bytes, not {HB}"
        );
        Self {
            clock: Default::default(),
            reset: Default::default(),
            inp: Default::default(),
            out: Default::default(),
            window: Default::default(),
            window_valid: Default::default(),
            window_new: Default::default(),
            window_len: Default::default(),
            counter: Default::default(),
            held: Default::default(),
            in_frame: Default::default(),
            complete: Default::default(),
            fresh: Default::default(),
            len: Default::default(),
            full: Constant::new((HB as u64 / 8).into()),
            data: Default::default(),
            taken: Default::default(),
        }
    }
}

impl<const HB: usize> Logic for HeaderWindow512<HB> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, held, in_frame, complete, fresh, len);
        self.out.data.next = self.inp.data.val();
        self.out.valid.next = self.inp.valid.val();
        self.inp.ready.next = self.out.ready.val();
        self.taken.next = self.inp.valid.val() & self.out.ready.val();
        self.data.next = self.inp.data.val().data;
        self.counter.keep.next = self.inp.data.val().keep;

        self.fresh.d.next = false;
        if self.taken.val() {
            self.in_frame.d.next = !self.inp.data.val().last;
            if !self.in_frame.q.val() {
                self.complete.d.next = true;
                self.fresh.d.next = true;
                self.held.d.next = self.data.val().get_bits::<HB>(0);
                self.len.d.next = self.counter.count.val();
                if self.counter.count.val() > self.full.val() {
                    self.len.d.next = self.full.val();
                }
            }
        }
        self.window.next = self.held.q.val();
        self.window_valid.next = self.complete.q.val();
        self.window_new.next = self.fresh.q.val();
        self.window_len.next = self.len.q.val();
        if self.reset.val() {
            self.in_frame.d.next = false;
            self.complete.d.next = false;
            self.fresh.d.next = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{ready, settle, tick};
    use crate::stream::bench::{Drain, Feed, PACES, Rng, assert_frames, beats, bytes_of, clocked};

    clocked!(HeaderWindow64<192, 3>, HeaderWindow64<64, 1>, HeaderWindow64<512, 8>, HeaderWindow512<480>);

    macro_rules! check {
        ($block:ty, $bytes:literal, $beat:ident, $rng:expr, $lens:expr) => {
            for (gap, stall) in PACES {
                let mut uut = ready(Box::<$block>::default());
                let want: Vec<Vec<u8>> = $lens.map(|len| $rng.bytes(len)).collect();
                let items: Vec<$beat> = want.iter().flat_map(|frame| beats(frame, $rng)).collect();
                let (mut feed, mut drain) = (Feed::new(items, gap), Drain::<$beat>::new(stall));
                // Bytes seen of the frame under way, and the window a watcher would expect to see now.
                let (mut seen, mut frame): (usize, usize) = (0, 0);
                let mut shown: Option<&[u8]> = None;
                let (mut windows, mut quiet) = (0, 0);
                while quiet < 10 {
                    feed.drive(&mut uut.inp, $rng);
                    drain.drive(&mut uut.out, $rng);
                    settle(&mut *uut);
                    assert_eq!(uut.window_valid.val(), shown.is_some());
                    windows += usize::from(uut.window_new.val());
                    if let Some(shown) = shown {
                        assert_eq!(uut.window_len.val().index(), shown.len());
                        assert_eq!(bytes_of(uut.window.val(), shown.len()), shown);
                    }
                    feed.sample(&uut.inp);
                    let moved = drain.sample(&uut.out);
                    quiet = if moved.is_some() { 0 } else { quiet + usize::from(feed.is_empty()) };
                    if let Some(beat) = moved {
                        seen += crate::stream::bench::Beat::bytes(&beat).len();
                        let held = $bytes.min(want[frame].len());
                        shown = if seen >= held { Some(&want[frame][..held]) } else { None };
                        if beat.last {
                            (seen, frame) = (0, frame + 1);
                        }
                    }
                    tick(&mut *uut);
                }
                assert_frames(&drain.got, &want);
                assert_eq!(windows, want.len(), "window_new once per frame");
            }
        };
    }

    #[test]
    fn keeps_the_first_bytes_at_64_bits() {
        let mut rng = Rng::new(20);
        check!(HeaderWindow64<192, 3>, 24, Beat64, &mut rng, (1..=40_usize));
        check!(HeaderWindow64<64, 1>, 8, Beat64, &mut rng, (1..=20_usize));
        check!(HeaderWindow64<512, 8>, 64, Beat64, &mut rng, (1..=20_usize).map(|i| i * 5));
    }

    #[test]
    fn keeps_the_first_bytes_at_512_bits() {
        let mut rng = Rng::new(21);
        check!(HeaderWindow512<480>, 60, Beat512, &mut rng, [1, 20, 59, 60, 61, 64, 65, 130].into_iter());
    }
}
