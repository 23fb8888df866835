// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`KeepCount8`], [`KeepCount64`]: the bytes of a beat.

use rust_hdl::prelude::*;

/// Bytes of a 64-bit beat: the valid lanes of a `keep` that is contiguous from lane 0.
#[derive(LogicBlock, Default)]
pub struct KeepCount8 {
    pub keep: Signal<In, Bits<8>>,
    pub count: Signal<Out, Bits<4>>,
    four: Signal<Local, Bits<4>>,
    two: Signal<Local, Bits<2>>,
}

impl Logic for KeepCount8 {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        // The half in which the lanes end, again and again: `count` up to 7.
        self.four.next = self.keep.val().get_bits::<4>(0);
        if self.keep.val().get_bit(3) {
            self.four.next = self.keep.val().get_bits::<4>(4);
        }
        self.two.next = self.four.val().get_bits::<2>(0);
        if self.four.val().get_bit(1) {
            self.two.next = self.four.val().get_bits::<2>(2);
        }
        self.count.next = (bit_cast::<4, 1>(self.keep.val().get_bits::<1>(3)) << 2)
            | (bit_cast::<4, 1>(self.four.val().get_bits::<1>(1)) << 1)
            | bit_cast::<4, 1>(self.two.val().get_bits::<1>(0));
        if self.keep.val().get_bit(7) {
            self.count.next = 8.into();
        }
    }
}

/// Bytes of a 512-bit beat: the valid lanes of a `keep` that is contiguous from lane 0.
#[derive(LogicBlock, Default)]
pub struct KeepCount64 {
    pub keep: Signal<In, Bits<64>>,
    pub count: Signal<Out, Bits<7>>,
    /// Lane 7 of each octet but the last: the octets before the one in which the lanes end.
    whole: Signal<Local, Bits<8>>,
    octet: Signal<Local, Bits<8>>,
    octets: KeepCount8,
    rest: KeepCount8,
    start: Signal<Local, Bits<6>>,
}

impl Logic for KeepCount64 {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        self.whole.next = bit_cast::<8, 1>(self.keep.val().get_bits::<1>(7))
            | (bit_cast::<8, 1>(self.keep.val().get_bits::<1>(15)) << 1)
            | (bit_cast::<8, 1>(self.keep.val().get_bits::<1>(23)) << 2)
            | (bit_cast::<8, 1>(self.keep.val().get_bits::<1>(31)) << 3)
            | (bit_cast::<8, 1>(self.keep.val().get_bits::<1>(39)) << 4)
            | (bit_cast::<8, 1>(self.keep.val().get_bits::<1>(47)) << 5)
            | (bit_cast::<8, 1>(self.keep.val().get_bits::<1>(55)) << 6);
        self.octets.keep.next = self.whole.val();
        self.start.next = bit_cast::<6, 4>(self.octets.count.val()) << 3;
        self.octet.next = self.keep.val().get_bits::<8>(self.start.val().index());
        self.rest.keep.next = self.octet.val();
        self.count.next = bit_cast::<7, 6>(self.start.val()) + bit_cast::<7, 4>(self.rest.count.val());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{ready, settle};
    use crate::stream::bench::bits_of;

    #[test]
    fn counts_every_keep() {
        let mut narrow = ready(Box::<KeepCount8>::default());
        let mut wide = ready(Box::<KeepCount64>::default());
        for lanes in 0..=64_u64 {
            let keep = ((1_u128 << lanes) - 1) as u64;
            wide.keep.next = bits_of(&keep.to_le_bytes());
            settle(&mut *wide);
            assert_eq!(wide.count.val().to_u64(), lanes);
            if lanes <= 8 {
                narrow.keep.next = keep.into();
                settle(&mut *narrow);
                assert_eq!(narrow.count.val().to_u64(), lanes);
            }
        }
    }
}
