// SPDX-License-Identifier: MIT OR Apache-2.0
//! Virtual time: it advances by the clock period while the card works, and jumps while it is idle; or it is the wall's.

use std::time::{Duration, Instant};

/// Where time comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeSource {
    /// Cycles and jumps: the same run gives the same times.
    Virtual,
    /// The machine's clock: for peers outside this process.
    Wall,
}

/// Virtual time that was jumped over, by what ended each wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waited {
    /// A deadline of the card: its time-outs and TIME-WAIT, ARP.
    pub card: Duration,
    /// Anything else: a deadline of the peer, a frame on the cable, the limit of a call.
    pub others: Duration,
}

/// Time since the start, and the cycle.
#[derive(Debug)]
pub(crate) struct Clock {
    nanos: u64,
    cycle: u64,
    hertz: u64,
    /// What one cycle adds: whole nanoseconds and a rest in units of 1/hertz ns, so that no error adds up.
    step: (u64, u64),
    rest: u64,
    wall: Option<(Instant, u64)>,
}

/// Cycles between two looks at the wall's clock.
const WALL_INTERVAL: u64 = 16;

impl Clock {
    pub fn new(hertz: u64, source: TimeSource) -> Self {
        assert!(hertz > 0, "the clock frequency must not be zero");
        let second = 1_000_000_000;
        let wall = (source == TimeSource::Wall).then(|| (Instant::now(), 0));
        Clock { nanos: 0, cycle: 0, hertz, step: (second / hertz, second % hertz), rest: 0, wall }
    }

    /// One clock cycle has passed.
    #[inline]
    pub fn advance(&mut self) {
        self.cycle += 1;
        if self.wall.is_some() {
            if self.cycle.is_multiple_of(WALL_INTERVAL) {
                self.look();
            }
            return;
        }
        self.nanos += self.step.0;
        self.rest += self.step.1;
        if self.rest >= self.hertz {
            self.rest -= self.hertz;
            self.nanos += 1;
        }
    }

    /// Takes the wall's time, if that is the source.
    pub fn look(&mut self) {
        if let Some((start, base)) = self.wall {
            self.nanos = self.nanos.max(base + start.elapsed().as_nanos() as u64);
        }
    }

    /// Goes on from `to`, which may also be in the past.
    pub fn set(&mut self, to: Duration) {
        self.nanos = nanos(to);
        self.rest = 0;
        if let Some(wall) = &mut self.wall {
            *wall = (Instant::now(), self.nanos);
        }
    }

    pub fn is_virtual(&self) -> bool {
        self.wall.is_none()
    }

    pub fn cycle(&self) -> u64 {
        self.cycle
    }

    pub fn now(&self) -> Duration {
        Duration::from_nanos(self.nanos)
    }

    pub fn micros(&self) -> u64 {
        self.nanos / 1000
    }

    pub fn hertz(&self) -> u64 {
        self.hertz
    }
}

/// Saturating: 584 years.
fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_of_cycles_is_a_second() {
        let hertz = 156_250;
        let mut clock = Clock::new(hertz, TimeSource::Virtual);
        (0..hertz).for_each(|_| clock.advance());
        assert_eq!(clock.now(), Duration::from_secs(1));
        let mut odd = Clock::new(322_266, TimeSource::Virtual);
        (0..322_266).for_each(|_| odd.advance());
        assert_eq!((odd.now(), odd.cycle()), (Duration::from_secs(1), 322_266));
    }

    #[test]
    fn set_goes_both_ways() {
        let mut clock = Clock::new(1_000_000, TimeSource::Virtual);
        clock.set(Duration::from_secs(7200));
        assert_eq!(clock.micros(), 7_200_000_000);
        clock.set(Duration::from_micros(5));
        clock.advance();
        assert_eq!(clock.now(), Duration::from_micros(6));
    }

    #[test]
    fn wall_time_moves() {
        let mut clock = Clock::new(1, TimeSource::Wall);
        std::thread::sleep(Duration::from_millis(2));
        clock.look();
        assert!(clock.now() >= Duration::from_millis(2) && clock.now() < Duration::from_secs(60));
    }
}
