// SPDX-License-Identifier: MIT OR Apache-2.0
//! The host's side of the core: registers, rings and windows (`docs/design.md`, section 3).

pub mod bar;
pub mod counters;
pub mod doorbell;
pub mod entries;
pub mod events;
pub mod peek;
pub mod registers;
pub mod ring;
pub mod snapshot;
pub mod submission;
pub mod watch;
pub mod window;
