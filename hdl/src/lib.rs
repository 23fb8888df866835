// SPDX-License-Identifier: MIT OR Apache-2.0
//! Syncline's hardware: a TCP offload engine in RustHDL.

pub mod host;
pub mod memory;
pub mod ram;
pub mod sim;
pub mod stream;
pub mod types;
