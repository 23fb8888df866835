// SPDX-License-Identifier: MIT OR Apache-2.0
//! Fifth: the ACK field (RFC 9293, section 3.10.7.4).

use super::{Config, Event, State, Tcb, Work, flags::*};
use crate::seq;

/// The acknowledgement, the send window, and whether our FIN is acknowledged.
pub fn stage(_config: &Config, _ring: u32, event: &Event, tcb: &mut Tcb, work: &mut Work) {
    if !event.is_segment() || work.drop || !tcb.state.has_peer() {
        return;
    }
    if tcb.state == State::SynReceived { in_syn_received(event, tcb, work) } else { others(event, tcb, work) }
}

fn in_syn_received(event: &Event, tcb: &mut Tcb, work: &mut Work) {
    if (work.d_una as i32) <= 0 || (work.d_max as i32) < 0 {
        work.rst_now = true;
        work.drop = true;
        return;
    }
    // A close that came before waits for the handshake (section 3.10.4).
    tcb.state = if tcb.fin_queued { State::FinWait1 } else { State::Established };
    tcb.owned = !tcb.released;
    tcb.snd_una = event.ack;
    tcb.snd_wnd = event.wnd.into();
    tcb.max_wnd = event.wnd.into();
    tcb.snd_wl1 = event.seq;
    tcb.snd_wl2 = event.ack;
    work.opened = true;
    work.notify = true;
}

fn others(event: &Event, tcb: &mut Tcb, work: &mut Work) {
    let una = work.d_una as i32;
    // Something not yet sent, or older than any window we were ever given (RFC 5961, section 5.2).
    if (work.d_max as i32) < 0 || una < -(tcb.max_wnd as i32) {
        work.ack_now = true;
        work.drop = true;
        return;
    }
    let wnd = u32::from(event.wnd);
    let closed_before = tcb.snd_wnd == 0;
    // RFC 5681, section 2. What answers a zero-window probe is no sign of loss.
    work.ack_dup = una == 0
        && event.len == 0
        && !event.has(SYN | FIN)
        && work.flight != 0
        && wnd == tcb.snd_wnd
        && !closed_before;
    if una > 0 {
        work.ack_new = true;
        work.acked = work.d_una;
        work.notify = true;
        work.fin_acked = tcb.fin_queued && work.d_fin == 1;
        tcb.snd_una = event.ack;
        if seq::before(tcb.snd_nxt, event.ack) {
            tcb.snd_nxt = event.ack;
        }
    }
    // RFC 9293 asks for `wl_new` alone. A retransmission has an old SEG.SEQ and the newest ACK: leaving its window aside
    // would move our idea of the right edge by what it acknowledges, beyond what the peer has offered.
    if work.ack_new || (work.wl_new && una == 0) {
        tcb.snd_wnd = wnd;
        tcb.max_wnd = tcb.max_wnd.max(wnd);
        tcb.snd_wl1 = event.seq;
        tcb.snd_wl2 = event.ack;
    }
    // While probes are answered the connection stays open (MUST-37).
    if una == 0 && work.flight != 0 && (closed_before || tcb.snd_wnd == 0) {
        tcb.retries = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tcb::testing::*;

    fn run(event: &Event, mut tcb: Tcb) -> (Tcb, Work) {
        let mut work = work(event, &mut tcb);
        stage(&config(), RING, event, &mut tcb, &mut work);
        (tcb, work)
    }

    // covers: E-19, E-20
    #[test]
    fn in_syn_received() {
        for (ack, opened) in [(0, false), (1, true), (2, false)] {
            let (tcb, work) = run(&segment(ACK, 1, ack, 0), syn_received());
            assert_eq!((work.opened, work.rst_now), (opened, !opened), "ack {ack}");
            assert_eq!((tcb.state == State::Established, tcb.owned), (opened, opened));
        }
    }

    // covers: E-29, E-30, SEC-6
    #[test]
    fn the_range_of_an_ack() {
        // 2,000 bytes are out; the largest window was 4096.
        for (ack, good, new) in [
            (2002, false, false),
            (2001, true, true),
            (2, true, true),
            (1, true, false),
            (-4095, true, false),
            (-4096, false, false),
        ] {
            let (tcb, work) = run(&segment(ACK, 1, ack, 0), sending());
            assert_eq!((!work.drop, !work.ack_now, work.ack_new), (good, good, new), "ack {ack}");
            assert_eq!(tcb.snd_una != ISS + 1, new);
        }
    }

    // covers: CC-14
    #[test]
    fn what_is_a_duplicate_ack() {
        let plain = segment(ACK, 1, 1, 0);
        assert!(run(&plain, sending()).1.ack_dup);
        assert!(!run(&plain, established()).1.ack_dup, "nothing outstanding");
        assert!(!run(&segment(ACK, 1, 1, 5), sending()).1.ack_dup, "text");
        assert!(!run(&segment(ACK | FIN, 1, 1, 0), sending()).1.ack_dup, "FIN");
        assert!(!run(&Event { wnd: 4095, ..plain }, sending()).1.ack_dup, "a window update");
        assert!(!run(&segment(ACK, 1, 0, 0), sending()).1.ack_dup, "an old ACK");
        let probing = Tcb { snd_wnd: 0, ..sending() };
        assert!(!run(&Event { wnd: 0, ..plain }, probing).1.ack_dup, "the answer to a probe");
    }

    // covers: E-31
    #[test]
    fn the_window_of_an_old_segment_is_not_taken() {
        let tcb = Tcb { snd_wl1: IRS + 100, ..sending() };
        assert_eq!(run(&Event { wnd: 9, ..segment(ACK, 50, 1, 0) }, tcb).0.snd_wnd, 4096);
        assert_eq!(run(&Event { wnd: 9, ..segment(ACK, 101, 1, 0) }, tcb).0.snd_wnd, 9);
        assert_eq!(run(&Event { wnd: 9, ..segment(ACK, 50, 2, 0) }, tcb).0.snd_wnd, 9, "the newest ACK");
    }

    // covers: MUST-37
    #[test]
    fn an_answered_probe_is_progress() {
        let tcb = Tcb { snd_wnd: 0, retries: 7, ..sending() };
        assert_eq!(run(&Event { wnd: 0, ..segment(ACK, 1, 1, 0) }, tcb).0.retries, 0);
        let tcb = Tcb { retries: 7, ..sending() };
        assert_eq!(run(&segment(ACK, 1, 1, 0), tcb).0.retries, 7);
    }

    #[test]
    fn the_fin_is_acknowledged_by_the_number_behind_it() {
        assert!(run(&segment(ACK, 1, 2, 0), fin_wait_1()).1.fin_acked);
        assert!(!run(&segment(ACK, 1, 1, 0), fin_wait_1()).1.fin_acked);
        assert!(!run(&segment(ACK, 1, 2001, 0), sending()).1.fin_acked);
    }
}
