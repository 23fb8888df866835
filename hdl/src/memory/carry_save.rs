// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`ThreeToTwo`], [`FourToTwo`]: carry-save adders, which leave two numbers to add, without a carry chain of their own.

use rust_hdl::prelude::*;

/// `x + y` is `a + b + c` modulo `2^N`: full adders, whose carries only go one bit up. Bit 0 of `y` is 0.
#[derive(LogicBlock, Default)]
pub struct ThreeToTwo<const N: usize> {
    pub a: Signal<In, Bits<N>>,
    pub b: Signal<In, Bits<N>>,
    pub c: Signal<In, Bits<N>>,
    pub x: Signal<Out, Bits<N>>,
    pub y: Signal<Out, Bits<N>>,
}

impl<const N: usize> Logic for ThreeToTwo<N> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        self.x.next = self.a.val() ^ self.b.val() ^ self.c.val();
        self.y.next = ((self.a.val() & self.b.val()) | ((self.a.val() | self.b.val()) & self.c.val())) << 1;
    }
}

/// `x + y` is `a + b + c + d` modulo `2^N`.
#[derive(LogicBlock, Default)]
pub struct FourToTwo<const N: usize> {
    pub a: Signal<In, Bits<N>>,
    pub b: Signal<In, Bits<N>>,
    pub c: Signal<In, Bits<N>>,
    pub d: Signal<In, Bits<N>>,
    pub x: Signal<Out, Bits<N>>,
    pub y: Signal<Out, Bits<N>>,
    three: ThreeToTwo<N>,
    rest: ThreeToTwo<N>,
}

impl<const N: usize> Logic for FourToTwo<N> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        self.three.a.next = self.a.val();
        self.three.b.next = self.b.val();
        self.three.c.next = self.c.val();
        self.rest.a.next = self.three.x.val();
        self.rest.b.next = self.three.y.val();
        self.rest.c.next = self.d.val();
        self.x.next = self.rest.x.val();
        self.y.next = self.rest.y.val();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::settle;
    use crate::stream::bench::Rng;

    /// All ones in every fifth round: then every bit has a carry.
    fn number(rng: &mut Rng, round: usize) -> u64 {
        if round.is_multiple_of(5) { 0x1f_ffff } else { rng.below(1 << 21) }
    }

    #[test]
    fn three_numbers_keep_their_sum() {
        let mut uut = Box::<ThreeToTwo<21>>::default();
        uut.connect_all();
        let mut rng = Rng::new(92);
        for round in 0..500 {
            let [a, b, c] = std::array::from_fn(|_| number(&mut rng, round));
            (uut.a.next, uut.b.next, uut.c.next) = (a.into(), b.into(), c.into());
            settle(&mut *uut);
            assert_eq!(uut.x.val() + uut.y.val(), Bits::<21>::from((a + b + c) & 0x1f_ffff));
            assert!(!uut.y.val().get_bit(0));
        }
    }

    #[test]
    fn four_numbers_keep_their_sum() {
        let mut uut = Box::<FourToTwo<21>>::default();
        uut.connect_all();
        let mut rng = Rng::new(93);
        for round in 0..500 {
            let [a, b, c, d] = std::array::from_fn(|_| number(&mut rng, round));
            (uut.a.next, uut.b.next) = (a.into(), b.into());
            (uut.c.next, uut.d.next) = (c.into(), d.into());
            settle(&mut *uut);
            assert_eq!(uut.x.val() + uut.y.val(), Bits::<21>::from((a + b + c + d) & 0x1f_ffff));
        }
    }
}
