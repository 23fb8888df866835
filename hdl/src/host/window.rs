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

use crate::ram::Bram;

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
    ($name:ident, $w:tt, $k:tt, rams $rams:tt words $words:tt lane mask $lanes:tt at $shift:tt, lane bits $lane:tt, $row:tt,
     read latency $latency:tt, delayed $delayed:tt) => {
        /// `A`: the rings of entries have `2^A` entries each. `S`: bits of a row of the submission ring's memory, `A + 2` at 64 bits and
        /// `A` at 512.
        #[derive(LogicBlock)]
        pub struct $name<const A: usize, const S: usize> {
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
            /// A word of a submission entry for the card, one cycle later.
            pub sq_addr: Signal<In, Bits<A>>,
            pub sq_word: Signal<In, Bits<2>>,
            pub sq_data: Signal<Out, Bits<64>>,
            /// What the completion or the event ring holds at `raddr`, one cycle later.
            pub entry: Signal<In, Bits<$w>>,
            /// Transmit ring memory: byte address, aligned; bytes by `tx_strb`.
            pub tx_write: Signal<Out, Bit>,
            pub tx_addr: Signal<Out, Bits<20>>,
            pub tx_data: Signal<Out, Bits<$w>>,
            pub tx_strb: Signal<Out, Bits<$k>>,
            /// Receive ring memory: byte address, aligned; `rx_data` comes `READ_LATENCY` cycles later.
            pub rx_addr: Signal<Out, Bits<20>>,
            pub rx_data: Signal<In, Bits<$w>>,
            sq: [Bram<Bits<64>, S>; $rams],
            sq_lane: DFF<Bits<2>>,
            sq_part: [Signal<Local, Bits<64>>; $rams],
            from_entry: DFF<Bit>,
            delay: [DFF<Bits<$w>>; $delayed],
            done: [DFF<Bit>; $latency],
            from_rx: [DFF<Bit>; $latency],
            is_sq: Signal<Local, Bit>,
            strobes: [Signal<Local, Bits<8>>; $rams],
        }

        impl<const A: usize, const S: usize> Default for $name<A, S> {
            fn default() -> Self {
                assert_eq!(S, A + $words, "window: bits of a row of the submission ring");
                Self {
                    clock: Default::default(),
                    waddr: Default::default(),
                    wdata: Default::default(),
                    wstrb: Default::default(),
                    wvalid: Default::default(),
                    raddr: Default::default(),
                    rvalid: Default::default(),
                    rdata: Default::default(),
                    rdone: Default::default(),
                    sq_addr: Default::default(),
                    sq_word: Default::default(),
                    sq_data: Default::default(),
                    entry: Default::default(),
                    tx_write: Default::default(),
                    tx_addr: Default::default(),
                    tx_data: Default::default(),
                    tx_strb: Default::default(),
                    rx_addr: Default::default(),
                    rx_data: Default::default(),
                    sq: Default::default(),
                    sq_lane: Default::default(),
                    sq_part: Default::default(),
                    from_entry: Default::default(),
                    delay: Default::default(),
                    done: Default::default(),
                    from_rx: Default::default(),
                    is_sq: Default::default(),
                    strobes: Default::default(),
                }
            }
        }

        impl<const A: usize, const S: usize> $name<A, S> {
            /// Cycles from a read request to its answer: what the receive ring's read port takes.
            pub const READ_LATENCY: usize = $latency;
        }

        // At 64 bits there is one RAM of submission entries, and no turn of the loop over the others.
        #[allow(clippy::reversed_empty_ranges)]
        impl<const A: usize, const S: usize> Logic for $name<A, S> {
            #[hdl_gen]
            fn update(&mut self) {
                dff_setup!(self, clock, sq_lane, from_entry);
                for i in 0..$latency {
                    self.done[i].clock.next = self.clock.val();
                    self.from_rx[i].clock.next = self.clock.val();
                }
                for i in 0..$delayed {
                    self.delay[i].clock.next = self.clock.val();
                }

                // Submission entries: one word a beat at 64 bits, the whole entry at 512. The second half is not kept.
                self.is_sq.next = self.wvalid.val()
                    & (self.waddr.val().get_bits::<12>(12) == 0)
                    & !self.waddr.val().get_bit(5);
                for i in 0..$rams {
                    self.sq[i].clock.next = self.clock.val();
                    self.sq[i].write_addr.next = (bit_cast::<S, A>(self.waddr.val().get_bits::<A>(6))
                        << $words)
                        | (bit_cast::<S, 2>(self.waddr.val().get_bits::<2>(3)) >> $shift);
                    self.sq[i].write_data.next = self.wdata.val().get_bits::<64>(i * 64);
                    self.strobes[i].next = self.wstrb.val().get_bits::<8>(i * 8);
                    self.sq[i].write_en.next = self.is_sq.val() & self.strobes[i].val().all();
                    self.sq[i].read_addr.next = (bit_cast::<S, A>(self.sq_addr.val()) << $words)
                        | (bit_cast::<S, 2>(self.sq_word.val()) >> $shift);
                }
                self.sq_lane.d.next = self.sq_word.val() & $lanes;
                self.sq_part[0].next = self.sq[0].read_data.val();
                self.sq_data.next = self.sq_part[0].val();
                for i in 1..$rams {
                    self.sq_part[i].next = self.sq[i].read_data.val();
                    if self.sq_lane.q.val().index() == i {
                        self.sq_data.next = self.sq_part[i].val();
                    }
                }

                self.tx_write.next = self.wvalid.val() & (self.waddr.val().get_bits::<4>(20) == 1);
                // Zeros in the low bits let the rings' rotations fold away in synthesis.
                self.tx_addr.next = bit_cast::<20, $row>(self.waddr.val().get_bits::<$row>($lane)) << $lane;
                self.tx_data.next = self.wdata.val();
                self.tx_strb.next = self.wstrb.val();

                self.rx_addr.next = bit_cast::<20, $row>(self.raddr.val().get_bits::<$row>($lane)) << $lane;
                self.from_entry.d.next = ((self.raddr.val().get_bits::<12>(12) == 1)
                    | (self.raddr.val().get_bits::<12>(12) == 2))
                    & !self.raddr.val().get_bit(5);
                self.delay[0].d.next = 0.into();
                if self.from_entry.q.val() {
                    self.delay[0].d.next = self.entry.val();
                }
                self.done[0].d.next = self.rvalid.val();
                self.from_rx[0].d.next = self.raddr.val().get_bits::<4>(20) == 2;
                for i in 1..$delayed {
                    self.delay[i].d.next = self.delay[i - 1].q.val();
                }
                for i in 1..$latency {
                    self.done[i].d.next = self.done[i - 1].q.val();
                    self.from_rx[i].d.next = self.from_rx[i - 1].q.val();
                }
                self.rdone.next = self.done[$latency - 1].q.val();
                self.rdata.next = self.delay[$delayed - 1].q.val();
                if self.from_rx[$latency - 1].q.val() {
                    self.rdata.next = self.rx_data.val();
                }
            }
        }
    };
}

window!(Window64, 64, 8, rams 1 words 2 lane mask 0 at 0, lane bits 3, 17, read latency 3, delayed 2);
window!(Window512, 512, 64, rams 4 words 0 lane mask 3 at 2, lane bits 6, 14, read latency 4, delayed 3);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Clocked, ready, settle, tick};

    type W64 = Window64<5, 7>;
    type W512 = Window512<5, 5>;

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
        narrow.wvalid.next = false;
        let entry =
            words.iter().rev().fold(Bits::<256>::from(0), |all, w| (all << 64_u64) | Bits::<256>::from(*w));
        wide.waddr.next = (7 * 64).into();
        wide.wdata.next = bit_cast::<512, 256>(entry);
        wide.wstrb.next = Bits::<64>::from(u64::MAX);
        wide.wvalid.next = true;
        tick(wide.as_mut());
        wide.wvalid.next = false;
        for (i, word) in words.iter().enumerate() {
            (narrow.sq_addr.next, wide.sq_addr.next) = (7.into(), 7.into());
            (narrow.sq_word.next, wide.sq_word.next) = ((i as u64).into(), (i as u64).into());
            tick(narrow.as_mut());
            tick(wide.as_mut());
            assert_eq!(narrow.sq_data.val(), Bits::<64>::from(*word));
            assert_eq!(wide.sq_data.val(), Bits::<64>::from(*word));
        }
    }

    #[test]
    fn reads_come_in_order_from_the_right_memory() {
        let mut uut = ready(Box::<W64>::default());
        let uut = uut.as_mut();
        // Stands for the rings: the address of a cycle ago.
        let mut asked = 0;
        uut.rx_data.next = 0x99.into();
        let reads = [
            (CQ, u64::from(CQ)),
            (CQ + 8, u64::from(CQ + 8)),
            (EQ + 64, u64::from(EQ + 64)),
            (EQ + 72, u64::from(EQ + 72)),
            (EQ + 40, 0),
            (RX + 8, 0x99),
            (SQ, 0),
            (TX, 0),
        ];
        let mut answers = vec![];
        for cycle in 0..reads.len() + W64::READ_LATENCY + 1 {
            uut.rvalid.next = cycle < reads.len();
            uut.entry.next = asked.into();
            asked = u64::from(reads.get(cycle).map_or(0, |r| r.0));
            uut.raddr.next = asked.into();
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
