// SPDX-License-Identifier: MIT OR Apache-2.0
//! A PHY's data interface: the MII of IEEE 802.3, clause 22.2, nibble by nibble, with a wire behind it.

use std::collections::VecDeque;

/// Nibbles of preamble and start frame delimiter.
const PREAMBLE: usize = 16;
/// Least silence between two frames, in nibbles: 96 bit times.
const GAP: usize = 24;
/// Bytes of the shortest and the longest frame, FCS included.
const LENGTHS: std::ops::RangeInclusive<usize> = 64..=1518;

/// Something on the board's pins that no MAC sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MiiFault {
    /// The preamble or the delimiter is not as it should be.
    Preamble,
    /// Half a byte.
    Nibble,
    /// A frame of so many bytes, FCS included.
    Length(usize),
    /// A wrong frame check sequence.
    Fcs,
    /// So many nibbles of silence before a frame.
    Gap(usize),
}

/// Both directions of an MII, each on a clock of its own.
#[derive(Debug, Default)]
pub struct Mii {
    /// Nibbles to be given to the board, `None` for silence.
    script: VecDeque<Option<u8>>,
    /// Nibbles of the frame that is coming from the board.
    coming: Vec<u8>,
    silence: Option<usize>,
    received: VecDeque<Vec<u8>>,
    faults: Vec<MiiFault>,
}

/// The frame check sequence (clause 3.2.9), first byte first.
pub fn fcs(frame: &[u8]) -> [u8; 4] {
    let mut crc = u32::MAX;
    for byte in frame {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
        }
    }
    (!crc).to_le_bytes()
}

/// A frame with padding and FCS.
pub fn sealed(frame: &[u8]) -> Vec<u8> {
    let mut bytes = frame.to_vec();
    bytes.resize(frame.len().max(60), 0);
    let check = fcs(&bytes);
    bytes.extend(check);
    bytes
}

impl Mii {
    /// Sends a frame to the board: padded, with its FCS and the least gap behind it.
    pub fn send(&mut self, frame: &[u8]) {
        self.send_raw(&sealed(frame));
    }

    /// Sends bytes as they are behind a preamble, with the least gap behind them: frames that are wrong.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        let preamble = [&[5; PREAMBLE - 1][..], &[0xd]].concat();
        let body = bytes.iter().flat_map(|byte| [byte & 15, byte >> 4]);
        self.script.extend(preamble.into_iter().chain(body).map(Some));
        self.script.extend([None; GAP]);
    }

    /// All that was to be sent is sent.
    pub fn is_idle(&self) -> bool {
        self.script.is_empty()
    }

    /// The next frame from the board, without its FCS. Frames with faults are not among them.
    pub fn receive(&mut self) -> Option<Vec<u8>> {
        self.received.pop_front()
    }

    /// What was wrong with the board's pins so far.
    pub fn faults(&self) -> &[MiiFault] {
        &self.faults
    }

    /// One cycle of RX_CLK: what the PHY drives at RXD and RX_DV.
    pub fn rx_cycle(&mut self) -> (u8, bool) {
        match self.script.pop_front().flatten() {
            Some(nibble) => (nibble, true),
            None => (0, false),
        }
    }

    /// A rising edge of TX_CLK: what the board drives at TXD and TX_EN.
    pub fn tx_cycle(&mut self, txd: u8, tx_en: bool) {
        if tx_en {
            if let Some(silence) = self.silence.take()
                && silence < GAP
            {
                self.faults.push(MiiFault::Gap(silence));
            }
            self.coming.push(txd);
            return;
        }
        if !self.coming.is_empty() {
            self.silence = Some(0);
            let frame = std::mem::take(&mut self.coming);
            match judged(&frame) {
                Ok(frame) => self.received.push_back(frame),
                Err(fault) => self.faults.push(fault),
            }
        }
        if let Some(silence) = &mut self.silence {
            *silence += 1;
        }
    }
}

/// The frame of a burst of nibbles, without FCS.
fn judged(nibbles: &[u8]) -> Result<Vec<u8>, MiiFault> {
    let Some((preamble, body)) = nibbles.split_at_checked(PREAMBLE) else { return Err(MiiFault::Preamble) };
    if preamble[..PREAMBLE - 1] != [5; PREAMBLE - 1] || preamble[PREAMBLE - 1] != 0xd {
        return Err(MiiFault::Preamble);
    }
    if !body.len().is_multiple_of(2) {
        return Err(MiiFault::Nibble);
    }
    let bytes: Vec<u8> = body.chunks(2).map(|pair| pair[0] | pair[1] << 4).collect();
    if !LENGTHS.contains(&bytes.len()) {
        return Err(MiiFault::Length(bytes.len()));
    }
    let (frame, check) = bytes.split_at(bytes.len() - 4);
    if fcs(frame) == check { Ok(frame.to_vec()) } else { Err(MiiFault::Fcs) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What one end says, the other hears; `spoil` may change the burst.
    fn across(frames: &[&[u8]], spoil: impl Fn(&mut Vec<(u8, bool)>)) -> Mii {
        let (mut from, mut to) = (Mii::default(), Mii::default());
        frames.iter().for_each(|frame| from.send(frame));
        let mut line = vec![];
        while !from.is_idle() {
            line.push(from.rx_cycle());
        }
        spoil(&mut line);
        line.iter().for_each(|(nibble, valid)| to.tx_cycle(*nibble, *valid));
        to
    }

    #[test]
    fn the_fcs_is_that_of_the_catalogues() {
        assert_eq!(fcs(b"123456789"), 0xcbf4_3926_u32.to_le_bytes());
    }

    #[test]
    fn frames_come_as_they_went_but_for_the_padding() {
        let long: Vec<u8> = (0..1514).map(|i| i as u8).collect();
        let mut to = across(&[b"short", &long], |_| {});
        let padded = [b"short".to_vec(), vec![0; 55]].concat();
        assert_eq!((to.receive(), to.receive(), to.receive()), (Some(padded), Some(long), None));
        assert_eq!(to.faults(), []);
    }

    #[test]
    fn faults_are_seen() {
        let of = |spoil: fn(&mut Vec<(u8, bool)>)| {
            let mut to = across(&[&[7; 60], &[8; 60]], spoil);
            assert_eq!(to.receive(), Some(vec![8; 60]), "the second is good");
            to.faults().to_vec()
        };
        assert_eq!(of(|line| line[3].0 = 4), [MiiFault::Preamble]);
        assert_eq!(of(|line| line[15].0 = 5), [MiiFault::Preamble]);
        assert_eq!(of(|line| line[60].0 ^= 1), [MiiFault::Fcs]);
        assert_eq!(of(|line| drop(line.drain(60..61))), [MiiFault::Nibble]);
        assert_eq!(of(|line| drop(line.drain(60..64))), [MiiFault::Length(62)]);
        let gap = |line: &mut Vec<(u8, bool)>| drop(line.drain(150..151));
        let to = across(&[&[7; 60], &[8; 60]], gap);
        assert_eq!(to.faults(), [MiiFault::Gap(23)]);
    }
}
