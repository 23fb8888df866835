// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Simulation`]: the card, its clock, the cable and what is at the other end.

use crate::builder::Builder;
use crate::clock::Clock;
use crate::link::{Direction, LinkConfig, LinkStats, MIN_FRAME};
use crate::mac::{Frame, Inlet, Outlet, Stamp};
use crate::model::Core;
use crate::peer::Peer;
use crate::record::{Recorder, Way};
use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::time::Duration;

/// The card is believed to be idle when it has said so for this many cycles on end.
const QUIET_CYCLES: u32 = 8;
/// On wall-clock time, the longest sleep of an idle card.
const LONGEST_SLEEP: Duration = Duration::from_millis(1);

/// The simulated card with everything around it. See the crate's page for an example.
pub struct Simulation {
    pub(crate) core: Core,
    pub(crate) clock: Clock,
    inlet: Inlet,
    outlet: Outlet,
    to_card: Direction,
    to_peer: Direction,
    peer: Option<Box<dyn Peer + Send>>,
    peer_deadline: Option<Duration>,
    poke: bool,
    /// Frames at the other end of the cable: for the peer, or for [`Simulation::take`].
    arrived: VecDeque<Frame>,
    /// When the cable or the peer next has something to do.
    next_event: Option<Duration>,
    recorders: Vec<Box<dyn Recorder>>,
    last_delivered: Option<Frame>,
    delivered: u64,
    departed: u64,
    /// Cycles on end in which everything was idle.
    quiet: u32,
    /// Something has happened that the host may not have seen.
    pub(crate) stirred: bool,
    /// The value of the core's `now`.
    micros: u64,
}

impl Simulation {
    /// A simulation of the 64-bit core on virtual time with a perfect link and no peer; the builder changes that.
    pub fn builder() -> Builder {
        Builder::default()
    }

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
            last_delivered: None,
            delivered: 0,
            departed: 0,
            quiet: 0,
            stirred: true,
            micros: 0,
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

    // The cable.

    /// Plugs a peer in (the old one is given back).
    pub fn plug(&mut self, peer: impl Peer + Send + 'static) -> Option<Box<dyn Peer + Send>> {
        self.poke = true;
        self.peer.replace(Box::new(peer))
    }

    /// Puts a frame (without FCS, of any length) onto the cable towards the card, now.
    pub fn inject(&mut self, bytes: Vec<u8>) {
        self.inject_at(self.now(), bytes);
    }

    /// Puts a frame onto the cable towards the card at a time to come. Frames stay in the order of these calls.
    pub fn inject_at(&mut self, time: Duration, bytes: Vec<u8>) {
        self.send_to_card(time, bytes);
        self.next_event = [self.next_event, self.to_card.due()].into_iter().flatten().min();
    }

    /// The next frame that has arrived at the other end; with a peer plugged in there are none, since it takes them.
    pub fn take(&mut self) -> Option<Frame> {
        self.arrived.pop_front()
    }

    /// Frames that wait for the card to take them.
    pub fn waiting(&self) -> usize {
        self.inlet.len()
    }

    /// Frames that the card has taken whole.
    pub fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Frames that the card has sent.
    pub fn departed(&self) -> u64 {
        self.departed
    }

    /// The last frame that the card took, with its times.
    pub fn last_delivered(&self) -> Option<&Frame> {
        self.last_delivered.as_ref()
    }

    /// Cycles in which the card did not take a beat that was offered.
    pub fn stalled_cycles(&self) -> u64 {
        self.inlet.stalled
    }

    /// Changes the cable from the next frame on: towards the card and away from it.
    pub fn set_link(&mut self, to_card: LinkConfig, to_peer: LinkConfig) {
        self.to_card.set_config(to_card);
        self.to_peer.set_config(to_peer);
    }

    /// The cable as configured: towards the card and away from it.
    pub fn link(&self) -> (LinkConfig, LinkConfig) {
        (*self.to_card.config(), *self.to_peer.config())
    }

    /// Counts of the cable: towards the card and away from it.
    pub fn link_stats(&self) -> (LinkStats, LinkStats) {
        (self.to_card.stats(), self.to_peer.stats())
    }

    /// Moves frames off the cable and lets the peer work.
    fn serve_cable(&mut self) {
        let now = self.clock.now();
        let before = self.arrived.len();
        while let Some(frame) = self.to_peer.receive(now) {
            self.arrived.push_back(frame);
        }
        if let Some(peer) = &mut self.peer
            && (self.poke || self.arrived.len() > before || self.peer_deadline.is_some_and(|at| at <= now))
        {
            let mut frames = self.arrived.drain(..).map(|frame| frame.bytes).collect();
            let mut answers = Vec::new();
            peer.poll(now, &mut frames, &mut answers);
            // A peer that wants to be polled at once has been: once more in a microsecond.
            self.peer_deadline = peer.deadline(now).map(|at| at.max(now + Duration::from_micros(1)));
            for mut bytes in answers {
                bytes.resize(bytes.len().max(MIN_FRAME), 0);
                self.send_to_card(now, bytes);
            }
        }
        while let Some(frame) = self.to_card.receive(now) {
            self.inlet.push(frame);
        }
        self.poke = false;
        self.next_event =
            [self.to_card.due(), self.to_peer.due(), self.peer_deadline].into_iter().flatten().min();
    }

    fn deliver(&mut self, frame: Frame) {
        self.delivered += 1;
        self.stirred = true;
        self.recorders.iter_mut().for_each(|recorder| recorder.frame(Way::ToCard, &frame));
        self.last_delivered = Some(frame);
    }

    fn depart(&mut self, frame: Frame) {
        self.departed += 1;
        self.stirred = true;
        // The recorders see the frame as the card sent it, with what is going to happen to it.
        let sent = (!self.recorders.is_empty()).then(|| frame.clone());
        let fate = self.to_peer.send(frame.last.time, frame);
        if let Some(sent) = sent {
            let sent = Frame { fate, ..sent };
            self.recorders.iter_mut().for_each(|recorder| recorder.frame(Way::FromCard, &sent));
        }
        self.next_event = [self.next_event, self.to_peer.due()].into_iter().flatten().min();
    }

    /// Puts a frame onto the cable towards the card. One that gets lost there is recorded here: the card never sees it.
    fn send_to_card(&mut self, time: Duration, bytes: Vec<u8>) {
        let kept = (!self.recorders.is_empty()).then(|| bytes.clone());
        let fate = self.to_card.send(time, Frame::new(bytes));
        if let (true, Some(bytes)) = (fate.dropped, kept) {
            let stamp = self.stamp();
            let frame = Frame { bytes, first: stamp, last: stamp, fate };
            self.recorders.iter_mut().for_each(|recorder| recorder.frame(Way::ToCard, &frame));
        }
    }

    // Recording.

    /// Records from now on.
    pub fn record(&mut self, recorder: impl Recorder + 'static) {
        self.recorders.push(Box::new(recorder));
    }

    /// Gives the recorders a remark, such as a change of a connection's state.
    pub fn note(&mut self, text: &str) {
        let stamp = self.stamp();
        self.recorders.iter_mut().for_each(|recorder| recorder.note(stamp, text));
    }

    /// Ends all recordings and completes their files.
    ///
    /// # Errors
    /// A file can't be written.
    pub fn finish_recording(&mut self) -> io::Result<()> {
        self.recorders.drain(..).try_for_each(|mut recorder| recorder.finish())
    }

    /// The kind of waveform that a build with the feature `trace` writes here: `fst`, or `vcd` without FST's libraries.
    pub const WAVEFORM_EXTENSION: &'static str = env!("SYNCLINE_WAVEFORM");

    /// Starts a waveform of the whole core; needs the cargo feature `trace`.
    ///
    /// # Errors
    /// This build has no waveforms, or the file can't be written.
    pub fn open_waveform(&mut self, path: &Path) -> anyhow::Result<()> {
        self.core.model_mut().open_trace(path)
    }

    /// Completes the waveform.
    pub fn close_waveform(&mut self) {
        self.core.model_mut().close_trace();
    }
}

impl std::fmt::Debug for Simulation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Simulation").field("lanes", &self.core.lanes()).field("at", &self.stamp()).finish()
    }
}
