// SPDX-License-Identifier: MIT OR Apache-2.0
//! From FASM to configuration frames of a 7-series device, by the database of Project X-Ray.
//!
//! The formats are those of the project's documentation ("Database"): `tilegrid.json` says where a tile's bits are, `segbits_<type>.db`
//! which bits a feature of a tile type sets and clears, `ppips_<type>.db` which connections have no bits at all.
//! FASM is a list of features: `TILE.FEATURE`, with `[high:low] = value` where a feature is a row of bits.

mod database;
mod decode;
mod fasm;
mod frames;
mod tiles;

pub use database::Database;
pub use decode::decode;
pub use fasm::{Line, lines};
pub use frames::{Frames, Place, assemble};

/// Words of 32 bits in a frame of a 7-series device (UG470, "Configuration Frames").
pub const FRAME_WORDS: u32 = 101;
