// SPDX-License-Identifier: MIT OR Apache-2.0
//! The ideal link of the bench: frames at line rate, or back to back, and nothing lost.

use std::collections::VecDeque;

use syncline_sim::Core;

/// Bytes on the wire beside the frame: FCS, preamble and start delimiter, inter-frame gap.
pub const OVERHEAD: usize = 4 + 8 + 12;
/// Least frame without FCS.
pub const LEAST: usize = 60;

/// A frame that the core has sent.
pub struct Sent {
    pub frame: Vec<u8>,
    /// The cycle in which its first beat was offered.
    pub first: u64,
}

/// Both directions between the MAC side of the core and the peer.
pub struct Wire {
    /// Bytes a cycle; `None`: back to back, a beat a cycle.
    rate: Option<f64>,
    /// Frames for the core, with the time at which each begins on the wire.
    queue: VecDeque<(Vec<u8>, f64)>,
    at: usize,
    cycle: u64,
    rx_free: f64,
    tx_free: f64,
    sending: Vec<u8>,
    first: Option<u64>,
    in_frame: bool,
    started: u64,
    offered: bool,
    tx_open: bool,
    /// The cycle in which the last beat of each injected frame was taken, latest last.
    pub taken: Option<u64>,
    /// Cycles in which the receive side had no frame to give.
    pub idle: u64,
}

impl Wire {
    pub fn new(rate: Option<f64>) -> Self {
        Self {
            rate,
            queue: VecDeque::new(),
            at: 0,
            cycle: 0,
            rx_free: 0.0,
            tx_free: 0.0,
            sending: vec![],
            first: None,
            in_frame: false,
            started: 0,
            offered: false,
            tx_open: false,
            taken: None,
            idle: 0,
        }
    }

    /// Queues a frame for the core, padded. A frame that the core takes a cycle late does not move those behind it: a MAC has a FIFO.
    pub fn inject(&mut self, mut frame: Vec<u8>) {
        if frame.len() < LEAST {
            frame.resize(LEAST, 0);
        }
        let start = self.rx_free.max(self.cycle as f64);
        self.rx_free = start + self.cost(frame.len());
        self.queue.push_back((frame, start));
    }

    /// Cycles that a frame occupies the wire.
    fn cost(&self, len: usize) -> f64 {
        self.rate.map_or(0.0, |rate| (len.max(LEAST) + OVERHEAD) as f64 / rate)
    }

    /// Frames that the core has not taken yet.
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Drives the inputs of this cycle.
    pub fn drive(&mut self, core: &mut Core, cycle: u64) {
        self.cycle = cycle;
        self.tx_open = self.in_frame || self.tx_free <= cycle as f64;
        self.offered = false;
        match self.queue.front() {
            Some((frame, start)) if *start <= cycle as f64 => {
                let end = (self.at + core.lanes()).min(frame.len());
                core.offer(&frame[self.at..end], end == frame.len());
                self.offered = true;
            }
            other => {
                self.idle += u64::from(other.is_none());
                core.offer_nothing();
            }
        }
        core.set_tx_ready(self.tx_open);
    }

    /// Looks at the settled outputs of this cycle.
    pub fn sample(&mut self, core: &Core, cycle: u64) -> Option<Sent> {
        if self.offered && core.rx_ready() {
            self.at += core.lanes();
            if self.queue.front().is_some_and(|(frame, _)| self.at >= frame.len()) {
                self.queue.pop_front();
                self.at = 0;
                self.taken = Some(cycle);
            }
        }
        if !core.tx_valid() {
            return None;
        }
        self.first.get_or_insert(cycle);
        if !self.tx_open {
            return None;
        }
        if !self.in_frame {
            self.in_frame = true;
            self.started = cycle;
        }
        if !core.take(&mut self.sending) {
            return None;
        }
        let frame = std::mem::take(&mut self.sending);
        // The wire does not begin with a clock edge: a frame that waited for it begins when the one before has ended.
        let waited = (self.started as f64) < self.tx_free + 1.0;
        let start = if waited { self.tx_free } else { self.started as f64 };
        self.tx_free = start + self.cost(frame.len());
        self.in_frame = false;
        Some(Sent { frame, first: self.first.take().unwrap_or(cycle) })
    }
}
