// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`LowestLane`]: which lane is next.

use rust_hdl::prelude::*;

/// The lowest bit that is set, alone and as a number. Combinational.
#[derive(LogicBlock, Default)]
pub struct LowestLane {
    pub set: Signal<In, Bits<16>>,
    pub only: Signal<Out, Bits<16>>,
    pub index: Signal<Out, Bits<4>>,
    /// For each bit: one below it is set. Bits of `only`, up to this one.
    below: [Signal<Local, Bit>; 17],
    alone: [Signal<Local, Bits<16>>; 17],
    odd: Signal<Local, Bits<16>>,
    pairs: Signal<Local, Bits<16>>,
    fours: Signal<Local, Bits<16>>,
    eights: Signal<Local, Bits<16>>,
    number: [Signal<Local, Bits<4>>; 3],
}

impl Logic for LowestLane {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        self.below[0].next = false;
        self.alone[0].next = 0.into();
        for i in 0..16 {
            self.below[i + 1].next = self.below[i].val() | self.set.val().get_bit(i);
            self.alone[i + 1].next =
                self.alone[i].val().replace_bit(i, self.set.val().get_bit(i) & !self.below[i].val());
        }
        self.only.next = self.alone[16].val();
        self.odd.next = self.alone[16].val() & 0xaaaa;
        self.pairs.next = self.alone[16].val() & 0xcccc;
        self.fours.next = self.alone[16].val() & 0xf0f0;
        self.eights.next = self.alone[16].val() & 0xff00;
        self.number[0].next = bits::<4>(0).replace_bit(0, self.odd.val().any());
        self.number[1].next = self.number[0].val().replace_bit(1, self.pairs.val().any());
        self.number[2].next = self.number[1].val().replace_bit(2, self.fours.val().any());
        self.index.next = self.number[2].val().replace_bit(3, self.eights.val().any());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_hdl::sim::{ready, settle};

    #[test]
    fn the_lowest_lane_of_every_set() {
        let mut uut = ready(Box::<LowestLane>::default());
        for set in 1..0x1_0000_u64 {
            uut.set.next = set.into();
            settle(uut.as_mut());
            let lowest = u64::from(set.trailing_zeros());
            let got = (uut.only.val().to_u64(), uut.index.val().to_u64());
            assert_eq!(got, (1 << lowest, lowest), "{set:#x}");
        }
    }
}
