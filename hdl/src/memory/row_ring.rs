// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`RowRing16`]: byte rings in block RAM that are read by rows, for who puts the bytes of a row in place himself.

use rust_hdl::prelude::*;

use super::lane_ring::Lanes8;

/// `2^B` bytes in `2^R` rows of sixteen; one write of eight bytes and one read of a row per cycle.
///
/// Rings are of no concern here: whoever reads counts rows inside the ring of a flow.
#[derive(LogicBlock)]
pub struct RowRing16<const B: usize, const R: usize, const RING: usize> {
    pub clock: Signal<In, Clock>,
    pub write_valid: Signal<In, Bit>,
    /// Byte address; the low three bits are not looked at.
    pub write_addr: Signal<In, Bits<B>>,
    pub write_data: Signal<In, Bits<64>>,
    /// The bytes to write, in any pattern.
    pub write_keep: Signal<In, Bits<8>>,
    /// Byte address from a register; the low four bits are not looked at.
    pub read_addr: Signal<In, Bits<B>>,
    /// The row of `read_addr`, two cycles later.
    pub read_data: Signal<Out, Bits<128>>,
    // The lanes 0 to 7 of a row, and 8 to 15.
    groups: [Lanes8<R, 128>; 2],
    row: DFF<Bits<R>>,
    enable: [DFF<Bits<8>>; 2],
    data: DFF<Bits<64>>,
    held: DFF<Bits<128>>,
    moved: Signal<Local, Bits<B>>,
    read_row: Signal<Local, Bits<B>>,
}

impl<const B: usize, const R: usize, const RING: usize> RowRing16<B, R, RING> {
    /// Cycles from `read_addr` to `read_data`.
    pub const READ_LATENCY: usize = 2;
    /// A read issued this many cycles after the write, or later, sees it.
    pub const WRITE_LATENCY: usize = 2;
}

impl<const B: usize, const R: usize, const RING: usize> Default for RowRing16<B, R, RING> {
    fn default() -> Self {
        assert_eq!(B, R + 4, "row ring: address and row bits disagree");
        assert!(RING.is_power_of_two() && RING >= 32, "row ring: no ring of {RING} bytes");
        assert!(RING <= 1 << B, "row ring: no ring of {RING} bytes here");
        Self {
            clock: Default::default(),
            write_valid: Default::default(),
            write_addr: Default::default(),
            write_data: Default::default(),
            write_keep: Default::default(),
            read_addr: Default::default(),
            read_data: Default::default(),
            groups: Default::default(),
            row: Default::default(),
            enable: Default::default(),
            data: Default::default(),
            held: Default::default(),
            moved: Default::default(),
            read_row: Default::default(),
        }
    }
}

impl<const B: usize, const R: usize, const RING: usize> Logic for RowRing16<B, R, RING> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, row, data, held);
        self.moved.next = self.write_addr.val() >> 4;
        self.row.d.next = self.moved.val().get_bits::<R>(0);
        self.data.d.next = self.write_data.val();
        for i in 0..2 {
            self.enable[i].clock.next = self.clock.val();
            self.enable[i].d.next = 0.into();
        }
        if self.write_valid.val() {
            if self.write_addr.val().get_bit(3) {
                self.enable[1].d.next = self.write_keep.val();
            } else {
                self.enable[0].d.next = self.write_keep.val();
            }
        }
        self.read_row.next = self.read_addr.val() >> 4;
        for i in 0..2 {
            self.groups[i].clock.next = self.clock.val();
            self.groups[i].write_en.next = self.enable[i].q.val();
            self.groups[i].write_row.next = self.row.q.val();
            self.groups[i].write_next_row.next = self.row.q.val();
            self.groups[i].write_next.next = 0.into();
            self.groups[i].write_data.next = self.data.q.val();
            self.groups[i].read_row.next = self.read_row.val().get_bits::<R>(0);
            self.groups[i].read_next_row.next = self.read_row.val().get_bits::<R>(0);
            self.groups[i].read_next.next = 0.into();
        }
        self.held.d.next = self.groups[0].read_data.val() | (self.groups[1].read_data.val() << 64);
        self.read_data.next = self.held.q.val();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{ready, tick};
    use crate::stream::bench::{Rng, bits_of, bytes_of, clocked};

    type Uut = RowRing16<8, 4, 64>;
    clocked!(Uut);

    /// A write and a read every cycle against a byte array.
    #[test]
    fn reads_what_was_written() {
        let mut rng = Rng::new(44);
        let mut uut = ready(Box::<Uut>::default());
        let mut memory = [0_u8; 256];
        // Writes that are not visible yet, reads whose answer is to come.
        let (mut writes, mut reads) = (std::collections::VecDeque::new(), std::collections::VecDeque::new());
        for cycle in 0..2000_usize {
            let addr = if cycle < 32 { cycle * 8 } else { rng.below(32) as usize * 8 };
            let (data, valid) = (rng.bytes(8), cycle < 32 || rng.chance(80));
            let keep = if cycle < 32 { 0xff } else { rng.below(256) };
            uut.write_valid.next = valid;
            uut.write_addr.next = (addr as u64 + rng.below(8)).into();
            uut.write_data.next = bits_of(&data);
            uut.write_keep.next = keep.into();
            writes.push_back((addr, data, if valid { keep } else { 0 }));
            while writes.len() > Uut::WRITE_LATENCY {
                let (addr, data, keep) = writes.pop_front().expect("not empty");
                (0..8).filter(|i| keep >> i & 1 == 1).for_each(|i| memory[addr + i] = data[i]);
            }
            let busy = |row: usize| writes.iter().any(|(addr, ..)| addr / 16 == row);
            let row = (0..50).map(|_| rng.below(16) as usize).find(|row| !busy(*row)).expect("a quiet row");
            uut.read_addr.next = (row as u64 * 16 + rng.below(16)).into();
            reads.push_back(memory[row * 16..row * 16 + 16].to_vec());
            tick(&mut *uut);
            if reads.len() == Uut::READ_LATENCY {
                assert_eq!(
                    bytes_of(uut.read_data.val(), 16),
                    reads.pop_front().expect("not empty"),
                    "cycle {cycle}"
                );
            }
        }
    }

    #[test]
    #[should_panic(expected = "no ring of 48 bytes")]
    fn refuses_a_ring_of_odd_size() {
        let _ = RowRing16::<8, 4, 48>::default();
    }
}
