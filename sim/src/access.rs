// SPDX-License-Identifier: MIT OR Apache-2.0
//! BAR accesses: each takes clock cycles, in which everything else goes on too.

use crate::model::{BAR0_BITS, BAR2_BITS};
use crate::simulation::Simulation;
use thiserror::Error;

/// A core that needs longer for one access hangs.
const LIMIT: u64 = 100_000;

/// An access that the card can't do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AccessError {
    /// Beyond the end of the BAR, or a register that is not aligned.
    #[error("BAR{bar}: {length} bytes at {address:#x} are outside, or not aligned")]
    Range {
        /// 0 or 2.
        bar: u8,
        /// First byte.
        address: u32,
        /// Bytes.
        length: usize,
    },
    /// The design has no ports for its host.
    #[error("BAR{bar}: this design has its host elsewhere")]
    NoPort {
        /// 0 or 2.
        bar: u8,
    },
    /// The card does not answer.
    #[error("BAR{bar}: no answer from {address:#x} in {LIMIT} cycles")]
    NoAnswer {
        /// 0 or 2.
        bar: u8,
        /// First byte.
        address: u32,
    },
}

impl Simulation {
    /// Reads the register at byte `address` of BAR0.
    ///
    /// # Errors
    /// [`AccessError`]
    pub fn read32(&mut self, address: u32) -> Result<u32, AccessError> {
        self.register(address, None)
    }

    /// Writes the register at byte `address` of BAR0.
    ///
    /// # Errors
    /// [`AccessError`]
    pub fn write32(&mut self, address: u32, value: u32) -> Result<(), AccessError> {
        self.stirred = true;
        self.register(address, Some(value)).map(drop)
    }

    fn register(&mut self, address: u32, write: Option<u32>) -> Result<u32, AccessError> {
        if !address.is_multiple_of(4) || address >> BAR0_BITS != 0 {
            return Err(AccessError::Range { bar: 0, address, length: 4 });
        }
        if !self.core.has_bars() {
            return Err(AccessError::NoPort { bar: 0 });
        }
        self.core.bar0_request(address, write);
        let mut answer = None;
        for _ in 0..LIMIT {
            self.before_edge();
            answer = self.core.bar0_answer();
            self.after_edge();
            if answer.is_some() {
                break;
            }
        }
        self.core.bar0_release();
        // The request stays away for one cycle at least.
        self.before_edge();
        self.after_edge();
        answer.ok_or(AccessError::NoAnswer { bar: 0, address })
    }

    /// Writes bytes at any `address` of BAR2, a beat of the data path a cycle.
    ///
    /// # Errors
    /// [`AccessError`]
    pub fn write_window(&mut self, address: u32, bytes: &[u8]) -> Result<(), AccessError> {
        self.check_window(address, bytes.len())?;
        self.stirred = true;
        let mut done = 0;
        while done < bytes.len() {
            let at = address + done as u32;
            let count = self.rest_of_beat(at).min(bytes.len() - done);
            self.core.bar2_write(at, &bytes[done..done + count]);
            self.before_edge();
            self.after_edge();
            done += count;
        }
        self.core.bar2_write_done();
        Ok(())
    }

    /// Reads bytes at any `address` of BAR2, a beat of the data path a cycle.
    ///
    /// # Errors
    /// [`AccessError`]
    pub fn read_window(&mut self, address: u32, bytes: &mut [u8]) -> Result<(), AccessError> {
        self.check_window(address, bytes.len())?;
        let lanes = self.core.lanes();
        let (mut asked, mut done) = (0, 0);
        let mut silent = 0;
        while done < bytes.len() {
            let at = address + asked as u32;
            let ask = asked < bytes.len();
            self.core.bar2_read(ask.then(|| at - at % lanes as u32));
            if ask {
                asked += self.rest_of_beat(at);
            }
            self.before_edge();
            silent += 1;
            if let Some(beat) = self.core.bar2_answer() {
                let lane = (address as usize + done) % lanes;
                let count = (lanes - lane).min(bytes.len() - done);
                bytes[done..done + count].copy_from_slice(&beat[lane..lane + count]);
                done += count;
                silent = 0;
            }
            self.after_edge();
            if silent > LIMIT {
                self.core.bar2_read(None);
                return Err(AccessError::NoAnswer { bar: 2, address });
            }
        }
        self.core.bar2_read(None);
        Ok(())
    }

    fn rest_of_beat(&self, address: u32) -> usize {
        self.core.lanes() - address as usize % self.core.lanes()
    }

    fn check_window(&self, address: u32, length: usize) -> Result<(), AccessError> {
        if !self.core.has_bars() {
            return Err(AccessError::NoPort { bar: 2 });
        }
        let inside = (address as usize).checked_add(length).is_some_and(|end| end <= 1 << BAR2_BITS);
        if inside { Ok(()) } else { Err(AccessError::Range { bar: 2, address, length }) }
    }
}
