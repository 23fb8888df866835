// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which flow does a segment belong to: listening ports, flow table, free flows, initial sequence numbers.

pub mod ascon;
pub mod ascon_bytes;
pub mod free_list;
pub mod isn;
pub mod listen;
pub mod lookup;
pub mod table;
