// SPDX-License-Identifier: MIT OR Apache-2.0
//! Syncline's host ABI as one table: the RTL takes its addresses from here, the driver its types, the book its
//! chapter (`docs/registers.md`, rendered by [`render::markdown`]).
//!
//! - [`map`]: the registers of BAR0.
//! - [`counters`]: the event counters, one slot each.
//! - [`connection`]: the connection table, one entry a flow.
//! - [`ring`]: the entries of the submission, completion and event rings in BAR2.
//! - [`uart`]: both BARs over a serial line, for boards without PCIe.
//! - [`code`]: the numbers that entries and registers share: states, reasons, opcodes, statuses.

#![deny(missing_docs)]
#![forbid(unsafe_code)]

pub mod code;
pub mod connection;
pub mod counters;
pub mod map;
pub mod render;
pub mod ring;
pub mod uart;

/// The value of [`map::MAGIC`]: "SYNC".
pub const MAGIC: u32 = 0x5359_4e43;
/// ABI major version: a driver refuses a major version that it does not know.
pub const ABI_MAJOR: u16 = 1;
/// ABI minor version: grows when something is added that an older driver may ignore.
pub const ABI_MINOR: u16 = 0;
/// The value of [`map::ABI_VERSION`].
pub const ABI_VERSION: u32 = (ABI_MAJOR as u32) << 16 | ABI_MINOR as u32;
/// What a read of a card that is gone returns. Never a valid magic, status or first word of an entry.
pub const ALL_ONES: u32 = 0xffff_ffff;

/// Address bits of BAR0.
pub const BAR0_BITS: u32 = 20;
/// Bytes of BAR0.
pub const BAR0_BYTES: u32 = 1 << BAR0_BITS;

/// Bytes from one ring entry to the next, in each of the three rings.
pub const ENTRY_STRIDE: u32 = 64;
/// Bytes of an entry that are used; the rest is written as 0 and reads as 0.
pub const ENTRY_BYTES: usize = 32;
/// Words of an entry that are used.
pub const ENTRY_WORDS: usize = ENTRY_BYTES / 4;

/// Bytes from one flow's doorbells to the next flow's.
pub const DOORBELL_STRIDE: u32 = 8;
/// Bytes from one flow's entry of the connection table to the next.
pub const TABLE_STRIDE: u32 = 256;

/// Who may do what with a register.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// The host reads; a write is ignored.
    ReadOnly,
    /// The host reads and writes.
    ReadWrite,
    /// The host writes; it reads as 0.
    WriteOnly,
}

/// What a register holds after power-up and after `CONTROL.reset`.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Reset {
    /// This value.
    Value(u32),
    /// A constant of the build: a limit or an address.
    Build,
}

/// A part of a register or of an entry's word: bits `low..=high`.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Name, in lower case.
    pub name: &'static str,
    /// Highest bit.
    pub high: u8,
    /// Lowest bit.
    pub low: u8,
    /// What it means.
    pub meaning: &'static str,
}

impl Field {
    /// The field's value in a word.
    pub const fn get(&self, word: u32) -> u32 {
        (word >> self.low) & self.mask()
    }

    /// The word with the field set to `value`, which is cut to the field's width.
    pub const fn set(&self, word: u32, value: u32) -> u32 {
        (word & !(self.mask() << self.low)) | ((value & self.mask()) << self.low)
    }

    /// The highest value that fits.
    pub const fn mask(&self) -> u32 {
        u32::MAX >> (31 - (self.high - self.low))
    }
}

/// A register of BAR0.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Register {
    /// Byte offset in BAR0.
    pub offset: u32,
    /// Name, in upper case.
    pub name: &'static str,
    /// Who may do what.
    pub access: Access,
    /// Value after power-up.
    pub reset: Reset,
    /// What it means, with the unit.
    pub meaning: &'static str,
    /// Its parts, where it has any.
    pub fields: &'static [Field],
}

/// A 32-bit word of an entry, by its byte offset in the entry.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Byte offset in the entry.
    pub offset: u32,
    /// Name, in lower case.
    pub name: &'static str,
    /// What it means, with the unit.
    pub meaning: &'static str,
    /// Its parts, where it has any.
    pub fields: &'static [Field],
}

/// Short for a [`Field`] in a table.
const fn field(name: &'static str, high: u8, low: u8, meaning: &'static str) -> Field {
    Field { name, high, low, meaning }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_takes_and_puts_its_bits_only() {
        let f = field("port", 31, 16, "");
        assert_eq!(f.mask(), 0xffff);
        assert_eq!(f.get(0x1234_5678), 0x1234);
        assert_eq!(f.set(0xffff_5678, 0x7_abcd), 0xabcd_5678);
        let whole = field("word", 31, 0, "");
        assert_eq!(whole.get(whole.set(0, u32::MAX)), u32::MAX);
        assert_eq!(field("bit", 31, 31, "").set(0, 1), 0x8000_0000);
    }
}
