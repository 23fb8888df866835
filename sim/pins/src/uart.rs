// SPDX-License-Identifier: MIT OR Apache-2.0
//! The other end of a UART: 8 data bits, the least significant first, no parity, one stop bit.

use std::collections::VecDeque;

/// How much too late or too early an edge may be, clock cycles: one for the board's clock.
const SLACK: f64 = 1.001;

/// Something on the board's pin that no UART sends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum UartFault {
    /// The line was low where a stop bit should be.
    NoStop,
    /// A start bit was over by its middle.
    Glitch,
    /// An edge was not at the end of a bit: so many clock cycles off.
    Edge(f64),
}

/// A byte that is coming in.
#[derive(Debug)]
struct Coming {
    start: f64,
    /// Bits sampled, with the start bit.
    bits: u32,
    byte: u8,
}

/// One end of a line, on a time axis of the board's clock cycles. Its own bit time is any number of them.
#[derive(Debug)]
pub struct Uart {
    bit: f64,
    now: f64,
    /// Levels to drive and for how long.
    script: VecDeque<(bool, f64)>,
    /// When the first of them ends, and where the script that is under way began.
    until: f64,
    seen: bool,
    coming: Option<Coming>,
    received: VecDeque<u8>,
    faults: Vec<UartFault>,
}

impl Uart {
    /// `bit`: clock cycles of the board a bit.
    ///
    /// # Panics
    /// When that is not more than 2.
    pub fn new(bit: f64) -> Self {
        assert!(bit > 2.0, "{bit} cycles a bit can't be sampled");
        Uart {
            bit,
            now: 0.0,
            script: VecDeque::new(),
            until: 0.0,
            seen: true,
            coming: None,
            received: VecDeque::new(),
            faults: Vec::new(),
        }
    }

    /// Sends bytes, one after the other without a gap.
    pub fn send(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.level(false, 1.0);
            (0..8).for_each(|i| self.level(byte >> i & 1 != 0, 1.0));
            self.level(true, 1.0);
        }
    }

    /// Drives a level for a time, in bits: gaps, glitches, breaks, stop bits that are none.
    pub fn level(&mut self, high: bool, bits: f64) {
        if self.script.is_empty() {
            // The bit before has ended, or nobody knows when the line went idle.
            self.until = self.until.max(self.now);
            self.until += bits * self.bit;
        }
        self.script.push_back((high, bits * self.bit));
    }

    /// All that was to be sent is sent.
    pub fn is_idle(&self) -> bool {
        self.script.is_empty()
    }

    /// Bytes to be sent, counting the one under way.
    pub fn waiting(&self) -> usize {
        self.script.len().div_ceil(10)
    }

    /// The next byte that has come.
    pub fn receive(&mut self) -> Option<u8> {
        self.received.pop_front()
    }

    /// Everything that has come.
    pub fn received(&mut self) -> Vec<u8> {
        self.received.drain(..).collect()
    }

    /// What was wrong with the board's pin so far.
    pub fn faults(&self) -> &[UartFault] {
        &self.faults
    }

    /// One clock cycle: takes the level of the board's pin, gives that of ours.
    pub fn cycle(&mut self, theirs: bool) -> bool {
        self.sample(theirs);
        let ours = self.drive();
        self.now += 1.0;
        ours
    }

    fn drive(&mut self) -> bool {
        while let Some((high, _)) = self.script.front() {
            if self.now < self.until {
                return *high;
            }
            self.script.pop_front();
            self.until += self.script.front().map_or(0.0, |(_, time)| *time);
        }
        true
    }

    fn sample(&mut self, level: bool) {
        let edge = level != self.seen;
        self.seen = level;
        let Some(coming) = &mut self.coming else {
            if !level && edge {
                self.coming = Some(Coming { start: self.now, bits: 0, byte: 0 });
            }
            return;
        };
        let place = (self.now - coming.start) / self.bit;
        if edge {
            let off = (place - place.round()) * self.bit;
            if off.abs() > SLACK {
                self.faults.push(UartFault::Edge(off));
            }
        }
        // In the first cycle behind the middle.
        if place < f64::from(coming.bits) + 0.5 {
            return;
        }
        match coming.bits {
            0 if level => {
                self.faults.push(UartFault::Glitch);
                self.coming = None;
                return;
            }
            1..=8 => coming.byte |= u8::from(level) << (coming.bits - 1),
            9 => {
                if level {
                    self.received.push_back(coming.byte);
                } else {
                    self.faults.push(UartFault::NoStop);
                }
                self.coming = None;
                return;
            }
            _ => {}
        }
        coming.bits += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes out of a line that `script` drives, sampled by an end with `bit` cycles a bit.
    fn listen(bit: f64, script: impl FnOnce(&mut Uart)) -> Uart {
        let (mut from, mut to) = (Uart::new(bit), Uart::new(bit));
        script(&mut from);
        for _ in 0..(bit * 10.0 * (from.waiting() + 2) as f64) as u64 {
            let level = from.cycle(true);
            to.cycle(level);
        }
        assert!(from.is_idle());
        to
    }

    #[test]
    fn a_byte_is_what_the_textbook_says() {
        let mut uart = Uart::new(10.0);
        uart.send(&[0x53]);
        let levels: Vec<bool> = (0..110).map(|_| uart.cycle(true)).collect();
        let middles: Vec<u8> = (0..11).map(|i| u8::from(levels[i * 10 + 5])).collect();
        assert_eq!(middles, [0, 1, 1, 0, 0, 1, 0, 1, 0, 1, 1]);
        assert!(uart.is_idle());
    }

    #[test]
    fn two_ends_understand_each_other_at_any_ratio() {
        let bytes: Vec<u8> = (0..=255).collect();
        for bit in [4.0, 8.0, 8.33, 20.8333, 542.53] {
            let mut to = listen(bit, |from| from.send(&bytes));
            assert_eq!(to.received(), bytes, "{bit}");
            assert_eq!(to.faults(), [], "{bit}");
        }
    }

    #[test]
    fn faults_are_seen() {
        let glitch = listen(16.0, |from| from.level(false, 0.25));
        assert_eq!(glitch.faults(), [UartFault::Edge(4.0), UartFault::Glitch]);
        let mut cut = listen(16.0, |from| {
            from.level(false, 10.0);
            from.level(true, 1.0);
            from.send(b"x");
        });
        assert_eq!(cut.faults(), [UartFault::NoStop]);
        assert_eq!(cut.received(), b"x");
        let late = listen(16.0, |from| {
            from.level(false, 1.2);
            from.level(true, 8.8);
        });
        assert!(matches!(late.faults(), [UartFault::Edge(off)] if (3.0..4.1).contains(off)), "{late:?}");
    }
}
