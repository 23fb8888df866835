// SPDX-License-Identifier: MIT OR Apache-2.0
//! ICMP that wants to harm connections, and echo requests in number.

use syncline_model::endpoint::Segment;
use syncline_regs::counters as c;
use syncline_tests::hostile::{
    attack::Case,
    forge::{ENEMY, Packet},
    lab::Lab,
};
use syncline_tests::subject::{LOCAL, PEER};

use crate::BOTH;

/// The header and first bytes of a segment that the card has sent in the transfer, as an ICMP error quotes it.
fn quote(lab: &Lab) -> Vec<u8> {
    let next = lab.next_segment(&[]);
    let own = Segment {
        src: LOCAL,
        dst: PEER,
        src_port: next.dst_port,
        dst_port: next.src_port,
        seq: next.ack.wrapping_sub(1),
        ack: next.seq,
        ..next
    };
    let packet = Packet::tcp(&own);
    [&packet.ip[..], &packet.body].concat()
}

/// Errors of every type and code that quote the transfer's own segments, from the enemy and from the friend: nothing changes. RFC
/// 9293 asks this for Source Quench and the soft errors; the card acts on no ICMP error.
// covers: MUST-55, MUST-56, NET-11
#[test]
fn errors_change_nothing() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let quoted = quote(&lab);
        let mut cases = vec![];
        for kind in 0..=255_u8 {
            let codes = match kind {
                3 | 4 | 5 | 11 | 12 => 0..=16,
                8 => 1..=16,
                _ => 0..=0,
            };
            for code in codes {
                // The word: an MTU of 68 for "fragmentation needed", a pointer, a gateway.
                let message = Packet::icmp(kind, code, 68, &quoted);
                let what = format!("type {kind}, code {code}");
                if code == 0 {
                    cases.push(Case::drop(c::ICMP_DROPPED, what.clone(), message.clone().from(PEER).frame()));
                }
                cases.push(Case::drop(c::ICMP_DROPPED, what, message.frame()));
            }
        }
        lab.suffer(&cases);
        lab.finish();
    }
}

#[test]
fn bad_messages() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let ping = Packet::icmp(8, 0, 1, b"0123456789abcdefghijklmnopqrstuvwxyz");
        let mut cases = vec![];
        for bit in 0..ping.body.len() * 8 {
            let frame = ping.clone().body_lies(|icmp| icmp[bit / 8] ^= 1 << (bit % 8)).frame();
            cases.push(Case::drop(c::ICMP_DROPPED, format!("bit {bit}"), frame));
        }
        for len in 1..8 {
            let mut short = ping.clone();
            short.body.truncate(len);
            let short = if len < 4 { short.ip(|ip| ip[3] = 20 + len as u8) } else { short.seal() };
            cases.push(Case::drop(c::ICMP_DROPPED, format!("{len} bytes"), short.frame()));
        }
        lab.suffer(&cases);
        lab.finish();
    }
}

/// Pings without end beside a transfer: each is answered or counted, and the transfer goes on.
// covers: NET-10
#[test]
fn a_flood_of_pings() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let data: Vec<u8> = (0..600).map(|i| i as u8).collect();
        let before = lab.counters();
        lab.heard();
        lab.transfer((0..2_000).map(|i| Packet::icmp(8, 0, i, &data[..(i as usize * 7) % 600]).frame()));
        lab.settle();
        let after = lab.counters();
        let grown = |slot: usize| after[slot] - before[slot];
        assert_eq!(grown(c::ICMP_ECHO) + grown(c::ICMP_DROPPED), 2_000);
        let mut replies = 0;
        for frame in lab.heard() {
            if frame[12..14] == [8, 0] && frame[23] == 1 {
                let word = u32::from_be_bytes([frame[38], frame[39], frame[40], frame[41]]);
                let len = (word as usize * 7) % 600;
                let want = Packet::icmp(0, 0, word, &data[..len]).body;
                assert_eq!(frame[34..34 + want.len()], want, "ping {word}");
                assert_eq!(frame[30..34], ENEMY.to_be_bytes());
                replies += 1;
            }
        }
        assert_eq!(replies, grown(c::ICMP_ECHO));
        assert!(replies > 200, "{replies} answers");
        lab.finish();
    }
}
