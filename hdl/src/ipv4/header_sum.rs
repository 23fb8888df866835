// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`HeaderSum64`], [`HeaderSum512`]: verify the checksum of an IPv4 header (RFC 1071) as it passes.
//!
//! The sum is taken over lanes in wire order, in which a 16-bit word has its bytes swapped: a sum of all ones stays one.

use rust_hdl::prelude::*;

use crate::memory::carry_save::FourToTwo;

/// Zero extension in loops, where `bit_cast` can't be used: RustHDL lets a method of this name through.
trait Widen {
    fn to_bits<const M: usize>(self) -> Bits<M>;
}

impl<const N: usize> Widen for Bits<N> {
    fn to_bits<const M: usize>(self) -> Bits<M> {
        bit_cast(self)
    }
}

/// Watches the beats of a 64-bit stream of IPv4 packets. `good` is right two cycles after the header's last beat and until
/// the next beat with `take` has been there for one cycle.
#[derive(LogicBlock, Default)]
pub struct HeaderSum64 {
    pub clock: Signal<In, Clock>,
    pub data: Signal<In, Bits<64>>,
    /// The beat is taken.
    pub take: Signal<In, Bit>,
    /// The beat's index in its packet, up to 8.
    pub index: Signal<In, Bits<4>>,
    /// Header length in 32-bit words.
    pub ihl: Signal<In, Bits<4>>,
    /// The header's ones-complement sum is all ones.
    pub good: Signal<Out, Bit>,
    /// The header ends in the beat at the input.
    pub ends: Signal<Out, Bit>,
    last_word: Signal<Local, Bits<4>>,
    low: DFF<Bits<17>>,
    high: DFF<Bits<17>>,
    first: DFF<Bit>,
    valid: DFF<Bit>,
    sum: DFF<Bits<21>>,
    number: Signal<Local, Bits<5>>,
    next_number: Signal<Local, Bits<5>>,
    words: Signal<Local, Bits<5>>,
    pair: Signal<Local, Bits<21>>,
    carried: Signal<Local, Bits<21>>,
    carries: Signal<Local, Bits<16>>,
}

impl Logic for HeaderSum64 {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, low, high, first, valid, sum);
        self.words.next = bit_cast::<5, 4>(self.ihl.val());
        self.number.next = bit_cast::<5, 4>(self.index.val()) << 1;
        self.next_number.next = self.number.val() | 1;
        self.last_word.next = self.ihl.val() - 1;
        self.ends.next = self.last_word.val().get_bits::<3>(1) == self.index.val().get_bits::<3>(0);
        self.low.d.next = 0.into();
        if self.number.val() < self.words.val() {
            self.low.d.next = bit_cast::<17, 16>(self.data.val().get_bits::<16>(0))
                + bit_cast::<17, 16>(self.data.val().get_bits::<16>(16));
        }
        self.high.d.next = 0.into();
        if self.next_number.val() < self.words.val() {
            self.high.d.next = bit_cast::<17, 16>(self.data.val().get_bits::<16>(32))
                + bit_cast::<17, 16>(self.data.val().get_bits::<16>(48));
        }
        self.first.d.next = !self.index.val().any();
        self.valid.d.next = self.take.val();

        self.pair.next = bit_cast::<21, 17>(self.low.q.val()) + bit_cast::<21, 17>(self.high.q.val());
        self.carried.next = self.sum.q.val();
        if self.first.q.val() {
            self.carried.next = 0.into();
        }
        if self.valid.q.val() {
            self.sum.d.next = self.pair.val() + self.carried.val();
        }
        // low half + carries == 0xffff, without the addition: there are fewer than 32 carries.
        self.carries.next = bit_cast::<16, 5>(self.sum.q.val().get_bits::<5>(16));
        self.good.next = (self.sum.q.val().get_bits::<16>(0) ^ self.carries.val()) == 0xffff;
    }
}

/// [`HeaderSum64`] for the 512-bit stream, where the first beat holds the whole header. In each cycle one carry chain, behind carry-save
/// adders.
#[derive(LogicBlock, Default)]
pub struct HeaderSum512 {
    pub clock: Signal<In, Clock>,
    pub data: Signal<In, Bits<512>>,
    /// The beat is taken.
    pub take: Signal<In, Bit>,
    /// The beat's index in its packet.
    pub index: Signal<In, Bits<4>>,
    /// Header length in 32-bit words, as the first beat has it.
    pub ihl: Signal<In, Bits<4>>,
    /// The header's ones-complement sum is all ones.
    pub good: Signal<Out, Bit>,
    /// The header ends in the beat at the input.
    pub ends: Signal<Out, Bit>,
    beyond: Signal<Local, Bits<16>>,
    half: [Signal<Local, Bits<16>>; 32],
    wide: [Signal<Local, Bits<18>>; 32],
    saved_four: [FourToTwo<18>; 8],
    four: [DFF<Bits<18>>; 8],
    group: [Signal<Local, Bits<21>>; 8],
    saved_sixteen: [FourToTwo<21>; 2],
    saved: FourToTwo<21>,
    total: DFF<Bits<21>>,
    carries: Signal<Local, Bits<16>>,
    watch: DFF<Bit>,
}

impl Logic for HeaderSum512 {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, watch, total);
        self.ends.next = !self.index.val().any();
        self.watch.d.next = self.take.val() & !self.index.val().any();
        // A header of less than five words is refused whatever its sum is.
        self.beyond.next = (bits::<16>(0xffff) << self.ihl.val()) & 0xffe0;
        for i in 0..32 {
            self.half[i].next = self.data.val().get_bits::<16>(16 * i);
        }
        for i in 0..16 {
            self.wide[2 * i].next = 0.into();
            self.wide[2 * i + 1].next = 0.into();
            if !self.beyond.val().get_bit(i) {
                self.wide[2 * i].next = self.half[2 * i].val().to_bits();
                self.wide[2 * i + 1].next = self.half[2 * i + 1].val().to_bits();
            }
        }
        for i in 0..8 {
            self.saved_four[i].a.next = self.wide[4 * i].val();
            self.saved_four[i].b.next = self.wide[4 * i + 1].val();
            self.saved_four[i].c.next = self.wide[4 * i + 2].val();
            self.saved_four[i].d.next = self.wide[4 * i + 3].val();
            self.four[i].clock.next = self.clock.val();
            self.four[i].d.next = self.saved_four[i].x.val() + self.saved_four[i].y.val();
            self.group[i].next = self.four[i].q.val().to_bits();
        }
        for i in 0..2 {
            self.saved_sixteen[i].a.next = self.group[4 * i].val();
            self.saved_sixteen[i].b.next = self.group[4 * i + 1].val();
            self.saved_sixteen[i].c.next = self.group[4 * i + 2].val();
            self.saved_sixteen[i].d.next = self.group[4 * i + 3].val();
        }
        self.saved.a.next = self.saved_sixteen[0].x.val();
        self.saved.b.next = self.saved_sixteen[0].y.val();
        self.saved.c.next = self.saved_sixteen[1].x.val();
        self.saved.d.next = self.saved_sixteen[1].y.val();
        if self.watch.q.val() {
            self.total.d.next = self.saved.x.val() + self.saved.y.val();
        }
        // low half + carries == 0xffff, without the addition: there are fewer than 32 carries.
        self.carries.next = bit_cast::<16, 5>(self.total.q.val().get_bits::<5>(16));
        self.good.next = (self.total.q.val().get_bits::<16>(0) ^ self.carries.val()) == 0xffff;
    }
}
