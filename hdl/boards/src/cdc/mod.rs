// SPDX-License-Identifier: MIT OR Apache-2.0
//! From one clock to another: these blocks are the only ones with two clocks, and nothing else may join two domains.

pub mod async_fifo;
pub mod pulse;
pub mod reset;
pub mod synchroniser;
