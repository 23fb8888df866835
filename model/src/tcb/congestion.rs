// SPDX-License-Identifier: MIT OR Apache-2.0
//! Congestion control (RFC 5681, 6582, 3465) and what an expiry means.

use super::{Config, Event, EventKind, Reason, State, Tcb, Work};

const CAP: u32 = 1 << 30;
/// RFC 6298, section 5.7.
const RTO_AFTER_LOST_SYN: u32 = 3_000_000;
/// `retries` has four bits.
const RETRIES_CAP: u8 = 15;

/// `cwnd`, `ssthresh`, fast recovery, and the retransmission timer.
pub fn stage(config: &Config, _ring: u32, event: &Event, tcb: &mut Tcb, work: &mut Work) {
    let mss = u32::from(tcb.mss);
    if work.opened {
        if tcb.retries > 0 {
            tcb.cwnd = mss;
            tcb.rto = RTO_AFTER_LOST_SYN;
        }
        tcb.retries = 0;
    }
    if work.ack_new {
        tcb.dup_acks = 0;
        tcb.retries = 0;
        if tcb.recovery {
            recovery_ack(tcb, work);
        } else {
            grow(tcb, work.acked);
            // `recover` follows, or it would look ahead of the ACK after 2 GiB without a loss.
            if (work.d_rec as i32) > 0 {
                tcb.recover = event.ack.wrapping_sub(1);
            }
        }
    }
    if work.ack_dup {
        duplicate(tcb, work);
    }
    if work.expired {
        expire(config, tcb, work);
    }
    if event.kind == EventKind::Unreachable && event.hit {
        match tcb.state {
            State::SynSent | State::SynReceived => give_up(tcb, work, Reason::Unreachable),
            // TCP keeps trying until R2.
            _ => {}
        }
    }
}

fn give_up(tcb: &mut Tcb, work: &mut Work, reason: Reason) {
    work.delete = true;
    work.notify = true;
    tcb.reason = reason;
}

/// Half of what is in flight, at least two segments (RFC 5681, equation 4).
fn halved(tcb: &Tcb, work: &Work) -> u32 {
    (work.flight / 2).max(2 * u32::from(tcb.mss))
}

/// Slow start by bytes, at most a segment an ACK; avoidance by RFC 3465's counter.
fn grow(tcb: &mut Tcb, acked: u32) {
    let mss = u32::from(tcb.mss);
    if tcb.cwnd < tcb.ssthresh {
        tcb.cwnd = tcb.cwnd.wrapping_add(acked.min(mss));
    } else {
        tcb.bytes_acked = tcb.bytes_acked.wrapping_add(acked);
        if tcb.bytes_acked >= tcb.cwnd {
            tcb.bytes_acked -= tcb.cwnd;
            tcb.cwnd = tcb.cwnd.wrapping_add(mss);
        }
    }
    tcb.cwnd = tcb.cwnd.min(CAP);
}

/// RFC 6582, section 3.2, steps 3 to 5.
fn recovery_ack(tcb: &mut Tcb, work: &mut Work) {
    let mss = u32::from(tcb.mss);
    if (work.d_rec as i32) >= 0 {
        tcb.recovery = false;
        let left = work.flight.wrapping_sub(work.acked);
        tcb.cwnd = tcb.ssthresh.min(left.max(mss).wrapping_add(mss));
    } else {
        work.retransmit = true;
        tcb.cwnd -= work.acked.min(tcb.cwnd.saturating_sub(mss));
        if work.acked >= mss {
            tcb.cwnd = tcb.cwnd.wrapping_add(mss).min(CAP);
        }
    }
}

/// RFC 5681, section 3.2.
fn duplicate(tcb: &mut Tcb, work: &mut Work) {
    let mss = u32::from(tcb.mss);
    if tcb.recovery {
        tcb.cwnd = tcb.cwnd.wrapping_add(mss).min(CAP);
    } else if tcb.dup_acks < 3 {
        tcb.dup_acks += 1;
        if tcb.dup_acks == 3 && (work.d_rec as i32) > 0 {
            tcb.ssthresh = halved(tcb, work);
            tcb.cwnd = tcb.ssthresh.wrapping_add(3 * mss);
            tcb.recover = tcb.snd_max;
            tcb.recovery = true;
            tcb.bytes_acked = 0;
            work.retransmit = true;
        }
    }
}

fn expire(config: &Config, tcb: &mut Tcb, work: &mut Work) {
    match tcb.state {
        State::SynSent | State::SynReceived => {
            if tcb.retries >= config.syn_retries {
                return give_up(tcb, work, Reason::TimedOut);
            }
            back_off(config, tcb);
            work.syn_now = true;
        }
        State::TimeWait => work.delete = true,
        State::FinWait2 => work.delete = tcb.released,
        State::Closed | State::Listen => {}
        _ => {
            if work.flight != 0 && tcb.retries >= config.data_retries {
                return give_up(tcb, work, Reason::TimedOut);
            }
            if tcb.snd_wnd == 0 {
                // RFC 9293, section 3.8.6.1: not a loss.
                work.probe = true;
            } else {
                // Nothing outstanding: the override time-out of section 3.8.6.2.1 sends what fits.
                work.retransmit = true;
                if work.flight != 0 {
                    lost(tcb, work);
                }
            }
            back_off(config, tcb);
            tcb.snd_nxt = tcb.snd_una;
        }
    }
}

/// RFC 5681, section 3.1; a second expiry of the same segment leaves `ssthresh` alone.
fn lost(tcb: &mut Tcb, work: &Work) {
    if tcb.retries == 0 {
        let again = (tcb.ssthresh / 2).max(2 * u32::from(tcb.mss));
        tcb.ssthresh = halved(tcb, work);
        if tcb.recovery {
            // A retransmission is lost too: that is a second reduction (section 4.3).
            tcb.ssthresh = tcb.ssthresh.min(again);
        }
    }
    tcb.cwnd = tcb.mss.into();
    tcb.recovery = false;
    tcb.recover = tcb.snd_max;
    tcb.dup_acks = 0;
    tcb.bytes_acked = 0;
}

/// RFC 6298, section 5.5, and Karn: what was sent before is no longer timed.
fn back_off(config: &Config, tcb: &mut Tcb) {
    tcb.retries = (tcb.retries + 1).min(RETRIES_CAP);
    tcb.rto = tcb.rto.saturating_mul(2).min(config.rto_max);
    tcb.rtt_busy = false;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tcb::{ack, flags::*, testing::*};

    fn run(event: &Event, mut tcb: Tcb) -> (Tcb, Work) {
        let mut work = work(event, &mut tcb);
        ack::stage(&config(), RING, event, &mut tcb, &mut work);
        stage(&config(), RING, event, &mut tcb, &mut work);
        (tcb, work)
    }

    // covers: CC-6, CC-24
    #[test]
    fn slow_start_grows_by_what_is_acknowledged() {
        for (acked, growth) in [(1, 1), (999, 999), (1000, 1000), (2000, 1000)] {
            let tcb = run(&segment(ACK, 1, 1 + acked, 0), sending()).0;
            assert_eq!(tcb.cwnd, 10_000 + growth, "{acked} bytes");
        }
    }

    // covers: CC-7
    #[test]
    fn avoidance_grows_by_a_segment_a_window() {
        let tcb = Tcb { cwnd: 3000, ssthresh: 3000, ..sending() };
        let tcb = run(&segment(ACK, 1, 1001, 0), tcb).0;
        assert_eq!((tcb.cwnd, tcb.bytes_acked), (3000, 1000));
        let tcb = run(&segment(ACK, 1, 2001, 0), Tcb { bytes_acked: 2000, ..tcb }).0;
        assert_eq!((tcb.cwnd, tcb.bytes_acked), (4000, 0));
    }

    // covers: CC-13, CC-16, CC-17
    #[test]
    fn the_third_duplicate_begins_recovery() {
        let mut tcb = Tcb { snd_max: ISS + 8001, snd_nxt: ISS + 8001, snd_end: ISS + 8001, ..sending() };
        for i in 1..=3 {
            let work;
            (tcb, work) = run(&segment(ACK, 1, 1, 0), tcb);
            assert_eq!(work.retransmit, i == 3);
        }
        assert_eq!((tcb.ssthresh, tcb.cwnd, tcb.recovery), (4000, 7000, true));
        tcb = run(&segment(ACK, 1, 1, 0), tcb).0;
        assert_eq!(tcb.cwnd, 8000);
        // covers CC-19: a partial ACK, then CC-18: the full one.
        let (tcb, work) = run(&segment(ACK, 1, 3001, 0), tcb);
        assert_eq!((tcb.cwnd, tcb.recovery, work.retransmit), (6000, true, true));
        let (tcb, work) = run(&segment(ACK, 1, 8001, 0), tcb);
        assert_eq!((tcb.cwnd, tcb.recovery, work.retransmit), (2000, false, false));
    }

    // covers: CC-19, CC-24
    #[test]
    fn a_partial_ack_of_less_than_a_segment_inflates_nothing() {
        let end = ISS + 8001;
        let recovery = Tcb {
            snd_max: end,
            snd_nxt: end,
            snd_end: end,
            recovery: true,
            recover: end,
            cwnd: 5000,
            ..sending()
        };
        assert_eq!(run(&segment(ACK, 1, 101, 0), recovery).0.cwnd, 4900);
        assert_eq!(run(&segment(ACK, 1, 1001, 0), recovery).0.cwnd, 5000);
    }

    // covers: CC-13
    #[test]
    fn recover_follows_the_ack() {
        // 2 GiB after the last loss, `recover` must not look ahead.
        let tcb = run(&segment(ACK, 1, 1001, 0), sending()).0;
        assert_eq!(tcb.recover, ISS + 1000);
        // But after a time-out it stays until the ACK is beyond it (RFC 6582, section 4).
        let tcb = run(&segment(ACK, 1, 1001, 0), Tcb { recover: ISS + 2001, ..sending() }).0;
        assert_eq!(tcb.recover, ISS + 2001);
    }

    // covers: CC-8, CC-9, CC-10, RTO-11
    #[test]
    fn a_time_out_collapses_the_window_once() {
        let tcb = Tcb { snd_max: ISS + 8001, snd_nxt: ISS + 8001, snd_end: ISS + 8001, ..sending() };
        let (tcb, work) = run(&timer(), tcb);
        assert_eq!((tcb.ssthresh, tcb.cwnd, tcb.rto, tcb.retries), (4000, 1000, 2_000_000, 1));
        assert_eq!(tcb.snd_nxt, tcb.snd_una);
        assert!(work.retransmit && !work.probe);
        let (tcb, _) = run(&timer(), Tcb { timer_on: true, cwnd: 9000, ..tcb });
        assert_eq!((tcb.ssthresh, tcb.cwnd, tcb.rto, tcb.retries), (4000, 1000, 4_000_000, 2));
    }

    // covers: MUST-36, RTO-5
    #[test]
    fn a_closed_window_is_no_loss() {
        let before = Tcb { snd_wnd: 0, rto: 40_000_000, ..sending() };
        let (tcb, work) = run(&timer(), before);
        assert!(work.probe && !work.retransmit);
        assert_eq!((tcb.cwnd, tcb.ssthresh, tcb.rto), (before.cwnd, before.ssthresh, 60_000_000));
    }

    // covers: MUST-20
    #[test]
    fn the_last_time_out_ends_the_connection() {
        for (tcb, limit) in [
            (syn_sent(), 7),
            (syn_received(), 7),
            (sending(), 8),
            (fin_wait_1(), 8),
            (closing(), 8),
            (last_ack(), 8),
        ] {
            assert!(!run(&timer(), Tcb { retries: limit - 1, ..tcb }).1.delete, "{}", tcb.state);
            let (after, work) = run(&timer(), Tcb { retries: limit, ..tcb });
            assert!(work.delete && after.reason == Reason::TimedOut, "{}", tcb.state);
        }
    }

    /// Seconds from the first transmission until the connection is given up, and the retransmissions between.
    fn patience(mut tcb: Tcb) -> (u32, u32) {
        let (mut waited, mut repeated) = (0, 0);
        loop {
            waited += tcb.rto;
            let (after, work) = run(&timer(), Tcb { timer_on: true, ..tcb });
            if work.delete {
                return (waited / 1_000_000, repeated);
            }
            assert!(work.syn_now || work.retransmit, "{}", tcb.state);
            (tcb, repeated) = (after, repeated + 1);
        }
    }

    // covers: MUST-20, MUST-23, SHLD-10, SHLD-11
    /// RFC 9293, section 3.8.3, with the default limits and the shortest time-outs: 3 minutes for a SYN, 100 s for data.
    #[test]
    fn a_silent_peer_is_given_up_after_minutes() {
        assert_eq!(patience(syn_sent()), (183, 7));
        assert_eq!(patience(syn_received()), (183, 7));
        for tcb in [sending(), fin_wait_1(), last_ack()] {
            assert_eq!(patience(Tcb { rto: config().rto_min, ..tcb }), (243, 8), "{}", tcb.state);
        }
    }

    // covers: RTO-13, CC-4
    #[test]
    fn a_lost_syn_is_remembered() {
        let tcb = run(&segment(ACK, 1, 1, 0), Tcb { retries: 1, rto: 2_000_000, ..syn_received() }).0;
        assert_eq!((tcb.cwnd, tcb.rto, tcb.retries), (1000, 3_000_000, 0));
        let tcb = run(&segment(ACK, 1, 1, 0), syn_received()).0;
        assert_eq!((tcb.cwnd, tcb.rto), (10_000, 1_000_000));
    }

    #[test]
    fn an_unreachable_neighbour_ends_the_handshake_alone() {
        let event = Event { kind: EventKind::Unreachable, hit: true, ..Event::default() };
        assert!(run(&event, syn_sent()).1.delete);
        assert!(run(&event, syn_received()).1.delete);
        assert!(!run(&event, sending()).1.delete);
    }
}
