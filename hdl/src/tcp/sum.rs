// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Sum64`], [`Sum128`], [`Sum512`]: the 16-bit words of a beat added up, not folded, two cycles later.

use rust_hdl::prelude::*;

use crate::memory::carry_save::SixToTwo;
use crate::memory::checksum::PairSum;

macro_rules! sum {
    ($name:ident, $w:tt, $k:tt, pairs $n:tt, twice $n2:tt) => {
        /// Byte 0 is the high byte of the first word; bytes that are not kept count as zero.
        #[derive(LogicBlock)]
        pub struct $name {
            pub clock: Signal<In, Clock>,
            pub data: Signal<In, Bits<$w>>,
            pub keep: Signal<In, Bits<$k>>,
            pub sum: Signal<Out, Bits<32>>,
            pairs: [PairSum; $n],
            /// In heap order: node p is the sum of the nodes 2p and 2p + 1; node 1 is the root.
            node: [Signal<Local, Bits<32>>; $n2],
            held: DFF<Bits<32>>,
        }

        impl Default for $name {
            fn default() -> Self {
                Self {
                    clock: Default::default(),
                    data: Default::default(),
                    keep: Default::default(),
                    sum: Default::default(),
                    pairs: Default::default(),
                    node: std::array::from_fn(|_| Default::default()),
                    held: Default::default(),
                }
            }
        }

        impl Logic for $name {
            crate::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                dff_setup!(self, clock, held);
                for i in 0..$n {
                    self.pairs[i].clock.next = self.clock.val();
                    self.pairs[i].data.next = self.data.val().get_bits::<32>(i * 32);
                    self.pairs[i].keep.next = self.keep.val().get_bits::<4>(i * 4);
                    self.node[i + $n].next = self.pairs[i].sum.val().to_bits();
                }
                self.node[0].next = 0.into();
                for i in 1..$n {
                    self.node[$n - i].next =
                        self.node[2 * ($n - i)].val() + self.node[2 * ($n - i) + 1].val();
                }
                self.held.d.next = self.node[1].val();
                self.sum.next = self.held.q.val();
            }
        }
    };
}
sum!(Sum64, 64, 8, pairs 2, twice 4);
sum!(Sum128, 128, 16, pairs 4, twice 8);

/// [`Sum64`] at 512 bits: in each of the two cycles one carry chain, behind three levels of carry-save adders.
#[derive(LogicBlock)]
pub struct Sum512 {
    pub clock: Signal<In, Clock>,
    pub data: Signal<In, Bits<512>>,
    pub keep: Signal<In, Bits<64>>,
    pub sum: Signal<Out, Bits<32>>,
    byte: [Signal<Local, Bits<19>>; 64],
    /// The last four are 0.
    word: [Signal<Local, Bits<19>>; 36],
    words: [SixToTwo<19>; 6],
    group: [DFF<Bits<19>>; 6],
    whole: SixToTwo<21>,
    held: DFF<Bits<21>>,
}

impl Default for Sum512 {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            data: Default::default(),
            keep: Default::default(),
            sum: Default::default(),
            byte: std::array::from_fn(|_| Default::default()),
            word: std::array::from_fn(|_| Default::default()),
            words: Default::default(),
            group: Default::default(),
            whole: Default::default(),
            held: Default::default(),
        }
    }
}

impl Logic for Sum512 {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, held);
        for i in 0..64 {
            self.byte[i].next = 0.into();
            if self.keep.val().get_bit(i) {
                self.byte[i].next = self.data.val().get_bits::<8>(i * 8).to_bits();
            }
        }
        for i in 0..32 {
            self.word[i].next = (self.byte[2 * i].val() << 8) | self.byte[2 * i + 1].val();
        }
        for i in 32..36 {
            self.word[i].next = 0.into();
        }
        for i in 0..6 {
            for j in 0..6 {
                self.words[i].n[j].next = self.word[i + 6 * j].val();
            }
            self.group[i].clock.next = self.clock.val();
            self.group[i].d.next = self.words[i].x.val() + self.words[i].y.val();
            self.whole.n[i].next = self.group[i].q.val().to_bits();
        }
        self.held.d.next = self.whole.x.val() + self.whole.y.val();
        self.sum.next = bit_cast::<32, 21>(self.held.q.val());
    }
}

/// Zero extension in loops, where `bit_cast` can't be used: RustHDL lets a method of this name through.
trait Widen {
    fn to_bits<const M: usize>(self) -> Bits<M>;
}

impl<const N: usize> Widen for Bits<N> {
    fn to_bits<const M: usize>(self) -> Bits<M> {
        assert!(M >= N);
        bit_cast(self)
    }
}

/// The ones'-complement sum of bytes (RFC 1071), in software.
#[cfg(test)]
pub(crate) fn reference(bytes: &[u8]) -> u16 {
    let mut sum = 0_u32;
    for word in bytes.chunks(2) {
        sum += u32::from(word[0]) * 256 + u32::from(word.get(1).copied().unwrap_or(0));
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{ready, tick};
    use crate::stream::bench::{Rng, bits_of, clocked};

    clocked!(Sum64, Sum128, Sum512);

    macro_rules! check {
        ($block:ident, $k:literal, $rng:expr) => {
            let mut uut = ready(Box::<$block>::default());
            let mut sums = vec![];
            for len in 0..=$k {
                let bytes = if len % 5 == 4 { vec![0xff; $k] } else { $rng.bytes($k) };
                uut.data.next = bits_of(&bytes);
                uut.keep.next = bits_of(&((1_u128 << len) - 1).to_le_bytes()[..$k / 8]);
                tick(&mut *uut);
                let kept = (0..len).map(|i| u64::from(bytes[i]) << (8 * (1 - i % 2)));
                sums.push(kept.sum::<u64>());
                if len > 0 {
                    assert_eq!(uut.sum.val(), sums[len - 1], "{} bytes", len - 1);
                }
            }
        };
    }

    #[test]
    fn adds_the_words_that_are_kept() {
        let mut rng = Rng::new(90);
        check!(Sum64, 8, &mut rng);
        check!(Sum128, 16, &mut rng);
        check!(Sum512, 64, &mut rng);
    }
}
