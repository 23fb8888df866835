// SPDX-License-Identifier: MIT OR Apache-2.0
//! What stands behind the core's ports: registers and window memory, and the rules of those ports.

use std::collections::{BTreeMap, VecDeque};

use syncline_hdl::stream::bench::Rng;

use crate::dut::{Inputs, Outputs};

/// A byte of BAR2 or a register of BAR0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    Byte(u32, u8),
    Word(u32, u32),
}

pub struct Card {
    registers: BTreeMap<u32, u32>,
    memory: BTreeMap<u32, u8>,
    /// Reads of the window on the way.
    reads: VecDeque<Option<[u8; 64]>>,
    /// Cycles that the access on the register bus still takes.
    wait: Option<u64>,
    acknowledged: bool,
    slowness: u64,
    held: (u32, u32, bool),
    /// What was written, in order.
    pub written: Vec<Written>,
    /// Registers read.
    pub looks: Vec<u32>,
}

/// A byte that was never written.
fn blank(bar: u32, address: u32) -> u8 {
    ((address ^ bar << 8).wrapping_mul(0x9e37_79b1) >> 24) as u8
}

/// A register that was never written.
fn blank_word(address: u32) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|i| blank(0, address + i as u32)))
}

impl Card {
    /// Window reads take `latency` cycles, register accesses up to `slowness` more than they must.
    pub fn new(latency: usize, slowness: u64) -> Self {
        Self {
            registers: BTreeMap::new(),
            memory: BTreeMap::new(),
            reads: vec![None; latency - 1].into(),
            wait: None,
            acknowledged: false,
            slowness,
            held: (0, 0, false),
            written: vec![],
            looks: vec![],
        }
    }

    /// A byte before anything was written.
    pub fn initial(bar: u8, address: u32) -> u8 {
        blank(bar.into(), address)
    }

    pub fn byte(&self, bar: u8, address: u32) -> u8 {
        if bar == 2 {
            return self.memory.get(&address).copied().unwrap_or_else(|| blank(2, address));
        }
        let word = self.registers.get(&(address & !3)).copied();
        word.unwrap_or_else(|| blank_word(address & !3)).to_le_bytes()[address as usize % 4]
    }

    /// Looks at the outputs of this cycle and answers in the next.
    pub fn cycle(&mut self, out: &Outputs, next: &mut Inputs, rng: &mut Rng) {
        // A read sees what was written in earlier cycles.
        let answer = out.bar2_read.map(|address| {
            assert_eq!(address % 64, 0, "unaligned window read");
            std::array::from_fn(|i| self.byte(2, address + i as u32))
        });
        self.reads.push_back(answer);
        let answer = self.reads.pop_front().flatten();
        next.bar2_rdone = answer.is_some();
        next.bar2_rdata = answer.unwrap_or_else(|| std::array::from_fn(|_| rng.next() as u8));
        if let Some((address, data, strobes)) = &out.bar2_write {
            assert_eq!(address % 64, 0, "unaligned window write");
            assert_ne!(*strobes, 0, "window write of nothing");
            for lane in (0..64).filter(|lane| strobes >> lane & 1 == 1) {
                self.memory.insert(address + lane, data[lane as usize]);
                self.written.push(Written::Byte(address + lane, data[lane as usize]));
            }
        }
        self.bus(out, next, rng);
    }

    fn bus(&mut self, out: &Outputs, next: &mut Inputs, rng: &mut Rng) {
        next.bar0_ack = false;
        next.bar0_rdata = rng.next() as u32;
        let asks = out.bar0_write || out.bar0_read;
        if std::mem::replace(&mut self.acknowledged, false) {
            // The cycle of the acknowledgement; the request must be gone in the next one.
            assert!(asks, "request dropped before its acknowledgement");
            self.wait = None;
            self.held.2 = false;
            return;
        }
        if !asks {
            assert!(self.wait.is_none(), "request dropped before its acknowledgement");
            self.held.2 = true;
            return;
        }
        assert!(!(out.bar0_write && out.bar0_read), "write and read at once");
        let wait = match self.wait {
            Some(wait) => wait,
            None => {
                assert!(self.held.2, "no low cycle between two requests");
                self.held = (out.bar0_addr, out.bar0_wdata, true);
                rng.below(self.slowness + 1)
            }
        };
        assert_eq!(out.bar0_addr, self.held.0, "address changed");
        assert_eq!(out.bar0_addr % 4, 0, "unaligned register");
        self.wait = Some(wait.saturating_sub(1));
        if wait > 0 {
            return;
        }
        self.acknowledged = true;
        next.bar0_ack = true;
        if out.bar0_write {
            assert_eq!(out.bar0_wdata, self.held.1, "data changed");
            self.registers.insert(out.bar0_addr, out.bar0_wdata);
            self.written.push(Written::Word(out.bar0_addr, out.bar0_wdata));
        } else {
            self.looks.push(out.bar0_addr);
            next.bar0_rdata =
                self.registers.get(&out.bar0_addr).copied().unwrap_or_else(|| blank_word(out.bar0_addr));
        }
    }
}
