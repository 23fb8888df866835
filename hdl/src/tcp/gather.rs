// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Gather64`], [`Gather512`]: read a segment's payload from the transmit ring, sum it with the header, and hold it until it is
//! sent.
//!
//! The checksum stands before the payload, so a segment is sent only when all of it has been read; meanwhile the one before it
//! is sent. Reads are one a cycle, without a gap between segments.

use rust_hdl::prelude::*;

use super::sum::{Sum64, Sum512};
use crate::ram::Bram;
use crate::stream::StreamIn;
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
    /// Bytes that count.
    pub count: Bits<8>,
    /// With the first: the sum of the pseudo-header and the header.
    pub header: Bits<32>,
}

macro_rules! gather {
    ($name:ident, $rw:tt, $rk:tt, $rk2:tt, $full:tt, $sum:ident, data at $l:tt, mask at $l1:tt, sum at $l2:tt, slots $n:tt,
     deep $d:tt count $c:tt) => {
        #[doc = concat!("Reads ", stringify!($rw), " bits a cycle; holds 8 segments and 2^", stringify!($d), " reads.")]
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
            /// The bytes from `ring_addr` on, as many cycles later as the ring takes: see `RING_LATENCY` of `Tx64` and `Tx512`.
            pub ring_data: Signal<In, Bits<$rw>>,
            /// `segment` can be sent.
            pub ready: Signal<Out, Bit>,
            pub segment: Signal<Out, TxSegment>,
            /// Its checksum.
            pub checksum: Signal<Out, Bits<16>>,
            /// Pulse: it has been sent.
            pub sent: Signal<In, Bit>,
            /// Its next payload bytes.
            pub word: Signal<Out, Bits<$rw>>,
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
            lport: Signal<Local, Bits<18>>,
            rport: Signal<Local, Bits<18>>,
            seq: Signal<Local, Bits<32>>,
            ack: Signal<Local, Bits<32>>,
            src: Signal<Local, Bits<32>>,
            dst: Signal<Local, Bits<32>>,
            control: Signal<Local, Bits<18>>,
            option: Signal<Local, Bits<18>>,
            option_sum: Signal<Local, Bits<18>>,
            fixed: Signal<Local, Bits<18>>,
            wide_offset: Signal<Local, Bits<M>>,
            wide_flow: Signal<Local, Bits<M>>,
            some: Signal<Local, Bit>,
            final_slot: Signal<Local, Bit>,
            room: Signal<Local, Bit>,
            issue: Signal<Local, Bit>,
            fresh: Signal<Local, Slot>,
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
            adder: $sum,
            arrived: Signal<Local, Slot>,
            from: Signal<Local, Bits<32>>,
            total: DFF<Bits<32>>,
            done: DFF<Bit>,
            folded: Signal<Local, Bits<17>>,
            right: Signal<Local, Bits<16>>,
            // Payload, by reads.
            ram: Bram<Bits<$rw>, $d>,
            /// Reads that have been issued and not been used.
            held: DFF<Bits<$c>>,
            write: DFF<Bits<$d>>,
            read: DFF<Bits<$d>>,
            read_next: Signal<Local, Bits<$d>>,
            headers: SmallFifo<TxSegment, 3, 4>,
            checksums: SmallFifo<Bits<16>, 3, 4>,
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
                    lport: Default::default(),
                    rport: Default::default(),
                    seq: Default::default(),
                    ack: Default::default(),
                    src: Default::default(),
                    dst: Default::default(),
                    control: Default::default(),
                    option: Default::default(),
                    option_sum: Default::default(),
                    fixed: Default::default(),
                    wide_offset: Default::default(),
                    wide_flow: Default::default(),
                    some: Default::default(),
                    final_slot: Default::default(),
                    room: Default::default(),
                    issue: Default::default(),
                    fresh: Default::default(),
                    direct: Default::default(),
                    slots: Default::default(),
                    valid: Default::default(),
                    under_way: Default::default(),
                    near: Default::default(),
                    back: Default::default(),
                    keep: Default::default(),
                    beyond: Default::default(),
                    low: Default::default(),
                    adder: Default::default(),
                    arrived: Default::default(),
                    from: Default::default(),
                    total: Default::default(),
                    done: Default::default(),
                    folded: Default::default(),
                    right: Default::default(),
                    ram: Default::default(),
                    write: Default::default(),
                    read: Default::default(),
                    read_next: Default::default(),
                    held: Default::default(),
                    headers: Default::default(),
                    checksums: Default::default(),
                }
            }
        }

        impl<const A: usize, const R: usize, const M: usize> Logic for $name<A, R, M> {
            crate::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                dff_setup!(
                    self, clock, active, first, left, bytes_left, ends, offset, flow, keep, total, done, held, write,
                    read
                );
                clock!(self, clock, adder, ram, headers, checksums);
                self.headers.reset.next = self.reset.val();
                self.checksums.reset.next = self.reset.val();

                // The sum of header and pseudo-header, in four groups of four words, which are added in the next cycle.
                self.order.next = self.inp.data.val();
                self.lport.next = bit_cast::<18, 16>(self.order.val().lport);
                self.rport.next = bit_cast::<18, 16>(self.order.val().rport);
                self.seq.next = self.order.val().seq;
                self.ack.next = self.order.val().ack;
                self.src.next = self.laddr.val();
                self.dst.next = self.order.val().raddr;
                // Data offset and flags; protocol and header length.
                self.control.next = bit_cast::<18, 8>(self.order.val().flags) | 0x5000;
                self.fixed.next = 26.into();
                self.option.next = bit_cast::<18, 16>(self.order.val().mss);
                self.option_sum.next = 0.into();
                if self.order.val().mss != 0 {
                    self.control.next = bit_cast::<18, 8>(self.order.val().flags) | 0x6000;
                    self.fixed.next = 30.into();
                    self.option_sum.next = self.option.val() + 0x0204;
                }
                for i in 0..4 {
                    self.group[i].clock.next = self.clock.val();
                    self.group[i].d.next = self.group[i].q.val();
                }

                // A slot a cycle, while there is room for what it reads.
                self.some.next = self.bytes_left.q.val();
                self.final_slot.next = self.ends.q.val();
                self.room.next = !self.held.q.val().get_bit($d) | !self.some.val();
                self.issue.next = self.active.q.val() & self.room.val();
                self.free.next = !self.active.q.val() | (self.issue.val() & self.final_slot.val());
                self.inp.ready.next = self.free.val() & self.headers.inp.ready.val();
                self.accept.next = self.inp.valid.val() & self.free.val() & self.headers.inp.ready.val();
                self.headers.inp.data.next = self.order.val();
                self.headers.inp.valid.next = self.accept.val();
                if self.issue.val() {
                    self.first.d.next = false;
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
                    self.left.d.next = self.order.val().len;
                    self.bytes_left.d.next = self.order.val().len != 0;
                    self.ends.d.next = self.order.val().len <= self.bytes_a_read.val();
                    self.offset.d.next = self.seq.val().get_bits::<R>(0);
                    self.flow.d.next = self.order.val().flow;
                    self.group[0].d.next = self.lport.val()
                        + self.rport.val()
                        + bit_cast::<18, 16>(self.seq.val().get_bits::<16>(16))
                        + bit_cast::<18, 16>(self.seq.val().get_bits::<16>(0));
                    self.group[1].d.next = self.control.val()
                        + bit_cast::<18, 16>(self.order.val().wnd)
                        + bit_cast::<18, 16>(self.ack.val().get_bits::<16>(16))
                        + bit_cast::<18, 16>(self.ack.val().get_bits::<16>(0));
                    self.group[2].d.next = bit_cast::<18, 16>(self.src.val().get_bits::<16>(16))
                        + bit_cast::<18, 16>(self.src.val().get_bits::<16>(0))
                        + bit_cast::<18, 16>(self.dst.val().get_bits::<16>(16))
                        + bit_cast::<18, 16>(self.dst.val().get_bits::<16>(0));
                    self.group[3].d.next =
                        self.option_sum.val() + self.fixed.val() + bit_cast::<18, 16>(self.order.val().len);
                }
                self.wide_offset.next = bit_cast::<M, R>(self.offset.q.val());
                self.wide_flow.next = bit_cast::<M, A>(self.flow.q.val().get_bits::<A>(0));
                self.ring_addr.next = (self.wide_flow.val() << self.ring_bits.val()) | self.wide_offset.val();
                self.ring_read.next = self.issue.val() & self.some.val();

                self.fresh.next.data = self.some.val();
                self.fresh.next.first = self.first.q.val();
                self.fresh.next.last = self.final_slot.val();
                self.fresh.next.count = self.left.q.val().get_bits::<8>(0);
                if !self.final_slot.val() {
                    self.fresh.next.count = self.bytes_a_read.val().get_bits::<8>(0);
                }
                self.fresh.next.header = bit_cast::<32, 18>(self.group[0].q.val())
                    + bit_cast::<32, 18>(self.group[1].q.val())
                    + bit_cast::<32, 18>(self.group[2].q.val())
                    + bit_cast::<32, 18>(self.group[3].q.val());

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
                if self.direct.val() {
                    self.valid[0].d.next = false;
                    self.valid[$l2].d.next = true;
                    self.slots[$l2].d.next = self.fresh.val();
                }

                // The bytes are here: into the RAM and the adder.
                self.near.next = self.slots[$l1].q.val();
                self.beyond.next = bits::<$rk2>($full) << self.near.val().count;
                self.low.next = self.beyond.val().get_bits::<$rk>(0);
                self.keep.d.next = 0.into();
                if self.valid[$l1].q.val() & self.near.val().data {
                    self.keep.d.next = !self.low.val();
                }
                self.back.next = self.slots[$l].q.val();
                self.ram.write_en.next = self.valid[$l].q.val() & self.back.val().data;
                self.ram.write_addr.next = self.write.q.val();
                self.ram.write_data.next = self.ring_data.val();
                if self.valid[$l].q.val() & self.back.val().data {
                    self.write.d.next = self.write.q.val() + 1;
                }
                self.adder.data.next = self.ring_data.val();
                self.adder.keep.next = self.keep.q.val();

                // The sum of a read is here, two cycles later.
                self.arrived.next = self.slots[$l2].q.val();
                self.from.next = self.total.q.val();
                if self.arrived.val().first {
                    self.from.next = self.arrived.val().header;
                }
                if self.valid[$l2].q.val() {
                    self.total.d.next = self.from.val() + self.adder.sum.val();
                }
                self.done.d.next = self.valid[$l2].q.val() & self.arrived.val().last;
                self.folded.next = bit_cast::<17, 16>(self.total.q.val().get_bits::<16>(0))
                    + bit_cast::<17, 16>(self.total.q.val().get_bits::<16>(16));
                self.right.next = self.folded.val().get_bits::<16>(0)
                    + bit_cast::<16, 1>(self.folded.val().get_bits::<1>(16));
                self.checksums.inp.data.next = !self.right.val();
                self.checksums.inp.valid.next = self.done.q.val();

                // To be sent.
                self.ready.next = self.checksums.out.valid.val();
                self.checksum.next = self.checksums.out.data.val();
                self.segment.next = self.headers.out.data.val();
                self.checksums.out.ready.next = self.sent.val();
                self.headers.out.ready.next = self.sent.val();
                if self.ring_read.val() & !self.next_word.val() {
                    self.held.d.next = self.held.q.val() + 1;
                }
                if self.next_word.val() & !self.ring_read.val() {
                    self.held.d.next = self.held.q.val() - 1;
                }
                self.read_next.next = self.read.q.val();
                if self.next_word.val() {
                    self.read_next.next = self.read.q.val() + 1;
                }
                self.read.d.next = self.read_next.val();
                self.ram.read_addr.next = self.read_next.val();
                self.word.next = self.ram.read_data.val();
                self.idle.next = !self.active.q.val() & !self.headers.out.valid.val() & !self.inp.valid.val();
                if self.reset.val() {
                    self.active.d.next = false;
                    self.done.d.next = false;
                    self.held.d.next = 0.into();
                    self.write.d.next = 0.into();
                    self.read.d.next = 0.into();
                    for i in 0..$n {
                        self.valid[i].d.next = false;
                    }
                }
            }
        }
    };
}
gather!(Gather64, 64, 8, 16, 0xff, Sum64, data at 2, mask at 1, sum at 4, slots 5, deep 9 count 10);
gather!(Gather512, 512, 64, 128, 0xffff_ffff_ffff_ffff_u64, Sum512, data at 3, mask at 2, sum at 5, slots 6,
        deep 8 count 9);
