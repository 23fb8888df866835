// SPDX-License-Identifier: MIT OR Apache-2.0
//! The model as a whole card: look-up, rings, timers and transmit turns around the [`Processor`].
//!
//! Segments, host calls and time go in; segments, completions and snapshots come out. Nothing happens by itself: time moves by
//! [`Endpoint::advance_to`] alone, and every segment that is due is ready when a call returns.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::tcb::{
    Completion, Config, Event, EventKind, Op, Outputs, Processor, Step, Tcb, TimerAction, TxRequest, Verdict,
    flags,
};

/// A TCP segment with what its IP header says.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Segment {
    /// Source address.
    pub src: u32,
    /// Destination address.
    pub dst: u32,
    /// Source port.
    pub src_port: u16,
    /// Destination port.
    pub dst_port: u16,
    /// SEG.SEQ.
    pub seq: u32,
    /// SEG.ACK.
    pub ack: u32,
    /// The flags byte ([`flags`]).
    pub flags: u8,
    /// SEG.WND.
    pub window: u16,
    /// The MSS option.
    pub mss: Option<u16>,
    /// The text.
    pub payload: Vec<u8>,
}

impl Segment {
    /// The sequence number after this segment: SEG.SEQ + SEG.LEN.
    pub fn end(&self) -> u32 {
        let controls = u32::from(self.flags & flags::SYN != 0) + u32::from(self.flags & flags::FIN != 0);
        self.seq.wrapping_add(self.payload.len() as u32).wrapping_add(controls)
    }
}

/// A connection as the host names it.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Handle {
    /// The flow.
    pub flow: u16,
    /// Which use of the flow.
    pub generation: u16,
}

/// Why an open was not possible.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// The 4-tuple has a connection.
    InUse,
    /// No flow is free.
    Full,
}

/// Sizes and addresses.
#[derive(Copy, Clone, Debug)]
pub struct Setup {
    /// Own address.
    pub addr: u32,
    /// Flows.
    pub flows: usize,
    /// Bytes of each ring, a power of two.
    pub ring: u32,
    /// Flows that may be in SYN-RECEIVED without having been opened by the host.
    pub half_open: usize,
    /// TCP limits.
    pub config: Config,
}

impl Default for Setup {
    fn default() -> Self {
        Setup { addr: 0x0a00_0001, flows: 16, ring: 4096, half_open: 8, config: Config::default() }
    }
}

type Tuple = (u32, u16, u16);

#[derive(Clone, Debug)]
struct Flow {
    transmit: Vec<u8>,
    receive: Vec<u8>,
    /// The host may read everything before this; nothing before the connection is established.
    placed: Option<u32>,
    deadline: Option<u64>,
    allocated: bool,
    notify: bool,
}

/// One card, around the model's processor or another one.
#[derive(Clone, Debug)]
pub struct Endpoint<P = Processor> {
    setup: Setup,
    processor: P,
    now: u64,
    isn: u32,
    lookup: HashMap<Tuple, u16>,
    listening: HashSet<u16>,
    flows: Vec<Flow>,
    sent: VecDeque<Segment>,
}

impl Endpoint {
    /// A card at time 0.
    ///
    /// # Panics
    /// If the ring is not a power of two.
    pub fn new(setup: Setup) -> Self {
        Endpoint::around(Processor::new(setup.config, setup.flows, setup.ring), setup)
    }
}

impl<P: Step> Endpoint<P> {
    /// A card at time 0 with this processor.
    pub fn around(processor: P, setup: Setup) -> Self {
        let ring = vec![0; setup.ring as usize];
        let flow = Flow {
            transmit: ring.clone(),
            receive: ring,
            placed: None,
            deadline: None,
            allocated: false,
            notify: false,
        };
        Endpoint {
            processor,
            now: 0,
            isn: 0,
            lookup: HashMap::new(),
            listening: HashSet::new(),
            flows: vec![flow; setup.flows],
            sent: VecDeque::new(),
            setup,
        }
    }

    /// The time, us.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// The ISN of the next connection; each later one is 64,000 above the one before.
    pub fn set_isn(&mut self, isn: u32) {
        self.isn = isn;
    }

    /// SYNs to this port are welcome.
    pub fn listen(&mut self, port: u16) {
        self.listening.insert(port);
    }

    /// ... or no longer.
    pub fn unlisten(&mut self, port: u16) {
        self.listening.remove(&port);
    }

    /// The earliest deadline.
    pub fn next_deadline(&self) -> Option<u64> {
        self.flows.iter().filter_map(|flow| flow.deadline).min()
    }

    /// A flow's deadline.
    pub fn deadline(&self, flow: u16) -> Option<u64> {
        self.flows[usize::from(flow)].deadline
    }

    /// Moves the clock, with every expiry at its own time.
    ///
    /// # Panics
    /// If time goes back.
    pub fn advance_to(&mut self, time: u64) {
        assert!(time >= self.now, "time goes back from {} to {time}", self.now);
        while let Some(deadline) = self.next_deadline().filter(|&deadline| deadline <= time) {
            self.now = deadline.max(self.now);
            for flow in 0..self.flows.len() {
                if self.flows[flow].deadline == Some(deadline) {
                    self.flows[flow].deadline = None;
                    self.event(&Event { kind: EventKind::Timer, ..hit(flow as u16) }, &[]);
                }
            }
        }
        self.now = time;
    }

    /// The oldest segment that has been sent and not been taken.
    pub fn take(&mut self) -> Option<Segment> {
        self.sent.pop_front()
    }

    /// A segment arrives. One for another address is ignored, as IP would.
    pub fn segment(&mut self, segment: &Segment) {
        if segment.dst != self.setup.addr {
            return;
        }
        let tuple = (segment.src, segment.src_port, segment.dst_port);
        let mut event = Event {
            kind: EventKind::Segment,
            listen: self.listening.contains(&segment.dst_port),
            raddr: segment.src,
            rport: segment.src_port,
            lport: segment.dst_port,
            seq: segment.seq,
            ack: segment.ack,
            end: segment.end(),
            flags: segment.flags,
            wnd: segment.window,
            len: segment.payload.len() as u16,
            // Outside a SYN the option means nothing (RFC 9293, MUST-65).
            mss: segment.mss.filter(|_| segment.flags & flags::SYN != 0).unwrap_or(0),
            ..Event::default()
        };
        let controls = segment.flags & (flags::SYN | flags::ACK | flags::RST | flags::FIN);
        if let Some(&flow) = self.lookup.get(&tuple) {
            event.hit = true;
            event.flow = flow;
        } else if controls == flags::SYN && event.listen && self.half_open() < self.setup.half_open {
            self.allocate(tuple, &mut event);
        }
        self.event(&event, &segment.payload);
    }

    fn half_open(&self) -> usize {
        let embryo = |tcb: &Tcb| tcb.state == crate::tcb::State::SynReceived && !tcb.active;
        (0..self.setup.flows).filter(|&flow| embryo(self.processor.tcb(flow as u16))).count()
    }

    fn allocate(&mut self, tuple: Tuple, event: &mut Event) {
        let Some(flow) = self.flows.iter().position(|flow| !flow.allocated) else { return };
        self.flows[flow].allocated = true;
        self.flows[flow].placed = None;
        self.lookup.insert(tuple, flow as u16);
        event.hit = true;
        event.new = true;
        event.flow = flow as u16;
        event.isn = self.isn;
        self.isn = self.isn.wrapping_add(64_000);
    }

    /// Active open.
    ///
    /// # Errors
    /// When the tuple has a connection or no flow is free.
    pub fn open(&mut self, raddr: u32, rport: u16, lport: u16, nodelay: bool) -> Result<Handle, OpenError> {
        let tuple = (raddr, rport, lport);
        if self.lookup.contains_key(&tuple) {
            return Err(OpenError::InUse);
        }
        let mut event = Event {
            kind: EventKind::Command,
            op: Op::Open,
            raddr,
            rport,
            lport,
            flags: nodelay.into(),
            ..Event::default()
        };
        self.allocate(tuple, &mut event);
        if !event.hit {
            return Err(OpenError::Full);
        }
        self.event(&event, &[]);
        Ok(Handle { flow: event.flow, generation: self.tcb(event.flow).generation })
    }

    /// Shutdown, Close or Abort.
    pub fn command(&mut self, op: Op, handle: Handle) -> Completion {
        let event = Event { kind: EventKind::Command, op, isn: handle.generation.into(), ..hit(handle.flow) };
        self.event(&event, &[]).completion.unwrap_or_default()
    }

    /// ARP has given up on the flow's next hop.
    pub fn unreachable(&mut self, flow: u16) {
        self.event(&Event { kind: EventKind::Unreachable, ..hit(flow) }, &[]);
    }

    /// Queues as much as the transmit ring has room for; returns how much that was.
    pub fn write(&mut self, flow: u16, data: &[u8]) -> usize {
        let tcb = *self.tcb(flow);
        let queued = tcb.snd_end.wrapping_sub(tcb.snd_una);
        let count = data.len().min(self.setup.ring.saturating_sub(queued) as usize);
        if count == 0 {
            return 0;
        }
        for (i, &byte) in data[..count].iter().enumerate() {
            let at = self.offset(tcb.snd_end.wrapping_add(i as u32));
            self.flows[usize::from(flow)].transmit[at] = byte;
        }
        let end = tcb.snd_end.wrapping_add(count as u32);
        let outputs = self.event(&Event { kind: EventKind::Doorbell, flags: 1, ack: end, ..hit(flow) }, &[]);
        if outputs.bad { 0 } else { count }
    }

    /// Bytes that can be read.
    pub fn readable(&self, flow: u16) -> usize {
        let placed = self.flows[usize::from(flow)].placed;
        placed.map_or(0, |placed| placed.wrapping_sub(self.tcb(flow).rcv_user) as usize)
    }

    /// Reads up to `limit` bytes and gives their room back.
    pub fn read(&mut self, flow: u16, limit: usize) -> Vec<u8> {
        let from = self.tcb(flow).rcv_user;
        let count = self.readable(flow).min(limit);
        if count == 0 {
            return Vec::new();
        }
        let ring = &self.flows[usize::from(flow)].receive;
        let data = (0..count).map(|i| ring[self.offset(from.wrapping_add(i as u32))]).collect();
        let seq = from.wrapping_add(count as u32);
        self.event(&Event { kind: EventKind::Doorbell, flags: 2, seq, ..hit(flow) }, &[]);
        data
    }

    /// Any event at all, for tests.
    pub fn raw(&mut self, event: &Event) -> Outputs {
        self.event(event, &[])
    }

    /// A flow's TCB.
    pub fn tcb(&self, flow: u16) -> &Tcb {
        self.processor.tcb(flow)
    }

    /// The flow of a connection.
    pub fn find(&self, raddr: u32, rport: u16, lport: u16) -> Option<u16> {
        self.lookup.get(&(raddr, rport, lport)).copied()
    }

    /// A connection's handle.
    pub fn handle(&self, flow: u16) -> Handle {
        Handle { flow, generation: self.tcb(flow).generation }
    }

    /// The host was asked to look at this flow; asking clears it.
    pub fn notified(&mut self, flow: u16) -> bool {
        std::mem::take(&mut self.flows[usize::from(flow)].notify)
    }

    /// Flows that can be allocated.
    pub fn free(&self) -> usize {
        self.flows.iter().filter(|flow| !flow.allocated).count()
    }

    fn offset(&self, seq: u32) -> usize {
        (seq & (self.setup.ring - 1)) as usize
    }

    /// One event, and the transmit turns that follow from it.
    fn event(&mut self, event: &Event, payload: &[u8]) -> Outputs {
        let first = self.one(event, payload);
        let mut turn = first.turn;
        while turn {
            turn = self.one(&Event { kind: EventKind::Turn, ..hit(event.flow) }, &[]).turn;
        }
        first
    }

    fn one(&mut self, event: &Event, payload: &[u8]) -> Outputs {
        let outputs = self.processor.step(self.now, event);
        if let Some(verdict) = &outputs.verdict {
            self.place(verdict, payload);
        }
        if let Some(request) = &outputs.request {
            self.transmit(request);
        }
        if event.hit {
            let tcb = *self.processor.tcb(event.flow);
            let flow = &mut self.flows[usize::from(event.flow)];
            match outputs.timer {
                TimerAction::Keep => {}
                TimerAction::Set(after) => flow.deadline = Some(self.now + u64::from(after)),
                TimerAction::Clear => flow.deadline = None,
            }
            flow.notify |= outputs.notify;
            if outputs.removal.remove {
                self.lookup.remove(&(tcb.raddr, tcb.rport, tcb.lport));
            }
            if outputs.removal.free {
                flow.allocated = false;
                flow.notify = false;
            }
        }
        outputs
    }

    fn place(&mut self, verdict: &Verdict, payload: &[u8]) {
        let flow = usize::from(verdict.flow);
        if verdict.place {
            let skip = usize::from(verdict.skip);
            for (i, &byte) in payload[skip..skip + usize::from(verdict.take)].iter().enumerate() {
                let at = self.offset(verdict.seq.wrapping_add(i as u32));
                self.flows[flow].receive[at] = byte;
            }
        }
        if verdict.place || verdict.start {
            self.flows[flow].placed = Some(verdict.placed);
        }
    }

    fn transmit(&mut self, request: &TxRequest) {
        let ring = |i: u32| {
            let at = self.offset(request.seq.wrapping_add(i));
            self.flows[usize::from(request.flow)].transmit[at]
        };
        self.sent.push_back(Segment {
            src: self.setup.addr,
            dst: request.raddr,
            src_port: request.lport,
            dst_port: request.rport,
            seq: request.seq,
            ack: request.ack,
            flags: request.flags,
            window: request.wnd,
            mss: (request.mss != 0).then_some(request.mss),
            payload: (0..request.len.into()).map(ring).collect(),
        });
    }
}

fn hit(flow: u16) -> Event {
    Event { hit: true, flow, ..Event::default() }
}
