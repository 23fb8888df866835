// SPDX-License-Identifier: MIT OR Apache-2.0
//! The registers of BAR0: 32 bits each, little-endian. No read has a side effect; a read where nothing is gives 0.
//!
//! Every constant is the byte offset of the register of that name; [`BLOCKS`] is the table.

use bitflags::bitflags;

use crate::{Access, DOORBELL_STRIDE, Field, Register, Reset, field};

/// A run of registers.
#[derive(Copy, Clone, Debug)]
pub struct Block {
    /// Title, for the book.
    pub name: &'static str,
    /// First offset.
    pub offset: u32,
    /// What it is for.
    pub meaning: &'static str,
    /// Its registers, by offset.
    pub registers: &'static [Register],
}

macro_rules! registers {
    (@fields) => { &[] };
    (@fields $fields:expr) => { $fields };
    ($(#[$doc:meta])* $table:ident { $($name:ident = $offset:literal, $access:ident, $reset:expr, $meaning:literal $(, $fields:expr)?;)* }) => {
        $(#[doc = $meaning] pub const $name: u32 = $offset;)*

        $(#[$doc])*
        pub const $table: &[Register] = &[$(Register {
            offset: $offset,
            name: stringify!($name),
            access: Access::$access,
            reset: $reset,
            meaning: $meaning,
            fields: registers!(@fields $($fields)?),
        },)*];
    };
}

use Reset::{Build, Value};

registers! {
    /// Who the card is and what it can do.
    IDENTITY {
        MAGIC = 0x000, ReadOnly, Value(crate::MAGIC), "Always 0x53594e43, \"SYNC\"; all ones means that the card is gone.";
        ABI_VERSION = 0x004, ReadOnly, Value(crate::ABI_VERSION), "Version of this map.", &[
            field("minor", 15, 0, "Grows with additions that an older driver may ignore."),
            field("major", 31, 16, "A driver refuses one that it does not know."),
        ];
        BUILD_HASH = 0x008, ReadOnly, Build, "First 32 bits of the git commit that the card was built from, 0 if unknown.";
        BOARD_ID = 0x00c, ReadOnly, Build, "The board: 0 simulation, 1 Arty A7, 2 Alveo, 3 ECP5 Versa, 4 Colorlight i5; others later.";
        FEATURES = 0x010, ReadOnly, Build, "What the card can do.", FEATURE_FIELDS;
        FLOWS = 0x014, ReadOnly, Build, "Connections that the card holds.";
        TX_RING_BYTES = 0x018, ReadOnly, Build, "Bytes of each flow's transmit ring, a power of two.";
        RX_RING_BYTES = 0x01c, ReadOnly, Build, "Bytes of each flow's receive ring, a power of two.";
        DATA_WIDTH = 0x020, ReadOnly, Build, "Width of the data path and of a BAR2 access, bits.";
        CLOCK_HZ = 0x024, ReadOnly, Build, "Core clock, Hz.";
        MSS_MAX = 0x028, ReadOnly, Build, "Largest value of `MSS`, bytes.";
        OOO_INTERVALS = 0x02c, ReadOnly, Build, "Out-of-order intervals that a flow holds; 0: such segments are dropped.";
        NEIGHBOURS = 0x030, ReadOnly, Build, "Entries of the ARP cache.";
        HALF_OPEN = 0x034, ReadOnly, Build, "Flows that may be in SYN-RECEIVED at a time.";
        SQ_ENTRIES = 0x038, ReadOnly, Build, "Entries of the submission ring, a power of two, at most 32768.";
        CQ_ENTRIES = 0x03c, ReadOnly, Build, "Entries of the completion ring, a power of two, at most 32768.";
        EQ_ENTRIES = 0x040, ReadOnly, Build, "Entries of the event ring, a power of two, at most 32768.";
        BAR2_BYTES = 0x044, ReadOnly, Build, "Bytes of BAR2.";
        BAR2_SQ = 0x048, ReadOnly, Build, "Offset of the submission ring in BAR2.";
        BAR2_CQ = 0x04c, ReadOnly, Build, "Offset of the completion ring in BAR2.";
        BAR2_EQ = 0x050, ReadOnly, Build, "Offset of the event ring in BAR2.";
        BAR2_TX = 0x054, ReadOnly, Build, "Offset of flow 0's transmit ring in BAR2; flow `f`'s is `f * TX_RING_BYTES` further.";
        BAR2_RX = 0x058, ReadOnly, Build, "Offset of flow 0's receive ring in BAR2; flow `f`'s is `f * RX_RING_BYTES` further.";
        DOORBELL_OFFSET = 0x05c, ReadOnly, Value(DOORBELLS), "Offset of flow 0's doorbells in BAR0; flow `f`'s are `f * 8` further.";
        TABLE_OFFSET = 0x060, ReadOnly, Value(TABLE), "Offset of flow 0's connection table entry in BAR0.";
        TABLE_STRIDE = 0x064, ReadOnly, Value(crate::TABLE_STRIDE), "Bytes from one connection table entry to the next.";
        COUNTER_OFFSET = 0x068, ReadOnly, Value(COUNTERS), "Offset of the first counter in BAR0.";
        COUNTER_SLOTS = 0x06c, ReadOnly, Value(crate::counters::SLOTS as u32), "Counters, 4 bytes each; those without a name read as 0.";
        NEXT_BLOCK = 0x070, ReadOnly, Value(CONTROL), "Offset of the next block: the configuration.";
    }
}

registers! {
    /// What the host sets. Written before `CONTROL.enable`; changing an address under live connections breaks them.
    CONFIGURATION {
        CONTROL = 0x100, ReadWrite, Value(0), "Switches.", &[
            field("enable", 0, 0, "Receive and transmit frames, take commands."),
            field("reset", 1, 1, "Write 1: everything returns to the power-up state; reads as 0. Wait for `STATUS.ready`."),
        ];
        STATUS = 0x104, ReadOnly, Value(0), "What the card is doing. Never all ones.", &[
            field("ready", 0, 0, "The reset is complete: tables and ring entries are cleared. Commands may come."),
            field("enabled", 1, 1, "`CONTROL.enable` is in effect."),
            field("link", 2, 2, "The MAC has a link."),
            field("idle", 3, 3, "Nothing is in flight."),
        ];
        MAC_LO = 0x108, ReadWrite, Value(0), "Own MAC address, last four octets, the last one in bits 7..0.";
        MAC_HI = 0x10c, ReadWrite, Value(0), "Own MAC address, first two octets, the first one in bits 15..8.", &[
            field("octets", 15, 0, "First two octets."),
        ];
        IPV4_ADDR = 0x110, ReadWrite, Value(0), "Own IPv4 address as a number: 10.0.0.1 is 0x0a000001.";
        IPV4_MASK = 0x114, ReadWrite, Value(0), "Network mask, likewise.";
        IPV4_GATEWAY = 0x118, ReadWrite, Value(0), "Default gateway, likewise; 0: none.";
        TTL = 0x11c, ReadWrite, Value(64), "Time to live of sent packets.", &[field("ttl", 7, 0, "Hops, 1 or more.")];
        MSS = 0x120, ReadWrite, Value(1460), "MSS that we advertise and never exceed, 64 to MSS_MAX bytes.", &[
            field("mss", 15, 0, "Bytes."),
        ];
        MSL_US = 0x124, ReadWrite, Value(30_000_000), "Maximum segment lifetime, us; TIME-WAIT lasts twice as long.";
        RTO_INITIAL_US = 0x128, ReadWrite, Value(1_000_000), "First retransmission time-out, us (RFC 6298, 2.1).";
        RTO_MIN_US = 0x12c, ReadWrite, Value(1_000_000), "Least retransmission time-out, us (RFC 6298, 2.4).";
        RTO_MAX_US = 0x130, ReadWrite, Value(60_000_000), "Greatest retransmission time-out, us (RFC 6298, 2.5).";
        SYN_RETRIES = 0x134, ReadWrite, Value(7), "Retransmissions of a SYN before giving up: 7 take 183 s, at least the 3 minutes of RFC 9293, 3.8.3.", &[
            field("retries", 3, 0, "0 to 14."),
        ];
        DATA_RETRIES = 0x138, ReadWrite, Value(8), "Retransmissions of data before giving up (R2): 8 from 1 s take 243 s, at least the 100 s of RFC 9293, 3.8.3, and no less than a SYN gets.", &[
            field("retries", 3, 0, "0 to 14."),
        ];
        FIN_WAIT_2_US = 0x13c, ReadWrite, Value(60_000_000), "How long a connection that the host has given back may stay in FIN-WAIT-2, us.";
        ISN_KEY0 = 0x140, WriteOnly, Value(0), "Key of the initial sequence numbers (RFC 6528), bits 31..0.";
        ISN_KEY1 = 0x144, WriteOnly, Value(0), "... bits 63..32.";
        ISN_KEY2 = 0x148, WriteOnly, Value(0), "... bits 95..64.";
        ISN_KEY3 = 0x14c, WriteOnly, Value(0), "... bits 127..96.";
        NOW_LO = 0x150, ReadOnly, Value(0), "The card's clock, us, bits 31..0. Read NOW_HI, NOW_LO, NOW_HI until NOW_HI agrees.";
        NOW_HI = 0x154, ReadOnly, Value(0), "The card's clock, us, bits 47..32.", &[field("now", 15, 0, "Bits 47..32.")];
    }
}

registers! {
    /// Ring indexes: free-running, modulo 2^16; the entry is `index mod entries`.
    RINGS {
        SQ_TAIL = 0x200, WriteOnly, Value(0), "Doorbell: index behind the last entry that the host has written. Ignored and counted (`bad_doorbell`) if it leaves more than SQ_ENTRIES entries.", INDEX;
        SQ_HEAD = 0x204, ReadOnly, Value(0), "Index of the next entry that the card takes: the ones before it may be written again.", INDEX;
        CQ_HEAD = 0x208, ReadWrite, Value(0), "Index of the next entry that the host reads. The card takes no command while the ring is full.", INDEX;
        CQ_TAIL = 0x20c, ReadOnly, Value(0), "Index behind the last completion.", INDEX;
        EQ_HEAD = 0x210, ReadWrite, Value(0), "Index of the next entry that the host reads. While the ring is full the card remembers which flows changed.", INDEX;
        EQ_TAIL = 0x214, ReadOnly, Value(0), "Index behind the last event.", INDEX;
    }
}

const INDEX: &[Field] = &[field("index", 15, 0, "Free-running.")];

const FEATURE_FIELDS: &[Field] = &[
    field("sim", 0, 0, "A simulation."),
    field("dma", 1, 1, "Rings in host memory (a DMA engine)."),
    field("msix", 2, 2, "Interrupts."),
    field("ping", 3, 3, "The card can send an echo request."),
    field("ipv6", 4, 4, "IPv6."),
    field("vlan", 5, 5, "VLAN tags."),
    field("sack", 6, 6, "Selective acknowledgements (RFC 2018)."),
    field("wscale", 7, 7, "Window scale (RFC 7323)."),
    field("timestamps", 8, 8, "Timestamps (RFC 7323)."),
    field("ecn", 9, 9, "Explicit congestion notification (RFC 3168)."),
    field("keepalive", 10, 10, "Keepalive (RFC 9293, 3.8.4)."),
    field("syn_cookies", 11, 11, "SYN cookies (RFC 4987)."),
];

bitflags! {
    /// The bits of [`FEATURES`].
    #[derive(Copy, Clone, Debug, PartialEq, Eq)]
    pub struct Features: u32 {
        /// A simulation.
        const SIM = 1 << 0;
        /// Rings in host memory.
        const DMA = 1 << 1;
        /// Interrupts.
        const MSIX = 1 << 2;
        /// The card can send an echo request.
        const PING = 1 << 3;
        /// IPv6.
        const IPV6 = 1 << 4;
        /// VLAN tags.
        const VLAN = 1 << 5;
        /// Selective acknowledgements.
        const SACK = 1 << 6;
        /// Window scale.
        const WSCALE = 1 << 7;
        /// Timestamps.
        const TIMESTAMPS = 1 << 8;
        /// Explicit congestion notification.
        const ECN = 1 << 9;
        /// Keepalive.
        const KEEPALIVE = 1 << 10;
        /// SYN cookies.
        const SYN_COOKIES = 1 << 11;
    }
}

bitflags! {
    /// The bits of [`CONTROL`].
    #[derive(Copy, Clone, Debug, PartialEq, Eq)]
    pub struct Control: u32 {
        /// Receive and transmit frames, take commands.
        const ENABLE = 1 << 0;
        /// Everything returns to the power-up state.
        const RESET = 1 << 1;
    }
}

bitflags! {
    /// The bits of [`STATUS`].
    #[derive(Copy, Clone, Debug, PartialEq, Eq)]
    pub struct CardStatus: u32 {
        /// The reset is complete.
        const READY = 1 << 0;
        /// `CONTROL.enable` is in effect.
        const ENABLED = 1 << 1;
        /// The MAC has a link.
        const LINK = 1 << 2;
        /// Nothing is in flight.
        const IDLE = 1 << 3;
    }
}

/// Offset of the counters: slot `n` is `4 * n` further.
pub const COUNTERS: u32 = 0x400;
/// Offset of the flows' doorbells.
pub const DOORBELLS: u32 = 0x8000;
/// Offset of the connection table.
pub const TABLE: u32 = 0x4_0000;

/// In a flow's doorbells: the sequence number behind the last byte written to the transmit ring (new `snd_end`).
pub const TX_TAIL: u32 = 0;
/// In a flow's doorbells: the sequence number behind the last byte read from the receive ring (new `rcv_user`).
pub const RX_HEAD: u32 = 4;

/// Flows whose doorbells and table entries fit into BAR0.
pub const FLOWS_MAX: u32 = {
    let doorbells = (TABLE - DOORBELLS) / DOORBELL_STRIDE;
    let entries = (crate::BAR0_BYTES - TABLE) / crate::TABLE_STRIDE;
    if doorbells < entries { doorbells } else { entries }
};

/// The blocks of single registers, by offset.
pub const BLOCKS: &[Block] = &[
    Block {
        name: "Identity",
        offset: MAGIC,
        meaning: "Who the card is and what it can do. Read first; the driver takes every limit and offset from here.",
        registers: IDENTITY,
    },
    Block {
        name: "Configuration",
        offset: CONTROL,
        meaning: "Set before `CONTROL.enable`. Changing an address under live connections breaks them.",
        registers: CONFIGURATION,
    },
    Block {
        name: "Rings",
        offset: SQ_TAIL,
        meaning: "Indexes of the three rings: free-running, modulo 2^16; the entry is `index mod entries`.",
        registers: RINGS,
    },
];

/// The register at an offset.
pub fn register(offset: u32) -> Option<&'static Register> {
    BLOCKS.iter().flat_map(|block| block.registers).find(|register| register.offset == offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_aligned_unique_and_in_order() {
        let all: Vec<_> = BLOCKS.iter().flat_map(|b| b.registers).collect();
        for pair in all.windows(2) {
            assert!(pair[0].offset < pair[1].offset, "{} and {}", pair[0].name, pair[1].name);
        }
        for register in all {
            assert_eq!(register.offset % 4, 0, "{}", register.name);
            assert!(register.offset < COUNTERS, "{}", register.name);
        }
        assert!(COUNTERS + 4 * crate::counters::SLOTS as u32 <= DOORBELLS);
        assert_eq!(FLOWS_MAX, 3072);
    }

    #[test]
    fn fields_fit_do_not_overlap_and_hold_the_reset_value() {
        for register in BLOCKS.iter().flat_map(|b| b.registers) {
            let mut used = 0u32;
            for f in register.fields {
                assert!(f.low <= f.high && f.high < 32, "{}.{}", register.name, f.name);
                assert_eq!(used & f.mask() << f.low, 0, "{}.{} overlaps", register.name, f.name);
                used |= f.mask() << f.low;
            }
            if let (Reset::Value(value), false) = (register.reset, register.fields.is_empty()) {
                assert_eq!(value & !used, 0, "{}", register.name);
            }
        }
    }

    #[test]
    fn flags_agree_with_the_fields() {
        fn agree(fields: &[Field], flags: Vec<(String, u32)>) {
            assert_eq!(fields.len(), flags.len());
            for (f, (name, bit)) in fields.iter().zip(flags) {
                assert_eq!(f.name.to_uppercase(), name);
                assert_eq!(1 << f.low, bit);
            }
        }
        let named = |n: &str, b: u32| (n.to_owned(), b);
        agree(FEATURE_FIELDS, Features::all().iter_names().map(|(n, f)| named(n, f.bits())).collect());
        let fields = |offset| register(offset).expect("in the table").fields;
        agree(fields(CONTROL), Control::all().iter_names().map(|(n, f)| named(n, f.bits())).collect());
        agree(fields(STATUS), CardStatus::all().iter_names().map(|(n, f)| named(n, f.bits())).collect());
    }

    #[test]
    fn time_outs_are_as_long_as_rfc_9293_asks() {
        let value = |offset| match register(offset).expect("in the table").reset {
            Value(value) => u64::from(value),
            Build => panic!("0x{offset:03x} depends on the build"),
        };
        // RFC 6298, 5.5: every expiry doubles the time-out.
        let total = |first, retries| -> u64 {
            let longest = value(RTO_MAX_US);
            (0..=value(retries)).map(|n| (value(first) << n).min(longest)).sum()
        };
        // A SYN has no round trip to go by; data waits for RTO_MIN_US at least.
        assert_eq!(total(RTO_INITIAL_US, SYN_RETRIES), 183_000_000, "MUST-23: at least 180 s");
        assert_eq!(total(RTO_MIN_US, DATA_RETRIES), 243_000_000, "SHLD-11: at least 100 s");
        assert!(value(DATA_RETRIES) >= 3, "SHLD-10");
    }
}
