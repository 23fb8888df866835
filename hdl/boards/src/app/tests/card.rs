// SPDX-License-Identifier: MIT OR Apache-2.0
//! The card as its host sees it, from `docs/registers.md`: as much as the port has to do with, and strict about it.

use std::collections::{BTreeMap, VecDeque};

use syncline_hdl::host::window;
use syncline_hdl::stream::bench::Rng;
use syncline_regs::code::{Opcode, State};
use syncline_regs::connection::Flags;
use syncline_regs::{ENTRY_STRIDE, map};

use crate::app::agent::Agent;

const RING: u32 = 4096;
const ENTRIES: u16 = 32;
/// Cycles from a read of BAR2 to its answer.
const LATENCY: usize = 3;

/// A flow of the card.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    pub owned: bool,
    pub state: u8,
    pub generation: u16,
    pub lport: u16,
    pub snd_una: u32,
    pub snd_end: u32,
    pub placed: u32,
    pub rcv_nxt: u32,
    pub rcv_user: u32,
    pub fin_received: bool,
    pub shut: bool,
    news: bool,
    /// Acknowledged bytes, from the first on.
    pub sent: Vec<u8>,
}

pub struct Card {
    pub flows: Vec<Flow>,
    pub registers: BTreeMap<u32, u32>,
    pub listening: Vec<u16>,
    pub ready: bool,
    pub link: bool,
    tx: Vec<Vec<u8>>,
    rx: Vec<Vec<u8>>,
    sq: Vec<u64>,
    sq_head: u16,
    sq_tail: u16,
    cq_tail: u16,
    cq_head: u16,
    eq: Vec<[u32; 8]>,
    eq_tail: u16,
    eq_head: u16,
    /// Answers to reads of BAR2 that are under way.
    answers: VecDeque<Option<u64>>,
    /// Cycles until the register access is answered.
    wait: Option<u64>,
}

impl Default for Card {
    fn default() -> Self {
        Card {
            flows: vec![Flow::default(); 16],
            registers: BTreeMap::new(),
            listening: vec![],
            ready: false,
            link: false,
            tx: vec![vec![0; RING as usize]; 16],
            rx: vec![vec![0; RING as usize]; 16],
            sq: vec![0; ENTRIES.into()],
            sq_head: 0,
            sq_tail: 0,
            cq_tail: 0,
            cq_head: 0,
            eq: vec![[0; 8]; ENTRIES.into()],
            eq_tail: 0,
            eq_head: 0,
            answers: vec![None; LATENCY].into(),
            wait: None,
        }
    }
}

impl Card {
    /// A peer connects, and its bytes begin at `irs`, ours at `iss`.
    pub fn accept(&mut self, flow: usize, lport: u16, [irs, iss]: [u32; 2]) {
        let generation = self.flows[flow].generation + 1;
        assert!(!self.flows[flow].owned);
        self.flows[flow] = Flow {
            owned: true,
            state: State::Established.code(),
            generation,
            lport,
            snd_una: iss,
            snd_end: iss,
            placed: irs,
            rcv_nxt: irs,
            rcv_user: irs,
            news: true,
            ..Flow::default()
        };
    }

    /// Bytes of the peer; how many had room.
    pub fn deliver(&mut self, flow: usize, bytes: &[u8]) -> usize {
        let f = &mut self.flows[flow];
        let room = RING - (f.placed.wrapping_sub(f.rcv_user));
        let count = bytes.len().min(room as usize);
        for byte in &bytes[..count] {
            self.rx[flow][(f.placed % RING) as usize] = *byte;
            f.placed = f.placed.wrapping_add(1);
        }
        f.rcv_nxt = f.placed;
        f.news = true;
        count
    }

    /// The peer's FIN, in order.
    pub fn fin(&mut self, flow: usize) {
        let f = &mut self.flows[flow];
        (f.fin_received, f.rcv_nxt, f.news) = (true, f.placed.wrapping_add(1), true);
        f.state = State::CloseWait.code();
    }

    /// The peer's RST.
    pub fn reset(&mut self, flow: usize) {
        (self.flows[flow].state, self.flows[flow].news) = (State::Closed.code(), true);
    }

    /// The peer acknowledges so many bytes, or as many as there are.
    pub fn acknowledge(&mut self, flow: usize, most: u32) {
        let f = &mut self.flows[flow];
        for _ in 0..most.min(f.snd_end.wrapping_sub(f.snd_una)) {
            f.sent.push(self.tx[flow][(f.snd_una % RING) as usize]);
            f.snd_una = f.snd_una.wrapping_add(1);
            f.news = true;
        }
    }

    fn write_event(&mut self, rng: &mut Rng) {
        if self.eq_tail.wrapping_sub(self.eq_head) == ENTRIES || rng.chance(50) {
            return;
        }
        let Some(flow) = self.flows.iter().position(|f| f.news) else { return };
        let f = &mut self.flows[flow];
        f.news = false;
        let mut flags = Flags::empty();
        flags.set(Flags::OWNED, f.owned);
        flags.set(Flags::FIN_RECEIVED, f.fin_received);
        flags.set(Flags::FIN_QUEUED, f.shut);
        let phase = u32::from((self.eq_tail / ENTRIES).is_multiple_of(2)) << 31;
        let first = flow as u32 | u32::from(f.state) << 16 | flags.bits() << 23 | phase;
        let handle = u32::from(f.generation) | u32::from(f.lport) << 16;
        self.eq[usize::from(self.eq_tail % ENTRIES)] =
            [first, handle, 0x0a00_0002, 0x05b4_c000, f.snd_una, f.placed, f.rcv_nxt, f.rcv_user];
        self.eq_tail = self.eq_tail.wrapping_add(1);
    }

    fn command(&mut self, rng: &mut Rng) {
        if self.sq_head == self.sq_tail || rng.chance(80) {
            return;
        }
        let entry = self.sq[usize::from(self.sq_head % ENTRIES)];
        assert!(self.cq_tail.wrapping_sub(self.cq_head) < ENTRIES);
        self.sq_head = self.sq_head.wrapping_add(1);
        self.cq_tail = self.cq_tail.wrapping_add(1);
        assert_eq!(self.registers.get(&map::CONTROL), Some(&1), "a command to a card that is off");
        let (opcode, flow, subject) = (entry as u8, (entry >> 16) as u16, (entry >> 32) as u16);
        if opcode == Opcode::Listen.code() {
            self.listening.push(subject);
            return;
        }
        let f = &mut self.flows[usize::from(flow)];
        assert!(f.owned && f.generation == subject, "flow {flow}, generation {subject}");
        let dead = f.state == State::Closed.code();
        if opcode == Opcode::Shutdown.code() {
            assert!(!f.shut, "twice");
            f.shut = !dead;
        } else {
            assert_eq!(opcode, Opcode::Close.code());
            assert!(dead || f.fin_received, "given back before its end");
            assert_eq!(f.placed, f.rcv_user, "unread data: that would send an RST");
            (f.owned, f.news, f.state) = (false, true, State::Closed.code());
        }
    }

    fn write_register(&mut self, address: u32, value: u32) {
        match address {
            map::SQ_TAIL => self.sq_tail = value as u16,
            map::CQ_HEAD => {
                assert!(self.cq_tail.wrapping_sub(value as u16) <= ENTRIES, "a completion that is not there");
                self.cq_head = value as u16;
            }
            map::EQ_HEAD => {
                assert!(self.eq_tail.wrapping_sub(value as u16) < ENTRIES, "an event that is not there");
                self.eq_head = value as u16;
            }
            map::DOORBELLS..map::TABLE => {
                let flow = (address - map::DOORBELLS) / 8;
                let f = &mut self.flows[flow as usize];
                assert!(f.owned, "flow {flow}");
                if address % 8 == map::RX_HEAD {
                    assert!(f.placed.wrapping_sub(value) <= f.placed.wrapping_sub(f.rcv_user));
                    f.rcv_user = value;
                } else {
                    assert!(value.wrapping_sub(f.snd_una) <= RING, "more than the ring holds");
                    assert!(value.wrapping_sub(f.snd_end) <= RING && !f.shut);
                    f.snd_end = value;
                }
            }
            _ => drop(self.registers.insert(address, value)),
        }
    }

    fn read_register(&self, address: u32) -> u32 {
        match address {
            map::STATUS => u32::from(self.ready) | u32::from(self.link) << 2,
            map::CQ_TAIL => self.cq_tail.into(),
            _ => panic!("a read of {address:x}"),
        }
    }

    fn write_window(&mut self, address: u32, data: u64, strobes: u8) {
        if address < window::CQ {
            assert!(strobes == 0xff && address.is_multiple_of(ENTRY_STRIDE));
            self.sq[(address / ENTRY_STRIDE) as usize] = data;
            return;
        }
        let flow = ((address - window::TX) / RING) as usize;
        let f = &self.flows[flow];
        for lane in (0..8).filter(|lane| strobes >> lane & 1 != 0) {
            let place = (address + lane) % RING;
            let ahead = place.wrapping_sub(f.snd_una) % RING;
            let waiting = f.snd_end.wrapping_sub(f.snd_una);
            assert!(
                f.owned && ahead >= waiting && waiting < RING,
                "a byte that is not acknowledged is overwritten"
            );
            self.tx[flow][place as usize] = (data >> (8 * lane)) as u8;
        }
    }

    fn read_window(&self, address: u32) -> u64 {
        let bytes = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().expect("eight bytes"));
        if (window::EQ..window::TX).contains(&address) {
            let entry = self.eq[((address - window::EQ) / ENTRY_STRIDE) as usize];
            let word = (address % ENTRY_STRIDE / 4) as usize;
            return u64::from(entry[word]) | u64::from(entry[word + 1]) << 32;
        }
        let (flow, place) = ((address - window::RX) / RING, (address % RING) as usize);
        bytes(&self.rx[flow as usize][place..place + 8])
    }

    /// Before a rising edge, with the port's outputs settled.
    pub fn cycle(&mut self, uut: &mut Agent, rng: &mut Rng) {
        let (read, write) = (uut.bar0.read.val(), uut.bar0.write.val());
        let acked = uut.bar0.ack.val();
        uut.bar0.ack.next = false;
        if acked {
            // That was the cycle before: the registers want to see the access dropped for one.
            assert!(!(read || write), "held on");
            self.wait = None;
        } else if read || write {
            assert!(!(read && write));
            match self.wait {
                None => self.wait = Some(rng.below(4)),
                Some(0) => {
                    let address = uut.bar0.addr.val().to_u32();
                    if write {
                        self.write_register(address, uut.bar0.wdata.val().to_u32());
                    } else {
                        uut.bar0.rdata.next = u64::from(self.read_register(address)).into();
                    }
                    uut.bar0.ack.next = true;
                }
                Some(cycles) => self.wait = Some(cycles - 1),
            }
        }
        let asked = uut.bar2.rvalid.val().then(|| self.read_window(uut.bar2.raddr.val().to_u32()));
        self.answers.push_back(asked);
        let answer = self.answers.pop_front().flatten();
        uut.bar2.rdone.next = answer.is_some();
        uut.bar2.rdata.next = answer.unwrap_or(0xdead_beef_dead_beef).into();
        if uut.bar2.wvalid.val() {
            let (address, strobes) = (uut.bar2.waddr.val().to_u32(), uut.bar2.wstrb.val().to_u8());
            self.write_window(address, uut.bar2.wdata.val().to_u64(), strobes);
        }
        self.write_event(rng);
        self.command(rng);
    }
}
