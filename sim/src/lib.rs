// SPDX-License-Identifier: MIT OR Apache-2.0
//! The simulated Syncline card: the Verilated core with a clock, a cable, peers and recorders around it.
//!
//! On virtual time a run is deterministic: the same calls with the same seed give the same frames at the same cycles.
//! Time advances by the clock period while the card works, and jumps to the next deadline while it is idle, so that
//! minutes of TCP time take milliseconds.
//!
//! ```
//! use std::time::Duration;
//! use syncline_sim::{Config, Simulation};
//!
//! # fn main() -> anyhow::Result<()> {
//! let mut card = Simulation::builder().config(Config::Core64).seed(7).build()?;
//! let magic = card.read32(0)?;
//! assert_ne!(magic, u32::MAX);
//! // A frame in, and an hour later:
//! card.inject(vec![0xff; 60]);
//! card.run_for(Duration::from_secs(3600));
//! assert_eq!(card.delivered(), 1);
//! assert_eq!(card.now().as_secs(), 3600);
//! # Ok(())
//! # }
//! ```
#![deny(missing_docs)]

mod access;
mod bar;
mod builder;
mod cable;
mod clock;
mod impair;
mod link;
mod mac;
mod model;
pub mod peer;
pub mod record;
mod simulation;
mod states;

pub use access::AccessError;
pub use bar::SimBar;
pub use builder::{Builder, Config};
pub use clock::{TimeSource, Waited};
pub use impair::{Fate, Impairments, Random};
pub use link::{LinkConfig, LinkStats, WIRE_OVERHEAD};
pub use mac::{Frame, Stamp};
pub use model::Core;
pub use simulation::Simulation;
pub use states::StateChange;
pub use syncline_verilate as verilate;
