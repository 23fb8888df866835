// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Gather64`], [`Gather512`]: read a segment's payload from the transmit ring, sum it with the header, and hold it until it is
//! sent.
//!
//! The checksum stands before the payload, so a segment is sent only when all of it has been read; meanwhile the one before it
//! is sent. Reads are one a cycle, without a gap between segments. At 64 bits a read is a row of sixteen bytes of the ring, so that
//! reading takes half the time of sending: a flow with a small ring waits for it.

use rust_hdl::prelude::*;

use super::sum::{Sum128, Sum512};
use super::words::{Words64, Words512};
use crate::memory::carry_save::{FourToTwo, ThreeToTwo};
use crate::stream::StreamIn;
use crate::stream::one_fifo::OneFifo;
use crate::stream::small_fifo::SmallFifo;
use crate::types::TxSegment;

/// What goes along with a read of the ring.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Slot {
    /// It reads something: a segment without payload has one slot all the same.
    pub data: Bit,
    /// The segment's first.
    pub first: Bit,
    /// The segment's last.
    pub last: Bit,
    /// Bytes in front of the segment, ...
    pub skip: Bits<8>,
    /// ... and the place behind its last byte.
    pub count: Bits<8>,
    /// The segment begins at an odd byte: its 16-bit words are not those of the row.
    pub odd: Bit,
    /// With the first: the sum of the pseudo-header and the header.
    pub header: Bits<32>,
}

/// The sum of a segment that has been read.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Summed {
    pub checksum: Bits<16>,
    /// Reads that it took.
    pub rows: Bits<10>,
}

type Headers = SmallFifo<TxSegment, 3, 4>;
type HeaderOne = OneFifo<TxSegment, 4>;

macro_rules! gather {
    ($name:ident, $w:tt, $rw:tt, $rk:tt, $rk2:tt, $full:tt, lane $lane:tt, $sum:ident, $words:ident,
     data at $l:tt, mask at $l1:tt, sum at $l2:tt, slots $n:tt, $headers:ident $held:literal) => {
        #[doc = concat!("Reads ", stringify!($rw), " bits a cycle; holds ", $held, " and 512 reads.")]
        ///
        /// `2^A` flows with rings of `2^R` bytes; `M = A + R`.
        #[derive(LogicBlock)]
        pub struct $name<const A: usize, const R: usize, const M: usize> {
            pub clock: Signal<In, Clock>,
            pub reset: Signal<In, Bit>,
            /// The segments to send. A payload has at most as many reads as are held; one with an MSS option has none.
            pub inp: StreamIn<TxSegment>,
            /// Own IPv4 address.
            pub laddr: Signal<In, Bits<32>>,
            /// Read the ring at `ring_addr`.
            pub ring_read: Signal<Out, Bit>,
            /// Byte address: flow, then ring offset.
            pub ring_addr: Signal<Out, Bits<M>>,
            /// The row of `ring_addr` (64 bits), or the bytes from there on, as many cycles later as the ring takes: see `RING_LATENCY` of
            /// `Tx64` and `Tx512`.
            pub ring_data: Signal<In, Bits<$rw>>,
            /// `segment` can be sent.
            pub ready: Signal<Out, Bit>,
            pub segment: Signal<Out, TxSegment>,
            /// Its checksum.
            pub checksum: Signal<Out, Bits<16>>,
            /// Pulse: it has been sent.
            pub sent: Signal<In, Bit>,
            /// Its next payload bytes.
            pub word: Signal<Out, Bits<$w>>,
            /// Pulse: give the next ones.
            pub next_word: Signal<In, Bit>,
            /// No segment is inside.
            pub idle: Signal<Out, Bit>,
            order: Signal<Local, TxSegment>,
            accept: Signal<Local, Bit>,
            free: Signal<Local, Bit>,
            // The segment that is being read.
            active: DFF<Bit>,
            first: DFF<Bit>,
            left: DFF<Bits<16>>,
            /// `left` is not 0.
            bytes_left: DFF<Bit>,
            /// `left` is no more than a read.
            ends: DFF<Bit>,
            offset: DFF<Bits<R>>,
            flow: DFF<Bits<16>>,
            group: [DFF<Bits<18>>; 4],
            saved: [FourToTwo<18>; 3],
            fixed_saved: ThreeToTwo<18>,
            header_saved: FourToTwo<20>,
            header_sum: Signal<Local, Bits<20>>,
            lport: Signal<Local, Bits<18>>,
            rport: Signal<Local, Bits<18>>,
            seq: Signal<Local, Bits<32>>,
            ack: Signal<Local, Bits<32>>,
            src: Signal<Local, Bits<32>>,
            dst: Signal<Local, Bits<32>>,
            flags: Signal<Local, Bits<8>>,
            control: Signal<Local, Bits<18>>,
            option: Signal<Local, Bits<18>>,
            fixed: Signal<Local, Bits<18>>,
            wide_offset: Signal<Local, Bits<M>>,
            wide_flow: Signal<Local, Bits<M>>,
            some: Signal<Local, Bit>,
            final_slot: Signal<Local, Bit>,
            room: Signal<Local, Bit>,
            issue: Signal<Local, Bit>,
            fresh: Signal<Local, Slot>,
            // Where the payload begins in its first row.
            lane: Signal<Local, Bits<8>>,
            lane_mask: Constant<Bits<8>>,
            skip: DFF<Bits<8>>,
            odd: DFF<Bit>,
            span: Signal<Local, Bits<16>>,
            direct: Signal<Local, Bit>,
            bytes_a_read: Constant<Bits<16>>,
            bytes_of_two: Constant<Bits<16>>,
            step: Constant<Bits<R>>,
            ring_bits: Constant<Bits<5>>,
            // Reads on their way: `slots[i]` was issued i + 1 cycles ago.
            slots: [DFF<Slot>; $n],
            valid: [DFF<Bit>; $n],
            under_way: [Signal<Local, Bit>; $n],
            near: Signal<Local, Slot>,
            back: Signal<Local, Slot>,
            keep: DFF<Bits<$rk>>,
            beyond: Signal<Local, Bits<$rk2>>,
            low: Signal<Local, Bits<$rk>>,
            high: Signal<Local, Bits<$rk>>,
            adder: $sum,
            arrived: Signal<Local, Slot>,
            from: Signal<Local, Bits<32>>,
            total: DFF<Bits<32>>,
            done: DFF<Bit>,
            twice_low: Signal<Local, Bits<32>>,
            twice_high: Signal<Local, Bits<32>>,
            folded: Signal<Local, Bits<32>>,
            right: Signal<Local, Bits<16>>,
            swap: DFF<Bit>,
            counted: Signal<Local, Bits<10>>,
            rows: DFF<Bits<10>>,
            words: $words,
            first_seq: Signal<Local, Bits<32>>,
            /// Reads that have been issued and are not free again.
            held: DFF<Bits<10>>,
            count_held: ThreeToTwo<10>,
            read_carry: Signal<Local, Bits<10>>,
            headers: $headers,
            sums: SmallFifo<Summed, 3, 4>,
        }

        impl<const A: usize, const R: usize, const M: usize> Default for $name<A, R, M> {
            fn default() -> Self {
                assert_eq!(M, A + R, "gather: the ring address is flow and offset");
                assert!(1 << R >= 2 * $rk && R <= 16, "gather: no rings of 2^{R} bytes");
                Self {
                    bytes_a_read: Constant::new($rk.into()),
                    bytes_of_two: Constant::new((2 * $rk).into()),
                    step: Constant::new($rk.into()),
                    ring_bits: Constant::new((R as u64).into()),
                    lane_mask: Constant::new($lane.into()),
                    clock: Default::default(),
                    reset: Default::default(),
                    inp: Default::default(),
                    laddr: Default::default(),
                    ring_read: Default::default(),
                    ring_addr: Default::default(),
                    ring_data: Default::default(),
                    ready: Default::default(),
                    segment: Default::default(),
                    checksum: Default::default(),
                    sent: Default::default(),
                    word: Default::default(),
                    next_word: Default::default(),
                    idle: Default::default(),
                    order: Default::default(),
                    accept: Default::default(),
                    free: Default::default(),
                    active: Default::default(),
                    first: Default::default(),
                    left: Default::default(),
                    bytes_left: Default::default(),
                    ends: Default::default(),
                    offset: Default::default(),
                    flow: Default::default(),
                    group: Default::default(),
                    saved: Default::default(),
                    fixed_saved: Default::default(),
                    header_saved: Default::default(),
                    header_sum: Default::default(),
                    lport: Default::default(),
                    rport: Default::default(),
                    seq: Default::default(),
                    ack: Default::default(),
                    src: Default::default(),
                    dst: Default::default(),
                    flags: Default::default(),
                    control: Default::default(),
                    option: Default::default(),
                    fixed: Default::default(),
                    wide_offset: Default::default(),
                    wide_flow: Default::default(),
                    some: Default::default(),
                    final_slot: Default::default(),
                    room: Default::default(),
                    issue: Default::default(),
                    fresh: Default::default(),
                    lane: Default::default(),
                    skip: Default::default(),
                    odd: Default::default(),
                    span: Default::default(),
                    direct: Default::default(),
                    slots: Default::default(),
                    valid: Default::default(),
                    under_way: Default::default(),
                    near: Default::default(),
                    back: Default::default(),
                    keep: Default::default(),
                    beyond: Default::default(),
                    low: Default::default(),
                    high: Default::default(),
                    adder: Default::default(),
                    arrived: Default::default(),
                    from: Default::default(),
                    total: Default::default(),
                    done: Default::default(),
                    twice_low: Default::default(),
                    twice_high: Default::default(),
                    folded: Default::default(),
                    right: Default::default(),
                    swap: Default::default(),
                    counted: Default::default(),
                    rows: Default::default(),
                    words: Default::default(),
                    first_seq: Default::default(),
                    held: Default::default(),
                    count_held: Default::default(),
                    read_carry: Default::default(),
                    headers: Default::default(),
                    sums: Default::default(),
                }
            }
        }

        impl<const A: usize, const R: usize, const M: usize> Logic for $name<A, R, M> {
            crate::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                dff_setup!(
                    self, clock, active, first, left, bytes_left, ends, offset, flow, skip, odd, keep, total,
                    swap, rows, done, held
                );
                clock!(self, clock, adder, words, headers, sums);
                self.headers.reset.next = self.reset.val();
                self.sums.reset.next = self.reset.val();
                self.words.reset.next = self.reset.val();

                // The sum of header and pseudo-header, in four groups, which are added in the next cycle.
                self.order.next = self.inp.data.val();
                self.lport.next = bit_cast::<18, 16>(self.order.val().lport);
                self.rport.next = bit_cast::<18, 16>(self.order.val().rport);
                self.seq.next = self.order.val().seq;
                self.ack.next = self.order.val().ack;
                self.src.next = self.laddr.val();
                self.dst.next = self.order.val().raddr;
                // Data offset and flags; protocol and header length, with an option also its kind and length, 0x0204.
                self.flags.next = self.order.val().flags;
                self.control.next = bit_cast::<18, 8>(self.flags.val()) | 0x5000;
                self.fixed.next = 26.into();
                self.option.next = bit_cast::<18, 16>(self.order.val().mss);
                if self.flags.val().get_bit(1) {
                    self.control.next = bit_cast::<18, 8>(self.flags.val()) | 0x6000;
                    self.fixed.next = 0x0222.into();
                }
                self.saved[0].a.next = self.lport.val();
                self.saved[0].b.next = self.rport.val();
                self.saved[0].c.next = bit_cast::<18, 16>(self.seq.val().get_bits::<16>(16));
                self.saved[0].d.next = bit_cast::<18, 16>(self.seq.val().get_bits::<16>(0));
                self.saved[1].a.next = self.control.val();
                self.saved[1].b.next = bit_cast::<18, 16>(self.order.val().wnd);
                self.saved[1].c.next = bit_cast::<18, 16>(self.ack.val().get_bits::<16>(16));
                self.saved[1].d.next = bit_cast::<18, 16>(self.ack.val().get_bits::<16>(0));
                self.saved[2].a.next = bit_cast::<18, 16>(self.src.val().get_bits::<16>(16));
                self.saved[2].b.next = bit_cast::<18, 16>(self.src.val().get_bits::<16>(0));
                self.saved[2].c.next = bit_cast::<18, 16>(self.dst.val().get_bits::<16>(16));
                self.saved[2].d.next = bit_cast::<18, 16>(self.dst.val().get_bits::<16>(0));
                self.fixed_saved.a.next = self.option.val();
                self.fixed_saved.b.next = bit_cast::<18, 16>(self.order.val().len);
                self.fixed_saved.c.next = self.fixed.val();

                // A slot a cycle, while there is room for what it reads.
                self.some.next = self.bytes_left.q.val();
                self.final_slot.next = self.ends.q.val();
                self.room.next = !self.held.q.val().get_bit(9) | !self.some.val();
                self.issue.next = self.active.q.val() & self.room.val();
                self.free.next = !self.active.q.val() | (self.issue.val() & self.final_slot.val());
                self.inp.ready.next = self.free.val() & self.headers.inp.ready.val();
                self.accept.next = self.inp.valid.val() & self.free.val() & self.headers.inp.ready.val();
                self.headers.inp.data.next = self.order.val();
                self.headers.inp.valid.next = self.accept.val();
                self.lane.next = self.seq.val().get_bits::<8>(0) & self.lane_mask.val();
                self.span.next = self.order.val().len + bit_cast::<16, 8>(self.lane.val());
                if self.issue.val() {
                    self.first.d.next = false;
                    self.skip.d.next = 0.into();
                    self.left.d.next = self.left.q.val() - self.bytes_a_read.val();
                    self.bytes_left.d.next = !self.ends.q.val();
                    self.ends.d.next = self.left.q.val() <= self.bytes_of_two.val();
                    self.offset.d.next = self.offset.q.val() + self.step.val();
                    if self.final_slot.val() {
                        self.active.d.next = false;
                    }
                }
                if self.accept.val() {
                    self.active.d.next = true;
                    self.first.d.next = true;
                    self.left.d.next = self.span.val();
                    self.bytes_left.d.next = self.order.val().len != 0;
                    self.ends.d.next = self.span.val() <= self.bytes_a_read.val();
                    self.skip.d.next = self.lane.val();
                    self.odd.d.next = self.lane.val().get_bit(0);
                    self.offset.d.next = self.seq.val().get_bits::<R>(0);
                    self.flow.d.next = self.order.val().flow;
                }
                for i in 0..4 {
                    self.group[i].clock.next = self.clock.val();
                    self.group[i].d.next = self.group[i].q.val();
                }
                if self.accept.val() {
                    self.group[3].d.next = self.fixed_saved.x.val() + self.fixed_saved.y.val();
                    for i in 0..3 {
                        self.group[i].d.next = self.saved[i].x.val() + self.saved[i].y.val();
                    }
                }
                self.wide_offset.next = bit_cast::<M, R>(self.offset.q.val());
                self.wide_flow.next = bit_cast::<M, A>(self.flow.q.val().get_bits::<A>(0));
                self.ring_addr.next = (self.wide_flow.val() << self.ring_bits.val()) | self.wide_offset.val();
                self.ring_read.next = self.issue.val() & self.some.val();

                self.fresh.next.data = self.some.val();
                self.fresh.next.first = self.first.q.val();
                self.fresh.next.last = self.final_slot.val();
                self.fresh.next.skip = self.skip.q.val();
                self.fresh.next.odd = self.odd.q.val();
                self.fresh.next.count = self.left.q.val().get_bits::<8>(0);
                if !self.final_slot.val() {
                    self.fresh.next.count = self.bytes_a_read.val().get_bits::<8>(0);
                }
                self.header_saved.a.next = bit_cast::<20, 18>(self.group[0].q.val());
                self.header_saved.b.next = bit_cast::<20, 18>(self.group[1].q.val());
                self.header_saved.c.next = bit_cast::<20, 18>(self.group[2].q.val());
                self.header_saved.d.next = bit_cast::<20, 18>(self.group[3].q.val());
                self.header_sum.next = self.header_saved.x.val() + self.header_saved.y.val();
                self.fresh.next.header = bit_cast::<32, 20>(self.header_sum.val());

                // Without payload and with nothing on its way there is nothing to wait for.
                self.under_way[0].next = false;
                for i in 0..$l2 {
                    self.under_way[i + 1].next = self.under_way[i].val() | self.valid[i].q.val();
                }
                self.direct.next = self.issue.val() & !self.some.val() & !self.under_way[$l2].val();
                for i in 0..$n {
                    self.slots[i].clock.next = self.clock.val();
                    self.valid[i].clock.next = self.clock.val();
                }
                self.slots[0].d.next = self.fresh.val();
                self.valid[0].d.next = self.issue.val();
                for i in 1..$n {
                    self.slots[i].d.next = self.slots[i - 1].q.val();
                    self.valid[i].d.next = self.valid[i - 1].q.val();
                }
                // A segment from an odd byte on: its words are summed up with their bytes exchanged, so the header's are exchanged too, and
                // the sum at the end once more (RFC 1071, section 2).
                if self.slots[0].q.val().odd {
                    self.slots[1].d.next.header = self.slots[0].q.val().header << 8;
                }
                if self.direct.val() {
                    self.valid[0].d.next = false;
                    self.valid[$l2].d.next = true;
                    self.slots[$l2].d.next = self.fresh.val();
                    self.slots[$l2].d.next.odd = false;
                }

                // The bytes are here: to be kept, and into the adder.
                self.near.next = self.slots[$l1].q.val();
                self.beyond.next = bits::<$rk2>($full) << self.near.val().count;
                self.low.next = self.beyond.val().get_bits::<$rk>(0);
                self.high.next = bits::<$rk>($full) << self.near.val().skip;
                self.keep.d.next = 0.into();
                if self.valid[$l1].q.val() & self.near.val().data {
                    self.keep.d.next = self.high.val() & !self.low.val();
                }
                self.back.next = self.slots[$l].q.val();
                self.words.write.next = self.valid[$l].q.val() & self.back.val().data;
                self.words.row.next = self.ring_data.val();
                self.adder.data.next = self.ring_data.val();
                self.adder.keep.next = self.keep.q.val();

                // The sum of a read is here, two cycles later.
                self.arrived.next = self.slots[$l2].q.val();
                self.from.next = self.total.q.val();
                if self.arrived.val().first {
                    self.from.next = self.arrived.val().header;
                }
                self.counted.next = self.rows.q.val();
                if self.arrived.val().first {
                    self.counted.next = 0.into();
                }
                if self.valid[$l2].q.val() {
                    self.total.d.next = self.from.val() + self.adder.sum.val() + self.adder.carries.val();
                    self.rows.d.next = self.counted.val();
                    if self.arrived.val().data {
                        self.rows.d.next = self.counted.val() + 1;
                    }
                }
                self.swap.d.next = self.arrived.val().odd;
                self.done.d.next = self.valid[$l2].q.val() & self.arrived.val().last;
                // Both halves twice, one beside the other: the carry of the lower sum goes into the upper one.
                self.twice_low.next = bit_cast::<32, 16>(self.total.q.val().get_bits::<16>(0))
                    | (bit_cast::<32, 16>(self.total.q.val().get_bits::<16>(0)) << 16);
                self.twice_high.next = bit_cast::<32, 16>(self.total.q.val().get_bits::<16>(16))
                    | (bit_cast::<32, 16>(self.total.q.val().get_bits::<16>(16)) << 16);
                self.folded.next = self.twice_low.val() + self.twice_high.val();
                self.right.next = self.folded.val().get_bits::<16>(16);
                self.sums.inp.data.next.checksum = !self.right.val();
                if self.swap.q.val() {
                    self.sums.inp.data.next.checksum = !((self.right.val() << 8) | (self.right.val() >> 8));
                }
                self.sums.inp.data.next.rows = self.rows.q.val();
                self.sums.inp.valid.next = self.done.q.val();

                // To be sent.
                self.ready.next = self.sums.out.valid.val();
                self.checksum.next = self.sums.out.data.val().checksum;
                self.segment.next = self.headers.out.data.val();
                self.sums.out.ready.next = self.sent.val();
                self.headers.out.ready.next = self.sent.val();
                self.first_seq.next = self.headers.out.data.val().seq;
                self.words.ready.next = self.sums.out.valid.val();
                self.words.lane.next = self.first_seq.val().get_bits::<8>(0) & self.lane_mask.val();
                self.words.rows.next = self.sums.out.data.val().rows;
                self.words.sent.next = self.sent.val();
                self.words.next_word.next = self.next_word.val();
                self.word.next = self.words.word.val();
                // held - freed, and 1 for a read: it stands where the carries leave a bit free.
                self.count_held.a.next = self.held.q.val();
                self.count_held.b.next = !self.words.freed.val();
                self.count_held.c.next = 1.into();
                self.read_carry.next = self.count_held.y.val().replace_bit(0, self.ring_read.val());
                self.held.d.next = self.count_held.x.val() + self.read_carry.val();
                self.idle.next = !self.active.q.val() & !self.headers.out.valid.val() & !self.inp.valid.val();
                if self.reset.val() {
                    self.active.d.next = false;
                    self.done.d.next = false;
                    self.held.d.next = 0.into();
                    for i in 0..$n {
                        self.valid[i].d.next = false;
                    }
                }
            }
        }
    };
}
gather!(Gather64, 64, 128, 16, 32, 0xffff, lane 15, Sum128, Words64, data at 1, mask at 0, sum at 3, slots 4,
        Headers "8 segments");
gather!(Gather64x8, 64, 128, 16, 32, 0xffff, lane 15, Sum128, Words64, data at 1, mask at 0, sum at 3, slots 4,
        HeaderOne "a segment");
gather!(Gather512, 512, 512, 64, 128, 0xffff_ffff_ffff_ffff_u64, lane 0, Sum512, Words512,
        data at 3, mask at 2, sum at 5, slots 6, Headers "8 segments");
