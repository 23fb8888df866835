// SPDX-License-Identifier: MIT OR Apache-2.0
//! The cable of a [`Simulation`]: what goes in and out, and who is told of it.

use crate::link::{LinkConfig, LinkStats, MIN_FRAME};
use crate::mac::Frame;
use crate::peer::Peer;
use crate::record::{Recorder, Way};
use crate::simulation::Simulation;
use std::io;
use std::path::Path;
use std::time::Duration;

impl Simulation {
    /// Plugs a peer in (the old one is given back).
    pub fn plug(&mut self, peer: impl Peer + Send + 'static) -> Option<Box<dyn Peer + Send>> {
        self.poke = true;
        self.peer.replace(Box::new(peer))
    }

    /// The peer has been spoken to from outside this simulation: it is polled in the next cycle.
    pub fn poke(&mut self) {
        self.poke = true;
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
    pub(crate) fn serve_cable(&mut self) {
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

    pub(crate) fn deliver(&mut self, frame: Frame) {
        self.delivered += 1;
        self.stirred = true;
        self.recorders.iter_mut().for_each(|recorder| recorder.frame(Way::ToCard, &frame));
        self.last_delivered = Some(frame);
    }

    pub(crate) fn depart(&mut self, frame: Frame) {
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
