// SPDX-License-Identifier: MIT OR Apache-2.0
//! A PHY's data interface at 1000 Mbit/s: the RGMII 2.0, edge by edge, with a wire behind it.

use crate::mii::Mii;

/// What a PHY shows at both edges while it has nothing to say: a link, 1000 Mbit/s, full duplex (3.4.1).
const STATUS: u8 = 0b1101;

/// Something on the board's pins that no RGMII has. What is wrong with a frame is [`Mii::faults`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RgmiiFault {
    /// `TXC` does not rise and fall in turn.
    Clock,
    /// `TX_CTL` differs between the edges of a cycle: the board sends an error.
    Error,
}

/// Both directions, each on a clock of its own. On the wire are the nibbles of an MII, two a cycle: [`Rgmii::wire`].
#[derive(Debug, Default)]
pub struct Rgmii {
    wire: Mii,
    /// For the falling edge of `RXC`.
    rest: (u8, bool),
    /// Bytes of the carrier that is being given to the board, and where it is to have an error.
    given: usize,
    error: Option<usize>,
    /// With the rising edge of `TXC`.
    begun: Option<(u8, bool)>,
    cycles: u64,
    /// Cycles of `TXC` with a carrier: the first and the last one.
    carrier: Option<(u64, u64)>,
    faults: Vec<RgmiiFault>,
}

impl Rgmii {
    /// The frames, and what was wrong with those from the board.
    pub fn wire(&mut self) -> &mut Mii {
        &mut self.wire
    }

    /// The PHY reports an error at a byte of the next frame, its preamble's first being 0.
    pub fn error_at(&mut self, byte: usize) {
        self.error = Some(byte);
    }

    /// What was wrong with the board's pins so far.
    pub fn faults(&self) -> &[RgmiiFault] {
        &self.faults
    }

    /// Cycles from the first byte to the last that the board sent since this was asked before.
    pub fn span(&mut self) -> u64 {
        self.carrier.take().map_or(0, |(first, last)| last - first + 1)
    }

    /// Before an edge of `RXC`: what the PHY drives at RXD and `RX_CTL`.
    pub fn rx_edge(&mut self, rises: bool) -> (u8, bool) {
        if !rises {
            return self.rest;
        }
        let ((low, valid), (high, _)) = (self.wire.rx_cycle(), self.wire.rx_cycle());
        if !valid {
            self.given = 0;
            self.rest = (STATUS, false);
            return self.rest;
        }
        let error = self.error == Some(self.given);
        if error {
            self.error = None;
        }
        self.given += 1;
        self.rest = (high, !error);
        (low, true)
    }

    /// Behind an edge of `TXC`: its level, and what the board drives at TXD and `TX_CTL`.
    pub fn tx_edge(&mut self, txc: bool, txd: u8, ctl: bool) {
        match (txc, self.begun.take()) {
            (true, None) => self.begun = Some((txd, ctl)),
            (false, Some((low, valid))) => {
                if valid != ctl {
                    self.faults.push(RgmiiFault::Error);
                }
                self.wire.tx_cycle(low, valid);
                self.wire.tx_cycle(txd, valid);
                if valid {
                    let first = self.carrier.map_or(self.cycles, |(first, _)| first);
                    self.carrier = Some((first, self.cycles));
                }
                self.cycles += 1;
            }
            _ => self.faults.push(RgmiiFault::Clock),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What one end says, the other hears; `spoil` may change the edges: clock, data, control.
    fn across(frames: &[&[u8]], spoil: impl Fn(&mut Vec<(bool, u8, bool)>)) -> Rgmii {
        let (mut from, mut to) = (Rgmii::default(), Rgmii::default());
        frames.iter().for_each(|frame| from.wire().send(frame));
        let mut line = vec![];
        while !from.wire().is_idle() {
            for level in [true, false] {
                let (data, control) = from.rx_edge(level);
                line.push((level, data, control));
            }
        }
        spoil(&mut line);
        line.iter().for_each(|(level, data, control)| to.tx_edge(*level, *data, *control));
        to
    }

    #[test]
    fn frames_come_as_they_went() {
        let long: Vec<u8> = (0..1514).map(|i| i as u8).collect();
        let mut to = across(&[&[7; 60], &long], |_| {});
        assert_eq!(to.wire().receive(), Some(vec![7; 60]));
        assert_eq!(to.wire().receive(), Some(long));
        assert_eq!(to.wire().receive(), None);
        assert_eq!(to.wire().faults(), []);
        assert_eq!(to.faults(), []);
        // Preamble, frame, FCS; and the gap of twelve.
        assert_eq!((to.span(), to.span()), (72 + 12 + 1526, 0));
    }

    #[test]
    fn faults_are_seen() {
        let of = |spoil: fn(&mut Vec<(bool, u8, bool)>)| across(&[&[7; 60]], spoil).faults().to_vec();
        assert_eq!(of(|line| line[41].2 = false), [RgmiiFault::Error]);
        assert_eq!(of(|line| line[150].2 = true), [RgmiiFault::Error]);
        assert_eq!(of(|line| line[40].0 = false)[0], RgmiiFault::Clock);
        assert_eq!(of(|line| drop(line.drain(40..41)))[0], RgmiiFault::Clock);
    }

    #[test]
    fn an_error_is_where_it_is_asked_for() {
        let mut phy = Rgmii::default();
        phy.wire().send(&[1; 60]);
        phy.wire().send(&[2; 60]);
        phy.error_at(30);
        let mut errors = vec![];
        for cycle in 0..180 {
            let (first, second) = (phy.rx_edge(true), phy.rx_edge(false));
            if first.1 != second.1 {
                errors.push(cycle);
            }
            if !first.1 {
                assert_eq!((first.0, second), (STATUS, (STATUS, false)));
            }
        }
        assert_eq!(errors, [30]);
    }
}
