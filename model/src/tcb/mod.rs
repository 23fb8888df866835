// SPDX-License-Identifier: MIT OR Apache-2.0
//! The TCB processor: one function a stage, in the order of RFC 9293, section 3.10.7.4.

pub mod acceptability;
pub mod ack;
pub mod congestion;
pub mod differences;
pub mod fetch;
pub mod fin_state;
pub mod finish;
pub mod output;
mod processor;
pub mod reset_syn;
pub mod rtt;
#[cfg(test)]
mod testing;
pub mod text;
mod types;

pub use processor::{Outputs, Processor, Step, step};
pub use types::*;
