// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every timer of the Verilated core beside the model's: the same conversation, segment by segment, to the microsecond.

use std::time::Duration;

use syncline_model::endpoint::Segment;
use syncline_model::tcb::flags::{ACK, FIN, SYN};
use syncline_model::tcb::{Op, State};
use syncline_regs::code;
use syncline_sim::Config;
use syncline_tests::card::Card;
use syncline_tests::subject::{LOCAL, Model, PEER, Ports, Subject, config};
use syncline_tests::wire;

/// One tick of the clock, us.
const TOLERANCE: u64 = 1;
const SECOND: u64 = 1_000_000;

/// Segments between two acts of the peer or of the host, with their times: all but the first are a timer's.
type Heard = Vec<(u64, Segment)>;

/// A peer that says little, and what it hears.
struct Peer<'a> {
    subject: &'a mut dyn Subject,
    ports: Ports,
    heard: Vec<Heard>,
}

impl<'a> Peer<'a> {
    /// Connects from this port, ISN 0.
    fn connect(subject: &'a mut dyn Subject, port: u16, window: u16) -> Self {
        let mut peer = Peer { subject, ports: Ports { peer: port, local: 80 }, heard: vec![] };
        peer.say(SYN, 0, window);
        peer
    }

    /// Sends a segment that acknowledges everything.
    fn say(&mut self, flags: u8, seq: u32, window: u16) {
        let ack = self.heard.iter().flatten().last().map_or(0, |(_, last)| last.end());
        let (src_port, dst_port) = (self.ports.peer, self.ports.local);
        let mss = (flags & SYN != 0).then_some(1460);
        let head = Segment { src: PEER, dst: LOCAL, src_port, dst_port, mss, ..Segment::default() };
        self.subject.inject(&Segment { seq, ack, flags, window, ..head });
    }

    /// Listens for so many seconds.
    fn hear(&mut self, seconds: u64) -> usize {
        let until = self.subject.now() + seconds * SECOND;
        let mut heard = vec![];
        while let Some(segment) = self.subject.next_segment(until) {
            heard.push((self.subject.now(), segment));
        }
        self.heard.push(heard);
        self.heard[self.heard.len() - 1].len()
    }

    fn write(&mut self, text: &[u8]) {
        assert_eq!(self.subject.write(self.ports, text), text.len());
    }

    fn call(&mut self, op: Op) {
        assert!(self.subject.command(op, self.ports), "{op:?}");
    }

    fn state(&mut self) -> State {
        self.subject.info(self.ports).state
    }
}

/// A conversation for each timer.
fn conversations(subject: &mut dyn Subject) -> Vec<Heard> {
    subject.listen(80);

    let mut peer = Peer::connect(subject, 5000, 8192);
    assert_eq!(peer.hear(70), 7, "the SYN-ACK after 0, 1, 3, 7, 15, 31 and 63 s");
    peer.say(ACK, 1, 8192);
    peer.write(b"nobody hears this");
    let retries = usize::from(config().data_retries);
    assert_eq!(peer.hear(1000), 1 + retries, "the data and its retransmissions");
    assert_eq!(peer.state(), State::Closed);
    let mut all = peer.heard;

    let mut peer = Peer::connect(subject, 5001, 0);
    peer.hear(0);
    peer.say(ACK, 1, 0);
    peer.write(b"the window is closed");
    assert!(peer.hear(150) > 6, "probes");
    peer.call(Op::Abort);
    peer.hear(0);
    all.extend(peer.heard);

    let mut peer = Peer::connect(subject, 5002, 8192);
    peer.hear(0);
    peer.say(ACK, 1, 8192);
    peer.call(Op::Shutdown);
    assert!(peer.hear(40) > 5, "the FIN, again and again");
    peer.say(FIN | ACK, 1, 8192);
    peer.hear(59);
    assert_eq!(peer.state(), State::TimeWait);
    peer.hear(2);
    assert_eq!(peer.state(), State::Closed);
    all.extend(peer.heard);

    let mut peer = Peer::connect(subject, 5003, 8192);
    peer.hear(0);
    peer.say(ACK, 1, 8192);
    peer.call(Op::Close);
    peer.hear(0);
    peer.say(ACK, 1, 8192);
    peer.hear(59);
    assert_eq!(peer.state(), State::FinWait2);
    peer.hear(2);
    assert_eq!(peer.state(), State::Closed);
    all.extend(peer.heard);
    all
}

/// What a card has sent, and how long it was in FIN-WAIT-2 and in TIME-WAIT.
fn card(seed: u64) -> (Vec<Heard>, Vec<(code::State, Duration)>) {
    let mut card = Card::new(Config::Core64, seed);
    // The peer is known: asking for it takes the first segment a microsecond and more, which is no timer's.
    card.simulation().inject(wire::arp_reply());
    let heard = conversations(&mut card);
    let changes: Vec<_> = std::iter::from_fn(|| card.simulation().state_change()).collect();
    let ends = changes.windows(2).filter(|pair| pair[1].state == code::State::Closed);
    let ends = ends.map(|pair| (pair[0].state, pair[1].at.time - pair[0].at.time));
    let ends = ends.filter(|(state, _)| matches!(state, code::State::FinWait2 | code::State::TimeWait));
    (heard, ends.collect())
}

// covers: P-6
#[test]
fn timers_are_the_models() {
    let ((hardware, ends), model) = (card(1), conversations(&mut Model::new(77)));
    assert_eq!(hardware.len(), model.len());
    for (hardware, model) in hardware.iter().zip(&model) {
        let kinds = |all: &Heard| -> Vec<_> {
            all.iter().map(|(_, s)| (s.flags, s.ack, s.window, s.payload.clone())).collect()
        };
        assert_eq!(kinds(hardware), kinds(model));
        let intervals =
            |all: &Heard| -> Vec<u64> { all.windows(2).map(|pair| pair[1].0 - pair[0].0).collect() };
        let (hardware, model) = (intervals(hardware), intervals(model));
        let near = hardware.iter().zip(&model).all(|(a, b)| a.abs_diff(*b) <= TOLERANCE);
        assert!(near, "us between segments:\ncore  {hardware:?}\nmodel {model:?}");
    }
    let states: Vec<_> = ends.iter().map(|(state, _)| *state).collect();
    assert_eq!(states, [code::State::TimeWait, code::State::FinWait2]);
    for (state, time) in ends {
        let off = (time.as_micros() as u64).abs_diff(60 * SECOND);
        assert!(off <= TOLERANCE, "{time:?} in {state}");
    }
}

// covers: P-6
#[test]
fn equal_seeds_give_equal_frames() {
    assert_eq!(card(5), card(5));
    assert_ne!(card(5), card(6), "the seed is the key of the ISNs");
}
