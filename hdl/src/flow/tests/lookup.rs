// SPDX-License-Identifier: MIT OR Apache-2.0
//! The look-up against maps, sets and the reference ISN.

use std::collections::HashMap;

use super::*;
use crate::flow::isn;
use crate::sim::{ready, settle, tick};
use crate::stream::bench::{Rng, bits_of, clocked};

type Uut = Lookup<3, 4, 2>;
clocked!(Uut);

const KEY: u128 = 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210;
const LADDR: u32 = 0x0a00_0001;
const SYN: u64 = 2;
const RST: u64 = 4;
const ACK: u64 = 16;
const FIN: u64 = 1;

type Tuple = (u64, u64, u64);

/// Answers to an open request.
#[derive(Debug, PartialEq)]
enum Opened {
    Flow(u64),
    InUse,
    Full,
}

#[derive(Debug, Default, PartialEq)]
struct Stats {
    no_listener: usize,
    card_full: usize,
    half_open_limit: usize,
}

struct Bench {
    uut: Box<Uut>,
    now: u64,
    stats: Stats,
}

impl Bench {
    fn new() -> Self {
        let mut uut = ready(Box::<Uut>::default());
        uut.key.next = bits_of(&KEY.to_le_bytes());
        uut.laddr.next = u64::from(LADDR).into();
        settle(&mut *uut);
        while uut.busy.val() {
            tick(&mut *uut);
        }
        Self { uut, now: 0x1_2345_6789, stats: Stats::default() }
    }

    fn cycle(&mut self) {
        self.now += 3;
        self.uut.now.next = self.now.into();
        settle(&mut *self.uut);
        self.stats.no_listener += usize::from(self.uut.stat_no_listener.val());
        self.stats.card_full += usize::from(self.uut.stat_card_full.val());
        self.stats.half_open_limit += usize::from(self.uut.stat_half_open_limit.val());
        tick(&mut *self.uut);
        self.uut.remove_valid.next = false;
        self.uut.free_valid.next = false;
        self.uut.half_open_dec.next = false;
        settle(&mut *self.uut);
    }

    fn listen(&mut self, port: u64, on: bool) {
        self.uut.listen.data.next = ListenRequest { port: port.into(), on };
        self.uut.listen.valid.next = true;
        settle(&mut *self.uut);
        for _ in 0..50 {
            let done = self.uut.listen.ready.val();
            self.cycle();
            if done {
                self.uut.listen.valid.next = false;
                return;
            }
        }
        panic!("stuck");
    }

    fn offer(&mut self, tuple: Tuple, flags: u64) {
        self.uut.segment.data.next = Segment {
            raddr: tuple.0.into(),
            rport: tuple.1.into(),
            lport: tuple.2.into(),
            seq: 0x1111_2222_u64.into(),
            ack: 0x3333_4444_u64.into(),
            end: 0x1111_2255_u64.into(),
            flags: flags.into(),
            wnd: 0x5566_u64.into(),
            len: 0x33_u64.into(),
            mss: 0x0218_u64.into(),
        };
        self.uut.segment.valid.next = true;
        settle(&mut *self.uut);
    }

    /// The event of a segment, and the cycles from the segment to the event.
    fn segment(&mut self, tuple: Tuple, flags: u64) -> (Event, usize) {
        self.offer(tuple, flags);
        self.uut.event.ready.next = false;
        for cycles in 0..60 {
            let taken = self.uut.segment.ready.val();
            let allocated_at = self.now + 3;
            self.cycle();
            if taken {
                self.uut.segment.valid.next = false;
                settle(&mut *self.uut);
                assert!(self.uut.event.valid.val());
                let event = self.uut.event.data.val();
                if event.new {
                    let local = (LADDR, tuple.2 as u16);
                    let remote = (tuple.0 as u32, tuple.1 as u16);
                    let expected = isn::reference(KEY, allocated_at, local, remote);
                    assert_eq!(event.isn, u64::from(expected));
                }
                assert_eq!(event.kind, EventKind::Segment);
                assert_eq!((event.raddr, event.rport), (tuple.0.into(), tuple.1.into()));
                assert_eq!((event.lport, event.flags), (tuple.2.into(), flags.into()));
                assert_eq!(event.seq, 0x1111_2222);
                assert_eq!(event.ack, 0x3333_4444);
                assert_eq!(event.end, 0x1111_2255);
                assert_eq!(event.wnd, 0x5566);
                assert_eq!(event.len, 0x33);
                assert_eq!(event.mss, 0x0218);
                self.uut.event.ready.next = true;
                self.cycle();
                assert!(!self.uut.event.valid.val());
                return (event, cycles + 1);
            }
        }
        panic!("stuck");
    }

    fn open(&mut self, tuple: Tuple, nodelay: bool) -> Opened {
        self.uut.open.data.next =
            OpenRequest { raddr: tuple.0.into(), rport: tuple.1.into(), lport: tuple.2.into(), nodelay };
        self.uut.open.valid.next = true;
        self.uut.event.ready.next = false;
        settle(&mut *self.uut);
        for _ in 0..60 {
            let taken = self.uut.open.ready.val();
            let (ok, in_use) = (self.uut.open_ok.val(), self.uut.open_in_use.val());
            let flow = self.uut.open_flow.val().to_u64();
            self.cycle();
            if taken {
                self.uut.open.valid.next = false;
                settle(&mut *self.uut);
                assert_eq!(self.uut.event.valid.val(), ok);
                let event = self.uut.event.data.val();
                self.uut.event.ready.next = true;
                self.cycle();
                if !ok {
                    return if in_use { Opened::InUse } else { Opened::Full };
                }
                assert_eq!((event.kind, event.op), (EventKind::Command, Op::Open));
                assert!(event.new && event.hit);
                assert_eq!(event.flow, flow);
                assert_eq!((event.raddr, event.rport), (tuple.0.into(), tuple.1.into()));
                assert_eq!((event.lport, event.flags), (tuple.2.into(), u64::from(nodelay).into()));
                return Opened::Flow(flow);
            }
        }
        panic!("stuck");
    }

    /// Pulses for the next cycle.
    fn delete(&mut self, flow: u64, remove: bool, free: bool) {
        self.uut.remove_valid.next = remove;
        self.uut.remove_flow.next = flow.into();
        self.uut.free_valid.next = free;
        self.uut.free_flow.next = flow.into();
    }

    fn rest(&mut self) {
        self.uut.event.ready.next = true;
        for _ in 0..60 {
            self.cycle();
        }
        assert!(self.uut.idle.val());
    }
}

// covers: MUST-8, MUST-9, SHLD-1, ISN-1, ISN-2
#[test]
fn random_segments_opens_and_removals() {
    let mut rng = Rng::new(80);
    let mut bench = Bench::new();
    bench.listen(80, true);
    let tuple = |i: u64| (0x0a00_0010 + i % 7, 4_000 + i % 3, [80, 80, 81][(i / 7) as usize % 3]);
    let mut table: HashMap<Tuple, u64> = HashMap::new();
    let mut used: HashMap<u64, bool> = HashMap::new(); // flow -> half open
    let mut stats = Stats::default();
    for _ in 0..800 {
        let t = tuple(rng.below(40));
        let half = used.values().filter(|h| **h).count();
        let full = used.len() == 8;
        match rng.below(10) {
            0..6 => {
                let flags = [SYN, SYN, SYN, ACK, SYN | ACK, SYN | RST, SYN | FIN, RST][rng.below(8) as usize];
                let (event, cycles) = bench.segment(t, flags);
                assert_eq!(event.listen, t.2 == 80);
                let mut new = false;
                if let Some(flow) = table.get(&t) {
                    assert!(event.hit);
                    assert_eq!(event.flow, *flow);
                    assert!(cycles <= 30, "{cycles}");
                } else if t.2 != 80 {
                    stats.no_listener += 1;
                } else if flags == SYN {
                    match (full, half < 4) {
                        (true, _) => stats.card_full += 1,
                        (_, false) => stats.half_open_limit += 1,
                        _ => new = true,
                    }
                }
                assert_eq!(event.new, new);
                if new {
                    let flow = event.flow.to_u64();
                    assert!(used.insert(flow, true).is_none(), "flow {flow} given twice");
                    table.insert(t, flow);
                } else {
                    assert_eq!(event.hit, table.contains_key(&t));
                }
            }
            6 => match bench.open(t, rng.chance(50)) {
                Opened::Flow(flow) => {
                    assert!(!table.contains_key(&t) && !full);
                    assert!(used.insert(flow, false).is_none(), "flow {flow} given twice");
                    table.insert(t, flow);
                }
                Opened::InUse => assert!(table.contains_key(&t)),
                Opened::Full => {
                    assert!(!table.contains_key(&t) && full);
                    stats.card_full += 1;
                }
            },
            7..9 => {}
            _ => {
                let flows: Vec<u64> = used.keys().copied().collect();
                if flows.is_empty() {
                    continue;
                }
                let flow = *flows.iter().min_by_key(|f| (*f * 7 + rng.below(8)) % 8).expect("not empty");
                let there = table.iter().find(|(_, f)| **f == flow).map(|(t, _)| *t);
                if used[&flow] {
                    used.insert(flow, false);
                    bench.uut.half_open_dec.next = true;
                }
                if there.is_some() && rng.chance(30) {
                    bench.delete(flow, true, false); // given back later
                } else {
                    bench.delete(flow, there.is_some(), true);
                    used.remove(&flow);
                }
                table.retain(|_, f| *f != flow);
                bench.cycle();
            }
        }
        assert_eq!(bench.uut.half_open.val().index(), used.values().filter(|h| **h).count());
    }
    assert_eq!(bench.stats, stats);
    assert!(stats.no_listener > 10 && stats.card_full > 10, "{stats:?}");
    bench.rest();
    assert_eq!(bench.uut.used.val().index(), used.len());
}

/// A removal at every moment of a look-up: no flow is lost and the table stays right.
#[test]
fn removals_during_look_ups() {
    let mut bench = Bench::new();
    bench.listen(80, true);
    for delay in 0..22 {
        for flags in [SYN, ACK] {
            let mut flows = vec![];
            for i in 0..8 {
                let Opened::Flow(flow) = bench.open((i, 1, 1), false) else { panic!("full") };
                flows.push(flow);
            }
            // One is freed, so that the SYN is given a flow; two more go while it is looked up.
            bench.delete(flows[0], true, true);
            bench.rest();
            bench.offer((100, 1, 80), flags);
            let mut done = false;
            for cycle in 0..60 {
                if cycle == delay {
                    bench.delete(flows[1], true, true);
                }
                if cycle == delay + 1 {
                    bench.delete(flows[2], true, true);
                }
                let taken = bench.uut.segment.ready.val();
                bench.cycle();
                if taken {
                    bench.uut.segment.valid.next = false;
                    settle(&mut *bench.uut);
                    done = true;
                }
            }
            assert!(done);
            bench.rest();
            for i in 3..8 {
                assert_eq!(bench.segment((i, 1, 1), ACK).0.flow, flows[i as usize], "delay {delay}");
            }
            for i in 0..3 {
                assert!(!bench.segment((i, 1, 1), ACK).0.hit, "removed, delay {delay}");
            }
            assert_eq!(bench.segment((100, 1, 80), ACK).0.hit, flags == SYN);
            // All freed flows can be used again.
            let left = if flags == SYN { 2 } else { 3 };
            for i in 0..left {
                assert!(matches!(bench.open((200 + i, 1, 1), false), Opened::Flow(_)), "delay {delay}");
            }
            assert_eq!(bench.open((300, 1, 1), false), Opened::Full);
            bench.uut.half_open_dec.next = flags == SYN;
            for flow in 0..8 {
                bench.delete(flow, true, true);
                bench.cycle();
            }
            bench.rest();
            assert!(!bench.uut.used.val().any());
        }
    }
}

#[test]
fn half_of_the_flows_may_be_half_open() {
    let mut bench = Bench::new();
    bench.listen(80, true);
    for i in 0..4 {
        assert!(bench.segment((1, i, 80), SYN).0.new);
    }
    let refused = bench.segment((1, 4, 80), SYN).0;
    assert!(!refused.new && !refused.hit && refused.listen);
    assert_eq!(bench.stats.half_open_limit, 1);
    assert!(matches!(bench.open((1, 5, 80), false), Opened::Flow(_)), "the host's opens do not count");
    bench.uut.half_open_dec.next = true;
    bench.cycle();
    assert!(bench.segment((1, 4, 80), SYN).0.new);
    bench.listen(80, false);
    let refused = bench.segment((1, 6, 80), SYN).0;
    assert!(!refused.new && !refused.listen);
    assert_eq!(bench.stats.no_listener, 1);
}

#[test]
fn latency_and_rate() {
    let mut bench = Bench::new();
    bench.listen(80, true);
    let (event, cycles) = bench.segment((1, 2, 80), SYN);
    assert!(event.new);
    assert_eq!(cycles, 8, "segment to event with a new flow");
    assert_eq!(bench.segment((1, 2, 80), ACK).1, 4, "hit");
    let misses = (0..8).filter(|i| bench.segment((1, 3 + i, 80), ACK).1 == 3).count();
    assert!(misses >= 6, "{misses} of 8 misses found an empty bucket");
    // Back to back: an event every four cycles.
    bench.uut.event.ready.next = true;
    bench.offer((1, 2, 80), ACK);
    let mut events = 0;
    for _ in 0..40 {
        settle(&mut *bench.uut);
        events += usize::from(bench.uut.event.valid.val());
        bench.cycle();
    }
    assert!(events >= 9, "{events} events in 40 cycles");
}

/// Neither side starves the other, and an event that is not taken holds both.
#[test]
fn segments_and_opens_take_turns() {
    let mut bench = Bench::new();
    bench.offer((1, 2, 3), ACK);
    bench.uut.open.data.next.rport = 7_u64.into();
    bench.uut.open.valid.next = true;
    bench.uut.event.ready.next = true;
    let (mut segments, mut opens) = (0, 0);
    settle(&mut *bench.uut);
    for _ in 0..60 {
        segments += usize::from(bench.uut.segment.ready.val());
        opens += usize::from(bench.uut.open.ready.val());
        bench.cycle();
    }
    assert!(segments >= 4 && opens >= 4, "{segments} segments, {opens} opens");
    bench.uut.event.ready.next = false;
    for _ in 0..40 {
        bench.cycle();
    }
    assert!(bench.uut.event.valid.val() && !bench.uut.segment.ready.val() && !bench.uut.open.ready.val());
}

/// Segments one behind the other, events refused for any time: each segment has its event, in order, with its own fields.
#[test]
fn a_refused_event_holds_the_next_search() {
    let mut rng = Rng::new(84);
    for refusal in [0, 50, 90, 97] {
        let mut bench = Bench::new();
        let known: Vec<Tuple> = (0..4).map(|i| (0x0a00_0002 + i, 4_000 + i, 80)).collect();
        bench.listen(80, true);
        for &tuple in &known {
            assert!(bench.segment(tuple, SYN).0.new);
        }
        let all: Vec<(Tuple, u64)> = (0..120)
            .map(|i| {
                let known = known[rng.below(4) as usize];
                (
                    if rng.chance(60) { known } else { (0x0b00_0000 + i, 9, 81) },
                    if rng.chance(50) { ACK } else { RST },
                )
            })
            .collect();
        let (mut offered, mut got) = (0, 0);
        for _ in 0..20_000 {
            if got == all.len() {
                break;
            }
            if offered < all.len() {
                bench.offer(all[offered].0, all[offered].1);
            }
            bench.uut.event.ready.next = !rng.chance(refusal);
            settle(&mut *bench.uut);
            if bench.uut.event.valid.val() && bench.uut.event.ready.val() {
                let (event, (tuple, flags)) = (bench.uut.event.data.val(), all[got]);
                assert_eq!(
                    (event.raddr, event.rport, event.flags),
                    (tuple.0.into(), tuple.1.into(), flags.into())
                );
                assert_eq!(event.hit, tuple.2 == 80, "segment {got}");
                got += 1;
            }
            if offered < all.len() && bench.uut.segment.ready.val() {
                offered += 1;
                bench.cycle();
                bench.uut.segment.valid.next = false;
            } else {
                bench.cycle();
            }
        }
        assert_eq!(got, all.len(), "stuck at refusal {refusal}");
    }
}
