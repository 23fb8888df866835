// SPDX-License-Identifier: MIT OR Apache-2.0
//! Frames that are too short, too long, not for us, or of no known kind.

use syncline_regs::counters as c;
use syncline_tests::hostile::{
    attack::Case,
    forge::{ALL_MAC, Packet},
    lab::Lab,
};
use syncline_tests::wire::LOCAL_MAC;

use crate::BOTH;

/// A frame that the card would answer.
fn ping() -> Packet {
    Packet::icmp(8, 0, 0x1234_0001, b"abcdefghijklmnopqrstuvwabcdefghi")
}

fn with_type(kind: u16) -> Vec<u8> {
    let mut packet = ping();
    packet.ethernet[12..].copy_from_slice(&kind.to_be_bytes());
    packet.frame()
}

#[test]
fn runts() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let mut cases = vec![];
        for mac in [LOCAL_MAC, ALL_MAC, [2, 0, 0, 0, 0, 9]] {
            let frame = ping().to_mac(mac).bytes();
            cases.extend((1..=14).map(|len| {
                Case::drop(c::RX_RUNT, format!("{len} bytes to {mac:02x?}"), frame[..len].to_vec())
            }));
        }
        lab.suffer(&cases);
        lab.finish();
    }
}

#[test]
fn frames_to_others() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let mut macs: Vec<[u8; 6]> = (0..48)
            .map(|bit| {
                let mut mac = LOCAL_MAC;
                mac[bit / 8] ^= 1 << (bit % 8);
                mac
            })
            .collect();
        // All hosts, IPv6's neighbours, a bridge's, nobody, and nearly all.
        macs.extend([[1, 0, 0x5e, 0, 0, 1], [0x33, 0x33, 0, 0, 0, 1], [1, 0x80, 0xc2, 0, 0, 0], [0; 6]]);
        macs.push([0xff, 0xff, 0xff, 0xff, 0xff, 0xfe]);
        let case = |mac: &[u8; 6]| {
            Case::drop(c::RX_NOT_FOR_US, format!("to {mac:02x?}"), ping().to_mac(*mac).frame())
        };
        lab.suffer(&macs.iter().map(case).collect::<Vec<_>>());
        lab.finish();
    }
}

// covers: NET-15
#[test]
fn unknown_types() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let flipped = (0..16).flat_map(|bit| [0x0800 ^ 1 << bit, 0x0806 ^ 1 << bit]);
        // VLAN tags (once and twice), IPv6, MPLS, PPPoE, flow control, LLDP, and lengths of IEEE 802.3.
        let known =
            [0x8100, 0x88a8, 0x9100, 0x86dd, 0x8847, 0x8864, 0x8808, 0x88cc, 0, 46, 1500, 0x05ff, 0xffff];
        let kinds = flipped.chain(known).filter(|kind| ![0x0800, 0x0806].contains(kind));
        let mut cases: Vec<_> = kinds
            .map(|kind| Case::drop(c::RX_UNKNOWN_ETHERTYPE, format!("type {kind:#06x}"), with_type(kind)))
            .collect();
        // A tag in front of a good packet.
        let good = ping().frame();
        let tagged = [&good[..12], &[0x81, 0, 0, 5], &good[12..]].concat();
        cases.push(Case::drop(c::RX_UNKNOWN_ETHERTYPE, "VLAN 5", tagged));
        lab.suffer(&cases);
        lab.finish();
    }
}
