// SPDX-License-Identifier: MIT OR Apache-2.0
//! The resolver: next hops, and neighbours that answer or don't.

use super::bench::Bench;
use super::{ADDR, GATEWAY, HIS, PEER, SECOND, config};
use crate::types::{Config, TxRequest};

// covers: NET-7, NET-8
#[test]
fn the_parked_segment_goes_on_with_the_answer() {
    let mut bench = Bench::new();
    bench.send(PEER, 1);
    assert_eq!(bench.asked, [(bench.now, PEER)]);
    bench.send(PEER, 2);
    bench.send(PEER, 3);
    assert_eq!((bench.asked.len(), bench.replaced), (1, 2), "one request, the latest is kept");
    assert!(bench.segments.is_empty());
    bench.hear(false, true, HIS, PEER);
    assert_eq!(bench.segments, [(3, HIS)]);
    assert!(!bench.armed());
    bench.send(PEER, 4);
    assert_eq!(bench.segments, [(3, HIS), (4, HIS)]);
    assert_eq!((bench.asked.len(), bench.dropped), (1, 0));
}

// covers: NET-6
#[test]
fn a_known_neighbour_takes_three_cycles() {
    let mut bench = Bench::new();
    bench.hear(true, true, HIS, PEER);
    assert_eq!(bench.replies, [(HIS, PEER)], "a request for us is answered, and its sender remembered");
    bench.uut.request.data.next = TxRequest { raddr: PEER.into(), seq: 1.into(), ..Default::default() };
    bench.uut.request.valid.next = true;
    let mut at = vec![];
    for cycle in 0..12 {
        bench.cycle();
        if bench.segments.len() > at.len() {
            at.push(cycle);
        }
    }
    assert_eq!(at, [3, 6, 9]);
}

// covers: NET-7
#[test]
fn three_requests_then_unreachable() {
    let mut bench = Bench::new();
    bench.send(PEER, 0x55);
    let start = bench.now;
    while bench.unreachable.is_empty() {
        bench.jump();
        assert!(bench.now < start + 10 * SECOND);
    }
    assert_eq!(bench.unreachable, [0x55]);
    let gaps: Vec<_> = bench.asked.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    assert_eq!(bench.asked.len(), 3);
    assert!(gaps.iter().all(|gap| (SECOND..SECOND * 12 / 10).contains(gap)), "{gaps:?}");
    assert!(bench.now - bench.asked[2].0 >= SECOND);
    assert!(!bench.armed());
    assert_eq!(bench.dropped, 1);
    // The next segment starts again; without a flow nobody is told.
    bench.offer(TxRequest { raddr: PEER.into(), ..Default::default() });
    assert_eq!(bench.asked.len(), 4);
    for _ in 0..3 {
        bench.jump();
    }
    assert!(!bench.armed());
    assert_eq!((bench.unreachable.len(), bench.dropped), (1, 2));
}

/// Whenever a segment comes while another one is given up, it goes out.
#[test]
fn a_segment_beside_one_that_is_given_up_goes_out() {
    for wait in 0..80 {
        let mut bench = Bench::new();
        bench.hear(false, true, HIS, PEER);
        bench.send(PEER + 1, 1);
        bench.jump();
        bench.jump();
        bench.now = bench.uut.next_deadline.val().to_u64();
        for _ in 0..wait {
            bench.cycle();
        }
        bench.send(PEER, 2);
        assert_eq!(bench.unreachable, [1], "after {wait}");
        assert_eq!((bench.segments.as_slice(), bench.dropped), (&[(2, HIS)][..], 1), "after {wait}");
    }
}

// covers: NET-9
#[test]
fn off_link_goes_to_the_gateway() {
    let mut bench = Bench::new();
    bench.send(0x0808_0808, 1);
    assert_eq!(bench.asked, [(bench.now, GATEWAY)]);
    bench.hear(false, true, HIS, GATEWAY);
    bench.send(0x0101_0101, 2);
    assert_eq!(bench.segments, [(1, HIS), (2, HIS)]);
    bench.uut.cfg.next = Config { gateway: 0.into(), ..config() };
    bench.send(0x0101_0101, 3);
    assert_eq!((bench.segments.len(), bench.unreachable.as_slice()), (2, &[3_u64][..]), "no route");
    assert_eq!((bench.asked.len(), bench.dropped), (1, 1));
}

#[test]
fn impossible_next_hops_are_dropped() {
    let mut bench = Bench::new();
    for addr in [ADDR, 0x0a01_02ff, 0x0a01_0203] {
        bench.send(addr, 1);
    }
    bench.uut.cfg.next = Config { gateway: 0xffff_ffff_u64.into(), ..config() };
    bench.send(0x0101_0101, 1);
    assert_eq!(bench.dropped, 4);
    assert!(bench.asked.is_empty() && bench.segments.is_empty() && bench.unreachable.is_empty());
}

/// RFC 3021: a network of two addresses has no broadcast address.
#[test]
fn both_addresses_of_a_network_of_two_are_asked_for() {
    for (own, other) in [(0x0a01_0208_u64, 0x0a01_0209_u64), (0x0a01_0209, 0x0a01_0208)] {
        let mut bench = Bench::new();
        bench.uut.cfg.next = Config { addr: own.into(), mask: 0xffff_fffe_u64.into(), ..config() };
        bench.send(other, 1);
        assert_eq!(bench.asked, [(bench.now, other)]);
        bench.hear(false, true, HIS, other);
        assert_eq!(bench.segments, [(1, HIS)]);
        bench.send(own, 2);
        assert_eq!(bench.dropped, 1, "to ourselves");
    }
}
