// SPDX-License-Identifier: MIT OR Apache-2.0
//! The driver's way to a board in this process: frames over the pins of its UART, in virtual time and in one thread.
//!
//! The frames are those of `docs/registers.md`, "Over a UART", as simple as can be; the driver's own transport for them is tested elsewhere.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use syncline::{Bar, BarError};
use syncline_pins::Uart;
use syncline_regs::uart::{BAR0_AT, BAR2_AT, READ, WRITE, WRITE_BYTES};

use crate::smoltcp::lock;

/// Words of a frame.
const MOST: usize = 128;
/// Cycles between two looks at the line.
const TURN: u32 = 40;
/// Turns without a byte after which the board does not answer.
const PATIENCE: u32 = 20_000;
/// Turns of a driver that waits.
const RELAXED: u32 = 10;

/// A board behind a UART.
pub trait Serial {
    /// The other end of the UART's line.
    fn line(&mut self) -> &mut Uart;
    /// Runs for so many cycles.
    fn run(&mut self, cycles: u32);
    /// The time.
    fn now(&self) -> Duration;
}

/// Registers and windows of a board.
pub struct UartBar<B>(pub Arc<Mutex<B>>);

fn head(command: u8, count: u8, address: u32) -> Vec<u8> {
    [&[command, count][..], &(address / 4).to_be_bytes()].concat()
}

impl<B: Serial> UartBar<B> {
    /// Sends bytes, and takes so many in answer.
    fn talk(&self, bytes: &[u8], answer: usize) -> Result<Vec<u8>, BarError> {
        let mut board = lock(&self.0);
        board.line().send(bytes);
        let (mut got, mut quiet) = (vec![], 0);
        while got.len() < answer || !board.line().is_idle() {
            board.run(TURN);
            let part = board.line().received();
            quiet = if part.is_empty() && board.line().is_idle() { quiet + 1 } else { 0 };
            if quiet > PATIENCE {
                let why = format!("{} of {answer} bytes after {bytes:x?}", got.len());
                return Err(BarError::NoAnswer { bar: 0, offset: 0, why });
            }
            got.extend(part);
        }
        Ok(got)
    }

    fn read(&self, address: u32, bytes: &mut [u8]) -> Result<(), BarError> {
        let start = address - address % 4;
        let words = (address + bytes.len() as u32 - start).div_ceil(4) as usize;
        let mut all = vec![];
        while all.len() < 4 * words {
            let count = (words - all.len() / 4).min(MOST);
            let answer = self.talk(&head(READ, count as u8, start + all.len() as u32), 4 * count)?;
            all.extend(answer.chunks(4).flat_map(|word| word.iter().rev().copied()));
        }
        let skip = (address - start) as usize;
        bytes.copy_from_slice(&all[skip..skip + bytes.len()]);
        Ok(())
    }

    /// Whole words in long frames, the ends byte by byte.
    fn write(&self, address: u32, bytes: &[u8]) -> Result<(), BarError> {
        let first = (address.wrapping_neg() % 4) as usize;
        let (start, rest) = bytes.split_at(first.min(bytes.len()));
        let (middle, end) = rest.split_at(rest.len() / 4 * 4);
        let mut at = address;
        self.write_end(at, start)?;
        at += start.len() as u32;
        for part in middle.chunks(4 * MOST) {
            let mut frame = head(WRITE, (part.len() / 4) as u8, at);
            frame.extend(part.chunks(4).flat_map(|word| word.iter().rev().copied()));
            self.talk(&frame, 0)?;
            at += part.len() as u32;
        }
        self.write_end(at, end)
    }

    fn write_end(&self, address: u32, bytes: &[u8]) -> Result<(), BarError> {
        if bytes.is_empty() {
            return Ok(());
        }
        let lane = (address % 4) as usize;
        let mut word = [0; 4];
        word[lane..lane + bytes.len()].copy_from_slice(bytes);
        let strobes = ((1 << bytes.len()) - 1) << lane;
        let mut frame = head(WRITE_BYTES, strobes, address - lane as u32);
        frame.extend(word.iter().rev());
        self.talk(&frame, 0).map(drop)
    }
}

impl<B: Serial + Send> Bar for UartBar<B> {
    fn read32(&mut self, offset: u32) -> Result<u32, BarError> {
        let mut bytes = [0; 4];
        self.read(BAR0_AT + offset, &mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn write32(&mut self, offset: u32, value: u32) -> Result<(), BarError> {
        self.write(BAR0_AT + offset, &value.to_le_bytes())
    }

    fn read_window(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), BarError> {
        self.read(BAR2_AT + offset, bytes)
    }

    fn write_window(&mut self, offset: u32, bytes: &[u8]) -> Result<(), BarError> {
        self.write(BAR2_AT + offset, bytes)
    }

    fn now(&mut self) -> Duration {
        lock(&self.0).now()
    }

    fn relax(&mut self, _until: Duration) -> Result<(), BarError> {
        lock(&self.0).run(TURN * RELAXED);
        Ok(())
    }
}
