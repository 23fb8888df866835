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
