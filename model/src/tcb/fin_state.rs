// SPDX-License-Identifier: MIT OR Apache-2.0
//! Eighth: the FIN bit (RFC 9293, section 3.10.7.4), and the host's calls (sections 3.10.2 to 3.10.5).

use super::{Config, Event, EventKind, Op, Reason, State, Tcb, Work};
use crate::seq;

/// Moves between the states after ESTABLISHED.
pub fn stage(_config: &Config, ring: u32, event: &Event, tcb: &mut Tcb, work: &mut Work) {
    match event.kind {
        EventKind::Segment if event.hit && !work.drop && !work.delete => segment(tcb, work),
        EventKind::Doorbell if event.hit => doorbell(ring, event, tcb, work),
        EventKind::Command => command(event, tcb, work),
        _ => {}
    }
}

fn segment(tcb: &mut Tcb, work: &mut Work) {
    let before = tcb.state;
    if work.fin_acked {
        tcb.state = match tcb.state {
            State::FinWait1 => State::FinWait2,
            State::Closing => State::TimeWait,
            other => other,
        };
        work.delete = tcb.state == State::LastAck;
    }
    if work.fin_ok && tcb.state.receives() {
        tcb.rcv_nxt = tcb.rcv_nxt.wrapping_add(1);
        tcb.fin_received = true;
        work.ack_now = true;
        tcb.state = match tcb.state {
            State::Established => State::CloseWait,
            State::FinWait1 => State::Closing,
            _ => State::TimeWait,
        };
    }
    if tcb.state != before {
        work.notify = true;
        work.time_wait = tcb.state == State::TimeWait;
    }
}

/// What the host may have read: everything but the FIN.
fn text_end(tcb: &Tcb) -> u32 {
    tcb.rcv_nxt.wrapping_sub(tcb.fin_received as u32)
}

fn doorbell(ring: u32, event: &Event, tcb: &mut Tcb, work: &mut Work) {
    if event.has(1) {
        let open =
            matches!(tcb.state, State::SynSent | State::SynReceived | State::Established | State::CloseWait);
        if tcb.owned && open && !tcb.fin_queued && (work.d_fin as i32) >= 0 && work.d_una <= ring {
            tcb.snd_end = event.ack;
        } else {
            work.bad = true;
        }
    }
    if event.has(2) {
        if tcb.owned && (work.d_user as i32) >= 0 && !seq::after(event.seq, text_end(tcb)) {
            tcb.rcv_user = event.seq;
        } else {
            work.bad = true;
        }
    }
}

fn command(event: &Event, tcb: &mut Tcb, work: &mut Work) {
    if event.op == Op::Open {
        work.bad = !(event.hit && event.new);
        return;
    }
    if !event.hit || !tcb.owned || event.isn as u16 != tcb.generation {
        work.bad = true;
        return;
    }
    match event.op {
        Op::Open => {}
        Op::Shutdown => work.bad = !queue_fin(tcb),
        Op::Close => {
            tcb.released = true;
            tcb.owned = false;
            let unread = tcb.rcv_user != text_end(tcb);
            match tcb.state {
                State::Closed | State::SynSent => work.delete = true,
                State::Established | State::FinWait1 | State::FinWait2 | State::CloseWait if unread => {
                    // Section 3.6.1, SHLD-3.
                    abort(tcb, work);
                }
                _ => {
                    queue_fin(tcb);
                }
            }
        }
        Op::Abort => {
            tcb.released = true;
            tcb.owned = false;
            abort(tcb, work);
        }
    }
}

/// CLOSE of section 3.10.4; false where that is an error.
fn queue_fin(tcb: &mut Tcb) -> bool {
    let next = match tcb.state {
        // It waits until the connection is established.
        State::SynReceived => State::SynReceived,
        State::Established => State::FinWait1,
        State::CloseWait => State::LastAck,
        _ => return false,
    };
    if tcb.fin_queued {
        return false;
    }
    tcb.fin_queued = true;
    tcb.state = next;
    true
}

/// Section 3.10.5.
fn abort(tcb: &mut Tcb, work: &mut Work) {
    work.rst_now = matches!(
        tcb.state,
        State::SynReceived | State::Established | State::FinWait1 | State::FinWait2 | State::CloseWait
    );
    work.rst_seq = tcb.rst_seq();
    work.delete = true;
    tcb.reason = Reason::Aborted;
}
