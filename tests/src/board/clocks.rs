// SPDX-License-Identifier: MIT OR Apache-2.0
//! Several clocks on one time axis.

use std::time::Duration;

/// Rising edges of clocks, each with a period of its own, in femtoseconds.
#[derive(Debug)]
pub struct Clocks<const N: usize> {
    periods: [u64; N],
    next: [u64; N],
    now: u64,
}

impl<const N: usize> Clocks<N> {
    /// Clocks of so many Hz and so many parts per million more.
    ///
    /// # Panics
    /// When a clock does not move.
    pub fn new(clocks: [(u64, i64); N]) -> Self {
        let period = |(hertz, ppm): (u64, i64)| {
            assert!(hertz > 0 && ppm.abs() < 1_000_000, "{hertz} Hz and {ppm} ppm");
            let exact = 1e15 / (hertz as f64 * (1.0 + ppm as f64 / 1e6));
            exact.round() as u64
        };
        let periods = clocks.map(period);
        // Not all at once at the start.
        let next = std::array::from_fn(|i| periods[i] * (i as u64 + 1) / (N as u64 + 1));
        Clocks { periods, next, now: 0 }
    }

    /// The clock that rises next; time goes on to it.
    pub fn rise(&mut self) -> usize {
        let clock = (0..N).min_by_key(|i| self.next[*i]).expect("a clock");
        self.now = self.next[clock];
        self.next[clock] += self.periods[clock];
        clock
    }

    /// Time since the start.
    pub fn now(&self) -> Duration {
        Duration::from_nanos(self.now / 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_keep_their_ratio() {
        let mut clocks = Clocks::new([(1_000_000, 0), (400_000, 100), (400_000, -100)]);
        let mut edges = [0_u64; 3];
        while clocks.now() < Duration::from_secs(1) {
            edges[clocks.rise()] += 1;
        }
        assert!(edges[0].abs_diff(1_000_000) <= 1, "{edges:?}");
        assert!(edges[1].abs_diff(400_040) <= 1, "{edges:?}");
        assert!(edges[2].abs_diff(399_960) <= 1, "{edges:?}");
    }
}
