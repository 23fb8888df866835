// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`WritePath`]: the payload of a memory write becomes lines of 64 bytes.

use rust_hdl::prelude::*;
use syncline_hdl::stream::StreamIn;

use super::WriteBeat;
use super::lanes::{Merge64, Merge512, Rotate64, Rotate512};

/// Turns each beat to where its bytes belong and joins the parts of a line: a line is written at once, and so is what is
/// left behind the last beat. Lines without an enabled byte are left out.
#[derive(LogicBlock, Default)]
pub struct WritePath {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub inp: StreamIn<WriteBeat>,
    /// The line, for both of the following; its number is its address by 64.
    pub line: Signal<Out, Bits<18>>,
    pub data: Signal<Out, Bits<512>>,
    pub strobes: Signal<Out, Bits<64>>,
    /// A write of BAR2, which is always taken.
    pub window_valid: Signal<Out, Bit>,
    /// A write of BAR0: held until `register_done`.
    pub register_valid: Signal<Out, Bit>,
    pub register_done: Signal<In, Bit>,
    /// Nothing is in work: what was taken has been written before this cycle.
    pub idle: Signal<Out, Bit>,
    turn_data: Rotate512,
    turn_strobes: Rotate64,
    join_data: Merge512,
    join_strobes: Merge64,
    keep_rest: Merge64,
    // First stage: a beat, turned.
    beat: DFF<Bits<512>>,
    beat_strobes: DFF<Bits<64>>,
    beat_valid: DFF<Bit>,
    beat_last: DFF<Bit>,
    turn: DFF<Bits<4>>,
    /// The lanes from `turn` up.
    upper: DFF<Bits<16>>,
    beat_line: DFF<Bits<18>>,
    beat_window: DFF<Bit>,
    // What of it belongs to the next line.
    rest: DFF<Bits<512>>,
    rest_strobes: DFF<Bits<64>>,
    rest_line: DFF<Bits<18>>,
    rest_window: DFF<Bit>,
    /// The rest makes the packet's last line.
    flush: DFF<Bit>,
    // Second stage: a line.
    out_line: DFF<Bits<18>>,
    out_data: DFF<Bits<512>>,
    out_strobes: DFF<Bits<64>>,
    out_window: DFF<Bit>,
    out_valid: DFF<Bit>,
    dword: Signal<Local, Bits<22>>,
    lane: Signal<Local, Bits<4>>,
    quarter: Signal<Local, Bits<2>>,
    by: Signal<Local, Bits<4>>,
    line_of: Signal<Local, Bits<18>>,
    free: Signal<Local, Bit>,
    advance: Signal<Local, Bit>,
}

impl Logic for WritePath {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            beat,
            beat_strobes,
            beat_valid,
            beat_last,
            turn,
            upper,
            beat_line,
            beat_window
        );
        dff_setup!(self, clock, rest, rest_strobes, rest_line, rest_window, flush);
        dff_setup!(self, clock, out_line, out_data, out_strobes, out_window, out_valid);
        self.free.next = !self.out_valid.q.val() | self.out_window.q.val() | self.register_done.val();
        self.advance.next = self.beat_valid.q.val() & !self.flush.q.val() & self.free.val();
        self.inp.ready.next = !self.beat_valid.q.val() | self.advance.val();

        // The payload begins behind 4 dwords of descriptor: lane 4 of the beat goes to lane `dword mod 16` of the line, and lane 0 belongs
        // to the line before if that is below 4.
        self.dword.next = self.inp.data.val().dword;
        self.lane.next = self.dword.val().get_bits::<4>(0);
        self.quarter.next = self.dword.val().get_bits::<2>(2);
        self.by.next = self.turn.q.val();
        self.line_of.next = self.beat_line.q.val() + 1;
        if self.inp.data.val().first {
            self.by.next = self.lane.val() - 4;
            self.line_of.next = self.dword.val().get_bits::<18>(4);
            if !self.quarter.val().any() {
                self.line_of.next = self.dword.val().get_bits::<18>(4) - 1;
            }
        }
        self.turn_data.data.next = self.inp.data.val().data;
        self.turn_data.by.next = self.by.val();
        self.turn_strobes.data.next = self.inp.data.val().strobes;
        self.turn_strobes.by.next = self.by.val();
        if self.inp.ready.val() {
            self.beat_valid.d.next = self.inp.valid.val();
        }
        if self.inp.ready.val() & self.inp.valid.val() {
            self.beat.d.next = self.turn_data.out.val();
            self.beat_strobes.d.next = self.turn_strobes.out.val();
            self.beat_last.d.next = self.inp.data.val().last;
            self.beat_window.d.next = self.inp.data.val().window;
            self.beat_line.d.next = self.line_of.val();
            self.turn.d.next = self.by.val();
            self.upper.d.next = bits::<16>(0xffff) << self.by.val();
        }

        // Lanes from `turn` up are of this line, those below of the next one.
        self.keep_rest.upper.next = 0.into();
        self.keep_rest.lower.next = self.beat_strobes.q.val();
        self.keep_rest.select.next = self.upper.q.val();
        self.join_data.upper.next = self.beat.q.val();
        self.join_data.lower.next = self.rest.q.val();
        self.join_data.select.next = self.upper.q.val();
        self.join_strobes.upper.next = self.beat_strobes.q.val();
        self.join_strobes.lower.next = self.rest_strobes.q.val();
        self.join_strobes.select.next = self.upper.q.val();
        if self.flush.q.val() {
            self.join_data.select.next = 0.into();
            self.join_strobes.select.next = 0.into();
        }
        if self.free.val() {
            self.out_valid.d.next = false;
            self.out_data.d.next = self.join_data.out.val();
            self.out_strobes.d.next = self.join_strobes.out.val();
            self.out_line.d.next = self.beat_line.q.val();
            self.out_window.d.next = self.beat_window.q.val();
            if self.flush.q.val() {
                self.out_line.d.next = self.rest_line.q.val();
                self.out_window.d.next = self.rest_window.q.val();
                self.out_valid.d.next = true;
                self.flush.d.next = false;
                self.rest_strobes.d.next = 0.into();
            }
        }
        if self.advance.val() {
            self.out_valid.d.next = self.join_strobes.out.val().any();
            self.rest.d.next = self.beat.q.val();
            self.rest_strobes.d.next = self.keep_rest.out.val();
            self.rest_line.d.next = self.beat_line.q.val() + 1;
            self.rest_window.d.next = self.beat_window.q.val();
            self.flush.d.next = self.beat_last.q.val() & self.keep_rest.out.val().any();
        }

        self.line.next = self.out_line.q.val();
        self.data.next = self.out_data.q.val();
        self.strobes.next = self.out_strobes.q.val();
        self.window_valid.next = self.out_valid.q.val() & self.out_window.q.val();
        self.register_valid.next = self.out_valid.q.val() & !self.out_window.q.val();
        self.idle.next = !self.beat_valid.q.val() & !self.flush.q.val() & !self.out_valid.q.val();
        if self.reset.val() {
            self.beat_valid.d.next = false;
            self.rest_strobes.d.next = 0.into();
            self.flush.d.next = false;
            self.out_valid.d.next = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use syncline_hdl::sim::{ready, settle, tick};
    use syncline_hdl::stream::bench::{Feed, Rng, bits_of, bytes_of, clocked};

    clocked!(WritePath);

    /// (line, BAR2, the enabled bytes by lane)
    type Line = (u64, bool, BTreeMap<usize, u8>);

    /// A packet with any strobes, and the lines that it must become.
    fn packet(rng: &mut Rng, dword: u64, dwords: usize, wanted: &mut Vec<Line>) -> Vec<WriteBeat> {
        let window = rng.chance(60);
        let payload = rng.bytes(4 * dwords);
        let density = [0, 5, 50, 100][rng.below(4) as usize];
        let strobes: Vec<bool> = (0..payload.len()).map(|_| rng.chance(density)).collect();
        let mut lines: BTreeMap<u64, BTreeMap<usize, u8>> = BTreeMap::new();
        for i in (0..payload.len()).filter(|i| strobes[*i]) {
            let at = 4 * dword + i as u64;
            lines.entry(at / 64).or_default().insert(at as usize % 64, payload[i]);
        }
        wanted.extend(lines.into_iter().map(|(line, bytes)| (line, window, bytes)));
        let bytes = [rng.bytes(16), payload].concat();
        let on = [vec![false; 16], strobes].concat();
        let count = bytes.len().div_ceil(64);
        let mut beat = |i: usize| WriteBeat {
            data: bits_of(&bytes[64 * i..bytes.len().min(64 * i + 64)]),
            strobes: (64 * i..on.len().min(64 * i + 64))
                .filter(|at| on[*at])
                .fold(0_u64, |mask, at| mask | 1 << (at % 64))
                .into(),
            dword: if i == 0 { dword } else { rng.below(1 << 22) }.into(),
            window,
            first: i == 0,
            last: i + 1 == count,
        };
        (0..count).map(&mut beat).collect()
    }

    #[test]
    fn every_byte_comes_to_its_place_once() {
        let mut rng = Rng::new(6);
        for gap in [0, 50] {
            let mut uut = ready(Box::<WritePath>::default());
            let (mut wanted, mut beats) = (vec![], vec![]);
            for i in 0..200_u64 {
                let dwords = [1, 2, 12, 13, 16, 28, 29, 60][rng.below(8) as usize];
                beats.extend(packet(&mut rng, 0x8_1230 + i % 16, dwords, &mut wanted));
            }
            let mut feed = Feed::new(beats, gap);
            let (mut got, mut wait, mut held, mut cycles): (Vec<Line>, _, Option<Line>, _) =
                (vec![], None, None, 0);
            while !(feed.is_empty() && uut.idle.val()) {
                feed.drive(&mut uut.inp, &mut rng);
                uut.register_done.next = wait == Some(0);
                settle(uut.as_mut());
                let line = || {
                    let (data, strobes) = (bytes_of(uut.data.val(), 64), uut.strobes.val().to_u64());
                    let bytes = (0..64).filter(|i| strobes >> i & 1 == 1).map(|i| (i, data[i])).collect();
                    (uut.line.val().to_u64(), uut.window_valid.val(), bytes)
                };
                assert!(!(uut.window_valid.val() && uut.register_valid.val()));
                if let Some(held) = held.take() {
                    assert!(uut.register_valid.val() && line() == held, "line changed");
                }
                if uut.window_valid.val() {
                    got.push(line());
                }
                // A register line takes a few cycles.
                wait = match wait {
                    _ if !uut.register_valid.val() => None,
                    None => Some(rng.below(4)),
                    Some(left) => left.checked_sub(1),
                };
                if uut.register_valid.val() && uut.register_done.val() {
                    got.push(line());
                } else if uut.register_valid.val() {
                    held = Some(line());
                }
                assert!(!uut.idle.val() || held.is_none());
                feed.sample(&uut.inp);
                tick(uut.as_mut());
                settle(uut.as_mut());
                cycles += 1;
                assert!(cycles < 10_000, "stuck");
            }
            assert!(wanted.len() > 200);
            for (i, (got, wanted)) in got.iter().zip(&wanted).enumerate() {
                assert_eq!(got, wanted, "line {i}");
            }
            assert_eq!(got.len(), wanted.len());
        }
    }
}
