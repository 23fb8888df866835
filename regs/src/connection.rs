// SPDX-License-Identifier: MIT OR Apache-2.0
//! The connection table in BAR0: one entry of 256 bytes a flow, at `TABLE_OFFSET + flow * TABLE_STRIDE`.
//!
//! A read of one word is always consistent. For a consistent group of words, read the group twice until both agree;
//! a changed generation means that the flow was used again. The first eight words are those of an event
//! ([`crate::ring`]), so that an event that the host never read can be rebuilt from here.

use bitflags::bitflags;

use crate::{Field, Word, field};

macro_rules! words {
    ($(#[$doc:meta])* $table:ident { $($name:ident = $offset:literal, $printed:literal, $meaning:literal $(, $fields:expr)?;)* }) => {
        $(#[doc = $meaning] pub const $name: u32 = $offset;)*

        $(#[$doc])*
        pub const $table: &[Word] = &[$(Word {
            offset: $offset,
            name: $printed,
            meaning: $meaning,
            fields: words!(@fields $($fields)?),
        },)*];
    };
    (@fields) => { &[] };
    (@fields $fields:expr) => { $fields };
}

/// Bits 15..0 of [`STATE`].
pub const FLOW: Field = field("flow", 15, 0, "The flow's number.");
/// Bits 19..16 of [`STATE`].
pub const TCP_STATE: Field = field("state", 19, 16, "State of RFC 9293.");
/// Bits 22..20 of [`STATE`].
pub const REASON: Field = field("reason", 22, 20, "Why the connection ended.");
/// Bits 28..23 of [`STATE`], see [`Flags`].
pub const FLAGS: Field = field(
    "flags",
    28,
    23,
    "23 active: opened by OPEN; 24 owned: it is the host's; 25 released: the host has given it back; \
     26 fin_queued: the host has closed its sending side; 27 fin_received: the peer's FIN came in order; 28 nodelay: Nagle is off.",
);
/// Bit 31 of an event's first word; 0 in the table. Bits 30 and 29 are 0.
pub const PHASE: Field =
    field("phase", 31, 31, "Event ring only: 1 in even laps of the ring, 0 in odd laps. 0 in the table.");
/// Low half of [`PORTS`].
pub const RPORT: Field = field("rport", 15, 0, "Peer's port.");
/// High half of [`PORTS`].
pub const MSS: Field = field("mss", 31, 16, "Largest payload that we send, bytes.");
/// Low half of [`HANDLE`].
pub const GENERATION: Field = field("generation", 15, 0, "Counts the uses of the flow.");
/// High half of [`HANDLE`].
pub const LPORT: Field = field("lport", 31, 16, "Our port.");

bitflags! {
    /// The flags of [`FLAGS`].
    #[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
    pub struct Flags: u32 {
        /// Opened by `OPEN`, not by the peer.
        const ACTIVE = 1 << 0;
        /// The flow is the host's: from `OPEN`, or from the handshake of an accepted connection, until `CLOSE` or `ABORT`.
        const OWNED = 1 << 1;
        /// The host has given it back.
        const RELEASED = 1 << 2;
        /// The host has closed its sending side.
        const FIN_QUEUED = 1 << 3;
        /// The peer's FIN has been received in order.
        const FIN_RECEIVED = 1 << 4;
        /// Nagle is off.
        const NODELAY = 1 << 5;
    }
}

words! {
    /// An entry of the connection table.
    ENTRY {
        STATE = 0x00, "state", "State, reason and flags.", &[FLOW, TCP_STATE, REASON, FLAGS, PHASE];
        HANDLE = 0x04, "handle", "Generation and our port.", &[GENERATION, LPORT];
        RADDR = 0x08, "raddr", "Peer's IPv4 address as a number: 10.0.0.1 is 0x0a000001.";
        PORTS = 0x0c, "ports", "Peer's port and the MSS.", &[RPORT, MSS];
        SND_UNA = 0x10, "snd_una", "Oldest sequence number not acknowledged: the bytes before it have left the transmit ring.";
        PLACED = 0x14, "placed", "Sequence number behind the last byte that can be read from the receive ring.";
        RCV_NXT = 0x18, "rcv_nxt", "Next sequence number expected. After the peer's FIN, all is there when `placed + 1 == rcv_nxt`.";
        RCV_USER = 0x1c, "rcv_user", "The host has read up to here.";
        LADDR_V6 = 0x20, "laddr", "Our address, 16 bytes (0x20 to 0x2f), network order, v4-mapped.";
        RADDR_V6 = 0x30, "raddr16", "Peer's address, 16 bytes (0x30 to 0x3f), network order, v4-mapped.";
        ISS = 0x40, "iss", "Our initial sequence number.";
        IRS = 0x44, "irs", "Peer's initial sequence number.";
        SND_NXT = 0x48, "snd_nxt", "Next sequence number to send.";
        SND_MAX = 0x4c, "snd_max", "Highest `snd_nxt` so far (a time-out moves `snd_nxt` back).";
        SND_END = 0x50, "snd_end", "End of the bytes that the host has queued.";
        SND_WND = 0x54, "snd_wnd", "Peer's window, bytes.";
        MAX_WND = 0x58, "max_wnd", "Largest window that the peer has offered, bytes.";
        SND_WL1 = 0x5c, "snd_wl1", "SEG.SEQ of the last window update.";
        SND_WL2 = 0x60, "snd_wl2", "SEG.ACK of the last window update.";
        RCV_ADV = 0x64, "rcv_adv", "Right edge of the window as advertised.";
        CWND = 0x68, "cwnd", "Congestion window, bytes.";
        SSTHRESH = 0x6c, "ssthresh", "Slow start threshold, bytes.";
        RECOVER = 0x70, "recover", "RFC 6582's `recover`.";
        BYTES_ACKED = 0x74, "bytes_acked", "Bytes acknowledged since the last growth of `cwnd` in congestion avoidance.";
        SRTT = 0x78, "srtt", "Smoothed round-trip time, 1/8 us.";
        RTTVAR = 0x7c, "rttvar", "Round-trip time variation, 1/4 us.";
        RTO = 0x80, "rto", "Retransmission time-out, us, backed off.";
        RETRANSMITS = 0x84, "retransmits", "Retransmitted segments, modulo 2^16.";
        RECOVERY = 0x88, "recovery", "Loss recovery.", &[RETRIES, DUP_ACKS, IN_RECOVERY, RTT_BUSY, TIMER_ON];
    }
}

/// Bits 3..0 of [`RECOVERY`].
pub const RETRIES: Field =
    field("retries", 3, 0, "Expiries of the retransmission timer since the last progress.");
/// Bits 5..4 of [`RECOVERY`].
pub const DUP_ACKS: Field = field("dup_acks", 5, 4, "Duplicate ACKs in a row, up to 3.");
/// Bit 6 of [`RECOVERY`].
pub const IN_RECOVERY: Field = field("in_recovery", 6, 6, "Fast recovery.");
/// Bit 7 of [`RECOVERY`].
pub const RTT_BUSY: Field = field("rtt_busy", 7, 7, "A round trip is being timed.");
/// Bit 8 of [`RECOVERY`].
pub const TIMER_ON: Field = field("timer_on", 8, 8, "The retransmission timer runs.");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_in_order_and_inside_the_entry() {
        for pair in ENTRY.windows(2) {
            assert!(pair[0].offset < pair[1].offset, "{}", pair[1].name);
        }
        assert!(ENTRY.iter().all(|w| w.offset % 4 == 0 && w.offset < crate::TABLE_STRIDE));
    }

    #[test]
    fn the_first_word_is_never_all_ones() {
        let used = [FLOW, TCP_STATE, REASON, FLAGS, PHASE].iter().fold(0, |word, f| f.set(word, u32::MAX));
        assert_ne!(used, crate::ALL_ONES);
    }

    #[test]
    fn flags_fill_their_field() {
        assert_eq!(Flags::all().bits(), FLAGS.mask());
    }
}
