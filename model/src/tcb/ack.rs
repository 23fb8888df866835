// SPDX-License-Identifier: MIT OR Apache-2.0
//! Fifth: the ACK field (RFC 9293, section 3.10.7.4).

use super::{Config, Event, State, Tcb, Work, flags::*};
use crate::seq;

/// The acknowledgement, the send window, and whether our FIN is acknowledged.
pub fn stage(_config: &Config, _ring: u32, event: &Event, tcb: &mut Tcb, work: &mut Work) {
    if !event.is_segment() || work.drop || !tcb.state.has_peer() {
        return;
    }
    if tcb.state == State::SynReceived { syn_received(event, tcb, work) } else { others(event, tcb, work) }
}

fn syn_received(event: &Event, tcb: &mut Tcb, work: &mut Work) {
    if (work.d_una as i32) <= 0 || (work.d_max as i32) < 0 {
        work.rst_now = true;
        work.rst_seq = event.ack;
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
