// SPDX-License-Identifier: MIT OR Apache-2.0
//! Frames of the bench's scripted peer.

use std::net::Ipv4Addr;

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    ArpOperation, ArpPacket, ArpRepr, EthernetAddress, EthernetFrame, EthernetProtocol, EthernetRepr,
    IpProtocol, Ipv4Packet, Ipv4Repr, TcpControl, TcpPacket, TcpRepr, TcpSeqNumber,
};

/// The card's addresses.
pub const CARD_MAC: EthernetAddress = EthernetAddress([0x02, 0, 0, 0, 0, 1]);
pub const CARD: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
/// The peer's addresses.
pub const PEER_MAC: EthernetAddress = EthernetAddress([0x02, 0, 0, 0, 0, 2]);
pub const PEER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
/// The port that the card listens on.
pub const PORT: u16 = 5000;

/// What the bench looks at in a segment of the card.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub to: u16,
    pub seq: u32,
    pub ack: u32,
    pub window: u16,
    pub len: usize,
    pub syn: bool,
    pub fin: bool,
    pub rst: bool,
    pub has_ack: bool,
}

/// A frame of the card.
pub enum Frame {
    Tcp(Seen),
    /// An ARP request, with the answer to it.
    ArpRequest(Vec<u8>),
    Other,
}

/// A segment of the peer.
#[derive(Clone, Copy, Default)]
pub struct Segment {
    pub from: u16,
    pub to: u16,
    pub seq: u32,
    pub ack: Option<u32>,
    pub window: u16,
    pub syn: bool,
    pub fin: bool,
    pub rst: bool,
    pub mss: Option<u16>,
    pub len: usize,
}

/// Builds a segment of the peer; the payload counts up from its sequence number.
pub fn segment(s: Segment) -> Vec<u8> {
    let payload: Vec<u8> = (0..s.len).map(|i| (s.seq as usize).wrapping_add(i) as u8).collect();
    let control = match (s.syn, s.fin, s.rst) {
        (true, ..) => TcpControl::Syn,
        (_, true, _) => TcpControl::Fin,
        (.., true) => TcpControl::Rst,
        _ => TcpControl::None,
    };
    let tcp = TcpRepr {
        src_port: s.from,
        dst_port: s.to,
        control,
        seq_number: TcpSeqNumber(s.seq as i32),
        ack_number: s.ack.map(|a| TcpSeqNumber(a as i32)),
        window_len: s.window,
        window_scale: None,
        max_seg_size: s.mss,
        sack_permitted: false,
        sack_ranges: [None; 3],
        timestamp: None,
        payload: &payload,
    };
    let ip = Ipv4Repr {
        src_addr: PEER,
        dst_addr: CARD,
        next_header: IpProtocol::Tcp,
        payload_len: tcp.buffer_len(),
        hop_limit: 64,
    };
    let mut frame = ethernet(EthernetProtocol::Ipv4, ip.buffer_len() + tcp.buffer_len(), CARD_MAC);
    let sums = ChecksumCapabilities::default();
    let mut packet = Ipv4Packet::new_unchecked(&mut frame[EthernetFrame::<&[u8]>::header_len()..]);
    ip.emit(&mut packet, &sums);
    tcp.emit(&mut TcpPacket::new_unchecked(packet.payload_mut()), &PEER.into(), &CARD.into(), &sums);
    frame
}

/// Reads a frame of the card. Panics on a wrong checksum: a bench of broken frames would mean nothing.
pub fn read(frame: &[u8]) -> Frame {
    let ethernet = EthernetFrame::new_checked(frame).expect("an Ethernet header");
    match ethernet.ethertype() {
        EthernetProtocol::Arp => arp(ethernet.payload()),
        EthernetProtocol::Ipv4 => {
            let ip = Ipv4Packet::new_checked(ethernet.payload()).expect("an IPv4 header");
            if ip.next_header() != IpProtocol::Tcp {
                return Frame::Other;
            }
            let tcp = TcpPacket::new_checked(ip.payload()).expect("a TCP header");
            assert!(ip.verify_checksum() && tcp.verify_checksum(&CARD.into(), &PEER.into()), "checksum");
            Frame::Tcp(Seen {
                to: tcp.dst_port(),
                seq: tcp.seq_number().0 as u32,
                ack: tcp.ack_number().0 as u32,
                window: tcp.window_len(),
                len: tcp.payload().len(),
                syn: tcp.syn(),
                fin: tcp.fin(),
                rst: tcp.rst(),
                has_ack: tcp.ack(),
            })
        }
        _ => Frame::Other,
    }
}

fn arp(payload: &[u8]) -> Frame {
    let request = ArpPacket::new_checked(payload).ok().and_then(|p| ArpRepr::parse(&p).ok());
    let Some(ArpRepr::EthernetIpv4 { operation: ArpOperation::Request, target_protocol_addr: PEER, .. }) =
        request
    else {
        return Frame::Other;
    };
    Frame::ArpRequest(reply())
}

/// The peer's ARP reply, with which the card learns its address.
pub fn reply() -> Vec<u8> {
    let reply = ArpRepr::EthernetIpv4 {
        operation: ArpOperation::Reply,
        source_hardware_addr: PEER_MAC,
        source_protocol_addr: PEER,
        target_hardware_addr: CARD_MAC,
        target_protocol_addr: CARD,
    };
    let mut frame = ethernet(EthernetProtocol::Arp, reply.buffer_len(), CARD_MAC);
    reply.emit(&mut ArpPacket::new_unchecked(&mut frame[EthernetFrame::<&[u8]>::header_len()..]));
    frame
}

fn ethernet(ethertype: EthernetProtocol, payload: usize, to: EthernetAddress) -> Vec<u8> {
    let repr = EthernetRepr { src_addr: PEER_MAC, dst_addr: to, ethertype };
    let mut frame = vec![0; repr.buffer_len() + payload];
    repr.emit(&mut EthernetFrame::new_unchecked(&mut frame[..]));
    frame
}
