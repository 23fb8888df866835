// SPDX-License-Identifier: MIT OR Apache-2.0
//! A card without PCIe: BAR0 and BAR2 over a UART, in frames as LiteX's UARTBone has them.
//!
//! Every constant ending in `_AT` is a byte address of the one address space that the frames reach; a frame carries it divided by 4.

use crate::Word;

/// Byte address of BAR0.
pub const BAR0_AT: u32 = 0;
/// Byte address of BAR2.
pub const BAR2_AT: u32 = 0x0100_0000;
/// Byte address of the line's own counters, [`LINE`].
pub const LINE_AT: u32 = 0x0200_0000;
/// Address bits of each of the three.
pub const SPACE_BITS: u32 = 24;

/// Command: write words to consecutive addresses.
pub const WRITE: u8 = 1;
/// Command: read words from consecutive addresses.
pub const READ: u8 = 2;
/// Command: write words to one address, one after the other.
pub const WRITE_FIXED: u8 = 3;
/// Command: read one address again and again.
pub const READ_FIXED: u8 = 4;
/// Command: write some bytes of one word. Not one of UARTBone's.
pub const WRITE_BYTES: u8 = 5;

/// Bytes before a frame's words: command, count, address.
pub const HEADER_BYTES: usize = 6;
/// Words of a frame at most.
pub const WORDS_MAX: usize = 255;
/// A frame whose next byte does not come within this is forgotten, milliseconds.
pub const STALL_MS: u32 = 100;
/// Bytes that the card keeps while it answers: two more requests to read may be under way.
pub const QUEUE_BYTES: usize = 16;

/// The line's counters: read-only, 16 bits, wrapping; cleared by the board's reset alone.
pub const LINE: &[Word] = &[
    counter(0, "framing", "Bytes lost because their stop bit was low: noise, or another baud rate."),
    counter(4, "overrun", "Bytes lost because the queue was full: more than two requests ahead."),
    counter(8, "stalled", "Frames forgotten because their next byte did not come."),
    counter(12, "unknown", "Bytes in a command's place that are no command, ignored."),
];

const fn counter(offset: u32, name: &'static str, meaning: &'static str) -> Word {
    Word { offset, name, meaning, fields: &[] }
}

// The spaces hold the BARs and do not overlap; two requests fit into the queue.
const _: () = {
    assert!(crate::BAR0_BITS <= SPACE_BITS && BAR0_AT == 0);
    assert!(BAR2_AT == 1 << SPACE_BITS && LINE_AT == 2 << SPACE_BITS);
    assert!(2 * HEADER_BYTES <= QUEUE_BYTES);
};
