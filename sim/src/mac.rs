// SPDX-License-Identifier: MIT OR Apache-2.0
//! The simulated MACs: frames to beats and back, at the pace of the wire.

use crate::impair::Fate;
use crate::model::Core;
use std::collections::VecDeque;
use std::time::Duration;

/// A cycle and its virtual time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    /// Clock cycle since the start.
    pub cycle: u64,
    /// Virtual time at that cycle.
    pub time: Duration,
}

/// A frame at the card's port, without FCS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// From the destination MAC on.
    pub bytes: Vec<u8>,
    /// When the first beat was taken.
    pub first: Stamp,
    /// When the last beat was taken.
    pub last: Stamp,
    /// What the link has done to it.
    pub fate: Fate,
}

impl Frame {
    /// A frame that has not been at the card yet.
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Frame { bytes, first: Stamp::default(), last: Stamp::default(), fate: Fate::default() }
    }
}

/// How much of the line is used, in byte times of the data path (cycle times bytes of a beat).
#[derive(Debug, Default)]
struct Pace {
    /// The line is taken up to here.
    free: u64,
}

impl Pace {
    /// May a frame start in `cycle`?
    fn may_start(&self, cycle: u64, lanes: u64) -> bool {
        self.free < (cycle + 1) * lanes
    }

    /// A frame that takes `wire_bytes` starts in `cycle`.
    fn start(&mut self, cycle: u64, lanes: u64) {
        self.free = self.free.max(cycle * lanes);
    }

    fn spend(&mut self, wire_bytes: u64) {
        self.free += wire_bytes;
    }
}

/// Frames into the card.
#[derive(Debug, Default)]
pub(crate) struct Inlet {
    queue: VecDeque<Frame>,
    /// Bytes of the first frame that have been taken.
    sent: usize,
    offered: bool,
    first: Stamp,
    pace: Pace,
    /// Cycles in which the card did not take a beat that was there.
    pub stalled: u64,
}

impl Inlet {
    pub fn push(&mut self, frame: Frame) {
        if !frame.bytes.is_empty() {
            self.queue.push_back(frame);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Offers the next beat, if it is time.
    pub fn drive(&mut self, core: &mut Core, cycle: u64) {
        if self.offered {
            return;
        }
        let Some(Frame { bytes: frame, .. }) = self.queue.front() else { return };
        let lanes = core.lanes();
        if self.sent == 0 && !self.pace.may_start(cycle, lanes as u64) {
            return;
        }
        let end = (self.sent + lanes).min(frame.len());
        core.offer(&frame[self.sent..end], end == frame.len());
        self.offered = true;
    }

    /// Looks at `ready`; the frame, if this was its last beat.
    pub fn sample(
        &mut self,
        core: &mut Core,
        stamp: Stamp,
        wire_bytes: impl Fn(usize) -> u64,
    ) -> Option<Frame> {
        if !self.offered {
            return None;
        }
        if !core.rx_ready() {
            self.stalled += 1;
            return None;
        }
        let lanes = core.lanes();
        if self.sent == 0 {
            self.first = stamp;
            self.pace.start(stamp.cycle, lanes as u64);
        }
        self.offered = false;
        self.sent += lanes;
        let length = self.queue.front().map_or(0, |frame| frame.bytes.len());
        if self.sent < length {
            return None;
        }
        self.sent = 0;
        self.pace.spend(wire_bytes(length));
        let frame = self.queue.pop_front()?;
        Some(Frame { first: self.first, last: stamp, ..frame })
    }

    /// After the edge: withdraws what was taken.
    pub fn release(&mut self, core: &mut Core) {
        if !self.offered {
            core.offer_nothing();
        }
    }
}

/// Frames out of the card.
#[derive(Debug, Default)]
pub(crate) struct Outlet {
    bytes: Vec<u8>,
    first: Stamp,
    pace: Pace,
    ready: bool,
}

impl Outlet {
    /// Is a frame halfway out?
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Gives or holds back `ready`.
    pub fn drive(&mut self, core: &mut Core, cycle: u64) {
        let ready = !self.bytes.is_empty() || self.pace.may_start(cycle, core.lanes() as u64);
        if ready != self.ready {
            core.set_tx_ready(ready);
            self.ready = ready;
        }
    }

    /// Takes a beat; the frame, if this was its last.
    pub fn sample(&mut self, core: &Core, stamp: Stamp, wire_bytes: impl Fn(usize) -> u64) -> Option<Frame> {
        if !self.ready || !core.tx_valid() {
            return None;
        }
        if self.bytes.is_empty() {
            self.first = stamp;
            self.pace.start(stamp.cycle, core.lanes() as u64);
        }
        if !core.take(&mut self.bytes) {
            return None;
        }
        self.pace.spend(wire_bytes(self.bytes.len()));
        let bytes = std::mem::take(&mut self.bytes);
        Some(Frame { first: self.first, last: stamp, ..Frame::new(bytes) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_is_never_oversubscribed_nor_wasted() {
        // 84 bytes a frame on 8 lanes: a frame every 10.5 cycles.
        let mut pace = Pace::default();
        let mut starts = Vec::new();
        for cycle in 0..1050 {
            if pace.may_start(cycle, 8) {
                pace.start(cycle, 8);
                pace.spend(84);
                starts.push(cycle);
            }
        }
        assert_eq!(starts.len(), 100);
        assert_eq!(&starts[..4], [0, 10, 21, 31]);
    }
}
