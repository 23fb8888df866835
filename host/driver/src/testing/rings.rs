// SPDX-License-Identifier: MIT OR Apache-2.0
//! The rings: commands from the driver, completions and events to it.

use std::net::IpAddr;

use syncline_regs::code::{Opcode, Reason, State, Status};
use syncline_regs::connection::Flags;
use syncline_regs::ring::{self, Completion, Submission, Words};
use syncline_regs::{ENTRY_BYTES, ENTRY_STRIDE, map};

use super::flow::Flow;
use super::{BAR2_CQ, BAR2_EQ, BAR2_SQ, Fake};

impl Fake {
    fn entry_offset(ring: u32, index: u16, entries: u16) -> usize {
        (ring + u32::from(index % entries) * ENTRY_STRIDE) as usize
    }

    fn put(&mut self, at: usize, words: &Words) {
        self.window[at..at + ENTRY_BYTES].copy_from_slice(&ring::to_bytes(words));
    }

    pub(super) fn commands(&mut self) {
        while !self.hangs
            && self.submission.0 != self.submission.1
            && self.completion.1.wrapping_sub(self.completion.0) < self.entries.1
        {
            let at = Self::entry_offset(BAR2_SQ, self.submission.0, self.entries.0);
            let bytes = self.window[at..at + ENTRY_BYTES].try_into().expect("an entry's bytes");
            self.submission.0 = self.submission.0.wrapping_add(1);
            let words = ring::from_bytes(&bytes);
            let command = Submission::decode(&words).expect("the driver knows the opcodes");
            self.commands.push(command.opcode);
            let (status, flow) = self.command(&command);
            let shot = self.table.get(flow).map(|f| (f.shot, f.snd_end));
            let (shot, snd_end) = shot.unwrap_or((Flow::empty(0).shot, 0));
            let done = Completion {
                opcode: command.opcode.code(),
                status: Ok(status),
                state: shot.state,
                flow: flow as u16,
                generation: shot.generation,
                cookie: command.cookie,
                snd_end,
                rcv_nxt: shot.rcv_nxt,
            };
            let (index, entries) = (self.completion.1, self.entries.1);
            self.put(Self::entry_offset(BAR2_CQ, index, entries), &done.encode(ring::phase(index, entries)));
            self.completion.1 = index.wrapping_add(1);
        }
    }

    fn command(&mut self, c: &Submission) -> (Status, usize) {
        if self.registers.get(&map::CONTROL).copied().unwrap_or(0) & map::Control::ENABLE.bits() == 0 {
            return (Status::NotReady, 0);
        }
        match c.opcode {
            Opcode::Nop => (Status::Ok, 0),
            Opcode::Listen => {
                self.listening.insert(c.lport);
                if self.calls {
                    self.call(c.lport);
                }
                (Status::Ok, 0)
            }
            Opcode::Unlisten => {
                self.listening.remove(&c.lport);
                (Status::Ok, 0)
            }
            Opcode::Open => {
                let IpAddr::V4(raddr) = c.raddr else { return (Status::BadAddress, 0) };
                if raddr.is_multicast() || raddr.is_broadcast() || raddr.is_unspecified() {
                    return (Status::BadAddress, 0);
                }
                let same = |f: &Flow| {
                    f.in_use && (f.shot.raddr, f.shot.rport, f.shot.lport) == (raddr, c.rport, c.lport)
                };
                if self.table.iter().any(same) {
                    return (Status::InUse, 0);
                }
                let Some(flow) = self.table.iter().position(|f| !f.in_use) else { return (Status::Full, 0) };
                self.start(flow, raddr, c.rport, c.lport, true);
                self.table[flow].shot.flags.set(Flags::NODELAY, c.nodelay);
                (Status::Ok, flow)
            }
            Opcode::Shutdown | Opcode::Close | Opcode::Abort => self.on_flow(c),
        }
    }

    fn on_flow(&mut self, c: &Submission) -> (Status, usize) {
        let flow = usize::from(c.flow);
        let Some(f) = self.table.get_mut(flow) else { return (Status::BadFlow, 0) };
        if f.shot.generation != c.generation || !f.shot.flags.contains(Flags::OWNED) {
            return (Status::BadFlow, flow);
        }
        let state = f.shot.state;
        if c.opcode == Opcode::Shutdown {
            if !matches!(state, State::Established | State::CloseWait) {
                return (Status::BadState, flow);
            }
            f.shot.flags |= Flags::FIN_QUEUED;
            f.shot.state = if state == State::Established { State::FinWait1 } else { State::LastAck };
            return (Status::Ok, flow);
        }
        f.shot.flags = f.shot.flags.difference(Flags::OWNED) | Flags::RELEASED;
        // What this card holds of a connection that was given back is nobody's business.
        self.end(flow, Reason::Normal);
        self.changed.remove(&c.flow);
        (Status::Ok, flow)
    }

    pub(super) fn events(&mut self) {
        let (index, entries) = (&mut self.event.1, self.entries.2);
        while index.wrapping_sub(self.event.0) < entries {
            let Some(flow) = self.changed.pop_first() else { break };
            let words = self.table[usize::from(flow)].shot.encode(ring::phase(*index, entries));
            let at = Self::entry_offset(BAR2_EQ, *index, entries);
            self.window[at..at + ENTRY_BYTES].copy_from_slice(&ring::to_bytes(&words));
            *index = index.wrapping_add(1);
        }
    }
}
