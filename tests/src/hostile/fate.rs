// SPDX-License-Identifier: MIT OR Apache-2.0
//! What must become of a frame: read from the RFCs and the counters' table, not from the hardware.

use syncline_regs::counters as c;

use crate::{
    subject::LOCAL,
    wire::{self, LOCAL_MAC},
};

/// The card's network is 10.0.0.0/24.
pub const SUBNET_BROADCAST: u32 = LOCAL | 0xff;

/// Where a frame ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is dropped, and this counter says so.
    Dropped(usize),
    /// It is a good ARP packet.
    Arp,
    /// It is an echo request to be answered.
    Echo,
    /// It is a segment for TCP.
    Segment,
}

impl Fate {
    /// The counter that it moves, beside `rx_frames`.
    pub fn counter(self) -> Option<usize> {
        match self {
            Fate::Dropped(counter) => Some(counter),
            Fate::Arp => None,
            Fate::Echo => Some(c::ICMP_ECHO),
            Fate::Segment => Some(c::SEGMENTS_IN),
        }
    }
}

fn half(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from(half(bytes, at)) << 16 | u32::from(half(bytes, at + 2))
}

/// The fate of a frame (without FCS) at a card with the addresses of [`crate::wire`] and [`crate::subject`].
pub fn fate(frame: &[u8]) -> Fate {
    if frame.len() <= 14 {
        return Fate::Dropped(c::RX_RUNT);
    }
    let broadcast = frame[..6] == [0xff; 6];
    if !broadcast && frame[..6] != LOCAL_MAC {
        return Fate::Dropped(c::RX_NOT_FOR_US);
    }
    match half(frame, 12) {
        0x0806 => arp(&frame[14..]),
        0x0800 => ipv4(&frame[14..], broadcast),
        _ => Fate::Dropped(c::RX_UNKNOWN_ETHERTYPE),
    }
}

/// RFC 826. A sender can't have a group address or none.
fn arp(packet: &[u8]) -> Fate {
    let bad = Fate::Dropped(c::ARP_MALFORMED);
    if packet.len() < 28 || packet[..6] != [0, 1, 8, 0, 6, 4] || ![1, 2].contains(&half(packet, 6)) {
        return bad;
    }
    let (mac, address) = (&packet[8..14], word(packet, 14));
    if mac[0] & 1 != 0 || *mac == [0; 6] || address >= 0xe000_0000 {
        return bad;
    }
    if address == LOCAL { Fate::Dropped(c::ARP_CONFLICT) } else { Fate::Arp }
}

/// RFC 791, RFC 1122 section 3.2.1.
fn ipv4(packet: &[u8], broadcast: bool) -> Fate {
    let header = usize::from(packet[0] & 0xf).max(5) * 4;
    if packet.len() <= header {
        return Fate::Dropped(c::IP_BAD_LENGTH);
    }
    if packet[0] >> 4 != 4 || packet[0] & 0xf < 5 {
        return Fate::Dropped(c::IP_BAD_HEADER);
    }
    if wire::sum(&[&packet[..header]]) != 0xffff {
        return Fate::Dropped(c::IP_BAD_CHECKSUM);
    }
    let total = usize::from(half(packet, 2));
    if total <= header {
        return Fate::Dropped(c::IP_BAD_LENGTH);
    }
    // MF or an offset.
    if half(packet, 6) & 0x3fff != 0 {
        return Fate::Dropped(c::IP_FRAGMENT);
    }
    let (src, dst) = (word(packet, 12), word(packet, 16));
    let group = |address: u32| address >> 28 == 0xe;
    if [0, LOCAL, SUBNET_BROADCAST, u32::MAX].contains(&src) || src >> 24 == 127 || group(src) {
        return Fate::Dropped(c::IP_BAD_SOURCE);
    }
    if ![LOCAL, SUBNET_BROADCAST, u32::MAX].contains(&dst) {
        return Fate::Dropped(c::IP_NOT_FOR_US);
    }
    if ![wire::TCP, wire::ICMP].contains(&packet[9]) {
        return Fate::Dropped(c::IP_UNKNOWN_PROTOCOL);
    }
    if total > packet.len() {
        return Fate::Dropped(c::IP_BAD_LENGTH);
    }
    let broadcast = broadcast || dst != LOCAL;
    let body = &packet[header..total];
    if packet[9] == wire::TCP { tcp(&packet[..header], body, broadcast) } else { icmp(body, broadcast) }
}

/// RFC 1122 section 3.2.2.6: echo requests to our own address are answered; nothing else is heard.
fn icmp(message: &[u8], broadcast: bool) -> Fate {
    let request = message.len() >= 8 && message[..2] == [8, 0] && !broadcast;
    if request && wire::sum(&[message]) == 0xffff { Fate::Echo } else { Fate::Dropped(c::ICMP_DROPPED) }
}

/// RFC 9293 section 3.1 and 3.9.2.3.
fn tcp(ip: &[u8], segment: &[u8], broadcast: bool) -> Fate {
    if broadcast {
        return Fate::Dropped(c::TCP_BROADCAST);
    }
    let malformed = Fate::Dropped(c::TCP_MALFORMED);
    if segment.len() < 20 {
        return malformed;
    }
    let header = usize::from(segment[12] >> 4) * 4;
    if header < 20 || header > segment.len() || half(segment, 0) == 0 || half(segment, 2) == 0 {
        return malformed;
    }
    if wire::sum(&[&wire::pseudo_of(ip, segment.len()), segment]) != 0xffff {
        return Fate::Dropped(c::TCP_CHECKSUM);
    }
    let mut options = &segment[20..header];
    loop {
        match *options {
            [] | [0, ..] => return Fate::Segment,
            [1, ref rest @ ..] => options = rest,
            [_, length, ..] if length >= 2 && usize::from(length) <= options.len() => {
                options = &options[usize::from(length)..];
            }
            _ => return Fate::Dropped(c::TCP_BAD_OPTION),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hostile::forge::{Arp, Packet};

    /// Each objection by hand, so that the tests that lean on [`fate`] lean on something.
    #[test]
    fn one_of_each() {
        let echo = || Packet::icmp(8, 0, 7, &[1, 2, 3]);
        let dropped = |counter, frame: Vec<u8>| assert_eq!(fate(&frame), Fate::Dropped(counter));
        dropped(c::RX_RUNT, vec![0xff; 14]);
        dropped(c::RX_NOT_FOR_US, echo().to_mac([2, 0, 0, 0, 0, 9]).frame());
        dropped(c::RX_UNKNOWN_ETHERTYPE, [&[0xff; 12][..], &[0x86, 0xdd, 0]].concat());
        dropped(c::ARP_MALFORMED, Arp::request(LOCAL).bytes()[..41].to_vec());
        dropped(c::ARP_CONFLICT, Arp::reply(LOCAL).frame());
        dropped(c::IP_BAD_HEADER, echo().ip(|ip| ip[0] = 0x65).frame());
        dropped(c::IP_BAD_CHECKSUM, echo().ip_lies(|ip| ip[8] ^= 1).frame());
        dropped(c::IP_BAD_LENGTH, echo().ip(|ip| ip[3] = 20).frame());
        dropped(c::IP_FRAGMENT, echo().ip(|ip| ip[6] = 0x20).frame());
        dropped(c::IP_BAD_SOURCE, echo().from(LOCAL).frame());
        dropped(c::IP_NOT_FOR_US, echo().to(LOCAL + 9).frame());
        dropped(c::IP_UNKNOWN_PROTOCOL, echo().ip(|ip| ip[9] = 17).frame());
        dropped(c::ICMP_DROPPED, echo().body_lies(|icmp| icmp[9] ^= 1).frame());
        assert_eq!(
            fate(&echo().ip(|ip| ip[8] = 0).frame()),
            Fate::Echo,
            "RFC 1122, 3.2.1.7: TTL 0 is no fault"
        );
    }
}
