// SPDX-License-Identifier: MIT OR Apache-2.0
//! A card in software, for tests of programs that use the driver: the host ABI as documented, with peers that do what their
//! port says instead of TCP. It checks what the driver does and panics where that breaks the ABI.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use syncline_regs::code::{Opcode, Reason, State, Status};
use syncline_regs::connection::{self, Flags};
use syncline_regs::ring::{self, Completion, Snapshot, Submission, Words};
use syncline_regs::{
    ABI_VERSION, ALL_ONES, DOORBELL_STRIDE, ENTRY_BYTES, ENTRY_STRIDE, MAGIC, TABLE_STRIDE, map,
};

use crate::{Bar, BarError};

/// A peer that sends back what it gets and closes when we have.
pub const ECHO: u16 = 7;
/// A peer that takes everything and closes when we have.
pub const DISCARD: u16 = 9;
/// A peer that sends [`Fake::supply`] bytes and closes.
pub const SOURCE: u16 = 19;
/// Answers the SYN with an RST.
pub const REFUSES: u16 = 101;
/// Never answers: the card gives up after 183 s.
pub const SILENT: u16 = 102;
/// Its next hop does not answer ARP: the card gives up after 3 s.
pub const UNREACHABLE: u16 = 103;
/// Sends an RST once it has got 5000 bytes.
pub const RESETS: u16 = 104;
/// Accepts, and then acknowledges nothing: the card gives up after 243 s.
pub const VANISHES: u16 = 105;
/// Accepts and takes nothing, but is there: window 0.
pub const STALLS: u16 = 106;

/// What a wait costs.
const TICK: Duration = Duration::from_millis(10);
/// Bytes that the peer [`RESETS`] takes.
const RESET_AFTER: usize = 5000;
/// BAR2: the three rings, then the windows.
const BAR2_SQ: u32 = 0;
const BAR2_CQ: u32 = 0x1_0000;
const BAR2_EQ: u32 = 0x2_0000;
const BAR2_TX: u32 = 0x4_0000;

/// The card's insides. Change them before the driver sees them.
pub struct Fake {
    /// What the magic register says.
    pub magic: u32,
    /// What the version register says.
    pub abi: u32,
    /// Connections.
    pub flows: u32,
    /// Bytes of each ring.
    pub ring: u32,
    /// Entries of the submission, completion and event rings.
    pub entries: (u16, u16, u16),
    /// Initial sequence numbers, ours and the peer's.
    pub isn: (u32, u32),
    /// Bytes that pass each way in a tick.
    pub pace: usize,
    /// What [`SOURCE`] and the clients of [`FakeCard::call`] send.
    pub supply: Vec<u8>,
    /// The card is off the bus after so many accesses.
    pub dies_after: Option<u64>,
    /// The card takes no command.
    pub hangs: bool,
    /// A peer calls every port as soon as it listens.
    pub calls: bool,
    now: Duration,
    registers: BTreeMap<u32, u32>,
    window: Vec<u8>,
    submission: (u16, u16),
    completion: (u16, u16),
    event: (u16, u16),
    table: Vec<Flow>,
    changed: BTreeSet<u16>,
    listening: BTreeSet<u16>,
    commands: Vec<Opcode>,
    writes: u64,
}

#[derive(Clone)]
struct Flow {
    shot: Snapshot,
    iss: u32,
    snd_end: u32,
    /// Behind the last byte that the card may still place.
    got: Vec<u8>,
    to_place: VecDeque<u8>,
    peer_closes: bool,
    since: Duration,
    in_use: bool,
}

/// The card: clones share it, one for the driver and one for the test.
#[derive(Clone)]
pub struct FakeCard(Arc<Mutex<Fake>>);

impl Default for FakeCard {
    fn default() -> Self {
        Self::new(4, 4096)
    }
}

impl FakeCard {
    /// A card with so many flows and so many bytes in each ring.
    pub fn new(flows: u32, ring: u32) -> Self {
        FakeCard(Arc::new(Mutex::new(Fake {
            magic: MAGIC,
            abi: ABI_VERSION,
            flows,
            ring,
            entries: (8, 8, 8),
            isn: (1000, 5000),
            pace: 1000,
            supply: (0..10_000u32).map(|i| (i % 251) as u8).collect(),
            dies_after: None,
            hangs: false,
            calls: false,
            now: Duration::ZERO,
            registers: BTreeMap::new(),
            window: vec![0; (BAR2_TX + 2 * flows * ring) as usize],
            submission: (0, 0),
            completion: (0, 0),
            event: (0, 0),
            table: (0..flows).map(|i| Flow::empty(i as u16)).collect(),
            changed: BTreeSet::new(),
            listening: BTreeSet::new(),
            commands: Vec::new(),
            writes: 0,
        })))
    }

    /// The insides. The driver must not be called while this is held.
    pub fn inside(&self) -> MutexGuard<'_, Fake> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Commands that the card has taken.
    pub fn commands(&self) -> Vec<Opcode> {
        self.inside().commands.clone()
    }

    /// A peer connects to `port`, sends [`Fake::supply`] and closes. False if nobody listens or the card is full.
    pub fn call(&self, port: u16) -> bool {
        self.inside().call(port)
    }

    /// The peer of a flow sends an RST.
    pub fn reset_flow(&self, flow: u16) {
        self.inside().end(flow.into(), Reason::Reset);
    }

    /// What the peer of a flow has got.
    pub fn got(&self, flow: u16) -> Vec<u8> {
        self.inside().table[usize::from(flow)].got.clone()
    }

    /// Flows in use.
    pub fn in_use(&self) -> usize {
        self.inside().table.iter().filter(|f| f.in_use).count()
    }
}

impl Flow {
    fn empty(flow: u16) -> Self {
        let shot = Snapshot {
            flow,
            state: State::Closed,
            reason: Reason::Normal,
            flags: Flags::empty(),
            generation: 0,
            lport: 0,
            raddr: Ipv4Addr::UNSPECIFIED,
            rport: 0,
            mss: 1460,
            snd_una: 0,
            placed: 0,
            rcv_nxt: 0,
            rcv_user: 0,
        };
        Flow {
            shot,
            iss: 0,
            snd_end: 0,
            got: Vec::new(),
            to_place: VecDeque::new(),
            peer_closes: false,
            since: Duration::ZERO,
            in_use: false,
        }
    }
}

impl Fake {
    /// The card's clock.
    pub fn now(&self) -> Duration {
        self.now
    }

    /// Writes to registers and windows so far.
    pub fn writes(&self) -> u64 {
        self.writes
    }

    fn call(&mut self, port: u16) -> bool {
        let Some(flow) = self.table.iter().position(|f| !f.in_use) else { return false };
        if !self.listening.contains(&port) {
            return false;
        }
        let rport = 60_000 + self.table[flow].shot.generation;
        self.start(flow, Ipv4Addr::new(10, 0, 0, 2), rport, port, false);
        let supply = self.supply.clone();
        let f = &mut self.table[flow];
        f.shot.state = State::Established;
        (f.to_place, f.peer_closes) = (supply.into(), true);
        self.changed.insert(flow as u16);
        true
    }

    fn start(&mut self, flow: usize, raddr: Ipv4Addr, rport: u16, lport: u16, active: bool) {
        let (iss, irs) = self.isn;
        let generation = self.table[flow].shot.generation.wrapping_add(1);
        let mut new = Flow::empty(flow as u16);
        (new.in_use, new.iss, new.snd_end, new.since) = (true, iss, iss.wrapping_add(1), self.now);
        let s = &mut new.shot;
        (s.generation, s.raddr, s.rport, s.lport) = (generation, raddr, rport, lport);
        s.flags = Flags::OWNED | if active { Flags::ACTIVE } else { Flags::empty() };
        s.state = State::SynSent;
        s.snd_una = iss;
        if !active {
            s.snd_una = iss.wrapping_add(1);
            let first = irs.wrapping_add(1);
            (s.placed, s.rcv_nxt, s.rcv_user) = (first, first, first);
        }
        self.table[flow] = new;
    }

    fn end(&mut self, flow: usize, reason: Reason) {
        let f = &mut self.table[flow];
        (f.shot.state, f.shot.reason) = (State::Closed, reason);
        if f.shot.flags.contains(Flags::OWNED) {
            self.changed.insert(flow as u16);
        } else {
            f.in_use = false;
        }
    }

    fn entry_offset(ring: u32, index: u16, entries: u16) -> usize {
        (ring + u32::from(index % entries) * ENTRY_STRIDE) as usize
    }

    fn put(&mut self, at: usize, words: &Words) {
        self.window[at..at + ENTRY_BYTES].copy_from_slice(&ring::to_bytes(words));
    }

    fn commands(&mut self) {
        while !self.hangs
            && self.submission.0 != self.submission.1
            && self.completion.1.wrapping_sub(self.completion.0) < self.entries.1
        {
            let at = Self::entry_offset(BAR2_SQ, self.submission.0, self.entries.0);
            let bytes = self.window[at..at + ENTRY_BYTES].try_into().expect("an entry's bytes");
            self.submission.0 = self.submission.0.wrapping_add(1);
            let words = ring::from_bytes(&bytes);
            let command = Submission::decode(&words).expect("the driver knows the opcodes");
            self.commands.push(command.opcode);
            let (status, flow) = self.command(&command);
            let shot = self.table.get(flow).map(|f| (f.shot, f.snd_end));
            let (shot, snd_end) = shot.unwrap_or((Flow::empty(0).shot, 0));
            let done = Completion {
                opcode: command.opcode.code(),
                status: Ok(status),
                state: shot.state,
                flow: flow as u16,
                generation: shot.generation,
                cookie: command.cookie,
                snd_end,
                rcv_nxt: shot.rcv_nxt,
            };
            let (index, entries) = (self.completion.1, self.entries.1);
            self.put(Self::entry_offset(BAR2_CQ, index, entries), &done.encode(ring::phase(index, entries)));
            self.completion.1 = index.wrapping_add(1);
        }
    }

    fn command(&mut self, c: &Submission) -> (Status, usize) {
        if self.registers.get(&map::CONTROL).copied().unwrap_or(0) & map::Control::ENABLE.bits() == 0 {
            return (Status::NotReady, 0);
        }
        match c.opcode {
            Opcode::Nop => (Status::Ok, 0),
            Opcode::Listen => {
                self.listening.insert(c.lport);
                if self.calls {
                    self.call(c.lport);
                }
                (Status::Ok, 0)
            }
            Opcode::Unlisten => {
                self.listening.remove(&c.lport);
                (Status::Ok, 0)
            }
            Opcode::Open => {
                let IpAddr::V4(raddr) = c.raddr else { return (Status::BadAddress, 0) };
                if raddr.is_multicast() || raddr.is_broadcast() || raddr.is_unspecified() {
                    return (Status::BadAddress, 0);
                }
                let same = |f: &Flow| {
                    f.in_use && (f.shot.raddr, f.shot.rport, f.shot.lport) == (raddr, c.rport, c.lport)
                };
                if self.table.iter().any(same) {
                    return (Status::InUse, 0);
                }
                let Some(flow) = self.table.iter().position(|f| !f.in_use) else { return (Status::Full, 0) };
                self.start(flow, raddr, c.rport, c.lport, true);
                (Status::Ok, flow)
            }
            Opcode::Shutdown | Opcode::Close | Opcode::Abort => self.on_flow(c),
        }
    }

    fn on_flow(&mut self, c: &Submission) -> (Status, usize) {
        let flow = usize::from(c.flow);
        let Some(f) = self.table.get_mut(flow) else { return (Status::BadFlow, 0) };
        if f.shot.generation != c.generation || !f.shot.flags.contains(Flags::OWNED) {
            return (Status::BadFlow, flow);
        }
        let state = f.shot.state;
        if c.opcode == Opcode::Shutdown {
            if !matches!(state, State::Established | State::CloseWait) {
                return (Status::BadState, flow);
            }
            f.shot.flags |= Flags::FIN_QUEUED;
            f.shot.state = if state == State::Established { State::FinWait1 } else { State::LastAck };
            return (Status::Ok, flow);
        }
        f.shot.flags = f.shot.flags.difference(Flags::OWNED) | Flags::RELEASED;
        // What this card holds of a connection that was given back is nobody's business.
        self.end(flow, Reason::Normal);
        self.changed.remove(&c.flow);
        (Status::Ok, flow)
    }

    fn traffic(&mut self, flow: usize) {
        let (now, ring, pace, isn) = (self.now, self.ring, self.pace, self.isn);
        let window = (BAR2_TX + flow as u32 * ring) as usize;
        let rx = (BAR2_TX + (self.flows + flow as u32) * ring) as usize;
        let supply = &self.supply;
        let f = &mut self.table[flow];
        let age = now - f.since;
        let before = (f.shot, f.got.len());
        let port = if f.shot.flags.contains(Flags::ACTIVE) { f.shot.rport } else { DISCARD };
        let mut over = None;
        match (f.shot.state, port) {
            (State::Closed, _) => return,
            (State::SynSent, REFUSES) => over = Some(Reason::Refused),
            (State::SynSent, SILENT) if age >= Duration::from_secs(183) => over = Some(Reason::TimedOut),
            (State::SynSent, UNREACHABLE) if age >= Duration::from_secs(3) => {
                over = Some(Reason::Unreachable)
            }
            (State::SynSent, SILENT | UNREACHABLE) => {}
            (State::SynSent, _) => {
                f.shot.state = State::Established;
                let first = isn.1.wrapping_add(1);
                f.shot.snd_una = isn.0.wrapping_add(1);
                (f.shot.placed, f.shot.rcv_nxt, f.shot.rcv_user) = (first, first, first);
                if port == SOURCE {
                    (f.to_place, f.peer_closes) = (supply.iter().copied().collect(), true);
                }
            }
            (_, VANISHES) => {
                if age >= Duration::from_secs(243) && f.snd_end != f.shot.snd_una {
                    over = Some(Reason::TimedOut);
                }
            }
            (_, STALLS) => {}
            (_, port) => {
                let queued = f.snd_end.wrapping_sub(f.shot.snd_una) as usize;
                for _ in 0..queued.min(pace) {
                    let byte = self.window[window + (f.shot.snd_una % ring) as usize];
                    f.got.push(byte);
                    if port == ECHO {
                        f.to_place.push_back(byte);
                    }
                    f.shot.snd_una = f.shot.snd_una.wrapping_add(1);
                }
                if f.shot.snd_una == f.snd_end && f.shot.flags.contains(Flags::FIN_QUEUED) {
                    f.shot.snd_una = f.snd_end.wrapping_add(1);
                    f.shot.state =
                        if f.shot.state == State::LastAck { State::Closed } else { State::FinWait2 };
                    f.peer_closes = true;
                }
                if port == RESETS && f.got.len() >= RESET_AFTER {
                    over = Some(Reason::Reset);
                }
            }
        }
        let unread = f.shot.placed.wrapping_sub(f.shot.rcv_user);
        for _ in 0..pace.min((ring - unread) as usize) {
            let Some(byte) = f.to_place.pop_front() else { break };
            self.window[rx + (f.shot.placed % ring) as usize] = byte;
            f.shot.placed = f.shot.placed.wrapping_add(1);
            f.shot.rcv_nxt = f.shot.placed;
        }
        let closes = f.peer_closes && f.to_place.is_empty() && !f.shot.flags.contains(Flags::FIN_RECEIVED);
        match f.shot.state {
            State::Established if closes => f.fin(State::CloseWait),
            State::FinWait2 if closes => f.fin(State::TimeWait),
            _ => {}
        }
        if before != (f.shot, f.got.len()) {
            self.changed.insert(flow as u16);
        }
        if let Some(reason) = over {
            self.end(flow, reason);
        }
    }

    fn events(&mut self) {
        let (index, entries) = (&mut self.event.1, self.entries.2);
        while index.wrapping_sub(self.event.0) < entries {
            let Some(flow) = self.changed.pop_first() else { break };
            let words = self.table[usize::from(flow)].shot.encode(ring::phase(*index, entries));
            let at = Self::entry_offset(BAR2_EQ, *index, entries);
            self.window[at..at + ENTRY_BYTES].copy_from_slice(&ring::to_bytes(&words));
            *index = index.wrapping_add(1);
        }
    }

    fn work(&mut self) {
        self.commands();
        for flow in 0..self.table.len() {
            if self.table[flow].in_use {
                self.traffic(flow);
            }
        }
        self.events();
    }

    fn gone(&mut self) -> bool {
        match &mut self.dies_after {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        }
    }

    fn read_register(&mut self, offset: u32) -> u32 {
        match offset {
            map::MAGIC => self.magic,
            map::ABI_VERSION => self.abi,
            map::FEATURES => map::Features::SIM.bits(),
            map::FLOWS => self.flows,
            map::TX_RING_BYTES | map::RX_RING_BYTES => self.ring,
            map::DATA_WIDTH => 64,
            map::CLOCK_HZ => 156_250_000,
            map::MSS_MAX => 1460,
            map::NEIGHBOURS => 16,
            map::SQ_ENTRIES => self.entries.0.into(),
            map::CQ_ENTRIES => self.entries.1.into(),
            map::EQ_ENTRIES => self.entries.2.into(),
            map::BAR2_BYTES => self.window.len() as u32,
            map::BAR2_SQ => BAR2_SQ,
            map::BAR2_CQ => BAR2_CQ,
            map::BAR2_EQ => BAR2_EQ,
            map::BAR2_TX => BAR2_TX,
            map::BAR2_RX => BAR2_TX + self.flows * self.ring,
            map::DOORBELL_OFFSET => map::DOORBELLS,
            map::TABLE_OFFSET => map::TABLE,
            map::TABLE_STRIDE => TABLE_STRIDE,
            map::COUNTER_OFFSET => map::COUNTERS,
            map::STATUS => map::CardStatus::READY.bits(),
            map::SQ_HEAD => self.submission.0.into(),
            map::CQ_TAIL => self.completion.1.into(),
            map::EQ_TAIL => self.event.1.into(),
            map::TABLE.. => {
                let (flow, word) =
                    ((offset - map::TABLE) / TABLE_STRIDE, (offset - map::TABLE) % TABLE_STRIDE);
                let Some(f) = self.table.get(flow as usize) else { return 0 };
                match word {
                    connection::SND_END => f.snd_end,
                    connection::ISS => f.iss,
                    _ => f.shot.encode(false).get(word as usize / 4).copied().unwrap_or(0),
                }
            }
            other => self.registers.get(&other).copied().unwrap_or(0),
        }
    }

    fn write_register(&mut self, offset: u32, value: u32) {
        let index = value as u16;
        match offset {
            map::SQ_TAIL => {
                assert!(
                    index.wrapping_sub(self.submission.0) <= self.entries.0,
                    "more commands than the ring holds"
                );
                self.submission.1 = index;
            }
            map::CQ_HEAD => {
                assert!(
                    self.completion.1.wrapping_sub(index) <= self.entries.1,
                    "a completion read before it came"
                );
                self.completion.0 = index;
            }
            map::EQ_HEAD => {
                assert!(self.event.1.wrapping_sub(index) <= self.entries.2, "an event read before it came");
                self.event.0 = index;
            }
            map::CONTROL if value & map::Control::RESET.bits() != 0 => {
                self.registers.clear();
                self.listening.clear();
                self.changed.clear();
                (self.submission, self.completion, self.event) = ((0, 0), (0, 0), (0, 0));
                self.window.fill(0);
                self.table = (0..self.flows).map(|i| Flow::empty(i as u16)).collect();
            }
            map::DOORBELLS..map::TABLE => {
                let flow = ((offset - map::DOORBELLS) / DOORBELL_STRIDE) as usize;
                let (ring, f) = (self.ring, &mut self.table[flow]);
                if (offset - map::DOORBELLS) % DOORBELL_STRIDE == map::TX_TAIL {
                    assert!(
                        value.wrapping_sub(f.shot.snd_una) <= ring,
                        "more bytes than the transmit ring holds"
                    );
                    assert!(value.wrapping_sub(f.snd_end) <= ring, "TX_TAIL went back");
                    f.snd_end = value;
                } else {
                    assert!(f.shot.placed.wrapping_sub(value) <= ring, "RX_HEAD beyond what was placed");
                    assert!(value.wrapping_sub(f.shot.rcv_user) <= ring, "RX_HEAD went back");
                    f.shot.rcv_user = value;
                }
            }
            _ => {
                self.registers.insert(offset, value);
            }
        }
    }
}

impl Flow {
    fn fin(&mut self, state: State) {
        self.shot.flags |= Flags::FIN_RECEIVED;
        self.shot.rcv_nxt = self.shot.placed.wrapping_add(1);
        self.shot.state = state;
    }
}

impl Bar for FakeCard {
    fn read32(&mut self, offset: u32) -> Result<u32, BarError> {
        let mut fake = self.inside();
        if fake.gone() {
            return Ok(ALL_ONES);
        }
        Ok(fake.read_register(offset))
    }

    fn write32(&mut self, offset: u32, value: u32) -> Result<(), BarError> {
        let mut fake = self.inside();
        fake.writes += 1;
        if !fake.gone() {
            fake.write_register(offset, value);
        }
        Ok(())
    }

    fn read_window(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), BarError> {
        let mut fake = self.inside();
        if fake.gone() {
            bytes.fill(0xff);
            return Ok(());
        }
        let at = offset as usize;
        bytes.copy_from_slice(&fake.window[at..at + bytes.len()]);
        Ok(())
    }

    fn write_window(&mut self, offset: u32, bytes: &[u8]) -> Result<(), BarError> {
        let mut fake = self.inside();
        fake.writes += 1;
        if !fake.gone() {
            let at = offset as usize;
            fake.window[at..at + bytes.len()].copy_from_slice(bytes);
        }
        Ok(())
    }

    fn now(&mut self) -> Duration {
        self.inside().now
    }

    fn relax(&mut self, until: Duration) -> Result<(), BarError> {
        let mut fake = self.inside();
        if fake.now < until {
            fake.now = until.min(fake.now + TICK);
        }
        fake.work();
        Ok(())
    }
}
