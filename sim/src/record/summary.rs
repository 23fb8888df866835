// SPDX-License-Identifier: MIT OR Apache-2.0
//! One line about a frame.

use smoltcp::wire::{
    ArpOperation, ArpPacket, EthernetFrame, EthernetProtocol, Icmpv4Packet, IpProtocol, Ipv4Packet, TcpPacket,
};

/// What `frame` is, in one line: `7>50000 SYN ACK seq=1 ack=2 win=4096`, `ARP who has 192.168.1.1`.
pub fn summarize(frame: &[u8]) -> String {
    let Ok(ethernet) = EthernetFrame::new_checked(frame) else { return "no Ethernet frame".into() };
    match ethernet.ethertype() {
        EthernetProtocol::Arp => arp(ethernet.payload()),
        EthernetProtocol::Ipv4 => ipv4(ethernet.payload()),
        other => format!("{other}"),
    }
}

fn arp(bytes: &[u8]) -> String {
    let Ok(packet) = ArpPacket::new_checked(bytes) else { return "ARP, cut".into() };
    let address = |bytes: &[u8]| bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(".");
    match packet.operation() {
        ArpOperation::Request => format!("ARP who has {}", address(packet.target_protocol_addr())),
        ArpOperation::Reply => format!("ARP {} is here", address(packet.source_protocol_addr())),
        ArpOperation::Unknown(code) => format!("ARP operation {code}"),
    }
}

fn ipv4(bytes: &[u8]) -> String {
    let Ok(packet) = Ipv4Packet::new_checked(bytes) else { return "IPv4, cut".into() };
    let (source, destination) = (packet.src_addr(), packet.dst_addr());
    match packet.next_header() {
        IpProtocol::Tcp => tcp(packet.payload()),
        IpProtocol::Icmp => match Icmpv4Packet::new_checked(packet.payload()) {
            Ok(icmp) => format!("ICMP {} {}", icmp.msg_type(), icmp.msg_code()),
            Err(_) => "ICMP, cut".into(),
        },
        other => format!("{source} to {destination} {other}"),
    }
}

fn tcp(bytes: &[u8]) -> String {
    let Ok(packet) = TcpPacket::new_checked(bytes) else { return "TCP, cut".into() };
    let flags = [
        (packet.syn(), "SYN"),
        (packet.fin(), "FIN"),
        (packet.rst(), "RST"),
        (packet.psh(), "PSH"),
        (packet.ack(), "ACK"),
    ];
    let names: Vec<_> = flags.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect();
    let mut text = format!(
        "{}>{} {} seq={}",
        packet.src_port(),
        packet.dst_port(),
        names.join(" "),
        packet.seq_number().0 as u32
    );
    if packet.ack() {
        text += &format!(" ack={}", packet.ack_number().0 as u32);
    }
    text += &format!(" win={}", packet.window_len());
    match packet.payload().len() {
        0 => {}
        length => text += &format!(" len={length}"),
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_every_kind() {
        assert_eq!(summarize(&[0; 5]), "no Ethernet frame");
        let mut frame = vec![0; 60];
        frame[12..14].copy_from_slice(&[8, 6]);
        frame[14..22].copy_from_slice(&[0, 1, 8, 0, 6, 4, 0, 1]);
        frame[38..42].copy_from_slice(&[10, 0, 0, 2]);
        assert_eq!(summarize(&frame), "ARP who has 10.0.0.2");
        let mut frame = vec![0; 60];
        frame[12..24].copy_from_slice(&[8, 0, 0x45, 0, 0, 41, 0, 0, 0, 0, 64, 6]);
        frame[34..54]
            .copy_from_slice(&[0, 80, 4, 0, 255, 255, 255, 255, 0, 0, 0, 9, 0x50, 0x18, 16, 0, 0, 0, 0, 0]);
        assert_eq!(summarize(&frame), "80>1024 PSH ACK seq=4294967295 ack=9 win=4096 len=1");
        frame[46] = 0xf0;
        assert_eq!(summarize(&frame), "TCP, cut");
    }
}
