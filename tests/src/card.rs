// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Verilated core as the TCP under test: frames on its wire, commands through its rings, state from its connection table. It uses the
//! registers and not the driver, so that a transcript depends on nothing but the card.

use std::{collections::HashMap, net::Ipv4Addr, time::Duration};

use syncline_model::{
    endpoint::Segment,
    tcb::{Op, Reason, State},
};
use syncline_regs::{
    DOORBELL_STRIDE, ENTRY_BYTES, ENTRY_STRIDE, ENTRY_WORDS, MAGIC, TABLE_STRIDE,
    code::{Opcode, Status},
    connection::{self, Flags},
    map,
    ring::{self, Completion, Slot, Snapshot, Submission},
};
use syncline_sim::{Config, Simulation};

use crate::{
    subject::{Info, LOCAL, PEER, Ports, Subject, config},
    wire::{self, Sent},
};

/// Cycles after which a card that is not idle is stuck.
const PATIENCE: u64 = 1_000_000;

/// A simulated card with a peer on its wire.
pub struct Card {
    simulation: Simulation,
    flows: u16,
    tx_ring: u32,
    rx_ring: u32,
    bar2_tx: u32,
    bar2_rx: u32,
    submission: Ring,
    completion: Ring,
    handles: HashMap<Ports, (u16, u16)>,
}

/// A ring of entries in BAR2.
struct Ring {
    offset: u32,
    entries: u16,
    index: u16,
}

impl Ring {
    fn slot(&self) -> u32 {
        self.offset + u32::from(self.index % self.entries) * ENTRY_STRIDE
    }
}

impl Card {
    /// A card with the addresses and limits of the transcripts.
    ///
    /// # Panics
    /// When the simulation can't be built, or there is no Syncline card in it.
    pub fn new(config: Config, seed: u64) -> Self {
        let simulation = Simulation::builder().config(config).seed(seed).build().expect("a simulation");
        let ring = Ring { offset: 0, entries: 1, index: 0 };
        let mut card = Card {
            simulation,
            flows: 0,
            tx_ring: 0,
            rx_ring: 0,
            bar2_tx: 0,
            bar2_rx: 0,
            submission: ring,
            completion: Ring { offset: 0, entries: 1, index: 0 },
            handles: HashMap::new(),
        };
        card.start(seed);
        card
    }

    /// The simulation, for frames and registers that are no transcript's business.
    pub fn simulation(&mut self) -> &mut Simulation {
        &mut self.simulation
    }

    /// A frame arrives that no peer of good will would send.
    ///
    /// # Panics
    /// When the card stays busy.
    pub fn inject_frame(&mut self, frame: Vec<u8>) {
        self.simulation.inject(frame);
        self.rest();
    }

    /// A counter, by its slot.
    ///
    /// # Panics
    /// When the card can't be read.
    pub fn counter(&mut self, slot: usize) -> u32 {
        self.register(map::COUNTERS + 4 * slot as u32)
    }

    fn start(&mut self, seed: u64) {
        assert_eq!(self.register(map::MAGIC), MAGIC, "not a Syncline card");
        self.flows = self.register(map::FLOWS) as u16;
        self.tx_ring = self.register(map::TX_RING_BYTES);
        self.rx_ring = self.register(map::RX_RING_BYTES);
        self.bar2_tx = self.register(map::BAR2_TX);
        self.bar2_rx = self.register(map::BAR2_RX);
        self.submission = self.ring(map::BAR2_SQ, map::SQ_ENTRIES);
        self.completion = self.ring(map::BAR2_CQ, map::CQ_ENTRIES);
        for _ in 0..1000 {
            if self.register(map::STATUS) & 1 != 0 {
                break;
            }
            self.simulation.step(1000);
        }
        assert_ne!(self.register(map::STATUS) & 1, 0, "the card is not ready");
        let mac = wire::LOCAL_MAC.iter().fold(0u64, |mac, &byte| mac << 8 | u64::from(byte));
        let limits = config();
        for (offset, value) in [
            (map::MAC_LO, mac as u32),
            (map::MAC_HI, (mac >> 32) as u32),
            (map::IPV4_ADDR, LOCAL),
            (map::IPV4_MASK, 0xffff_ff00),
            (map::IPV4_GATEWAY, 0),
            (map::MSS, limits.mss.into()),
            (map::MSL_US, limits.msl),
            (map::RTO_INITIAL_US, limits.rto_initial),
            (map::RTO_MIN_US, limits.rto_min),
            (map::RTO_MAX_US, limits.rto_max),
            (map::SYN_RETRIES, limits.syn_retries.into()),
            (map::DATA_RETRIES, limits.data_retries.into()),
            (map::FIN_WAIT_2_US, limits.fin_wait_2),
            (map::ISN_KEY0, seed as u32),
            (map::ISN_KEY1, !seed as u32),
            (map::CONTROL, 1),
        ] {
            self.simulation.write32(offset, value).expect("a register write");
        }
        self.rest();
    }

    fn ring(&mut self, offset: u32, entries: u32) -> Ring {
        Ring { offset: self.register(offset), entries: self.register(entries) as u16, index: 0 }
    }

    fn register(&mut self, offset: u32) -> u32 {
        self.simulation.read32(offset).expect("a register read")
    }

    /// Lets everything that has begun come to its end; time stands (but for the cycles).
    ///
    /// # Panics
    /// When it does not.
    pub fn rest(&mut self) {
        assert!(self.simulation.run_until_idle(PATIENCE), "the card is busy for {PATIENCE} cycles");
    }

    fn words(&mut self, address: u32) -> ring::Words {
        let mut bytes = [0; ENTRY_BYTES];
        self.simulation.read_window(address, &mut bytes).expect("a window read");
        ring::from_bytes(&bytes)
    }

    /// One command and its completion.
    ///
    /// # Panics
    /// When there is none, or it is another command's.
    pub fn submit(&mut self, mut submission: Submission) -> Completion {
        submission.cookie = 0x1234_0000 + u64::from(self.submission.index);
        let bytes = ring::to_bytes(&submission.encode());
        self.simulation.write_window(self.submission.slot(), &bytes).expect("a window write");
        self.submission.index = self.submission.index.wrapping_add(1);
        self.simulation.write32(map::SQ_TAIL, self.submission.index.into()).expect("a doorbell");
        self.rest();
        let slot = self.completion.slot();
        let words = self.words(slot);
        let phase = ring::phase(self.completion.index, self.completion.entries);
        let Slot::Entry(completion) = Completion::decode(&words, phase) else {
            panic!("no completion for {submission:?}: {words:08x?}");
        };
        assert_eq!(completion.cookie, submission.cookie, "another command's completion");
        self.completion.index = self.completion.index.wrapping_add(1);
        self.simulation.write32(map::CQ_HEAD, self.completion.index.into()).expect("a doorbell");
        completion
    }

    fn entry(&mut self, flow: u16, word: u32) -> u32 {
        self.register(map::TABLE + u32::from(flow) * TABLE_STRIDE + word)
    }

    fn snapshot(&mut self, flow: u16) -> Snapshot {
        let mut words = [0; ENTRY_WORDS];
        for (i, word) in words.iter_mut().enumerate() {
            *word = self.entry(flow, 4 * i as u32);
        }
        match Snapshot::decode(&words, false) {
            Slot::Entry(snapshot) => snapshot,
            other => panic!("flow {flow}: {other:?}"),
        }
    }

    /// The flow of a connection: the one that lives, or the one that was last seen alive and has not been used since.
    fn find(&mut self, ports: Ports) -> Option<Snapshot> {
        self.rest();
        for flow in 0..self.flows {
            let snapshot = self.snapshot(flow);
            let tuple = (snapshot.raddr.to_bits(), snapshot.rport, snapshot.lport);
            if tuple == (PEER, ports.peer, ports.local)
                && snapshot.state != syncline_regs::code::State::Closed
            {
                self.handles.insert(ports, (flow, snapshot.generation));
                return Some(snapshot);
            }
        }
        let (flow, generation) = *self.handles.get(&ports)?;
        Some(self.snapshot(flow)).filter(|snapshot| snapshot.generation == generation)
    }

    fn doorbell(&mut self, flow: u16, which: u32, value: u32) {
        let offset = map::DOORBELLS + u32::from(flow) * DOORBELL_STRIDE + which;
        self.simulation.write32(offset, value).expect("a doorbell");
        self.rest();
    }
}

/// The pieces of a ring between two sequence numbers: offset and length.
fn pieces(ring: u32, from: u32, len: u32) -> impl Iterator<Item = (u32, u32)> {
    let at = from & (ring - 1);
    let first = len.min(ring - at);
    [(at, first), (0, len - first)].into_iter().filter(|&(_, len)| len > 0)
}

impl Subject for Card {
    fn now(&self) -> u64 {
        self.simulation.now().as_micros() as u64
    }

    fn inject(&mut self, segment: &Segment) {
        self.simulation.inject(wire::frame(segment));
        self.rest();
    }

    fn next_segment(&mut self, until: u64) -> Option<Segment> {
        loop {
            self.rest();
            let frame = match self.simulation.take() {
                Some(frame) => frame,
                None => self.simulation.run_until_frame(Duration::from_micros(until))?,
            };
            match wire::parse(&frame.bytes) {
                Ok(Sent::Segment(segment)) => return Some(segment),
                Ok(Sent::ArpRequest) => self.simulation.inject(wire::arp_reply()),
                Err(what) => panic!("the card sent a bad frame: {what}"),
            }
        }
    }

    fn listen(&mut self, port: u16) {
        let done = self.submit(Submission { lport: port, ..Submission::new(Opcode::Listen, 0) });
        assert_eq!(done.status, Ok(Status::Ok), "LISTEN");
    }

    fn open(&mut self, ports: Ports, nodelay: bool) -> bool {
        let raddr = Ipv4Addr::from_bits(PEER).into();
        let open = Submission::new(Opcode::Open, 0);
        let done = self.submit(Submission { raddr, rport: ports.peer, lport: ports.local, nodelay, ..open });
        if done.status == Ok(Status::Ok) {
            self.handles.insert(ports, (done.flow, done.generation));
        }
        done.status == Ok(Status::Ok)
    }

    fn command(&mut self, op: Op, ports: Ports) -> bool {
        let opcode = match op {
            Op::Open => return self.open(ports, false),
            Op::Shutdown => Opcode::Shutdown,
            Op::Close => Opcode::Close,
            Op::Abort => Opcode::Abort,
        };
        let Some(snapshot) = self.find(ports) else { return false };
        let Snapshot { flow, generation, .. } = snapshot;
        self.submit(Submission { flow, generation, ..Submission::new(opcode, 0) }).status == Ok(Status::Ok)
    }

    fn write(&mut self, ports: Ports, data: &[u8]) -> usize {
        let Some(snapshot) = self.find(ports) else { return 0 };
        let flow = snapshot.flow;
        let end = self.entry(flow, connection::SND_END);
        let room = self.tx_ring.saturating_sub(end.wrapping_sub(snapshot.snd_una));
        let count = room.min(data.len() as u32);
        if count == 0 {
            return 0;
        }
        let mut rest = data;
        for (at, len) in pieces(self.tx_ring, end, count) {
            let (piece, after) = rest.split_at(len as usize);
            let address = self.bar2_tx + u32::from(flow) * self.tx_ring + at;
            self.simulation.write_window(address, piece).expect("a window write");
            rest = after;
        }
        let target = end.wrapping_add(count);
        self.doorbell(flow, map::TX_TAIL, target);
        if self.entry(flow, connection::SND_END) == target { count as usize } else { 0 }
    }

    fn read(&mut self, ports: Ports, limit: usize) -> Vec<u8> {
        use syncline_regs::code::State as S;
        let Some(snapshot) = self.find(ports) else { return Vec::new() };
        if matches!(snapshot.state, S::SynSent | S::SynReceived) {
            return Vec::new();
        }
        let readable = snapshot.placed.wrapping_sub(snapshot.rcv_user);
        let count = readable.min(limit.min(u32::MAX as usize) as u32);
        let mut data = Vec::new();
        for (at, len) in pieces(self.rx_ring, snapshot.rcv_user, count) {
            let mut piece = vec![0; len as usize];
            let address = self.bar2_rx + u32::from(snapshot.flow) * self.rx_ring + at;
            self.simulation.read_window(address, &mut piece).expect("a window read");
            data.extend(piece);
        }
        if count > 0 {
            self.doorbell(snapshot.flow, map::RX_HEAD, snapshot.rcv_user.wrapping_add(count));
        }
        data
    }

    fn info(&mut self, ports: Ports) -> Info {
        let Some(snapshot) = self.find(ports) else { return Info::default() };
        Info {
            state: State::ALL[usize::from(snapshot.state.code())],
            reason: match snapshot.reason {
                syncline_regs::code::Reason::Normal => Reason::Normal,
                syncline_regs::code::Reason::Refused => Reason::Refused,
                syncline_regs::code::Reason::Reset => Reason::Reset,
                syncline_regs::code::Reason::TimedOut => Reason::TimedOut,
                syncline_regs::code::Reason::Unreachable => Reason::Unreachable,
                syncline_regs::code::Reason::Aborted => Reason::Aborted,
            },
            cwnd: self.entry(snapshot.flow, connection::CWND),
            rto: self.entry(snapshot.flow, connection::RTO),
        }
    }

    fn free(&mut self) -> usize {
        self.rest();
        (0..self.flows)
            .filter(|&flow| {
                let snapshot = self.snapshot(flow);
                snapshot.state == syncline_regs::code::State::Closed && !snapshot.flags.contains(Flags::OWNED)
            })
            .count()
    }
}
