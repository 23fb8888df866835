// SPDX-License-Identifier: MIT OR Apache-2.0
//! The checksum tree and its adders, and the memory that holds the byte rings of the flows.

pub mod carry_save;
pub mod checksum;
pub mod lane_ring;
pub mod row_ring;
