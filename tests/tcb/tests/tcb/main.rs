// SPDX-License-Identifier: MIT OR Apache-2.0
//! The TCB processor's Verilog and the reference model take the same events; every field of every answer is compared.

mod case;
mod draw;
mod layout;
mod pipeline;
mod processor;
mod rng;
mod stages;
