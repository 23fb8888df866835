// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a stage finds: a random event and TCB after the model's earlier stages.

use super::bench::Stage;
use crate::draw;
use crate::layout::Notes;
use crate::rng::Rng;
use syncline_model::tcb::{Config, Event, State, Tcb, Work};

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

impl Input {
    /// After the stages `ahead`.
    pub fn draw(rng: &mut Rng, config: &Config, ring: u32, ahead: &[Stage<()>]) -> Self {
        let mut before = draw::tcb(rng, config, ring);
        let (event, now) = draw::event(rng, ring, &mut before);
        let (mut tcb, mut work) = (before, Work { now: now as u32, ..Work::default() });
        for stage in ahead {
            stage(config, ring, &event, &mut tcb, &mut work);
        }
        let notes = Notes { now, ..Notes::default() };
        let mut input = Input { event, before, tcb, work, notes, turn: rng.percent(50) };
        input.notes = input.notes_after(ahead.len(), config);
        input
    }

    /// The notes that only the hardware has, from their definitions: `half_open` comes with the first stage, the others
    /// with the second.
    pub fn notes_after(&self, stages: usize, config: &Config) -> Notes {
        let t = &self.before;
        let offer = if self.event.mss == 0 { 536 } else { self.event.mss };
        let text_end = t.rcv_nxt.wrapping_sub(t.fin_received.into());
        Notes {
            now: self.notes.now,
            half_open: stages >= 1 && t.state == State::SynReceived && !t.active,
            mss: if stages >= 2 { offer.min(config.mss).max(64) } else { 0 },
            unread: stages >= 2 && t.rcv_user != text_end,
        }
    }
}
