// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a baud rate is in clock cycles.

use crate::uart::{PHASE_BITS, rate};

#[test]
fn the_rate_is_exact_to_a_twentieth_of_a_per_cent() {
    for clock in [62_500_000, 100_000_000, 125_000_000, 156_250_000] {
        for baud in [9600, 115_200, 921_600, 3_000_000, clock / 8] {
            let got = rate(clock, baud) as f64 * f64::from(clock) / f64::from(1 << PHASE_BITS);
            let error = (got / f64::from(baud) - 1.0).abs();
            assert!(error < 0.0005, "{baud} baud at {clock} Hz: {got}");
        }
    }
}

#[test]
#[should_panic(expected = "at most 7812500")]
fn a_baud_rate_above_an_eighth_of_the_clock_is_refused() {
    rate(62_500_000, 7_812_501);
}

#[test]
#[should_panic(expected = "more than 16384 cycles a bit")]
fn a_baud_rate_that_cannot_be_met_exactly_is_refused() {
    rate(156_250_000, 9_000);
}
