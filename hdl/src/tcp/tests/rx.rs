// SPDX-License-Identifier: MIT OR Apache-2.0
//! TCP receive against a parser written from RFC 9293, section 3.1.

use super::*;
use crate::sim::{ready, settle, tick};
use crate::stream::bench::{Drain, Feed, PACES, Rng, assert_frames, beats, clocked};
use crate::tcp::{options, sum};

clocked!(Rx64, Rx512);

/// A packet for the input.
#[derive(Clone, Debug)]
struct Packet {
    src: u32,
    dst: u32,
    /// IPv4's account of `bytes`.
    len: usize,
    broadcast: bool,
    bytes: Vec<u8>,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Good,
    Broadcast,
    Malformed,
    /// Dropped without a count.
    Torn,
    Checksum,
    BadOption,
    Overflow,
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn half(bytes: &[u8], at: usize) -> u64 {
    u64::from(u16::from_be_bytes(bytes[at..at + 2].try_into().expect("two bytes")))
}

/// The pseudo-header of RFC 9293, section 3.1.
fn pseudo(packet: &Packet) -> Vec<u8> {
    let mut bytes = packet.src.to_be_bytes().to_vec();
    bytes.extend(packet.dst.to_be_bytes());
    bytes.extend([0, 6]);
    bytes.extend((packet.len as u16).to_be_bytes());
    bytes
}

fn reference(packet: &Packet) -> (Fate, Segment, Vec<u8>) {
    let nothing = |fate| (fate, Segment::default(), vec![]);
    let bytes = &packet.bytes;
    let (fits, torn) = (packet.len >= 20, packet.len != bytes.len());
    let header = if bytes.len() > 12 { 4 * usize::from(bytes[12] >> 4) } else { 20 };
    if torn {
        return nothing(Fate::Torn);
    }
    if packet.broadcast {
        return nothing(Fate::Broadcast);
    }
    if !fits || header < 20 || header > packet.len || half(bytes, 0) == 0 || half(bytes, 2) == 0 {
        return nothing(Fate::Malformed);
    }
    if sum::reference(&[pseudo(packet), bytes.clone()].concat()) != 0xffff {
        return nothing(Fate::Checksum);
    }
    let (bad, mss) = options::reference(&bytes[20..header]);
    if bad {
        return nothing(Fate::BadOption);
    }
    let payload = bytes[header..].to_vec();
    let flags = bytes[13];
    let extra = u32::from(flags & 1) + u32::from(flags >> 1 & 1);
    let end = word(bytes, 4).wrapping_add(payload.len() as u32).wrapping_add(extra);
    let segment = Segment {
        raddr: u64::from(packet.src).into(),
        rport: half(bytes, 0).into(),
        lport: half(bytes, 2).into(),
        seq: u64::from(word(bytes, 4)).into(),
        ack: u64::from(word(bytes, 8)).into(),
        end: u64::from(end).into(),
        flags: u64::from(flags).into(),
        wnd: half(bytes, 14).into(),
        len: (payload.len() as u64).into(),
        mss: u64::from(if flags & 2 != 0 { mss } else { 0 }).into(),
    };
    (Fate::Good, segment, payload)
}

fn fix_checksum(packet: &mut Packet) {
    if packet.bytes.len() >= 18 {
        packet.bytes[16..18].fill(0);
        let sum = !sum::reference(&[pseudo(packet), packet.bytes.clone()].concat());
        packet.bytes[16..18].copy_from_slice(&sum.to_be_bytes());
    }
}

/// A right packet.
fn packet(rng: &mut Rng, options: &[u8], payload: usize) -> Packet {
    let mut bytes = rng.bytes(20 + options.len() + payload);
    if rng.chance(20) {
        bytes[4..8].copy_from_slice(&(u32::MAX - rng.below(40) as u32).to_be_bytes()); // wraps
    }
    if rng.chance(10) {
        bytes[20..].fill(0xff); // long carries
    }
    bytes[12] = ((5 + options.len() / 4) as u8) << 4;
    bytes[20..20 + options.len()].copy_from_slice(options);
    let (src, dst) = (rng.next() as u32, rng.next() as u32);
    let mut packet = Packet { src, dst, len: bytes.len(), broadcast: false, bytes };
    fix_checksum(&mut packet);
    packet
}

fn random_packet(rng: &mut Rng, longest: u64) -> Packet {
    let options: Vec<u8> = match rng.below(6) {
        0..3 => vec![],
        3 => vec![2, 4, rng.next() as u8, rng.next() as u8],
        4 => [2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7].to_vec(),
        _ => {
            let len = 4 * rng.below(11) as usize;
            (0..len).map(|_| [0, 1, 1, 2, 3, 4, 4][rng.below(7) as usize]).collect()
        }
    };
    let payload = if rng.chance(30) { 0 } else { rng.below(longest) };
    let mut packet = packet(rng, &options, payload as usize);
    match rng.below(15) {
        0 => {
            packet.broadcast = true;
            if rng.chance(30) {
                packet.len += 1;
            }
        }
        1 => {
            // An impossible offset, the checksum right or wrong.
            packet.bytes[12] = (rng.below(5) as u8) << 4;
            if rng.chance(50) {
                fix_checksum(&mut packet);
            }
        }
        2 => {
            // Options beyond the end.
            let len = 20 + 4 * rng.below(10) as usize;
            packet.bytes.truncate(len);
            packet.len = packet.bytes.len();
            packet.bytes[12] = 0xf0;
            fix_checksum(&mut packet);
        }
        3 => {
            packet.bytes.truncate(1 + rng.below(20) as usize);
            packet.len = packet.bytes.len();
        }
        4 => {
            // The frame ended early.
            let len = 1 + rng.below(packet.bytes.len() as u64) as usize;
            packet.bytes.truncate(len);
        }
        5 | 6 => {
            let bit = rng.below(8 * packet.bytes.len() as u64) as usize;
            packet.bytes[bit / 8] ^= 1 << (bit % 8);
        }
        7 => packet.src ^= 1 << rng.below(32),
        8 => {
            let at = 2 * rng.below(2) as usize;
            packet.bytes[at..at + 2].fill(0);
            fix_checksum(&mut packet);
        }
        _ => {}
    }
    packet
}

macro_rules! bench {
    ($run:ident, $block:ident, $beat:ident) => {
        /// Sends the packets; gives what became of each and the cycles. Checks segments and payloads.
        fn $run(packets: &[Packet], gap: u64, stall: u64, rng: &mut Rng) -> (Vec<Fate>, usize) {
            let mut uut = ready(Box::<$block>::default());
            let mut items = vec![];
            let mut metas = vec![];
            for packet in packets {
                let meta = Ipv4Meta {
                    src: u64::from(packet.src).into(),
                    dst: u64::from(packet.dst).into(),
                    len: (packet.len as u64).into(),
                    smac: 0.into(),
                    broadcast: packet.broadcast,
                };
                let frame = beats::<$beat>(&packet.bytes, rng);
                metas.extend(vec![meta; frame.len()]);
                items.extend(frame);
            }
            let mut feed = Feed::new(items, gap);
            let mut segments = Drain::new(stall);
            let mut payloads = Drain::new(stall);
            let (mut want_segments, mut want_payloads) = (vec![], vec![]);
            let mut fates = vec![];
            let (mut beat, mut cycles, mut quiet) = (0, 0, 0);
            while quiet < 3 {
                feed.drive(&mut uut.inp, rng);
                uut.meta.next = metas.get(beat).copied().unwrap_or_default();
                segments.drive(&mut uut.segment, rng);
                payloads.drive(&mut uut.payload, rng);
                settle(&mut *uut);
                beat += usize::from(feed.sample(&uut.inp).is_some());
                segments.sample(&uut.segment);
                payloads.sample(&uut.payload);
                let mut seen = vec![];
                for (pulse, fate) in [
                    (uut.good.val(), Fate::Good),
                    (uut.stat_broadcast.val(), Fate::Broadcast),
                    (uut.stat_malformed.val(), Fate::Malformed),
                    (uut.stat_checksum.val(), Fate::Checksum),
                    (uut.stat_bad_option.val(), Fate::BadOption),
                    (uut.stat_overflow.val(), Fate::Overflow),
                ] {
                    if pulse {
                        seen.push(fate);
                    }
                }
                assert!(seen.len() <= 1, "one counter a segment: {seen:?}");
                if uut.verdict.val() {
                    let packet = &packets[fates.len()];
                    let (mut fate, segment, payload) = reference(packet);
                    let is = seen.pop().unwrap_or(Fate::Torn);
                    if is == Fate::Overflow {
                        assert_eq!(fate, Fate::Good);
                        fate = Fate::Overflow;
                    }
                    assert_eq!(is, fate, "packet {} {packet:x?}", fates.len());
                    if is == Fate::Good {
                        want_segments.push(segment);
                        if !payload.is_empty() {
                            want_payloads.push(payload);
                        }
                    }
                    fates.push(is);
                } else {
                    assert!(seen.is_empty());
                }
                quiet = if uut.idle.val() && fates.len() == packets.len() { quiet + 1 } else { 0 };
                tick(&mut *uut);
                cycles += 1;
                assert!(cycles < 60_000, "stuck at packet {}", fates.len());
            }
            assert_eq!(segments.got, want_segments);
            assert_frames(&payloads.got, &want_payloads);
            (fates, cycles)
        }
    };
}
bench!(run64, Rx64, Beat64);
bench!(run512, Rx512, Beat512);

// covers: MUST-3, MUST-57, NET-3, CK-3
#[test]
fn random_packets() {
    let mut rng = Rng::new(100);
    for (gap, stall) in PACES {
        let packets: Vec<Packet> = (0..120).map(|_| random_packet(&mut rng, 120)).collect();
        let (fates, _) = run64(&packets, gap, stall, &mut rng);
        for fate in
            [Fate::Good, Fate::Broadcast, Fate::Malformed, Fate::Torn, Fate::Checksum, Fate::BadOption]
        {
            assert!(fates.contains(&fate), "no {fate:?}");
        }
        let packets: Vec<Packet> = (0..60).map(|_| random_packet(&mut rng, 300)).collect();
        run512(&packets, gap, stall, &mut rng);
    }
}

// covers: MUST-5, CK-2
#[test]
fn every_payload_length_and_every_offset() {
    let mut rng = Rng::new(101);
    let nops = [1; 40];
    let lengths: Vec<Packet> = (0..=70).map(|len| packet(&mut rng, &[], len)).collect();
    let offsets: Vec<Packet> = (0..=10)
        .flat_map(|words| [0, 1, 3, 4, 5, 8, 64, 130].map(|len| (words, len)))
        .map(|(words, len)| packet(&mut rng, &nops[..4 * words], len))
        .collect();
    for packets in [&lengths, &offsets] {
        for run in [run64, run512] {
            let (fates, _) = run(packets, 0, 0, &mut rng);
            assert!(fates.iter().all(|f| *f == Fate::Good));
        }
    }
}

// covers: MUST-3, CK-1
/// Every single bit of a segment, and of its addresses, is covered by the checksum.
#[test]
fn one_wrong_bit() {
    let mut rng = Rng::new(102);
    let right = packet(&mut rng, &[], 9);
    let packets: Vec<Packet> = (0..29 * 8)
        .filter(|bit| bit / 8 != 12 && bit % 3 == 0)
        .map(|bit| {
            let mut packet = right.clone();
            packet.bytes[bit / 8] ^= 1 << (bit % 8);
            packet
        })
        .collect();
    for run in [run64, run512] {
        let (fates, _) = run(&packets, 0, 0, &mut rng);
        assert!(fates.iter().all(|f| *f == Fate::Checksum));
    }
}

// covers: CK-5
/// A checksum of 0x0000 is a checksum like any other (UDP's "none" does not exist), and 0xffff is the same number.
#[test]
fn zero_is_a_checksum() {
    let mut rng = Rng::new(106);
    let mut packets = vec![];
    for len in [0, 1, 30] {
        let mut packet = packet(&mut rng, &[], len);
        // With this window the rest sums up to 0xffff, and the complement of that is 0.
        packet.bytes[14..18].fill(0);
        let window = !sum::reference(&[pseudo(&packet), packet.bytes.clone()].concat());
        packet.bytes[14..16].copy_from_slice(&window.to_be_bytes());
        packets.push(packet.clone());
        packet.bytes[16..18].fill(0xff);
        packets.push(packet.clone());
        packet.bytes[17] = 0xfe;
        packets.push(packet);
    }
    for run in [run64, run512] {
        let (fates, _) = run(&packets, 0, 0, &mut rng);
        assert_eq!(fates, [Fate::Good, Fate::Good, Fate::Checksum].repeat(3));
    }
}

/// With nobody to take segments or payloads everything beyond the room is dropped whole, and later all is well.
#[test]
fn overflow_drops_whole_segments() {
    let mut rng = Rng::new(103);
    for size in [0, 1, 700] {
        let packets: Vec<Packet> = (0..60).map(|_| packet(&mut rng, &[], size)).collect();
        for run in [run64, run512] {
            let (fates, _) = run(&packets, 0, 97, &mut rng);
            assert!(fates.contains(&Fate::Overflow) && fates.contains(&Fate::Good));
        }
    }
}

/// Full rate: no cycle is lost between segments without options.
#[test]
fn takes_a_beat_every_cycle() {
    let mut rng = Rng::new(104);
    for (size, beats64, beats512) in [(1460, 185, 24), (0, 3, 1), (44, 8, 1), (45, 9, 2)] {
        let packets: Vec<Packet> = (0..8).map(|_| packet(&mut rng, &[], size)).collect();
        let (_, cycles) = run64(&packets, 0, 0, &mut rng);
        let spare = if size > 0 { size / 8 + 16 } else { 12 };
        assert!(cycles <= 8 * beats64 + spare, "{size}: {cycles}");
        let (_, cycles) = run512(&packets, 0, 0, &mut rng);
        assert!(cycles <= 8 * beats512 + 16 + size / 64, "{size}: {cycles}");
    }
}

macro_rules! latency {
    ($block:ident, $beat:ident, $packet:expr, $rng:expr) => {{
        let packet: Packet = $packet;
        let mut uut = ready(Box::<$block>::default());
        let mut feed = Feed::new(beats::<$beat>(&packet.bytes, $rng), 0);
        uut.meta.next = Ipv4Meta {
            src: u64::from(packet.src).into(),
            dst: u64::from(packet.dst).into(),
            len: (packet.len as u64).into(),
            smac: 0.into(),
            broadcast: false,
        };
        let mut after_last = 0;
        loop {
            feed.drive(&mut uut.inp, $rng);
            settle(&mut *uut);
            if uut.segment.valid.val() {
                break after_last;
            }
            feed.sample(&uut.inp);
            tick(&mut *uut);
            if feed.is_empty() {
                after_last += 1;
            }
            assert!(after_last < 80);
        }
    }};
}

#[test]
fn latency() {
    let mut rng = Rng::new(105);
    assert_eq!(latency!(Rx64, Beat64, packet(&mut rng, &[], 0), &mut rng), 5);
    assert_eq!(latency!(Rx512, Beat512, packet(&mut rng, &[], 0), &mut rng), 5);
    let mss = [2, 4, 5, 0xb4];
    assert_eq!(latency!(Rx64, Beat64, packet(&mut rng, &mss, 0), &mut rng), 5);
    assert_eq!(latency!(Rx512, Beat512, packet(&mut rng, &mss, 0), &mut rng), 5);
}
