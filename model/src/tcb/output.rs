// SPDX-License-Identifier: MIT OR Apache-2.0
//! What to send: at most one segment an event.

use super::{Config, Event, EventKind, State, Tcb, TxRequest, Work, flags::*};
use crate::seq;

/// The stage's outputs.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Default)]
pub struct Output {
    /// The segment.
    pub request: Option<TxRequest>,
    /// The flow wants another turn.
    pub turn: bool,
}

/// A segment that is to be sent, before its fixed fields are filled in.
#[derive(Copy, Clone)]
struct Plan {
    seq: u32,
    len: u32,
    fin: bool,
}

/// Window update, data, FIN, retransmission, probe, or a bare ACK.
pub fn stage(config: &Config, ring: u32, event: &Event, tcb: &mut Tcb, work: &mut Work) -> Output {
    if matches!(event.kind, EventKind::Nothing | EventKind::Peek) {
        return Output::default();
    }
    if work.rst_now {
        return Output { request: Some(reset(event, tcb, work)), turn: false };
    }
    if !event.hit || work.delete {
        return Output::default();
    }
    if work.syn_now {
        return Output { request: Some(syn(config, event, tcb, work)), turn: false };
    }
    update_window(config, ring, event, tcb, work);
    let (plan, turn) = choose(tcb, work);
    let request = match plan {
        Some(plan) => Some(send(event, tcb, work, plan)),
        None if work.ack_now => Some(TxRequest { seq: ack_seq(tcb), flags: ACK, ..header(event, tcb) }),
        None => None,
    };
    Output { request, turn }
}

/// Every segment's tuple is the TCB's.
fn header(event: &Event, tcb: &Tcb) -> TxRequest {
    TxRequest {
        flow: event.flow,
        has_flow: true,
        raddr: tcb.raddr,
        rport: tcb.rport,
        lport: tcb.lport,
        ack: tcb.rcv_nxt,
        wnd: window(tcb),
        ..TxRequest::default()
    }
}

fn window(tcb: &Tcb) -> u16 {
    tcb.rcv_adv.wrapping_sub(tcb.rcv_nxt).min(u16::MAX.into()) as u16
}

/// SND.NXT of the RFC, which never goes back; but not beyond the peer's window, where the peer would refuse the ACK.
fn ack_seq(tcb: &Tcb) -> u32 {
    let flight = tcb.snd_max.wrapping_sub(tcb.snd_una);
    tcb.snd_una.wrapping_add(flight.min(tcb.snd_wnd))
}

fn reset(event: &Event, tcb: &Tcb, work: &Work) -> TxRequest {
    let own_or_theirs = if work.rst_own { tcb.rst_seq() } else { event.ack };
    let (seq, ack, flags) = if work.rst_ack { (0, event.end, RST | ACK) } else { (own_or_theirs, 0, RST) };
    TxRequest {
        flow: event.flow,
        has_flow: event.hit,
        raddr: tcb.raddr,
        rport: tcb.rport,
        lport: tcb.lport,
        seq,
        ack,
        flags,
        ..TxRequest::default()
    }
}

fn syn(config: &Config, event: &Event, tcb: &mut Tcb, work: &Work) -> TxRequest {
    let end = tcb.iss.wrapping_add(1);
    account(tcb, work, tcb.iss, end);
    tcb.snd_nxt = end;
    let first = tcb.state == State::SynSent;
    TxRequest {
        seq: tcb.iss,
        ack: if first { 0 } else { tcb.rcv_nxt },
        flags: if first { SYN } else { SYN | ACK },
        mss: config.mss,
        ..header(event, tcb)
    }
}

/// Receiver's silly-window avoidance (RFC 9293, section 3.8.6.2.2): the right edge moves in large steps or not at all.
fn update_window(config: &Config, ring: u32, event: &Event, tcb: &mut Tcb, work: &mut Work) {
    if !tcb.state.receives() {
        return;
    }
    let edge = tcb.rcv_user.wrapping_add(ring);
    let step = u32::from(config.mss).min(ring / 2);
    if seq::signed(edge, tcb.rcv_adv) >= step as i32 {
        tcb.rcv_adv = edge;
        work.ack_now |= event.kind == EventKind::Doorbell;
    }
}

fn choose(tcb: &Tcb, work: &Work) -> (Option<Plan>, bool) {
    if !tcb.state.sends() {
        return (None, false);
    }
    let mss = u32::from(tcb.mss);
    // Our FIN is unsent or unacknowledged, so snd_end - snd_una is never negative here but when all is done.
    let unacked = seq::signed(tcb.snd_end, tcb.snd_una).max(0) as u32;
    if work.retransmit {
        let len = unacked.min(mss).min(tcb.snd_wnd);
        let fin_sent = tcb.snd_max == tcb.snd_end.wrapping_add(1);
        let fin = tcb.fin_queued && fin_sent && len == unacked;
        if len > 0 || fin {
            return (Some(Plan { seq: tcb.snd_una, len, fin }), true);
        }
        // Nothing is left to be sent again: at most our FIN follows.
        if tcb.snd_nxt != tcb.snd_una {
            return (None, false);
        }
    } else if work.probe {
        let len = unacked.min(1);
        let fin = tcb.fin_queued && len == 0;
        if len > 0 || fin {
            return (Some(Plan { seq: tcb.snd_una, len, fin }), false);
        }
    }
    let avail = seq::signed(tcb.snd_end, tcb.snd_nxt).max(0) as u32;
    let limit = tcb.snd_wnd.min(tcb.cwnd);
    let usable = limit.saturating_sub(tcb.snd_nxt.wrapping_sub(tcb.snd_una));
    let len = avail.min(usable).min(mss);
    let fin = tcb.fin_queued && len == avail && tcb.snd_nxt.wrapping_add(len) == tcb.snd_end && usable > len;
    // Sender's silly-window avoidance (section 3.8.6.2.1) with Nagle (section 3.7.4).
    let idle = tcb.nodelay || tcb.snd_nxt == tcb.snd_una;
    let again = tcb.snd_nxt != tcb.snd_max;
    let worth =
        len == mss || (len == avail && (idle || tcb.fin_queued)) || (idle && len >= tcb.max_wnd / 2) || again;
    if (len > 0 && worth) || (len == 0 && fin) {
        (Some(Plan { seq: tcb.snd_nxt, len, fin }), len > 0 && avail > len && usable > len)
    } else {
        (None, false)
    }
}

fn send(event: &Event, tcb: &mut Tcb, work: &Work, plan: Plan) -> TxRequest {
    let text_end = plan.seq.wrapping_add(plan.len);
    let end = text_end.wrapping_add(plan.fin as u32);
    account(tcb, work, plan.seq, end);
    // A probe is most often refused: what follows starts with it again.
    if !work.probe {
        tcb.snd_nxt = seq::max(tcb.snd_nxt, end);
    }
    let mut flags = ACK;
    if plan.fin {
        flags |= FIN;
    }
    if plan.len > 0 && text_end == tcb.snd_end {
        flags |= PSH;
    }
    TxRequest { seq: plan.seq, flags, len: plan.len as u16, ..header(event, tcb) }
}

/// `snd_max`, the retransmission counter, and the round trip's clock (RFC 6298, section 3, and Karn).
fn account(tcb: &mut Tcb, work: &Work, begin: u32, end: u32) {
    if seq::before(begin, tcb.snd_max) {
        tcb.retransmits = tcb.retransmits.wrapping_add(1);
        tcb.rtt_busy = false;
    } else if !tcb.rtt_busy && !work.probe {
        tcb.rtt_busy = true;
        tcb.rtt_seq = end;
        tcb.rtt_time = work.now;
    }
    tcb.snd_max = seq::max(tcb.snd_max, end);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tcb::{Op, step, testing::*};

    fn sent(event: &Event, tcb: &mut Tcb) -> Option<TxRequest> {
        step(&config(), RING, 0, event, tcb).request
    }

    fn turn() -> Event {
        Event { kind: EventKind::Turn, hit: true, ..Event::default() }
    }

    // covers: SHLD-28, MUST-61
    #[test]
    fn full_segments_first_and_push_on_the_last() {
        let mut tcb = established();
        let outputs = step(&config(), RING, 0, &queue(2501), &mut tcb);
        let first = outputs.request.expect("a segment");
        assert_eq!((first.seq, first.len, first.flags, outputs.turn), (ISS + 1, 1000, ACK, true));
        let second = sent(&turn(), &mut tcb).expect("a segment");
        assert_eq!((second.seq, second.len, second.flags), (ISS + 1001, 1000, ACK));
        assert_eq!(sent(&turn(), &mut tcb), None, "Nagle");
        let mut nodelay = Tcb { nodelay: true, ..tcb };
        let last = sent(&turn(), &mut nodelay).expect("a segment");
        assert_eq!((last.len, last.flags), (500, ACK | PSH));
        let last = sent(&command(Op::Shutdown, &tcb), &mut tcb).expect("a segment");
        assert_eq!((last.len, last.flags), (500, ACK | PSH | FIN));
    }

    // covers: CC-1
    #[test]
    fn neither_window_is_passed() {
        for (snd_wnd, cwnd) in [(1000, 9000), (9000, 1000)] {
            let mut tcb = Tcb { snd_wnd, cwnd, ..established() };
            assert!(sent(&queue(3001), &mut tcb).is_some());
            assert_eq!(sent(&turn(), &mut tcb), None);
        }
    }

    // covers: MUST-38
    #[test]
    fn a_small_window_is_not_used_at_once() {
        for (snd_wnd, len) in [(2047, Some(1000)), (999, None), (1, None)] {
            let mut tcb = Tcb { snd_wnd, ..established() };
            assert_eq!(sent(&queue(3001), &mut tcb).map(|request| request.len), len, "window {snd_wnd}");
        }
        let mut tcb = Tcb { snd_wnd: 500, max_wnd: 1000, ..established() };
        assert_eq!(sent(&queue(3001), &mut tcb).map(|request| request.len), Some(500), "half the largest");
    }

    // covers: SHLD-15
    #[test]
    fn a_retransmission_stays_inside_the_window() {
        let mut tcb = Tcb { snd_end: ISS + 4001, snd_wnd: 300, ..sending() };
        let request = sent(&timer(), &mut tcb).expect("a segment");
        assert_eq!((request.seq, request.len), (ISS + 1, 300));
    }

    // covers: SHLD-16
    #[test]
    fn what_was_sent_before_does_not_wait_for_nagle() {
        let mut tcb = Tcb { snd_nxt: ISS + 1501, ..sending() };
        assert_eq!(
            sent(&turn(), &mut tcb).map(|request| (request.seq, request.len)),
            Some((ISS + 1501, 500))
        );
        let mut new = Tcb { snd_end: ISS + 2501, ..sending() };
        assert_eq!(sent(&turn(), &mut new), None);
    }

    // covers: MUST-36
    #[test]
    fn a_probe_leaves_snd_nxt_behind() {
        let mut tcb = Tcb { snd_wnd: 0, timer_on: true, snd_end: ISS + 101, ..established() };
        let probe = sent(&timer(), &mut tcb).expect("a probe");
        assert_eq!((probe.seq, probe.len), (ISS + 1, 1));
        assert_eq!((tcb.snd_nxt, tcb.snd_max), (ISS + 1, ISS + 2));
        let all = sent(&segment(ACK, 1, 1, 0), &mut tcb).expect("the window is open");
        assert_eq!((all.seq, all.len), (ISS + 1, 100));
    }

    // covers: SEC-8
    #[test]
    fn a_bare_ack_stands_where_the_peer_takes_it() {
        let old = segment(ACK, -100, 1, 0);
        assert_eq!(sent(&old, &mut sending()).map(|request| request.seq), Some(ISS + 2001));
        let mut back = Tcb { snd_nxt: ISS + 1, cwnd: 0, ..sending() };
        assert_eq!(sent(&old, &mut back).map(|request| request.seq), Some(ISS + 2001), "after a time-out");
        let mut probing = Tcb { snd_nxt: ISS + 1, snd_max: ISS + 2, snd_wnd: 0, ..sending() };
        assert_eq!(sent(&old, &mut probing).map(|request| request.seq), Some(ISS + 1), "window closed");
    }

    // covers: MUST-39, SHLD-14
    #[test]
    fn the_window_opens_by_a_segment_at_least() {
        let read = |user| Event {
            kind: EventKind::Doorbell,
            hit: true,
            flags: 2,
            seq: IRS + user,
            ..Event::default()
        };
        let mut tcb = established();
        for at in [1, 1001, 2001] {
            step(&config(), RING, 0, &segment(ACK, at, 1, 1000), &mut tcb);
        }
        assert_eq!(sent(&read(1000), &mut tcb), None);
        assert_eq!(sent(&read(1001), &mut tcb).map(|request| request.wnd), Some(2096));
    }

    // covers: RTO-6, RTO-7
    #[test]
    fn one_segment_is_timed_and_no_retransmission() {
        let mut tcb = established();
        step(&config(), RING, 77, &queue(2001), &mut tcb);
        step(&config(), RING, 78, &turn(), &mut tcb);
        assert_eq!((tcb.rtt_busy, tcb.rtt_seq, tcb.rtt_time), (true, ISS + 1001, 77));
        let mut fast = tcb;
        for _ in 0..3 {
            step(&config(), RING, 98, &segment(ACK, 1, 1, 0), &mut fast);
        }
        assert!(fast.recovery && !fast.rtt_busy);
        step(&config(), RING, 99, &timer(), &mut tcb);
        assert!(!tcb.rtt_busy);
        assert_eq!(tcb.retransmits, 1);
    }

    // covers: E-2, E-3
    #[test]
    fn the_numbers_of_an_rst() {
        let stray = Event { hit: false, ..segment(SYN, 10, 0, 4) };
        let rst = sent(&stray, &mut Tcb::default()).expect("an RST");
        assert_eq!((rst.seq, rst.ack, rst.flags, rst.has_flow), (0, IRS + 15, RST | ACK, false));
        assert_eq!((rst.raddr, rst.rport, rst.lport), (0x0a00_0002, 5000, 80));
        let stray = Event { hit: false, ..segment(ACK, 10, 33, 0) };
        let rst = sent(&stray, &mut Tcb::default()).expect("an RST");
        assert_eq!((rst.seq, rst.ack, rst.flags), (ISS + 33, 0, RST));
    }
}
