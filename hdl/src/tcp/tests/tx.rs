// SPDX-License-Identifier: MIT OR Apache-2.0
//! TCP send: frames against bytes written by hand from RFC 9293, section 3.1, over a ring in a byte array.

use std::collections::VecDeque;

use super::*;
use crate::memory::lane_ring::LaneRing64;
use crate::memory::row_ring::RowRing16;
use crate::sim::{ready, settle, tick};
use crate::stream::bench::{Drain, Feed, PACES, Rng, assert_frames, bits_of, clocked};
use crate::tcp::sum;

clocked!(Tx64<2, 12, 14>, Tx64x8<2, 12, 14>, Tx512<2, 12, 14>);

const LADDR: u32 = 0xc0a8_0102;
const RING: usize = 4096;

fn segment(rng: &mut Rng, len: usize, mss: u64) -> TxSegment {
    TxSegment {
        dmac: (rng.next() >> 16).into(),
        flow: rng.below(4).into(),
        raddr: u64::from(rng.next() as u32).into(),
        rport: rng.below(65_536).into(),
        lport: rng.below(65_536).into(),
        seq: u64::from(rng.next() as u32).into(),
        ack: u64::from(rng.next() as u32).into(),
        // The option is that of a SYN.
        flags: (rng.below(64) & !2 | if mss == 0 { 0 } else { 2 }).into(),
        wnd: rng.below(65_536).into(),
        len: (len as u64).into(),
        mss: mss.into(),
    }
}

/// The segment's bytes, from RFC 9293.
fn reference(segment: &TxSegment, rings: &[u8]) -> Vec<u8> {
    let mut bytes = vec![];
    bytes.extend(segment.lport.to_u16().to_be_bytes());
    bytes.extend(segment.rport.to_u16().to_be_bytes());
    bytes.extend(segment.seq.to_u32().to_be_bytes());
    bytes.extend(segment.ack.to_u32().to_be_bytes());
    bytes.extend([if segment.mss != 0 { 0x60 } else { 0x50 }, segment.flags.to_u8()]);
    bytes.extend(segment.wnd.to_u16().to_be_bytes());
    bytes.extend([0; 4]);
    if segment.mss != 0 {
        bytes.extend([2, 4]);
        bytes.extend(segment.mss.to_u16().to_be_bytes());
    }
    let flow = segment.flow.index() * RING;
    let seq = segment.seq.to_u32() as usize;
    bytes.extend((0..segment.len.index()).map(|i| rings[flow + (seq + i) % RING]));
    let mut pseudo = LADDR.to_be_bytes().to_vec();
    pseudo.extend(segment.raddr.to_u32().to_be_bytes());
    pseudo.extend([0, 6]);
    pseudo.extend((bytes.len() as u16).to_be_bytes());
    let sum = !sum::reference(&[pseudo, bytes.clone()].concat());
    bytes[16..18].copy_from_slice(&sum.to_be_bytes());
    bytes
}

macro_rules! bench {
    ($run:ident, $block:ty, $beat:ident, $bytes:literal, row $row:literal) => {
        /// Sends the segments; gives for each the cycle of its first and of its last beat, counted from when it was first offered.
        fn $run(segments: &[TxSegment], gap: u64, stall: u64, rng: &mut Rng) -> Vec<(usize, usize)> {
            let mut rings = rng.bytes(4 * RING);
            rings[..200].fill(0xff);
            let mut uut = ready(Box::<$block>::default());
            uut.laddr.next = u64::from(LADDR).into();
            let mut feed = Feed::new(segments.iter().copied(), gap);
            let mut drain = Drain::new(stall);
            // What the ring gives in the coming cycles.
            let mut reads: VecDeque<Vec<u8>> = (1..<$block>::RING_LATENCY).map(|_| vec![0; $bytes]).collect();
            let mut marks = vec![];
            let (mut first, mut cycle, mut quiet) = (None, 0, 0);
            while quiet < 3 {
                feed.drive(&mut uut.inp, rng);
                drain.drive(&mut uut.out, rng);
                settle(&mut *uut);
                feed.sample(&uut.inp);
                if uut.out.valid.val() {
                    let segment = &segments[marks.len()];
                    let header = if segment.mss != 0 { 24 } else { 20 };
                    let send = uut.send.val();
                    assert_eq!((send.dmac, send.dst), (segment.dmac, segment.raddr));
                    assert_eq!((send.protocol.index(), send.len.index()), (6, header + segment.len.index()));
                    first = first.or(Some(cycle));
                }
                if let Some(beat) = drain.sample(&uut.out)
                    && beat.last
                {
                    marks.push((first.take().expect("begun"), cycle));
                }
                // At 64 bits the ring gives a row.
                let addr = uut.ring_addr.val().index() / $row * $row;
                let bytes = (0..$bytes).map(|i| rings[addr / RING * RING + (addr + i) % RING]).collect();
                reads.push_back(if uut.ring_read.val() { bytes } else { rng.bytes($bytes) });
                quiet = if uut.idle.val() && feed.is_empty() { quiet + 1 } else { 0 };
                tick(&mut *uut);
                uut.ring_data.next = bits_of(&reads.pop_front().expect("not empty"));
                cycle += 1;
                assert!(cycle < 60_000, "stuck at segment {}", marks.len());
            }
            let want: Vec<Vec<u8>> = segments.iter().map(|s| reference(s, &rings)).collect();
            assert_frames(&drain.got, &want);
            marks
        }
    };
}
bench!(run64, Tx64<2, 12, 14>, Beat64, 16, row 16);
bench!(run64x8, Tx64x8<2, 12, 14>, Beat64, 16, row 16);
bench!(run512, Tx512<2, 12, 14>, Beat512, 64, row 1);

// covers: MUST-2, CK-2, CK-3
#[test]
fn every_length_and_offset() {
    let mut rng = Rng::new(120);
    let lengths: Vec<TxSegment> = (0..=150).map(|len| segment(&mut rng, len, 0)).collect();
    run64(&lengths, 0, 0, &mut rng);
    run512(&lengths, 0, 0, &mut rng);
    let offsets: Vec<TxSegment> = (0..130_u64)
        .map(|i| {
            let mut one = segment(&mut rng, 40, 0);
            one.seq = ((0xffff_ffff_u64 - 70 + i) & 0xffff_ffff).into();
            one
        })
        .collect();
    run64(&offsets, 0, 0, &mut rng);
    run512(&offsets, 0, 0, &mut rng);
}

// covers: MUST-2, MUST-68, MUST-69, CK-3
#[test]
fn random_segments() {
    let mut rng = Rng::new(121);
    for (gap, stall) in PACES {
        let segments: Vec<TxSegment> = (0..60)
            .map(|_| match rng.below(5) {
                0 => segment(&mut rng, 0, 0),
                1 => {
                    let mss = 1 + rng.below(65_535);
                    segment(&mut rng, 0, mss)
                }
                2 => {
                    let len = rng.below(1_461) as usize;
                    segment(&mut rng, len, 0)
                }
                _ => {
                    let len = rng.below(80) as usize;
                    segment(&mut rng, len, 0)
                }
            })
            .collect();
        run64(&segments, gap, stall, &mut rng);
        run64x8(&segments, gap, stall, &mut rng);
        run512(&segments, gap, stall, &mut rng);
    }
    // The longest at 64 bits: a whole ring.
    let longest: Vec<TxSegment> = (0..3).map(|_| segment(&mut rng, 4096, 0)).collect();
    run64(&longest, 0, 0, &mut rng);
}

// covers: CK-5
/// A checksum of 0x0000 is sent as it is.
#[test]
fn zero_is_a_checksum() {
    let mut rng = Rng::new(123);
    let segments: Vec<TxSegment> = (0..4)
        .map(|_| {
            let mut one = segment(&mut rng, 0, 0);
            one.wnd = 0.into();
            let check = reference(&one, &[]);
            // With this window the rest sums up to 0xffff, and the complement of that is 0.
            one.wnd = u64::from(u16::from_be_bytes([check[16], check[17]])).into();
            assert_eq!(reference(&one, &[])[16..18], [0, 0]);
            one
        })
        .collect();
    run64(&segments, 0, 0, &mut rng);
    run512(&segments, 0, 0, &mut rng);
}

#[test]
fn latency_and_rate() {
    let mut rng = Rng::new(122);
    for mss in [0, 1460] {
        let bare = [segment(&mut rng, 0, mss)];
        assert_eq!(run64(&bare, 0, 0, &mut rng)[0].0, 5);
        assert_eq!(run512(&bare, 0, 0, &mut rng)[0].0, 5);
    }
    let full: Vec<TxSegment> = (0..6).map(|_| segment(&mut rng, 1460, 0)).collect();
    let marks = run64(&full, 0, 0, &mut rng);
    println!("64 bits, first beats and last: {marks:?}");
    assert!(marks.windows(2).all(|m| m[1].1 - m[0].1 == 185), "185 beats and no gap: {marks:?}");
    let marks = run64x8(&full, 0, 0, &mut rng);
    println!("64 bits, one segment held: {marks:?}");
    assert!(marks.windows(2).all(|m| m[1].1 - m[0].1 <= 290), "read, then sent: {marks:?}");
    let marks = run512(&full, 0, 0, &mut rng);
    println!("512 bits, first beats and last: {marks:?}");
    assert!(marks[1..].windows(2).all(|m| m[1].1 - m[0].1 == 24), "24 beats and no gap: {marks:?}");
    let small: Vec<TxSegment> = (0..20).map(|_| segment(&mut rng, 1, 0)).collect();
    let marks = run64(&small, 0, 0, &mut rng);
    assert!(marks.windows(2).all(|m| m[1].1 - m[0].1 == 3), "{marks:?}");
    let marks = run512(&small, 0, 0, &mut rng);
    assert!(marks[19].1 - marks[0].1 <= 25, "eight segments in ten cycles: {marks:?}");
}

/// The rings that feed this block answer when it expects them to.
#[test]
fn the_rings_have_the_latency() {
    assert_eq!(Tx64::<4, 12, 16>::RING_LATENCY, RowRing16::<16, 12, 4096>::READ_LATENCY);
    assert_eq!(Tx512::<6, 14, 20>::RING_LATENCY, LaneRing64::<20, 14, 16384>::READ_LATENCY);
}
