// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`BeatRam64`] and [`BeatRam512`]: block RAM for the beats of frames.

use rust_hdl::prelude::*;

use super::{Beat64, Beat512};
use crate::ram::Bram;

macro_rules! beat_ram {
    ($name:ident, $beat:ident, $packed:ident, $w:literal, $k:literal, $upper:literal, $doc:literal) => {
        /// A beat without the lowest bit of `keep`, which is always set.
        #[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
        pub struct $packed {
            pub data: Bits<$w>,
            pub upper: Bits<$upper>,
            pub last: Bit,
        }

        #[doc = concat!("`2^A` beats of ", $doc, "; its ports are those of [`Bram`].")]
        ///
        /// No beat is without a byte, so the lowest bit of `keep` is not stored: a beat has a multiple of 72 bits then, which is what
        /// block RAMs have, on Xilinx's chips and on Lattice's.
        #[derive(LogicBlock, Default)]
        pub struct $name<const A: usize> {
            pub clock: Signal<In, Clock>,
            pub read_addr: Signal<In, Bits<A>>,
            pub read_data: Signal<Out, $beat>,
            pub write_en: Signal<In, Bit>,
            pub write_addr: Signal<In, Bits<A>>,
            pub write_data: Signal<In, $beat>,
            ram: Bram<$packed, A>,
        }

        impl<const A: usize> Logic for $name<A> {
            crate::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                clock!(self, clock, ram);
                self.ram.write_en.next = self.write_en.val();
                self.ram.write_addr.next = self.write_addr.val();
                self.ram.write_data.next.data = self.write_data.val().data;
                self.ram.write_data.next.upper = self.write_data.val().keep.get_bits::<$upper>(1);
                self.ram.write_data.next.last = self.write_data.val().last;
                self.ram.read_addr.next = self.read_addr.val();
                self.read_data.next.data = self.ram.read_data.val().data;
                self.read_data.next.keep = (bit_cast::<$k, $upper>(self.ram.read_data.val().upper) << 1) | 1;
                self.read_data.next.last = self.ram.read_data.val().last;
            }
        }
    };
}
beat_ram!(BeatRam64, Beat64, Packed64, 64, 8, 7, "64 bits");
beat_ram!(BeatRam512, Beat512, Packed512, 512, 64, 63, "512 bits");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{ready, tick};
    use crate::stream::bench::{Rng, bits_of, clocked};

    clocked!(BeatRam64<3>, BeatRam512<3>);

    macro_rules! keeps {
        ($block:ty, $beat:ident, $lanes:literal) => {
            let mut rng = Rng::new(6);
            let mut uut = ready(Box::<$block>::default());
            let beats: Vec<$beat> = (1..=$lanes)
                .map(|lanes: usize| $beat {
                    data: bits_of(&rng.bytes($lanes)),
                    keep: (u64::MAX >> (64 - lanes)).into(),
                    last: lanes % 3 == 0,
                })
                .collect();
            for eight in beats.chunks(8) {
                uut.write_en.next = true;
                for (i, beat) in eight.iter().enumerate() {
                    uut.write_addr.next = (i as u64).into();
                    uut.write_data.next = *beat;
                    tick(&mut *uut);
                }
                uut.write_en.next = false;
                for (i, beat) in eight.iter().enumerate() {
                    uut.read_addr.next = (i as u64).into();
                    tick(&mut *uut);
                    assert_eq!(uut.read_data.val(), *beat);
                }
            }
        };
    }

    #[test]
    fn keeps_every_beat() {
        keeps!(BeatRam64<3>, Beat64, 8);
        keeps!(BeatRam512<3>, Beat512, 64);
    }
}
