// SPDX-License-Identifier: MIT OR Apache-2.0
//! Seventh: the segment text (RFC 9293, section 3.10.7.4).

use super::{Config, Event, EventKind, Reason, Tcb, Verdict, Work};

/// Advances RCV.NXT, and says what becomes of the staged payload: one verdict for each segment with payload, and one when
/// the handshake is complete.
pub fn stage(_config: &Config, _ring: u32, event: &Event, tcb: &mut Tcb, work: &mut Work) -> Option<Verdict> {
    let staged = event.kind == EventKind::Segment && event.len > 0;
    let mut verdict = Verdict { flow: event.flow, staged, start: work.opened, ..Verdict::default() };
    if event.is_segment() && staged && !work.drop && tcb.state.receives() {
        work.ack_now = true;
        if work.text_ok && work.take > 0 {
            if tcb.released {
                // Nobody will read it (section 3.6.1, SHLD-3).
                work.rst_now = true;
                work.rst_own = true;
                work.delete = true;
                tcb.reason = Reason::Aborted;
            } else {
                verdict.place = true;
                verdict.skip = work.skip;
                verdict.take = work.take;
                verdict.seq = tcb.rcv_nxt;
                tcb.rcv_nxt = tcb.rcv_nxt.wrapping_add(work.take.into());
            }
        }
    }
    if verdict.place || verdict.start {
        verdict.placed = tcb.rcv_nxt;
    }
    (verdict.staged || verdict.start).then_some(verdict)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tcb::{acceptability, flags::*, reset_syn, testing::*};

    fn run(event: &Event, mut tcb: Tcb) -> (Tcb, Work, Option<Verdict>) {
        let mut work = work(event, &mut tcb);
        acceptability::stage(&config(), RING, event, &mut tcb, &mut work);
        reset_syn::stage(&config(), RING, event, &mut tcb, &mut work);
        let verdict = stage(&config(), RING, event, &mut tcb, &mut work);
        (tcb, work, verdict)
    }

    #[test]
    fn every_payload_has_a_verdict() {
        for tcb in with_peer() {
            let verdict = run(&segment(ACK, 1, 1, 10), tcb).2.expect("a verdict");
            assert!(verdict.staged);
            assert_eq!(verdict.place, tcb.state.receives(), "{}", tcb.state);
            assert_eq!(run(&segment(ACK, 1, 1, 0), tcb).2, None);
        }
        let stray = Event { hit: false, ..segment(ACK, 1, 1, 10) };
        assert!(run(&stray, Tcb::default()).2.is_some_and(|verdict| verdict.staged && !verdict.place));
    }

    // covers: E-26
    #[test]
    fn only_new_bytes_are_placed() {
        let (tcb, work, verdict) = run(&segment(ACK, -4, 1, 10), established());
        let verdict = verdict.expect("a verdict");
        assert_eq!((verdict.skip, verdict.take, verdict.seq, verdict.placed), (5, 5, IRS + 1, IRS + 6));
        assert_eq!(tcb.rcv_nxt, IRS + 6);
        assert!(work.ack_now);
    }

    // covers: SHLD-3
    #[test]
    fn data_for_nobody_resets() {
        let (tcb, work, verdict) = run(&segment(ACK, 1, 2, 10), Tcb { released: true, ..fin_wait_2() });
        assert!(work.delete && work.rst_now && work.rst_own);
        assert_eq!(tcb.reason, Reason::Aborted);
        assert!(verdict.is_some_and(|verdict| !verdict.place));
    }
}
