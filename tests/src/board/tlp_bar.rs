// SPDX-License-Identifier: MIT OR Apache-2.0
//! The driver's way to an Alveo in this process: PCIe requests at the hard block's streams, in virtual time and in one thread.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use syncline::{Bar, BarError};
use syncline_pins::tlp::{Kind, Request};

use super::alveo::Alveo;
use crate::smoltcp::lock;

/// Where the host has put the BARs, and their sizes as powers of two.
const PLACES: [(u8, u64, u8); 2] = [(0, 0xfeb0_0000, 20), (2, 0x38ff_ffc0_0000, 22)];
/// Max_Payload_Size and Max_Read_Request_Size of an ordinary host.
const MOST_WRITTEN: usize = 256;
const MOST_READ: usize = 512;
/// Cycles without an answer after which there will be none.
const PATIENCE: u32 = 20_000;
/// Cycles of a driver that waits.
const RELAXED: u32 = 50;

/// Registers and windows of a card.
pub struct TlpBar(pub Arc<Mutex<Alveo>>);

/// A request for `bytes` bytes at a byte offset of a BAR; it must not cross 4 KiB (PCIe Base 2.2.7).
fn request(kind: Kind, bar: u8, offset: u32, bytes: usize) -> Request {
    let (bar, base, aperture) = PLACES[usize::from(bar != 0)];
    let (lane, end) = (offset % 4, offset as usize + bytes);
    let first_dword = offset / 4;
    let dwords = end.div_ceil(4) - first_dword as usize;
    let head = 0xf << lane & 0xf;
    let tail = 0xf >> ((4 - end % 4) % 4);
    let (first_be, last_be) = if dwords == 1 { (head & tail, 0) } else { (head, tail) };
    Request {
        kind,
        address_type: 0,
        address: base + u64::from(first_dword) * 4,
        dwords: dwords as u16,
        requester: 0x0100,
        tag: 7,
        function: 0,
        bar,
        aperture,
        class: 0,
        attributes: 0,
        first_be,
        last_be,
        hint_present: false,
        hint_type: 0,
        steering: 0,
        payload: vec![],
        discontinue: false,
    }
}

/// Where a request that begins at `offset` must end: at most so many bytes, and not across 4 KiB.
fn part(offset: u32, left: usize, most: usize) -> usize {
    left.min(most).min(4096 - offset as usize % 4096)
}

impl TlpBar {
    /// Runs until `done` gives something.
    fn wait<T>(
        &self,
        bar: u8,
        offset: u32,
        mut done: impl FnMut(&mut Alveo) -> Option<T>,
    ) -> Result<T, BarError> {
        for _ in 0..PATIENCE {
            let mut card = lock(&self.0);
            if let Some(value) = done(&mut card) {
                return Ok(value);
            }
            card.run(1);
        }
        Err(BarError::NoAnswer { bar, offset, why: format!("nothing in {PATIENCE} cycles") })
    }

    fn write(&self, bar: u8, offset: u32, bytes: &[u8]) -> Result<(), BarError> {
        let mut at = 0;
        while at < bytes.len() {
            let here = offset + at as u32;
            let count = part(here, bytes.len() - at, MOST_WRITTEN);
            let mut write = request(Kind::MemoryWrite, bar, here, count);
            write.payload = vec![0; 4 * usize::from(write.dwords)];
            let lane = here as usize % 4;
            write.payload[lane..lane + count].copy_from_slice(&bytes[at..at + count]);
            lock(&self.0).request(&write);
            at += count;
        }
        self.wait(bar, offset, |card| card.completion().1.then_some(()))
    }

    fn read(&self, bar: u8, offset: u32, bytes: &mut [u8]) -> Result<(), BarError> {
        let mut at = 0;
        while at < bytes.len() {
            let here = offset + at as u32;
            let count = part(here, bytes.len() - at, MOST_READ);
            self.wait(bar, here, |card| card.credit().then_some(()))?;
            lock(&self.0).request(&request(Kind::MemoryRead, bar, here, count));
            let mut got = vec![];
            while got.len() < count {
                let answer = self.wait(bar, here, |card| card.completion().0)?;
                let left = count - got.len();
                if answer.status != 0 || answer.tag != 7 || usize::from(answer.byte_count) != left {
                    let why = format!("{left} bytes were to come: {answer:?}");
                    return Err(BarError::NoAnswer { bar, offset: here, why });
                }
                let skip = usize::from(answer.lower_address) % 4;
                got.extend(answer.payload.iter().skip(skip).take(left));
            }
            bytes[at..at + count].copy_from_slice(&got);
            at += count;
        }
        Ok(())
    }
}

impl Bar for TlpBar {
    fn read32(&mut self, offset: u32) -> Result<u32, BarError> {
        let mut bytes = [0; 4];
        self.read(0, offset, &mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn write32(&mut self, offset: u32, value: u32) -> Result<(), BarError> {
        self.write(0, offset, &value.to_le_bytes())
    }

    fn read_window(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), BarError> {
        self.read(2, offset, bytes)
    }

    fn write_window(&mut self, offset: u32, bytes: &[u8]) -> Result<(), BarError> {
        self.write(2, offset, bytes)
    }

    fn now(&mut self) -> Duration {
        lock(&self.0).now()
    }

    fn relax(&mut self, _until: Duration) -> Result<(), BarError> {
        lock(&self.0).run(RELAXED);
        Ok(())
    }
}
