// SPDX-License-Identifier: MIT OR Apache-2.0
//! The stages, one after the other, and the table of TCBs.

use super::{
    Completion, Config, Event, EventKind, Removal, Tcb, TimerAction, TxRequest, Verdict, Work, acceptability,
    ack, congestion, differences, fetch, fin_state, finish, output, reset_syn, rtt, text,
};

/// Everything that one event leads to.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Default)]
pub struct Outputs {
    /// A segment to be sent.
    pub request: Option<TxRequest>,
    /// What becomes of the staged payload.
    pub verdict: Option<Verdict>,
    /// What becomes of the flow's deadline.
    pub timer: TimerAction,
    /// The answer to a command.
    pub completion: Option<Completion>,
    /// What the look-up shall do.
    pub removal: Removal,
    /// The host shall look at this flow.
    pub notify: bool,
    /// The flow wants to transmit another segment.
    pub turn: bool,
    /// A doorbell's pointer was not possible.
    pub bad: bool,
}

/// One event on one TCB. `now` is the clock's low 32 bits.
pub fn step(config: &Config, ring: u32, now: u32, event: &Event, tcb: &mut Tcb) -> Outputs {
    let mut work = Work::default();
    let w = &mut work;
    fetch::stage(now, event, tcb, w);
    differences::stage(config, ring, event, tcb, w);
    acceptability::stage(config, ring, event, tcb, w);
    reset_syn::stage(config, ring, event, tcb, w);
    ack::stage(config, ring, event, tcb, w);
    congestion::stage(config, ring, event, tcb, w);
    rtt::stage(config, ring, event, tcb, w);
    let verdict = text::stage(config, ring, event, tcb, w);
    fin_state::stage(config, ring, event, tcb, w);
    let output = output::stage(config, ring, event, tcb, w);
    let finish = finish::stage(config, ring, event, tcb, w);
    Outputs {
        request: output.request,
        verdict,
        timer: finish.timer,
        completion: finish.completion,
        removal: finish.removal,
        notify: finish.notify,
        turn: output.turn,
        bad: work.bad && event.kind == EventKind::Doorbell,
    }
}

/// Something that does what the processor does: the model, or hardware in a simulation.
pub trait Step {
    /// One event at time `now`, us.
    fn step(&mut self, now: u64, event: &Event) -> Outputs;
    /// A flow's TCB as the last event left it.
    fn tcb(&self, flow: u16) -> &Tcb;
}

/// The processor with its table.
#[derive(Clone, Debug)]
pub struct Processor {
    config: Config,
    ring: u32,
    tcbs: Vec<Tcb>,
}

impl Processor {
    /// A card with so many flows, each with rings of `ring` bytes.
    ///
    /// # Panics
    /// If `ring` is not a power of two.
    pub fn new(config: Config, flows: usize, ring: u32) -> Self {
        assert!(ring.is_power_of_two(), "a ring of {ring} bytes is not a power of two");
        Processor { config, ring, tcbs: vec![Tcb::default(); flows] }
    }

    /// The limits.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Bytes of a ring.
    pub fn ring(&self) -> u32 {
        self.ring
    }
}

impl Step for Processor {
    fn tcb(&self, flow: u16) -> &Tcb {
        &self.tcbs[usize::from(flow)]
    }

    fn step(&mut self, now: u64, event: &Event) -> Outputs {
        if event.hit {
            step(&self.config, self.ring, now as u32, event, &mut self.tcbs[usize::from(event.flow)])
        } else {
            step(&self.config, self.ring, now as u32, event, &mut Tcb::default())
        }
    }
}
