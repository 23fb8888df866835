// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Shape`]: how the lines of a completion's payload come to its beats.

use rust_hdl::prelude::*;

/// Combinational. A completion of up to 32 dwords out of two lines of 16, behind a descriptor of 3 dwords.
#[derive(LogicBlock, Default)]
pub struct Shape {
    /// The payload's first lane in its first line.
    pub lane: Signal<In, Bits<4>>,
    /// 1 to 32, and no more than the two lines hold.
    pub dwords: Signal<In, Bits<6>>,
    /// See [`Header`](super::Header).
    pub turn: Signal<Out, Bits<4>>,
    pub prime: Signal<Out, Bit>,
    pub two_lines: Signal<Out, Bit>,
    pub flush: Signal<Out, Bit>,
    pub last_lane: Signal<Out, Bits<4>>,
    /// Beats, 1 to 3.
    pub beats: Signal<Out, Bits<2>>,
    /// Cycles in which the lines and what is left of them are worked off, 1 to 3.
    pub cycles: Signal<Out, Bits<2>>,
    /// The payload's lanes in both lines.
    pub lanes: Signal<Out, Bits<32>>,
    end: Signal<Local, Bits<6>>,
    total: Signal<Local, Bits<6>>,
    last: Signal<Local, Bits<6>>,
    lines: Signal<Local, Bits<2>>,
    made: Signal<Local, Bits<2>>,
    ones: Signal<Local, Bits<32>>,
    below: Signal<Local, Bits<32>>,
    spare: Signal<Local, Bits<6>>,
}

impl Logic for Shape {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        self.turn.next = bits::<4>(3) - self.lane.val();
        self.prime.next = self.lane.val() > 3;
        self.end.next = bit_cast::<6, 4>(self.lane.val()) + self.dwords.val();
        self.two_lines.next = self.end.val() > 16;
        self.lines.next = 1.into();
        if self.two_lines.val() {
            self.lines.next = 2.into();
        }
        self.total.next = self.dwords.val() + 3;
        self.last.next = self.dwords.val() + 2;
        self.last_lane.next = self.last.val().get_bits::<4>(0);
        self.beats.next = 1.into();
        if self.total.val() > 16 {
            self.beats.next = 2.into();
        }
        if self.total.val() > 32 {
            self.beats.next = 3.into();
        }
        // Beats that come with a line; the one that is missing is what is left of the last line.
        self.made.next = self.lines.val();
        if self.prime.val() {
            self.made.next = self.lines.val() - 1;
        }
        self.flush.next = self.beats.val() != self.made.val();
        self.cycles.next = self.lines.val();
        if self.flush.val() {
            self.cycles.next = self.lines.val() + 1;
        }
        self.spare.next = bits::<6>(32) - self.dwords.val();
        self.ones.next = !bits::<32>(0);
        self.below.next = self.ones.val() >> self.spare.val();
        self.lanes.next = self.below.val() << self.lane.val();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_hdl::sim::{ready, settle};

    /// Against the dwords themselves: payload dword `d` is in lane `lane + d` of the lines and in lane `3 + d` of the beats.
    #[test]
    fn every_lane_and_length() {
        let mut uut = ready(Box::<Shape>::default());
        for lane in 0..16_usize {
            for dwords in 1..=32 - lane {
                uut.lane.next = (lane as u64).into();
                uut.dwords.next = (dwords as u64).into();
                settle(uut.as_mut());
                let lines = (lane + dwords).div_ceil(16);
                let beats = (3 + dwords).div_ceil(16);
                let turn = uut.turn.val().index();
                // Beat `b` needs line `b` (turned lanes from `turn` up) or the one before (below `turn`), one line later when primed.
                let shift = usize::from(uut.prime.val());
                for d in 0..dwords {
                    let (line, from) = ((lane + d) / 16, (lane + d) % 16);
                    let (beat, to) = ((3 + d) / 16, (3 + d) % 16);
                    assert_eq!((from + turn) % 16, to);
                    assert_eq!(if to >= turn { line } else { line + 1 }, beat + shift, "{lane} {dwords} {d}");
                }
                let cycles = lines + usize::from(uut.flush.val());
                assert_eq!(cycles, beats + shift, "every beat has its cycle");
                assert_eq!(uut.beats.val().index(), beats);
                assert_eq!(uut.cycles.val().index(), cycles);
                assert_eq!(uut.two_lines.val(), lines == 2);
                assert_eq!(uut.last_lane.val().index(), (2 + dwords) % 16);
                let mask = (0..dwords).fold(0_u64, |m, d| m | 1 << (lane + d));
                assert_eq!(uut.lanes.val().to_u64(), mask);
            }
        }
    }
}
