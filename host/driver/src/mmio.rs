// SPDX-License-Identifier: MIT OR Apache-2.0
//! Mapped BARs: all of the driver's `unsafe`. Accesses are volatile, checked for bounds and alignment, and no reference
//! into a BAR is ever made.

use std::any::Any;
use std::fs::File;
use std::io;
use std::sync::atomic::{Ordering, fence};

use crate::BarError;

/// Bytes of the widest access to a window.
const WIDE: usize = 8;

/// A BAR in this process's address space.
pub(crate) struct Mapping {
    base: *mut u8,
    bytes: usize,
    bar: u8,
    /// Unmaps when dropped.
    _owner: Box<dyn Any + Send>,
}

// SAFETY: the pointer is used through `&mut self` or by volatile reads only, and the mapping that it points into is owned and
// not bound to a thread.
unsafe impl Send for Mapping {}

impl Mapping {
    /// Maps the first `bytes` of a file that stands for BAR `bar`.
    pub fn of_file(file: &File, bytes: usize, bar: u8) -> io::Result<Self> {
        let map = memmap2::MmapOptions::new().len(bytes).map_raw(file)?;
        Ok(Self { base: map.as_mut_ptr(), bytes, bar, _owner: Box::new(map) })
    }

    /// Takes a BAR that VFIO has mapped.
    #[cfg(feature = "vfio")]
    pub fn of_vfio(region: pci_driver::regions::MappedOwningPciRegion, bar: u8) -> Self {
        Self { base: region.as_mut_ptr(), bytes: region.len(), bar, _owner: Box::new(region) }
    }

    /// The address of `len` bytes at `offset`, a multiple of `align` (a power of two).
    fn at(&self, offset: u32, len: usize, align: usize) -> Result<*mut u8, BarError> {
        let start = offset as usize;
        let inside = start.checked_add(len).is_some_and(|end| end <= self.bytes);
        if !inside || !start.is_multiple_of(align) {
            return Err(BarError::OutOfRange { bar: self.bar, offset, len });
        }
        // SAFETY: `start` is at most `bytes`, so the result is inside the mapping or one behind it.
        Ok(unsafe { self.base.add(start) })
    }

    /// Reads a register.
    pub fn read32(&self, offset: u32) -> Result<u32, BarError> {
        let at = self.at(offset, 4, 4)?.cast::<u32>();
        // SAFETY: 4 bytes inside the mapping, aligned (the mapping begins at a page).
        Ok(u32::from_le(unsafe { at.read_volatile() }))
    }

    /// Writes a register, after every earlier write to any mapping.
    pub fn write32(&mut self, offset: u32, value: u32) -> Result<(), BarError> {
        let at = self.at(offset, 4, 4)?.cast::<u32>();
        fence(Ordering::SeqCst);
        // SAFETY: 4 bytes inside the mapping, aligned (the mapping begins at a page).
        unsafe { at.write_volatile(value.to_le()) };
        Ok(())
    }

    /// Reads bytes from a window, by aligned wide reads: bytes beside the wanted ones are read too.
    pub fn read(&self, offset: u32, bytes: &mut [u8]) -> Result<(), BarError> {
        self.at(offset, bytes.len(), 1)?;
        let mut at = offset as usize;
        let mut rest = bytes;
        while !rest.is_empty() {
            let lane = at % WIDE;
            let count = (WIDE - lane).min(rest.len());
            let (now, later) = rest.split_at_mut(count);
            let from = self.at((at - lane) as u32, WIDE, WIDE)?.cast::<u64>();
            // SAFETY: 8 bytes inside the mapping, aligned.
            let word = unsafe { from.read_volatile() }.to_ne_bytes();
            now.copy_from_slice(&word[lane..lane + count]);
            (at, rest) = (at + count, later);
        }
        Ok(())
    }

    /// Writes bytes to a window: whole words wide, the ends byte by byte.
    pub fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), BarError> {
        self.at(offset, bytes.len(), 1)?;
        let head = (offset as usize).next_multiple_of(WIDE) - offset as usize;
        let (head, rest) = bytes.split_at(head.min(bytes.len()));
        let (words, tail) = rest.as_chunks::<WIDE>();
        let mut at = offset;
        for byte in head {
            self.write8(at, *byte)?;
            at += 1;
        }
        for word in words {
            let to = self.at(at, WIDE, WIDE)?.cast::<u64>();
            // SAFETY: 8 bytes inside the mapping, aligned.
            unsafe { to.write_volatile(u64::from_ne_bytes(*word)) };
            at += WIDE as u32;
        }
        for byte in tail {
            self.write8(at, *byte)?;
            at += 1;
        }
        Ok(())
    }

    fn write8(&mut self, offset: u32, value: u8) -> Result<(), BarError> {
        let at = self.at(offset, 1, 1)?;
        // SAFETY: 1 byte inside the mapping.
        unsafe { at.write_volatile(value) };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(bytes: usize) -> Mapping {
        let file = tempfile::tempfile().expect("a temporary file");
        file.set_len(bytes as u64).expect("space");
        Mapping::of_file(&file, bytes, 2).expect("a file can be mapped")
    }

    #[test]
    fn registers_are_little_endian_aligned_and_inside() {
        let mut m = mapping(4096);
        m.write32(8, 0x1234_5678).expect("inside");
        assert_eq!(m.read32(8).expect("inside"), 0x1234_5678);
        let mut bytes = [0; 4];
        m.read(8, &mut bytes).expect("inside");
        assert_eq!(bytes, [0x78, 0x56, 0x34, 0x12]);
        for offset in [1, 2, 3, 4094, 4096, u32::MAX, u32::MAX - 3] {
            assert!(matches!(m.read32(offset), Err(BarError::OutOfRange { bar: 2, .. })), "{offset}");
            assert!(matches!(m.write32(offset, 0), Err(BarError::OutOfRange { .. })), "{offset}");
        }
    }

    #[test]
    fn windows_take_every_offset_and_length_and_touch_nothing_else() {
        let mut m = mapping(4096);
        for offset in 0..17u32 {
            for len in 0..40usize {
                m.write(0, &[0xee; 64]).expect("inside");
                let data: Vec<u8> = (0..len).map(|i| i as u8 ^ 0x55).collect();
                m.write(offset, &data).expect("inside");
                let mut back = vec![0; len];
                m.read(offset, &mut back).expect("inside");
                assert_eq!(back, data, "{offset} {len}");
                let mut all = [0; 64];
                m.read(0, &mut all).expect("inside");
                let end = offset as usize + len;
                assert!(
                    all[..offset as usize].iter().chain(&all[end..]).all(|b| *b == 0xee),
                    "{offset} {len}"
                );
            }
        }
        assert!(matches!(m.write(4090, &[0; 7]), Err(BarError::OutOfRange { .. })));
        assert!(matches!(m.read(4090, &mut [0; 7]), Err(BarError::OutOfRange { .. })));
        m.read(4090, &mut [0; 6]).expect("up to the end");
    }
}
