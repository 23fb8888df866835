// SPDX-License-Identifier: MIT OR Apache-2.0
//! A PHY's management interface, as IEEE 802.3, clause 22.2.4 and 22.3.4, has it.

/// Something on the wires that no station may do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MdioFault {
    /// MDC rose so many nanoseconds after it rose before: less than 400.
    Period(f64),
    /// MDC was high, or low, for so many nanoseconds: less than 160.
    Pulse(f64),
    /// MDIO changed so close to a rising edge of MDC, nanoseconds: less than 10.
    Edge(f64),
    /// Both ends drove the wire.
    Collision,
    /// A frame of another kind than clause 22's.
    Frame,
}

/// The PHY: it answers at one address, from registers that the program sets.
#[derive(Debug)]
pub struct MdioPhy {
    address: u8,
    /// The registers.
    pub registers: [u16; 32],
    /// From the rising edge of MDC to a new level, nanoseconds: 0 to 300.
    pub delay: f64,
    /// Each access: register, and the value if it was written.
    pub accesses: Vec<(u8, Option<u16>)>,
    faults: Vec<MdioFault>,
    now: f64,
    mdc: bool,
    rose: f64,
    turned: f64,
    /// What the station drives, and since when.
    theirs: Option<bool>,
    changed: f64,
    ones: u32,
    /// Bits of the frame so far, behind the preamble.
    bits: Vec<bool>,
    /// What we drive from which time on.
    ours: Option<bool>,
    next: Option<(f64, Option<bool>)>,
}

impl MdioPhy {
    /// A PHY at `address` with all registers 0.
    pub fn new(address: u8) -> Self {
        MdioPhy {
            address,
            registers: [0; 32],
            delay: 300.0,
            accesses: vec![],
            faults: vec![],
            now: 0.0,
            mdc: false,
            rose: f64::NEG_INFINITY,
            turned: f64::NEG_INFINITY,
            theirs: None,
            changed: f64::NEG_INFINITY,
            ones: 0,
            bits: vec![],
            ours: None,
            next: None,
        }
    }

    /// What was wrong so far.
    pub fn faults(&self) -> &[MdioFault] {
        &self.faults
    }

    /// `nanoseconds` later: takes the levels that the station drives (`None`: it does not), gives the level of the wire, which a
    /// resistor pulls up.
    pub fn step(&mut self, nanoseconds: f64, mdc: bool, mdio: Option<bool>) -> bool {
        self.now += nanoseconds;
        if let Some((at, level)) = self.next
            && self.now >= at
        {
            self.ours = level;
            self.next = None;
        }
        if mdio != self.theirs {
            let wire = |level: Option<bool>| level.unwrap_or(true);
            if wire(mdio) != wire(self.theirs) && self.now - self.rose < 10.0 {
                self.faults.push(MdioFault::Edge(self.now - self.rose));
            }
            self.theirs = mdio;
            self.changed = self.now;
        }
        if mdio.is_some() && self.ours.is_some() {
            self.faults.push(MdioFault::Collision);
        }
        let level = mdio.or(self.ours).unwrap_or(true);
        if mdc != self.mdc {
            if self.now - self.turned < 160.0 {
                self.faults.push(MdioFault::Pulse(self.now - self.turned));
            }
            self.turned = self.now;
            self.mdc = mdc;
            if mdc {
                self.rising(level);
            }
        }
        level
    }

    fn rising(&mut self, level: bool) {
        if self.now - self.rose < 400.0 {
            self.faults.push(MdioFault::Period(self.now - self.rose));
        }
        self.rose = self.now;
        if self.theirs.is_some() && self.now - self.changed < 10.0 {
            self.faults.push(MdioFault::Edge(self.now - self.changed));
        }
        if self.bits.is_empty() {
            if level {
                self.ones += 1;
                return;
            }
            // A start; without 32 ones before it nobody listens.
            if self.ones < 32 {
                self.faults.push(MdioFault::Frame);
                self.ones = 0;
                return;
            }
        }
        self.bits.push(level);
        let number = |bits: &[bool]| bits.iter().fold(0_u16, |n, bit| n << 1 | u16::from(*bit));
        let read = self.bits.get(2..4) == Some(&[true, false]);
        let mine = self.bits.get(4..9).is_some_and(|bits| number(bits) == u16::from(self.address));
        match self.bits.len() {
            2 if !level => {
                self.faults.push(MdioFault::Frame);
                self.end();
            }
            4 if !read && self.bits[2..4] != [false, true] => {
                self.faults.push(MdioFault::Frame);
                self.end();
            }
            // The second bit of the turn-around, then the data.
            15 if read && mine => self.drive(Some(false)),
            place @ 16..=31 if read && mine => {
                let register = number(&self.bits[9..14]);
                if place == 16 {
                    self.accesses.push((register as u8, None));
                }
                let bit = self.registers[usize::from(register)] >> (31 - place) & 1;
                self.drive(Some(bit == 1));
            }
            32 => {
                if !read && mine {
                    let (register, value) = (number(&self.bits[9..14]), number(&self.bits[16..]));
                    self.registers[usize::from(register)] = value;
                    self.accesses.push((register as u8, Some(value)));
                }
                if read && mine {
                    self.drive(None);
                }
                self.end();
            }
            _ => {}
        }
    }

    fn end(&mut self) {
        self.bits.clear();
        self.ones = 0;
    }

    fn drive(&mut self, level: Option<bool>) {
        self.next = Some((self.now + self.delay, level));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A station that is as slow as can be and does everything right, but for `hold`, nanoseconds from the rising edge to a new level.
    fn frame(phy: &mut MdioPhy, bits: &[Option<bool>], hold: f64) -> Vec<bool> {
        let mut got = vec![];
        for bit in bits {
            phy.step(hold, phy.mdc, *bit);
            phy.step(300.0 - hold, false, *bit);
            got.push(phy.step(300.0, true, *bit));
        }
        got
    }

    fn command(read: bool, phy: u8, register: u8) -> Vec<Option<bool>> {
        let head = 1_u16 << 12 | if read { 2 } else { 1 } << 10 | u16::from(phy) << 5 | u16::from(register);
        let head = (0..14).rev().map(|i| Some(head >> i & 1 == 1));
        [Some(true); 32].into_iter().chain(head).collect()
    }

    #[test]
    fn registers_are_read_and_written() {
        let mut phy = MdioPhy::new(0x15);
        phy.registers[5] = 0x41e1;
        let value = 0x8123_u16;
        let mut write = command(false, 0x15, 3);
        write.extend([Some(true), Some(false)]);
        write.extend((0..16).rev().map(|i| Some(value >> i & 1 == 1)));
        frame(&mut phy, &write, 150.0);
        for (register, want) in [(5, 0x41e1), (3, value), (7, 0)] {
            // One more: the PHY takes up to 300 ns to let go.
            let read = [command(true, 0x15, register), vec![None; 19]].concat();
            let got = frame(&mut phy, &read, 150.0);
            assert_eq!(got[46..48], [true, false], "turn-around");
            let got = got[48..64].iter().fold(0, |n, bit| n << 1 | u16::from(*bit));
            assert_eq!(got, want, "register {register}");
        }
        let read = [command(true, 0x14, 5), vec![None; 18]].concat();
        assert_eq!(frame(&mut phy, &read, 150.0)[46..], [true; 18], "another's address");
        assert_eq!(phy.accesses, [(3, Some(value)), (5, None), (3, None), (7, None)]);
        assert_eq!(phy.faults(), []);
    }

    #[test]
    fn faults_are_seen() {
        let mut phy = MdioPhy::new(1);
        frame(&mut phy, &command(true, 1, 1), 5.0);
        assert_eq!(phy.faults()[0], MdioFault::Edge(5.0));
        let mut phy = MdioPhy::new(1);
        frame(&mut phy, &[command(true, 1, 1), vec![Some(true); 18]].concat(), 150.0);
        assert_eq!(phy.faults()[0], MdioFault::Collision);
        let mut phy = MdioPhy::new(1);
        frame(&mut phy, &command(true, 1, 1)[1..], 150.0);
        assert_eq!(phy.faults()[0], MdioFault::Frame);
        let mut phy = MdioPhy::new(1);
        phy.step(100.0, true, None);
        phy.step(170.0, false, None);
        phy.step(100.0, true, None);
        assert_eq!(phy.faults(), [MdioFault::Pulse(100.0), MdioFault::Period(270.0)]);
    }
}
