// SPDX-License-Identifier: MIT OR Apache-2.0
//! The sizes of a build, in one place.

use syncline_regs::map;

use crate::host::window;

/// A configuration of the core.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// Name of the Verilog module.
    pub name: &'static str,
    /// Data path width, bits.
    pub width: u32,
    /// The core holds `2^flow_bits` connections.
    pub flow_bits: u32,
    /// Each connection has a transmit and a receive ring of `2^ring_bits` bytes.
    pub ring_bits: u32,
    /// The submission, completion and event rings have `2^entry_bits` entries.
    pub entry_bits: u32,
    /// The TCB processor has one event in flight at a time, in place of one in each stage: a third of its flip-flops, and an event
    /// in 12 cycles. What it says to send, and where to put a payload, is held in a register each.
    pub single_event: bool,
    /// Entries of the ARP cache.
    pub neighbours: u32,
    /// Core clock, Hz.
    pub clock_hz: u32,
    /// `BOARD_ID` of the identity block.
    pub board: u32,
    /// `FEATURES` of the identity block.
    pub features: map::Features,
}

/// 64 bits wide, 16 flows of 4 KiB + 4 KiB: Arty A7, ECP5, 10G. The clock is that of 10G Ethernet.
pub const CORE64: Params = Params {
    name: "core64",
    width: 64,
    flow_bits: 4,
    ring_bits: 12,
    entry_bits: 5,
    single_event: false,
    neighbours: 16,
    clock_hz: 156_250_000,
    board: 0,
    features: map::Features::SIM,
};

/// Half of [`CORE64`]'s flows and neighbours and a processor with less in flight, for the smallest of the boards; everything else is the
/// same.
pub const CORE64X8: Params =
    Params { name: "core64x8", flow_bits: 3, single_event: true, neighbours: 8, ..CORE64 };

/// 512 bits wide, 64 flows of 16 KiB + 16 KiB: 100G. The clock is that of 100G Ethernet's user interface.
pub const CORE512: Params = Params {
    name: "core512",
    width: 512,
    flow_bits: 6,
    ring_bits: 14,
    entry_bits: 5,
    single_event: false,
    neighbours: 64,
    clock_hz: 322_265_625,
    board: 0,
    features: map::Features::SIM,
};

impl Params {
    /// Connections.
    pub const fn flows(&self) -> u32 {
        1 << self.flow_bits
    }

    /// Bytes of a ring.
    pub const fn ring_bytes(&self) -> u32 {
        1 << self.ring_bits
    }

    /// The identity registers that the build decides, by offset. `SYNCLINE_BUILD_HASH` in the environment of the compiler gives the
    /// git hash.
    pub fn identity(&self) -> Vec<(u32, u32)> {
        let hash =
            option_env!("SYNCLINE_BUILD_HASH").and_then(|h| u32::from_str_radix(h, 16).ok()).unwrap_or(0);
        vec![
            (map::BUILD_HASH, hash),
            (map::BOARD_ID, self.board),
            (map::FEATURES, self.features.bits()),
            (map::FLOWS, self.flows()),
            (map::TX_RING_BYTES, self.ring_bytes()),
            (map::RX_RING_BYTES, self.ring_bytes()),
            (map::DATA_WIDTH, self.width),
            (map::CLOCK_HZ, self.clock_hz),
            (map::MSS_MAX, 1460),
            (map::OOO_INTERVALS, 0),
            (map::NEIGHBOURS, self.neighbours),
            (map::HALF_OPEN, self.flows() / 2),
            (map::SQ_ENTRIES, 1 << self.entry_bits),
            (map::CQ_ENTRIES, 1 << self.entry_bits),
            (map::EQ_ENTRIES, 1 << self.entry_bits),
            (map::BAR2_BYTES, window::BYTES),
            (map::BAR2_SQ, window::SQ),
            (map::BAR2_CQ, window::CQ),
            (map::BAR2_EQ, window::EQ),
            (map::BAR2_TX, window::TX),
            (map::BAR2_RX, window::RX),
        ]
    }
}
