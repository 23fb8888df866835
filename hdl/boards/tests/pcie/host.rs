// SPDX-License-Identifier: MIT OR Apache-2.0
//! The hard block and the host behind it: sends requests, says what they must do, and checks that they do it.

use std::collections::{BTreeMap, VecDeque};

use syncline_hdl::stream::bench::Rng;

use crate::card::{Card, Written};
use crate::dut::{Dut, Inputs};
use syncline_pins::tlp::{CcBeat, CqBeat, Kind, Request};

/// The hard block's counter of non-posted credits goes no further (PG213).
const MOST_CREDITS: u32 = 32;
/// Cycles without a request, a completion or a write before a test gives up.
const PATIENCE: u64 = 30_000;

/// A request that waits for completions.
pub struct Pending {
    pub request: Request,
    /// Its place among all requests delivered.
    pub order: u64,
    /// Byte address of what comes next, bytes and dwords that are missing.
    pub next: u64,
    pub bytes: u64,
    pub dwords: u64,
}

pub struct Host {
    dut: Dut,
    pub card: Card,
    pub rng: Rng,
    pub inputs: Inputs,
    /// Percentages.
    pub gap: u64,
    pub stall: u64,
    credits: u32,
    pub queue: VecDeque<Request>,
    sending: VecDeque<CqBeat>,
    pub beats: Vec<CcBeat>,
    /// A beat that was not taken must stay.
    pub held: Option<CcBeat>,
    pub pending: BTreeMap<u8, Pending>,
    /// Per byte (BAR, address): what was written to it by which request.
    pub history: BTreeMap<(u8, u32), Vec<(u64, u8)>>,
    pub want_written: Vec<Written>,
    want_looks: Vec<u32>,
    want_counts: [u64; 4],
    counts: [u64; 4],
    pub delivered: u64,
    pub completions: u64,
    pub cycles: u64,
    /// When something last moved, and what had moved by then.
    moved: (u64, [u64; 3]),
    /// Cycles in which a beat was offered and not taken.
    pub refusals: u64,
}

impl Host {
    pub fn new(dut: Dut, card: Card, rng: Rng) -> Self {
        let inputs = Inputs {
            reset: false,
            cq: None,
            cc_ready: false,
            bar0_rdata: 0,
            bar0_ack: false,
            bar2_rdata: [0; 64],
            bar2_rdone: false,
        };
        let mut host = Self {
            dut,
            card,
            rng,
            inputs,
            gap: 0,
            stall: 0,
            credits: 0,
            queue: VecDeque::new(),
            sending: VecDeque::new(),
            beats: vec![],
            held: None,
            pending: BTreeMap::new(),
            history: BTreeMap::new(),
            want_written: vec![],
            want_looks: vec![],
            want_counts: [0; 4],
            counts: [0; 4],
            delivered: 0,
            completions: 0,
            cycles: 0,
            moved: (0, [0; 3]),
            refusals: 0,
        };
        host.reset();
        host
    }

    /// Resets the completer in whatever it does; what was on the way is forgotten, and so is the card with all that it holds.
    pub fn reset_to(&mut self, card: Card) {
        self.card = card;
        self.queue.clear();
        self.sending.clear();
        self.beats.clear();
        self.held = None;
        self.pending.clear();
        self.history.clear();
        self.want_written.clear();
        self.want_looks.clear();
        (self.want_counts, self.counts) = ([0; 4], [0; 4]);
        self.reset();
    }

    fn reset(&mut self) {
        self.inputs.reset = true;
        self.inputs.cq = None;
        self.inputs.bar0_ack = false;
        self.inputs.bar2_rdone = false;
        self.dut.settle(&self.inputs);
        self.dut.tick();
        self.inputs.reset = false;
        self.credits = 0;
    }

    /// Tags that are free.
    pub fn free_tag(&mut self) -> Option<u8> {
        let start = self.rng.next() as u8;
        let used = |tag: &u8| {
            self.pending.contains_key(tag) || self.queue.iter().any(|r| !r.kind.is_posted() && r.tag == *tag)
        };
        (0..=255_u8).map(|i| start.wrapping_add(i)).find(|tag| !used(tag))
    }

    pub fn outstanding(&self) -> usize {
        self.pending.len()
    }

    /// One clock cycle.
    pub fn cycle(&mut self) {
        if self.inputs.cq.is_none() {
            if self.sending.is_empty() && !self.rng.chance(self.gap) {
                self.deliver();
            }
            // The hard block keeps `tvalid` high inside of a packet, but nothing here may depend on it.
            if !self.rng.chance(self.gap) {
                self.inputs.cq = self.sending.pop_front();
            }
        }
        self.inputs.cc_ready = !self.rng.chance(self.stall);
        let out = self.dut.settle(&self.inputs);
        let mut next = self.inputs.clone();
        if self.inputs.cq.is_some() {
            if out.cq_ready {
                next.cq = None;
            } else {
                self.refusals += 1;
            }
        }
        assert!(out.np_req <= 1, "np_req {}", out.np_req);
        self.credits = (self.credits + u32::from(out.np_req)).min(MOST_CREDITS);
        self.take_completion(out.cc.clone());
        self.card.cycle(&out, &mut next, &mut self.rng);
        for (count, pulse) in self.counts.iter_mut().zip(out.counts) {
            *count += u64::from(pulse);
        }
        self.inputs = next;
        self.dut.tick();
        self.cycles += 1;
        let now = [self.delivered, self.completions, self.card.written.len() as u64];
        if now != self.moved.1 {
            self.moved = (self.cycles, now);
        }
        assert!(
            self.cycles - self.moved.0 < PATIENCE,
            "stuck: {} queued, {} waiting for completions, {} of {} written",
            self.queue.len(),
            self.pending.len(),
            self.card.written.len(),
            self.want_written.len()
        );
    }

    /// Posted requests in their order, non-posted ones in theirs and only with a credit; otherwise the order of the queue.
    fn deliver(&mut self) {
        let may = |request: &Request| request.kind.is_posted() || self.credits > 0;
        let Some(request) = self.queue.iter().position(may).and_then(|i| self.queue.remove(i)) else {
            return;
        };
        self.credits -= u32::from(!request.kind.is_posted());
        self.sending = request.beats(|| self.rng.next()).into();
        self.delivered += 1;
        self.expect(request);
    }

    fn expect(&mut self, request: Request) {
        let order = self.delivered;
        let ours = request.address_type & 1 == 0 && matches!(request.bar, 0 | 2);
        // A packet of more than 32 beats (longer than any the hard block sends) counts as one that is not good.
        if request.discontinue || request.payload.len() > 2048 - 16 {
            self.want_counts[1] += 1;
            return;
        }
        if request.kind == Kind::MemoryWrite && ours {
            return self.expect_write(&request);
        }
        if request.kind.is_posted() {
            self.want_counts[0] += 1;
            return;
        }
        let read = request.kind == Kind::MemoryRead && ours;
        if !read {
            self.want_counts[2] += 1;
        }
        let enabled = request.enabled();
        let (first, last) = (enabled.first().copied().unwrap_or(0), enabled.last().copied().unwrap_or(0));
        if read && request.bar == 0 {
            let start = self.inside(&request);
            self.want_looks.extend((0..u32::from(request.dwords)).map(|dword| start + 4 * dword));
        }
        let pending = Pending {
            order,
            next: request.address + first as u64,
            bytes: (last - first + 1) as u64,
            dwords: request.dwords.into(),
            request,
        };
        let twice = self.pending.insert(pending.request.tag, pending);
        assert!(twice.is_none(), "tag used twice by the test");
    }

    /// The request's address inside of the BAR.
    pub fn inside(&self, request: &Request) -> u32 {
        let size = if request.bar == 0 { crate::draw::BAR0 } else { crate::draw::BAR2 };
        (request.address % size) as u32
    }

    fn expect_write(&mut self, request: &Request) {
        let start = self.inside(request);
        let enabled = request.enabled();
        let mut record = |bar: u8, address: u32, value: u8| {
            self.history.entry((bar, address)).or_default().push((self.delivered, value));
        };
        if request.bar == 2 {
            for byte in enabled {
                let (address, value) = (start + byte as u32, request.payload[byte]);
                self.want_written.push(Written::Byte(address, value));
                record(2, address, value);
            }
            return;
        }
        let mut broken_lines = std::collections::BTreeSet::new();
        for dword in 0..usize::from(request.dwords) {
            let at = start + 4 * dword as u32;
            match enabled.iter().filter(|byte| **byte / 4 == dword).count() {
                4 => {
                    let bytes = &request.payload[4 * dword..4 * dword + 4];
                    let word = u32::from_le_bytes(bytes.try_into().expect("4 bytes"));
                    self.want_written.push(Written::Word(at, word));
                    (0..4).for_each(|i| record(0, at + i, bytes[i as usize]));
                }
                0 => {}
                _ => {
                    broken_lines.insert(at / 64);
                }
            }
        }
        self.want_counts[3] += broken_lines.len() as u64;
    }

    /// Runs until everything has come to rest, and compares all that was written, read and counted.
    pub fn settle(&mut self) {
        let mut rest = 0;
        while rest < 30 {
            let quiet = self.queue.is_empty()
                && self.sending.is_empty()
                && self.inputs.cq.is_none()
                && self.pending.is_empty()
                && self.card.written.len() >= self.want_written.len();
            rest = if quiet { rest + 1 } else { 0 };
            self.cycle();
        }
        self.compare();
    }

    /// What was written and read so far is all that should have been, in order.
    pub fn compare(&mut self) {
        if let Some(i) = (0..self.want_written.len().max(self.card.written.len()))
            .find(|i| self.want_written.get(*i) != self.card.written.get(*i))
        {
            let (want, got) = (self.want_written.get(i), self.card.written.get(i));
            panic!("write {i}: {got:x?}, not {want:x?}");
        }
        assert_eq!(self.card.looks, self.want_looks, "registers read");
        assert_eq!(self.counts, self.want_counts, "dropped, discontinued, refused, partial");
        for ((bar, address), writes) in &self.history {
            let want = writes.last().expect("an entry has a write").1;
            assert_eq!(self.card.byte(*bar, *address), want, "BAR{bar} {address:#x}");
        }
        // What was compared need not be again; later reads still see it.
        self.want_written.clear();
        self.card.written.clear();
        self.want_looks.clear();
        self.card.looks.clear();
        for writes in self.history.values_mut() {
            let last = *writes.last().expect("an entry has a write");
            *writes = vec![last];
        }
    }

    /// One request from beginning to end.
    pub fn alone(&mut self, request: Request) {
        self.queue.push_back(request);
        self.settle();
    }
}
