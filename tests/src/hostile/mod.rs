// SPDX-License-Identifier: MIT OR Apache-2.0
//! Hostile input for the Verilated core: forged frames on the wire of a card that is at work, and what each of them must come to.

pub mod attack;
pub mod fate;
pub mod forge;
pub mod lab;
pub mod raw;
pub mod street;
pub mod transfer;
