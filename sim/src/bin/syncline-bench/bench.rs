// SPDX-License-Identifier: MIT OR Apache-2.0
//! One bench: a Verilated core, the ideal wire, the scripted peer and the tireless host, cycle by cycle.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use syncline_regs::map;
use syncline_sim::{Config as Build, Core};

use crate::host::{Host, Windows};
use crate::packet::{self, CARD, CARD_MAC, Frame, PORT, Seen, Segment};
use crate::wire::{Sent, Wire};

/// A configuration under test.
#[derive(Clone, Copy)]
pub struct Config {
    pub width: u32,
    /// Bytes a cycle on the wire.
    pub rate: f64,
}

/// 10G at 156.25 MHz, 100G at 322.265625 MHz.
pub const CONFIGS: [Config; 2] =
    [Config { width: 64, rate: 8.0 }, Config { width: 512, rate: 100e9 / 8.0 / 322.265625e6 }];

/// A connection as the peer sees it.
#[derive(Clone, Copy, Default)]
pub struct Conn {
    pub snd_nxt: u32,
    pub rcv_nxt: u32,
    /// Right edge of the card's window.
    pub edge: u32,
    pub established: bool,
    pub closed: bool,
    /// What the peer has sent and the card has acknowledged (RFC 9293 section 3.3.1), and the end of all that was ever sent.
    pub snd_una: u32,
    pub snd_max: u32,
    pub duplicates: u32,
    /// No second fast retransmission before this is acknowledged.
    pub recover: u32,
    /// When the card acknowledged something new.
    pub progress: u64,
}

/// Cycles without an acknowledgement after which the peer sends again.
const PATIENCE: u64 = 5_000;

impl Conn {
    /// The card's ACK. A card that gets more than it can take drops segments whole, so the peer goes back like any TCP.
    fn acknowledged(&mut self, seen: &Seen, cycle: u64) {
        let same_window = seen.ack.wrapping_add(seen.window.into()) == self.edge;
        let new = seen.ack.wrapping_sub(self.snd_una) as i32;
        if new > 0 {
            (self.snd_una, self.duplicates, self.progress) = (seen.ack, 0, cycle);
            if (seen.ack.wrapping_sub(self.snd_nxt) as i32) > 0 {
                self.snd_nxt = seen.ack;
            }
        } else if new == 0 && seen.len == 0 && same_window && self.snd_max != self.snd_una {
            self.duplicates += 1;
            if self.duplicates == 3 && self.recover.wrapping_sub(self.snd_una) as i32 <= 0 {
                self.go_back(cycle);
            }
        }
    }

    fn go_back(&mut self, cycle: u64) {
        (self.snd_nxt, self.recover, self.progress) = (self.snd_una, self.snd_max, cycle);
    }
}

/// Everything that takes part.
pub struct Bench {
    pub core: Core,
    pub wire: Wire,
    pub host: Host,
    pub cycle: u64,
    /// By the peer's port.
    pub conns: BTreeMap<u16, Conn>,
    pub sent: Vec<Sent>,
    /// Payload bytes that the peer has received in order.
    pub received: u64,
    /// Segments with data from the peer, and those of them that were sent before.
    pub segments: u64,
    pub again: u64,
    /// The peer acknowledges data, sends ...
    pub sends: bool,
    /// ... segments of at most this size.
    pub mss: u16,
}

impl Bench {
    /// A card that is set up, with an ARP entry for the peer, and listens.
    pub fn new(config: Config, rate: Option<f64>, mss: u16) -> Result<Self> {
        let core = Core::new(if config.width == 64 { Build::Core64 } else { Build::Core512 }.model())?;
        let host = Host::new(&core, mss.into());
        let mut bench = Self {
            core,
            wire: Wire::new(rate),
            host,
            cycle: 0,
            conns: BTreeMap::new(),
            sent: vec![],
            received: 0,
            segments: 0,
            again: 0,
            sends: false,
            mss,
        };
        bench.core.set_now(1_000);
        bench.core.set_reset(true);
        bench.run(10)?;
        bench.core.set_reset(false);
        bench.run(20)?;
        while bench.register(map::STATUS)? & map::CardStatus::READY.bits() == 0 {}
        bench.host.windows = Windows {
            submissions: bench.register(map::BAR2_SQ)?,
            completions: bench.register(map::BAR2_CQ)?,
            events: bench.register(map::BAR2_EQ)?,
            tx: bench.register(map::BAR2_TX)?,
            rx: bench.register(map::BAR2_RX)?,
        };
        bench.host.ring = bench.register(map::RX_RING_BYTES)?;
        ensure!(bench.host.ring == bench.register(map::TX_RING_BYTES)?, "the bench wants rings of one size");
        let mac = CARD_MAC.0;
        bench.host.write(map::MAC_LO, u32::from_be_bytes([mac[2], mac[3], mac[4], mac[5]]));
        bench.host.write(map::MAC_HI, u32::from(u16::from_be_bytes([mac[0], mac[1]])));
        bench.host.write(map::IPV4_ADDR, CARD.to_bits());
        bench.host.write(map::IPV4_MASK, 0xffff_ff00);
        for i in 0..4 {
            bench.host.write(map::ISN_KEY0 + 4 * i, 0x1234_5678_u32.wrapping_mul(i + 1));
        }
        bench.host.write(map::CONTROL, map::Control::ENABLE.bits());
        let mut listen = syncline_regs::ring::Submission::new(syncline_regs::code::Opcode::Listen, 0);
        listen.lport = PORT;
        bench.host.submit(&listen);
        bench.until("the port listens", 5_000, |b| !b.host.completions.is_empty())?;
        bench.host.completions.clear();
        // The card learns the peer's address from a request of its own: a RST for a segment that nobody expects.
        bench.wire.inject(packet::segment(Segment {
            from: 1,
            to: 1,
            seq: 1,
            ack: Some(1),
            ..Segment::default()
        }));
        bench.until("the card has resolved the peer", 20_000, |b| b.sent.iter().any(|s| is_rst(&s.frame)))?;
        bench.run(200)?;
        bench.sent.clear();
        Ok(bench)
    }

    /// One cycle.
    pub fn step(&mut self) -> Result<()> {
        self.wire.drive(&mut self.core, self.cycle);
        self.host.drive(&mut self.core);
        self.core.settle();
        let sent = self.wire.sample(&self.core, self.cycle);
        self.host.sample(&self.core);
        self.core.edge();
        self.cycle += 1;
        if let Some(sent) = sent {
            self.peer(&sent)?;
            self.sent.push(sent);
        }
        if self.sends && self.wire.queued() < 2 {
            self.send_data();
        }
        Ok(())
    }

    pub fn run(&mut self, cycles: u64) -> Result<()> {
        (0..cycles).try_for_each(|_| self.step())
    }

    /// Reads a register.
    pub fn register(&mut self, offset: u32) -> Result<u32> {
        self.host.read(offset);
        self.until("a register", 1_000, |b| b.host.answer.is_some())?;
        self.host.answer.context("a register was read")
    }

    /// Runs until `done`.
    pub fn until(&mut self, what: &str, limit: u64, mut done: impl FnMut(&Self) -> bool) -> Result<()> {
        let end = self.cycle + limit;
        while !done(self) {
            ensure!(self.cycle < end, "the bench waited {limit} cycles in vain: {what}");
            self.step()?;
        }
        Ok(())
    }

    /// The peer opens connections from `ports`.
    pub fn connect(&mut self, ports: std::ops::Range<u16>) -> Result<()> {
        for from in ports.clone() {
            let seq = u32::from(from) << 16;
            let next = seq + 1;
            self.conns.insert(
                from,
                Conn { snd_nxt: next, snd_una: next, snd_max: next, recover: next, ..Conn::default() },
            );
            let mss = Some(self.mss);
            self.wire.inject(packet::segment(Segment {
                from,
                to: PORT,
                seq,
                window: u16::MAX,
                syn: true,
                mss,
                ..Segment::default()
            }));
            // Half-open flows are limited: one handshake after the other.
            self.until("a handshake", 20_000, |b| b.conns[&from].established)?;
        }
        let count = ports.len();
        self.until("the host knows the connections", 20_000, |b| b.host.flows.len() >= count)?;
        self.run(500)?;
        self.sent.clear();
        Ok(())
    }

    /// The scripted peer.
    fn peer(&mut self, sent: &Sent) -> Result<()> {
        match packet::read(&sent.frame) {
            Frame::ArpRequest(reply) => self.wire.inject(reply),
            Frame::Other => {}
            Frame::Tcp(seen) => self.segment(&seen)?,
        }
        Ok(())
    }

    fn segment(&mut self, seen: &Seen) -> Result<()> {
        let Some(conn) = self.conns.get_mut(&seen.to) else { return Ok(()) };
        ensure!(!seen.rst, "the card reset the connection of port {}", seen.to);
        if self.sends {
            conn.acknowledged(seen, self.cycle);
        }
        conn.edge = seen.ack.wrapping_add(seen.window.into());
        let mut answer = false;
        if seen.syn {
            conn.rcv_nxt = seen.seq.wrapping_add(1);
            conn.established = true;
            answer = true;
        } else if seen.seq == conn.rcv_nxt {
            conn.rcv_nxt = conn.rcv_nxt.wrapping_add(seen.len as u32);
            self.received += seen.len as u64;
            answer = seen.len > 0;
            if seen.fin {
                conn.rcv_nxt = conn.rcv_nxt.wrapping_add(1);
                conn.closed = true;
                answer = true;
            }
        }
        if answer {
            let (from, seq, ack) = (seen.to, conn.snd_nxt, Some(conn.rcv_nxt));
            self.wire.inject(packet::segment(Segment {
                from,
                to: PORT,
                seq,
                ack,
                window: u16::MAX,
                ..Segment::default()
            }));
        }
        Ok(())
    }

    /// The next segment of the connection with the most window; half a segment at least, so that a window that is no
    /// multiple of the MSS is used too.
    fn send_data(&mut self) {
        let mss = u32::from(self.mss);
        for conn in self.conns.values_mut() {
            if conn.snd_una != conn.snd_max && self.cycle - conn.progress > PATIENCE {
                conn.go_back(self.cycle);
            }
        }
        let open = |c: &Conn| c.edge.wrapping_sub(c.snd_nxt) as i32;
        let Some((port, conn)) =
            self.conns.iter_mut().filter(|(_, c)| c.established).max_by_key(|(_, c)| open(c))
        else {
            return;
        };
        let room = open(conn).max(0) as u32;
        if room < mss.div_ceil(2) {
            return;
        }
        let len = room.min(mss);
        let (seq, ack) = (conn.snd_nxt, Some(conn.rcv_nxt));
        conn.snd_nxt = seq.wrapping_add(len);
        self.segments += 1;
        if (conn.snd_nxt.wrapping_sub(conn.snd_max) as i32) > 0 {
            if conn.snd_max == conn.snd_una {
                conn.progress = self.cycle;
            }
            conn.snd_max = conn.snd_nxt;
        } else {
            self.again += 1;
        }
        let segment = Segment {
            from: *port,
            to: PORT,
            seq,
            ack,
            window: u16::MAX,
            len: len as usize,
            ..Segment::default()
        };
        self.wire.inject(packet::segment(segment));
    }
}

/// The frame is a TCP segment with RST.
fn is_rst(frame: &[u8]) -> bool {
    matches!(packet::read(frame), Frame::Tcp(seen) if seen.rst)
}
