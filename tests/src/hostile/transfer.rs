// SPDX-License-Identifier: MIT OR Apache-2.0
//! The transfer that goes on through all, and the peace after.

use std::net::Ipv4Addr;

use syncline_regs::code::State;
use syncline_sim::peer::{Service, SmoltcpPeer};

use super::lab::{LIMIT, Lab, echo, lock};
use crate::subject::LOCAL;

/// Bytes that a transfer has at least.
const BYTES: u64 = 20_000;

/// Bytes of a stream, read and compared one after the other.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    sent: u64,
    back: u64,
}

impl Lab {
    /// Bytes go out to the echo service and come back, while these frames are on the wire too. Every byte is compared.
    ///
    /// # Panics
    /// When one differs, or the transfer does not come to its end.
    pub fn transfer(&mut self, frames: impl IntoIterator<Item = Vec<u8>>) {
        let mut frames = frames.into_iter().peekable();
        let least = self.progress.sent + BYTES;
        let end = self.device.now() + LIMIT;
        let pattern = |i: u64| SmoltcpPeer::pattern(i);
        while frames.peek().is_some() || self.progress.sent < least || self.progress.back < self.progress.sent
        {
            let room = self.crowd.saturating_sub(self.card().waiting());
            for frame in frames.by_ref().take(room) {
                self.card().inject(frame);
            }
            let mut busy = false;
            if frames.peek().is_some() || self.progress.sent < least {
                let data: Vec<u8> = (self.progress.sent..).map(pattern).take(1_000).collect();
                if let Some(count) = self.stream.try_write(&data).expect("a write") {
                    self.progress.sent += count as u64;
                    busy |= count > 0;
                }
            }
            let mut buffer = [0; 4096];
            if let Some(count) = self.stream.try_read(&mut buffer).expect("a read") {
                assert_ne!(count, 0, "the friend has closed");
                for (i, byte) in (self.progress.back..).zip(&buffer[..count]) {
                    assert_eq!(*byte, pattern(i), "byte {i}");
                }
                self.progress.back += count as u64;
                busy = true;
            }
            assert!(self.device.now() < end, "wedged: {:?}, {:?}", self.progress, self.stream.info());
            if !busy {
                self.device.poll(end).expect("a poll");
            }
        }
    }

    /// Bytes that have come back so far.
    pub fn back(&self) -> u64 {
        self.progress.back
    }

    /// The peace after: the old connection is closed, new ones are made in both directions, and every flow comes back.
    ///
    /// # Panics
    /// When one of these fails.
    pub fn finish(mut self) {
        self.transfer([]);
        let old = std::mem::replace(
            &mut self.stream,
            self.device.connect_from(40_001, echo(), LIMIT).expect("out"),
        );
        old.close().expect("close");
        self.progress = Progress::default();
        self.transfer([]);

        let listener = self.device.listen(5_000).expect("a port");
        self.street().friend.connect(Ipv4Addr::from_bits(LOCAL), 5_000, Service::Source(BYTES));
        self.card().poke();
        let mut incoming = listener.accept(LIMIT).expect("in");
        let mut got = 0;
        let end = self.device.now() + LIMIT;
        let mut buffer = [0; 4096];
        loop {
            match incoming.try_read(&mut buffer).expect("a read") {
                Some(0) => break,
                Some(count) => {
                    for byte in &buffer[..count] {
                        assert_eq!(*byte, SmoltcpPeer::pattern(got), "byte {got}");
                        got += 1;
                    }
                }
                None => self.device.poll(end).expect("a poll"),
            }
            assert!(self.device.now() < end, "wedged: {:?}", incoming.info());
        }
        assert_eq!(got, BYTES);
        incoming.close().expect("close");
        let Lab { card, device, stream, .. } = self;
        stream.close().expect("close");
        while !device.connections().expect("the table").iter().all(|flow| flow.state == State::Closed) {
            assert!(device.now() < end, "{:?}", device.connections());
            device.poll(end).expect("a poll");
        }
        assert_eq!(lock(&card).link_stats().1.too_long, 0, "the card has sent a giant");
    }
}
