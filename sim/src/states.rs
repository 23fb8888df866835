// SPDX-License-Identifier: MIT OR Apache-2.0
//! The changes of the flows' states, kept until somebody asks.

use std::collections::VecDeque;
use syncline_regs::code::State;

use crate::mac::Stamp;
use crate::simulation::Simulation;

/// A flow of the card has entered a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateChange {
    /// When.
    pub at: Stamp,
    /// The flow.
    pub flow: u16,
    /// The state.
    pub state: State,
}

/// The newest changes.
#[derive(Debug, Default)]
pub(crate) struct StateLog {
    kept: VecDeque<StateChange>,
    lost: u64,
}

impl StateLog {
    /// A program that never asks must not fill the memory: the oldest change gives way.
    pub fn push(&mut self, change: StateChange) {
        if self.kept.len() == Simulation::STATE_CHANGES_KEPT {
            self.kept.pop_front();
            self.lost += 1;
        }
        self.kept.push_back(change);
    }
}

impl Simulation {
    /// Changes that are kept for [`Simulation::state_change`]: some hundred connections from their opening to their end.
    pub const STATE_CHANGES_KEPT: usize = 4096;

    /// The next change of a flow's state that has not been asked for.
    pub fn state_change(&mut self) -> Option<StateChange> {
        self.states.kept.pop_front()
    }

    /// Changes that nobody asked for in time: older than the newest [`Simulation::STATE_CHANGES_KEPT`], they are lost.
    pub fn state_changes_lost(&self) -> u64 {
        self.states.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: u64 = Simulation::STATE_CHANGES_KEPT as u64;

    fn change(cycle: u64) -> StateChange {
        StateChange { at: Stamp { cycle, ..Stamp::default() }, flow: 3, state: State::Established }
    }

    #[test]
    fn the_newest_changes_are_kept_and_the_lost_ones_counted() {
        let mut log = StateLog::default();
        (0..KEPT).for_each(|cycle| log.push(change(cycle)));
        assert_eq!((log.kept.len() as u64, log.lost), (KEPT, 0));
        (KEPT..KEPT + 5).for_each(|cycle| log.push(change(cycle)));
        assert_eq!((log.kept.len() as u64, log.lost), (KEPT, 5));
        assert!(log.kept.iter().copied().eq((5..KEPT + 5).map(change)));
        log.kept.pop_front();
        log.push(change(0));
        assert_eq!(log.lost, 5, "there was room");
    }
}
