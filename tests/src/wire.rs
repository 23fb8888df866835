// SPDX-License-Identifier: MIT OR Apache-2.0
//! Segments as Ethernet frames, for a peer that owns the wire. Parsing is strict: what the card sends has to be right to the bit.

use syncline_model::{endpoint::Segment, tcb::flags::SYN};

use crate::subject::{LOCAL, PEER};

/// The card's MAC address.
pub const LOCAL_MAC: [u8; 6] = [0x02, 0, 0, 0, 0, 0x01];
/// The peer's MAC address.
pub const PEER_MAC: [u8; 6] = [0x02, 0, 0, 0, 0, 0x02];

const IPV4: [u8; 2] = [0x08, 0x00];
const ARP: [u8; 2] = [0x08, 0x06];
/// The protocol numbers of IPv4.
pub(crate) const TCP: u8 = 6;
pub(crate) const ICMP: u8 = 1;
/// A frame without FCS is not shorter.
const MINIMUM: usize = 60;

/// Ones' complement sum of 16-bit words, an odd byte at the left of its word (RFC 1071).
pub fn sum(parts: &[&[u8]]) -> u16 {
    let mut total: u32 = 0;
    for part in parts {
        for pair in part.chunks(2) {
            total += u32::from(u16::from_be_bytes([pair[0], *pair.get(1).unwrap_or(&0)]));
        }
    }
    while total > 0xffff {
        total = (total & 0xffff) + (total >> 16);
    }
    total as u16
}

fn pseudo_header(src: u32, dst: u32, len: usize) -> [u8; 12] {
    let mut header = [0; 12];
    header[..4].copy_from_slice(&src.to_be_bytes());
    header[4..8].copy_from_slice(&dst.to_be_bytes());
    header[9] = TCP;
    header[10..].copy_from_slice(&(len as u16).to_be_bytes());
    header
}

/// The pseudo-header of a segment of `len` bytes behind an IPv4 header.
pub(crate) fn pseudo_of(ip: &[u8], len: usize) -> [u8; 12] {
    let number = |at: usize| u32::from_be_bytes([ip[at], ip[at + 1], ip[at + 2], ip[at + 3]]);
    pseudo_header(number(12), number(16), len)
}

/// A segment as a frame; who sends it is told by its source address.
pub fn frame(segment: &Segment) -> Vec<u8> {
    let options = match segment.mss {
        Some(mss) => vec![2, 4, (mss >> 8) as u8, mss as u8],
        None => vec![],
    };
    frame_with(segment, &options)
}

/// ... with any TCP options; they are padded with End-of-List to whole words.
pub fn frame_with(segment: &Segment, options: &[u8]) -> Vec<u8> {
    let options_len = options.len().next_multiple_of(4);
    let mut tcp = Vec::with_capacity(20 + options_len + segment.payload.len());
    tcp.extend(segment.src_port.to_be_bytes());
    tcp.extend(segment.dst_port.to_be_bytes());
    tcp.extend(segment.seq.to_be_bytes());
    tcp.extend(segment.ack.to_be_bytes());
    tcp.push(((5 + options_len / 4) << 4) as u8);
    tcp.push(segment.flags);
    tcp.extend(segment.window.to_be_bytes());
    tcp.extend([0; 4]);
    tcp.extend(options);
    tcp.resize(20 + options_len, 0);
    tcp.extend(&segment.payload);
    let check = !sum(&[&pseudo_header(segment.src, segment.dst, tcp.len()), &tcp]);
    tcp[16..18].copy_from_slice(&check.to_be_bytes());

    let mut ip = vec![0x45, 0];
    ip.extend(((20 + tcp.len()) as u16).to_be_bytes());
    ip.extend([0, 0, 0x40, 0, 64, TCP, 0, 0]);
    ip.extend(segment.src.to_be_bytes());
    ip.extend(segment.dst.to_be_bytes());
    let check = !sum(&[&ip]);
    ip[10..12].copy_from_slice(&check.to_be_bytes());

    let mut frame = ethernet(segment.src, IPV4);
    frame.extend(ip);
    frame.extend(tcp);
    frame.resize(frame.len().max(MINIMUM), 0);
    frame
}

fn ethernet(src: u32, kind: [u8; 2]) -> Vec<u8> {
    let (to, from) = if src == LOCAL { (PEER_MAC, LOCAL_MAC) } else { (LOCAL_MAC, PEER_MAC) };
    [&to[..], &from, &kind].concat()
}

/// What the card has sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// A TCP segment to the peer.
    Segment(Segment),
    /// An ARP request for the peer's address: to be answered by [`arp_reply`].
    ArpRequest,
}

/// Reads a frame of the card and checks everything in it.
///
/// # Errors
/// What is wrong with it.
pub fn parse(frame: &[u8]) -> Result<Sent, String> {
    parse_to(frame, PEER_MAC, PEER)
}

/// ... with another peer.
///
/// # Errors
/// What is wrong with it.
pub fn parse_to(frame: &[u8], peer_mac: [u8; 6], peer: u32) -> Result<Sent, String> {
    let check = |good: bool, what: &str| if good { Ok(()) } else { Err(format!("{what}: {frame:02x?}")) };
    check(frame.len() >= 14, "shorter than a header")?;
    let (ethernet, packet) = frame.split_at(14);
    check(ethernet[6..12] == LOCAL_MAC, "source MAC address")?;
    if ethernet[12..] == ARP {
        check(packet.len() >= 28, "ARP: shorter than a request")?;
        check(ethernet[..6] == [0xff; 6], "ARP: not a broadcast")?;
        let addresses = [&LOCAL_MAC[..], &LOCAL.to_be_bytes(), &[0; 6], &peer.to_be_bytes()].concat();
        check(
            packet[..8] == [0, 1, 8, 0, 6, 4, 0, 1] && packet[8..28] == addresses,
            "ARP: not a request for the peer",
        )?;
        return Ok(Sent::ArpRequest);
    }
    check(ethernet[..6] == peer_mac, "destination MAC address")?;
    check(ethernet[12..] == IPV4, "EtherType")?;
    check(packet.len() >= 20 && packet[0] == 0x45, "IPv4: version or header length")?;
    let total = usize::from(u16::from_be_bytes([packet[2], packet[3]]));
    check(total >= 40 && total <= packet.len(), "IPv4: total length")?;
    check(packet.len() == total || frame.len() <= MINIMUM, "padding behind a long frame")?;
    check(packet[total..].iter().all(|&byte| byte == 0), "padding that is not zero")?;
    check(sum(&[&packet[..20]]) == 0xffff, "IPv4: header checksum")?;
    check(packet[6] & 0xbf == 0 && packet[7] == 0, "IPv4: a fragment")?;
    check(packet[8] > 0, "IPv4: TTL 0")?;
    check(packet[9] == TCP, "IPv4: protocol")?;
    let number = |at: usize| u32::from_be_bytes([packet[at], packet[at + 1], packet[at + 2], packet[at + 3]]);
    let (src, dst) = (number(12), number(16));
    check((src, dst) == (LOCAL, peer), "IPv4: addresses")?;
    let tcp = &packet[20..total];
    check(sum(&[&pseudo_header(src, dst, tcp.len()), tcp]) == 0xffff, "TCP: checksum")?;
    let offset = usize::from(tcp[12] >> 4) * 4;
    check(offset >= 20 && offset <= tcp.len() && tcp[12] & 0xf == 0, "TCP: data offset")?;
    let mss = options(&tcp[20..offset])?;
    let half = |at: usize| u16::from_be_bytes([tcp[at], tcp[at + 1]]);
    let segment = Segment {
        src,
        dst,
        src_port: half(0),
        dst_port: half(2),
        seq: number(24),
        ack: number(28),
        flags: tcp[13],
        window: half(14),
        mss,
        payload: tcp[offset..].to_vec(),
    };
    check(half(18) == 0, "TCP: urgent pointer")?;
    check(mss.is_none() || segment.flags & SYN != 0, "TCP: MSS option outside a SYN")?;
    Ok(Sent::Segment(segment))
}

/// The MSS option; every option has to have a right length, and zeros behind End-of-List (RFC 9293, MUST-68 and MUST-69).
fn options(mut list: &[u8]) -> Result<Option<u16>, String> {
    let mut mss = None;
    loop {
        match *list {
            [] => return Ok(mss),
            [0, ref rest @ ..] if rest.iter().all(|&byte| byte == 0) => return Ok(mss),
            [1, ref rest @ ..] => list = rest,
            [2, 4, high, low, ref rest @ ..] if mss.is_none() => {
                mss = Some(u16::from_be_bytes([high, low]));
                list = rest;
            }
            _ => return Err(format!("TCP options {list:02x?}")),
        }
    }
}

/// The peer answers an ARP request of the card.
pub fn arp_reply() -> Vec<u8> {
    arp(PEER)
}

/// The answer of the one who has this address to the other one.
pub fn arp(src: u32) -> Vec<u8> {
    let ((mac, address), (to_mac, to)) = if src == LOCAL {
        ((LOCAL_MAC, LOCAL), (PEER_MAC, PEER))
    } else {
        ((PEER_MAC, PEER), (LOCAL_MAC, LOCAL))
    };
    let mut frame = ethernet(src, ARP);
    frame.extend([0, 1, 8, 0, 6, 4, 0, 2]);
    frame.extend(mac);
    frame.extend(address.to_be_bytes());
    frame.extend(to_mac);
    frame.extend(to.to_be_bytes());
    frame.resize(MINIMUM, 0);
    frame
}

#[cfg(test)]
mod tests {
    use smoltcp::wire::{
        ArpOperation, ArpPacket, ArpRepr, EthernetAddress, EthernetFrame, Ipv4Address, Ipv4Packet, TcpPacket,
    };
    use syncline_model::tcb::flags::*;

    use super::*;

    fn segment(len: usize) -> Segment {
        Segment {
            src: PEER,
            dst: LOCAL,
            src_port: 5000,
            dst_port: 80,
            seq: 0xdead_beef,
            ack: 0x0102_0304,
            flags: SYN | ACK,
            window: 0x4321,
            mss: Some(1460),
            payload: (0..len).map(|i| (i * 31 + 200) as u8).collect(),
        }
    }

    /// The card's side of a frame of the peer.
    fn turned(segment: &Segment) -> Vec<u8> {
        frame(&Segment { src: LOCAL, dst: PEER, ..segment.clone() })
    }

    #[test]
    fn another_stack_takes_the_frames() {
        for len in [0, 1, 2, 3, 536, 1459, 1460] {
            let segment = segment(len);
            let frame = frame(&segment);
            let ethernet = EthernetFrame::new_checked(&frame).expect("Ethernet");
            assert_eq!(ethernet.dst_addr(), EthernetAddress(LOCAL_MAC));
            let ip = Ipv4Packet::new_checked(ethernet.payload()).expect("IPv4");
            assert!(ip.verify_checksum());
            let (src, dst) = (Ipv4Address::from_bits(PEER), Ipv4Address::from_bits(LOCAL));
            assert_eq!((ip.src_addr(), ip.dst_addr()), (src, dst));
            let tcp = TcpPacket::new_checked(ip.payload()).expect("TCP");
            assert!(tcp.verify_checksum(&src.into(), &dst.into()), "length {len}");
            assert_eq!(tcp.seq_number().0 as u32, segment.seq);
            assert_eq!(tcp.payload(), segment.payload);
            assert_eq!(tcp.window_len(), segment.window);
        }
    }

    #[test]
    fn what_is_built_is_parsed() {
        for len in [0, 1, 5, 6, 7, 1000, 1460] {
            let segment = segment(len);
            let want = Segment { src: LOCAL, dst: PEER, ..segment.clone() };
            assert_eq!(parse(&turned(&segment)), Ok(Sent::Segment(want)), "length {len}");
        }
    }

    #[test]
    fn any_wrong_bit_is_seen() {
        let frame = turned(&segment(33));
        // The EtherType's and the headers' bits, and the payload's.
        for bit in 0..frame.len() * 8 {
            let mut wrong = frame.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert!(parse(&wrong).is_err(), "bit {} of byte {}", bit % 8, bit / 8);
        }
        for len in 0..frame.len() {
            assert!(parse(&frame[..len]).is_err(), "{len} bytes");
        }
    }

    #[test]
    fn arp_both_ways() {
        let reply = arp_reply();
        let ethernet = EthernetFrame::new_checked(&reply).expect("Ethernet");
        let packet = ArpPacket::new_checked(ethernet.payload()).expect("ARP");
        let ArpRepr::EthernetIpv4 { operation, source_hardware_addr, source_protocol_addr, .. } =
            ArpRepr::parse(&packet).expect("ARP")
        else {
            panic!("not Ethernet and IPv4");
        };
        assert_eq!(operation, ArpOperation::Reply);
        assert_eq!(source_hardware_addr, EthernetAddress(PEER_MAC));
        assert_eq!(source_protocol_addr, Ipv4Address::from_bits(PEER));

        let mut request = reply.clone();
        request[..6].copy_from_slice(&[0xff; 6]);
        request[6..12].copy_from_slice(&LOCAL_MAC);
        request[21] = 1;
        request[22..28].copy_from_slice(&LOCAL_MAC);
        request[28..32].copy_from_slice(&LOCAL.to_be_bytes());
        request[32..38].fill(0);
        request[38..42].copy_from_slice(&PEER.to_be_bytes());
        assert_eq!(parse(&request), Ok(Sent::ArpRequest));
    }
}
