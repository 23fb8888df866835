// SPDX-License-Identifier: MIT OR Apache-2.0
//! TCP options (RFC 9293, section 3.1): a bounded parser for the at most 40 bytes behind the header.

use rust_hdl::prelude::*;

/// What the parser does.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum Parse {
    /// Ready; the result of the last run is on the outputs.
    Done,
    /// Picks the four bytes at `position`.
    Fetch,
    /// Decides on them.
    Decode,
}

/// Steps from option to option, two cycles each (up to four NOPs are one) but for the first, which takes one, and so `done` at most 40
/// cycles after `start`.
///
/// An option with a length below 2 or beyond the header is `bad` and ends the run (RFC 9293, MUST-7).
#[derive(LogicBlock, Default)]
pub struct Options {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// The place of the four bytes that are wanted next ...
    pub position: Signal<Out, Bits<6>>,
    /// ... and the option bytes from there on, the first in the low byte, in the same cycle; stable from `start` to `done`.
    pub bytes: Signal<In, Bits<32>>,
    /// How many option bytes there are, up to 40; stable likewise.
    pub length: Signal<In, Bits<6>>,
    /// Pulse: begin.
    pub start: Signal<In, Bit>,
    /// The run is complete, and `bad` and `mss` are valid.
    pub done: Signal<Out, Bit>,
    /// An option has an impossible length.
    pub bad: Signal<Out, Bit>,
    /// The last MSS option of length 4, or 0.
    pub mss: Signal<Out, Bits<16>>,
    state: DFF<Parse>,
    /// 0 between two runs.
    place: DFF<Bits<9>>,
    /// Bytes from `place` to the end, in `Decode`.
    left: DFF<Bits<9>>,
    window: DFF<Bits<32>>,
    /// Which bytes of the window are NOPs: known with the bytes, as the step behind them is an addition.
    nop: DFF<Bits<4>>,
    bad_seen: DFF<Bit>,
    mss_seen: DFF<Bits<16>>,
    ends: Signal<Local, Bit>,
    kind: Signal<Local, Bits<8>>,
    size: Signal<Local, Bits<8>>,
    nops: Signal<Local, Bits<4>>,
    first_nop: Signal<Local, Bit>,
    second_nop: Signal<Local, Bit>,
    third_nop: Signal<Local, Bit>,
    fourth_nop: Signal<Local, Bit>,
    limit: Signal<Local, Bits<9>>,
    step: Signal<Local, Bits<9>>,
    size_ends: Signal<Local, Bit>,
    short: Signal<Local, Bit>,
    nop_ends: Signal<Local, Bit>,
    after: Signal<Local, Bits<9>>,
}

impl Logic for Options {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, place, left, window, nop, bad_seen, mss_seen);
        self.done.next = self.state.q.val() == Parse::Done;
        self.bad.next = self.bad_seen.q.val();
        self.mss.next = self.mss_seen.q.val();
        self.limit.next = bit_cast::<9, 6>(self.length.val());
        self.position.next = self.place.q.val().get_bits::<6>(0);
        self.kind.next = self.window.q.val().get_bits::<8>(0);
        self.size.next = self.window.q.val().get_bits::<8>(8);
        self.nops.next = 0.into();
        self.nops.next = self.nops.val().replace_bit(0, self.bytes.val().get_bits::<8>(0) == 1);
        self.nops.next = self.nops.val().replace_bit(1, self.bytes.val().get_bits::<8>(8) == 1);
        self.nops.next = self.nops.val().replace_bit(2, self.bytes.val().get_bits::<8>(16) == 1);
        self.nops.next = self.nops.val().replace_bit(3, self.bytes.val().get_bits::<8>(24) == 1);
        self.first_nop.next = self.nop.q.val().get_bit(0);
        self.second_nop.next = self.nop.q.val().get_bit(1);
        self.third_nop.next = self.nop.q.val().get_bits::<2>(1).all();
        self.fourth_nop.next = self.nop.q.val().get_bits::<3>(1).all();
        // Every comparison is with what is in the window or with a number, so that none waits for the length of the step.
        self.size_ends.next = bit_cast::<9, 8>(self.size.val()) >= self.left.q.val();
        self.short.next = (self.left.q.val() < 2) | (self.size.val() < 2);
        self.step.next = bit_cast::<9, 8>(self.size.val());
        self.nop_ends.next = self.left.q.val() < 2;
        if self.first_nop.val() {
            self.step.next = 1.into();
            if self.second_nop.val() {
                self.step.next = 2.into();
                self.nop_ends.next = self.left.q.val() < 3;
            }
            if self.third_nop.val() {
                self.step.next = 3.into();
                self.nop_ends.next = self.left.q.val() < 4;
            }
            if self.fourth_nop.val() {
                self.step.next = 4.into();
                self.nop_ends.next = self.left.q.val() < 5;
            }
        }
        self.after.next = self.place.q.val() + self.step.val();
        self.left.d.next = self.limit.val() - self.place.q.val();
        self.ends.next = false;

        match self.state.q.val() {
            Parse::Fetch => {
                self.window.d.next = self.bytes.val();
                self.nop.d.next = self.nops.val();
                self.state.d.next = Parse::Decode;
            }
            Parse::Decode => {
                self.place.d.next = self.after.val();
                self.state.d.next = Parse::Fetch;
                self.ends.next = self.nop_ends.val();
                if self.kind.val() == 0 {
                    self.ends.next = true;
                } else if !self.first_nop.val() {
                    self.ends.next = self.size_ends.val() | self.short.val();
                    if self.short.val() | (bit_cast::<9, 8>(self.size.val()) > self.left.q.val()) {
                        self.bad_seen.d.next = true;
                    } else if (self.kind.val() == 2) & (self.size.val() == 4) {
                        self.mss_seen.d.next = (bit_cast::<16, 8>(self.window.q.val().get_bits::<8>(16))
                            << 8)
                            | bit_cast::<16, 8>(self.window.q.val().get_bits::<8>(24));
                    }
                }
            }
            _ => {}
        }
        if self.start.val() {
            self.window.d.next = self.bytes.val();
            self.nop.d.next = self.nops.val();
            self.state.d.next = Parse::Decode;
            self.ends.next = !self.length.val().any();
            self.bad_seen.d.next = false;
            self.mss_seen.d.next = 0.into();
        }
        if self.ends.val() | self.reset.val() {
            self.state.d.next = Parse::Done;
            self.place.d.next = 0.into();
        }
    }
}

/// (bad, MSS or 0) of option bytes, in software.
#[cfg(test)]
pub(crate) fn reference(bytes: &[u8]) -> (bool, u16) {
    let mut mss = 0;
    let mut rest = bytes;
    loop {
        match rest {
            [] | [0, ..] => return (false, mss),
            [1, tail @ ..] => rest = tail,
            [_, size, ..] if *size >= 2 && usize::from(*size) <= rest.len() => {
                if let [2, 4, high, low, ..] = rest {
                    mss = u16::from_be_bytes([*high, *low]);
                }
                rest = &rest[usize::from(*size)..];
            }
            _ => return (true, mss),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{ready, settle, tick};
    use crate::stream::bench::{Rng, bits_of, clocked};

    clocked!(Options);

    fn run(uut: &mut Options, options: &[u8], rng: &mut Rng) -> usize {
        // Any bytes may follow the last one.
        let bytes = [options, &rng.bytes(44 - options.len())].concat();
        let step = |uut: &mut Options| {
            settle(uut);
            let at = uut.position.val().index();
            uut.bytes.next = bits_of(&bytes[at..at + 4]);
            tick(uut);
        };
        uut.length.next = (options.len() as u64).into();
        uut.start.next = true;
        step(uut);
        uut.start.next = false;
        let mut cycles = 1;
        while !uut.done.val() {
            step(uut);
            cycles += 1;
            assert!(cycles <= 40, "too long: {options:x?}");
        }
        let (bad, mss) = reference(options);
        assert_eq!(uut.bad.val(), bad, "{options:x?}");
        if !bad {
            assert_eq!(uut.mss.val(), u64::from(mss), "{options:x?}");
        }
        cycles
    }

    // covers: MUST-6, MUST-7, MUST-64
    #[test]
    fn hand_picked() {
        let mut rng = Rng::new(93);
        let mut uut = ready(Box::<Options>::default());
        let linux_syn = [2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7];
        assert_eq!(run(&mut uut, &linux_syn, &mut rng), 10);
        for options in [
            &[0; 4][..],
            &[1; 40],
            &[2, 4, 1, 2],
            &[2, 3, 1, 0],
            &[2, 5, 1, 2, 3, 0, 0, 0],
            &[2, 0, 1, 2],
            &[2, 1, 1, 2],
            &[1, 1, 1, 2],
            &[1, 1, 2, 4],
            &[0xfe, 0xff, 1, 1],
            &[1, 2, 4, 3, 9, 0, 2, 4],
            &[2, 4, 0, 9, 2, 4, 1, 1],
            &[],
        ] {
            run(&mut uut, options, &mut rng);
        }
        let longest: Vec<u8> = (0..20).flat_map(|_| [30, 2]).collect();
        assert_eq!(run(&mut uut, &longest, &mut rng), 40);
    }

    // covers: MUST-7
    #[test]
    fn random_bytes() {
        let mut rng = Rng::new(94);
        let mut uut = ready(Box::<Options>::default());
        for _ in 0..600 {
            let len = 4 * rng.below(11) as usize;
            let kinds = [0, 1, 1, 2, 2, 3, 4, 5, 8, 10, 40, 200];
            let range = if rng.chance(80) { 9 } else { 12 };
            let options: Vec<u8> = (0..len).map(|_| kinds[rng.below(range) as usize]).collect();
            run(&mut uut, &options, &mut rng);
        }
    }
}
