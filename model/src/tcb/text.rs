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
                work.rst_seq = tcb.rst_seq();
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
