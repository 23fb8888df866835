// SPDX-License-Identifier: MIT OR Apache-2.0
//! Driver for the Syncline TCP offload engine.

#![deny(missing_docs)]

mod bar;

pub use bar::{Bar, BarError, Capabilities};
