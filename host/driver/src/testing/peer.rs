// SPDX-License-Identifier: MIT OR Apache-2.0
//! The peers: what each port of 10.0.0.2 does instead of TCP, and the peer that calls.

use std::net::Ipv4Addr;
use std::time::Duration;

use syncline_regs::code::{Reason, State};
use syncline_regs::connection::Flags;

use super::{BAR2_TX, DISCARD, ECHO, Fake, REFUSES, RESETS, SILENT, SOURCE, STALLS, UNREACHABLE, VANISHES};

/// Bytes that the peer [`RESETS`] takes.
const RESET_AFTER: usize = 5000;

impl Fake {
    pub(super) fn call(&mut self, port: u16) -> bool {
        let Some(flow) = self.table.iter().position(|f| !f.in_use) else { return false };
        if !self.listening.contains(&port) {
            return false;
        }
        let rport = 60_000 + self.table[flow].shot.generation;
        self.start(flow, Ipv4Addr::new(10, 0, 0, 2), rport, port, false);
        let supply = self.supply.clone();
        let f = &mut self.table[flow];
        f.shot.state = State::Established;
        (f.to_place, f.peer_closes) = (supply.into(), true);
        self.changed.insert(flow as u16);
        true
    }

    pub(super) fn traffic(&mut self, flow: usize) {
        let (now, ring, pace, isn) = (self.now, self.ring, self.pace, self.isn);
        let window = (BAR2_TX + flow as u32 * ring) as usize;
        let rx = (BAR2_TX + (self.flows + flow as u32) * ring) as usize;
        let supply = &self.supply;
        let f = &mut self.table[flow];
        let age = now - f.since;
        let before = (f.shot, f.got.len());
        let port = if f.shot.flags.contains(Flags::ACTIVE) { f.shot.rport } else { DISCARD };
        let mut over = None;
        match (f.shot.state, port) {
            (State::Closed, _) => return,
            (State::SynSent, REFUSES) => over = Some(Reason::Refused),
            (State::SynSent, SILENT) if age >= Duration::from_secs(183) => over = Some(Reason::TimedOut),
            (State::SynSent, UNREACHABLE) if age >= Duration::from_secs(3) => {
                over = Some(Reason::Unreachable)
            }
            (State::SynSent, SILENT | UNREACHABLE) => {}
            (State::SynSent, _) => {
                f.shot.state = State::Established;
                let first = isn.1.wrapping_add(1);
                f.shot.snd_una = isn.0.wrapping_add(1);
                (f.shot.placed, f.shot.rcv_nxt, f.shot.rcv_user) = (first, first, first);
                if port == SOURCE {
                    (f.to_place, f.peer_closes) = (supply.iter().copied().collect(), true);
                }
            }
            (_, VANISHES) => {
                if age >= Duration::from_secs(243) && f.snd_end != f.shot.snd_una {
                    over = Some(Reason::TimedOut);
                }
            }
            (_, STALLS) => {}
            (_, port) => {
                // Once the FIN is acknowledged, `snd_una` is beyond it.
                let queued = f.snd_end.wrapping_sub(f.shot.snd_una).cast_signed().max(0) as usize;
                for _ in 0..queued.min(pace) {
                    let byte = self.window[window + (f.shot.snd_una % ring) as usize];
                    f.got.push(byte);
                    if port == ECHO {
                        f.to_place.push_back(byte);
                    }
                    f.shot.snd_una = f.shot.snd_una.wrapping_add(1);
                }
                if f.shot.snd_una == f.snd_end && f.shot.flags.contains(Flags::FIN_QUEUED) {
                    f.shot.snd_una = f.snd_end.wrapping_add(1);
                    f.shot.state =
                        if f.shot.state == State::LastAck { State::Closed } else { State::FinWait2 };
                    f.peer_closes = true;
                }
                if port == RESETS && f.got.len() >= RESET_AFTER {
                    over = Some(Reason::Reset);
                }
            }
        }
        let unread = f.shot.placed.wrapping_sub(f.shot.rcv_user);
        for _ in 0..pace.min((ring - unread) as usize) {
            let Some(byte) = f.to_place.pop_front() else { break };
            self.window[rx + (f.shot.placed % ring) as usize] = byte;
            f.shot.placed = f.shot.placed.wrapping_add(1);
            f.shot.rcv_nxt = f.shot.placed;
        }
        let closes = f.peer_closes && f.to_place.is_empty() && !f.shot.flags.contains(Flags::FIN_RECEIVED);
        match f.shot.state {
            State::Established if closes => f.fin(State::CloseWait),
            State::FinWait2 if closes => f.fin(State::TimeWait),
            _ => {}
        }
        if before != (f.shot, f.got.len()) {
            self.changed.insert(flow as u16);
        }
        if let Some(reason) = over {
            self.end(flow, reason);
        }
    }
}
