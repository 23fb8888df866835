// SPDX-License-Identifier: MIT OR Apache-2.0
//! The TCP under test, and the model as one.

use std::collections::HashMap;

use syncline_model::{
    endpoint::{Endpoint, Handle, Segment, Setup},
    tcb::{Config, Op, Processor, Reason, State, Step},
};

/// The address of the TCP under test.
pub const LOCAL: u32 = 0x0a00_0001;
/// The address of the peer.
pub const PEER: u32 = 0x0a00_0002;

/// Names a connection between [`LOCAL`] and [`PEER`].
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ports {
    /// The peer's port.
    pub peer: u16,
    /// The port of the TCP under test.
    pub local: u16,
}

/// What the host can see of a connection.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Default)]
pub struct Info {
    /// CLOSED when there is none.
    pub state: State,
    /// Why it ended.
    pub reason: Reason,
    /// Congestion window, bytes.
    pub cwnd: u32,
    /// Retransmission time-out, us.
    pub rto: u32,
}

/// A TCP with one peer, on virtual time in microseconds. Nothing happens between two calls.
pub trait Subject {
    /// The time.
    fn now(&self) -> u64;
    /// A segment arrives from the peer.
    fn inject(&mut self, segment: &Segment);
    /// Runs until a segment to the peer is out, or until nothing more can happen up to the time `until`. The time is then that of
    /// the segment, or `until`.
    fn next_segment(&mut self, until: u64) -> Option<Segment>;
    /// SYNs to this port are welcome.
    fn listen(&mut self, port: u16);
    /// Active open, with Nagle off if `nodelay`; false when it is refused.
    fn open(&mut self, ports: Ports, nodelay: bool) -> bool;
    /// Shutdown, Close or Abort; false when it is refused.
    fn command(&mut self, op: Op, ports: Ports) -> bool;
    /// Queues bytes; returns how many were taken.
    fn write(&mut self, ports: Ports, data: &[u8]) -> usize;
    /// Reads up to `limit` bytes.
    fn read(&mut self, ports: Ports, limit: usize) -> Vec<u8>;
    /// What the host can see.
    fn info(&mut self, ports: Ports) -> Info;
    /// Flows that are not in use.
    fn free(&mut self) -> usize;
}

/// The limits that every transcript assumes: those that the RFCs recommend.
pub fn config() -> Config {
    Config::default()
}

/// Sizes that every transcript assumes: 16 flows with rings of 4 KiB.
pub fn setup() -> Setup {
    Setup { addr: LOCAL, config: config(), ..Setup::default() }
}

/// The reference model as the TCP under test, around its own processor or another one.
pub struct Model<P = Processor> {
    endpoint: Endpoint<P>,
    handles: HashMap<Ports, Handle>,
}

impl Model {
    /// A model whose first ISN is `isn`.
    pub fn new(isn: u32) -> Self {
        Model::around(Endpoint::new(setup()), isn)
    }
}

impl<P: Step> Model<P> {
    /// The same with any endpoint.
    pub fn around(mut endpoint: Endpoint<P>, isn: u32) -> Self {
        endpoint.set_isn(isn);
        Model { endpoint, handles: HashMap::new() }
    }

    fn handle(&mut self, ports: Ports) -> Option<Handle> {
        if let Some(flow) = self.endpoint.find(PEER, ports.peer, ports.local) {
            self.handles.insert(ports, self.endpoint.handle(flow));
        }
        let handle = *self.handles.get(&ports)?;
        (self.endpoint.tcb(handle.flow).generation == handle.generation).then_some(handle)
    }
}

impl<P: Step> Subject for Model<P> {
    fn now(&self) -> u64 {
        self.endpoint.now()
    }

    fn inject(&mut self, segment: &Segment) {
        self.endpoint.segment(segment);
    }

    fn next_segment(&mut self, until: u64) -> Option<Segment> {
        loop {
            if let Some(segment) = self.endpoint.take() {
                return Some(segment);
            }
            match self.endpoint.next_deadline().filter(|&deadline| deadline <= until) {
                Some(deadline) => self.endpoint.advance_to(deadline),
                None => {
                    self.endpoint.advance_to(until);
                    return None;
                }
            }
        }
    }

    fn listen(&mut self, port: u16) {
        self.endpoint.listen(port);
    }

    fn open(&mut self, ports: Ports, nodelay: bool) -> bool {
        self.endpoint.open(PEER, ports.peer, ports.local, nodelay).is_ok()
    }

    fn command(&mut self, op: Op, ports: Ports) -> bool {
        self.handle(ports).is_some_and(|handle| !self.endpoint.command(op, handle).bad)
    }

    fn write(&mut self, ports: Ports, data: &[u8]) -> usize {
        self.handle(ports).map_or(0, |handle| self.endpoint.write(handle.flow, data))
    }

    fn read(&mut self, ports: Ports, limit: usize) -> Vec<u8> {
        self.handle(ports).map_or_else(Vec::new, |handle| self.endpoint.read(handle.flow, limit))
    }

    fn info(&mut self, ports: Ports) -> Info {
        self.handle(ports).map_or_else(Info::default, |handle| {
            let tcb = self.endpoint.tcb(handle.flow);
            Info { state: tcb.state, reason: tcb.reason, cwnd: tcb.cwnd, rto: tcb.rto }
        })
    }

    fn free(&mut self) -> usize {
        self.endpoint.free()
    }
}
