// SPDX-License-Identifier: MIT OR Apache-2.0
//! IPv4 headers that lie, and odd ones that are right.

use std::net::Ipv4Addr;

use syncline_model::tcb::flags::{ACK, SYN};
use syncline_regs::counters as c;
use syncline_tests::hostile::{
    attack::Case,
    fate::{Fate, SUBNET_BROADCAST, fate},
    forge::{ALL_MAC, ENEMY, Packet},
    lab::{Lab, PORT},
    raw::{Raw, ask, segment},
};
use syncline_tests::subject::{LOCAL, PEER};

use crate::BOTH;

const DATA: &[u8] = b"whatever this is, it is not for the application";

fn dotted(address: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(address)
}

// covers: NET-2, NET-4
#[test]
fn version_and_header_length() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let next = Packet::tcp(&lab.next_segment(DATA));
        let mut cases = vec![];
        for first in 0..=0xff_u8 {
            if first >> 4 == 4 && first & 0xf >= 5 {
                continue;
            }
            let header = usize::from(first & 0xf).max(5) * 4;
            // The checksum is right for the header length that is told.
            let all = [&next.ip[..], &next.body].concat();
            let packet = Packet { ip: all[..header].to_vec(), body: all[header..].to_vec(), ..next.clone() };
            cases.push(Case::drop(
                c::IP_BAD_HEADER,
                format!("first byte {first:#04x}"),
                packet.ip(|ip| ip[0] = first).frame(),
            ));
        }
        lab.suffer(&cases);
        // The header is told to be as long as the frame, or longer.
        let short = Packet::tcp(&lab.next_segment(&[]));
        let cases: Vec<_> = (10..=15_u8)
            .map(|words| {
                let frame = short.clone().ip(|ip| ip[0] = 0x40 | words).bytes();
                Case::drop(c::IP_BAD_LENGTH, format!("{words} words of 10"), frame)
            })
            .collect();
        lab.suffer(&cases);
        lab.finish();
    }
}

// covers: NET-2
#[test]
fn total_length() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let next = Packet::tcp(&lab.next_segment(DATA));
        let right = next.ip.len() + next.body.len();
        let told =
            |total: usize| next.clone().ip(|ip| ip[2..4].copy_from_slice(&(total as u16).to_be_bytes()));
        let mut cases = vec![];
        // No payload, or less than none.
        for total in 0..=20 {
            cases.push(Case::drop(c::IP_BAD_LENGTH, format!("total length {total}"), told(total).frame()));
        }
        // Less than a TCP header.
        for total in 21..40 {
            cases.push(Case::drop(c::TCP_MALFORMED, format!("total length {total}"), told(total).frame()));
        }
        // Less than there is: the checksum knows.
        for total in 40..right {
            cases.push(Case::drop(c::TCP_CHECKSUM, format!("total length {total}"), told(total).frame()));
        }
        for total in (right + 1..right + 80).chain([1_500, 1_501, 9_000, 0x7fff, 0x8000, 0xffff]) {
            cases.push(Case::drop(c::IP_BAD_LENGTH, format!("total length {total}"), told(total).bytes()));
        }
        lab.suffer(&cases);
        lab.finish();
    }
}

// covers: CK-7
#[test]
fn every_bit_of_the_header() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let next = lab.next_segment(DATA);
        let mut cases = vec![];
        for packet in [Packet::tcp(&next), Packet::tcp(&next).ip_options(&[7, 7, 4, 0, 0, 0, 0, 0])] {
            for bit in 0..packet.ip.len() * 8 {
                let frame = packet.clone().ip_lies(|ip| ip[bit / 8] ^= 0x80 >> (bit % 8)).frame();
                // The first four bits are the version; the next four move the end of what is summed.
                let counter = match bit {
                    0..4 => c::IP_BAD_HEADER,
                    4..8 if frame[14] & 0xf < 5 => c::IP_BAD_HEADER,
                    _ => c::IP_BAD_CHECKSUM,
                };
                cases.push(Case::drop(counter, format!("bit {bit} of {}", packet.ip.len() * 8), frame));
            }
        }
        for check in [0, 0xffff_u16] {
            let frame = Packet::tcp(&next).ip_lies(|ip| ip[10..12].copy_from_slice(&check.to_be_bytes()));
            cases.push(Case::drop(c::IP_BAD_CHECKSUM, format!("checksum {check:#x}"), frame.frame()));
        }
        lab.suffer(&cases);
        lab.finish();
    }
}

// covers: NET-5, NET-11
#[test]
fn fragments() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let next = Packet::tcp(&lab.next_segment(DATA));
        let fragment =
            |word: u16| next.clone().ip(|ip| ip[6..8].copy_from_slice(&word.to_be_bytes())).frame();
        // MF, and each bit of the offset, with and without MF, DF and the evil bit.
        let mut words = vec![0x2000, 0x6000, 0xa000, 0x3fff, 0x1fff, 0x4001];
        words.extend((0..13).flat_map(|bit| [1 << bit, 0x2000 | 1 << bit]));
        let case = |word| Case::drop(c::IP_FRAGMENT, format!("flags and offset {word:#06x}"), fragment(word));
        lab.suffer(&words.into_iter().map(case).collect::<Vec<_>>());
        lab.finish();
    }
}

/// Sources that can't be (RFC 1122, section 3.2.1.3), with a SYN for a port that listens, with data of a connection, and with a
/// ping. Our own address is the land attack.
// covers: MUST-63, NET-4
#[test]
fn impossible_sources() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let _listener = lab.device.listen(80).expect("a port");
        let sources = [
            0,
            0x7f00_0000,
            0x7f00_0001,
            0x7fff_ffff,
            0xe000_0000,
            0xe000_0001,
            0xefff_ffff,
            0xffff_ffff,
            SUBNET_BROADCAST,
            LOCAL,
        ];
        let mut cases = vec![];
        for source in sources {
            let syn = Packet::tcp(&segment(6_000, 80, SYN, 1, 0, &[]));
            let land = Packet::tcp(&segment(80, 80, SYN, 1, 0, &[]));
            let data = Packet::tcp(&lab.next_segment(DATA));
            let ping = Packet::icmp(8, 0, 1, DATA);
            for (what, packet) in [("SYN", syn), ("land", land), ("data", data), ("ping", ping)] {
                let what = format!("{what} from {}", dotted(source));
                cases.push(Case::drop(c::IP_BAD_SOURCE, what, packet.from(source).frame()));
            }
        }
        lab.suffer(&cases);
        lab.finish();
    }
}

// covers: MUST-57, NET-4, NET-11
#[test]
fn destinations_that_are_not_ours_alone() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let _listener = lab.device.listen(80).expect("a port");
        let syn = Packet::tcp(&segment(6_000, 80, SYN, 1, 0, &[]));
        let closed = Packet::tcp(&segment(6_000, 81, ACK, 1, 1, &[]));
        let data = Packet::tcp(&lab.next_segment(DATA));
        let ping = Packet::icmp(8, 0, 1, DATA);
        let mut cases = vec![];
        for (what, packet) in [("SYN", &syn), ("ACK to a closed port", &closed), ("data", &data)] {
            for to in [SUBNET_BROADCAST, u32::MAX] {
                let frame = packet.clone().to(to);
                let what = format!("{what} to {}", dotted(to));
                cases.push(Case::drop(c::TCP_BROADCAST, what.clone(), frame.frame()));
                cases.push(Case::drop(c::TCP_BROADCAST, what + ", all", frame.to_mac(ALL_MAC).frame()));
            }
            // Our address in a frame to all (RFC 1122, section 3.3.6).
            let frame = packet.clone().to_mac(ALL_MAC).frame();
            cases.push(Case::drop(c::TCP_BROADCAST, format!("{what} in a frame to all"), frame));
        }
        for (what, packet) in [("SYN", &syn), ("data", &data), ("ping", &ping)] {
            // Multicast to our MAC address and to its own; other stations, other networks.
            for to in [
                0xe000_0001,
                0xe000_00fb,
                0xefff_ffff,
                LOCAL - 1,
                PEER,
                0x0a00_0101,
                0xc000_0201,
                0,
                0x7f00_0001,
            ] {
                let frame = packet.clone().to(to).frame();
                cases.push(Case::drop(c::IP_NOT_FOR_US, format!("{what} to {}", dotted(to)), frame));
            }
            let group = packet.clone().to(0xe000_0001).to_mac([1, 0, 0x5e, 0, 0, 1]).frame();
            cases.push(Case::drop(c::RX_NOT_FOR_US, format!("{what} to all hosts"), group));
            let group = packet.clone().to_mac([1, 0, 0x5e, 0, 0, 1]).frame();
            cases.push(Case::drop(c::RX_NOT_FOR_US, format!("{what} in a frame to all hosts"), group));
        }
        for (what, frame) in [
            ("to the network", ping.clone().to(SUBNET_BROADCAST).frame()),
            ("to everyone", ping.clone().to(u32::MAX).to_mac(ALL_MAC).frame()),
            ("in a frame to all", ping.to_mac(ALL_MAC).frame()),
        ] {
            cases.push(Case::drop(c::ICMP_DROPPED, format!("ping {what}"), frame));
        }
        lab.suffer(&cases);
        lab.finish();
    }
}

// covers: NET-4
#[test]
fn unknown_protocols() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let next = Packet::tcp(&lab.next_segment(DATA));
        let case = |protocol: u8| {
            let frame = next.clone().ip(|ip| ip[9] = protocol).frame();
            Case::drop(c::IP_UNKNOWN_PROTOCOL, format!("protocol {protocol}"), frame)
        };
        lab.suffer(&(0..=255).filter(|p| ![1, 6].contains(p)).map(case).collect::<Vec<_>>());
        lab.finish();
    }
}

/// Options of every length are skipped, whatever is in them; TTL 0 is no reason to drop what has arrived (RFC 1122, section
/// 3.2.1.7); type of service, identification, DF and the reserved flag mean nothing to us.
// covers: MUST-50
#[test]
fn odd_headers_are_taken() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let listener = lab.device.listen(80).expect("a port");
        let mut raw = Raw::open(&mut lab, &listener, 6_001, 0xffff_fff0);
        let mut packets: Vec<Box<dyn Fn(Packet) -> Packet>> = vec![];
        for words in 1..=10_usize {
            for fill in [
                &[1_u8][..],                       // NOP
                &[0],                              // end of list
                &[7, 39, 4, 10, 0, 0, 9],          // record route
                &[68, 40, 5, 0],                   // timestamp
                &[131, 7, 4, 10, 0, 0, 9, 137, 3], // source routes
                &[0x9e, 0],                        // unknown, of length 0
                &[0xff, 0xff],                     // unknown, beyond the header
            ] {
                let options: Vec<u8> = fill.iter().copied().cycle().take(4 * words).collect();
                packets.push(Box::new(move |packet| packet.ip_options(&options)));
            }
        }
        for ttl in [0, 1, 255] {
            packets.push(Box::new(move |packet| packet.ip(|ip| ip[8] = ttl)));
        }
        for tos in [0xff, 0x10, 3] {
            packets.push(Box::new(move |packet| packet.ip(|ip| ip[1] = tos)));
        }
        packets.push(Box::new(|packet| packet.ip(|ip| ip[4..7].copy_from_slice(&[0xab, 0xcd, 0xc0]))));
        packets.push(Box::new(|packet| packet.ip(|ip| ip[6] = 0)));
        for (i, change) in packets.iter().enumerate() {
            let data: Vec<u8> = (0..1 + i % 50).map(|n| (n * 7 + i) as u8).collect();
            let packet = change(Packet::tcp(&raw.at(0, ACK, &data)));
            assert_eq!(fate(&packet.frame()), Fate::Segment);
            raw.send(&mut lab, &packet, &data);
            // The same with a ping.
            let before = lab.counter(c::ICMP_ECHO);
            lab.inject(change(Packet::icmp(8, 0, i as u32, &data)).frame());
            lab.settle();
            assert_eq!(lab.counter(c::ICMP_ECHO), before + 1, "ping {i}");
            assert_eq!(ask_echo(&lab, &data, i as u32), 1, "ping {i}");
        }
        raw.reset(&mut lab);
        lab.finish();
    }
}

/// Echo replies to the enemy with these data, all fields right.
fn ask_echo(lab: &Lab, data: &[u8], word: u32) -> usize {
    let want = Packet::icmp(0, 0, word, data).body;
    let replies = lab.heard();
    replies
        .iter()
        .filter(|frame| frame[12..14] == [8, 0] && frame[23] == 1)
        .map(|frame| {
            let total = usize::from(u16::from_be_bytes([frame[16], frame[17]]));
            assert_eq!(frame[14], 0x45);
            assert_eq!(frame[26..34], [LOCAL.to_be_bytes(), ENEMY.to_be_bytes()].concat());
            assert_eq!(frame[34..14 + total], want);
        })
        .count()
}

/// The transfer's own tuple with the addresses turned round: a frame that the card may have sent itself.
// covers: MUST-63
#[test]
fn reflected_frames() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        lab.heard();
        lab.transfer([]);
        lab.settle();
        let own: Vec<_> = lab.heard().into_iter().filter(|frame| frame[12..14] == [8, 0]).collect();
        assert!(own.len() > 10 && own.iter().all(|frame| frame[34..36] == PORT.to_be_bytes()));
        // As they were, and to our MAC address.
        let cases: Vec<_> = own
            .iter()
            .take(20)
            .flat_map(|frame| {
                let mut turned = frame.clone();
                turned[..6].copy_from_slice(&syncline_tests::wire::LOCAL_MAC);
                [
                    Case::drop(c::RX_NOT_FOR_US, "our own frame", frame.clone()),
                    Case::drop(c::IP_BAD_SOURCE, "our own packet", turned),
                ]
            })
            .collect();
        lab.suffer(&cases);
        assert_eq!(ask(&mut lab, cases[1].frame.clone()), []);
        lab.finish();
    }
}
