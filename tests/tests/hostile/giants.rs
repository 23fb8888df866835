// SPDX-License-Identifier: MIT OR Apache-2.0
//! Frames far beyond the MTU, and frames without a gap.

use syncline_model::tcb::flags::ACK;
use syncline_regs::counters as c;
use syncline_sim::Config;
use syncline_tests::hostile::{
    attack::Case,
    forge::{Arp, Packet, padded},
    lab::Lab,
    raw::{Raw, ask},
};
use syncline_tests::subject::LOCAL;

use crate::BOTH;

/// Larger than any frame of a known Ethernet, up to what IPv4 can tell and beyond.
const SIZES: [usize; 6] = [1_515, 2_000, 9_000, 16_000, 65_549, 100_000];

fn sized(mut frame: Vec<u8>, size: usize) -> Vec<u8> {
    frame.resize(size, 0xa5);
    frame
}

#[test]
fn giants_are_dropped_for_what_is_wrong_with_them() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let mut cases = vec![];
        for size in SIZES {
            let next = Packet::tcp(&lab.next_segment(&[1; 20]));
            let mut other = next.clone();
            other.ethernet[12] = 0x88;
            let mut case = |counter, what, frame| {
                cases.push(Case::drop(counter, format!("{what}, {size} bytes"), sized(frame, size)))
            };
            case(c::RX_NOT_FOR_US, "another's", next.clone().to_mac([2, 0, 0, 0, 0, 9]).bytes());
            case(c::RX_UNKNOWN_ETHERTYPE, "another kind", other.bytes());
            case(c::IP_BAD_CHECKSUM, "header checksum", next.clone().ip_lies(|ip| ip[10] ^= 1).bytes());
            case(
                c::TCP_CHECKSUM,
                "checksum before padding",
                next.clone().body_lies(|tcp| tcp[22] ^= 1).bytes(),
            );
            case(c::ARP_CONFLICT, "ARP", Arp::reply(LOCAL).bytes());
            if size < 65_549 {
                let total = ((size - 14) as u16).to_be_bytes();
                let whole = next.clone().ip(|ip| ip[2..4].copy_from_slice(&total)).bytes();
                case(c::TCP_CHECKSUM, "checksum", whole);
                let longer = ((size - 13) as u16).to_be_bytes();
                let torn = next.clone().ip(|ip| ip[2..4].copy_from_slice(&longer)).bytes();
                case(c::IP_BAD_LENGTH, "a byte less than told", torn);
            }
        }
        lab.suffer(&cases);
        lab.finish();
    }
}

/// An echo request is answered in full, or dropped: nothing longer than the MTU leaves the card (the lab's cable would lose it).
#[test]
fn giant_pings_get_no_giant_answers() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let cases: Vec<_> = [1_473, 1_500, 2_000, 8_972, 16_000, 65_507]
            .into_iter()
            .map(|len| {
                Case::drop(
                    c::ICMP_DROPPED,
                    format!("{len} bytes of data"),
                    Packet::icmp(8, 0, 1, &vec![7; len]).frame(),
                )
            })
            .collect();
        lab.suffer(&cases);
        let largest = Packet::icmp(8, 0, 1, &vec![7; 1_472]).frame();
        lab.idle(&[Case {
            what: "1472 bytes of data".into(),
            frame: largest,
            counters: vec![c::ICMP_ECHO, c::TX_FRAMES],
        }]);
        lab.finish();
    }
}

/// A right segment with more than fits is cut to the window, or dropped whole where no payload of that size can be kept.
#[test]
fn giant_segments() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let listener = lab.device.listen(80).expect("a port");
        let window = lab.device.limits().rx_ring_bytes as usize;
        let mut raw = Raw::open(&mut lab, &listener, 6_001, 77);
        for len in [1_461, 2_000, window - 100, window, window + 1, 16_000, 40_000, 65_495] {
            let data: Vec<u8> = (0..len).map(|i| (i / 3) as u8 ^ len as u8).collect();
            let before = lab.counters();
            let answer = ask(&mut lab, Packet::tcp(&raw.at(0, ACK, &data)).frame());
            let after = lab.counters();
            let got = raw.read();
            let taken = after[c::SEGMENTS_IN] - before[c::SEGMENTS_IN];
            let refused = after[c::TCP_OVERFLOW] - before[c::TCP_OVERFLOW];
            assert_eq!(taken + refused, 1, "{len} bytes");
            let want = if taken == 1 { len.min(window) } else { 0 };
            assert_eq!(got, data[..want], "{len} bytes");
            // Staging holds a ring's worth; what fits is never refused.
            assert_eq!(refused == 1, len > window, "{len} bytes");
            raw.seq = raw.seq.wrapping_add(want as u32);
            assert_eq!(answer.len() as u32, taken, "{len} bytes: {answer:?}");
            assert!(answer.iter().all(|segment| segment.ack == raw.seq));
            lab.settle();
            lab.answers();
        }
        let data = b"still here";
        raw.send(&mut lab, &Packet::tcp(&raw.at(0, ACK, data)), data);
        raw.reset(&mut lab);
        lab.finish();
    }
}

/// Frames of every kind of drop follow each other without preamble and gap: the card may hold the MAC back, but loses nothing.
// covers: P-9
#[test]
fn no_gaps() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let (mut to_card, to_peer) = lab.card().link();
        to_card.wire_gaps = false;
        lab.card().set_link(to_card, to_peer);
        let next = Packet::tcp(&lab.next_segment(&[9; 37]));
        let mut kinds = vec![
            (c::RX_RUNT, vec![2; 14]),
            (c::RX_RUNT, vec![2]),
            (c::RX_NOT_FOR_US, padded(vec![4; 15])),
            (c::RX_UNKNOWN_ETHERTYPE, [&[0xff; 6][..], &[3; 9]].concat()),
            (c::ARP_MALFORMED, Arp::request(LOCAL).bytes()[..41].to_vec()),
            (c::IP_BAD_HEADER, next.clone().ip(|ip| ip[0] = 0x55).frame()),
            (c::IP_BAD_CHECKSUM, next.clone().ip_lies(|ip| ip[8] ^= 1).frame()),
            (c::IP_BAD_LENGTH, next.bytes()[..90].to_vec()),
            (c::IP_FRAGMENT, next.clone().ip(|ip| ip[6] = 0x20).frame()),
            (c::IP_BAD_SOURCE, next.clone().from(0).frame()),
            (c::IP_NOT_FOR_US, next.clone().to(LOCAL + 5).frame()),
            (c::IP_UNKNOWN_PROTOCOL, next.clone().ip(|ip| ip[9] = 17).frame()),
            (c::ICMP_DROPPED, Packet::icmp(3, 1, 0, &[5; 28]).frame()),
            (c::TCP_CHECKSUM, next.clone().body_lies(|tcp| tcp[25] ^= 4).frame()),
            (c::TCP_MALFORMED, next.clone().body(|tcp| tcp[12] = 0x40).frame()),
            (c::TCP_BROADCAST, next.clone().to(u32::MAX).frame()),
        ];
        // A beat fewer, a beat more: every kind with other neighbours.
        let bad_option = |len: usize| {
            let mut segment = lab.next_segment(&vec![3; len]);
            segment.window = 5;
            Packet::with_options(&segment, &[1, 1, 2, 0]).frame()
        };
        kinds.extend([0, 8, 40, 64].map(|len| (c::TCP_BAD_OPTION, bad_option(len))));
        let mut cases = vec![];
        for step in 1..kinds.len() {
            for i in 0..kinds.len() {
                let (counter, frame) = &kinds[(i * step) % kinds.len()];
                cases.push(Case::drop(*counter, format!("kind {}", (i * step) % kinds.len()), frame.clone()));
            }
        }
        lab.suffer(&cases);
        if config == Config::Core64 {
            assert!(lab.card().stalled_cycles() > 0, "the wire was never faster than the card");
        }
        lab.finish();
    }
}
