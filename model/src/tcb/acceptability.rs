// SPDX-License-Identifier: MIT OR Apache-2.0
//! First: the sequence number (RFC 9293, section 3.10.7.4), and the trimming to the window.

use super::{Config, Event, State, Tcb, Work, flags::*};

/// Decides `drop` and what part of the text may be taken.
pub fn stage(_config: &Config, _ring: u32, event: &Event, tcb: &mut Tcb, work: &mut Work) {
    if !event.is_segment() || !tcb.state.has_peer() || event.new {
        return;
    }
    // An RST has rules of its own (RFC 5961, section 3.2), and so has the repeated SYN of a SYN-RECEIVED.
    let repeated_syn =
        tcb.state == State::SynReceived && event.has(SYN) && !event.has(ACK) && work.d_seq == u32::MAX;
    if event.has(RST) || repeated_syn {
        return;
    }
    let length = work.d_end.wrapping_sub(work.d_seq);
    let inside = |offset: u32| offset < work.d_wnd;
    // Table 6 of RFC 9293.
    let acceptable = match (length, work.d_wnd) {
        (0, 0) => work.d_seq == 0,
        (0, _) => inside(work.d_seq),
        (_, 0) => false,
        (_, _) => inside(work.d_seq) || inside(work.d_end.wrapping_sub(1)),
    };
    if !acceptable {
        work.ack_now = true;
        // MUST-66: with a closed window, the ACK of a segment that is next in order still counts.
        work.drop = !(work.d_wnd == 0 && work.d_seq == 0);
        // A repeated FIN starts 2 MSL again.
        work.time_wait = tcb.state == State::TimeWait && event.has(FIN) && work.d_end == 0;
        return;
    }
    if (work.d_seq as i32) > 0 {
        // A hole before it: an immediate duplicate ACK (RFC 5681, section 3.2).
        work.ack_now = length > 0;
        return;
    }
    if event.has(SYN) {
        return;
    }
    let data = work.d_end.wrapping_sub(event.has(FIN) as u32);
    work.text_ok = true;
    work.skip = work.d_seq.wrapping_neg() as u16;
    work.take = if (data as i32) <= 0 { 0 } else { data.min(work.d_wnd) as u16 };
    // What lies beyond the window is trimmed, the FIN too.
    work.fin_ok = event.has(FIN) && (data as i32) >= 0 && data < work.d_wnd;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tcb::testing::*;

    fn run(event: &Event, mut tcb: Tcb) -> Work {
        let mut work = work(event, &mut tcb);
        stage(&config(), RING, event, &mut tcb, &mut work);
        work
    }

    /// RCV.NXT is 1; the window is so many bytes.
    fn with_window(window: u32) -> Tcb {
        let tcb = established();
        Tcb { rcv_adv: tcb.rcv_nxt + window, ..tcb }
    }

    // covers: E-25
    #[test]
    fn table_6() {
        // (window, SEG.SEQ, SEG.LEN, acceptable)
        let cases = [
            (0, 1, 0, true),
            (0, 0, 0, false),
            (0, 2, 0, false),
            (0, 1, 1, false),
            (100, 1, 0, true),
            (100, 100, 0, true),
            (100, 101, 0, false),
            (100, 0, 0, false),
            (100, 100, 1, true),
            (100, 101, 1, false),
            (100, 100, 50, true),
            (100, -9, 10, false),
            (100, -9, 11, true),
            (100, -9, 300, false),
        ];
        for (window, seq, len, acceptable) in cases {
            let work = run(&segment(ACK, seq, 1, len), with_window(window));
            let dropped = work.drop || (window == 0 && len > 0 && !work.text_ok);
            assert_eq!(!dropped, acceptable, "window {window}, seq {seq}, len {len}");
            assert_eq!(
                work.ack_now,
                !acceptable || (seq > 1 && len > 0),
                "window {window}, seq {seq}, len {len}"
            );
        }
    }

    // covers: E-26, E-27
    #[test]
    fn trimming() {
        // (SEG.SEQ, SEG.LEN, skip, take) with a window of 100.
        for (seq, len, skip, take) in [(1, 10, 0, 10), (-9, 30, 10, 20), (1, 300, 0, 100), (1, 0, 0, 0)] {
            let work = run(&segment(ACK, seq, 1, len), with_window(100));
            assert_eq!((work.text_ok, work.skip, work.take), (true, skip, take), "seq {seq}, len {len}");
        }
    }

    // covers: E-27
    #[test]
    fn a_fin_takes_a_place_in_the_window() {
        for (len, fin_ok) in [(0, true), (99, true), (100, false), (101, false)] {
            assert_eq!(run(&segment(FIN | ACK, 1, 1, len), with_window(100)).fin_ok, fin_ok, "len {len}");
        }
        assert!(!run(&segment(FIN | ACK, 1, 1, 0), with_window(0)).fin_ok);
    }

    // covers: MUST-66
    #[test]
    fn a_closed_window_still_takes_the_ack() {
        let work = run(&segment(ACK, 1, 1, 10), with_window(0));
        assert!(!work.drop && work.ack_now && !work.text_ok);
        assert!(run(&segment(ACK, 0, 1, 1), with_window(0)).drop);
    }

    // covers: E-40
    #[test]
    fn time_wait_starts_again_with_the_repeated_fin() {
        let work = run(&segment(FIN | ACK, 1, 2, 0), time_wait());
        assert!(work.time_wait && work.ack_now && work.drop);
        assert!(!run(&segment(FIN | ACK, 0, 2, 0), time_wait()).time_wait);
        assert!(!run(&segment(FIN | ACK, 1, 1, 0), last_ack()).time_wait);
    }

    #[test]
    fn an_rst_and_a_repeated_syn_go_on_to_the_next_stage() {
        for tcb in with_peer() {
            let work = run(&segment(RST, 9000, 0, 0), tcb);
            assert!(!work.drop && !work.ack_now, "{}", tcb.state);
        }
        let work = run(&segment(SYN, 0, 0, 0), syn_received());
        assert!(!work.drop && !work.ack_now);
        assert!(run(&segment(SYN, 0, 0, 0), established()).drop);
    }
}
