// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a stage finds: a random event and TCB after the model's earlier stages.

use super::bench::Stage;
use crate::draw;
use crate::layout::Notes;
use crate::rng::Rng;
use syncline_model::seq;
use syncline_model::tcb::flags::{ACK, RST, SYN};
use syncline_model::tcb::{Config, Event, EventKind, Op, State, Tcb, Work};

/// An event on its way into a stage.
#[derive(Clone, Debug)]
pub struct Input {
    pub event: Event,
    /// The TCB before the first stage.
    pub before: Tcb,
    pub tcb: Tcb,
    pub work: Work,
    pub notes: Notes,
    /// `output` wants another turn (only `finish` asks).
    pub turn: bool,
}

/// Numbers of the TCB that a stage leaves to a later one.
pub type Unsettled = fn(&Input, &mut Tcb);

/// What `ack`, `text`, `fin_state`, `congestion` and `output` settle when a connection begins or a SYN is taken; and
/// SND.NXT, which `congestion` moves after an ACK too.
pub mod unsettled {
    use super::{Input, Tcb};

    pub fn ack(input: &Input, to: &mut Tcb) {
        if input.starts() {
            let Tcb { snd_una, snd_wnd, max_wnd, snd_wl1, snd_wl2, .. } = input.before;
            (to.snd_una, to.snd_wnd, to.max_wnd) = (snd_una, snd_wnd, max_wnd);
            (to.snd_wl1, to.snd_wl2) = (snd_wl1, snd_wl2);
        }
    }

    pub fn text(input: &Input, to: &mut Tcb) {
        if input.starts() {
            to.rcv_nxt = input.before.rcv_nxt;
        }
    }

    pub fn fin_state(input: &Input, to: &mut Tcb) {
        if input.starts() {
            (to.snd_end, to.rcv_user) = (input.before.snd_end, input.before.rcv_user);
        }
    }

    pub fn congestion(input: &Input, to: &mut Tcb) {
        if input.starts() {
            let Tcb { cwnd, recover, rto, .. } = input.before;
            (to.cwnd, to.recover, to.rto) = (cwnd, recover, rto);
        }
        to.snd_nxt = input.before.snd_nxt;
    }

    pub fn output(input: &Input, to: &mut Tcb) {
        if input.notes.begins {
            (to.snd_nxt, to.snd_max) = (input.before.snd_nxt, input.before.snd_max);
        }
        if input.starts() {
            to.rcv_adv = input.before.rcv_adv;
        }
    }
}

impl Input {
    /// A connection begins, or the peer's SYN is taken.
    pub fn starts(&self) -> bool {
        self.notes.begins || self.notes.takes_syn
    }

    /// After the stages `ahead`.
    pub fn draw(rng: &mut Rng, config: &Config, ring: u32, ahead: &[Stage<()>]) -> Self {
        let mut before = draw::tcb(rng, config, ring);
        let (event, now) = draw::event(rng, ring, &mut before);
        let work = Work { now: now as u32, ..Work::default() };
        let notes = Notes { now, ..Notes::default() };
        let mut input = Input { event, before, tcb: before, work, notes, turn: rng.percent(50) };
        for (i, stage) in ahead.iter().enumerate() {
            stage(config, ring, &event, &mut input.tcb, &mut input.work);
            input.notes = input.notes_after(i + 1, config, &input.tcb, &input.work);
        }
        input
    }

    /// The notes that only the hardware has, from their definitions, with those of the given stage, which has left this TCB and
    /// these notes.
    pub fn notes_after(&self, stage: usize, config: &Config, tcb: &Tcb, work: &Work) -> Notes {
        let (t, event) = (&self.before, &self.event);
        let mut notes = self.notes;
        match stage {
            1 => notes.half_open = t.state == State::SynReceived && !t.active,
            2 => {
                let offer = match (event.kind, event.mss) {
                    (EventKind::Command, _) => config.mss,
                    (_, 0) => 536,
                    (_, mss) => mss,
                };
                notes.mss = offer.min(config.mss).max(64);
                notes.unread = t.rcv_user != t.rcv_nxt.wrapping_sub(t.fin_received.into());
            }
            4 => {
                let open = event.kind == EventKind::Command && event.hit && event.op == Op::Open;
                notes.begins = event.new && (event.is_segment() || open);
                let acceptable = (work.d_una as i32) > 0 && (work.d_max as i32) >= 0;
                let counts = event.has(SYN) && !event.has(RST) && (!event.has(ACK) || acceptable);
                let answer = !event.new && t.state == State::SynSent && counts;
                notes.takes_syn = event.is_segment() && (event.new || answer);
            }
            5 => {
                notes.nxt_behind = work.ack_new && !seq::before(event.ack, t.snd_nxt);
                (notes.bytes, notes.more) = self.sums(tcb, work);
            }
            _ => {}
        }
        notes
    }

    /// The notes `bytes` and `more`.
    pub fn sums(&self, tcb: &Tcb, work: &Work) -> (u32, u32) {
        let ends = tcb.recovery && (work.d_rec as i32) >= 0;
        let flown = if ends { work.d_max } else { work.d_una };
        let more = u32::from(tcb.mss).wrapping_add(flown);
        (tcb.bytes_acked.wrapping_add(work.d_una), more & 0xff_ffff)
    }
}
