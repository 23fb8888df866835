// SPDX-License-Identifier: MIT OR Apache-2.0
//! ARP for Ethernet and IPv4 (RFC 826, RFC 1122 section 2.3.2): [`rx`] reads packets, [`table`] holds the neighbours,
//! [`resolve`] finds next hops and asks for them with the help of [`next_hop`], [`parked`] and [`rounds`], [`tx`] builds
//! packets.

pub mod next_hop;
pub mod parked;
pub mod resolve;
pub mod rounds;
pub mod rx;
pub mod table;
pub mod tx;

#[cfg(test)]
mod tests;

use rust_hdl::prelude::*;

/// What a received ARP packet says. Its addresses have been checked.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct ArpSeen {
    /// A request (otherwise a reply).
    pub request: Bit,
    /// The target address is ours.
    pub for_us: Bit,
    /// The sender has an address: not a probe (RFC 5227).
    pub learn: Bit,
    /// Sender's Ethernet address.
    pub mac: Bits<48>,
    /// Sender's IPv4 address.
    pub addr: Bits<32>,
}

/// An ARP packet to send.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct ArpSend {
    /// A reply to `mac`; otherwise a request to all.
    pub reply: Bit,
    /// Target's Ethernet address, for replies.
    pub mac: Bits<48>,
    /// Target's IPv4 address.
    pub addr: Bits<32>,
}

/// What is known of a neighbour.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum ArpState {
    /// The entry is not used.
    Free,
    /// Asked, no answer yet; a segment is parked.
    Incomplete,
    /// Older than a minute: still used, and asked for when used.
    Stale,
    /// Heard of less than a minute ago, as far as anybody looked.
    Reachable,
}
