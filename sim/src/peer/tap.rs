// SPDX-License-Identifier: MIT OR Apache-2.0
//! A peer outside this process: a Linux TAP device, so that the kernel's TCP and every program is at the other end.
//! Needs a simulation on wall-clock time.

use super::{Peer, sys};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Write};
use std::time::Duration;

/// How often the device is looked at while the card is busy.
const INTERVAL: Duration = Duration::from_micros(50);
/// Room for any frame that the kernel gives.
const MAX_FRAME: usize = 65_536;

/// The peer behind the TAP device.
#[derive(Debug)]
pub struct TapPeer {
    device: File,
    buffer: Vec<u8>,
    /// Frames that the device did not take.
    lost: u64,
}

impl TapPeer {
    /// Attaches to the TAP device `name`, which is made if it is not there and we may.
    ///
    /// # Errors
    /// The name is too long, `/dev/net/tun` can't be opened, or the kernel refuses (no such device and no privilege).
    pub fn open(name: &str) -> io::Result<TapPeer> {
        Ok(TapPeer { device: sys::attach(name)?, buffer: vec![0; MAX_FRAME], lost: 0 })
    }

    /// Lets the device stay when this peer is dropped.
    pub(super) fn keep(&self) -> io::Result<()> {
        sys::keep(&self.device)
    }

    /// Frames that the device did not take (it is down, or its queue is full).
    pub fn lost(&self) -> u64 {
        self.lost
    }
}

impl Peer for TapPeer {
    fn poll(&mut self, _: Duration, received: &mut VecDeque<Vec<u8>>, send: &mut Vec<Vec<u8>>) {
        for frame in received.drain(..) {
            self.lost += u64::from(self.device.write(&frame).is_err());
        }
        // An error other than "nothing there" means that the device is down: also nothing there.
        while let Ok(length @ 1..) = self.device.read(&mut self.buffer) {
            send.push(self.buffer[..length].to_vec());
        }
    }

    fn deadline(&mut self, now: Duration) -> Option<Duration> {
        Some(now + INTERVAL)
    }

    fn wait(&mut self, limit: Duration) {
        sys::wait_readable(&self.device, limit);
    }
}
