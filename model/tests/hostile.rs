// SPDX-License-Identifier: MIT OR Apache-2.0
//! Any events at all: random segments around the edges that matter, host calls and time. Nothing panics, and after each event the
//! TCBs make sense: above all, whatever still waits for something has a timer.
//!
//! `SYNCLINE_SEED=n` runs one seed alone, `SYNCLINE_SEEDS=n` sets how many run.

mod common;

use common::{Random, seeds};
use syncline_model::{
    endpoint::{Endpoint, Segment, Setup},
    seq,
    tcb::{Config, Op, State, Tcb, flags::*},
};

const LOCAL: u32 = 0x0a00_0001;
const PEER: u32 = 0x0a00_0002;
const RING: u32 = 2048;
const FLOWS: u16 = 3;
const PEER_PORTS: u64 = 4;

/// What must hold between two events.
fn check(tcb: &Tcb, deadline: bool) {
    let ordered =
        |name: &str, a: u32, b: u32| assert!(!seq::after(a, b), "{name}: {a} is after {b}: {tcb:#?}");
    assert_eq!(tcb.timer_on, deadline, "the timer of {tcb:#?}");
    if tcb.state == State::Closed {
        assert!(!tcb.timer_on, "{tcb:#?}");
        return;
    }
    ordered("una, nxt", tcb.snd_una, tcb.snd_nxt);
    ordered("nxt, max", tcb.snd_nxt, tcb.snd_max);
    ordered("max, end", tcb.snd_max, tcb.snd_end.wrapping_add(tcb.fin_queued.into()));
    ordered("user, nxt", tcb.rcv_user, tcb.rcv_nxt.wrapping_sub(tcb.fin_received.into()));
    ordered("nxt, adv", tcb.rcv_nxt, tcb.rcv_adv);
    ordered("adv, ring", tcb.rcv_adv, tcb.rcv_user.wrapping_add(RING));
    ordered("end, ring", tcb.snd_end, tcb.snd_una.wrapping_add(RING + 1));
    assert!(tcb.cwnd >= tcb.mss.into() && tcb.mss >= 64, "{tcb:#?}");
    assert!(tcb.rto >= 1 && tcb.rto <= 60_000_000, "{tcb:#?}");
    let flight = tcb.snd_max != tcb.snd_una;
    let waits = seq::after(tcb.snd_end.wrapping_add(tcb.fin_queued.into()), tcb.snd_nxt);
    let handshake = matches!(tcb.state, State::SynSent | State::SynReceived);
    let wants_timer = match tcb.state {
        State::TimeWait => true,
        State::FinWait2 => tcb.released,
        _ => flight || (waits && tcb.state.sends()),
    };
    assert_eq!(tcb.timer_on, wants_timer, "{tcb:#?}");
    assert!(!handshake || flight, "no SYN is out: {tcb:#?}");
}

struct World {
    random: Random,
    end: Endpoint,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let config = Config { mss: 500, ..Config::default() };
        let mut end =
            Endpoint::new(Setup { addr: LOCAL, flows: FLOWS.into(), ring: RING, half_open: 2, config });
        end.set_isn(random.pick(&[0, 0xffff_ff00, 0x7fff_ff00, 12345]));
        end.listen(80);
        World { random, end }
    }

    /// A number near one that matters, or any number.
    fn near(&mut self, marks: &[u32]) -> u32 {
        if self.random.chance(5) {
            return self.random.next() as u32;
        }
        let mark = self.random.pick(marks);
        let offset =
            self.random.pick(&[0i32, 0, 0, 0, 1, -1, 2, 10, -10, 100, 499, 500, -500, 1000, 2048, -2048]);
        mark.wrapping_add_signed(offset)
    }

    fn segment(&mut self) -> Segment {
        let port = 5000 + self.random.below(PEER_PORTS) as u16;
        let tcb = self.end.find(PEER, port, 80).map(|flow| *self.end.tcb(flow)).unwrap_or_default();
        let flags = match self.random.below(10) {
            0 => SYN,
            1 => FIN | ACK,
            2 => self.random.next() as u8,
            3 if self.random.chance(10) => RST,
            _ => ACK,
        };
        let len = self.random.pick(&[0, 0, 0, 1, 2, 100, 499, 500, 501, 1460]);
        Segment {
            src: PEER,
            dst: LOCAL,
            src_port: port,
            dst_port: 80,
            seq: self.near(&[tcb.rcv_nxt, tcb.rcv_nxt, tcb.rcv_adv, tcb.irs]),
            ack: self.near(&[tcb.snd_una, tcb.snd_nxt, tcb.snd_max, tcb.snd_max, tcb.iss]),
            flags,
            window: self.random.pick(&[0, 1, 10, 499, 500, 2000, 65535]),
            mss: self.random.pick(&[None, Some(0), Some(1), Some(64), Some(536), Some(65535)]),
            payload: vec![self.random.next() as u8; len],
        }
    }

    fn act(&mut self) {
        let flow = self.random.below(FLOWS.into()) as u16;
        let mut answers = None;
        match self.random.below(20) {
            0..10 => {
                let segment = self.segment();
                answers = Some(segment.flags & RST != 0);
                self.end.segment(&segment);
            }
            10..12 => {
                let data = vec![0; self.random.below(3000) as usize];
                self.end.write(flow, &data);
            }
            12..14 => {
                let limit = self.random.below(2000) as usize;
                self.end.read(flow, limit);
            }
            14..17 => {
                let step = self.random.pick(&[1u64, 1000, 500_000, 1_000_000, 100_000_000]);
                self.end.advance_to(self.end.now() + step);
            }
            17 if self.random.chance(30) => {
                let op = self.random.pick(&[Op::Shutdown, Op::Shutdown, Op::Close, Op::Close, Op::Abort]);
                self.end.command(op, self.end.handle(flow));
            }
            18 if self.random.chance(20) => {
                let port = 5000 + self.random.below(PEER_PORTS) as u16;
                let _ = self.end.open(PEER, port, 80, self.random.chance(50));
            }
            19 if self.random.chance(5) => self.end.unreachable(flow),
            _ => {}
        }
        let mut count = 0;
        while let Some(segment) = self.end.take() {
            count += 1;
            assert!(!(answers == Some(true) && segment.flags & RST != 0), "an RST for an RST");
        }
        // A ring full of the smallest segments, and some time-outs.
        assert!(count < 200, "{count} segments for one event");
        for flow in 0..FLOWS {
            check(self.end.tcb(flow), self.end.deadline(flow).is_some());
        }
    }
}

// covers: P-9, E-44
#[test]
fn nothing_breaks_whatever_comes() {
    seeds(300, |seed| {
        let mut world = World::new(seed);
        for _ in 0..2000 {
            world.act();
        }
        for flow in 0..FLOWS {
            world.end.command(Op::Abort, world.end.handle(flow));
        }
        world.end.advance_to(world.end.now() + 2_000_000_000);
        assert_eq!(world.end.free(), FLOWS.into(), "a flow was lost");
    });
}
