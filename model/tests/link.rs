// SPDX-License-Identifier: MIT OR Apache-2.0
//! Two model endpoints joined by a link that loses, repeats and reorders: every byte arrives, both ends close, nothing wedges.
//!
//! `SYNCLINE_SEED=n` runs one seed alone, `SYNCLINE_SEEDS=n` sets how many run.

mod common;

use std::collections::BTreeMap;

use common::{Random, seeds};
use syncline_model::{
    endpoint::{Endpoint, Handle, Segment, Setup},
    seq,
    tcb::{Config, Op, State, flags::*},
};

#[derive(Clone, Debug)]
struct Scenario {
    loss: u64,
    duplicate: u64,
    reorder: u64,
    delay: u64,
    /// Forged segments, for each hundred real ones, with numbers that an outsider can only guess.
    forged: u64,
    /// Each side: bytes to send, ring, MSS, ISN, bytes the application reads at a time, and how often.
    sides: [Side; 2],
    simultaneous_open: bool,
    /// Wait for the peer's FIN before closing.
    second_waits: bool,
}

#[derive(Copy, Clone, Debug)]
struct Side {
    send: usize,
    ring: u32,
    mss: u16,
    isn: u32,
    read: usize,
    pause: u64,
    nodelay: bool,
}

/// The byte at `at` of what `side` sends.
fn pattern(side: usize, at: usize) -> u8 {
    (at as u32).wrapping_mul(2_654_435_761).to_be_bytes()[0] ^ (side as u8 * 0x5a) ^ at as u8
}

const PORTS: [u16; 2] = [4000, 80];
const ADDRS: [u32; 2] = [0x0a00_0001, 0x0a00_0002];

/// What is checked about every segment that an endpoint sends.
#[derive(Default)]
struct Watch {
    iss: Option<u32>,
    ack: Option<u32>,
    edge: Option<u32>,
    fin: Option<u32>,
}

impl Watch {
    fn check(&mut self, side: usize, segment: &Segment, offered: Option<u32>) {
        if segment.flags & RST != 0 {
            return;
        }
        if segment.flags & SYN != 0 {
            assert_eq!(*self.iss.get_or_insert(segment.seq), segment.seq, "the ISN changed");
            assert!(segment.payload.is_empty());
        } else {
            let iss = self.iss.expect("a segment before the SYN");
            let text_end = segment.seq.wrapping_add(segment.payload.len() as u32);
            for (i, &byte) in segment.payload.iter().enumerate() {
                let at = segment.seq.wrapping_add(i as u32).wrapping_sub(iss).wrapping_sub(1) as usize;
                assert_eq!(byte, pattern(side, at), "byte {at} of side {side}");
            }
            if let Some(fin) = self.fin {
                assert!(segment.payload.is_empty() || !seq::after(text_end, fin), "data after the FIN");
            }
            if segment.flags & FIN != 0 {
                assert_eq!(*self.fin.get_or_insert(text_end), text_end, "the FIN moved");
            }
            if let Some(offered) = offered
                && segment.payload.len() > 1
            {
                assert!(
                    !seq::after(segment.end(), offered),
                    "beyond the peer's window: {segment:?}, {offered}"
                );
            }
        }
        if segment.flags & ACK != 0 {
            let ack = self.ack.get_or_insert(segment.ack);
            assert!(!seq::before(segment.ack, *ack), "the ACK went back");
            *ack = segment.ack;
            let right = segment.ack.wrapping_add(segment.window.into());
            let edge = self.edge.get_or_insert(right);
            assert!(!seq::before(right, *edge), "the window shrank (SHLD-14)");
            *edge = right;
        }
    }
}

struct World {
    random: Random,
    scenario: Scenario,
    ends: [Endpoint; 2],
    flows: [Option<Handle>; 2],
    written: [usize; 2],
    read: [usize; 2],
    shut: [bool; 2],
    closed: [bool; 2],
    next_read: [u64; 2],
    link: BTreeMap<(u64, u64), (usize, Segment)>,
    order: u64,
    watches: [Watch; 2],
    segments: usize,
    now: u64,
}

impl World {
    fn new(scenario: Scenario, seed: u64) -> Self {
        let ends = [0, 1].map(|i| {
            let side = scenario.sides[i];
            let config = Config { mss: side.mss, syn_retries: 15, data_retries: 15, ..Config::default() };
            let mut end =
                Endpoint::new(Setup { addr: ADDRS[i], ring: side.ring, flows: 2, half_open: 2, config });
            end.set_isn(side.isn);
            end
        });
        World {
            random: Random(seed),
            scenario,
            ends,
            flows: [None; 2],
            written: [0; 2],
            read: [0; 2],
            shut: [false; 2],
            closed: [false; 2],
            next_read: [0; 2],
            link: BTreeMap::new(),
            order: 0,
            watches: Default::default(),
            segments: 0,
            now: 0,
        }
    }

    fn collect(&mut self) {
        for side in 0..2 {
            while let Some(segment) = self.ends[side].take() {
                self.segments += 1;
                let offered = self.watches[1 - side].edge;
                self.watches[side].check(side, &segment, offered);
                // In SYN-SENT any SYN is welcome, which no TCP can help.
                let synchronised = |me: usize| {
                    self.flows[me].is_some_and(|handle| self.ends[me].tcb(handle.flow).state.has_peer())
                };
                if synchronised(0) && synchronised(1) && self.random.chance(self.scenario.forged) {
                    self.forge();
                }
                let copies = 1 + usize::from(self.random.chance(self.scenario.duplicate));
                for _ in 0..copies {
                    if self.random.chance(self.scenario.loss) {
                        continue;
                    }
                    let jitter =
                        if self.random.chance(self.scenario.reorder) { self.random.below(20_000) } else { 0 };
                    self.order += 1;
                    self.link.insert(
                        (self.now + self.scenario.delay + jitter, self.order),
                        (1 - side, segment.clone()),
                    );
                }
            }
        }
    }

    /// RFC 5961: who does not see the traffic can't disturb it.
    fn forge(&mut self) {
        let to = self.random.below(2) as usize;
        let segment = Segment {
            src: ADDRS[1 - to],
            dst: ADDRS[to],
            src_port: PORTS[1 - to],
            dst_port: PORTS[to],
            seq: self.random.next() as u32,
            ack: self.random.next() as u32,
            flags: self.random.pick(&[ACK, RST, RST | ACK, SYN, SYN | ACK, FIN | ACK]),
            window: self.random.next() as u16,
            mss: None,
            payload: vec![0xee; self.random.pick(&[0, 1, 1000])],
        };
        self.order += 1;
        self.link.insert((self.now + self.scenario.delay, self.order), (to, segment));
    }

    /// What the applications do; true if anything was done.
    fn applications(&mut self) -> bool {
        let mut busy = false;
        for me in 0..2 {
            let side = self.scenario.sides[me];
            if self.flows[me].is_none() {
                let flow = self.ends[me].find(ADDRS[1 - me], PORTS[1 - me], PORTS[me]);
                self.flows[me] =
                    flow.filter(|&flow| self.ends[me].tcb(flow).owned).map(|flow| self.ends[me].handle(flow));
            }
            let Some(handle) = self.flows[me] else { continue };
            // A SYN that the link repeats must not open a second connection after the first.
            self.ends[me].unlisten(PORTS[me]);
            if self.closed[me] {
                continue;
            }
            let tcb = *self.ends[me].tcb(handle.flow);
            assert_eq!(tcb.generation, handle.generation);
            if self.written[me] < side.send && tcb.state != State::Closed {
                let chunk = 1 + self.random.below(3000) as usize;
                let to = (self.written[me] + chunk).min(side.send);
                let data: Vec<u8> = (self.written[me]..to).map(|at| pattern(me, at)).collect();
                let count = self.ends[me].write(handle.flow, &data);
                self.written[me] += count;
                busy |= count > 0;
            }
            if self.now >= self.next_read[me] {
                let data = self.ends[me].read(handle.flow, side.read);
                for &byte in &data {
                    assert_eq!(
                        byte,
                        pattern(1 - me, self.read[me]),
                        "byte {} read by side {me}",
                        self.read[me]
                    );
                    self.read[me] += 1;
                }
                if !data.is_empty() {
                    self.next_read[me] = self.now + side.pause;
                    busy |= side.pause == 0;
                }
            }
            let waits = self.scenario.second_waits && me == 1 && !tcb.fin_received;
            let established = !matches!(tcb.state, State::SynSent);
            if self.written[me] == side.send && !self.shut[me] && !waits && established {
                let done = self.ends[me].command(Op::Shutdown, handle);
                assert!(!done.bad, "shutdown in {}", tcb.state);
                self.shut[me] = true;
                busy = true;
            }
            if self.shut[me] && tcb.fin_received && self.ends[me].readable(handle.flow) == 0 {
                assert!(!self.ends[me].command(Op::Close, handle).bad);
                self.closed[me] = true;
                busy = true;
            }
        }
        busy
    }

    fn run(&mut self) {
        self.ends[1].listen(PORTS[1]);
        let [a, b] = self.scenario.sides;
        self.flows[0] = Some(self.ends[0].open(ADDRS[1], PORTS[1], PORTS[0], a.nodelay).expect("open"));
        if self.scenario.simultaneous_open {
            self.flows[1] = Some(self.ends[1].open(ADDRS[0], PORTS[0], PORTS[1], b.nodelay).expect("open"));
        }
        let limit = 20_000_000_000;
        loop {
            self.collect();
            while self.applications() {
                self.collect();
            }
            self.collect();
            if self.closed == [true; 2] && self.ends.iter().all(|end| end.free() == 2) {
                break;
            }
            let arrival = self.link.first_key_value().map(|(&(time, _), _)| time);
            let timers = self.ends.iter().filter_map(|end| end.next_deadline()).min();
            let reads = (0..2)
                .filter(|&me| {
                    let readable = |handle: Handle| self.ends[me].readable(handle.flow) > 0;
                    !self.closed[me] && self.flows[me].is_some_and(readable)
                })
                .map(|me| self.next_read[me])
                .min();
            let next = [arrival, timers, reads].into_iter().flatten().min();
            let next = next.unwrap_or_else(|| panic!("wedged at {} us: {}", self.now, self.describe()));
            assert!(next < limit, "not done after {limit} us: {}", self.describe());
            assert!(self.segments < 200_000, "a storm of segments: {}", self.describe());
            self.now = next.max(self.now);
            for end in &mut self.ends {
                end.advance_to(self.now);
            }
            while let Some(entry) = self.link.first_entry().filter(|entry| entry.key().0 <= self.now) {
                let (to, segment) = entry.remove();
                self.ends[to].segment(&segment);
            }
        }
        for me in 0..2 {
            assert_eq!(self.read[me], self.scenario.sides[1 - me].send, "bytes read by side {me}");
            let Scenario { loss, duplicate, reorder, delay, sides, simultaneous_open, .. } = &self.scenario;
            let clean = *loss + *duplicate + *reorder + self.scenario.forged == 0
                && *delay < 500_000
                && !simultaneous_open;
            if clean && sides[1 - me].pause == 0 {
                let handle = self.flows[me].expect("a connection");
                assert_eq!(
                    self.ends[me].tcb(handle.flow).retransmits,
                    0,
                    "retransmissions on a perfect link"
                );
                assert!(self.now < 120_000_000, "a perfect link took {} us", self.now);
            }
        }
    }

    fn describe(&self) -> String {
        let tcbs = [0, 1].map(|me| self.flows[me].map(|handle| *self.ends[me].tcb(handle.flow)));
        format!(
            "written {:?}, read {:?}, shut {:?}, closed {:?}, {tcbs:#?}",
            self.written, self.read, self.shut, self.closed
        )
    }
}

fn scenario(seed: u64) -> Scenario {
    let mut random = Random(seed ^ 0x5eed);
    let r = &mut random;
    let sides = [0, 1].map(|_| Side {
        send: r.pick(&[0, 1, 63, 1459, 1460, 1461, 5000, 20_000, 60_000]),
        ring: r.pick(&[2048, 4096, 16_384, 65_536]),
        mss: r.pick(&[64, 100, 536, 1000, 1460]),
        isn: r.pick(&[0, 1, 0xffff_ffff, 0xffff_ff00, 0xffff_0000, 0x7fff_f000, 0x1234_5678]),
        read: r.pick(&[1, 10, 1000, 100_000, 100_000]),
        pause: r.pick(&[0, 0, 0, 1000, 100_000]),
        nodelay: r.chance(50),
    });
    let loss = r.pick(&[0, 0, 1, 5, 10, 20, 30]);
    let mss = usize::from(sides[0].mss.min(sides[1].mss));
    let sides = sides.map(|mut side| {
        // A byte a second is no test of TCP, nor is a hundred back-offs in a row, each up to a minute.
        side.pause = if side.read < 100 { side.pause.min(1000) } else { side.pause };
        side.send = side.send.min(if loss > 10 { 100 } else { 1000 } * mss);
        side
    });
    Scenario {
        loss,
        duplicate: r.pick(&[0, 0, 1, 10]),
        reorder: r.pick(&[0, 0, 5, 30]),
        delay: r.pick(&[0, 50, 1000, 10_000]),
        forged: r.pick(&[0, 0, 0, 10, 50]),
        sides,
        simultaneous_open: r.chance(20),
        second_waits: r.chance(50),
    }
}

// covers: P-1, P-2, P-3, P-4, SHLD-14
#[test]
fn every_byte_arrives_and_both_ends_close() {
    seeds(1000, |seed| {
        let scenario = scenario(seed);
        println!("{scenario:#?}");
        World::new(scenario, seed).run();
    });
}
