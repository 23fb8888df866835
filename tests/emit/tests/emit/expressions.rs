// SPDX-License-Identifier: MIT OR Apache-2.0
//! Expressions in which Rust and Verilog disagree when they are copied word for word: precedence, carries, casts,
//! complements, shifts, selects, signs.

use num_bigint::BigUint;
use rust_hdl::prelude::*;

use crate::compare::{Comb, Random, Vector, Width, compare, ones, simulate_width};

/// The widening that blocks do inside of loops: any method *named* `to_bits` passes through the macro.
trait Widen {
    fn to_bits<const M: usize>(self) -> Bits<M>;
}
impl<const N: usize> Widen for Bits<N> {
    fn to_bits<const M: usize>(self) -> Bits<M> {
        assert!(M >= N);
        bit_cast(self)
    }
}

/// Operands of `W` bits, `H <= W` bits (a half) and `D > W` bits.
#[derive(LogicBlock, Default)]
struct Expressions<const W: usize, const H: usize, const D: usize> {
    a: Signal<In, Bits<W>>,
    b: Signal<In, Bits<W>>,
    c: Signal<In, Bits<H>>,
    x: Signal<In, Signed<W>>,
    y: Signal<In, Signed<W>>,
    /// Shift amount.
    s: Signal<In, Bits<10>>,
    /// A position below `W`.
    i: Signal<In, Bits<9>>,
    /// A position up to `W`.
    j: Signal<In, Bits<10>>,
    p: Signal<In, Bit>,
    q: Signal<In, Bit>,
    w: [Signal<Out, Bits<W>>; 30],
    t: [Signal<Out, Bit>; 32],
    h: [Signal<Out, Bits<H>>; 7],
    d: [Signal<Out, Bits<D>>; 9],
    z: Signal<Out, Signed<D>>,
    step: Signal<Local, Bits<W>>,
    later: Signal<Local, Bits<W>>,
}

impl<const W: usize, const H: usize, const D: usize> Logic for Expressions<W, H, D> {
    #[hdl_gen]
    fn update(&mut self) {
        // Sums and differences wrap at W bits, wherever they stand.
        self.w[0].next = self.a.val() + self.b.val() + 1;
        self.w[1].next = self.a.val() - self.b.val() - self.a.val();
        self.w[2].next = self.a.val() - (self.b.val() - self.a.val());
        self.w[3].next = 1 - self.a.val();
        self.w[4].next = self.a.val() + self.p.val();
        self.w[5].next = !self.a.val() + self.b.val();
        self.t[0].next = self.a.val() + self.b.val() == self.b.val();
        self.t[1].next = self.a.val() - self.b.val() < self.b.val();
        self.t[2].next = self.a.val() + 1 == 0;
        self.t[3].next = self.b.val() > self.a.val() - 1;
        // Precedence: shifts before `&`, `&` before `^` before `|` before comparisons, in Rust.
        self.w[6].next = self.a.val() & self.b.val() ^ self.b.val() | self.a.val();
        self.w[7].next = self.a.val() | self.b.val() ^ self.a.val() & self.b.val();
        self.w[8].next = self.a.val() + self.b.val() << 1;
        self.w[9].next = self.a.val() >> 1 & self.b.val() + self.a.val();
        self.t[4].next = self.a.val() & self.b.val() == self.b.val();
        self.t[5].next = self.a.val() | self.b.val() != self.a.val() ^ self.b.val();
        self.t[6].next = self.a.val() >> 1 < self.b.val() >> 1;
        self.t[7].next = self.p.val() & self.q.val() | !self.q.val() ^ self.p.val();
        self.t[8].next = self.p.val() || self.q.val() && !self.p.val();
        self.t[9].next = self.p.val() == self.q.val();
        // Complements have no bits above W.
        self.w[10].next = !(self.a.val() << 1);
        self.w[11].next = !self.a.val() >> 1;
        self.t[10].next = !self.a.val() == self.b.val();
        self.t[11].next = !self.a.val() == 0;
        self.t[12].next = !self.a.val() < self.b.val();
        self.t[13].next = !self.a.val().any();
        // Shifts lose what falls out and keep no carry.
        self.w[12].next = self.a.val() << self.s.val();
        self.w[13].next = self.a.val() >> self.s.val();
        self.w[14].next = (self.a.val() + self.b.val()) >> 1;
        self.w[15].next = (self.a.val() << 3) >> 3;
        self.w[16].next = (self.a.val() << self.s.val()) >> self.s.val();
        self.w[17].next = self.a.val() << self.c.val().get_bits::<1>(0);
        self.t[14].next = self.a.val() << 1 > self.b.val();
        // Casts cut and widen exactly.
        self.h[0].next = bit_cast::<H, W>(self.a.val() + self.b.val());
        self.h[1].next = bit_cast::<H, W>(!self.a.val());
        self.h[2].next = bit_cast::<H, W>(self.a.val() >> self.s.val());
        self.d[0].next = bit_cast::<D, W>(self.a.val() + self.b.val());
        self.d[1].next = bit_cast::<D, W>(self.a.val()) + bit_cast::<D, W>(self.b.val());
        self.d[2].next = bit_cast::<D, W>(!self.a.val());
        self.d[3].next = !bit_cast::<D, W>(self.a.val());
        self.d[4].next = bit_cast::<D, W>(self.a.val()) << self.s.val();
        self.d[5].next = bit_cast::<D, W>(self.a.val() << 1);
        self.d[6].next = bit_cast::<D, W>(self.a.val() - self.b.val());
        self.d[7].next = self.a.val().to_bits();
        self.d[8].next = (self.a.val() + self.b.val()).to_bits();
        self.w[18].next = bit_cast::<W, H>(self.c.val()) + self.a.val();
        self.w[19].next =
            bit_cast::<W, D>(bit_cast::<D, W>(self.a.val()) + bit_cast::<D, W>(self.b.val()) >> 1);
        self.w[20].next = bit_cast::<W, H>(bit_cast::<H, W>(self.a.val() - self.b.val()));
        self.t[15].next =
            bit_cast::<D, W>(self.a.val()) + bit_cast::<D, W>(self.b.val()) > bit_cast::<D, W>(self.a.val());
        // Reductions see W bits.
        self.t[16].next = (!self.a.val()).any();
        self.t[17].next = (self.a.val() + self.b.val()).any();
        self.t[18].next = (self.a.val() | self.b.val()).all();
        self.t[19].next = (self.a.val() - self.b.val()).xor();
        self.t[20].next = self.a.val().xor() ^ self.b.val().all();
        // Selects: of signals and of expressions, fixed and computed, past the top with zeros.
        self.t[21].next = self.a.val().get_bit(self.i.val().index());
        self.t[22].next = (self.a.val() + self.b.val()).get_bit(self.i.val().index());
        self.t[23].next = (self.a.val() ^ self.b.val()).get_bit(0);
        self.h[3].next = self.a.val().get_bits::<H>(0);
        self.h[4].next = (self.a.val() - self.b.val()).get_bits::<H>(0);
        self.h[5].next = self.a.val().get_bits::<H>(self.j.val().index());
        self.h[6].next = (self.a.val() + self.b.val()).get_bits::<H>(self.j.val().index());
        self.w[21].next = self.a.val().replace_bit(self.i.val().index(), self.p.val());
        self.w[22].next = (self.a.val() + 1).replace_bit(self.i.val().index(), !self.p.val());
        self.w[23].next = self.a.val().replace_bit(0, self.q.val());
        // Signed numbers compare and widen with their sign.
        self.t[24].next = self.x.val() < self.y.val();
        self.t[25].next = self.x.val() >= self.y.val();
        self.t[26].next = self.x.val() + self.y.val() > self.y.val();
        self.t[27].next = -self.x.val() <= self.y.val();
        self.t[28].next = self.x.val() == self.y.val();
        self.t[29].next = signed_cast(self.a.val()) < signed_cast(self.b.val());
        self.t[30].next = signed_cast(self.a.val() + self.b.val()) < self.y.val();
        self.w[24].next = unsigned_cast(self.x.val() - self.y.val());
        self.w[25].next = unsigned_cast(-self.x.val());
        self.z.next = signed_bit_cast::<D, W>(self.x.val());
        // A value read in the middle, and one read before it is assigned.
        self.step.next = self.a.val();
        self.w[26].next = self.step.val();
        if self.p.val() {
            self.step.next = self.step.val() + self.b.val();
        }
        self.w[27].next = self.step.val();
        self.step.next = self.step.val() ^ self.w[26].val();
        self.w[28].next = self.step.val();
        self.w[29].next = self.later.val() - 1;
        self.t[31].next = self.later.val() < self.a.val();
        self.later.next = self.a.val() & !self.b.val();
    }
}

/// A signed number that `signed_bit_cast` can take: Rust's own recurses without end for the smallest.
fn not_smallest(v: &BigUint, width: usize) -> BigUint {
    let v = v & ones(width);
    if v == BigUint::from(1_u32) << (width - 1) { BigUint::default() } else { v }
}

fn signed<const W: usize>(v: &BigUint) -> Signed<W> {
    signed_cast::<W>(v.clone().into())
}

impl<const W: usize, const H: usize, const D: usize> Comb for Expressions<W, H, D> {
    fn poke(&mut self, v: &Vector) {
        self.a.next = (&v.a & ones(W)).into();
        self.b.next = (&v.b & ones(W)).into();
        self.c.next = (&v.b & ones(H)).into();
        self.x.next = signed(&not_smallest(&v.b, W));
        self.y.next = signed(&(&v.a & ones(W)));
        self.s.next = v.s.into();
        self.i.next = (v.i % W as u64).into();
        self.j.next = (v.i % (W as u64 + 1)).into();
        self.p.next = v.p;
        self.q.next = v.q;
    }

    fn inputs(v: &Vector) -> Vec<(&'static str, BigUint, usize)> {
        vec![
            ("a", &v.a & ones(W), W),
            ("b", &v.b & ones(W), W),
            ("c", &v.b & ones(H), H),
            ("x", not_smallest(&v.b, W), W),
            ("y", &v.a & ones(W), W),
            ("s", v.s.into(), 10),
            ("i", (v.i % W as u64).into(), 9),
            ("j", (v.i % (W as u64 + 1)).into(), 10),
            ("p", u32::from(v.p).into(), 1),
            ("q", u32::from(v.q).into(), 1),
        ]
    }

    fn outputs(&self) -> Vec<(String, BigUint, usize)> {
        let mut out: Vec<(String, BigUint, usize)> = vec![];
        out.extend(self.w.iter().enumerate().map(|(n, s)| (format!("w_{n}"), s.val().into(), W)));
        out.extend(self.t.iter().enumerate().map(|(n, s)| (format!("t_{n}"), u32::from(s.val()).into(), 1)));
        out.extend(self.h.iter().enumerate().map(|(n, s)| (format!("h_{n}"), s.val().into(), H)));
        out.extend(self.d.iter().enumerate().map(|(n, s)| (format!("d_{n}"), s.val().into(), D)));
        out.push(("z".into(), self.z.val().inner().into(), D));
        out
    }
}

macro_rules! tests {
    ($($name:ident: $($w:literal $h:literal $d:literal),*;)*) => {$(
        #[test]
        fn $name() {
            let vectors = Random::new().vectors(60);
            let widths: Vec<Width> = vec![$(
                simulate_width::<Expressions<$w, $h, $d>>(format!("expressions_{}", $w), &vectors)
            ),*];
            compare(stringify!($name), &widths);
        }
    )*};
}
tests! {
    expressions_narrow: 1 1 2, 2 1 3, 3 2 4, 7 3 8, 8 4 16, 15 8 17, 16 9 32, 17 16 33;
    expressions_words: 31 15 64, 32 16 33, 33 32 64, 47 32 65, 63 31 64, 64 32 65, 65 64 128;
    expressions_wide: 127 64 129, 128 65 160, 129 33 192, 255 128 256, 256 31 257;
    expressions_widest: 511 256 512, 512 257 600;
}
