// SPDX-License-Identifier: MIT OR Apache-2.0
//! A flow of the card: its snapshot, and what its peer still has to send.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::time::Duration;

use syncline_regs::code::{Reason, State};
use syncline_regs::connection::Flags;
use syncline_regs::ring::Snapshot;

use super::Fake;

#[derive(Clone)]
pub(super) struct Flow {
    pub shot: Snapshot,
    pub iss: u32,
    pub snd_end: u32,
    /// Behind the last byte that the card may still place.
    pub got: Vec<u8>,
    pub to_place: VecDeque<u8>,
    pub peer_closes: bool,
    pub since: Duration,
    pub in_use: bool,
}

impl Flow {
    pub(super) fn empty(flow: u16) -> Self {
        let shot = Snapshot {
            flow,
            state: State::Closed,
            reason: Reason::Normal,
            flags: Flags::empty(),
            generation: 0,
            lport: 0,
            raddr: Ipv4Addr::UNSPECIFIED,
            rport: 0,
            mss: 1460,
            snd_una: 0,
            placed: 0,
            rcv_nxt: 0,
            rcv_user: 0,
        };
        Flow {
            shot,
            iss: 0,
            snd_end: 0,
            got: Vec::new(),
            to_place: VecDeque::new(),
            peer_closes: false,
            since: Duration::ZERO,
            in_use: false,
        }
    }

    pub(super) fn fin(&mut self, state: State) {
        self.shot.flags |= Flags::FIN_RECEIVED;
        self.shot.rcv_nxt = self.shot.placed.wrapping_add(1);
        self.shot.state = state;
    }
}

impl Fake {
    pub(super) fn start(&mut self, flow: usize, raddr: Ipv4Addr, rport: u16, lport: u16, active: bool) {
        let (iss, irs) = self.isn;
        let generation = self.table[flow].shot.generation.wrapping_add(1);
        let mut new = Flow::empty(flow as u16);
        (new.in_use, new.iss, new.snd_end, new.since) = (true, iss, iss.wrapping_add(1), self.now);
        let s = &mut new.shot;
        (s.generation, s.raddr, s.rport, s.lport) = (generation, raddr, rport, lport);
        s.flags = Flags::OWNED | if active { Flags::ACTIVE } else { Flags::empty() };
        s.state = State::SynSent;
        s.snd_una = iss;
        if !active {
            s.snd_una = iss.wrapping_add(1);
            let first = irs.wrapping_add(1);
            (s.placed, s.rcv_nxt, s.rcv_user) = (first, first, first);
        }
        self.table[flow] = new;
    }

    pub(super) fn end(&mut self, flow: usize, reason: Reason) {
        let f = &mut self.table[flow];
        (f.shot.state, f.shot.reason) = (State::Closed, reason);
        if f.shot.flags.contains(Flags::OWNED) {
            self.changed.insert(flow as u16);
        } else {
            f.in_use = false;
        }
    }
}
