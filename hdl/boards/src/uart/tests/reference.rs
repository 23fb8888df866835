// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a bridge must do with a frame, written from `docs/registers.md` for the tests: whole frames, no bytes and no cycles.

use syncline_hdl::stream::bench::Rng;
use syncline_regs::uart::{BAR0_AT, BAR2_AT, LINE_AT, READ, READ_FIXED, WRITE, WRITE_BYTES, WRITE_FIXED};

/// What the core sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// A register is written.
    Register(u32, u32),
    /// A register is read.
    ReadRegister(u32),
    /// A write to a window: address of the 64-bit word, and the bytes that have a strobe.
    Window(u32, [Option<u8>; 8]),
    /// A 64-bit word of a window is read.
    ReadWindow(u32),
}

/// What the registers of the test bench hold.
pub fn register(offset: u32) -> u32 {
    (offset ^ 0x5a5a_0000).wrapping_mul(0x9e37_79b1)
}

/// What a byte of its windows holds.
pub fn window(offset: u32) -> u8 {
    (offset.wrapping_mul(0x85eb_ca6b) >> 13) as u8
}

/// A frame as it is sent. `second` is the count, or the strobes.
#[derive(Clone, Debug)]
pub struct Frame {
    pub command: u8,
    pub second: u8,
    /// Of the first word, in bytes.
    pub address: u32,
    pub words: Vec<u32>,
}

impl Frame {
    pub fn read(address: u32, count: u8) -> Self {
        Frame { command: READ, second: count, address, words: vec![] }
    }

    pub fn write(address: u32, words: &[u32]) -> Self {
        Frame { command: WRITE, second: words.len() as u8, address, words: words.to_vec() }
    }

    pub fn random(rng: &mut Rng) -> Self {
        let command = [WRITE, WRITE, READ, WRITE_FIXED, READ_FIXED, WRITE_BYTES][rng.below(6) as usize];
        let count = if rng.chance(3) { 255 } else { rng.below(10) as u8 };
        let second = if command == WRITE_BYTES { rng.next() as u8 } else { count };
        let page = [BAR0_AT, BAR2_AT, BAR2_AT, LINE_AT, 0x0300_0000, 0xff00_0000][rng.below(6) as usize];
        // At a page's beginning and end, and anywhere.
        let offset =
            [rng.below(16), 0xff_ffe0 + rng.below(32), 0xf_ffe0 + rng.below(64), rng.next() & 0xff_ffff];
        let address = (page + offset[rng.below(4) as usize] as u32) & !3;
        let words = match command {
            WRITE | WRITE_FIXED => count.into(),
            WRITE_BYTES => 1,
            _ => 0,
        };
        Frame { command, second, address, words: (0..words).map(|_| rng.next() as u32).collect() }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![self.command, self.second];
        bytes.extend((self.address / 4).to_be_bytes());
        self.words.iter().for_each(|word| bytes.extend(word.to_be_bytes()));
        bytes
    }

    /// The addresses of its words. The address space wraps.
    fn addresses(&self) -> Vec<u32> {
        let count = if self.command == WRITE_BYTES { 1 } else { u32::from(self.second) };
        let step = if matches!(self.command, READ | WRITE) { 4 } else { 0 };
        (0..count).map(|i| self.address.wrapping_add(i * step)).collect()
    }

    /// The core's accesses and the bytes of the answer; `line` are the line's counters.
    pub fn effect(&self, line: [u16; 4]) -> (Vec<Access>, Vec<u8>) {
        let (mut accesses, mut answer) = (vec![], vec![]);
        for (i, address) in self.addresses().into_iter().enumerate() {
            let (page, offset) = (address & 0xff00_0000, address & 0x00ff_ffff);
            let register_here = page == BAR0_AT && offset < 1 << 20;
            let Some(word) = self.words.get(i).copied() else {
                let value = if register_here {
                    accesses.push(Access::ReadRegister(offset));
                    register(offset)
                } else if page == BAR2_AT {
                    accesses.push(Access::ReadWindow(offset & !7));
                    u32::from_le_bytes(std::array::from_fn(|i| window(offset + i as u32)))
                } else if page == LINE_AT && offset < 16 {
                    line[offset as usize / 4].into()
                } else {
                    0
                };
                answer.extend(value.to_be_bytes());
                continue;
            };
            let strobes = if self.command == WRITE_BYTES { self.second & 0xf } else { 0xf };
            if register_here && strobes == 0xf {
                accesses.push(Access::Register(offset, word));
            }
            if page == BAR2_AT {
                let (beat, lane) = (offset & !7, offset as usize % 8);
                let mut bytes = [None; 8];
                // The upper half of a word whose lower half has just been written by this frame.
                if let (WRITE, 4, Some(Access::Window(before, lower))) = (self.command, lane, accesses.last())
                    && *before == beat
                {
                    bytes = *lower;
                    accesses.pop();
                }
                for (i, byte) in word.to_le_bytes().into_iter().enumerate() {
                    if strobes >> i & 1 != 0 {
                        bytes[lane + i] = Some(byte);
                    }
                }
                accesses.push(Access::Window(beat, bytes));
            }
        }
        (accesses, answer)
    }
}
