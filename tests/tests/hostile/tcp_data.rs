// SPDX-License-Identifier: MIT OR Apache-2.0
//! Data that overlaps, contradicts or oversteps: what has been received stays what it was.

use syncline_model::{
    endpoint::Segment,
    tcb::flags::{ACK, FIN, PSH},
};
use syncline_regs::counters as c;
use syncline_sim::Random;
use syncline_tests::hostile::{
    attack::Case,
    forge::Packet,
    lab::Lab,
    raw::{Raw, ask},
};

use crate::{BOTH, each_seed};

/// Bytes that were received and not read are sent again with other contents, alone and in front of new ones.
// covers: E-26, P-1
#[test]
fn old_bytes_are_not_replaced() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let listener = lab.device.listen(80).expect("a port");
        let mut raw = Raw::open(&mut lab, &listener, 6_001, 0xffff_ff80);
        let first: Vec<u8> = (0..200).collect();
        let answer = ask(&mut lab, Packet::tcp(&raw.at(0, PSH | ACK, &first)).frame());
        assert_eq!(answer.len(), 1);
        for (offset, len) in [(0, 200), (0, 1), (199, 1), (63, 65), (1, 199), (-50, 250), (-50, 51)] {
            let answer = ask(&mut lab, Packet::tcp(&raw.at(offset, PSH | ACK, &vec![0xee; len])).frame());
            let [Segment { flags: ACK, ack, .. }] = answer[..] else { panic!("not an ACK: {answer:?}") };
            assert_eq!(ack, raw.seq.wrapping_add(200), "{len} bytes at {offset}");
        }
        // 150 old bytes, 50 new ones.
        let answer = ask(&mut lab, Packet::tcp(&raw.at(50, PSH | ACK, &[0xaa; 200])).frame());
        assert!(answer.len() == 1 && answer[0].ack == raw.seq.wrapping_add(250), "{answer:?}");
        assert_eq!(raw.read(), [&first[..], &[0xaa; 50]].concat());
        raw.seq = raw.seq.wrapping_add(250);
        raw.reset(&mut lab);
        lab.finish();
    }
}

/// Segments at random places, each with contents of its own: the stream is what came first, byte for byte, and never more than the
/// window. The host reads only when the window is nearly closed.
// covers: E-26, E-27, P-1, P-9
#[test]
fn whoever_comes_first() {
    each_seed(3, |seed, config| {
        let mut random = Random::new(seed);
        let mut lab = Lab::new(config);
        let listener = lab.device.listen(80).expect("a port");
        let mut raw = Raw::open(&mut lab, &listener, 6_001, random.next_u64() as u32);
        let isn = raw.seq;
        // The right edge of the window as the card has told it.
        let mut edge = lab.device.limits().rx_ring_bytes as usize;
        let told = |segment: &Segment| (segment.ack.wrapping_sub(isn) + u32::from(segment.window)) as usize;
        let (mut stream, mut got, mut cut) = (Vec::<u8>::new(), vec![], 0);
        for round in 0..150 {
            let next = stream.len() as i64;
            let start = if random.below(3) == 0 { next } else { next + random.below(400) as i64 - 300 };
            let long = random.below(8) == 0 || edge - stream.len() < 1_000;
            let len = if long { 1_460 } else { random.below(500) as usize };
            let data: Vec<u8> = (0..len).map(|_| random.next_u64() as u8).collect();
            raw.seq = isn.wrapping_add(start as u32);
            let answer = ask(&mut lab, Packet::tcp(&raw.at(0, ACK, &data)).frame());
            // What is new and inside the window, if there is no hole before it. A segment that begins before the window and
            // ends behind it is not acceptable by RFC 9293's table 6.
            if start == next || start < next && start + len as i64 <= edge as i64 {
                let fresh = data.get((next - start) as usize..).unwrap_or(&[]);
                let room = edge - stream.len();
                cut += usize::from(room > 0 && fresh.len() > room);
                stream.extend(&fresh[..fresh.len().min(room)]);
            }
            let ack = isn.wrapping_add(stream.len() as u32);
            assert!(
                answer.iter().all(|segment| segment.flags == ACK && segment.ack == ack),
                "round {round}: {answer:?}, not {ack}"
            );
            assert!(len == 0 || answer.len() == 1, "round {round}: {answer:?}");
            assert!(answer.iter().all(|segment| told(segment) == edge), "round {round}: {answer:?}");
            if edge - stream.len() < 200 && random.below(3) == 0 {
                got.extend(raw.read());
                assert!(got == stream, "round {round}");
                lab.settle();
                edge = lab.answers().last().map_or(edge, told);
            }
        }
        got.extend(raw.read());
        assert!(got == stream, "another stream");
        assert!(stream.len() > 5_000 && cut > 0, "{} bytes, {cut} segments across the edge", stream.len());
        raw.seq = isn.wrapping_add(stream.len() as u32);
        raw.reset(&mut lab);
        lab.finish();
    });
}

/// What follows the total length is padding, however long it is and whatever is in it.
// covers: NET-1
#[test]
fn padding_is_no_data() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let listener = lab.device.listen(80).expect("a port");
        let mut raw = Raw::open(&mut lab, &listener, 6_001, 5);
        for len in (0..12).chain([63, 64, 1_460]) {
            for pad in (0..12).chain([40, 64, 100, 600]) {
                let data = vec![len as u8; len];
                let packet = Packet::tcp(&raw.at(0, ACK, &data));
                let frame = [&packet.bytes()[..], &vec![0x5a; pad]].concat();
                let answer = ask(&mut lab, frame);
                raw.seq = raw.seq.wrapping_add(len as u32);
                assert!(answer.len() == usize::from(len > 0), "{len} and {pad} bytes: {answer:?}");
                assert!(answer.iter().all(|segment| segment.ack == raw.seq), "{len} and {pad} bytes");
                assert_eq!(raw.read(), data, "{len} and {pad} bytes");
                lab.settle();
                lab.answers();
            }
        }
        raw.reset(&mut lab);
        lab.finish();
    }
}

/// At and beyond the right edge of the window, with the host reading nothing: no byte more than the window is kept, and no FIN
/// behind it.
// covers: E-25, E-27
#[test]
fn beyond_the_window() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let listener = lab.device.listen(80).expect("a port");
        let window = lab.device.limits().rx_ring_bytes as i32;
        let mut raw = Raw::open(&mut lab, &listener, 6_001, 0x7fff_ff00);
        let data: Vec<u8> = (0..window).map(|i| (i * 13 + i / 256) as u8).collect();
        let mut refused = vec![];
        for (offset, len) in [
            (window, 1),
            (window, 1_460),
            (window + 1, 10),
            (100_000, 100),
            (i32::MAX, 1),
            (-1_000, 1_000),
            (-1, 1),
        ] {
            let frame = Packet::tcp(&raw.at(offset, ACK, &vec![0xbb; len])).frame();
            let counters = [c::OUT_OF_WINDOW, c::SEGMENTS_OUT, c::TX_FRAMES];
            refused.push(Case::segment(&counters, format!("{len} bytes at {offset}"), frame));
        }
        lab.idle(&refused);
        assert!(raw.read().is_empty());
        // Fill all but 100 bytes, then overstep with data and a FIN.
        let most = (window - 100) as usize;
        for (i, part) in data[..most].chunks(1_460).enumerate() {
            let segment = raw.at(i as i32 * 1_460, ACK, part);
            assert_eq!(ask(&mut lab, Packet::tcp(&segment).frame()).len(), 1);
        }
        let mut over = data[most..].to_vec();
        over.extend([0xcc; 200]);
        let answer = ask(&mut lab, Packet::tcp(&raw.at(most as i32, FIN | ACK, &over)).frame());
        let [Segment { ack, window: 0, .. }] = answer[..] else {
            panic!("the window is not closed: {answer:?}")
        };
        assert_eq!(ack, raw.seq.wrapping_add(window as u32));
        // Nothing fits into a closed window.
        for (offset, len) in [(window, 1), (window - 1, 2), (window, 1_000)] {
            let answer = ask(&mut lab, Packet::tcp(&raw.at(offset, FIN | ACK, &vec![0xdd; len])).frame());
            assert!(answer.len() == 1 && answer[0].ack == ack && answer[0].window == 0, "{answer:?}");
        }
        assert_eq!(raw.read(), data);
        raw.seq = ack;
        lab.settle();
        lab.answers();
        let data = b"and on it goes";
        raw.send(&mut lab, &Packet::tcp(&raw.at(0, ACK, data)), data);
        raw.reset(&mut lab);
        lab.finish();
    }
}
