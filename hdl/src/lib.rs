// SPDX-License-Identifier: MIT OR Apache-2.0
//! Syncline's hardware: a TCP offload engine in RustHDL.

// What this lint proposes is a match guard, which `#[hdl_gen]` drops without a word.
#![allow(clippy::collapsible_match)]

pub mod arp;
pub mod core;
pub mod emit;
pub mod eth;
pub mod flow;
pub mod generate;
pub mod host;
pub mod icmp;
pub mod ipv4;
pub mod memory;
pub mod net;
pub mod params;
pub mod ram;
pub mod sched;
pub mod sim;
pub mod stream;
pub mod sweep;
pub mod tcb;
pub mod tcp;
pub mod timer;
pub mod types;
