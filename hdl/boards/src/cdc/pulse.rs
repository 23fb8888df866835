// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`PulseBridge`]: rare events from one clock to another.

use rust_hdl::prelude::*;

use super::synchroniser::Synchroniser;

/// A cycle of `d` becomes a cycle of `q` two to three edges of `clock` later. Pulses must be three edges of `clock` apart, or they may
/// cancel each other: this is for events that somebody looks at, not for counts that must be right.
#[derive(LogicBlock, Default)]
pub struct PulseBridge {
    pub from_clock: Signal<In, Clock>,
    pub d: Signal<In, Bit>,
    pub clock: Signal<In, Clock>,
    pub q: Signal<Out, Bit>,
    /// Turns over with each pulse.
    toggle: DFF<Bit>,
    across: Synchroniser<Bit>,
    before: DFF<Bit>,
}

impl Logic for PulseBridge {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, from_clock, toggle);
        dff_setup!(self, clock, before);
        clock!(self, clock, across);
        if self.d.val() {
            self.toggle.d.next = !self.toggle.q.val();
        }
        self.across.d.next = self.toggle.q.val();
        self.before.d.next = self.across.q.val();
        self.q.next = self.across.q.val() ^ self.before.q.val();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_hdl::emit::{check, emit_top};
    use syncline_hdl::sim::{ready, settle};

    /// Half periods of the two clocks; the cycles of the first in which there is a pulse.
    fn run(half: [u64; 2], pulses: &[usize]) -> usize {
        let mut uut = ready(Box::<PulseBridge>::default());
        let (mut levels, mut next) = ([false; 2], [half[0], half[1] / 3 + 1]);
        let (mut cycle, mut seen, mut late) = (0, 0, 0);
        while cycle < 400 || late < 8 {
            let now = next[0].min(next[1]);
            for side in 0..2 {
                if next[side] != now {
                    continue;
                }
                next[side] += half[side];
                levels[side] = !levels[side];
                if side == 0 && levels[0] {
                    uut.d.next = pulses.contains(&cycle);
                    cycle += 1;
                }
                settle(&mut *uut);
                if side == 1 && levels[1] {
                    seen += usize::from(uut.q.val());
                    late += usize::from(cycle >= 400);
                }
            }
            uut.from_clock.next = Clock { clk: levels[0] };
            uut.clock.next = Clock { clk: levels[1] };
            settle(&mut *uut);
        }
        seen
    }

    #[test]
    fn every_pulse_is_seen_once() {
        let pulses = [3, 40, 77, 200, 399];
        for half in [[80, 200], [200, 80], [100, 101], [101, 100]] {
            assert_eq!(run(half, &pulses), pulses.len(), "{half:?}");
            assert_eq!(run(half, &[]), 0);
        }
    }

    #[test]
    fn lints_and_synthesises() {
        let text = emit_top(Box::<PulseBridge>::default(), "pulse_bridge").expect("printable");
        check::lints(&text, "pulse_bridge").unwrap_or_else(|e| panic!("{e}"));
        check::synthesises(&text, "pulse_bridge").unwrap_or_else(|e| panic!("{e}"));
    }
}
