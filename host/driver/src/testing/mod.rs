// SPDX-License-Identifier: MIT OR Apache-2.0
//! A card in software, for tests of programs that use the driver: the host ABI as documented, with peers that do what their
//! port says instead of TCP. It checks what the driver does and panics where that breaks the ABI.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use syncline_regs::code::{Opcode, Reason};
use syncline_regs::{ABI_VERSION, MAGIC};

use self::flow::Flow;

mod bar;
mod flow;
mod peer;
mod registers;
mod rings;
mod uart;

pub use uart::{UartCard, Wire};

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

impl Fake {
    /// The card's clock.
    pub fn now(&self) -> Duration {
        self.now
    }

    /// Writes to registers and windows so far.
    pub fn writes(&self) -> u64 {
        self.writes
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
}
