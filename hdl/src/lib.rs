// SPDX-License-Identifier: MIT OR Apache-2.0
//! Syncline's hardware: a TCP offload engine in RustHDL.

pub mod types;
