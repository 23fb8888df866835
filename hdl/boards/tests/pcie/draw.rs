// SPDX-License-Identifier: MIT OR Apache-2.0
//! Requests: plain ones for the tests to change, and random ones.

use syncline_hdl::stream::bench::Rng;

use syncline_pins::tlp::{Kind, Request};

/// Sizes of the BARs: those of the core.
pub const BAR0: u64 = syncline_regs::BAR0_BYTES as u64;
pub const BAR2: u64 = syncline_hdl::host::window::BYTES as u64;
/// Where the host has put them.
const BASE0: u64 = 0xfeb0_0000;
const BASE2: u64 = 0x0000_38ff_ffc0_0000;

/// `bytes` from byte `start` of a BAR on, enabled without a hole.
pub fn span(rng: &mut Rng, kind: Kind, bar: u8, start: u64, bytes: u64) -> Request {
    let (first, end) = (start / 4, (start + bytes).div_ceil(4));
    let dwords = (end - first).max(1);
    let head = 0xf << (start % 4) & 0xf;
    let tail = 0xf >> ((4 - (start + bytes) % 4) % 4);
    let (first_be, last_be) = match dwords {
        _ if bytes == 0 => (0, 0),
        1 => (head & tail, 0),
        _ => (head, tail),
    };
    enabled(rng, kind, bar, 4 * first, dwords, first_be, last_be)
}

/// `dwords` from address `start` of a BAR on.
pub fn enabled(
    rng: &mut Rng,
    kind: Kind,
    bar: u8,
    start: u64,
    dwords: u64,
    first_be: u8,
    last_be: u8,
) -> Request {
    let has_payload = matches!(
        kind,
        Kind::MemoryWrite
            | Kind::IoWrite
            | Kind::FetchAdd
            | Kind::Swap
            | Kind::CompareSwap
            | Kind::ConfigWrite0
            | Kind::ConfigWrite1
    ) || kind.is_message() && dwords > 0;
    let bytes = if has_payload { 4 * dwords as usize } else { 0 };
    let [base, aperture] = if bar == 0 { [BASE0, BAR0] } else { [BASE2, BAR2] };
    Request {
        kind,
        address_type: 0,
        address: base + start,
        dwords: dwords as u16,
        requester: rng.next() as u16,
        tag: rng.next() as u8,
        function: rng.next() as u8,
        bar,
        aperture: aperture.trailing_zeros() as u8,
        class: rng.below(8) as u8,
        attributes: rng.below(8) as u8,
        first_be,
        last_be,
        hint_present: rng.chance(50),
        hint_type: rng.below(4) as u8,
        steering: rng.next() as u8,
        payload: rng.bytes(bytes),
        discontinue: false,
    }
}

/// Byte enables that the specification allows for this length (PCIe Base 2.2.5).
fn enables(rng: &mut Rng, dwords: u64) -> (u8, u8) {
    match dwords {
        1 => (rng.below(16) as u8, 0),
        2 => (1 + rng.below(15) as u8, 1 + rng.below(15) as u8),
        _ => ([0xf, 0xe, 0xc, 0x8][rng.below(4) as usize], [0xf, 0x7, 0x3, 0x1][rng.below(4) as usize]),
    }
}

/// A request of any kind to a few pages of each BAR, so that they meet one another.
pub fn any(rng: &mut Rng) -> Request {
    let kind = match rng.below(100) {
        0..45 => Kind::MemoryWrite,
        45..85 => Kind::MemoryRead,
        85..88 => Kind::LockedRead,
        88..90 => Kind::IoRead,
        90..92 => Kind::IoWrite,
        92..93 => Kind::FetchAdd,
        93..94 => Kind::Swap,
        94..96 => Kind::CompareSwap,
        96..97 => Kind::Message,
        97..98 => Kind::VendorMessage,
        98..99 => Kind::AtsMessage,
        _ => [Kind::ConfigRead0, Kind::ConfigRead1, Kind::ConfigWrite0, Kind::ConfigWrite1, Kind::Reserved]
            [rng.below(5) as usize],
    };
    let bar = match rng.below(20) {
        0 => rng.below(8) as u8,
        1..8 => 0,
        _ => 2,
    };
    let most = match kind {
        Kind::MemoryWrite if bar == 0 => [1, 2, 4, 32][rng.below(4) as usize],
        Kind::MemoryWrite => [1, 2, 16, 17, 64, 256][rng.below(6) as usize],
        Kind::MemoryRead if bar == 0 => [1, 2, 8, 40][rng.below(4) as usize],
        Kind::MemoryRead | Kind::LockedRead => [1, 2, 16, 33, 128, 1024][rng.below(6) as usize],
        Kind::FetchAdd | Kind::Swap => 2,
        Kind::CompareSwap => 8,
        Kind::Message | Kind::VendorMessage | Kind::AtsMessage => 20,
        _ => 1,
    };
    let dwords = if rng.chance(30) { most } else { 1 + rng.below(most) };
    let dwords = match kind {
        Kind::CompareSwap => [2, 4, 8][rng.below(3) as usize],
        _ if kind.is_message() => dwords - 1,
        _ => dwords,
    };
    // Anywhere in a page, or so that the end or the beginning is a page's, where no request may cross.
    let page = 4096 * rng.below(3);
    let room = 1024 - dwords.max(1);
    let within = match rng.below(8) {
        0 => 0,
        1 => room,
        2..5 => rng.below(room.min(24) + 1),
        _ => rng.below(room + 1),
    };
    let (first_be, last_be) = match kind {
        Kind::MemoryWrite | Kind::MemoryRead | Kind::LockedRead => enables(rng, dwords),
        Kind::IoRead | Kind::IoWrite => (1 + rng.below(15) as u8, 0),
        _ => (0xf, if dwords > 1 { 0xf } else { 0 }),
    };
    let mut request = enabled(rng, kind, bar, page + 4 * within, dwords, first_be, last_be);
    if rng.chance(5) {
        request.address_type = rng.below(4) as u8;
    }
    request.discontinue = !request.payload.is_empty() && rng.chance(5);
    request
}
