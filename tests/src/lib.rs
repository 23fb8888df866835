// SPDX-License-Identifier: MIT OR Apache-2.0
//! End-to-end tests: what they share. The tests themselves are in `tests/tests`, one file a subject.
//!
//! A *transcript* is a conversation with a TCP: what a peer sends, what must come back, and when nothing may. It is written once
//! and runs on everything that implements [`subject::Subject`]: the reference model and the Verilated core.

pub mod board;
pub mod card;
pub mod coverage;
pub mod hostile;
#[cfg(target_os = "linux")]
pub mod kernel;
pub mod script;
pub mod smoltcp;
pub mod subject;
pub mod transcripts;
#[cfg(target_os = "linux")]
pub mod uart;
pub mod wire;
