// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Builder`]: lines and headers become the beats of completions.

use rust_hdl::prelude::*;
use syncline_hdl::stream::StreamIn;

use super::lanes::{Merge512, Rotate512};
use super::{CcBeat, Header};

/// Never waits: whoever asks for the lines leaves time for the beat that has none of its own (`Shape::cycles`) and sees to it
/// that the beats have room. The header of a completion is there before its first line.
#[derive(LogicBlock, Default)]
pub struct Builder {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub header: StreamIn<Header>,
    pub line: Signal<In, Bits<512>>,
    pub line_valid: Signal<In, Bit>,
    pub beat: Signal<Out, CcBeat>,
    pub beat_valid: Signal<Out, Bit>,
    rotate: Rotate512,
    join_line: Merge512,
    join_header: Merge512,
    second: DFF<Bit>,
    // A line, turned, and what its completion needs.
    turned: DFF<Bits<512>>,
    turned_valid: DFF<Bit>,
    turned_first: DFF<Bit>,
    turned_last: DFF<Bit>,
    about: DFF<Header>,
    /// The lanes from `turn` up.
    upper: DFF<Bits<16>>,
    // What of it belongs to the next beat.
    rest: DFF<Bits<512>>,
    rest_about: DFF<Header>,
    /// It makes the last beat.
    flush: DFF<Bit>,
    /// No beat of the completion was made yet.
    begins: DFF<Bit>,
    head: Signal<Local, Header>,
    last_line: Signal<Local, Bit>,
    current: Signal<Local, Header>,
    primes: Signal<Local, Bit>,
    first: Signal<Local, Bit>,
    last: Signal<Local, Bit>,
    descriptor: Signal<Local, Bits<512>>,
}

impl Logic for Builder {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, second, turned, turned_valid, turned_first, turned_last);
        dff_setup!(self, clock, about, upper, rest, rest_about, flush, begins);
        // First stage.
        self.head.next = self.header.data.val();
        self.rotate.data.next = self.line.val();
        self.rotate.by.next = self.head.val().turn;
        self.last_line.next = self.second.q.val() | !self.head.val().two_lines;
        self.header.ready.next = self.line_valid.val() & self.last_line.val();
        self.turned_valid.d.next = self.line_valid.val();
        if self.line_valid.val() {
            self.turned.d.next = self.rotate.out.val();
            self.turned_first.d.next = !self.second.q.val();
            self.turned_last.d.next = self.last_line.val();
            self.about.d.next = self.head.val();
            self.upper.d.next = bits::<16>(0xffff) << self.head.val().turn;
            self.second.d.next = !self.last_line.val();
        }

        // Second stage: lanes from `turn` up are of this line, those below of the one before.
        self.current.next = self.about.q.val();
        if self.flush.q.val() {
            self.current.next = self.rest_about.q.val();
        }
        self.join_line.upper.next = self.turned.q.val();
        self.join_line.lower.next = self.rest.q.val();
        self.join_line.select.next = self.upper.q.val();
        if self.flush.q.val() {
            self.join_line.select.next = 0.into();
        }
        self.primes.next = self.turned_first.q.val() & self.about.q.val().prime;
        self.first.next = self.turned_first.q.val() | self.begins.q.val();
        self.last.next = self.turned_last.q.val() & !self.about.q.val().flush;
        if self.flush.q.val() {
            self.first.next = self.begins.q.val();
            self.last.next = true;
        }
        self.descriptor.next = bit_cast::<512, 96>(self.current.val().descriptor);
        self.join_header.upper.next = self.join_line.out.val();
        self.join_header.lower.next = self.descriptor.val();
        self.join_header.select.next = 0xffff.into();
        if self.first.val() {
            self.join_header.select.next = 0xfff8.into();
        }
        self.beat.next.data = self.join_header.out.val();
        self.beat.next.last_lane = self.current.val().last_lane;
        self.beat.next.first = self.first.val();
        self.beat.next.last = self.last.val();
        self.beat_valid.next = self.flush.q.val() | (self.turned_valid.q.val() & !self.primes.val());
        self.flush.d.next = false;
        if self.turned_valid.q.val() {
            self.rest.d.next = self.turned.q.val();
            self.rest_about.d.next = self.about.q.val();
            self.flush.d.next = self.turned_last.q.val() & self.about.q.val().flush;
            self.begins.d.next = self.primes.val();
        }
        if self.reset.val() {
            self.second.d.next = false;
            self.turned_valid.d.next = false;
            self.flush.d.next = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_hdl::sim::{ready, settle, tick};
    use syncline_hdl::stream::bench::{Rng, bits_of, bytes_of, clocked};

    clocked!(Builder);

    /// Every first lane with every length, one after the other as close as they may come: descriptor and payload, dword by dword.
    #[test]
    fn every_lane_and_length() {
        let mut rng = Rng::new(7);
        let mut uut = ready(Box::<Builder>::default());
        let (mut got, mut want): (Vec<CcBeat>, Vec<Vec<u8>>) = (vec![], vec![]);
        for lane in 0..16_usize {
            for dwords in 1..=32 - lane {
                let (descriptor, lines) = (rng.bytes(12), rng.bytes(128));
                want.push([&descriptor[..], &lines[4 * lane..4 * (lane + dwords)]].concat());
                let count = (lane + dwords).div_ceil(16);
                let (beats, prime) = ((3 + dwords).div_ceil(16), lane > 3);
                let flush = beats + usize::from(prime) - count;
                uut.header.valid.next = true;
                uut.header.data.next = Header {
                    descriptor: bits_of(&descriptor),
                    turn: ((19 - lane as u64) % 16).into(),
                    prime,
                    two_lines: count == 2,
                    flush: flush == 1,
                    last_lane: ((2 + dwords as u64) % 16).into(),
                };
                for line in 0..count {
                    while rng.chance(30) {
                        step(&mut uut, None, &mut got);
                    }
                    step(&mut uut, Some(&lines[64 * line..64 * line + 64]), &mut got);
                }
                (0..flush).for_each(|_| step(&mut uut, None, &mut got));
            }
        }
        (0..3).for_each(|_| step(&mut uut, None, &mut got));
        let mut bytes = vec![];
        let mut frames = vec![];
        for beat in got {
            assert_eq!(beat.first, bytes.is_empty());
            let lanes = if beat.last { beat.last_lane.index() + 1 } else { 16 };
            bytes.extend(bytes_of(beat.data, 4 * lanes));
            if beat.last {
                frames.push(std::mem::take(&mut bytes));
            }
        }
        assert!(frames == want && bytes.is_empty());
    }

    fn step(uut: &mut Builder, line: Option<&[u8]>, got: &mut Vec<CcBeat>) {
        uut.line_valid.next = line.is_some();
        uut.line.next = bits_of(line.unwrap_or(&[0xee; 64]));
        settle(uut);
        if uut.beat_valid.val() {
            got.push(uut.beat.val());
        }
        tick(uut);
    }
}
