// SPDX-License-Identifier: MIT OR Apache-2.0
//! The host over a UART, for boards without PCIe: 8 data bits, no parity, one stop bit, frames as `docs/registers.md` has them.
//!
//! [`host::UartHost`] is what a board top takes: pins on one side, the core's BAR ports on the other. [`uart_core64::UartCore64`] is the
//! 64-bit core behind it, without pads.

pub mod bridge;
pub mod faults;
pub mod host;
pub mod rx;
pub mod tx;
pub mod uart_core64;

/// Bits of the fraction of a bit time that [`rx`] and [`tx`] count in.
pub const PHASE_BITS: usize = 24;
/// Clock cycles a bit, at least: below, the synchroniser's jitter eats the margin.
pub const LEAST_RATIO: u32 = 8;
/// Clock cycles a bit, at most: above, rounding the rate would cost more than 0.05 %.
pub const MOST_RATIO: u32 = 1 << 14;

/// What one clock cycle is of a bit time, in units of `2^-PHASE_BITS`.
///
/// # Panics
/// When a bit has less than [`LEAST_RATIO`] or more than [`MOST_RATIO`] cycles.
pub fn rate(clock_hz: u32, baud: u32) -> u64 {
    let (clock, baud) = (u64::from(clock_hz), u64::from(baud));
    let most = clock / u64::from(LEAST_RATIO);
    assert!((1..=most).contains(&baud), "{baud} baud at {clock} Hz: at most {most}");
    assert!(
        clock <= baud * u64::from(MOST_RATIO),
        "{baud} baud at {clock} Hz: more than {MOST_RATIO} cycles a bit"
    );
    ((baud << PHASE_BITS) + clock / 2) / clock
}

#[cfg(test)]
mod tests;
