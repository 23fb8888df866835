// SPDX-License-Identifier: MIT OR Apache-2.0
//! The host of the bench: an engine that does, in every cycle, whatever the card's buses take. It is not the driver, which
//! would be measured too.

use std::collections::{HashMap, VecDeque};

use syncline_regs::ring::{self, Completion, Slot, Snapshot, Submission};
use syncline_regs::{ENTRY_BYTES, ENTRY_STRIDE, map};
use syncline_sim::Core;

enum Read {
    Event,
    Completion,
    Payload(u16),
}

/// A flow as the host knows it.
pub struct Flow {
    pub snapshot: Snapshot,
    /// Behind the last byte written to the transmit ring.
    pub written: u32,
    /// Behind the last byte whose read was issued.
    asked: u32,
    /// Behind the last byte read.
    pub read: u32,
    told: u32,
}

/// Buses, rings and flows.
pub struct Host {
    lanes: usize,
    ring: u32,
    entries: u16,
    registers: VecDeque<(u32, Option<u32>)>,
    in_access: bool,
    release: bool,
    writes: VecDeque<(u32, Vec<u8>)>,
    reads: VecDeque<Read>,
    partial: Vec<u8>,
    poll: Option<(u32, u32)>,
    turn: bool,
    sq_tail: u16,
    cq_head: u16,
    eq_head: u16,
    /// The last register read.
    pub answer: Option<u32>,
    pub flows: HashMap<u16, Flow>,
    pub completions: VecDeque<Completion>,
    /// Fill the transmit rings of established flows.
    pub source: bool,
    /// How far ahead of the last doorbell the host writes before it rings again.
    pub chunk: u32,
    /// Close a flow as soon as its peer has.
    pub closer: bool,
    closed: HashMap<u16, u16>,
    /// Payload bytes read from all flows.
    pub read_bytes: u64,
    /// Cycles in which each bus had nothing to do: registers, window writes, window reads of payload.
    pub idle: [u64; 3],
}

impl Host {
    pub fn new(core: &Core, ring: u32) -> Self {
        Self {
            lanes: core.lanes(),
            ring,
            entries: 32,
            registers: VecDeque::new(),
            in_access: false,
            release: false,
            writes: VecDeque::new(),
            reads: VecDeque::new(),
            partial: vec![],
            poll: None,
            turn: false,
            sq_tail: 0,
            cq_head: 0,
            eq_head: 0,
            answer: None,
            flows: HashMap::new(),
            completions: VecDeque::new(),
            source: false,
            chunk: 512,
            closer: false,
            closed: HashMap::new(),
            read_bytes: 0,
            idle: [0; 3],
        }
    }

    pub fn write(&mut self, offset: u32, value: u32) {
        self.registers.push_back((offset, Some(value)));
    }

    pub fn read(&mut self, offset: u32) {
        self.answer = None;
        self.registers.push_back((offset, None));
    }

    /// Nothing waits for a bus.
    pub fn quiet(&self) -> bool {
        self.registers.is_empty() && self.writes.is_empty() && !self.in_access
    }

    /// Writes a command and rings its doorbell.
    pub fn submit(&mut self, command: &Submission) {
        let at = u32::from(self.sq_tail % self.entries) * ENTRY_STRIDE;
        let bytes = ring::to_bytes(&command.encode());
        for (i, beat) in bytes.chunks(self.lanes).enumerate() {
            self.writes.push_back((at + (i * self.lanes) as u32, beat.to_vec()));
        }
        self.sq_tail = self.sq_tail.wrapping_add(1);
        self.write(map::SQ_TAIL, self.sq_tail.into());
    }

    /// Drives the inputs of this cycle.
    pub fn drive(&mut self, core: &mut Core) {
        core.bar2_write_done();
        match self.writes.pop_front() {
            Some((at, bytes)) => core.bar2_write(at, &bytes),
            None => {
                self.idle[1] += 1;
                self.fill(core);
            }
        }
        if std::mem::take(&mut self.release) {
            core.bar0_release();
        } else if !self.in_access {
            // Data first, doorbell last: registers wait for the window writes queued before them.
            match self.registers.front() {
                Some((offset, value)) if self.writes.is_empty() => {
                    core.bar0_request(*offset, *value);
                    self.in_access = true;
                }
                _ => self.idle[0] += 1,
            }
        }
        let next = self.next_read();
        core.bar2_read(next);
    }

    /// One beat into the transmit ring of the flow that has the most room.
    fn fill(&mut self, core: &mut Core) {
        if !self.source {
            return;
        }
        let (ring, lanes, chunk) = (self.ring, self.lanes as u32, self.chunk);
        let room = |f: &Flow| f.snapshot.snd_una.wrapping_add(ring).wrapping_sub(f.written);
        let open = |f: &Flow| f.snapshot.state == syncline_regs::code::State::Established;
        let Some((id, flow)) = self
            .flows
            .iter_mut()
            .filter(|(_, f)| open(f) && room(f) > 0)
            .max_by_key(|(id, f)| (room(f), **id))
        else {
            return;
        };
        let offset = flow.written % ring;
        let count = (lanes - offset % lanes).min(room(flow)).min(ring - offset);
        let bytes: Vec<u8> = (0..count).map(|i| flow.written.wrapping_add(i) as u8).collect();
        core.bar2_write(BAR2_TX + u32::from(*id) * ring + offset, &bytes);
        flow.written = flow.written.wrapping_add(count);
        let due = room(flow) == 0 || flow.written.wrapping_sub(flow.told) >= chunk;
        if due {
            flow.told = flow.written;
            let pointer = flow.written;
            let doorbell = map::DOORBELLS + u32::from(*id) * 8 + map::TX_TAIL;
            self.write(doorbell, pointer);
        }
    }

    /// What to read in this cycle: payload, else the rings' next entries.
    fn next_read(&mut self) -> Option<u32> {
        for (id, flow) in &mut self.flows {
            let left = flow.snapshot.placed.wrapping_sub(flow.asked);
            if left != 0 && left <= self.ring {
                let offset = flow.asked % self.ring;
                let lane = offset % self.lanes as u32;
                let count = (self.lanes as u32 - lane).min(left);
                flow.asked = flow.asked.wrapping_add(count);
                self.reads.push_back(Read::Payload(*id));
                return Some(BAR2_RX + u32::from(*id) * self.ring + offset - lane);
            }
        }
        self.idle[2] += 1;
        // One poll in flight at a time, alternately of both rings.
        if self.reads.iter().any(|r| !matches!(r, Read::Payload(_))) {
            let poll = self.poll?;
            let beats = ENTRY_BYTES.div_ceil(self.lanes) as u32;
            if poll.1 + 1 < beats {
                self.poll = Some((poll.0, poll.1 + 1));
                self.reads.push_back(if poll.0 >= BAR2_EQ { Read::Event } else { Read::Completion });
                return Some(poll.0 + (poll.1 + 1) * self.lanes as u32);
            }
            return None;
        }
        self.turn = !self.turn;
        let (base, head, kind) = if self.turn {
            (BAR2_EQ, self.eq_head, Read::Event)
        } else {
            (BAR2_CQ, self.cq_head, Read::Completion)
        };
        let at = base + u32::from(head % self.entries) * ENTRY_STRIDE;
        self.poll = Some((at, 0));
        self.partial.clear();
        self.reads.push_back(kind);
        Some(at)
    }

    /// Looks at the settled outputs of this cycle.
    pub fn sample(&mut self, core: &Core) {
        if self.in_access
            && let Some(value) = core.bar0_answer()
        {
            if let Some((_, None)) = self.registers.pop_front() {
                self.answer = Some(value);
            }
            self.in_access = false;
            self.release = true;
        }
        let Some(beat) = core.bar2_answer() else { return };
        match self.reads.pop_front().expect("an answer belongs to a read") {
            Read::Payload(id) => self.payload(id),
            kind => {
                self.partial.extend_from_slice(beat);
                if self.partial.len() >= ENTRY_BYTES {
                    let bytes = std::mem::take(&mut self.partial);
                    self.poll = None;
                    self.entry(&kind, &bytes[..ENTRY_BYTES]);
                }
            }
        }
    }

    fn payload(&mut self, id: u16) {
        let outstanding = self.reads.iter().any(|r| matches!(r, Read::Payload(other) if *other == id));
        let Some(flow) = self.flows.get_mut(&id) else { return };
        if !outstanding {
            self.read_bytes += u64::from(flow.asked.wrapping_sub(flow.read));
            flow.read = flow.asked;
            let pointer = flow.read;
            self.write(map::DOORBELLS + u32::from(id) * 8 + map::RX_HEAD, pointer);
        }
    }

    fn entry(&mut self, kind: &Read, bytes: &[u8]) {
        let mut words = [0; ENTRY_BYTES / 4];
        for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(4)) {
            *word = u32::from_le_bytes(chunk.try_into().expect("four bytes"));
        }
        match kind {
            Read::Completion => {
                if let Slot::Entry(done) = Completion::decode(&words, ring::phase(self.cq_head, self.entries))
                {
                    self.cq_head = self.cq_head.wrapping_add(1);
                    self.write(map::CQ_HEAD, self.cq_head.into());
                    self.completions.push_back(done);
                }
            }
            _ => {
                if let Slot::Entry(snapshot) =
                    Snapshot::decode(&words, ring::phase(self.eq_head, self.entries))
                {
                    self.eq_head = self.eq_head.wrapping_add(1);
                    if self.eq_head.is_multiple_of(8) {
                        self.write(map::EQ_HEAD, self.eq_head.into());
                    }
                    self.news(snapshot);
                }
            }
        }
    }

    fn news(&mut self, snapshot: Snapshot) {
        use syncline_regs::code::State;
        let id = snapshot.flow;
        let known = self.flows.get(&id).is_some_and(|f| f.snapshot.generation == snapshot.generation);
        if known {
            if let Some(flow) = self.flows.get_mut(&id) {
                flow.snapshot = snapshot;
            }
        } else {
            let (write, read) = (snapshot.snd_una, snapshot.rcv_user);
            self.flows.insert(id, Flow { snapshot, written: write, told: write, asked: read, read });
        }
        if self.closer
            && snapshot.state == State::CloseWait
            && self.closed.insert(id, snapshot.generation) != Some(snapshot.generation)
        {
            let mut close = Submission::new(syncline_regs::code::Opcode::Close, 0);
            (close.flow, close.generation) = (id, snapshot.generation);
            self.submit(&close);
        }
    }
}

/// Windows, from the identity registers' fixed values.
const BAR2_CQ: u32 = 0x1000;
const BAR2_EQ: u32 = 0x2000;
const BAR2_TX: u32 = 0x10_0000;
const BAR2_RX: u32 = 0x20_0000;
