// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tests of the TCB processor in the Rust simulation; the comparison with the model is in the crate `syncline-tests`.

mod printed;
