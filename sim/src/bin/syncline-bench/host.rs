// SPDX-License-Identifier: MIT OR Apache-2.0
//! The host of the bench: an engine that does, in every cycle, whatever the card's buses take. It is not the driver, which
//! would be measured too.

use std::collections::{HashMap, VecDeque};

use syncline_regs::ring::{self, Completion, Slot, Snapshot, Submission};
use syncline_regs::{ENTRY_BYTES, ENTRY_STRIDE, map};
use syncline_sim::Core;

/// A read of the window that is under way.
enum Read {
    /// A beat of the entry with this index of a ring of entries.
    Entry(Ring, u16),
    /// A beat of a flow's payload.
    Payload(u16),
}

/// The rings that the card writes.
#[derive(Clone, Copy, PartialEq)]
enum Ring {
    Completions,
    Events,
}

/// Where the windows of BAR2 are, as the identity registers say.
#[derive(Clone, Copy, Default)]
pub struct Windows {
    pub submissions: u32,
    pub completions: u32,
    pub events: u32,
    pub tx: u32,
    pub rx: u32,
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
    /// Where the segment that is being filled ends: reached, the doorbell is rung.
    segment_end: u32,
}

/// Buses, rings and flows.
pub struct Host {
    lanes: usize,
    /// Bytes of a flow's ring, each way.
    pub ring: u32,
    entries: u16,
    pub windows: Windows,
    registers: VecDeque<(u32, Option<u32>)>,
    in_access: bool,
    release: bool,
    writes: VecDeque<(u32, Vec<u8>)>,
    reads: VecDeque<Read>,
    partial: Vec<u8>,
    /// The entry that is being polled: where, and the beats that were asked for.
    poll: Option<(Ring, u16, u32)>,
    /// Commands without a completion yet.
    outstanding: u32,
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
    /// What a segment carries: a further doorbell is worth while when another one is complete.
    pub mss: u32,
    /// Close a flow as soon as its peer has.
    pub closer: bool,
    closed: HashMap<u16, u16>,
    /// Payload bytes read from all flows.
    pub read_bytes: u64,
    /// Cycles in which each bus had nothing to do: registers, window writes, window reads of payload.
    pub idle: [u64; 3],
}

impl Host {
    pub fn new(core: &Core, mss: u32) -> Self {
        Self {
            lanes: core.lanes(),
            ring: 0,
            entries: 32,
            windows: Windows::default(),
            registers: VecDeque::new(),
            in_access: false,
            release: false,
            writes: VecDeque::new(),
            reads: VecDeque::new(),
            partial: vec![],
            poll: None,
            outstanding: 0,
            turn: false,
            sq_tail: 0,
            cq_head: 0,
            eq_head: 0,
            answer: None,
            flows: HashMap::new(),
            completions: VecDeque::new(),
            source: false,
            mss,
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
        let at = self.windows.submissions + u32::from(self.sq_tail % self.entries) * ENTRY_STRIDE;
        self.outstanding += 1;
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
            None => self.idle[1] += u64::from(!self.fill(core)),
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

    /// One beat into the transmit ring of the flow that has the most room; false if there is none.
    fn fill(&mut self, core: &mut Core) -> bool {
        if !self.source {
            return false;
        }
        let (ring, lanes, mss) = (self.ring, self.lanes as u32, self.mss);
        let room = |f: &Flow| f.snapshot.snd_una.wrapping_add(ring).wrapping_sub(f.written);
        let open = |f: &Flow| f.snapshot.state == syncline_regs::code::State::Established;
        let Some((id, flow)) = self
            .flows
            .iter_mut()
            .filter(|(_, f)| open(f) && room(f) > 0)
            .max_by_key(|(id, f)| (room(f), **id))
        else {
            return false;
        };
        let offset = flow.written % ring;
        let count = (lanes - offset % lanes).min(room(flow)).min(ring - offset);
        let bytes: Vec<u8> = (0..count).map(|i| flow.written.wrapping_add(i) as u8).collect();
        core.bar2_write(self.windows.tx + u32::from(*id) * ring + offset, &bytes);
        flow.written = flow.written.wrapping_add(count);
        let complete = flow.written.wrapping_sub(flow.segment_end) <= ring;
        if complete {
            flow.segment_end = flow.segment_end.wrapping_add(mss);
        }
        let due = room(flow) == 0 || complete;
        if due {
            let pointer = flow.written;
            let doorbell = map::DOORBELLS + u32::from(*id) * 8 + map::TX_TAIL;
            self.write(doorbell, pointer);
        }
        true
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
                return Some(self.windows.rx + u32::from(*id) * self.ring + offset - lane);
            }
        }
        self.idle[2] += 1;
        // The rings are polled all the time, completions only when there are any to come.
        let (ring, head, beat) = self.poll.take().unwrap_or_else(|| {
            self.turn = !self.turn && self.outstanding > 0;
            if self.turn { (Ring::Completions, self.cq_head, 0) } else { (Ring::Events, self.eq_head, 0) }
        });
        if (beat + 1) as usize * self.lanes < ENTRY_BYTES {
            self.poll = Some((ring, head, beat + 1));
        }
        self.reads.push_back(Read::Entry(ring, head));
        let base = match ring {
            Ring::Completions => self.windows.completions,
            Ring::Events => self.windows.events,
        };
        Some(base + u32::from(head % self.entries) * ENTRY_STRIDE + beat * self.lanes as u32)
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
            Read::Entry(ring, head) => {
                self.partial.extend_from_slice(beat);
                if self.partial.len() >= ENTRY_BYTES {
                    let bytes = std::mem::take(&mut self.partial);
                    self.entry(ring, head, &bytes[..ENTRY_BYTES]);
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

    fn entry(&mut self, ring: Ring, head: u16, bytes: &[u8]) {
        let mut words = [0; ENTRY_BYTES / 4];
        for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(4)) {
            *word = u32::from_le_bytes(chunk.try_into().expect("four bytes"));
        }
        let phase = ring::phase(head, self.entries);
        match ring {
            // A poll that was under way when its entry was found by the one before.
            Ring::Completions if head != self.cq_head => {}
            Ring::Events if head != self.eq_head => {}
            Ring::Completions => {
                if let Slot::Entry(done) = Completion::decode(&words, phase) {
                    self.cq_head = self.cq_head.wrapping_add(1);
                    self.outstanding = self.outstanding.saturating_sub(1);
                    self.write(map::CQ_HEAD, self.cq_head.into());
                    self.completions.push_back(done);
                }
            }
            Ring::Events => {
                if let Slot::Entry(snapshot) = Snapshot::decode(&words, phase) {
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
            let segment_end = write.wrapping_add(self.mss);
            self.flows.insert(id, Flow { snapshot, written: write, segment_end, asked: read, read });
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
