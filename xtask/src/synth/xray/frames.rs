// SPDX-License-Identifier: MIT OR Apache-2.0
//! The configuration memory: assembled from features, written and read as a `.frm` file.

use anyhow::{Context, Result, bail, ensure};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use super::tiles::Block;
use super::{Database, FRAME_WORDS, Line};

/// A bit of the configuration memory: the frame's address, and the bit in it (word times 32 plus bit of the word).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    pub frame: u32,
    pub bit: u32,
}

/// Frames by address.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Frames(BTreeMap<u32, Vec<u32>>);

/// Sets what the features ask for in an empty configuration memory. All that the database doesn't know is said at once.
///
/// Two features that want a bit different exclude each other: a design has only one of them.
pub fn assemble(database: &Database, features: &[Line<'_>]) -> Result<Frames> {
    let mut frames = Frames::default();
    for address in database.frames() {
        frames.0.entry(address).or_insert_with(|| vec![0; FRAME_WORDS as usize]);
    }
    let mut wanted: HashMap<Place, (bool, &Line<'_>)> = HashMap::new();
    let mut unknown = vec![];
    for line in features {
        let bits = match database.bits(line.tile, line.feature, line.index) {
            Ok(bits) => bits,
            Err(error) => {
                unknown.push(format!("line {}: {error}", line.number));
                continue;
            }
        };
        for (place, set) in bits {
            let (before, other) = *wanted.entry(place).or_insert((set, line));
            if before != set {
                bail!(
                    "{}.{} (line {}) and {}.{} (line {}) want bit {} of frame {:#010x} different",
                    other.tile,
                    other.feature,
                    other.number,
                    line.tile,
                    line.feature,
                    line.number,
                    place.bit,
                    place.frame
                );
            }
            if set {
                frames.set(place);
            }
        }
    }
    ensure!(
        unknown.is_empty(),
        "{} feature(s) are not in the database:\n{}",
        unknown.len(),
        unknown.join("\n")
    );
    Ok(frames)
}

impl Frames {
    /// Sets a bit to 1.
    pub fn set(&mut self, place: Place) {
        let words = self.0.entry(place.frame).or_insert_with(|| vec![0; FRAME_WORDS as usize]);
        if let Some(word) = words.get_mut((place.bit / 32) as usize) {
            *word |= 1 << (place.bit % 32);
        }
    }

    /// Is the bit 1?
    pub fn has(&self, place: Place) -> bool {
        let word = self.0.get(&place.frame).and_then(|words| words.get((place.bit / 32) as usize));
        word.is_some_and(|word| word >> (place.bit % 32) & 1 == 1)
    }

    /// Is any bit of the block 1?
    pub(super) fn any(&self, block: &Block) -> bool {
        let words = block.offset as usize..(block.offset + block.words) as usize;
        let mut frames = self.0.range(block.base..block.base + block.frames);
        frames.any(|(_, frame)| {
            frame.get(words.clone()).is_some_and(|words| words.iter().any(|word| *word != 0))
        })
    }

    /// The ones, in the order of their addresses.
    pub fn ones(&self) -> impl Iterator<Item = Place> {
        self.0.iter().flat_map(|(frame, words)| {
            (0..).zip(words).flat_map(move |(index, word)| {
                let bits = (0..32).filter(move |bit| word >> bit & 1 == 1);
                bits.map(move |bit| Place { frame: *frame, bit: index * 32 + bit })
            })
        })
    }

    /// The text that `xc7frames2bit` reads: an address and 101 words a line.
    pub fn frm(&self) -> String {
        let mut text = String::new();
        for (address, words) in &self.0 {
            let words: Vec<_> = words.iter().map(|word| format!("0x{word:08X}")).collect();
            writeln!(text, "0x{address:08X} {}", words.join(",")).expect("a String takes everything");
        }
        text
    }

    /// Reads what `bitread -y` finds in a bitstream: `bit_<frame>_<word>_<bit>` for every 1.
    pub fn from_bitread(text: &str) -> Result<Self> {
        let mut frames = Self::default();
        for line in text.lines().filter(|line| !line.is_empty()) {
            frames.set(one(line).with_context(|| format!("`{line}` is not a bit"))?);
        }
        Ok(frames)
    }
}

fn one(line: &str) -> Option<Place> {
    let mut parts = line.strip_prefix("bit_")?.split('_');
    let frame = u32::from_str_radix(parts.next()?, 16).ok()?;
    let (word, bit) = (parts.next()?.parse::<u32>().ok()?, parts.next()?.parse::<u32>().ok()?);
    (word < FRAME_WORDS && bit < 32 && parts.next().is_none())
        .then_some(Place { frame, bit: word * 32 + bit })
}

#[cfg(test)]
mod tests {
    use super::super::database::tests::made_up;
    use super::super::lines;
    use super::*;

    fn frames_of(text: &str) -> Result<Frames> {
        assemble(&made_up(), &lines(text).unwrap())
    }

    #[test]
    fn features_set_their_bits_and_no_others() {
        let frames =
            frames_of("INT_L_X0Y0.A.B\nBRAM_L_X1Y0.RAMB18_Y0.INIT_00[1:0] = 2'b10\nINT_L_X0Y0.A.VCC_WIRE")
                .unwrap();
        let ones: Vec<_> = frames.ones().collect();
        assert_eq!(ones, [Place { frame: 0x101, bit: 161 }, Place { frame: 0xc0_0000, bit: 16 }]);
        assert!(frames.has(ones[0]) && !frames.has(Place { frame: 0x101, bit: 160 }));
    }

    #[test]
    fn every_frame_of_the_device_is_written() {
        let text = frames_of("INT_L_X0Y0.A.B").unwrap().frm();
        assert_eq!(text.lines().count(), 28 + 28 + 128 + 42);
        let line = text.lines().find(|line| line.starts_with("0x00000101 ")).unwrap();
        let words: Vec<_> = line.split_once(' ').unwrap().1.split(',').collect();
        assert_eq!(words.len(), 101);
        assert_eq!(words[5], "0x00000002");
        assert_eq!(words.iter().filter(|word| **word != "0x00000000").count(), 1);
    }

    #[test]
    fn features_that_exclude_each_other_are_refused() {
        let error = frames_of("INT_L_X0Y0.A.B\nINT_L_X0Y0.A.C").unwrap_err().to_string();
        assert!(error.contains("line 1") && error.contains("line 2"), "{error}");
    }

    #[test]
    fn all_unknown_features_are_named() {
        let error = frames_of("INT_L_X0Y0.A.X\nINT_L_X0Y0.A.B\nNOWHERE.A").unwrap_err().to_string();
        assert!(
            error.starts_with("2 feature(s)") && error.contains("line 1") && error.contains("line 3"),
            "{error}"
        );
    }

    #[test]
    fn bits_of_a_bitstream_are_read() {
        let frames = Frames::from_bitread("bit_00000101_005_01\nbit_00c00000_000_16\n").unwrap();
        assert_eq!(
            frames.ones().collect::<Vec<_>>(),
            frames_of("INT_L_X0Y0.A.B\nBRAM_L_X1Y0.RAMB18_Y0.INIT_00[1]").unwrap().ones().collect::<Vec<_>>()
        );
        for bad in
            ["bit_101", "bit_00000101_101_00", "bit_00000101_000_32", "101_0_0", "bit_00000101_000_00_0"]
        {
            assert!(Frames::from_bitread(bad).is_err(), "{bad}");
        }
    }
}
