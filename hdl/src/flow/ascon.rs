// SPDX-License-Identifier: MIT OR Apache-2.0
//! One round of the Ascon permutation (NIST SP 800-232, section 3), without a register: constant, substitution, diffusion.

use rust_hdl::prelude::*;

/// The state is five words; `y` is the state after the round.
#[derive(LogicBlock, Default)]
pub struct AsconRound {
    /// Number of the round, 0 to 11, of the permutation with twelve.
    pub round: Signal<In, Bits<4>>,
    pub x: [Signal<In, Bits<64>>; 5],
    pub y: [Signal<Out, Bits<64>>; 5],
    high: Signal<Local, Bits<4>>,
    constant: Signal<Local, Bits<8>>,
    /// After the first layer of XORs, its complement, and after chi.
    a: [Signal<Local, Bits<64>>; 5],
    n: [Signal<Local, Bits<64>>; 5],
    b: [Signal<Local, Bits<64>>; 5],
    /// After the last layer of XORs.
    s: [Signal<Local, Bits<64>>; 5],
}

impl Logic for AsconRound {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        // Round constant: 0xf0, 0xe1, ... 0x4b.
        self.high.next = !self.round.val();
        self.constant.next = (bit_cast::<8, 4>(self.high.val()) << 4) | bit_cast::<8, 4>(self.round.val());
        self.a[0].next = self.x[0].val() ^ self.x[4].val();
        self.a[1].next = self.x[1].val();
        self.a[2].next = self.x[2].val() ^ self.x[1].val() ^ bit_cast::<64, 8>(self.constant.val());
        self.a[3].next = self.x[3].val();
        self.a[4].next = self.x[4].val() ^ self.x[3].val();
        // Chi: b(i) = a(i) ^ (!a(i+1) & a(i+2)).
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
        // Linear diffusion: each word XORed with two rotations of itself.
        self.y[0].next = self.s[0].val()
            ^ ((self.s[0].val() >> 19) | (self.s[0].val() << 45))
            ^ ((self.s[0].val() >> 28) | (self.s[0].val() << 36));
        self.y[1].next = self.s[1].val()
            ^ ((self.s[1].val() >> 61) | (self.s[1].val() << 3))
            ^ ((self.s[1].val() >> 39) | (self.s[1].val() << 25));
        self.y[2].next = self.s[2].val()
            ^ ((self.s[2].val() >> 1) | (self.s[2].val() << 63))
            ^ ((self.s[2].val() >> 6) | (self.s[2].val() << 58));
        self.y[3].next = self.s[3].val()
            ^ ((self.s[3].val() >> 10) | (self.s[3].val() << 54))
            ^ ((self.s[3].val() >> 17) | (self.s[3].val() << 47));
        self.y[4].next = self.s[4].val()
            ^ ((self.s[4].val() >> 7) | (self.s[4].val() << 57))
            ^ ((self.s[4].val() >> 41) | (self.s[4].val() << 23));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{ready, settle};
    use crate::stream::bench::Rng;

    #[test]
    fn twelve_rounds_are_the_permutation() {
        let mut rng = Rng::new(51);
        let mut uut = ready(Box::<AsconRound>::default());
        for _ in 0..4 {
            let mut state: [u64; 5] = std::array::from_fn(|_| rng.next());
            let mut want = state;
            ascon::permute12(&mut want);
            for round in 0..12_u64 {
                uut.round.next = round.into();
                for (port, word) in uut.x.iter_mut().zip(state) {
                    port.next = word.into();
                }
                settle(&mut *uut);
                for (word, port) in state.iter_mut().zip(&uut.y) {
                    *word = port.val().to_u64();
                }
            }
            assert_eq!(state, want);
        }
    }
}
