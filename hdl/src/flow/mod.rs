// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which flow does a segment belong to: listening ports, flow table, free flows, initial sequence numbers.

pub mod lookup;
