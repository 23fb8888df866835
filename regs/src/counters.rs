// SPDX-License-Identifier: MIT OR Apache-2.0
//! The event counters: 32 bits each, wrapping, cleared by `CONTROL.reset` only. Each cause of a drop has its own.

/// Slots in the block; those without a name read as 0.
pub const SLOTS: usize = 64;

/// A counter: its slot is its place in [`COUNTERS`].
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Counter {
    /// Name, in lower case.
    pub name: &'static str,
    /// What is counted.
    pub meaning: &'static str,
}

macro_rules! counters {
    ($($constant:ident = $slot:literal, $name:literal, $meaning:literal;)*) => {
        $(#[doc = concat!("Slot of `", $name, "`: ", $meaning)] pub const $constant: usize = $slot;)*

        /// Every counter, by slot.
        pub const COUNTERS: &[Counter] = &[$(Counter { name: $name, meaning: $meaning },)*];

        #[cfg(test)]
        const NUMBERED: &[(usize, &str)] = &[$(($slot, $name),)*];
    };
}

counters! {
    RX_FRAMES = 0, "rx_frames", "Frames received from the MAC.";
    RX_RUNT = 1, "rx_runt", "Dropped: shorter than an Ethernet header.";
    RX_NOT_FOR_US = 2, "rx_not_for_us", "Dropped: another destination MAC address.";
    RX_UNKNOWN_ETHERTYPE = 3, "rx_unknown_ethertype", "Dropped: neither ARP nor IPv4.";
    ARP_REQUEST = 4, "arp_request", "ARP requests sent.";
    ARP_REPLY = 5, "arp_reply", "ARP replies sent.";
    ARP_MALFORMED = 6, "arp_malformed", "Dropped: ARP of another kind, too short, or more than the card can answer.";
    ARP_CONFLICT = 7, "arp_conflict", "ARP from another MAC address that claims our IPv4 address.";
    ARP_PARKED_REPLACED = 8, "arp_parked_replaced", "Segments that were waiting for ARP and gave way to a newer one.";
    ARP_UNREACHABLE = 9, "arp_unreachable", "Neighbours that did not answer.";
    IP_BAD_HEADER = 10, "ip_bad_header", "Dropped: not version 4, or header length below 5, or too short.";
    IP_BAD_CHECKSUM = 11, "ip_bad_checksum", "Dropped: wrong header checksum.";
    IP_BAD_LENGTH = 12, "ip_bad_length", "Dropped: total length beyond the frame, or below the header.";
    IP_FRAGMENT = 13, "ip_fragment", "Dropped: a fragment.";
    IP_BAD_SOURCE = 14, "ip_bad_source", "Dropped: source address broadcast, multicast, zero, or ours.";
    IP_NOT_FOR_US = 15, "ip_not_for_us", "Dropped: another destination address.";
    IP_UNKNOWN_PROTOCOL = 16, "ip_unknown_protocol", "Dropped: neither TCP nor ICMP.";
    ICMP_ECHO = 17, "icmp_echo", "Echo requests answered.";
    ICMP_DROPPED = 18, "icmp_dropped", "Dropped: other ICMP, a wrong checksum, too long, or no room.";
    TCP_CHECKSUM = 19, "tcp_checksum", "Dropped: wrong checksum.";
    TCP_MALFORMED = 20, "tcp_malformed", "Dropped: too short, data offset below 5 or beyond the segment, or port 0.";
    TCP_BAD_OPTION = 21, "tcp_bad_option", "Dropped: an option of length 0 or 1, or beyond the header.";
    TCP_BROADCAST = 22, "tcp_broadcast", "Dropped: sent to a broadcast or multicast address.";
    TCP_OVERFLOW = 23, "tcp_overflow", "Dropped: no room to stage the payload.";
    SEGMENTS_IN = 24, "segments_in", "TCP segments received without a fault.";
    SEGMENTS_OUT = 25, "segments_out", "TCP segments sent.";
    NO_LISTENER = 26, "no_listener", "Segments for which no connection and no listener exists.";
    CARD_FULL = 27, "card_full", "SYNs dropped: every flow is in use.";
    HALF_OPEN_LIMIT = 28, "half_open_limit", "SYNs dropped: as many flows in SYN-RECEIVED as the card allows.";
    OPENED = 29, "opened", "Connections that reached ESTABLISHED.";
    ACCEPTED = 30, "accepted", "... of these, opened by the peer.";
    CHALLENGE_ACK = 31, "challenge_ack", "ACKs sent in answer to a suspicious RST or SYN (RFC 5961).";
    RETRANSMIT = 32, "retransmit", "Segments retransmitted.";
    FAST_RETRANSMIT = 33, "fast_retransmit", "Fast retransmits begun (three duplicate ACKs).";
    TIMEOUT = 34, "timeout", "Retransmission time-outs.";
    RST_IN = 35, "rst_in", "RSTs received for a connection.";
    RST_OUT = 36, "rst_out", "RSTs sent.";
    DUP_ACK_IN = 37, "dup_ack_in", "Duplicate ACKs received.";
    OUT_OF_ORDER = 38, "out_of_order", "Segments with a hole before them.";
    OUT_OF_WINDOW = 39, "out_of_window", "Segments outside the receive window.";
    ACK_INVALID = 40, "ack_invalid", "ACKs for what was never sent, or too old.";
    BAD_DOORBELL = 41, "bad_doorbell", "Ring pointers from the host that were not possible, and ignored.";
    TX_FRAMES = 42, "tx_frames", "Frames given to the MAC.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_in_order_and_names_are_unique() {
        assert!(COUNTERS.len() <= SLOTS);
        for (i, (slot, name)) in NUMBERED.iter().enumerate() {
            assert_eq!(i, *slot, "{name}");
            assert_eq!(COUNTERS.iter().filter(|c| c.name == *name).count(), 1, "{name}");
        }
    }
}
