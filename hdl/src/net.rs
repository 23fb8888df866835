// SPDX-License-Identifier: MIT OR Apache-2.0
//! Everything between the MAC and TCP: Ethernet, ARP, IPv4 and ICMP echo, for 64-bit ([`Net64`]) and 512-bit
//! ([`Net512`]) streams.

use rust_hdl::prelude::*;

use crate::stream::{Beat64, Beat512, StreamIn, StreamOut};
use crate::types::{Config, Ipv4Meta, Ipv4Send, TxRequest, TxSegment};

/// One-cycle pulses to be counted. A received frame gives at most one of the drop pulses.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct NetStats {
    /// A frame came from the MAC.
    pub rx_frames: Bit,
    /// A frame went to the MAC.
    pub tx_frames: Bit,
    /// Dropped: shorter than a header and one byte.
    pub runt: Bit,
    /// Dropped: another station's or a multicast address.
    pub not_for_us: Bit,
    /// Dropped: neither ARP nor IPv4 (VLAN tags too).
    pub unknown_ethertype: Bit,
    /// Dropped: version is not 4, or IHL below 5.
    pub ip_bad_header: Bit,
    /// Dropped: header checksum.
    pub ip_bad_checksum: Bit,
    /// Dropped: total length below the header length, or no payload.
    pub ip_bad_length: Bit,
    /// Dropped: the frame ends before the header or the total length does.
    pub ip_truncated: Bit,
    /// Dropped: a fragment.
    pub ip_fragment: Bit,
    /// Dropped: an impossible source address.
    pub ip_bad_source: Bit,
    /// Dropped: somebody else's destination address.
    pub ip_not_for_us: Bit,
    /// Dropped: neither TCP nor ICMP.
    pub ip_unknown_protocol: Bit,
    /// An echo request was accepted for an answer.
    pub icmp_echo: Bit,
    /// Dropped: ICMP checksum, or truncated.
    pub icmp_bad: Bit,
    /// Dropped: not an echo request to our own address.
    pub icmp_ignored: Bit,
    /// Dropped: no room for the echo.
    pub icmp_full: Bit,
    /// Dropped: malformed ARP packet, or one with impossible addresses.
    pub arp_bad: Bit,
    /// Dropped: ARP packet while the last one was still waiting.
    pub arp_overrun: Bit,
    /// Another station uses our IPv4 address.
    pub arp_conflict: Bit,
    /// An ARP request was sent.
    pub arp_request: Bit,
    /// An ARP reply was sent.
    pub arp_reply: Bit,
    /// A segment was replaced, while parked, by a later one to the same neighbour.
    pub arp_replaced: Bit,
    /// A segment was dropped: no route, no answer, or its neighbour was evicted.
    pub arp_dropped: Bit,
}

macro_rules! net {
    ($name:ident, $beat:ident) => {
        /// Ethernet, ARP, IPv4 and ICMP echo. Its only wait is for the MAC; see each port for the others.
        #[derive(LogicBlock, Default)]
        pub struct $name {
            pub clock: Signal<In, Clock>,
            pub reset: Signal<In, Bit>,
            /// Stable while traffic flows.
            pub cfg: Signal<In, Config>,
            /// Microseconds.
            pub now: Signal<In, Bits<48>>,
            /// Frames from the MAC, without FCS.
            pub mac_rx: StreamIn<$beat>,
            /// Frames to the MAC, without FCS and padding.
            pub mac_tx: StreamOut<$beat>,
            /// Received TCP segments (header and payload, no padding).
            pub tcp_rx: StreamOut<$beat>,
            /// Goes with every beat of `tcp_rx`.
            pub tcp_rx_meta: Signal<Out, Ipv4Meta>,
            /// Valid with the last beat of `tcp_rx`: the frame ended before the IPv4 total length, the segment is to be
            /// dropped. It is counted here (`ip_truncated`).
            pub tcp_rx_short: Signal<Out, Bit>,
            /// TCP segments to be sent (header and payload).
            pub tcp_tx: StreamIn<$beat>,
            /// Stable from the first beat of `tcp_tx` to the last.
            pub tcp_tx_send: Signal<In, Ipv4Send>,
            /// Segments whose next hop is to be found.
            pub request: StreamIn<TxRequest>,
            /// Segments whose next hop is known.
            pub segment: StreamOut<TxSegment>,
            /// Flows whose neighbour doesn't answer.
            pub unreachable: StreamOut<Bits<16>>,
            /// Pulses.
            pub stats: Signal<Out, NetStats>,
            /// Microseconds: when ARP has something to do next.
            pub next_deadline: Signal<Out, Bits<48>>,
            /// `next_deadline` means something; settled while `busy` is low.
            pub deadline_valid: Signal<Out, Bit>,
            /// A frame, packet or record is inside. Parked segments do not count: the deadline speaks for them.
            pub busy: Signal<Out, Bit>,
            none: Signal<Local, NetStats>,
        }

        impl Logic for $name {
            #[hdl_gen]
            fn update(&mut self) {
                self.mac_rx.ready.next = true;
                self.mac_tx.valid.next = false;
                self.mac_tx.data.next = self.mac_rx.data.val();
                self.tcp_rx.valid.next = false;
                self.tcp_rx.data.next = self.mac_rx.data.val();
                self.tcp_rx_meta.next.src = 0.into();
                self.tcp_rx_meta.next.dst = 0.into();
                self.tcp_rx_meta.next.len = 0.into();
                self.tcp_rx_meta.next.smac = 0.into();
                self.tcp_rx_meta.next.broadcast = false;
                self.tcp_rx_short.next = false;
                self.tcp_tx.ready.next = true;
                self.request.ready.next = true;
                self.segment.valid.next = false;
                self.segment.data.next.dmac = 0.into();
                self.unreachable.valid.next = false;
                self.unreachable.data.next = 0.into();
                self.none.next.rx_frames = false;
                self.stats.next = self.none.val();
                self.next_deadline.next = 0.into();
                self.deadline_valid.next = false;
                self.busy.next = false;
            }
        }
    };
}
net!(Net64, Beat64);
net!(Net512, Beat512);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::ready;

    #[test]
    fn builds() {
        ready(Box::<Net64>::default());
        ready(Box::<Net512>::default());
    }
}
