// SPDX-License-Identifier: MIT OR Apache-2.0
//! ARP: packets against hand-written bytes, and the resolver through its scenarios in time.

use rust_hdl::prelude::*;

use super::resolve::Resolve;
use super::{ArpSeen, ArpSend, rx, tx};
use crate::sim::{ready, settle, tick};
use crate::stream::bench::{Drain, Feed, PACES, Rng, beats, clocked, frames};
use crate::stream::{Beat64, Beat512};
use crate::types::{Config, TxRequest, TxSegment};

type Small = Resolve<2, 4, 5>;
type Large = Resolve<4, 6, 7>;
clocked!(rx::Rx64, rx::Rx512, tx::Tx64, tx::Tx512, Small, Large);

const MAC: u64 = 0x0200_5e10_2030;
const ADDR: u64 = 0x0a01_0203;
const GATEWAY: u64 = 0x0a01_0201;
const SECOND: u64 = 1_000_000;

fn config() -> Config {
    Config {
        enable: true,
        mac: MAC.into(),
        addr: ADDR.into(),
        mask: 0xffff_ff00_u64.into(),
        gateway: GATEWAY.into(),
        ..Default::default()
    }
}

/// An ARP packet as RFC 826 lays it out.
fn packet(operation: u8, sha: u64, spa: u64, tha: u64, tpa: u64) -> Vec<u8> {
    [
        &[0, 1, 8, 0, 6, 4, 0, operation][..],
        &sha.to_be_bytes()[2..],
        &spa.to_be_bytes()[4..],
        &tha.to_be_bytes()[2..],
        &tpa.to_be_bytes()[4..],
    ]
    .concat()
}

macro_rules! reads {
    ($block:ty, $beat:ident, $rng:expr) => {
        const PEER: u64 = 0x0a01_0209;
        const HIS: u64 = 0x02aa_bbcc_ddee;
        let seen = |request, for_us, mac: u64, addr: u64| {
            Some(ArpSeen { request, for_us, learn: addr != 0, mac: mac.into(), addr: addr.into() })
        };
        let good = packet(1, HIS, PEER, 0, ADDR);
        let mut work: Vec<(Vec<u8>, Option<ArpSeen>)> = vec![
            (good.clone(), seen(true, true, HIS, PEER)),
            (packet(2, HIS, PEER, MAC, ADDR), seen(false, true, HIS, PEER)),
            (packet(1, HIS, PEER, 7, GATEWAY), seen(true, false, HIS, PEER)),
            (packet(1, HIS, 0, 0, ADDR), seen(true, true, HIS, 0)),
            (packet(1, HIS, ADDR, 0, GATEWAY), None), // conflict
            (packet(3, HIS, PEER, 0, ADDR), None),
            (packet(0, HIS, PEER, 0, ADDR), None),
            (packet(1, 0, PEER, 0, ADDR), None),
            (packet(1, 0xffff_ffff_ffff, PEER, 0, ADDR), None),
            (packet(1, 0x0100_5e00_0001, PEER, 0, ADDR), None),
            (packet(1, HIS, 0xffff_ffff, 0, ADDR), None),
            (packet(1, HIS, 0xe000_0001, 0, ADDR), None),
        ];
        for bit in 0..56 {
            let mut flipped = good.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            work.push((flipped, None));
        }
        work.extend((1..28).map(|len| (good[..len].to_vec(), None)));
        for pad in 0..60 {
            work.push(([good.clone(), $rng.bytes(pad)].concat(), seen(true, true, HIS, PEER)));
        }
        let mut uut = ready(Box::<$block>::default());
        uut.cfg.next = config();
        let (mut bad, mut conflicts) = (0, 0);
        let mut want_bad = 0;
        for (packet, want) in &work {
            let mut feed = Feed::new(beats::<$beat>(packet, $rng), 30);
            let mut drain = Drain::new(50);
            want_bad += usize::from(want.is_none());
            for cycle in 0.. {
                feed.drive(&mut uut.inp, $rng);
                drain.drive(&mut uut.out, $rng);
                settle(&mut *uut);
                assert!(uut.inp.ready.val());
                let moved = feed.sample(&uut.inp).is_some();
                drain.sample(&uut.out);
                bad += usize::from(uut.stat_bad.val());
                conflicts += usize::from(uut.stat_conflict.val());
                assert!(!uut.stat_overrun.val());
                let idle = feed.is_empty() && !moved && !uut.busy.val();
                tick(&mut *uut);
                if idle && cycle > 2 {
                    break;
                }
                assert!(cycle < 500, "stuck");
            }
            assert_eq!(drain.got, want.iter().copied().collect::<Vec<_>>(), "{packet:x?}");
        }
        assert_eq!(conflicts, 1);
        assert_eq!(bad, want_bad - 1);

        // Without a gap: each bad one is counted, and the good ones among them are read.
        let mut items = vec![];
        for (packet, _) in &work {
            items.extend(beats::<$beat>(packet, $rng));
        }
        let mut feed = Feed::new(items, 0);
        let mut drain = Drain::new(0);
        let (mut bad, mut conflicts) = (0, 0);
        for _ in 0..1_500 {
            feed.drive(&mut uut.inp, $rng);
            drain.drive(&mut uut.out, $rng);
            settle(&mut *uut);
            feed.sample(&uut.inp);
            drain.sample(&uut.out);
            bad += usize::from(uut.stat_bad.val());
            conflicts += usize::from(uut.stat_conflict.val());
            assert!(!uut.stat_overrun.val());
            tick(&mut *uut);
        }
        assert!(feed.is_empty() && !uut.busy.val());
        assert_eq!(drain.got, work.iter().filter_map(|(_, want)| *want).collect::<Vec<_>>());
        assert_eq!((bad, conflicts), (want_bad - 1, 1));

        // Two packets, and nobody takes the first record.
        let two =
            [beats::<$beat>(&good, $rng), beats::<$beat>(&packet(2, 4, PEER, MAC, ADDR), $rng)].concat();
        let mut feed = Feed::new(two, 0);
        let mut overruns = 0;
        uut.out.ready.next = false;
        for _ in 0..12 {
            feed.drive(&mut uut.inp, $rng);
            settle(&mut *uut);
            feed.sample(&uut.inp);
            overruns += usize::from(uut.stat_overrun.val());
            tick(&mut *uut);
        }
        assert_eq!(overruns, 1);
        assert_eq!(Some(uut.out.data.val()), seen(true, true, HIS, PEER));
    };
}

// covers: NET-6
#[test]
fn reads_packets_at_64_bits() {
    let mut rng = Rng::new(40);
    reads!(rx::Rx64, Beat64, &mut rng);
}

// covers: NET-6
#[test]
fn reads_packets_at_512_bits() {
    let mut rng = Rng::new(41);
    reads!(rx::Rx512, Beat512, &mut rng);
}

macro_rules! builds {
    ($block:ty, $beat:ident, $rng:expr) => {
        for (gap, stall) in PACES {
            let mut uut = ready(Box::<$block>::default());
            uut.cfg.next = config();
            let sends: Vec<ArpSend> = (0..20_u64)
                .map(|i| ArpSend {
                    reply: i % 3 == 0,
                    mac: (0x0222_0000_0000 + i).into(),
                    addr: (GATEWAY + i).into(),
                })
                .collect();
            let (mut feed, mut drain) = (Feed::new(sends.clone(), gap), Drain::<$beat>::new(stall));
            let mut dmacs = vec![];
            for _ in 0..1_000 {
                feed.drive(&mut uut.inp, $rng);
                drain.drive(&mut uut.out, $rng);
                settle(&mut *uut);
                feed.sample(&uut.inp);
                if drain.sample(&uut.out).is_some_and(|beat| beat.last) {
                    dmacs.push(uut.dmac.val().to_u64());
                }
                tick(&mut *uut);
            }
            let want: Vec<_> = sends
                .iter()
                .map(|send| {
                    let (mac, addr) = (send.mac.to_u64(), send.addr.to_u64());
                    if send.reply {
                        (mac, packet(2, MAC, ADDR, mac, addr))
                    } else {
                        (0xffff_ffff_ffff, packet(1, MAC, ADDR, 0, addr))
                    }
                })
                .collect();
            assert_eq!(dmacs.into_iter().zip(frames(&drain.got)).collect::<Vec<_>>(), want);
        }
    };
}

#[test]
fn builds_packets_at_64_bits() {
    let mut rng = Rng::new(42);
    builds!(tx::Tx64, Beat64, &mut rng);
}

#[test]
fn builds_packets_at_512_bits() {
    let mut rng = Rng::new(43);
    builds!(tx::Tx512, Beat512, &mut rng);
}

/// The resolver, and all that came out of it.
struct Bench {
    uut: Box<Small>,
    now: u64,
    segments: Vec<(u64, u64)>, // (seq, dmac)
    asked: Vec<(u64, u64)>,    // (time, address)
    replies: Vec<(u64, u64)>,  // (mac, address)
    unreachable: Vec<u64>,
    dropped: u64,
    replaced: u64,
}

impl Bench {
    fn new() -> Self {
        let mut uut = ready(Box::<Small>::default());
        uut.cfg.next = config();
        uut.segment.ready.next = true;
        uut.unreachable.ready.next = true;
        uut.send.ready.next = true;
        uut.reset.next = true;
        tick(&mut *uut);
        uut.reset.next = false;
        let mut bench = Self {
            uut,
            now: 5_000_000,
            segments: vec![],
            asked: vec![],
            replies: vec![],
            unreachable: vec![],
            dropped: 0,
            replaced: 0,
        };
        bench.settle();
        bench
    }

    fn cycle(&mut self) {
        let uut = &mut *self.uut;
        uut.now.next = self.now.into();
        settle(uut);
        if uut.segment.valid.val() && uut.segment.ready.val() {
            let TxSegment { seq, dmac, .. } = uut.segment.data.val();
            self.segments.push((seq.to_u64(), dmac.to_u64()));
        }
        if uut.send.valid.val() && uut.send.ready.val() {
            let ArpSend { reply, mac, addr } = uut.send.data.val();
            if reply {
                self.replies.push((mac.to_u64(), addr.to_u64()));
            } else {
                self.asked.push((self.now, addr.to_u64()));
            }
        }
        if uut.unreachable.valid.val() && uut.unreachable.ready.val() {
            self.unreachable.push(uut.unreachable.data.val().to_u64());
        }
        self.dropped += u64::from(uut.stat_dropped.val());
        self.replaced += u64::from(uut.stat_replaced.val());
        tick(uut);
    }

    /// Runs until nothing is left to do now; the cycles taken.
    fn settle(&mut self) -> usize {
        for cycles in 0..1_000 {
            self.uut.now.next = self.now.into();
            settle(&mut *self.uut);
            if !self.uut.busy.val() {
                return cycles;
            }
            self.cycle();
        }
        panic!("never idle");
    }

    /// Offers a segment and runs until all is done.
    fn send(&mut self, raddr: u64, seq: u64) {
        self.offer(TxRequest {
            flow: (seq & 0xff).into(),
            has_flow: true,
            raddr: raddr.into(),
            seq: seq.into(),
            ..Default::default()
        });
    }

    fn offer(&mut self, request: TxRequest) {
        self.uut.request.data.next = request;
        self.uut.request.valid.next = true;
        for _ in 0..100 {
            settle(&mut *self.uut);
            let taken = self.uut.request.ready.val();
            self.cycle();
            if taken {
                self.uut.request.valid.next = false;
                self.settle();
                return;
            }
        }
        panic!("request not taken");
    }

    fn hear(&mut self, request: bool, for_us: bool, mac: u64, addr: u64) {
        let learn = addr != 0;
        self.uut.seen.data.next = ArpSeen { request, for_us, learn, mac: mac.into(), addr: addr.into() };
        self.uut.seen.valid.next = true;
        for _ in 0..100 {
            settle(&mut *self.uut);
            let taken = self.uut.seen.ready.val();
            self.cycle();
            if taken {
                self.uut.seen.valid.next = false;
                self.settle();
                return;
            }
        }
        panic!("record not taken");
    }

    /// Jumps to the deadline, as the simulation's clock does.
    fn jump(&mut self) -> u64 {
        self.settle();
        assert!(self.uut.deadline_valid.val(), "something to wait for");
        self.now = self.uut.next_deadline.val().to_u64();
        self.settle();
        self.now
    }

    fn armed(&mut self) -> bool {
        self.settle();
        self.uut.deadline_valid.val()
    }
}

const PEER: u64 = 0x0a01_0209;
const HIS: u64 = 0x02aa_bbcc_ddee;

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
