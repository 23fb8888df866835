// SPDX-License-Identifier: MIT OR Apache-2.0
//! Frames in which every field can lie.

use syncline_model::endpoint::Segment;

use crate::{
    subject::LOCAL,
    wire::{self, LOCAL_MAC},
};

/// A frame without FCS is not shorter on a real wire.
pub const MINIMUM: usize = 60;
/// The MAC address of one who means no good.
pub const ENEMY_MAC: [u8; 6] = [0x02, 0, 0, 0, 0x66, 0x66];
/// His address.
pub const ENEMY: u32 = 0x0a00_0042;
/// Every station.
pub const ALL_MAC: [u8; 6] = [0xff; 6];

const ETHERNET: usize = 14;

/// An IPv4 packet in its frame, right until it is edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Destination, source, type.
    pub ethernet: Vec<u8>,
    /// The IPv4 header with its options.
    pub ip: Vec<u8>,
    /// The TCP segment or the ICMP message.
    pub body: Vec<u8>,
}

impl Packet {
    /// A segment; its source decides who sends it.
    pub fn tcp(segment: &Segment) -> Self {
        Packet::with_options(segment, &[])
    }

    /// ... with TCP options in place of the segment's own.
    pub fn with_options(segment: &Segment, options: &[u8]) -> Self {
        let mss = segment.mss.map(|mss| [2, 4, (mss >> 8) as u8, mss as u8]);
        let own = mss.as_ref().map_or(&[][..], |mss| mss);
        let frame = wire::frame_with(segment, if options.is_empty() { own } else { options });
        let total = usize::from(u16::from_be_bytes([frame[16], frame[17]]));
        let mut packet = Packet {
            ethernet: frame[..ETHERNET].to_vec(),
            ip: frame[ETHERNET..ETHERNET + 20].to_vec(),
            body: frame[ETHERNET + 20..ETHERNET + total].to_vec(),
        };
        if segment.src == ENEMY {
            packet.ethernet[6..12].copy_from_slice(&ENEMY_MAC);
        }
        packet
    }

    /// An ICMP message of the enemy: type, code, the word behind the checksum, data.
    pub fn icmp(kind: u8, code: u8, word: u32, data: &[u8]) -> Self {
        let blank = Segment {
            src: ENEMY,
            dst: LOCAL,
            src_port: 0,
            dst_port: 0,
            seq: 0,
            ack: 0,
            flags: 0,
            window: 0,
            mss: None,
            payload: vec![],
        };
        let mut packet = Packet::tcp(&blank);
        packet.body = [&[kind, code, 0, 0], &word.to_be_bytes()[..], data].concat();
        packet.ip(|ip| ip[9] = wire::ICMP).seal()
    }

    /// Edits the IPv4 header and makes its checksum again.
    pub fn ip(mut self, edit: impl FnOnce(&mut Vec<u8>)) -> Self {
        edit(&mut self.ip);
        self.sum_header();
        self
    }

    /// Edits the IPv4 header; the checksum stays.
    pub fn ip_lies(mut self, edit: impl FnOnce(&mut Vec<u8>)) -> Self {
        edit(&mut self.ip);
        self
    }

    /// Edits the body and makes its checksum again.
    pub fn body(mut self, edit: impl FnOnce(&mut Vec<u8>)) -> Self {
        edit(&mut self.body);
        self.sum_body();
        self
    }

    /// Edits the body; the checksum stays.
    pub fn body_lies(mut self, edit: impl FnOnce(&mut Vec<u8>)) -> Self {
        edit(&mut self.body);
        self
    }

    /// Puts options (whole words) behind the header; lengths and checksums are right.
    pub fn ip_options(mut self, options: &[u8]) -> Self {
        assert!(options.len().is_multiple_of(4) && options.len() <= 40, "{} bytes of options", options.len());
        self.ip.truncate(20);
        self.ip[0] = 0x45 + (options.len() / 4) as u8;
        self.ip.extend(options);
        self.seal()
    }

    /// Sets the source address; the checksums are right.
    pub fn from(self, address: u32) -> Self {
        self.ip(|ip| ip[12..16].copy_from_slice(&address.to_be_bytes())).seal()
    }

    /// Sets the destination address; the checksums are right.
    pub fn to(self, address: u32) -> Self {
        self.ip(|ip| ip[16..20].copy_from_slice(&address.to_be_bytes())).seal()
    }

    /// Sets the destination MAC address.
    pub fn to_mac(mut self, mac: [u8; 6]) -> Self {
        self.ethernet[..6].copy_from_slice(&mac);
        self
    }

    /// Makes the total length and both checksums right.
    pub fn seal(mut self) -> Self {
        let total = (self.ip.len() + self.body.len()) as u16;
        self.ip[2..4].copy_from_slice(&total.to_be_bytes());
        self.sum_header();
        self.sum_body();
        self
    }

    fn sum_header(&mut self) {
        self.ip[10..12].fill(0);
        let check = !wire::sum(&[&self.ip]);
        self.ip[10..12].copy_from_slice(&check.to_be_bytes());
    }

    fn sum_body(&mut self) {
        let tcp = self.ip[9] == wire::TCP;
        let at = if tcp { 16 } else { 2 };
        let pseudo = if tcp { wire::pseudo_of(&self.ip, self.body.len()) } else { [0; 12] };
        self.body[at..at + 2].fill(0);
        let check = !wire::sum(&[&pseudo, &self.body]);
        self.body[at..at + 2].copy_from_slice(&check.to_be_bytes());
    }

    /// The frame without padding.
    pub fn bytes(&self) -> Vec<u8> {
        [&self.ethernet[..], &self.ip, &self.body].concat()
    }

    /// The frame as it comes from a wire.
    pub fn frame(&self) -> Vec<u8> {
        padded(self.bytes())
    }
}

/// Fills a short frame with zeros.
pub fn padded(mut frame: Vec<u8>) -> Vec<u8> {
    frame.resize(frame.len().max(MINIMUM), 0);
    frame
}

/// An ARP packet: who sends it and who it says that is, and whom it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arp {
    /// Destination of the frame.
    pub to: [u8; 6],
    /// 1 asks, 2 answers.
    pub operation: u16,
    /// Sender's Ethernet and IPv4 address.
    pub sender: ([u8; 6], u32),
    /// Target's Ethernet and IPv4 address.
    pub target: ([u8; 6], u32),
}

impl Arp {
    /// The enemy asks for an address.
    pub fn request(address: u32) -> Self {
        Arp { to: ALL_MAC, operation: 1, sender: (ENEMY_MAC, ENEMY), target: ([0; 6], address) }
    }

    /// The enemy tells the card that he has an address.
    pub fn reply(address: u32) -> Self {
        Arp { to: LOCAL_MAC, operation: 2, sender: (ENEMY_MAC, address), target: (LOCAL_MAC, LOCAL) }
    }

    /// The frame without padding.
    pub fn bytes(&self) -> Vec<u8> {
        [
            &self.to[..],
            &ENEMY_MAC,
            &[8, 6, 0, 1, 8, 0, 6, 4],
            &self.operation.to_be_bytes(),
            &self.sender.0,
            &self.sender.1.to_be_bytes(),
            &self.target.0,
            &self.target.1.to_be_bytes(),
        ]
        .concat()
    }

    /// The frame as it comes from a wire.
    pub fn frame(&self) -> Vec<u8> {
        padded(self.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hostile::fate::{Fate, fate};

    fn segment() -> Segment {
        Segment {
            src: ENEMY,
            dst: LOCAL,
            src_port: 6666,
            dst_port: 80,
            seq: 0xdead_beef,
            ack: 0x0102_0304,
            flags: 0x18,
            window: 0x4321,
            mss: None,
            payload: b"hello world".to_vec(),
        }
    }

    #[test]
    fn a_packet_is_what_the_wire_would_carry() {
        let packet = Packet::tcp(&segment());
        let mut want = wire::frame(&segment());
        want[6..12].copy_from_slice(&ENEMY_MAC);
        assert_eq!(packet.frame(), want);
        assert_eq!(packet.clone().seal(), packet);
        assert_eq!(packet.bytes().len(), 14 + 20 + 20 + 11);
    }

    #[test]
    fn sealed_packets_are_good() {
        let packet = Packet::tcp(&segment());
        assert_eq!(fate(&packet.clone().ip_options(&[1; 40]).frame()), Fate::Segment);
        assert_eq!(fate(&packet.clone().from(0x0a00_0003).frame()), Fate::Segment);
        assert_eq!(fate(&packet.body(|tcp| tcp[30] ^= 1).frame()), Fate::Segment);
        assert_eq!(fate(&Packet::icmp(8, 0, 1, b"abc").frame()), Fate::Echo);
        assert_eq!(fate(&Arp::request(LOCAL).frame()), Fate::Arp);
    }
}
