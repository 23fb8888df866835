// SPDX-License-Identifier: MIT OR Apache-2.0
//! The database of one device: its tiles, and the bits of every feature of every type of tile.

use anyhow::{Context, Result, ensure};
use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::tiles::{Block, Tile, tiles};
use super::{FRAME_WORDS, Place};

/// A bit of a feature, counted from the first frame and the first word of the tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bit {
    pub set: bool,
    pub frame: u32,
    pub bit: u32,
}

/// A feature's name without the type of tile, and its index in a row.
pub type Name = (String, u32);

/// The features of a type of tile on one bus.
pub type Features = HashMap<Name, Vec<Bit>>;

/// What there is to know of a device.
#[derive(Debug, Default)]
pub struct Database {
    pub(super) tiles: HashMap<String, Tile>,
    /// By type of tile and bus.
    pub(super) features: HashMap<(String, String), Features>,
    /// Connections without bits, by type of tile.
    free: HashMap<String, HashSet<String>>,
}

impl Database {
    /// Reads the family's folder (`artix7`) for a device (`xc7a50t`, a folder in it).
    pub fn load(family: &Path, device: &str) -> Result<Self> {
        let read = |file: &Path| {
            std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))
        };
        let mut database =
            Self { tiles: tiles(&read(&family.join(device).join("tilegrid.json"))?)?, ..Self::default() };
        let mut kinds: HashSet<(String, String)> = HashSet::new();
        let mut names: HashSet<String> = HashSet::new();
        for tile in database.tiles.values() {
            names.insert(tile.kind.clone());
            for block in &tile.blocks {
                let kind = block.alias.as_ref().map_or(&tile.kind, |alias| &alias.kind);
                kinds.insert((kind.clone(), block.bus.clone()));
            }
        }
        for (kind, bus) in kinds {
            let lower = kind.to_lowercase();
            let file = match bus.as_str() {
                "CLB_IO_CLK" => family.join(format!("segbits_{lower}.db")),
                bus => family.join(format!("segbits_{lower}.{}.db", bus.to_lowercase())),
            };
            // Some types have bits that nobody has found yet: no file, no features.
            if file.is_file() {
                let features = segbits(&read(&file)?, &kind).with_context(|| file.display().to_string())?;
                database.features.insert((kind, bus), features);
            }
        }
        for kind in names {
            let file = family.join(format!("ppips_{}.db", kind.to_lowercase()));
            if file.is_file() {
                database.free.insert(kind.clone(), ppips(&read(&file)?, &kind));
            }
        }
        Ok(database)
    }

    /// The bits of a feature and what they have to be; none for a connection without bits.
    pub fn bits(&self, tile: &str, feature: &str, index: u32) -> Result<Vec<(Place, bool)>> {
        let here = self.tiles.get(tile).with_context(|| format!("the device has no tile {tile}"))?;
        if self.free.get(&here.kind).is_some_and(|free| free.contains(feature)) {
            return Ok(vec![]);
        }
        let mut places = vec![];
        let mut known = false;
        for block in &here.blocks {
            let (kind, name) = block.name(&here.kind, feature);
            let Some(bits) = self
                .features
                .get(&(kind.to_owned(), block.bus.clone()))
                .and_then(|all| all.get(&(name, index)))
            else {
                continue;
            };
            known = true;
            for bit in bits {
                let place = block
                    .place(*bit)
                    .with_context(|| format!("{tile}.{feature} has bits outside its tile"))?;
                places.push((place, bit.set));
            }
        }
        ensure!(known, "the database has no feature {feature}[{index}] for {tile} ({})", here.kind);
        Ok(places)
    }

    /// Every frame of the device that a tile has bits in.
    pub fn frames(&self) -> impl Iterator<Item = u32> {
        self.tiles
            .values()
            .flat_map(|tile| &tile.blocks)
            .flat_map(|block| block.base..block.base + block.frames)
    }
}

impl Block {
    /// The type of tile to look a feature up in, and its name there.
    fn name<'a>(&'a self, kind: &'a str, feature: &str) -> (&'a str, String) {
        let Some(alias) = &self.alias else { return (kind, feature.to_owned()) };
        let name = match feature.split_once('.') {
            Some((site, rest)) => format!("{}.{rest}", alias.sites.get(site).map_or(site, String::as_str)),
            None => feature.to_owned(),
        };
        (&alias.kind, name)
    }

    /// Where a bit of a feature is, if it is in this block.
    pub(super) fn place(&self, bit: Bit) -> Option<Place> {
        let word = (bit.bit / 32).checked_sub(self.alias.as_ref().map_or(0, |alias| alias.start))?;
        (word < self.words && bit.frame < self.frames)
            .then(|| Place { frame: self.base + bit.frame, bit: (self.offset + word) * 32 + bit.bit % 32 })
    }
}

/// Reads `segbits_<type>.db`: a feature and its bits a line, `!` for a bit that has to be 0.
fn segbits(text: &str, kind: &str) -> Result<Features> {
    let mut features = Features::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let mut words = line.split_whitespace();
        let full = words.next().unwrap_or_default();
        let name = full.strip_prefix(kind).and_then(|name| name.strip_prefix('.'));
        let name = name.with_context(|| format!("{full} is not a feature of {kind}"))?;
        let name = match name.strip_suffix(']').and_then(|name| name.split_once('[')) {
            Some((name, index)) => {
                (name.to_owned(), index.parse().with_context(|| format!("index of {full}"))?)
            }
            None => (name.to_owned(), 0),
        };
        let bits = words.map(bit).collect::<Result<Vec<_>>>().with_context(|| format!("bits of {full}"))?;
        ensure!(features.insert(name, bits).is_none(), "{full} is there twice");
    }
    Ok(features)
}

/// `!31_04`: bit 4 of the frame 31 has to be 0.
fn bit(word: &str) -> Result<Bit> {
    let (set, rest) = word.strip_prefix('!').map_or((true, word), |rest| (false, rest));
    let (frame, bit) = rest.split_once('_').with_context(|| format!("`{word}` is not a bit"))?;
    let bit = Bit { set, frame: frame.parse()?, bit: bit.parse()? };
    ensure!(bit.bit < FRAME_WORDS * 32, "`{word}` is outside a frame");
    Ok(bit)
}

/// Reads `ppips_<type>.db`: connections that are always there, or are there if nothing else is, or are only hints to a router.
fn ppips(text: &str, kind: &str) -> HashSet<String> {
    let names = text.lines().filter_map(|line| line.split_whitespace().next());
    names.filter_map(|name| Some(name.strip_prefix(kind)?.strip_prefix('.')?.to_owned())).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A device of two whole tiles and half a one, made up.
    pub const GRID: &str = r#"{
        "INT_L_X0Y0": {"type": "INT_L", "bits": {"CLB_IO_CLK": {"baseaddr": "0x00000100", "frames": 28, "offset": 4, "words": 2}}},
        "BRAM_L_X1Y0": {"type": "BRAM_L", "bits": {
            "CLB_IO_CLK": {"baseaddr": "0x00000200", "frames": 28, "offset": 0, "words": 10},
            "BLOCK_RAM": {"baseaddr": "0x00C00000", "frames": 128, "offset": 0, "words": 10}}},
        "LIOB33_SING_X0Y49": {"type": "LIOB33_SING", "bits": {"CLB_IO_CLK": {"baseaddr": "0x00000300", "frames": 42, "offset": 99,
            "words": 2, "alias": {"type": "LIOB33", "start_offset": 0, "sites": {"IOB33_Y0": "IOB33_Y1"}}}}},
        "LIOB33_SING_X0Y0": {"type": "LIOB33_SING", "bits": {"CLB_IO_CLK": {"baseaddr": "0x00000300", "frames": 42, "offset": 0,
            "words": 2, "alias": {"type": "LIOB33", "start_offset": 2, "sites": {"IOB33_Y0": "IOB33_Y0"}}}}}
    }"#;

    const SEGBITS: [(&str, &str); 4] = [
        ("segbits_int_l.db", "INT_L.A.B 01_33 !02_00\nINT_L.A.C 02_00\n"),
        ("segbits_bram_l.db", "BRAM_L.RAMB18_Y0.IN_USE 27_100\n"),
        (
            "segbits_bram_l.block_ram.db",
            "BRAM_L.RAMB18_Y0.INIT_00[000] 00_00\nBRAM_L.RAMB18_Y0.INIT_00[001] 00_16\n",
        ),
        ("segbits_liob33.db", "LIOB33.IOB_Y0.PULL 38_64\nLIOB33.IOB_Y1.PULL 38_00\n"),
    ];

    pub fn made_up() -> Database {
        let folder = tempfile();
        std::fs::create_dir_all(folder.join("dev")).unwrap();
        std::fs::write(folder.join("dev/tilegrid.json"), GRID).unwrap();
        for (name, text) in SEGBITS {
            std::fs::write(folder.join(name), text).unwrap();
        }
        std::fs::write(folder.join("ppips_int_l.db"), "INT_L.A.VCC_WIRE default\n").unwrap();
        let database = Database::load(&folder, "dev").unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        database
    }

    fn tempfile() -> std::path::PathBuf {
        use std::sync::atomic::{AtomicU32, Ordering};
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("syncline-xray-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        std::env::temp_dir().join(name)
    }

    fn at(frame: u32, word: u32, bit: u32) -> Place {
        Place { frame, bit: word * 32 + bit }
    }

    #[test]
    fn a_bit_is_counted_from_the_tiles_first_frame_and_word() {
        let bits = made_up().bits("INT_L_X0Y0", "A.B", 0).unwrap();
        assert_eq!(bits, [(at(0x101, 5, 1), true), (at(0x102, 4, 0), false)]);
    }

    #[test]
    fn a_tile_on_two_buses_has_its_features_on_either() {
        let database = made_up();
        assert_eq!(database.bits("BRAM_L_X1Y0", "RAMB18_Y0.IN_USE", 0).unwrap(), [(at(0x21b, 3, 4), true)]);
        assert_eq!(
            database.bits("BRAM_L_X1Y0", "RAMB18_Y0.INIT_00", 1).unwrap(),
            [(at(0xc0_0000, 0, 16), true)]
        );
    }

    #[test]
    fn half_an_io_tile_is_a_part_of_a_whole_one() {
        let database = made_up();
        assert_eq!(database.bits("LIOB33_SING_X0Y0", "IOB_Y0.PULL", 0).unwrap(), [(at(0x326, 0, 0), true)]);
        // The upper half's only site is the whole tile's Y1, whatever it is called.
        for name in ["IOB_Y0.PULL", "IOB_Y1.PULL"] {
            assert_eq!(database.bits("LIOB33_SING_X0Y49", name, 0).unwrap(), [(at(0x326, 99, 0), true)]);
        }
        assert!(
            database.bits("LIOB33_SING_X0Y0", "IOB_Y1.PULL", 0).unwrap_err().to_string().contains("outside")
        );
    }

    #[test]
    fn a_connection_without_bits_is_known() {
        assert_eq!(made_up().bits("INT_L_X0Y0", "A.VCC_WIRE", 0).unwrap(), []);
    }

    #[test]
    fn what_is_not_in_the_database_is_an_error() {
        let database = made_up();
        for (tile, feature, index) in
            [("INT_L_X0Y1", "A.B", 0), ("INT_L_X0Y0", "A.D", 0), ("BRAM_L_X1Y0", "RAMB18_Y0.INIT_00", 2)]
        {
            assert!(database.bits(tile, feature, index).is_err(), "{tile}.{feature}[{index}]");
        }
    }

    #[test]
    fn a_broken_line_of_the_database_is_an_error() {
        for bad in [
            "INT_R.A.B 00_00",
            "INT_L.A.B 0000",
            "INT_L.A.B 00_9999",
            "INT_L.A.B <const0>",
            "INT_L.A.B 00_00\nINT_L.A.B 00_01",
        ] {
            assert!(segbits(bad, "INT_L").is_err(), "{bad}");
        }
    }
}
