// SPDX-License-Identifier: MIT OR Apache-2.0
//! A card behind a UART: frames over a serial port, for boards without PCIe. Needs the right to open the port (the group `dialout` on most
//! systems). A USB adapter answers sooner after `setserial PORT low_latency`: every read of a register is a round trip.

mod frame;
mod line;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use syncline_regs::uart::{BAR0_AT, BAR2_AT, LINE, LINE_AT, SPACE_BITS, STALL_MS};
use syncline_regs::{BAR0_BYTES, MAGIC, map};

use super::Pause;
use crate::{Bar, BarError};
use line::Port;
pub use line::{BadLine, Line};

/// So long a silence ends every frame that the card may be in, and every answer.
const SILENCE: Duration = Duration::from_millis(STALL_MS as u64 * 3 / 2);
/// A line that goes on for so long is no card's.
const NOISE_LIMIT: Duration = Duration::from_secs(2);
/// Requests that may be under way: one is answered, the other waits in the card.
const AHEAD: usize = 2;
/// A card answers within so many parts of the line's patience, or is in reset.
const TRIES: u32 = 8;

/// A card behind a serial line.
pub struct Uart {
    port: Port,
    /// Words of a frame.
    most: usize,
    /// The last access failed: an answer may still come.
    lost: bool,
    pause: Pause,
}

impl Uart {
    /// Opens the line for this process alone and finds the card, which may be in a reset that the opening has caused.
    ///
    /// # Errors
    /// There is no such port, it may not be opened, another driver has it, or no card answers.
    pub fn open(line: &Line) -> Result<Self, BarError> {
        let port = Port::open(line)?;
        let mut uart = Uart { port, most: frame::most_words(line.baud), lost: true, pause: Pause::new() };
        if uart.find()? {
            let faults = uart.faults()?;
            tracing::info!(%line, ?faults, "a card answers");
        }
        Ok(uart)
    }

    /// The line's counters in the card since its power-up, by name.
    ///
    /// # Errors
    /// The card does not answer.
    pub fn faults(&mut self) -> Result<[(&'static str, u32); LINE.len()], BarError> {
        let mut bytes = [0; 4 * LINE.len()];
        self.read(0, 0, LINE_AT, &mut bytes)?;
        let value = |i: usize| u32::from_le_bytes(std::array::from_fn(|b| bytes[4 * i + b]));
        Ok(std::array::from_fn(|i| (LINE[i].name, value(i))))
    }

    /// Asks for the magic until something sensible is answered; true if it is the magic. DTR is on, as opening the port has left it. Where it
    /// holds the card in reset for as long as it is on, the card comes when it is let go.
    fn find(&mut self) -> Result<bool, BarError> {
        let start = Instant::now();
        let (mut seen, mut last) = (false, None);
        for dtr in [true, false] {
            if !dtr && !self.port.release_dtr() {
                break;
            }
            for again in 0..TRIES {
                seen |= self.hush()? != 0;
                let (count, word) = self.ask()?;
                seen |= count != 0;
                if word == Some(MAGIC) {
                    if again != 0 {
                        // An answer to an earlier try may come yet.
                        self.hush()?;
                    }
                    return Ok(true);
                }
                // What is no card says the same twice: that is for the one who asked for a card.
                if word.is_some() && word == last {
                    return Ok(false);
                }
                last = word.or(last);
            }
        }
        let line = self.port.line.to_string();
        Err(if seen { BarError::Garbled { line } } else { BarError::Silent { line, after: start.elapsed() } })
    }

    /// One try to read the magic: bytes that came, and the word if they are one.
    fn ask(&mut self) -> Result<(usize, Option<u32>), BarError> {
        for request in frame::reads(BAR0_AT + map::MAGIC..BAR0_AT + map::MAGIC + 4, 1) {
            self.port.write(&request.frame)?;
        }
        let mut bytes = [0; 4];
        let mut count = 0;
        while count < bytes.len() {
            let until =
                self.port.drained() + self.port.line.time(bytes.len()) + self.port.line.patience / TRIES;
            match self.port.read(&mut bytes[count..], until)? {
                0 => return Ok((count, None)),
                n => count += n,
            }
        }
        Ok((count, Some(u32::from_be_bytes(bytes))))
    }

    /// Lets the card forget a frame that it may be in, and throws away what it may be answering. (Completing that frame instead would write
    /// the padding to wherever the frame goes.)
    fn hush(&mut self) -> Result<usize, BarError> {
        match self.port.hush(SILENCE, NOISE_LIMIT)? {
            Some(bytes) => {
                self.lost = false;
                Ok(bytes)
            }
            None => Err(BarError::Garbled { line: self.port.line.to_string() }),
        }
    }

    /// Reads bytes at an address of the line; `bar` and `offset` name the access in an error.
    fn read(&mut self, bar: u8, offset: u32, address: u32, bytes: &mut [u8]) -> Result<(), BarError> {
        if self.lost {
            self.hush()?;
        }
        self.lost = true;
        let requests = frame::reads(address..address + bytes.len() as u32, self.most);
        let mut answer = vec![0; requests.iter().map(|r| r.answer).sum()];
        let mut under_way = VecDeque::new();
        let (mut asked, mut got, mut answered) = (requests.iter(), 0, 0);
        while got < answer.len() {
            while under_way.len() < AHEAD
                && let Some(request) = asked.next()
            {
                self.port.write(&request.frame)?;
                under_way.push_back(request.answer);
            }
            let due = under_way.iter().sum::<usize>() + answered;
            let line = &self.port.line;
            let until = self.port.drained() + line.time(due - got) + line.patience;
            match self.port.read(&mut answer[got..due], until)? {
                0 => {
                    let (path, patience) = (self.port.line.path.display(), self.port.line.patience);
                    let why =
                        format!("{path} is silent for {patience:?} after {got} of {} bytes", answer.len());
                    return Err(BarError::NoAnswer { bar, offset, why });
                }
                count => got += count,
            }
            while let Some(first) = under_way.front().filter(|first| answered + **first <= got) {
                answered += first;
                under_way.pop_front();
            }
        }
        self.lost = false;
        frame::in_order(&mut answer);
        let lane = (address % 4) as usize;
        bytes.copy_from_slice(&answer[lane..lane + bytes.len()]);
        Ok(())
    }

    fn write(&mut self, address: u32, bytes: &[u8]) -> Result<(), BarError> {
        if self.lost {
            self.hush()?;
        }
        for frame in frame::writes(address, bytes, self.most) {
            self.lost = true;
            self.port.write(&frame)?;
            self.lost = false;
        }
        Ok(())
    }
}

fn register(offset: u32) -> Result<u32, BarError> {
    let right = offset.is_multiple_of(4) && offset < BAR0_BYTES;
    right.then_some(BAR0_AT + offset).ok_or(BarError::OutOfRange { bar: 0, offset, len: 4 })
}

fn window(offset: u32, len: usize) -> Result<u32, BarError> {
    let inside = (offset as usize).checked_add(len).is_some_and(|end| end <= 1 << SPACE_BITS);
    inside.then_some(BAR2_AT + (offset & ((1 << SPACE_BITS) - 1))).ok_or(BarError::OutOfRange {
        bar: 2,
        offset,
        len,
    })
}

impl Bar for Uart {
    fn read32(&mut self, offset: u32) -> Result<u32, BarError> {
        let mut bytes = [0; 4];
        self.read(0, offset, register(offset)?, &mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn write32(&mut self, offset: u32, value: u32) -> Result<(), BarError> {
        self.write(register(offset)?, &value.to_le_bytes())
    }

    fn read_window(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), BarError> {
        self.read(2, offset, window(offset, bytes.len())?, bytes)
    }

    fn write_window(&mut self, offset: u32, bytes: &[u8]) -> Result<(), BarError> {
        self.write(window(offset, bytes.len())?, bytes)
    }

    fn now(&mut self) -> Duration {
        self.pause.start.elapsed()
    }

    /// The next look is a round trip: there is no need to wait longer, but somebody else may want the card.
    fn relax(&mut self, _until: Duration) -> Result<(), BarError> {
        std::thread::yield_now();
        Ok(())
    }
}
