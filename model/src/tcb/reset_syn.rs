// SPDX-License-Identifier: MIT OR Apache-2.0
//! CLOSED, LISTEN and SYN-SENT (RFC 9293, sections 3.10.7.1 to 3), and the RST, SYN and missing-ACK checks of the
//! other states (section 3.10.7.4, second to fifth; RFC 5961, sections 3.2 and 4.2).

use super::{Config, Event, EventKind, Op, Reason, State, Tcb, Work, flags::*};

/// MSS when the peer gave none (RFC 9293, MUST-15).
const DEFAULT_MSS: u16 = 536;
/// A smaller MSS would let the peer ask for any number of tiny segments.
const LEAST_MSS: u16 = 64;
/// "Arbitrarily high" (RFC 5681, section 3.1).
const FIRST_SSTHRESH: u32 = 1 << 30;

/// Everything that does not need a synchronised connection.
pub fn stage(config: &Config, ring: u32, event: &Event, tcb: &mut Tcb, work: &mut Work) {
    match event.kind {
        EventKind::Command if event.hit && event.new && event.op == Op::Open => {
            open(config, ring, event, tcb, work)
        }
        EventKind::Segment if event.hit && event.new => listen(config, ring, event, tcb, work),
        EventKind::Segment if !event.hit || tcb.state == State::Closed => no_connection(event, tcb, work),
        EventKind::Segment if tcb.state == State::SynSent => in_syn_sent(config, ring, event, tcb, work),
        EventKind::Segment if !work.drop => synchronised(event, tcb, work),
        _ => {}
    }
}

fn send_mss(config: &Config, event: &Event) -> u16 {
    let peer = if event.mss == 0 { DEFAULT_MSS } else { event.mss };
    peer.min(config.mss).max(LEAST_MSS)
}

/// Initial window of ten segments (RFC 6928).
fn initial_window(mss: u16) -> u32 {
    10 * u32::from(mss)
}

/// A TCB whose sending half is initialised.
fn initial(config: &Config, event: &Event, tcb: &Tcb, mss: u16) -> Tcb {
    Tcb {
        generation: tcb.generation.wrapping_add(1),
        raddr: event.raddr,
        rport: event.rport,
        lport: event.lport,
        iss: event.isn,
        snd_una: event.isn,
        snd_nxt: event.isn,
        snd_max: event.isn,
        snd_end: event.isn.wrapping_add(1),
        recover: event.isn,
        mss,
        cwnd: initial_window(mss),
        ssthresh: FIRST_SSTHRESH,
        rto: config.rto_initial,
        ..Tcb::default()
    }
}

/// Section 3.10.1.
fn open(config: &Config, ring: u32, event: &Event, tcb: &mut Tcb, work: &mut Work) {
    *tcb = Tcb {
        state: State::SynSent,
        active: true,
        owned: true,
        nodelay: event.has(1),
        rcv_adv: ring,
        ..initial(config, event, tcb, config.mss.max(LEAST_MSS))
    };
    work.syn_now = true;
}

/// What a SYN tells about its sender.
fn synchronise(ring: u32, event: &Event, tcb: &mut Tcb) {
    tcb.irs = event.seq;
    tcb.rcv_nxt = event.seq.wrapping_add(1);
    tcb.rcv_user = tcb.rcv_nxt;
    tcb.rcv_adv = tcb.rcv_nxt.wrapping_add(ring);
    tcb.snd_wnd = event.wnd.into();
    tcb.max_wnd = event.wnd.into();
    tcb.snd_wl1 = event.seq;
    tcb.snd_wl2 = if event.has(ACK) { event.ack } else { tcb.iss };
}

/// Section 3.10.7.2; the look-up gives a flow to a SYN without ACK, RST or FIN alone.
fn listen(config: &Config, ring: u32, event: &Event, tcb: &mut Tcb, work: &mut Work) {
    *tcb = Tcb { state: State::SynReceived, ..initial(config, event, tcb, send_mss(config, event)) };
    synchronise(ring, event, tcb);
    tcb.snd_wl2 = tcb.iss;
    work.syn_now = true;
    work.drop = true;
}

/// Section 3.10.7.1, and 3.10.7.2 for a port that listens.
fn no_connection(event: &Event, tcb: &mut Tcb, work: &mut Work) {
    work.drop = true;
    if !event.hit {
        // The RST's tuple: there is no TCB.
        (tcb.raddr, tcb.rport, tcb.lport) = (event.raddr, event.rport, event.lport);
    }
    // With a hit the look-up was a moment behind a removal; the SYN comes again.
    let ignore_syn = event.hit && event.has(SYN) && !event.has(ACK);
    // LISTEN ignores what is neither SYN nor ACK nor RST; a SYN that comes here has found the card full.
    let ignore_other = !event.hit && event.listen && !event.has(ACK);
    if event.has(RST) || ignore_syn || ignore_other {
        return;
    }
    work.rst_now = true;
    work.rst_ack = !event.has(ACK);
}

/// Section 3.10.7.3.
fn in_syn_sent(config: &Config, ring: u32, event: &Event, tcb: &mut Tcb, work: &mut Work) {
    work.drop = true;
    let acceptable_ack = event.has(ACK) && (work.d_una as i32) > 0 && (work.d_max as i32) >= 0;
    if event.has(ACK) && !acceptable_ack {
        work.rst_now = !event.has(RST);
        return;
    }
    if event.has(RST) {
        if acceptable_ack {
            work.delete = true;
            work.notify = true;
            tcb.reason = Reason::Refused;
        }
        return;
    }
    if !event.has(SYN) {
        return;
    }
    synchronise(ring, event, tcb);
    tcb.mss = send_mss(config, event);
    tcb.cwnd = initial_window(tcb.mss);
    if acceptable_ack {
        tcb.snd_una = event.ack;
        tcb.state = State::Established;
        work.opened = true;
        work.ack_now = true;
        work.notify = true;
    } else {
        tcb.state = State::SynReceived;
        work.syn_now = true;
    }
}

fn synchronised(event: &Event, tcb: &mut Tcb, work: &mut Work) {
    if event.has(RST) {
        work.drop = true;
        if work.d_seq == 0 {
            work.delete = true;
            work.notify = true;
            tcb.reason = match tcb.state {
                State::SynReceived if tcb.active => Reason::Refused,
                State::Established | State::FinWait1 | State::FinWait2 | State::CloseWait => Reason::Reset,
                _ => Reason::Normal,
            };
        } else if work.d_seq < work.d_wnd {
            // Challenge ACK (RFC 5961, section 3.2).
            work.ack_now = true;
        }
    } else if event.has(SYN) {
        work.drop = true;
        if tcb.state == State::SynReceived && work.d_seq == u32::MAX && !event.has(ACK) {
            work.syn_now = true;
            // Our SYN-ACK was lost: an initial window of one segment (RFC 5681, section 3.1).
            tcb.retries = tcb.retries.max(1);
        } else {
            // RFC 5961, section 4.2.
            work.ack_now = true;
        }
    } else if !event.has(ACK) {
        work.drop = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tcb::{acceptability, testing::*};

    fn run(event: &Event, mut tcb: Tcb) -> (Tcb, Work) {
        let mut work = work(event, &mut tcb);
        acceptability::stage(&config(), RING, event, &mut tcb, &mut work);
        stage(&config(), RING, event, &mut tcb, &mut work);
        (tcb, work)
    }

    // covers: E-1, E-2, E-3, E-4, E-5, E-8
    #[test]
    fn without_a_connection() {
        // (flags, listening, answer: none, or does it acknowledge)
        let cases = [
            (RST, false, None),
            (RST | ACK, false, None),
            (SYN, false, Some(true)),
            (FIN, false, Some(true)),
            (0, false, Some(true)),
            (ACK, false, Some(false)),
            (SYN | ACK, false, Some(false)),
            (RST, true, None),
            (SYN, true, None),
            (FIN, true, None),
            (ACK, true, Some(false)),
            (SYN | ACK, true, Some(false)),
        ];
        for (flags, listen, answer) in cases {
            let event = Event { hit: false, listen, ..segment(flags, 7, 9, 0) };
            let (_, work) = run(&event, Tcb::default());
            assert_eq!(work.rst_now.then_some(work.rst_ack), answer, "flags {flags:#x}, listening {listen}");
            assert!(work.drop);
            assert!(!work.rst_own);
        }
    }

    // covers: E-6, CC-2, CC-5
    #[test]
    fn a_syn_initialises_everything() {
        let old = Tcb { generation: 9, owned: true, srtt: 5, retransmits: 3, ..established() };
        let event = Event { new: true, mss: 700, isn: ISS, wnd: 300, ..segment(SYN, 0, 0, 5) };
        let (tcb, work) = run(&event, old);
        assert_eq!(
            (tcb.state, tcb.generation, tcb.owned, tcb.active),
            (State::SynReceived, 10, false, false)
        );
        assert_eq!((tcb.rcv_nxt, tcb.rcv_user, tcb.rcv_adv), (IRS + 1, IRS + 1, IRS + 1 + RING));
        assert_eq!((tcb.snd_una, tcb.snd_end, tcb.snd_wnd, tcb.mss), (ISS, ISS + 1, 300, 700));
        assert_eq!((tcb.cwnd, tcb.srtt, tcb.retransmits), (7000, 0, 0));
        assert!(work.syn_now && work.drop);
    }

    // covers: E-10, E-11, E-12, E-13, E-14, E-15, E-16
    #[test]
    fn in_syn_sent() {
        // (flags, SEG.ACK, new state, RST, deleted, SYN-ACK)
        let cases = [
            (ACK, 0, State::SynSent, true, false, false),
            (SYN | ACK, 2, State::SynSent, true, false, false),
            (RST | ACK, 0, State::SynSent, false, false, false),
            (RST | ACK, 1, State::SynSent, false, true, false),
            (RST, 0, State::SynSent, false, false, false),
            (SYN | ACK, 1, State::Established, false, false, false),
            (SYN, 0, State::SynReceived, false, false, true),
            (ACK, 1, State::SynSent, false, false, false),
            (FIN | ACK, 1, State::SynSent, false, false, false),
        ];
        for (flags, ack, state, rst, deleted, syn_ack) in cases {
            let (tcb, work) = run(&segment(flags, 0, ack, 0), syn_sent());
            let got = (tcb.state, work.rst_now, work.delete, work.syn_now);
            assert_eq!(got, (state, rst, deleted, syn_ack), "flags {flags:#x}, ack {ack}");
            assert!(work.drop);
        }
    }

    // covers: MUST-15, CC-2
    #[test]
    fn the_initial_window_follows_the_peers_mss() {
        for (option, mss) in [(0, 536), (100, 100), (30, 64), (9000, 1000)] {
            let (tcb, _) = run(&Event { mss: option, ..segment(SYN | ACK, 0, 1, 0) }, syn_sent());
            assert_eq!((tcb.mss, tcb.cwnd), (mss, 10 * u32::from(mss)), "option {option}");
        }
    }

    // covers: SEC-1, SEC-2, SEC-3
    #[test]
    fn an_rst_by_its_place() {
        for tcb in with_peer() {
            let next = (tcb.rcv_nxt - IRS) as i32;
            let window = (tcb.rcv_adv - tcb.rcv_nxt) as i32;
            for (offset, delete, challenge) in [
                (0, true, false),
                (1, false, true),
                (window - 1, false, true),
                (window, false, false),
                (-1, false, false),
            ] {
                let (_, work) = run(&segment(RST, next + offset, 0, 0), tcb);
                assert_eq!((work.delete, work.ack_now), (delete, challenge), "{} {offset}", tcb.state);
                assert!(work.drop && !work.rst_now);
            }
        }
    }

    // covers: SEC-5, E-17, CC-4
    #[test]
    fn a_syn_gets_a_challenge_or_the_syn_ack_again() {
        for tcb in with_peer() {
            let (after, work) = run(&segment(SYN, 0, 0, 0), tcb);
            let again = tcb.state == State::SynReceived;
            assert_eq!((work.syn_now, work.ack_now), (again, !again), "{}", tcb.state);
            assert_eq!(after.retries, u8::from(again));
            assert!(work.drop && !work.delete);
        }
    }

    // covers: E-28
    #[test]
    fn without_ack_nothing_goes_on() {
        for tcb in with_peer() {
            let next = (tcb.rcv_nxt - IRS) as i32;
            assert!(run(&segment(0, next, 0, 0), tcb).1.drop, "{}", tcb.state);
            assert!(!run(&segment(ACK, next, 1, 0), tcb).1.drop, "{}", tcb.state);
        }
    }
}
