// SPDX-License-Identifier: MIT OR Apache-2.0
//! The resolver's memory: who is learnt, grows old, is evicted.

use super::bench::Bench;
use super::{HIS, PEER, SECOND};
use crate::arp::ArpSeen;
use crate::sim::settle;
use crate::stream::bench::Rng;
use crate::types::TxRequest;

// covers: NET-7
#[test]
fn stale_entries_are_used_and_asked_for() {
    let mut bench = Bench::new();
    bench.hear(false, true, HIS, PEER);
    bench.now += 59 * SECOND;
    bench.send(PEER, 1);
    assert!(bench.asked.is_empty());
    bench.now += 2 * SECOND;
    bench.send(PEER, 2);
    bench.send(PEER, 3);
    assert_eq!(bench.asked.len(), 1);
    assert!(!bench.armed(), "nothing is awaited");
    // An answer from a new address: the neighbour has another card.
    bench.hear(false, true, HIS + 1, PEER);
    bench.send(PEER, 4);
    assert_eq!(bench.segments, [(1, HIS), (2, HIS), (3, HIS), (4, HIS + 1)]);
    // Silence: used during three requests, then unknown.
    bench.now += 100 * SECOND;
    for seq in 5..60 {
        bench.send(PEER, seq);
        bench.now += SECOND / 10;
    }
    let asked: Vec<_> = bench.asked[1..].iter().map(|ask| ask.0).collect();
    assert!(asked.windows(2).all(|pair| pair[1] - pair[0] >= SECOND), "at most one a second: {asked:?}");
    let used = bench.segments.len() - 4;
    assert!((30..40).contains(&used), "{used} segments in three seconds");
    assert!(bench.armed());
}

// covers: NET-6
#[test]
fn only_what_is_for_us_makes_an_entry() {
    let mut bench = Bench::new();
    bench.hear(true, false, HIS, PEER);
    bench.hear(true, true, HIS, 0);
    assert_eq!(bench.replies, [(HIS, 0)], "a probe for our address is answered");
    bench.send(PEER, 1);
    assert_eq!(bench.asked.len(), 1, "not learnt from others' requests");
    bench.hear(true, false, HIS, PEER);
    assert_eq!(bench.segments, [(1, HIS)], "but an entry that is there is completed by any packet");
}

#[test]
fn sixteen_neighbours_fit_and_a_fifth_of_a_set_evicts() {
    let mut bench = Bench::new();
    for i in 0..16 {
        bench.hear(true, true, HIS + i, 0x0a01_0210 + i);
    }
    for i in 0..16 {
        bench.send(0x0a01_0210 + i, i);
    }
    assert_eq!(bench.segments, (0..16).map(|i| (i, HIS + i)).collect::<Vec<_>>());
    // Four silent neighbours of set 0 wait; the fifth takes the place of one of them, not of a known one.
    let mut bench = Bench::new();
    bench.hear(true, true, HIS, 0x0a01_0210);
    for i in 1..5 {
        bench.send(0x0a01_0210 + 4 * i, i);
    }
    assert_eq!((bench.asked.len(), bench.dropped), (4, 1));
    bench.send(0x0a01_0210, 9);
    assert_eq!(bench.segments, [(9, HIS)]);
}

#[test]
fn deadlines_of_many_neighbours_come_in_order() {
    let mut bench = Bench::new();
    for i in 0..8 {
        bench.send(0x0a01_0220 + i, i);
        bench.now += SECOND / 10;
    }
    bench.hear(false, true, HIS, 0x0a01_0220);
    let mut jumps = 0;
    while bench.armed() {
        let before = bench.asked.len() + bench.unreachable.len();
        bench.jump();
        assert!(bench.asked.len() + bench.unreachable.len() > before, "a deadline in vain");
        jumps += 1;
        assert!(jumps < 100);
    }
    bench.unreachable.sort();
    assert_eq!(bench.unreachable, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(bench.asked.len(), 1 + 7 * 3);
}

/// Nobody takes anything for long: nothing is lost but what is counted, and all goes on afterwards.
#[test]
fn random_traffic_with_stalls_loses_nothing_uncounted() {
    let mut rng = Rng::new(44);
    let mut bench = Bench::new();
    let mut offered = 0;
    for round in 0..6_000_u64 {
        let uut = &mut *bench.uut;
        uut.segment.ready.next = rng.chance(50);
        uut.send.ready.next = rng.chance(30);
        uut.unreachable.ready.next = rng.chance(20);
        if !uut.request.valid.val() && rng.chance(30) {
            let addr = 0x0a01_0240 + rng.below(30);
            uut.request.data.next = TxRequest {
                flow: (addr & 0xff).into(),
                has_flow: true,
                raddr: addr.into(),
                seq: addr.into(),
                ..Default::default()
            };
            uut.request.valid.next = true;
        }
        if !uut.seen.valid.val() && rng.chance(10) {
            let addr = 0x0a01_0240 + rng.below(12);
            uut.seen.data.next = ArpSeen {
                request: rng.chance(50),
                for_us: rng.chance(50),
                learn: true,
                mac: (HIS + addr).into(),
                addr: addr.into(),
            };
            uut.seen.valid.next = true;
        }
        settle(uut);
        let (taken, heard) = (uut.request.ready.val() && uut.request.valid.val(), uut.seen.ready.val());
        bench.cycle();
        if taken {
            offered += 1;
            bench.uut.request.valid.next = false;
        }
        if heard {
            bench.uut.seen.valid.next = false;
        }
        if round % 4 == 0 {
            bench.now += rng.below(100_000);
        }
    }
    bench.uut.request.valid.next = false;
    bench.uut.seen.valid.next = false;
    bench.uut.segment.ready.next = true;
    bench.uut.send.ready.next = true;
    bench.uut.unreachable.ready.next = true;
    while bench.armed() {
        bench.jump();
    }
    let went = bench.segments.len() as u64;
    assert!(bench.segments.iter().all(|(seq, dmac)| *dmac == HIS + seq), "right neighbour");
    assert!(
        went > 100 && bench.replaced > 10 && bench.unreachable.len() > 3,
        "{went}, {}, {:?}",
        bench.replaced,
        bench.unreachable
    );
    assert_eq!(offered, went + bench.replaced + bench.dropped);
}

// covers: NET-7
/// A stamp comes round after 268 s: an entry must have been seen to be old before.
#[test]
fn a_quiet_neighbour_grows_old_whatever_its_stamp_says() {
    let mut bench = Bench::new();
    bench.hear(false, true, HIS, PEER);
    for _ in 0..70 {
        bench.now += 4 * SECOND;
        bench.settle();
    }
    bench.send(PEER, 1);
    assert_eq!((bench.asked.len(), bench.segments.as_slice()), (1, &[(1, HIS)][..]), "used, and asked for");
}

#[test]
fn neighbours_of_one_set_are_found_in_turns() {
    let mut bench = Bench::new();
    for i in 0..4 {
        bench.hear(false, true, HIS + i, PEER + 4 * i);
    }
    for seq in 0..16 {
        bench.uut.request.data.next =
            TxRequest { raddr: (PEER + 4 * (seq % 4)).into(), seq: seq.into(), ..Default::default() };
        bench.uut.request.valid.next = true;
        let mut cycles = 0;
        while bench.segments.len() as u64 == seq {
            settle(&mut *bench.uut);
            let taken = bench.uut.request.ready.val();
            bench.cycle();
            if taken {
                bench.uut.request.valid.next = false;
            }
            cycles += 1;
            assert!(cycles <= 7, "segment {seq}");
        }
    }
    assert_eq!(bench.segments, (0..16).map(|seq| (seq, HIS + seq % 4)).collect::<Vec<_>>());
    assert!(bench.asked.is_empty());
}

/// ARP packets without a pause: a segment still gets its turn.
#[test]
fn a_flood_of_arp_does_not_hold_segments_back() {
    let mut bench = Bench::new();
    bench.hear(false, true, HIS, PEER);
    bench.uut.seen.data.next =
        ArpSeen { request: true, for_us: true, learn: true, mac: (HIS + 1).into(), addr: (PEER + 1).into() };
    bench.uut.seen.valid.next = true;
    bench.uut.request.data.next = TxRequest { raddr: PEER.into(), ..Default::default() };
    bench.uut.request.valid.next = true;
    for _ in 0..100 {
        bench.cycle();
    }
    assert!(bench.segments.len() >= 8, "{} segments", bench.segments.len());
    assert!(bench.replies.len() >= 8, "{} replies", bench.replies.len());
}
