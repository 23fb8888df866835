// SPDX-License-Identifier: MIT OR Apache-2.0
//! Good frames that end too early, at every length.

use syncline_regs::counters as c;
use syncline_tests::hostile::{
    attack::Case,
    fate::SUBNET_BROADCAST,
    forge::{ALL_MAC, Arp, Packet},
    lab::Lab,
};
use syncline_tests::subject::LOCAL;

use crate::BOTH;

const DATA: &[u8] = b"thirty-one bytes of application";

/// Every beginning of a packet; the whole of it would be taken.
fn ip(what: &str, packet: &Packet) -> Vec<Case> {
    let whole = packet.bytes();
    (1..whole.len())
        .map(|len| {
            let counter = if len <= 14 { c::RX_RUNT } else { c::IP_BAD_LENGTH };
            Case::drop(counter, format!("{what}, {len} of {} bytes", whole.len()), whole[..len].to_vec())
        })
        .collect()
}

// covers: NET-2, P-9
#[test]
fn segments() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let next = lab.next_segment(DATA);
        lab.suffer(&ip("data", &Packet::tcp(&next)));
        let options = [1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8];
        lab.suffer(&ip("TCP options", &Packet::with_options(&next, &options)));
        lab.suffer(&ip("IP options", &Packet::tcp(&next).ip_options(&[1; 20])));
        lab.finish();
    }
}

/// What is not for TCP at all is counted once too.
// covers: P-9
#[test]
fn segments_to_all() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let next = Packet::tcp(&lab.next_segment(DATA));
        lab.suffer(&ip("to the network", &next.clone().to(SUBNET_BROADCAST)));
        lab.suffer(&ip("in a frame to all", &next.to_mac(ALL_MAC)));
        lab.finish();
    }
}

// covers: NET-2, P-9
#[test]
fn messages() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        lab.suffer(&ip("echo request", &Packet::icmp(8, 0, 1, DATA)));
        lab.suffer(&ip("echo reply", &Packet::icmp(0, 0, 1, DATA)));
        lab.suffer(&ip("unreachable", &Packet::icmp(3, 1, 0, &Packet::tcp(&lab.next_segment(&[])).ip)));
        lab.finish();
    }
}

// covers: NET-6, P-9
#[test]
fn arp() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        for (what, packet) in [("request", Arp::request(LOCAL)), ("reply", Arp::reply(LOCAL + 77))] {
            let whole = packet.bytes();
            let cases: Vec<_> = (1..whole.len())
                .map(|len| {
                    let counter = if len <= 14 { c::RX_RUNT } else { c::ARP_MALFORMED };
                    Case::drop(counter, format!("{what}, {len} bytes"), whole[..len].to_vec())
                })
                .collect();
            lab.suffer(&cases);
        }
        lab.finish();
    }
}
