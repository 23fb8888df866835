// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Verilated core as a host on its network: addresses, the fields of its packets, initial sequence numbers, and what it
//! does not answer.

use std::net::Ipv4Addr;
use std::time::Duration;

use syncline_model::endpoint::Segment;
use syncline_model::tcb::State;
use syncline_model::tcb::flags::{ACK, SYN};
use syncline_regs::code::{Opcode, Status};
use syncline_regs::ring::Submission;
use syncline_regs::{counters, map};
use syncline_sim::Config;
use syncline_tests::card::Card;
use syncline_tests::subject::{LOCAL, PEER, Ports, Subject};
use syncline_tests::wire::{self, Sent};

const BOTH: [Config; 2] = [Config::Core64, Config::Core512];
const PORTS: Ports = Ports { peer: 5000, local: 80 };

/// Where the IPv4 packet begins in a frame, and its payload.
const IP: usize = 14;
const TCP: usize = IP + 20;

fn open(raddr: Ipv4Addr, rport: u16, lport: u16) -> Submission {
    Submission { raddr: raddr.into(), rport, lport, ..Submission::new(Opcode::Open, 0) }
}

/// The next frame that is a segment, as it is on the wire.
fn segment(card: &mut Card) -> Vec<u8> {
    let limit = card.simulation().now() + Duration::from_secs(100);
    while let Some(frame) = card.simulation().run_until_frame(limit) {
        match wire::parse(&frame.bytes).expect("a right frame") {
            Sent::ArpRequest => card.simulation().inject(wire::arp_reply()),
            Sent::Segment(_) => return frame.bytes,
        }
    }
    panic!("no segment");
}

// covers: MUST-46
/// The card itself refuses; it sends no frame and keeps no flow.
#[test]
fn impossible_peers_are_refused() {
    for config in BOTH {
        let mut card = Card::new(config, 1);
        let free = card.free();
        for peer in [
            [255, 255, 255, 255],
            [10, 0, 0, 255], // the network's broadcast address
            [224, 0, 0, 1],
            [239, 255, 255, 255],
            [240, 0, 0, 1],
            [0, 0, 0, 0],
            [0, 1, 2, 3],
            [127, 0, 0, 1],
            [10, 0, 0, 1], // the card
        ] {
            let done = card.submit(open(peer.into(), 7, 4000));
            assert_eq!(done.status, Ok(Status::BadAddress), "{peer:?}");
        }
        for (rport, lport) in [(0, 4000), (7, 0)] {
            let done = card.submit(open(Ipv4Addr::from_bits(PEER), rport, lport));
            assert_eq!(done.status, Ok(Status::BadAddress), "port 0");
        }
        card.simulation().run_for(Duration::from_secs(10));
        assert_eq!(card.simulation().take(), None);
        assert_eq!(card.free(), free);
        // The network's address is another host's when the network is larger.
        card.simulation().write32(map::IPV4_MASK, 0xffff_0000).expect("a register");
        assert_eq!(card.submit(open([10, 0, 0, 255].into(), 7, 4000)).status, Ok(Status::Ok));
        assert_eq!(card.submit(open([10, 0, 255, 255].into(), 7, 4000)).status, Ok(Status::BadAddress));
    }
}

// covers: MUST-49
/// A register gives the TTL, also of what is sent again.
#[test]
fn the_ttl_can_be_set() {
    for config in BOTH {
        let mut card = Card::new(config, 1);
        assert!(card.open(PORTS, false));
        assert_eq!(segment(&mut card)[IP + 8], 64, "the default of RFC 1700");
        for ttl in [1, 37, 255] {
            card.simulation().write32(map::TTL, ttl).expect("a register");
            assert_eq!(segment(&mut card)[IP + 8], ttl as u8);
        }
    }
}

/// The ISN of a connection to `peer`, opened after so many milliseconds on a new card with this key.
fn isn(key: [u32; 4], local: u16, peer: u16, ms: u64) -> u32 {
    let mut card = Card::new(Config::Core64, 1);
    for (word, register) in key.into_iter().zip([map::ISN_KEY0, map::ISN_KEY1, map::ISN_KEY2, map::ISN_KEY3])
    {
        card.simulation().write32(register, word).expect("a register");
    }
    card.simulation().run_for(Duration::from_millis(ms));
    assert!(card.open(Ports { peer, local }, false));
    let frame = segment(&mut card);
    u32::from_be_bytes([frame[TCP + 4], frame[TCP + 5], frame[TCP + 6], frame[TCP + 7]])
}

// covers: MUST-8, MUST-9, SHLD-1, ISN-1, ISN-2
/// A step every 4 us; each bit of the key and of the ports gives another sequence.
#[test]
fn isns_follow_the_clock_and_the_key() {
    let key = [0x0123_4567, 0x89ab_cdef, 0xfedc_ba98, 0x7654_3210];
    let first = isn(key, 4000, 7, 1);
    assert_eq!(isn(key, 4000, 7, 1), first);
    for ms in [2, 1001, 60_001] {
        let steps = isn(key, 4000, 7, ms).wrapping_sub(first);
        assert!(steps.abs_diff((ms - 1) as u32 * 250) <= 1, "{steps} steps in {} ms", ms - 1);
    }
    let far = |other: u32, what: &str| {
        let distance = (other.wrapping_sub(first) as i32).unsigned_abs();
        assert!(distance > 100_000, "{what}: {distance} away");
    };
    far(isn(key, 4001, 7, 1), "another port of ours");
    far(isn(key, 4000, 8, 1), "another port of the peer");
    for word in 0..4 {
        for bit in [0, 17, 31] {
            let mut other = key;
            other[word] ^= 1 << bit;
            far(isn(other, 4000, 7, 1), "another key");
        }
    }
}

/// An IPv4 packet to the card in a frame; `change` comes before the checksum.
fn packet(protocol: u8, payload: &[u8], change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut frame = [&wire::LOCAL_MAC[..], &wire::PEER_MAC, &[8, 0]].concat();
    frame.extend([0x45, 0]);
    frame.extend((20 + payload.len() as u16).to_be_bytes());
    frame.extend([0, 0, 0, 0, 64, protocol, 0, 0]);
    frame.extend(PEER.to_be_bytes());
    frame.extend(LOCAL.to_be_bytes());
    frame.extend(payload);
    change(&mut frame);
    let sum = !wire::sum(&[&frame[IP..TCP]]);
    frame[IP + 10..IP + 12].copy_from_slice(&sum.to_be_bytes());
    frame.resize(frame.len().max(60), 0);
    frame
}

fn count(card: &mut Card, counter: usize) -> u32 {
    let base = card.simulation().read32(map::COUNTER_OFFSET).expect("a register");
    card.simulation().read32(base + 4 * counter as u32).expect("a counter")
}

/// An ICMP message; of an error, `body` is the packet of ours that it is about.
fn icmp(kind: u8, code: u8, body: &[u8]) -> Vec<u8> {
    let mut message = [&[kind, code, 0, 0, 0, 0, 0, 0], body].concat();
    let sum = !wire::sum(&[&message]);
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    packet(1, &message, |_| {})
}

/// A connection that the peer has opened, and the card's SYN-ACK.
fn accepted(card: &mut Card) -> (Segment, Vec<u8>) {
    card.listen(PORTS.local);
    let mut from_peer = Segment {
        src: PEER,
        dst: LOCAL,
        src_port: PORTS.peer,
        dst_port: PORTS.local,
        seq: 1000,
        flags: SYN,
        window: 8192,
        ..Segment::default()
    };
    card.inject(&from_peer);
    let syn_ack = segment(card);
    let Ok(Sent::Segment(parsed)) = wire::parse(&syn_ack) else { panic!("no segment") };
    (from_peer.seq, from_peer.ack, from_peer.flags) = (1001, parsed.seq.wrapping_add(1), ACK);
    card.inject(&from_peer);
    assert_eq!(card.info(PORTS).state, State::Established);
    (from_peer, syn_ack)
}

// covers: MUST-55, MUST-56, NET-10, NET-11
/// No packet but an echo request is answered by ICMP, and no ICMP error moves a connection.
#[test]
fn neither_sends_nor_believes_icmp_errors() {
    for config in BOTH {
        let mut card = Card::new(config, 1);
        let (mut from_peer, syn_ack) = accepted(&mut card);
        let udp = [0x12, 0x34, 0x00, 0x35, 0, 12, 0, 0, 1, 2, 3, 4];
        let tcp = &wire::frame(&from_peer)[TCP..TCP + 20];
        let broadcast = |frame: &mut Vec<u8>| {
            frame[..6].fill(0xff);
            frame[IP + 16..IP + 20].fill(0xff);
        };
        let mut frames = vec![
            (packet(17, &udp, |_| {}), counters::IP_UNKNOWN_PROTOCOL),
            (packet(17, &udp, broadcast), counters::IP_UNKNOWN_PROTOCOL),
            (packet(47, &[1; 30], |_| {}), counters::IP_UNKNOWN_PROTOCOL),
            // Fragments, the first and another one.
            (packet(6, tcp, |frame| frame[IP + 6] = 0x20), counters::IP_FRAGMENT),
            (packet(6, tcp, |frame| frame[IP + 7] = 3), counters::IP_FRAGMENT),
            // It ends here: the card is no router.
            (packet(17, &udp, |frame| frame[IP + 8] = 1), counters::IP_UNKNOWN_PROTOCOL),
        ];
        // Destination unreachable, source quench, time exceeded, parameter problem.
        for (kind, codes) in [(3, 0..16), (4, 0..1), (11, 0..2), (12, 0..3)] {
            let about = &syn_ack[IP..TCP + 8];
            frames.extend(codes.map(|code| (icmp(kind, code, about), counters::ICMP_DROPPED)));
        }
        for (frame, counter) in frames {
            let before = count(&mut card, counter);
            card.simulation().inject(frame.clone());
            card.simulation().run_for(Duration::from_millis(10));
            assert_eq!(count(&mut card, counter), before + 1, "{frame:02x?} is not dropped as it should be");
            assert_eq!(card.simulation().take(), None, "an answer to {frame:02x?}");
            assert_eq!(card.info(PORTS).state, State::Established, "after {frame:02x?}");
        }
        // An echo request of the same make is answered.
        card.simulation().inject(icmp(8, 0, b"ping"));
        let limit = card.simulation().now() + Duration::from_millis(10);
        let reply = card.simulation().run_until_frame(limit).expect("an echo").bytes;
        assert_eq!((reply[IP + 9], reply[TCP], &reply[TCP + 8..TCP + 12]), (1, 0, &b"ping"[..]));

        from_peer.payload = b"still here".to_vec();
        card.inject(&from_peer);
        let Ok(Sent::Segment(ack)) = wire::parse(&segment(&mut card)) else { panic!("no segment") };
        assert_eq!(ack.ack, from_peer.end());
        assert_eq!(card.read(PORTS, 100), from_peer.payload);
    }
}

// covers: MUST-5, MUST-6, TS-5, WS-3
/// Options that were not agreed, and unknown ones, change nothing on a data segment.
#[test]
fn options_that_were_not_agreed_are_ignored() {
    for config in BOTH {
        let mut card = Card::new(config, 1);
        let (mut from_peer, _) = accepted(&mut card);
        from_peer.window = 1000;
        from_peer.payload = b"with options".to_vec();
        let options = [
            &[8, 10, 1, 2, 3, 4, 5, 6, 7, 8][..], // timestamps
            &[3, 3, 14],                          // window scale
            &[5, 10, 0, 0, 0, 9, 0, 0, 0, 10],    // SACK
            &[2, 4, 0, 64],                       // MSS
            &[254, 5, 1, 2, 3],                   // an experiment
        ];
        card.simulation().inject(wire::frame_with(&from_peer, &options.concat()));
        let Ok(Sent::Segment(ack)) = wire::parse(&segment(&mut card)) else { panic!("no segment") };
        assert_eq!(ack.ack, from_peer.end());
        assert_eq!(card.read(PORTS, 100), from_peer.payload);
        // The window is what it says, and the MSS is still the default.
        assert_eq!(card.write(PORTS, &[7; 4000]), 4000);
        card.simulation().run_for(Duration::from_millis(10));
        let sent = std::iter::from_fn(|| card.simulation().take());
        let sizes: Vec<_> = sent.map(|frame| frame.bytes.len() - TCP - 20).collect();
        assert_eq!(sizes, [536]);
    }
}
