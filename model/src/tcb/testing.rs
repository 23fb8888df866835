// SPDX-License-Identifier: MIT OR Apache-2.0
//! Named states to begin a test in, and events by kind. ISS is 1000, IRS is 5000, both ends' windows are 4096, the MSS is 1000.

use super::{Config, Event, EventKind, Op, State, Tcb, Work, flags::*, step};

pub const RING: u32 = 4096;
pub const ISS: u32 = 1000;
pub const IRS: u32 = 5000;
const MSS: u16 = 1000;

pub fn config() -> Config {
    Config { mss: MSS, ..Config::default() }
}

/// A segment of the flow: flags, SEG.SEQ and SEG.ACK relative to the ISNs, bytes of text.
pub fn segment(flags: u8, seq: i32, ack: i32, len: u16) -> Event {
    let seq = IRS.wrapping_add_signed(seq);
    let controls = u32::from(flags & SYN != 0) + u32::from(flags & FIN != 0);
    Event {
        kind: EventKind::Segment,
        hit: true,
        raddr: 0x0a00_0002,
        rport: 5000,
        lport: 80,
        seq,
        ack: ISS.wrapping_add_signed(ack),
        end: seq.wrapping_add(len.into()).wrapping_add(controls),
        flags,
        wnd: 4096,
        len,
        ..Event::default()
    }
}

pub fn command(op: Op, tcb: &Tcb) -> Event {
    Event { kind: EventKind::Command, op, hit: true, isn: tcb.generation.into(), ..Event::default() }
}

pub fn timer() -> Event {
    Event { kind: EventKind::Timer, hit: true, ..Event::default() }
}

/// Queues bytes up to `end`, relative to ISS.
pub fn queue(end: u32) -> Event {
    Event { kind: EventKind::Doorbell, hit: true, flags: 1, ack: ISS + end, ..Event::default() }
}

fn after(mut tcb: Tcb, events: &[Event]) -> Tcb {
    for event in events {
        step(&config(), RING, 0, event, &mut tcb);
    }
    tcb
}

pub fn syn_received() -> Tcb {
    let syn = Event { new: true, listen: true, mss: MSS, isn: ISS, ..segment(SYN, 0, 0, 0) };
    after(Tcb::default(), &[syn])
}

pub fn syn_sent() -> Tcb {
    let open = Event { new: true, isn: ISS, ..command(Op::Open, &Tcb::default()) };
    after(Tcb::default(), &[open])
}

pub fn established() -> Tcb {
    after(syn_received(), &[segment(ACK, 1, 1, 0)])
}

pub fn fin_wait_1() -> Tcb {
    after(established(), &[command(Op::Shutdown, &established())])
}

pub fn fin_wait_2() -> Tcb {
    after(fin_wait_1(), &[segment(ACK, 1, 2, 0)])
}

pub fn close_wait() -> Tcb {
    after(established(), &[segment(FIN | ACK, 1, 1, 0)])
}

pub fn closing() -> Tcb {
    after(fin_wait_1(), &[segment(FIN | ACK, 1, 1, 0)])
}

pub fn last_ack() -> Tcb {
    after(close_wait(), &[command(Op::Shutdown, &close_wait())])
}

pub fn time_wait() -> Tcb {
    after(fin_wait_2(), &[segment(FIN | ACK, 1, 2, 0)])
}

/// 2,000 bytes queued, sent and not acknowledged.
pub fn sending() -> Tcb {
    let turn = Event { kind: EventKind::Turn, hit: true, ..Event::default() };
    after(established(), &[queue(2001), turn])
}

/// Every state that has a peer.
pub fn with_peer() -> [Tcb; 8] {
    [
        syn_received(),
        established(),
        fin_wait_1(),
        fin_wait_2(),
        close_wait(),
        closing(),
        last_ack(),
        time_wait(),
    ]
}

/// What a stage finds in `work`: every stage before it, up to and with differences.
pub fn work(event: &Event, tcb: &mut Tcb) -> Work {
    let mut work = Work::default();
    super::fetch::stage(0, event, tcb, &mut work);
    super::differences::stage(&config(), RING, event, tcb, &mut work);
    work
}

#[test]
fn named_states_are_what_they_say() {
    let names: Vec<_> = with_peer().iter().map(|tcb| tcb.state).collect();
    use State::*;
    assert_eq!(names, [SynReceived, Established, FinWait1, FinWait2, CloseWait, Closing, LastAck, TimeWait]);
    assert_eq!(syn_sent().state, SynSent);
    let tcb = sending();
    assert_eq!((tcb.snd_una, tcb.snd_nxt, tcb.snd_end), (ISS + 1, ISS + 2001, ISS + 2001));
}
