// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Simulation`]: the card, its clock, the cable and what is at the other end.

use crate::clock::{Clock, Waited};
use crate::link::Direction;
use crate::mac::{Frame, Inlet, Outlet, Stamp};
use crate::model::Core;
use crate::peer::Peer;
use crate::record::Recorder;
use crate::states::{StateChange, StateLog};
use std::collections::VecDeque;
use std::time::Duration;
use syncline_regs::code::State;
use syncline_verilate::Model;

/// The card is believed to be idle when it has said so for this many cycles on end.
const QUIET_CYCLES: u32 = 8;
/// On wall-clock time, the longest sleep of an idle card.
const LONGEST_SLEEP: Duration = Duration::from_millis(1);

/// Called once a cycle.
type Pins = Box<dyn FnMut(&mut Model) + Send>;

/// The simulated card with everything around it. See the crate's page for an example.
pub struct Simulation {
    pub(crate) core: Core,
    pub(crate) clock: Clock,
    pub(crate) inlet: Inlet,
    outlet: Outlet,
    pub(crate) to_card: Direction,
    pub(crate) to_peer: Direction,
    pub(crate) peer: Option<Box<dyn Peer + Send>>,
    pub(crate) peer_deadline: Option<Duration>,
    pub(crate) poke: bool,
    /// Frames at the other end of the cable: for the peer, or for [`Simulation::take`].
    pub(crate) arrived: VecDeque<Frame>,
    /// When the cable or the peer next has something to do.
    pub(crate) next_event: Option<Duration>,
    pub(crate) recorders: Vec<Box<dyn Recorder>>,
    pub(crate) states: StateLog,
    pub(crate) last_delivered: Option<Frame>,
    pub(crate) delivered: u64,
    pub(crate) departed: u64,
    /// Cycles on end in which everything was idle.
    quiet: u32,
    /// Something has happened that the host may not have seen.
    pub(crate) stirred: bool,
    /// What is at the design's other pins.
    pins: Option<Pins>,
    /// The value of the core's `now`.
    micros: u64,
    waited: Waited,
}

impl Simulation {
    pub(crate) fn new(core: Core, clock: Clock, to_card: Direction, to_peer: Direction) -> Self {
        let mut simulation = Simulation {
            core,
            clock,
            inlet: Inlet::default(),
            outlet: Outlet::default(),
            to_card,
            to_peer,
            peer: None,
            peer_deadline: None,
            poke: false,
            arrived: VecDeque::new(),
            next_event: None,
            recorders: Vec::new(),
            states: StateLog::default(),
            last_delivered: None,
            delivered: 0,
            departed: 0,
            quiet: 0,
            stirred: true,
            pins: None,
            micros: 0,
            waited: Waited::default(),
        };
        simulation.reset();
        simulation
    }

    /// Holds `reset` for a few cycles. Frames on the cable stay there.
    pub fn reset(&mut self) {
        self.core.set_reset(true);
        self.step(8);
        self.core.set_reset(false);
        self.step(8);
    }

    /// Puts something at pins that the core itself has not, such as those of a UART: it is called once a cycle, looks at the outputs and
    /// drives the inputs for the rising edge. Idle time is jumped over whatever it does; [`Simulation::step`] does not jump.
    pub fn attach(&mut self, pins: impl FnMut(&mut Model) + Send + 'static) {
        self.pins = Some(Box::new(pins));
    }

    // Time.

    /// Time since the start (as set by [`Simulation::set_now`], if it was).
    pub fn now(&self) -> Duration {
        self.clock.now()
    }

    /// Clock cycle since the start: never set, never jumps.
    pub fn cycle(&self) -> u64 {
        self.clock.cycle()
    }

    /// Both.
    pub fn stamp(&self) -> Stamp {
        Stamp { cycle: self.clock.cycle(), time: self.clock.now() }
    }

    /// Cycles a second of virtual time.
    pub fn clock_hz(&self) -> u64 {
        self.clock.hertz()
    }

    /// Bytes of a beat of the data path: 8 or 64.
    pub fn lanes(&self) -> usize {
        self.core.lanes()
    }

    /// Sets the time (microseconds go to the core's input `now`), for tests of times that are far away.
    /// The card's deadlines are absolute: only a card without any makes sense of a time that goes back.
    pub fn set_now(&mut self, now: Duration) {
        self.clock.set(now);
        self.quiet = 0;
        self.next_event = Some(now);
        self.poke = true;
    }

    /// Is there nothing to do until the next deadline? True when the card has been idle for some cycles, no frame is on its way
    /// in or out of it now, and no deadline has passed.
    pub fn is_idle(&self) -> bool {
        let due = |at: Option<Duration>| at.is_some_and(|at| at <= self.clock.now());
        self.quiet >= QUIET_CYCLES && !due(self.card_deadline()) && !due(self.next_event) && !self.poke
    }

    /// The card's earliest armed deadline. It means something while the card is idle.
    pub fn card_deadline(&self) -> Option<Duration> {
        self.core.next_deadline().map(Duration::from_micros)
    }

    /// When something happens next if the card is idle: its deadline, a frame on the cable, the peer's deadline.
    pub fn next_deadline(&self) -> Option<Duration> {
        [self.card_deadline(), self.next_event].into_iter().flatten().min()
    }

    /// Idle time that was jumped over so far (on virtual time; the wall's does not jump).
    pub fn waited(&self) -> Waited {
        self.waited
    }

    // Running.

    /// Runs `cycles` clock cycles, without jumps.
    pub fn step(&mut self, cycles: u64) {
        self.poke = true;
        for _ in 0..cycles {
            self.cycle_once();
        }
    }

    /// Runs until `done` holds (true) or `limit`, an absolute time, is reached (false). Asks after every cycle; jumps
    /// idle time.
    pub fn run_until(&mut self, limit: Duration, mut done: impl FnMut(&Simulation) -> bool) -> bool {
        self.poke = true;
        loop {
            if done(self) {
                return true;
            }
            if self.now() >= limit {
                return false;
            }
            if self.is_idle() {
                self.pass_idle_time(limit);
                if self.now() >= limit {
                    continue;
                }
            }
            self.cycle_once();
        }
    }

    /// Runs for `time`, jumping idle time.
    pub fn run_for(&mut self, time: Duration) {
        let limit = self.now() + time;
        self.run_until(limit, |_| false);
    }

    /// Runs until a frame arrives at the other end (without a peer); `None` if none did until `limit`.
    pub fn run_until_frame(&mut self, limit: Duration) -> Option<Frame> {
        self.run_until(limit, |simulation| !simulation.arrived.is_empty());
        self.take()
    }

    /// Runs until everything is idle, jumping no time; false if `cycles` were not enough.
    pub fn run_until_idle(&mut self, cycles: u64) -> bool {
        self.poke = true;
        for _ in 0..cycles {
            if self.is_idle() {
                return true;
            }
            self.cycle_once();
        }
        self.is_idle()
    }

    /// What a polling host does between two looks: some cycles while the card is busy; when it is idle and the host has
    /// had a look since, a jump to the next event, at most to `until`.
    pub fn relax(&mut self, until: Duration) {
        const CYCLES: u64 = 256;
        if !self.run_until_idle(CYCLES) {
            self.stirred = true;
            return;
        }
        if std::mem::take(&mut self.stirred) {
            return;
        }
        self.pass_idle_time(until);
        self.run_until_idle(CYCLES);
        self.stirred = true;
    }

    /// Jumps to the next event or to `limit`, or sleeps on wall-clock time.
    fn pass_idle_time(&mut self, limit: Duration) {
        let next = self.next_deadline().map_or(limit, |next| next.min(limit));
        if self.clock.is_virtual() {
            if next > self.now() {
                let wait = next - self.now();
                let ender = if self.card_deadline() == Some(next) {
                    &mut self.waited.card
                } else {
                    &mut self.waited.others
                };
                *ender += wait;
                self.clock.set(next);
                self.quiet = 0;
            }
            return;
        }
        let sleep = next.saturating_sub(self.now()).min(LONGEST_SLEEP);
        match &mut self.peer {
            Some(peer) => peer.wait(sleep),
            None => std::thread::sleep(sleep),
        }
        self.clock.look();
        self.poke = true;
    }

    #[inline]
    fn cycle_once(&mut self) {
        self.before_edge();
        self.after_edge();
    }

    /// First half of a cycle: inputs and settled outputs.
    pub(crate) fn before_edge(&mut self) {
        if self.poke || self.next_event.is_some_and(|at| at <= self.clock.now()) {
            self.serve_cable();
        }
        let micros = self.clock.micros();
        if micros != self.micros {
            self.micros = micros;
            self.core.set_now(micros);
        }
        let stamp = self.stamp();
        self.inlet.drive(&mut self.core, stamp.cycle);
        self.outlet.drive(&mut self.core, stamp.cycle);
        self.core.settle();
        if let Some(pins) = &mut self.pins {
            pins(self.core.model_mut());
        }
        if let Some((flow, code)) = self.core.state_change() {
            self.enter(flow, code);
        }
        let pace = |length| self.to_card.wire_bytes(length);
        if let Some(frame) = self.inlet.sample(&mut self.core, stamp, pace) {
            self.deliver(frame);
        }
        let pace = |length| self.to_peer.wire_bytes(length);
        if let Some(frame) = self.outlet.sample(&self.core, stamp, pace) {
            self.depart(frame);
        }
        let idle = self.core.idle() && self.inlet.is_empty() && self.outlet.is_empty();
        self.quiet = if idle { self.quiet.saturating_add(1) } else { 0 };
    }

    /// Second half of a cycle: the rising edge.
    pub(crate) fn after_edge(&mut self) {
        self.core.edge();
        self.inlet.release(&mut self.core);
        self.clock.advance();
    }

    /// Remembers and records a change of state.
    fn enter(&mut self, flow: u16, code: u8) {
        if let Some(state) = State::from_code(code) {
            self.states.push(StateChange { at: self.stamp(), flow, state });
            self.note(&format!("flow {flow} is {state}"));
        }
    }
}

impl std::fmt::Debug for Simulation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Simulation").field("lanes", &self.core.lanes()).field("at", &self.stamp()).finish()
    }
}
