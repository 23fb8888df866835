// SPDX-License-Identifier: MIT OR Apache-2.0
//! The rings: commands out, completions and snapshots in, ring memory in both directions.

use std::collections::{HashMap, VecDeque};
use std::net::{SocketAddr, SocketAddrV4};
use std::time::Duration;

use syncline_regs::code::{Opcode, Reason, State, Status};
use syncline_regs::connection::Flags;
use syncline_regs::ring::{self, Completion, Slot, Snapshot, Submission, Words};
use syncline_regs::{ALL_ONES, ENTRY_BYTES, ENTRY_STRIDE, map};

use crate::{Bar, BarError, Error, Limits, Result};

/// A command's completion comes within microseconds; this is for a card that hangs.
const COMMAND_LIMIT: Duration = Duration::from_secs(5);

/// A connection of ours: which use of which flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Handle {
    pub flow: u16,
    pub generation: u16,
    pub peer: SocketAddr,
    pub lport: u16,
}

/// What the driver keeps of a flow.
#[derive(Default)]
struct Flow {
    /// The latest snapshot, of whatever generation.
    snapshot: Option<Snapshot>,
    /// The generation that belongs to a handle (or waits to be accepted), with our ends of the rings.
    ours: Option<Ours>,
    /// The last generation that was given back: what the event ring still holds of it is old.
    given_back: Option<u16>,
}

#[derive(Clone, Copy)]
struct Ours {
    generation: u16,
    /// Behind the last byte written: the card's `snd_end`.
    snd_end: u32,
    /// Behind the last byte read: the card's `rcv_user`. Not known before the first snapshot of an open connection.
    rcv_user: Option<u32>,
    /// We have closed the sending side: the state after that.
    shut: Option<State>,
}

/// The driver's side of one card.
pub(crate) struct Engine {
    pub bar: Box<dyn Bar>,
    pub limits: Limits,
    sq_tail: u16,
    cq_head: u16,
    eq_head: u16,
    cookie: u64,
    flows: Vec<Flow>,
    /// Accepted connections by port; a port is here while a listener exists.
    pub pending: HashMap<u16, VecDeque<Handle>>,
}

impl Engine {
    /// Goes on where the card's rings are. With `takes` the driver takes them over from whoever had them.
    pub fn new(mut bar: Box<dyn Bar>, limits: Limits, takes: bool) -> Result<Self> {
        let sq_tail = bar.read32(map::SQ_HEAD)? as u16;
        let cq_head = bar.read32(map::CQ_TAIL)? as u16;
        let eq_head = bar.read32(map::EQ_TAIL)? as u16;
        if takes {
            bar.write32(map::CQ_HEAD, cq_head.into())?;
            bar.write32(map::EQ_HEAD, eq_head.into())?;
        }
        let flows = (0..limits.flows).map(|_| Flow::default()).collect();
        Ok(Self { bar, limits, sq_tail, cq_head, eq_head, cookie: 1, flows, pending: HashMap::new() })
    }

    /// The card has been reset: its rings begin anew.
    pub fn restart(&mut self) {
        (self.sq_tail, self.cq_head, self.eq_head) = (0, 0, 0);
        self.flows.iter_mut().for_each(|f| *f = Flow::default());
        self.pending.clear();
    }

    /// Reads a register; all ones are a card that is gone.
    pub fn read(&mut self, offset: u32) -> Result<u32> {
        let value = self.bar.read32(offset)?;
        if value == ALL_ONES && self.bar.read32(map::MAGIC)? == ALL_ONES {
            return Err(Error::DeviceGone);
        }
        Ok(value)
    }

    /// Writes a command, rings its doorbell and waits for its completion.
    pub fn submit(&mut self, mut command: Submission) -> Result<Completion> {
        command.cookie = self.cookie;
        self.cookie = self.cookie.wrapping_add(1);
        // One command at a time, so the ring has room.
        let slot = u32::from(self.sq_tail % self.limits.sq_entries) * ENTRY_STRIDE;
        self.bar.write_window(self.limits.bar2_sq + slot, &ring::to_bytes(&command.encode()))?;
        self.sq_tail = self.sq_tail.wrapping_add(1);
        self.bar.write32(map::SQ_TAIL, self.sq_tail.into())?;
        let end = self.bar.now() + COMMAND_LIMIT;
        loop {
            if let Some(done) = self.completion()? {
                if done.cookie == command.cookie {
                    return Ok(done);
                }
                tracing::warn!(cookie = done.cookie, "a completion for no command of ours");
            } else if self.bar.now() >= end {
                return Err(Error::Unresponsive { what: "complete a command", after: COMMAND_LIMIT });
            } else {
                match self.bar.relax(end) {
                    // The card does the command anyway, and a flow that it opens must not be lost.
                    Ok(()) | Err(BarError::Interrupted) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }

    fn completion(&mut self) -> Result<Option<Completion>> {
        let entries = self.limits.cq_entries;
        let words = self.entry(self.limits.bar2_cq, self.cq_head % entries)?;
        match Completion::decode(&words, ring::phase(self.cq_head, entries)) {
            Slot::Empty => Ok(None),
            Slot::Gone => Err(Error::DeviceGone),
            Slot::Unknown(word) => Err(Error::BadEntry { ring: "completion", word }),
            Slot::Entry(done) => {
                self.cq_head = self.cq_head.wrapping_add(1);
                self.bar.write32(map::CQ_HEAD, self.cq_head.into())?;
                Ok(Some(done))
            }
        }
    }

    fn entry(&mut self, ring: u32, index: u16) -> Result<Words> {
        let mut bytes = [0; ENTRY_BYTES];
        self.bar.read_window(ring + u32::from(index) * ENTRY_STRIDE, &mut bytes)?;
        let mut words = Words::default();
        for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(4)) {
            *word = u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
        }
        Ok(words)
    }

    /// Takes every snapshot that is there; true if there was one.
    pub fn pump(&mut self) -> Result<bool> {
        let entries = self.limits.eq_entries;
        let start = self.eq_head;
        loop {
            let words = self.entry(self.limits.bar2_eq, self.eq_head % entries)?;
            match Snapshot::decode(&words, ring::phase(self.eq_head, entries)) {
                Slot::Empty => break,
                Slot::Gone => return Err(Error::DeviceGone),
                Slot::Unknown(word) => return Err(Error::BadEntry { ring: "event", word }),
                Slot::Entry(snapshot) => {
                    self.eq_head = self.eq_head.wrapping_add(1);
                    self.take(snapshot)?;
                }
            }
            // The card goes on while we read: give room back before it has to stop.
            if self.eq_head.wrapping_sub(start) >= entries / 2 {
                break;
            }
        }
        if self.eq_head != start {
            self.bar.write32(map::EQ_HEAD, self.eq_head.into())?;
        }
        Ok(self.eq_head != start)
    }

    fn take(&mut self, snapshot: Snapshot) -> Result<()> {
        tracing::trace!(?snapshot, "event");
        let id = snapshot.flow;
        let Some(flow) = self.flows.get_mut(usize::from(id)) else {
            return Err(Error::BadEntry { ring: "event", word: id.into() });
        };
        flow.snapshot = Some(snapshot);
        let old = flow.given_back == Some(snapshot.generation);
        let known = flow.ours.is_some_and(|o| o.generation == snapshot.generation);
        if old || known || snapshot.flags.contains(Flags::ACTIVE) || !snapshot.flags.contains(Flags::OWNED) {
            return Ok(());
        }
        // A passive flow that we have not seen: accepted.
        let (snd_end, rcv_user) = (snapshot.snd_una, snapshot.rcv_user);
        let generation = snapshot.generation;
        flow.ours = Some(Ours { generation, snd_end, rcv_user: Some(rcv_user), shut: None });
        let peer = SocketAddrV4::new(snapshot.raddr, snapshot.rport).into();
        let handle = Handle { flow: id, generation: snapshot.generation, peer, lport: snapshot.lport };
        match self.pending.get_mut(&snapshot.lport) {
            Some(queue) => queue.push_back(handle),
            None => {
                // Its listener has gone meanwhile.
                self.command(&handle, Opcode::Abort)?;
            }
        }
        Ok(())
    }

    /// Opens a flow.
    pub fn open(&mut self, peer: SocketAddrV4, lport: u16, nodelay: bool) -> Result<Handle> {
        let mut open = Submission::new(Opcode::Open, 0);
        (open.lport, open.rport, open.raddr, open.nodelay) =
            (lport, peer.port(), (*peer.ip()).into(), nodelay);
        let done = self.submit(open)?;
        let address = SocketAddr::from(peer);
        match done.status {
            Ok(Status::Ok) => {}
            Ok(Status::InUse) => return Err(Error::AddressInUse { port: lport, peer: address }),
            Ok(Status::Full) => return Err(Error::CardFull { flows: self.limits.flows }),
            Ok(Status::NotReady) => return Err(Error::NotEnabled),
            Ok(Status::BadAddress) => {
                return Err(Error::BadAddress {
                    peer: address,
                    why: "the card takes unicast IPv4 addresses of other hosts only",
                });
            }
            status => return Err(Error::Command { opcode: Opcode::Open, status }),
        }
        let Some(flow) = self.flows.get_mut(usize::from(done.flow)) else {
            return Err(Error::BadEntry { ring: "completion", word: done.flow.into() });
        };
        let (generation, snd_end) = (done.generation, done.snd_end);
        flow.ours = Some(Ours { generation, snd_end, rcv_user: None, shut: None });
        Ok(Handle { flow: done.flow, generation: done.generation, peer: address, lport })
    }

    /// Shutdown, Close or Abort.
    pub fn command(&mut self, handle: &Handle, opcode: Opcode) -> Result<()> {
        let mut command = Submission::new(opcode, 0);
        (command.flow, command.generation) = (handle.flow, handle.generation);
        let done = self.submit(command)?;
        if let Some(flow) = self.flows.get_mut(usize::from(handle.flow))
            && let Some(ours) = flow.ours.as_mut().filter(|o| o.generation == handle.generation)
        {
            if opcode == Opcode::Shutdown {
                if done.status == Ok(Status::Ok) {
                    ours.shut = Some(done.state);
                }
            } else {
                (flow.ours, flow.given_back) = (None, Some(handle.generation));
            }
        }
        match done.status {
            Ok(Status::Ok) => Ok(()),
            Ok(Status::BadState | Status::BadFlow) => {
                Err(Error::BadState { what: opcode.name(), peer: handle.peer, state: done.state })
            }
            status => Err(Error::Command { opcode, status }),
        }
    }

    pub fn listen(&mut self, port: u16, on: bool) -> Result<()> {
        let opcode = if on { Opcode::Listen } else { Opcode::Unlisten };
        let mut command = Submission::new(opcode, 0);
        command.lport = port;
        match self.submit(command)?.status {
            Ok(Status::Ok) => Ok(()),
            Ok(Status::NotReady) => Err(Error::NotEnabled),
            status => Err(Error::Command { opcode, status }),
        }
    }

    fn ours(&self, handle: &Handle) -> Result<Ours> {
        let flow = self.flows.get(usize::from(handle.flow));
        let ours = flow.and_then(|f| f.ours).filter(|o| o.generation == handle.generation);
        ours.ok_or(Error::Aborted { peer: handle.peer })
    }

    /// The latest snapshot of this connection, if there has been one.
    pub fn snapshot(&self, handle: &Handle) -> Option<Snapshot> {
        self.flows.get(usize::from(handle.flow))?.snapshot.filter(|s| s.generation == handle.generation)
    }

    /// Is this local port in use for the peer by a connection of ours?
    pub fn port_in_use(&self, port: u16) -> bool {
        self.flows.iter().any(|f| {
            f.ours.is_some() && f.snapshot.is_some_and(|s| s.lport == port && s.state != State::Closed)
        })
    }

    /// Why the connection ended, if it ended badly.
    pub fn ended(handle: &Handle, snapshot: &Snapshot) -> Option<Error> {
        let peer = handle.peer;
        if snapshot.state != State::Closed {
            return None;
        }
        match snapshot.reason {
            Reason::Normal => None,
            Reason::Refused => Some(Error::Refused { peer }),
            Reason::Reset => Some(Error::Reset { peer }),
            Reason::TimedOut => Some(Error::TimedOut { peer }),
            Reason::Unreachable => Some(Error::Unreachable { peer }),
            Reason::Aborted => Some(Error::Aborted { peer }),
        }
    }

    /// Reads what is there. `Ok(None)`: nothing yet. `Ok(Some(0))`: the peer has sent its FIN and all is read.
    pub fn receive(&mut self, handle: &Handle, buffer: &mut [u8]) -> Result<Option<usize>> {
        let ours = self.ours(handle)?;
        let Some(snapshot) = self.snapshot(handle) else { return Ok(None) };
        // Before the handshake the card's read position means nothing.
        if matches!(snapshot.state, State::SynSent | State::SynReceived) {
            return Ok(None);
        }
        let position = ours.rcv_user.unwrap_or(snapshot.rcv_user);
        let readable = snapshot.placed.wrapping_sub(position);
        let ring = self.limits.rx_ring_bytes;
        if readable > ring {
            // The snapshot is older than our position: nothing new.
            return Ok(None);
        }
        let count = (readable as usize).min(buffer.len());
        if count == 0 && !buffer.is_empty() {
            if let Some(error) = Self::ended(handle, &snapshot) {
                return Err(error);
            }
            let all = snapshot.flags.contains(Flags::FIN_RECEIVED)
                && snapshot.placed.wrapping_add(1) == snapshot.rcv_nxt;
            let over = all || snapshot.state == State::Closed;
            return Ok(over.then_some(0));
        }
        let window = self.limits.bar2_rx + u32::from(handle.flow) * ring;
        let (head, tail) = buffer[..count].split_at_mut(count.min((ring - position % ring) as usize));
        self.bar.read_window(window + position % ring, head)?;
        if !tail.is_empty() {
            self.bar.read_window(window, tail)?;
        }
        let position = position.wrapping_add(count as u32);
        self.flows[usize::from(handle.flow)].ours = Some(Ours { rcv_user: Some(position), ..ours });
        self.doorbell(handle, map::RX_HEAD, position)?;
        Ok(Some(count))
    }

    /// Queues what fits. `Ok(None)`: no room yet.
    pub fn send(&mut self, handle: &Handle, data: &[u8]) -> Result<Option<usize>> {
        let ours = self.ours(handle)?;
        let Some(snapshot) = self.snapshot(handle) else { return Ok(None) };
        if let Some(error) = Self::ended(handle, &snapshot) {
            return Err(error);
        }
        let sends = matches!(
            snapshot.state,
            State::SynSent | State::SynReceived | State::Established | State::CloseWait
        );
        if !sends || ours.shut.is_some() {
            // Until news of the half-close come, the snapshot is older than the command's completion.
            let state = ours.shut.filter(|_| sends).unwrap_or(snapshot.state);
            return Err(Error::SendClosed { what: "writing to", peer: handle.peer, state });
        }
        let ring = self.limits.tx_ring_bytes;
        let used = ours.snd_end.wrapping_sub(snapshot.snd_una);
        let count = (ring.saturating_sub(used) as usize).min(data.len());
        if count == 0 {
            return Ok((data.is_empty()).then_some(0));
        }
        let window = self.limits.bar2_tx + u32::from(handle.flow) * ring;
        let (head, tail) = data[..count].split_at(count.min((ring - ours.snd_end % ring) as usize));
        self.bar.write_window(window + ours.snd_end % ring, head)?;
        if !tail.is_empty() {
            self.bar.write_window(window, tail)?;
        }
        let end = ours.snd_end.wrapping_add(count as u32);
        self.flows[usize::from(handle.flow)].ours = Some(Ours { snd_end: end, ..ours });
        self.doorbell(handle, map::TX_TAIL, end)?;
        Ok(Some(count))
    }

    /// Everything written is acknowledged.
    pub fn all_sent(&self, handle: &Handle) -> Result<bool> {
        let ours = self.ours(handle)?;
        let Some(snapshot) = self.snapshot(handle) else { return Ok(false) };
        if let Some(error) = Self::ended(handle, &snapshot) {
            return Err(error);
        }
        // The FIN, when acknowledged too, is one further.
        Ok(snapshot.snd_una.wrapping_sub(ours.snd_end) <= 1)
    }

    fn doorbell(&mut self, handle: &Handle, which: u32, pointer: u32) -> Result<()> {
        let offset = self.limits.doorbells + u32::from(handle.flow) * syncline_regs::DOORBELL_STRIDE + which;
        Ok(self.bar.write32(offset, pointer)?)
    }
}
