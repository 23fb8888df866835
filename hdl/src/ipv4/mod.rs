// SPDX-License-Identifier: MIT OR Apache-2.0
//! IPv4 (RFC 791, RFC 1122 section 3.2): [`rx`] checks and takes headers off, [`tx`] puts them in front.

pub mod header_sum;
pub mod rx;
pub mod tx;
