// SPDX-License-Identifier: MIT OR Apache-2.0
//! BAR2: the submission ring's memory, and the way to the other rings and to the flows' ring memory.
//!
//! | offset | what |
//! |---|---|
//! | `0x00_0000` | submission ring (write) |
//! | `0x00_1000` | completion ring (read) |
//! | `0x00_2000` | event ring (read) |
//! | `0x10_0000` | transmit rings (write) |
//! | `0x20_0000` | receive rings (read) |
//!
//! A write takes whole 8-byte words of ring entries, single bytes of transmit rings. A read of what can't be read gives 0.

use rust_hdl::prelude::*;

use crate::ram::Lutram;

/// Offset of the submission ring.
pub const SQ: u32 = 0;
/// Offset of the completion ring.
pub const CQ: u32 = 0x1000;
/// Offset of the event ring.
pub const EQ: u32 = 0x2000;
/// Offset of the transmit rings.
pub const TX: u32 = 0x10_0000;
/// Offset of the receive rings.
pub const RX: u32 = 0x20_0000;
/// Bytes of BAR2.
pub const BYTES: u32 = 0x40_0000;
macro_rules! window {
    ($name:ident, $w:tt, $k:tt, $step:tt, $strobes:tt, $one:tt, lane bits $lane:tt, $row:tt, read latency $latency:tt) => {
        /// `A`: the rings of entries have `2^A` entries each.
        #[derive(LogicBlock, Default)]
        pub struct $name<const A: usize> {
            pub clock: Signal<In, Clock>,
            /// Byte address, aligned to the width; likewise `raddr`.
            pub waddr: Signal<In, Bits<24>>,
            pub wdata: Signal<In, Bits<$w>>,
            pub wstrb: Signal<In, Bits<$k>>,
            pub wvalid: Signal<In, Bit>,
            pub raddr: Signal<In, Bits<24>>,
            pub rvalid: Signal<In, Bit>,
            /// A fixed number of cycles after `rvalid` (`READ_LATENCY`), in order.
            pub rdata: Signal<Out, Bits<$w>>,
            pub rdone: Signal<Out, Bit>,
            /// Submission entry for the card, in the same cycle.
            pub sq_addr: Signal<In, Bits<A>>,
            pub sq_entry: Signal<Out, Bits<256>>,
            /// Completion and event entries, in the same cycle.
            pub cq_index: Signal<Out, Bits<A>>,
            pub cq_entry: Signal<In, Bits<256>>,
            pub eq_index: Signal<Out, Bits<A>>,
            pub eq_entry: Signal<In, Bits<256>>,
            /// Transmit ring memory: byte address, aligned; bytes by `tx_strb`.
            pub tx_write: Signal<Out, Bit>,
            pub tx_addr: Signal<Out, Bits<20>>,
            pub tx_data: Signal<Out, Bits<$w>>,
            pub tx_strb: Signal<Out, Bits<$k>>,
            /// Receive ring memory: byte address, aligned; `rx_data` comes `READ_LATENCY` cycles later.
            pub rx_addr: Signal<Out, Bits<20>>,
            pub rx_data: Signal<In, Bits<$w>>,
            sq: [Lutram<Bits<64>, A>; 4],
            select: Signal<Local, Bits<256>>,
            answer: Signal<Local, Bits<$w>>,
            delay: [DFF<Bits<$w>>; $latency],
            done: [DFF<Bit>; $latency],
            from_rx: [DFF<Bit>; $latency],
            is_sq: Signal<Local, Bit>,
            half: Signal<Local, Bits<3>>,
            word_read: Signal<Local, Bits<2>>,
            strobes: [Signal<Local, Bits<8>>; 4],
            amount: Signal<Local, Bits<8>>,
            moved: Signal<Local, Bits<256>>,
        }

        impl<const A: usize> $name<A> {
            /// Cycles from a read request to its answer: what the receive ring's read port takes.
            pub const READ_LATENCY: usize = $latency;
        }

        impl<const A: usize> Logic for $name<A> {
            #[hdl_gen]
            fn update(&mut self) {
                for i in 0..$latency {
                    self.delay[i].clock.next = self.clock.val();
                    self.done[i].clock.next = self.clock.val();
                    self.from_rx[i].clock.next = self.clock.val();
                }
                for i in 0..4 {
                    self.sq[i].clock.next = self.clock.val();
                    self.sq[i].read_addr.next = self.sq_addr.val();
                    self.sq[i].write_addr.next = self.waddr.val().get_bits::<A>(6);
                    self.sq[i].write_en.next = false;
                }
                self.sq_entry.next = bit_cast::<256, 64>(self.sq[0].read_data.val())
                    | (bit_cast::<256, 64>(self.sq[1].read_data.val()) << 64)
                    | (bit_cast::<256, 64>(self.sq[2].read_data.val()) << 128)
                    | (bit_cast::<256, 64>(self.sq[3].read_data.val()) << 192);
                self.is_sq.next = self.wvalid.val() & (self.waddr.val().get_bits::<12>(12) == 0);
                self.half.next = self.waddr.val().get_bits::<3>(3);
                for i in 0..4 {
                    // One word a beat at 64 bits, the whole entry at 512.
                    self.sq[i].write_data.next = self.wdata.val().get_bits::<64>(i * $step);
                    self.strobes[i].next = self.wstrb.val().get_bits::<8>(i * $strobes);
                    if self.half.val().index() == i * $one {
                        self.sq[i].write_en.next = self.is_sq.val() & self.strobes[i].val().all();
                    }
                }

                self.tx_write.next = self.wvalid.val() & (self.waddr.val().get_bits::<4>(20) == 1);
                // Zeros in the low bits let the rings' rotations fold away in synthesis.
                self.tx_addr.next = bit_cast::<20, $row>(self.waddr.val().get_bits::<$row>($lane)) << $lane;
                self.tx_data.next = self.wdata.val();
                self.tx_strb.next = self.wstrb.val();

                self.rx_addr.next = bit_cast::<20, $row>(self.raddr.val().get_bits::<$row>($lane)) << $lane;
                self.cq_index.next = self.raddr.val().get_bits::<A>(6);
                self.eq_index.next = self.raddr.val().get_bits::<A>(6);
                // Choose first and blank the beat afterwards: that is a narrower gate than one for each ring.
                self.select.next = self.cq_entry.val();
                if self.raddr.val().get_bit(13) {
                    self.select.next = self.eq_entry.val();
                }
                self.word_read.next = self.raddr.val().get_bits::<2>(3);
                self.amount.next = bit_cast::<8, 2>(self.word_read.val()) << 6;
                self.moved.next = self.select.val() >> self.amount.val();
                self.answer.next = 0.into();
                if ((self.raddr.val().get_bits::<12>(12) == 1) | (self.raddr.val().get_bits::<12>(12) == 2))
                    & !self.raddr.val().get_bit(5)
                {
                    self.answer.next = bit_cast::<$w, 256>(self.moved.val());
                }
                self.delay[0].d.next = self.answer.val();
                self.done[0].d.next = self.rvalid.val();
                self.from_rx[0].d.next = self.raddr.val().get_bits::<4>(20) == 2;
                for i in 1..$latency {
                    self.delay[i].d.next = self.delay[i - 1].q.val();
                    self.done[i].d.next = self.done[i - 1].q.val();
                    self.from_rx[i].d.next = self.from_rx[i - 1].q.val();
                }
                self.rdone.next = self.done[$latency - 1].q.val();
                self.rdata.next = self.delay[$latency - 1].q.val();
                if self.from_rx[$latency - 1].q.val() {
                    self.rdata.next = self.rx_data.val();
                }
            }
        }
    };
}

window!(Window64, 64, 8, 0, 0, 1, lane bits 3, 17, read latency 3);
window!(Window512, 512, 64, 64, 8, 0, lane bits 6, 14, read latency 4);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Clocked, ready, settle, tick};

    type W64 = Window64<5>;
    type W512 = Window512<5>;

    impl Clocked for W64 {
        fn clk(&mut self) -> &mut Signal<In, Clock> {
            &mut self.clock
        }
    }
    impl Clocked for W512 {
        fn clk(&mut self) -> &mut Signal<In, Clock> {
            &mut self.clock
        }
    }

    #[test]
    fn the_submission_ring_is_written_word_by_word_or_at_once() {
        let mut narrow = ready(Box::<W64>::default());
        let mut wide = ready(Box::<W512>::default());
        let words = [0x1111_u64, 0x2222, 0x3333, 0x4444];
        for (i, word) in words.iter().enumerate() {
            narrow.waddr.next = (7 * 64 + 8 * i as u64).into();
            narrow.wdata.next = (*word).into();
            narrow.wstrb.next = 0xff.into();
            narrow.wvalid.next = true;
            tick(narrow.as_mut());
        }
        // A word with a missing strobe, and a word behind the used half, change nothing.
        narrow.waddr.next = (7 * 64).into();
        narrow.wdata.next = 0xdead.into();
        narrow.wstrb.next = 0x7f.into();
        tick(narrow.as_mut());
        narrow.waddr.next = (7 * 64 + 32).into();
        narrow.wstrb.next = 0xff.into();
        tick(narrow.as_mut());
        let entry =
            words.iter().rev().fold(Bits::<256>::from(0), |all, w| (all << 64_u64) | Bits::<256>::from(*w));
        narrow.sq_addr.next = 7.into();
        settle(narrow.as_mut());
        assert_eq!(narrow.sq_entry.val(), entry);

        wide.waddr.next = (7 * 64).into();
        wide.wdata.next = bit_cast::<512, 256>(entry);
        wide.wstrb.next = Bits::<64>::from(u64::MAX);
        wide.wvalid.next = true;
        tick(wide.as_mut());
        wide.sq_addr.next = 7.into();
        settle(wide.as_mut());
        assert_eq!(wide.sq_entry.val(), entry);
    }

    #[test]
    fn reads_come_in_order_from_the_right_memory() {
        let mut uut = ready(Box::<W64>::default());
        let uut = uut.as_mut();
        let entry = |high: u64, low: u64| (Bits::<256>::from(high) << 64_u64) | Bits::<256>::from(low);
        uut.cq_entry.next = entry(0x22, 0x11);
        uut.eq_entry.next = entry(0x44, 0x33);
        uut.rx_data.next = 0x99.into();
        let reads = [
            (CQ, 0x11_u64),
            (CQ + 8, 0x22),
            (EQ + 64, 0x33),
            (EQ + 72, 0x44),
            (EQ + 40, 0),
            (RX + 8, 0x99),
            (SQ, 0),
            (TX, 0),
        ];
        let mut answers = vec![];
        for cycle in 0..reads.len() + W64::READ_LATENCY + 1 {
            uut.rvalid.next = cycle < reads.len();
            uut.raddr.next = u64::from(reads.get(cycle).map_or(0, |r| r.0)).into();
            settle(uut);
            if uut.rdone.val() {
                answers.push(uut.rdata.val().to_u64());
                assert_eq!(cycle, answers.len() - 1 + W64::READ_LATENCY);
            }
            tick(uut);
        }
        assert_eq!(answers, reads.map(|r| r.1));
    }

    #[test]
    fn transmit_writes_keep_their_strobes() {
        let mut uut = ready(Box::<W64>::default());
        uut.wvalid.next = true;
        uut.waddr.next = u64::from(TX + 0x1238).into();
        uut.wdata.next = 77.into();
        uut.wstrb.next = 0x3c.into();
        settle(uut.as_mut());
        assert!(uut.tx_write.val());
        assert_eq!(uut.tx_addr.val(), Bits::<20>::from(0x1238));
        assert_eq!((uut.tx_data.val(), uut.tx_strb.val()), (77.into(), 0x3c.into()));
        uut.waddr.next = u64::from(RX).into();
        uut.raddr.next = u64::from(RX + 0x1238).into();
        settle(uut.as_mut());
        assert!(!uut.tx_write.val());
        assert_eq!(uut.rx_addr.val(), Bits::<20>::from(0x1238));
    }
}
