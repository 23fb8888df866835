// SPDX-License-Identifier: MIT OR Apache-2.0
//! The card as a transport: accesses, the clock, and a card that is off the bus.

use std::time::Duration;

use syncline_regs::ALL_ONES;

use super::{Fake, FakeCard};
use crate::{Bar, BarError};

/// What a wait costs.
const TICK: Duration = Duration::from_millis(10);

impl Fake {
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
