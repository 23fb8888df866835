// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`HeaderSum64`], [`HeaderSum512`]: verify the checksum of an IPv4 header (RFC 1071) as it passes.
//!
//! The sum is taken over lanes in wire order, in which a 16-bit word has its bytes swapped: a sum of all ones stays one.

use rust_hdl::prelude::*;

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

/// [`HeaderSum64`] for the 512-bit stream, where the first beat holds the whole header.
///
/// It is added up in carry-save adders whose highest carry goes round to bit 0, until two numbers are left. Their ones-complement sum is
/// all ones if one is the other's complement, or both are all ones: that takes no carry chain.
#[derive(LogicBlock)]
pub struct HeaderSum512 {
    pub clock: Signal<In, Clock>,
    pub data: Signal<In, Bits<512>>,
    /// The beat is taken.
    pub take: Signal<In, Bit>,
    /// The beat's index in its packet.
    pub index: Signal<In, Bits<4>>,
    /// As in [`HeaderSum64`], but not needed here.
    pub ihl: Signal<In, Bits<4>>,
    /// The header's ones-complement sum is all ones.
    pub good: Signal<Out, Bit>,
    /// The header ends in the beat at the input.
    pub ends: Signal<Out, Bit>,
    words: Signal<Local, Bits<4>>,
    beyond: Signal<Local, Bits<16>>,
    /// The 30 half words of the longest header, and behind them two from each adder, which takes the first three that are left.
    node: [Signal<Local, Bits<16>>; 76],
    carry: [Signal<Local, Bits<16>>; 23],
    /// What four levels of adders leave over.
    held: [DFF<Bits<16>>; 7],
    node2: [Signal<Local, Bits<16>>; 17],
    carry2: [Signal<Local, Bits<16>>; 5],
    x: DFF<Bits<16>>,
    y: DFF<Bits<16>>,
    halves: Signal<Local, Bits<16>>,
    watch: DFF<Bit>,
}

impl Default for HeaderSum512 {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            data: Default::default(),
            take: Default::default(),
            index: Default::default(),
            ihl: Default::default(),
            good: Default::default(),
            ends: Default::default(),
            words: Default::default(),
            beyond: Default::default(),
            node: std::array::from_fn(|_| Default::default()),
            carry: Default::default(),
            held: Default::default(),
            node2: Default::default(),
            carry2: Default::default(),
            x: Default::default(),
            y: Default::default(),
            halves: Default::default(),
            watch: Default::default(),
        }
    }
}

impl Logic for HeaderSum512 {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, watch, x, y);
        self.ends.next = !self.index.val().any();
        self.watch.d.next = self.take.val() & !self.index.val().any();
        self.words.next = self.data.val().get_bits::<4>(0);
        // A header of less than five words is refused whatever its sum is.
        self.beyond.next = (bits::<16>(0xffff) << self.words.val()) & 0xffe0;
        for i in 0..15 {
            self.node[2 * i].next = 0.into();
            self.node[2 * i + 1].next = 0.into();
            if !self.beyond.val().get_bit(i) {
                self.node[2 * i].next = self.data.val().get_bits::<16>(32 * i);
                self.node[2 * i + 1].next = self.data.val().get_bits::<16>(32 * i + 16);
            }
        }
        for i in 0..23 {
            self.carry[i].next = (self.node[3 * i].val() & self.node[3 * i + 1].val())
                | ((self.node[3 * i].val() | self.node[3 * i + 1].val()) & self.node[3 * i + 2].val());
            self.node[2 * i + 30].next =
                self.node[3 * i].val() ^ self.node[3 * i + 1].val() ^ self.node[3 * i + 2].val();
            self.node[2 * i + 31].next = (self.carry[i].val() << 1) | (self.carry[i].val() >> 15);
        }
        for i in 0..7 {
            self.held[i].clock.next = self.clock.val();
            self.held[i].d.next = self.node[i + 69].val();
            self.node2[i].next = self.held[i].q.val();
        }
        for i in 0..5 {
            self.carry2[i].next = (self.node2[3 * i].val() & self.node2[3 * i + 1].val())
                | ((self.node2[3 * i].val() | self.node2[3 * i + 1].val()) & self.node2[3 * i + 2].val());
            self.node2[2 * i + 7].next =
                self.node2[3 * i].val() ^ self.node2[3 * i + 1].val() ^ self.node2[3 * i + 2].val();
            self.node2[2 * i + 8].next = (self.carry2[i].val() << 1) | (self.carry2[i].val() >> 15);
        }
        if self.watch.q.val() {
            self.x.d.next = self.node2[15].val();
            self.y.d.next = self.node2[16].val();
        }
        self.halves.next = self.x.q.val() ^ self.y.q.val();
        self.good.next = self.halves.val().all() | (self.x.q.val().all() & self.y.q.val().all());
    }
}
