// SPDX-License-Identifier: MIT OR Apache-2.0
//! The receiver against packets built and judged by hand.

use super::*;
use crate::sim::{ready, settle, tick};
use crate::stream::bench::{Drain, Feed, PACES, Rng, beats, clocked, frames};

clocked!(Rx64, Rx512);

const ADDR: u32 = 0x0a01_0203;
const MASK: u32 = 0xffff_ff00;
const PEER: u32 = 0x0a01_02fe;

/// What must become of a packet: payload, source, destination and `broadcast` on the TCP (6) or ICMP output (1), short
/// or not; or the name of a counter.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
enum Fate {
    Out(u8, Vec<u8>, u32, u32, bool),
    Short(u8),
    Drop(&'static str),
}

fn ones_sum(bytes: &[u8]) -> u16 {
    let sum =
        bytes.chunks(2).fold(0_u32, |sum, pair| sum + u32::from(u16::from_be_bytes([pair[0], pair[1]])));
    let sum = (sum & 0xffff) + (sum >> 16);
    ((sum & 0xffff) + (sum >> 16)) as u16
}

fn fate([own, mask]: [u32; 2], packet: &[u8], frame_broadcast: bool) -> Fate {
    let Some(first) = packet.first() else { panic!("no frame is empty") };
    let ihl = usize::from(first & 15);
    let header = 4 * ihl.max(5);
    if packet.len() <= header {
        return Fate::Drop("truncated");
    }
    if first >> 4 != 4 || ihl < 5 {
        return Fate::Drop("bad_header");
    }
    if ones_sum(&packet[..header]) != 0xffff {
        return Fate::Drop("bad_checksum");
    }
    let word = |at: usize| u32::from_be_bytes(packet[at..at + 4].try_into().unwrap());
    let total = (word(0) & 0xffff) as usize;
    let (src, dst) = (word(12), word(16));
    // RFC 3021: networks of one and two addresses have no broadcast address.
    let subnet = if mask.leading_ones() <= 30 { own | !mask } else { u32::MAX };
    if total <= header {
        return Fate::Drop("bad_length");
    }
    if word(4) & 0x3fff != 0 {
        return Fate::Drop("fragment");
    }
    if [0, u32::MAX, own, subnet].contains(&src) || src >> 24 == 127 || src >> 28 == 14 {
        return Fate::Drop("bad_source");
    }
    if ![own, subnet, u32::MAX].contains(&dst) {
        return Fate::Drop("not_for_us");
    }
    let protocol = packet[9];
    if ![1, 6].contains(&protocol) {
        return Fate::Drop("unknown_protocol");
    }
    if total > packet.len() {
        return Fate::Short(protocol);
    }
    Fate::Out(protocol, packet[header..total].to_vec(), src, dst, frame_broadcast || dst != own)
}

/// A packet with a right checksum; `change` is applied before the checksum is made.
fn packet(options: &[u8], payload: &[u8], change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let header = 20 + options.len();
    let total = header + payload.len();
    let mut packet = vec![0x40 + (header / 4) as u8, 0x12];
    packet.extend((total as u16).to_be_bytes());
    packet.extend([0x33, 0x44, 0x40, 0, 64, 6, 0, 0]);
    packet.extend(PEER.to_be_bytes());
    packet.extend(ADDR.to_be_bytes());
    packet.extend(options);
    packet.extend(payload);
    change(&mut packet);
    let sum = !ones_sum(&packet[..header]);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet
}

macro_rules! check {
    ($block:ident, $beat:ident, $rng:expr, $work:expr) => {
        check!($block, $beat, $rng, $work, [ADDR, MASK])
    };
    ($block:ident, $beat:ident, $rng:expr, $work:expr, $network:expr) => {
        let network: [u32; 2] = $network;
        let work: Vec<(Vec<u8>, bool)> = $work;
        for (gap, stall) in PACES {
            let mut uut = ready(Box::<$block>::default());
            uut.cfg.next = Config {
                addr: u64::from(network[0]).into(),
                mask: u64::from(network[1]).into(),
                ..Default::default()
            };
            let mut items = vec![];
            let mut side = vec![];
            for (number, (packet, broadcast)) in work.iter().enumerate() {
                let new = beats::<$beat>(packet, $rng);
                side.extend(vec![(number, *broadcast); new.len()]);
                items.extend(new);
            }
            let total = items.len();
            let mut feed = Feed::new(items, gap);
            let (mut tcp, mut icmp) = (Drain::<$beat>::new(stall), Drain::<$beat>::new(stall));
            let (mut outs, mut drops) = (vec![], vec![]);
            let (mut quiet, mut cycles, mut taken) = (0, 0, 0);
            while quiet < 10 {
                let (number, broadcast) = side.get(taken).copied().unwrap_or_default();
                uut.smac.next = (number as u64).into();
                uut.broadcast.next = broadcast;
                feed.drive(&mut uut.inp, $rng);
                tcp.drive(&mut uut.tcp, $rng);
                icmp.drive(&mut uut.icmp, $rng);
                settle(&mut *uut);
                let moved = feed.sample(&uut.inp).is_some();
                taken += usize::from(moved);
                let mut short = false;
                for (drain, port, protocol) in [(&mut tcp, &uut.tcp, 6), (&mut icmp, &uut.icmp, 1)] {
                    let Some(beat) = drain.sample(port) else { continue };
                    let meta = uut.meta.val();
                    let number = meta.smac.to_u64() as usize;
                    if beat.last {
                        let payload = frames(&std::mem::take(&mut drain.got)).remove(0);
                        short = uut.too_short.val();
                        let fate = if short {
                            assert!(payload.len() < meta.len.to_u64() as usize);
                            Fate::Short(protocol)
                        } else {
                            assert_eq!(meta.len.to_u64(), payload.len() as u64);
                            let (src, dst) = (meta.src.to_u64() as u32, meta.dst.to_u64() as u32);
                            Fate::Out(protocol, payload, src, dst, meta.broadcast)
                        };
                        outs.push((number, fate));
                    }
                }
                if uut.stat_truncated.val() && !short {
                    drops.push(Fate::Drop("truncated"));
                }
                assert!(!short || uut.stat_truncated.val(), "short packets are counted");
                assert!(!uut.stat_truncated.val() || !uut.stat_bad_length.val(), "one at a time");
                for (pulse, name) in [
                    (uut.stat_bad_header.val(), "bad_header"),
                    (uut.stat_bad_checksum.val(), "bad_checksum"),
                    (uut.stat_bad_length.val(), "bad_length"),
                    (uut.stat_fragment.val(), "fragment"),
                    (uut.stat_bad_source.val(), "bad_source"),
                    (uut.stat_not_for_us.val(), "not_for_us"),
                    (uut.stat_unknown_protocol.val(), "unknown_protocol"),
                ] {
                    if pulse {
                        drops.push(Fate::Drop(name));
                    }
                }
                quiet = if uut.busy.val() || moved || !feed.is_empty() { 0 } else { quiet + 1 };
                tick(&mut *uut);
                cycles += 1;
                assert!(cycles < 20_000, "stuck");
            }
            let want: Vec<_> =
                work.iter().enumerate().map(|(i, (packet, all))| (i, fate(network, packet, *all))).collect();
            let (mut want_drops, mut want_outs) = (vec![], vec![]);
            for (number, fate) in want {
                match fate {
                    Fate::Drop(_) => want_drops.push(fate),
                    _ => want_outs.push((number, fate)),
                }
            }
            assert_eq!(outs, want_outs);
            drops.sort_by(|a, b| a.partial_cmp(b).unwrap());
            want_drops.sort_by(|a, b| a.partial_cmp(b).unwrap());
            assert_eq!(drops, want_drops);
            if (gap, stall) == (0, 0) {
                let most = total + 2 * work.len() + 12;
                assert!(cycles <= most, "two bubbles a packet: {cycles} cycles, at most {most}");
            }
        }
    };
}

/// Packets cut at every length, with every header length, and with lying and impossible fields.
fn work(rng: &mut Rng, max: u64) -> Vec<(Vec<u8>, bool)> {
    let mut work = vec![];
    for words in 0..=10 {
        let options = rng.bytes(4 * words);
        let payload = rng.bytes(30);
        work.push((packet(&options, &payload, |_| {}), false));
        let whole = packet(&options, &payload, |p| p.extend([0xee; 9]));
        work.push((whole, false));
    }
    for options in [0, 4, 8, 40] {
        let whole = packet(&rng.bytes(options), &rng.bytes(20), |_| {});
        work.extend((1..=whole.len()).map(|len| (whole[..len].to_vec(), false)));
    }
    // Too short for the total length, or with a total length too short, and right behind it too short for the header.
    for len in [1, 8, 9, 16, 17, 20] {
        for (total, from) in [(90, 21), (90, 30), (20, 30), (20, 70)] {
            let lying = packet(&[], &[3; 60], |p| p[2..4].copy_from_slice(&u16::to_be_bytes(total)));
            work.push((lying[..from].to_vec(), false));
            work.extend(vec![(lying[..len].to_vec(), false); 3]);
        }
    }
    for total in 0..60_u16 {
        let lying = packet(&[], &[3; 26], |p| p[2..4].copy_from_slice(&total.to_be_bytes()));
        work.push((lying, false));
    }
    for (at, value) in
        [(0, 0x55), (0, 0x44), (0, 0x40), (6, 0x20), (6, 0x1f), (7, 1), (9, 17), (9, 1), (9, 2)]
    {
        work.push((packet(&[], &[1, 2, 3], |p| p[at] = value), false));
    }
    for addr in
        [0, u32::MAX, ADDR, ADDR | !MASK, 0x7f00_0001, 0xe000_0001, 0xefff_ffff, 0xdfff_ffff, ADDR + 1]
    {
        for at in [12, 16] {
            for broadcast in [false, true] {
                let edit = |p: &mut Vec<u8>| p[at..at + 4].copy_from_slice(&addr.to_be_bytes());
                work.push((packet(&[], &[1, 2, 3], edit), broadcast));
            }
        }
    }
    for bit in 0..160 {
        let mut flipped = packet(&[], &[9; 8], |_| {});
        flipped[bit / 8] ^= 1 << (bit % 8);
        work.push((flipped, false));
    }
    for _ in 0..40 {
        let options = rng.below(11) as usize * 4;
        let (len, pad) = (rng.below(max) as usize, rng.below(30) as usize);
        let bytes = rng.bytes(options + len + pad);
        let protocol = [1, 6][rng.below(2) as usize];
        let mut whole = packet(&bytes[..options], &bytes[options..options + len], |p| p[9] = protocol);
        whole.extend(&bytes[options + len..]);
        work.push((whole, rng.chance(20)));
    }
    work
}

// covers: MUST-50, MUST-63, CK-7, NET-1, NET-2, NET-4, NET-5
#[test]
fn sorts_packets_at_64_bits() {
    let mut rng = Rng::new(30);
    let work = work(&mut rng, 100);
    check!(Rx64, Beat64, &mut rng, work);
}

// covers: MUST-50, MUST-63, CK-7, NET-1, NET-2, NET-4, NET-5
#[test]
fn sorts_packets_at_512_bits() {
    let mut rng = Rng::new(31);
    let work = work(&mut rng, 300);
    check!(Rx512, Beat512, &mut rng, work);
}

// RFC 3021
#[test]
fn both_addresses_of_a_network_of_two_are_hosts() {
    let mut rng = Rng::new(32);
    for prefix in [30, 31, 32] {
        let mask = u32::MAX << (32 - prefix);
        for own in [0x0a01_0200_u32, 0x0a01_0201] {
            let hosts = (0x0a01_0200..0x0a01_0204_u32).flat_map(|a| [(a, own), (0x0a01_0207, a)]);
            let edit = |(src, dst): (u32, u32)| {
                packet(&[], &[1, 2, 3], |p| {
                    p[12..16].copy_from_slice(&src.to_be_bytes());
                    p[16..20].copy_from_slice(&dst.to_be_bytes());
                })
            };
            let work: Vec<_> = hosts.map(|pair| (edit(pair), false)).collect();
            let outs = work.iter().filter(|(p, _)| matches!(fate([own, mask], p, false), Fate::Out(..)));
            // From three others and the far one to our own address; in a network of four to its broadcast address
            // too, but not from it.
            assert_eq!(outs.count(), 4);
            check!(Rx64, Beat64, &mut rng, work.clone(), [own, mask]);
            check!(Rx512, Beat512, &mut rng, work, [own, mask]);
        }
    }
}
