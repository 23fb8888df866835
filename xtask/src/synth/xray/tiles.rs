// SPDX-License-Identifier: MIT OR Apache-2.0
//! `tilegrid.json`: the tiles of a device and where their bits are.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::HashMap;

use super::FRAME_WORDS;

/// A tile of the device.
#[derive(Debug)]
pub struct Tile {
    /// `INT_L`: names the files of the database.
    pub kind: String,
    /// Its bits, a block for each configuration bus that reaches it.
    pub blocks: Vec<Block>,
}

/// The bits of a tile on one bus: `words` words of each of `frames` frames.
#[derive(Debug)]
pub struct Block {
    /// `CLB_IO_CLK` or `BLOCK_RAM`.
    pub bus: String,
    pub base: u32,
    pub frames: u32,
    pub offset: u32,
    pub words: u32,
    pub alias: Option<Alias>,
}

/// The tile's features are those of another type of tile, of which it is a part (an edge of the device has half an IO tile).
#[derive(Debug)]
pub struct Alias {
    pub kind: String,
    /// The word of the other type's tile that this tile begins with.
    pub start: u32,
    /// Sites by the names they have here, and there.
    pub sites: HashMap<String, String>,
}

/// Reads the file.
pub fn tiles(text: &str) -> Result<HashMap<String, Tile>> {
    let grid: HashMap<String, Value> = serde_json::from_str(text).context("tilegrid.json")?;
    grid.iter()
        .map(|(name, value)| Ok((name.clone(), tile(value).with_context(|| format!("tile {name}"))?)))
        .collect()
}

fn tile(value: &Value) -> Result<Tile> {
    let kind = value["type"].as_str().context("no type")?.to_owned();
    let mut blocks = vec![];
    for (bus, bits) in value["bits"].as_object().context("no bits")? {
        let number = |key: &str| {
            bits[key].as_u64().and_then(|n| u32::try_from(n).ok()).with_context(|| format!("no {key}"))
        };
        let base =
            bits["baseaddr"].as_str().and_then(|text| text.strip_prefix("0x")).context("no baseaddr")?;
        let block = Block {
            bus: bus.clone(),
            base: u32::from_str_radix(base, 16).context("baseaddr")?,
            frames: number("frames")?,
            offset: number("offset")?,
            words: number("words")?,
            alias: bits.get("alias").map(alias).transpose()?,
        };
        ensure!(
            block.offset.saturating_add(block.words) <= FRAME_WORDS && block.frames <= 1024,
            "its bits are outside a frame"
        );
        blocks.push(block);
    }
    Ok(Tile { kind, blocks })
}

fn alias(value: &Value) -> Result<Alias> {
    let sites = value["sites"].as_object().context("alias without sites")?;
    Ok(Alias {
        kind: value["type"].as_str().context("alias without a type")?.to_owned(),
        start: value["start_offset"]
            .as_u64()
            .and_then(|n| u32::try_from(n).ok())
            .context("alias without start_offset")?,
        // Features call an IO site IOB_Y0, the grid calls it IOB33_Y0.
        sites: sites
            .iter()
            .filter_map(|(here, there)| {
                Some((here.replace("IOB33_", "IOB_"), there.as_str()?.replace("IOB33_", "IOB_")))
            })
            .collect(),
    })
}
