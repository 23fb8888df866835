// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Ascon permutation (NIST SP 800-232, section 3) a byte of each word at a time, for a small chip.

use rust_hdl::prelude::*;

/// Twelve rounds of 16 cycles: 8 for constant and substitution, which works on columns of five bits, and 8 for the diffusion, which
/// needs the whole words. Both move the words on by a byte a cycle, out of one set of registers and into the other.
#[derive(LogicBlock, Default)]
pub struct AsconBytes {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Pulse: begin with the state `x`; a permutation under way is given up.
    pub start: Signal<In, Bit>,
    pub x: [Signal<In, Bits<64>>; 5],
    /// 192 cycles after `start`: `y` is the state after twelve rounds.
    pub done: Signal<Out, Bit>,
    pub y: [Signal<Out, Bits<64>>; 5],
    /// The state between two rounds.
    state: [DFF<Bits<64>>; 5],
    /// The state between substitution and diffusion.
    middle: [DFF<Bits<64>>; 5],
    byte: DFF<Bits<3>>,
    diffuses: DFF<Bit>,
    round: DFF<Bits<4>>,
    running: DFF<Bit>,
    complete: DFF<Bit>,
    constant: Signal<Local, Bits<8>>,
    // Of all that follows only the lowest byte is used.
    a: [Signal<Local, Bits<64>>; 5],
    n: [Signal<Local, Bits<64>>; 5],
    b: [Signal<Local, Bits<64>>; 5],
    s: [Signal<Local, Bits<64>>; 5],
    one: [Signal<Local, Bits<64>>; 5],
    other: [Signal<Local, Bits<64>>; 5],
    /// What comes back into `middle`, and what goes into `state`.
    around: [Signal<Local, Bits<64>>; 5],
    spread: [Signal<Local, Bits<64>>; 5],
}

impl Logic for AsconBytes {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, byte, diffuses, round, running, complete);
        for i in 0..5 {
            self.state[i].clock.next = self.clock.val();
            self.middle[i].clock.next = self.clock.val();
        }

        // The constant, 0xf0, 0xe1, ... 0x4b, is of the lowest byte.
        self.constant.next = 0.into();
        if !self.byte.q.val().any() {
            self.constant.next =
                (bit_cast::<8, 4>(!self.round.q.val()) << 4) | bit_cast::<8, 4>(self.round.q.val());
        }
        self.a[0].next = self.state[0].q.val() ^ self.state[4].q.val();
        self.a[1].next = self.state[1].q.val();
        self.a[2].next =
            self.state[2].q.val() ^ self.state[1].q.val() ^ bit_cast::<64, 8>(self.constant.val());
        self.a[3].next = self.state[3].q.val();
        self.a[4].next = self.state[4].q.val() ^ self.state[3].q.val();
        for i in 0..5 {
            self.n[i].next = !self.a[i].val();
        }
        self.b[0].next = self.a[0].val() ^ (self.n[1].val() & self.a[2].val());
        self.b[1].next = self.a[1].val() ^ (self.n[2].val() & self.a[3].val());
        self.b[2].next = self.a[2].val() ^ (self.n[3].val() & self.a[4].val());
        self.b[3].next = self.a[3].val() ^ (self.n[4].val() & self.a[0].val());
        self.b[4].next = self.a[4].val() ^ (self.n[0].val() & self.a[1].val());
        self.s[0].next = self.b[0].val() ^ self.b[4].val();
        self.s[1].next = self.b[1].val() ^ self.b[0].val();
        self.s[2].next = !self.b[2].val();
        self.s[3].next = self.b[3].val() ^ self.b[2].val();
        self.s[4].next = self.b[4].val();

        // The diffusion's rotations, of words that go around meanwhile.
        self.one[0].next = (self.middle[0].q.val() >> 19) | (self.middle[0].q.val() << 45);
        self.other[0].next = (self.middle[0].q.val() >> 28) | (self.middle[0].q.val() << 36);
        self.one[1].next = (self.middle[1].q.val() >> 61) | (self.middle[1].q.val() << 3);
        self.other[1].next = (self.middle[1].q.val() >> 39) | (self.middle[1].q.val() << 25);
        self.one[2].next = (self.middle[2].q.val() >> 1) | (self.middle[2].q.val() << 63);
        self.other[2].next = (self.middle[2].q.val() >> 6) | (self.middle[2].q.val() << 58);
        self.one[3].next = (self.middle[3].q.val() >> 10) | (self.middle[3].q.val() << 54);
        self.other[3].next = (self.middle[3].q.val() >> 17) | (self.middle[3].q.val() << 47);
        self.one[4].next = (self.middle[4].q.val() >> 7) | (self.middle[4].q.val() << 57);
        self.other[4].next = (self.middle[4].q.val() >> 41) | (self.middle[4].q.val() << 23);

        for i in 0..5 {
            self.spread[i].next = self.middle[i].q.val() ^ self.one[i].val() ^ self.other[i].val();
            self.around[i].next = self.s[i].val();
            if self.diffuses.q.val() {
                self.around[i].next = self.middle[i].q.val();
            }
            self.middle[i].d.next = self.middle[i].q.val();
            self.state[i].d.next = self.state[i].q.val();
            if self.running.q.val() {
                self.middle[i].d.next = (self.middle[i].q.val() >> 8) | (self.around[i].val() << 56);
                self.state[i].d.next = (self.state[i].q.val() >> 8) | (self.spread[i].val() << 56);
            }
            if self.start.val() {
                self.state[i].d.next = self.x[i].val();
            }
            self.y[i].next = self.state[i].q.val();
        }

        if self.running.q.val() {
            self.byte.d.next = self.byte.q.val() + 1;
            if self.byte.q.val().all() {
                self.diffuses.d.next = !self.diffuses.q.val();
                if self.diffuses.q.val() {
                    self.round.d.next = self.round.q.val() + 1;
                    if self.round.q.val() == 11 {
                        self.running.d.next = false;
                        self.complete.d.next = true;
                    }
                }
            }
        }
        if self.start.val() {
            self.byte.d.next = 0.into();
            self.diffuses.d.next = false;
            self.round.d.next = 0.into();
            self.running.d.next = true;
            self.complete.d.next = false;
        }
        self.done.next = self.complete.q.val();
        if self.reset.val() {
            self.running.d.next = false;
            self.complete.d.next = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{ready, tick};
    use crate::stream::bench::{Rng, clocked};

    clocked!(AsconBytes);

    #[test]
    fn is_the_permutation() {
        let mut rng = Rng::new(52);
        let mut uut = ready(Box::<AsconBytes>::default());
        for turn in 0..4 {
            let mut want: [u64; 5] = std::array::from_fn(|_| rng.next());
            for (port, word) in uut.x.iter_mut().zip(want) {
                port.next = word.into();
            }
            ascon::permute12(&mut want);
            uut.start.next = true;
            tick(&mut *uut);
            if turn == 2 {
                uut.start.next = false;
                (0..21).for_each(|_| tick(&mut *uut)); // in a round's second half
                uut.start.next = true;
                tick(&mut *uut);
            }
            uut.start.next = false;
            uut.x[1].next = rng.next().into(); // sampled at the start
            for _ in 0..192 {
                assert!(!uut.done.val());
                tick(&mut *uut);
            }
            for _ in 0..3 {
                assert!(uut.done.val());
                let state: [u64; 5] = std::array::from_fn(|i| uut.y[i].val().to_u64());
                assert_eq!(state, want);
                tick(&mut *uut);
            }
        }
    }
}
