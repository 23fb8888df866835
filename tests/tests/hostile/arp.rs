// SPDX-License-Identifier: MIT OR Apache-2.0
//! ARP that is malformed, that nobody asked for, or that claims what is not the sender's.

use syncline_model::tcb::flags::ACK;
use syncline_regs::counters as c;
use syncline_tests::hostile::{
    attack::Case,
    forge::{ALL_MAC, Arp, ENEMY, ENEMY_MAC, Packet, padded},
    lab::Lab,
    raw::{ask, segment},
};
use syncline_tests::{subject::LOCAL, wire::LOCAL_MAC};

use crate::BOTH;

/// What says that a request was answered.
const ANSWERED: [usize; 2] = [c::ARP_REPLY, c::TX_FRAMES];

fn heard(lab: &Lab) -> Vec<Vec<u8>> {
    lab.heard().into_iter().filter(|frame| frame[12..14] == [8, 6]).collect()
}

// covers: NET-6
#[test]
fn malformed() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let good = Arp::request(LOCAL);
        let mut cases = vec![];
        // Every wrong value of a byte of the fixed part, but for the operation's low one.
        for at in 14..21 {
            for bit in 0..8 {
                let mut frame = good.frame();
                frame[at] ^= 1 << bit;
                cases.push(Case::drop(c::ARP_MALFORMED, format!("byte {at}, bit {bit}"), frame));
            }
        }
        for operation in [0, 3, 4, 8, 9, 25, 0x100, 0x200, 0xffff] {
            let frame = Arp { operation, ..good }.frame();
            cases.push(Case::drop(c::ARP_MALFORMED, format!("operation {operation}"), frame));
        }
        // Addresses of another length that are really there.
        for (hardware, protocol) in [(8, 4), (6, 16), (0, 0), (1, 1), (6, 5), (16, 4), (255, 255)] {
            let mut frame = padded([&good.bytes()[..], &[0xee; 40]].concat());
            (frame[18], frame[19]) = (hardware, protocol);
            cases.push(Case::drop(c::ARP_MALFORMED, format!("lengths {hardware} and {protocol}"), frame));
        }
        // Senders that can't be.
        for mac in [ALL_MAC, [1, 0, 0x5e, 0, 0, 1], [0; 6], [3, 0, 0, 0, 0, 0]] {
            let frame = Arp { sender: (mac, ENEMY), ..good }.frame();
            cases.push(Case::drop(c::ARP_MALFORMED, format!("from {mac:02x?}"), frame));
        }
        for address in [0xe000_0001, 0xffff_ffff, 0xf000_0000] {
            let frame = Arp { sender: (ENEMY_MAC, address), ..good }.frame();
            cases.push(Case::drop(c::ARP_MALFORMED, format!("from {address:#x}"), frame));
        }
        lab.suffer(&cases);
        assert_eq!(heard(&lab).len(), 1, "our own request for the friend, no answer");
        lab.finish();
    }
}

/// Claims of our own address are counted; they teach us nothing and get no answer.
// covers: NET-6
#[test]
fn claims_of_our_address() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let mut cases = vec![];
        for to in [ALL_MAC, LOCAL_MAC] {
            for operation in [1, 2] {
                for target in [LOCAL, ENEMY, 0] {
                    let claim = Arp { to, operation, sender: (ENEMY_MAC, LOCAL), target: ([0; 6], target) };
                    cases.push(Case::drop(c::ARP_CONFLICT, format!("{claim:x?}"), claim.frame()));
                }
            }
        }
        lab.suffer(&cases);
        lab.finish();
    }
}

/// Questions for others and answers that nobody asked for: no answer, nothing learned. A segment to the one who was announced is
/// held back until he has been asked.
// covers: NET-6
#[test]
fn not_for_us() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        // At 512 bits good packets in a row come faster than they are looked at.
        lab.crowd = 1;
        let mut cases = vec![];
        for host in (3..=0xfe).filter(|host| host % 3 == 0) {
            let address = LOCAL & !0xff | host;
            let mac = [2, 0, 0, 0, 9, host as u8];
            // He asks for himself (gratuitous), answers himself, and asks for another.
            for (operation, target) in [(1, address), (2, address), (1, LOCAL + 9), (2, ENEMY)] {
                let arp = Arp { to: ALL_MAC, operation, sender: (mac, address), target: ([0; 6], target) };
                cases.push(Case { what: format!("{arp:x?}"), frame: arp.frame(), counters: vec![] });
            }
        }
        lab.suffer(&cases);
        assert_eq!(heard(&lab).len(), 1, "our own request for the friend, no answer");
        // The card knows none of them: it asks before it answers the enemy, who was among them.
        let before = lab.counter(c::ARP_REQUEST);
        let answer = ask(&mut lab, Packet::tcp(&segment(6_000, 81, ACK, 1, 1, &[])).frame());
        assert_eq!(answer.len(), 1, "an RST");
        assert_eq!(lab.counter(c::ARP_REQUEST), before + 1);
        lab.finish();
    }
}

/// An ARP probe (RFC 5227) has no sender address: it is answered, and nothing is learned. A request for us is answered to the one
/// who asks, whatever the frame's own source says.
// covers: NET-6
#[test]
fn odd_requests_are_answered() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let probe = Arp { sender: (ENEMY_MAC, 0), ..Arp::request(LOCAL) };
        let mut alien = Arp::request(LOCAL).frame();
        alien[6..12].copy_from_slice(&[2, 0, 0, 0, 7, 7]);
        let padded_with_noise = [&Arp::request(LOCAL).bytes()[..], &[0xee; 200]].concat();
        for (what, frame) in [("probe", probe.frame()), ("alien", alien), ("noise", padded_with_noise)] {
            lab.heard();
            lab.idle(&[Case { what: what.into(), frame, counters: ANSWERED.to_vec() }]);
            let [reply] = &heard(&lab)[..] else { panic!("{what}: not one reply") };
            assert_eq!(reply[..6], ENEMY_MAC, "{what}");
            assert_eq!(reply[20..32], [&[0, 2][..], &LOCAL_MAC, &LOCAL.to_be_bytes()].concat(), "{what}");
        }
        lab.finish();
    }
}

/// Everybody on the network asks at once, many times over: the friend's entry is thrown out again and again, and the transfer goes on.
#[test]
fn a_flood_of_requests() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        lab.heard();
        let before = lab.counters();
        let flood = (0..4_000_u32).map(|i| {
            let host = 3 + i % 252;
            let mac = [2, 0, 0, 0, 9, host as u8];
            Arp { sender: (mac, LOCAL & !0xff | host), ..Arp::request(LOCAL) }.frame()
        });
        lab.transfer(flood);
        lab.settle();
        let after = lab.counters();
        let grown = |slot: usize| after[slot] - before[slot];
        // Each has an answer, or came while the one before waited for it; so may have the friend's answers.
        let answers = heard(&lab).iter().filter(|frame| frame[..5] == [2, 0, 0, 0, 9]).count() as u32;
        let ended = answers + grown(c::ARP_MALFORMED);
        assert!((4_000..=4_000 + grown(c::ARP_REQUEST)).contains(&ended), "{ended}");
        assert!(answers > 500, "{answers} answers");
        lab.finish();
    }
}
