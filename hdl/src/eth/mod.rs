// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ethernet II framing: [`rx`] sorts received frames, [`tx`] frames what is to be sent. FCS and padding are the MAC's.

pub mod head;
pub mod rx;
pub mod tx;
