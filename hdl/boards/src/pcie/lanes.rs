// SPDX-License-Identifier: MIT OR Apache-2.0
//! A beat of 16 dword lanes turned and joined: [`Rotate512`], [`Rotate64`], [`Merge512`], [`Merge64`].
//!
//! A TLP's payload begins behind its descriptor, and what it is about begins anywhere in a line of 64 bytes. So each beat is
//! turned by a number of lanes that is the same for the whole TLP, and a line is made of the lanes of two beats.

use rust_hdl::prelude::*;

use super::Widen;

macro_rules! lanes {
    ($rotate:ident, $merge:ident, $w:tt, lane $l:tt, two $l2:tt, four $l4:tt, eight $l8:tt,
     back $b1:tt $b2:tt $b4:tt $b8:tt) => {
        /// Moves lane `i` to lane `(i + by) mod 16`.
        #[derive(LogicBlock, Default)]
        pub struct $rotate {
            pub data: Signal<In, Bits<$w>>,
            pub by: Signal<In, Bits<4>>,
            pub out: Signal<Out, Bits<$w>>,
            one: Signal<Local, Bits<$w>>,
            two: Signal<Local, Bits<$w>>,
            four: Signal<Local, Bits<$w>>,
        }

        impl Logic for $rotate {
            syncline_hdl::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                self.one.next = self.data.val();
                if self.by.val().get_bit(0) {
                    self.one.next = (self.data.val() << $l) | (self.data.val() >> $b1);
                }
                self.two.next = self.one.val();
                if self.by.val().get_bit(1) {
                    self.two.next = (self.one.val() << $l2) | (self.one.val() >> $b2);
                }
                self.four.next = self.two.val();
                if self.by.val().get_bit(2) {
                    self.four.next = (self.two.val() << $l4) | (self.two.val() >> $b4);
                }
                self.out.next = self.four.val();
                if self.by.val().get_bit(3) {
                    self.out.next = (self.four.val() << $l8) | (self.four.val() >> $b8);
                }
            }
        }

        /// Takes the lanes whose `select` bit is set from `upper`, the others from `lower`.
        #[derive(LogicBlock, Default)]
        pub struct $merge {
            pub upper: Signal<In, Bits<$w>>,
            pub lower: Signal<In, Bits<$w>>,
            pub select: Signal<In, Bits<16>>,
            pub out: Signal<Out, Bits<$w>>,
            lane: [Signal<Local, Bits<$l>>; 16],
            wide: [Signal<Local, Bits<$w>>; 16],
            joined: [Signal<Local, Bits<$w>>; 16],
        }

        impl Logic for $merge {
            syncline_hdl::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                for i in 0..16 {
                    self.lane[i].next = self.lower.val().get_bits::<$l>(i * $l);
                    if self.select.val().get_bit(i) {
                        self.lane[i].next = self.upper.val().get_bits::<$l>(i * $l);
                    }
                    self.wide[i].next = self.lane[i].val().to_bits();
                }
                // From the top lane down, so that every step moves by one lane.
                self.joined[0].next = self.wide[15].val();
                for i in 1..16 {
                    self.joined[i].next = (self.joined[i - 1].val() << $l) | self.wide[15 - i].val();
                }
                self.out.next = self.joined[15].val();
            }
        }
    };
}
lanes!(Rotate512, Merge512, 512, lane 32, two 64, four 128, eight 256, back 480 448 384 256);
lanes!(Rotate64, Merge64, 64, lane 4, two 8, four 16, eight 32, back 60 56 48 32);

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_hdl::sim::{ready, settle};
    use syncline_hdl::stream::bench::{Rng, bits_of, bytes_of};

    #[test]
    fn lanes_turn() {
        let mut rng = Rng::new(1);
        let mut wide = ready(Box::<Rotate512>::default());
        let mut narrow = ready(Box::<Rotate64>::default());
        for by in 0..16_usize {
            let bytes = rng.bytes(64);
            wide.data.next = bits_of(&bytes);
            wide.by.next = (by as u64).into();
            settle(wide.as_mut());
            let mut want = bytes.clone();
            want.rotate_right(4 * by);
            assert_eq!(bytes_of(wide.out.val(), 64), want, "by {by}");

            let mask = rng.next();
            narrow.data.next = mask.into();
            narrow.by.next = (by as u64).into();
            settle(narrow.as_mut());
            assert_eq!(narrow.out.val().to_u64(), mask.rotate_left(4 * by as u32), "by {by}");
        }
    }

    #[test]
    fn lanes_join() {
        let mut rng = Rng::new(2);
        let mut wide = ready(Box::<Merge512>::default());
        let mut narrow = ready(Box::<Merge64>::default());
        for _ in 0..20 {
            let (upper, lower, select) = (rng.bytes(64), rng.bytes(64), rng.below(1 << 16));
            let pick = |lane: usize| select >> lane & 1 == 1;
            wide.upper.next = bits_of(&upper);
            wide.lower.next = bits_of(&lower);
            wide.select.next = select.into();
            settle(wide.as_mut());
            let want: Vec<u8> = (0..64).map(|i| if pick(i / 4) { upper[i] } else { lower[i] }).collect();
            assert_eq!(bytes_of(wide.out.val(), 64), want);

            let (upper, lower) = (rng.next(), rng.next());
            narrow.upper.next = upper.into();
            narrow.lower.next = lower.into();
            narrow.select.next = select.into();
            settle(narrow.as_mut());
            let mask = (0..16).filter(|i| pick(*i)).fold(0_u64, |m, i| m | 0xf << (4 * i));
            assert_eq!(narrow.out.val().to_u64(), upper & mask | lower & !mask);
        }
    }
}
