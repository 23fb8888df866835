// SPDX-License-Identifier: MIT OR Apache-2.0
//! The host's side of the core: registers, rings and windows (`docs/design.md`, section 3).

pub mod counters;
pub mod doorbell;
