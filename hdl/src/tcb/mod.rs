// SPDX-License-Identifier: MIT OR Apache-2.0
//! The TCB processor: the only block that knows what a sequence number means, and the only writer of the TCB RAM.
//!
//! `docs/design.md`, section 2, defines every stage.

pub mod arbiter;
pub mod processor;
