// SPDX-License-Identifier: MIT OR Apache-2.0
//! The reference TCP of Syncline: plain Rust, written from the RFCs and from `docs/design.md`, not from the RTL.
//!
//! [`tcb`] holds one function for each stage of the hardware's TCB processor, under the stage's name and on records with
//! the hardware's field names, so that the two can be held equal event for event.

pub mod endpoint;
pub mod seq;
pub mod tcb;
