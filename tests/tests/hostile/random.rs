// SPDX-License-Identifier: MIT OR Apache-2.0
//! Frames by seed: noise, and good frames with something changed. What each comes to is told by a plain reading of the RFCs.

use std::collections::BTreeMap;

use syncline_model::{endpoint::Segment, tcb::flags::RST};
use syncline_regs::counters::{self as c, COUNTERS};
use syncline_sim::Random;
use syncline_tests::hostile::{
    attack::Case,
    fate::{Fate, SUBNET_BROADCAST, fate},
    forge::{ALL_MAC, Arp, Packet},
    lab::Lab,
};
use syncline_tests::{subject::LOCAL, wire::LOCAL_MAC};

use crate::each_seed;

/// What has no fate of its own here: it would be answered, or learned.
fn quiet(frame: &[u8]) -> bool {
    matches!(fate(frame), Fate::Dropped(_))
}

fn noise(random: &mut Random, len: usize) -> Vec<u8> {
    (0..len).map(|_| random.next_u64() as u8).collect()
}

/// Mostly headers that lead somewhere, with noise behind them.
fn noisy_frame(random: &mut Random) -> Vec<u8> {
    let len = 1 + [20, 64, 130, 1_600][random.below(4) as usize] * random.below(100) as usize / 100;
    let mut frame = noise(random, len);
    let start = [
        &[][..],
        &LOCAL_MAC,
        &[&LOCAL_MAC[..], &[0; 6], &[8, 0]].concat(),
        &[&LOCAL_MAC[..], &[0; 6], &[8, 0, 0x45, 0]].concat(),
        &[&ALL_MAC[..], &[0; 6], &[8, 6]].concat(),
        &[&ALL_MAC[..], &[0; 6], &[8, 6, 0, 1, 8, 0, 6, 4, 0, 1]].concat(),
    ][random.below(6) as usize]
        .to_vec();
    let count = start.len().min(len);
    frame[..count].copy_from_slice(&start[..count]);
    frame
}

/// A good frame with up to three changes: a bit, a byte, a word; cut, or longer; its checksums made right again or not.
fn changed_frame(random: &mut Random, next: &Segment) -> Vec<u8> {
    let mut next = next.clone();
    let len = [0, 0, 1, 20, 64, 200][random.below(6) as usize];
    next.payload = noise(random, len);
    let options =
        [&[][..], &[1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8], &[2, 4, 5, 0xb4]][random.below(3) as usize];
    let mut packet = match random.below(5) {
        0 => Packet::icmp(8, 0, 1, &next.payload),
        1 => {
            let mut frame = Arp::request(LOCAL).frame();
            let at = random.below(42) as usize;
            frame[at] ^= 1 << random.below(8);
            if random.below(8) == 0 {
                frame[28..32].copy_from_slice(&LOCAL.to_be_bytes());
            }
            return frame;
        }
        _ => Packet::with_options(&next, options),
    };
    if random.below(4) == 0 {
        let len = 4 * random.below(11) as usize;
        let options = noise(random, len);
        packet = packet.ip_options(&options);
    }
    if random.below(20) == 0 {
        packet = packet.to(SUBNET_BROADCAST);
    }
    for _ in 0..1 + random.below(3) {
        let part = match random.below(8) {
            0 => &mut packet.ethernet,
            1..4 => &mut packet.ip,
            _ => &mut packet.body,
        };
        let at = random.below(part.len() as u64) as usize;
        match random.below(3) {
            0 => part[at] ^= 1 << random.below(8),
            1 => part[at] = random.next_u64() as u8,
            _ => part[at] = [0, 0xff, 0x7f, 0x80, 1][random.below(5) as usize],
        }
    }
    // Right again, so that the next check has its turn.
    if random.below(2) == 0 {
        packet = packet.ip(|_| {});
    }
    if random.below(2) == 0 {
        packet = packet.body(|_| {});
    }
    let mut frame = if random.below(2) == 0 { packet.frame() } else { packet.bytes() };
    match random.below(6) {
        0 => frame.truncate(1 + random.below(frame.len() as u64) as usize),
        1 => {
            let len = 1 + random.below(100) as usize;
            frame.extend(noise(random, len));
        }
        _ => {}
    }
    frame
}

/// Thousands of frames of which none is right: each in its counter, and the transfer beside them loses nothing.
// covers: P-9
#[test]
fn frames_of_noise() {
    each_seed(2, |seed, config| {
        let mut random = Random::new(seed);
        let mut lab = Lab::new(config);
        let next = lab.next_segment(&[]);
        let mut cases = vec![];
        while cases.len() < 3_000 {
            let changed = random.below(3) > 0;
            let frame = if changed { changed_frame(&mut random, &next) } else { noisy_frame(&mut random) };
            if quiet(&frame) {
                let what = format!("frame {}", cases.len());
                cases.push(Case::fated(fate(&frame), what, frame));
            }
        }
        // No check is left out.
        let mut seen = BTreeMap::new();
        cases.iter().for_each(|case| *seen.entry(case.counters[0]).or_insert(0) += 1);
        for slot in [1, 2, 3, 6, 7, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22] {
            assert!(seen.contains_key(&slot), "no {} in {seen:?}", COUNTERS[slot].name);
        }
        let (idle, beside) = cases.split_at(1_500);
        lab.idle(idle);
        lab.beside(beside);
        lab.finish();
    });
}

/// Right frames with random fields: SYNs, resets and data of strangers from everywhere to everywhere. Every segment is counted, and in
/// the end no flow is lost.
// covers: P-5, P-9
#[test]
fn segments_of_noise() {
    each_seed(2, |seed, config| {
        let mut random = Random::new(seed);
        let mut lab = Lab::new(config);
        let _listeners: Vec<_> = (80..90).map(|port| lab.device.listen(port).expect("a port")).collect();
        let before = lab.counters();
        let mut frames = vec![];
        while frames.len() < 2_000 {
            let near = random.below(2) == 0;
            let src =
                if near { LOCAL & !0xff | (3 + random.below(250) as u32) } else { random.next_u64() as u32 };
            let len = random.below([1, 1, 30, 600][frames.len() % 4]) as usize;
            let segment = Segment {
                src,
                dst: LOCAL,
                src_port: 1 + random.below(65_535) as u16,
                dst_port: 75 + random.below(20) as u16,
                seq: random.next_u64() as u32,
                ack: random.next_u64() as u32,
                flags: if random.below(3) == 0 { 2 } else { random.next_u64() as u8 & !RST },
                window: random.next_u64() as u16,
                mss: None,
                payload: noise(&mut random, len),
            };
            let frame = Packet::tcp(&segment).frame();
            if fate(&frame) == Fate::Segment {
                frames.push(frame);
            }
        }
        lab.transfer(frames);
        lab.settle();
        let after = lab.counters();
        let grown = |slot: usize| after[slot] - before[slot];
        assert!(grown(c::SEGMENTS_IN) + grown(c::TCP_OVERFLOW) > 2_000);
        // Half of them come to ports where nobody listens.
        assert!(grown(c::NO_LISTENER) + grown(c::TCP_OVERFLOW) > 800, "{}", grown(c::NO_LISTENER));
        // Until every half-open connection has been given up.
        lab.wait(std::time::Duration::from_secs(600));
        let alive = lab.device.connections().expect("the table");
        assert_eq!(alive.len(), 1, "{alive:?}");
        lab.finish();
    });
}
