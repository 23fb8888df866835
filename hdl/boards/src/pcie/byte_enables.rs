// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`ByteEnables`]: which bytes a read asks for (PCIe Base 2.3.1.1, the tables of Byte Count and Lower Address).

use rust_hdl::prelude::*;

/// What makes Byte Count and the two low bits of Lower Address of a read's only or first completion. Combinational.
#[derive(LogicBlock, Default)]
pub struct ByteEnables {
    /// Length of the read, 1 to 1024.
    pub dwords: Signal<In, Bits<11>>,
    /// First DW Byte Enables.
    pub first: Signal<In, Bits<4>>,
    /// Last DW Byte Enables: 0 for a read of one dword.
    pub last: Signal<In, Bits<4>>,
    /// Bytes of the dwords that are before the first enabled byte or behind the last.
    pub trim: Signal<Out, Bits<3>>,
    /// No byte is enabled: a read that only flushes. It counts one byte.
    pub none: Signal<Out, Bit>,
    /// First enabled byte of the first dword.
    pub offset: Signal<Out, Bits<2>>,
    one: Signal<Local, Bit>,
    end: Signal<Local, Bits<4>>,
    lead: Signal<Local, Bits<2>>,
    trail: Signal<Local, Bits<2>>,
}

impl Logic for ByteEnables {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        self.one.next = self.dwords.val() == 1;
        self.end.next = self.last.val();
        if self.one.val() {
            self.end.next = self.first.val();
        }
        // Bytes before the first enabled one.
        self.lead.next = 0.into();
        if self.first.val().get_bit(3) {
            self.lead.next = 3.into();
        }
        if self.first.val().get_bit(2) {
            self.lead.next = 2.into();
        }
        if self.first.val().get_bit(1) {
            self.lead.next = 1.into();
        }
        if self.first.val().get_bit(0) {
            self.lead.next = 0.into();
        }
        // Bytes behind the last enabled one.
        self.trail.next = 0.into();
        if self.end.val().get_bit(0) {
            self.trail.next = 3.into();
        }
        if self.end.val().get_bit(1) {
            self.trail.next = 2.into();
        }
        if self.end.val().get_bit(2) {
            self.trail.next = 1.into();
        }
        if self.end.val().get_bit(3) {
            self.trail.next = 0.into();
        }
        self.trim.next = bit_cast::<3, 2>(self.lead.val()) + bit_cast::<3, 2>(self.trail.val());
        self.none.next = self.one.val() & !self.first.val().any();
        self.offset.next = self.lead.val();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_hdl::sim::{ready, settle};

    /// Against the bytes themselves: the distance from the first enabled byte to the last.
    #[test]
    fn every_pattern_of_one_and_more_dwords() {
        let mut uut = ready(Box::<ByteEnables>::default());
        for (dwords, lasts) in [(1_u64, 0..1_u64), (2, 1..16), (3, 1..16), (33, 1..16), (1024, 1..16)] {
            for last in lasts {
                for first in u64::from(dwords > 1)..16 {
                    uut.dwords.next = dwords.into();
                    uut.first.next = first.into();
                    uut.last.next = last.into();
                    settle(uut.as_mut());
                    let enabled = |byte: &u64| match byte / 4 {
                        0 => first >> (byte % 4) & 1 == 1,
                        dword if dword + 1 == dwords => last >> (byte % 4) & 1 == 1,
                        _ => true,
                    };
                    let bytes: Vec<u64> = (0..4 * dwords).filter(enabled).collect();
                    let (count, offset) = match (bytes.first(), bytes.last()) {
                        (Some(a), Some(b)) => (b - a + 1, a % 4),
                        _ => (1, 0),
                    };
                    let whole = if uut.none.val() { 1 } else { 4 * dwords - uut.trim.val().to_u64() };
                    let got = (whole, uut.offset.val().to_u64());
                    assert_eq!(got, (count, offset), "{dwords} dwords, first {first:04b}, last {last:04b}");
                }
            }
        }
    }
}
