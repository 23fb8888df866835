// SPDX-License-Identifier: MIT OR Apache-2.0
//! Hostile frames against a card at rest and a card at work.

use std::time::Duration;

use syncline_regs::connection;
use syncline_regs::counters::{self as c, COUNTERS};

use super::fate::Fate;
use super::lab::Lab;

/// No frame for so long (virtual time) is silence: more than two of the shortest retransmission time-outs.
const SILENCE: Duration = Duration::from_secs(3);

/// Counters that a friend moves too; all others move only for a reason. (smoltcp probes a closed window at once, and a probe is outside.)
const FRIENDLY: [usize; 8] = [
    c::ARP_REQUEST,
    c::ARP_REPLY,
    c::SEGMENTS_OUT,
    c::OPENED,
    c::ACCEPTED,
    c::DUP_ACK_IN,
    c::OUT_OF_WINDOW,
    c::TX_FRAMES,
];

/// A hostile frame and the counters that it has to move, beside `rx_frames`.
#[derive(Clone, Debug)]
pub struct Case {
    /// For the failure's message.
    pub what: String,
    /// The frame.
    pub frame: Vec<u8>,
    /// Slots; with [`c::TX_FRAMES`] among them it is answered.
    pub counters: Vec<usize>,
}

impl Case {
    /// A frame that is dropped without an answer, and counted once.
    pub fn drop(counter: usize, what: impl Into<String>, frame: Vec<u8>) -> Self {
        Case { what: what.into(), frame, counters: vec![counter] }
    }

    /// A segment that TCP has to look at: beside these counters `segments_in` moves.
    pub fn segment(counters: &[usize], what: impl Into<String>, frame: Vec<u8>) -> Self {
        Case { what: what.into(), frame, counters: [&[c::SEGMENTS_IN], counters].concat() }
    }

    /// A frame with the fate that [`super::fate::fate`] tells.
    pub fn fated(fate: Fate, what: impl Into<String>, frame: Vec<u8>) -> Self {
        Case { what: what.into(), frame, counters: fate.counter().into_iter().collect() }
    }
}

/// All that must not change without a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sight {
    counters: Vec<u32>,
    /// The table entry of the transfer's connection.
    entry: Vec<u32>,
    departed: u64,
}

impl Sight {
    fn difference(&self, want: &Sight) -> String {
        let counters = COUNTERS.iter().zip(self.counters.iter().zip(&want.counters));
        let counters =
            counters.filter(|(_, (a, b))| a != b).map(|(c, (a, b))| format!("{} {a}, not {b}", c.name));
        let entry = connection::ENTRY.iter().zip(self.entry.iter().zip(&want.entry));
        let entry =
            entry.filter(|(_, (a, b))| a != b).map(|(w, (a, b))| format!("{} {a:#x}, not {b:#x}", w.name));
        let departed = (self.departed != want.departed)
            .then(|| format!("the card has sent {} frames, not {}", self.departed, want.departed));
        counters.chain(entry).chain(departed).collect::<Vec<_>>().join("; ")
    }
}

impl Lab {
    fn look(&self) -> Sight {
        let entry = connection::ENTRY.iter().map(|word| self.own_word(word.offset)).collect();
        Sight { counters: self.counters(), entry, departed: self.card().departed() }
    }

    /// The connection rests, hostile frames come one after the other. Each moves its counters and no others; the connection's
    /// table entry stays as it is; nothing is answered that must not be.
    ///
    /// # Panics
    /// When it is otherwise; the message names the first frame at fault.
    pub fn idle(&mut self, cases: &[Case]) {
        let Err(first) = self.attack(cases) else { return };
        let first = format!("{} frames together, from {} on: {first}", cases.len(), cases[0].what);
        for case in cases {
            if let Err(what) = self.attack(std::slice::from_ref(case)) {
                panic!("{first}; alone: {} ({:02x?}): {what}", case.what, case.frame);
            }
        }
        panic!("{first}");
    }

    fn attack(&mut self, cases: &[Case]) -> Result<(), String> {
        self.settle();
        let mut want = self.look();
        let (sent, _) = self.street().count();
        for case in cases {
            self.inject(case.frame.clone());
            if self.crowd == 1 {
                self.settle();
            }
            want.counters[c::RX_FRAMES] += 1;
            for &counter in &case.counters {
                want.counters[counter] += 1;
                want.departed += u64::from(counter == c::TX_FRAMES);
            }
        }
        self.settle();
        self.wait(SILENCE);
        want.counters[c::RX_FRAMES] += self.street().count().0 - sent;
        let got = self.look();
        if got == want { Ok(()) } else { Err(got.difference(&want)) }
    }

    /// A transfer goes on beside the hostile frames until the last of them is through. Every byte comes back, nothing is lost or
    /// repeated, and every drop is in its counter.
    ///
    /// # Panics
    /// When it is otherwise.
    pub fn beside(&mut self, cases: &[Case]) {
        self.settle();
        let before = self.counters();
        let (sent, segments) = self.street().count();
        self.transfer(cases.iter().map(|case| case.frame.clone()));
        self.settle();
        let mut want = before;
        let (sent_now, segments_now) = self.street().count();
        want[c::RX_FRAMES] += cases.len() as u32 + sent_now - sent;
        want[c::SEGMENTS_IN] += segments_now - segments;
        for counter in cases.iter().flat_map(|case| &case.counters) {
            want[*counter] += 1;
        }
        let got = self.counters();
        for (slot, counter) in COUNTERS.iter().enumerate() {
            assert!(
                FRIENDLY.contains(&slot) || got[slot] == want[slot],
                "{} is {}, not {}, after {} frames beside a transfer, from {} on",
                counter.name,
                got[slot],
                want[slot],
                cases.len(),
                cases[0].what
            );
        }
    }

    /// Both: at rest, and at work.
    ///
    /// # Panics
    /// As [`Lab::idle`] and [`Lab::beside`].
    pub fn suffer(&mut self, cases: &[Case]) {
        self.idle(cases);
        self.beside(cases);
    }
}
