// SPDX-License-Identifier: MIT OR Apache-2.0
//! Eighth: the FIN bit (RFC 9293, section 3.10.7.4), and the host's calls (sections 3.10.2 to 3.10.5).

use super::{Config, Event, EventKind, Op, Reason, State, Tcb, Work};
use crate::seq;

/// Moves between the states after ESTABLISHED.
pub fn stage(_config: &Config, ring: u32, event: &Event, tcb: &mut Tcb, work: &mut Work) {
    match event.kind {
        EventKind::Segment if event.hit && !work.drop && !work.delete => arrival(tcb, work),
        EventKind::Doorbell if event.hit => doorbell(ring, event, tcb, work),
        EventKind::Command => call(event, tcb, work),
        _ => {}
    }
}

fn arrival(tcb: &mut Tcb, work: &mut Work) {
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
    work.notify |= tcb.state != before || work.delete;
    if tcb.state != before {
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

fn call(event: &Event, tcb: &mut Tcb, work: &mut Work) {
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
    work.rst_own = true;
    work.delete = true;
    tcb.reason = Reason::Aborted;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tcb::{flags::*, step, testing::*};

    fn state_after(event: &Event, mut tcb: Tcb) -> State {
        step(&config(), RING, 0, event, &mut tcb);
        tcb.state
    }

    // covers: E-32, E-34, E-36, E-38, E-39
    #[test]
    fn arrows_by_segments() {
        let fin = |ack| segment(FIN | ACK, 1, ack, 0);
        let ack_of_fin = |seq| segment(ACK, seq, 2, 0);
        use State::*;
        assert_eq!(state_after(&fin(1), established()), CloseWait);
        assert_eq!(state_after(&fin(1), fin_wait_1()), Closing);
        assert_eq!(state_after(&fin(2), fin_wait_1()), TimeWait);
        assert_eq!(state_after(&ack_of_fin(1), fin_wait_1()), FinWait2);
        assert_eq!(state_after(&fin(2), fin_wait_2()), TimeWait);
        assert_eq!(state_after(&ack_of_fin(2), closing()), TimeWait);
        assert_eq!(state_after(&ack_of_fin(2), last_ack()), Closed);
        assert_eq!(state_after(&fin(1), syn_received()), CloseWait);
    }

    // covers: E-46
    #[test]
    fn arrows_by_commands() {
        use State::*;
        // (state, after Shutdown or an error, after Close, after Abort)
        let cases = [
            (syn_sent(), None, Closed),
            (established(), Some(FinWait1), FinWait1),
            (fin_wait_1(), None, FinWait1),
            (fin_wait_2(), None, FinWait2),
            (close_wait(), Some(LastAck), LastAck),
            (closing(), None, Closing),
            (last_ack(), None, LastAck),
            (time_wait(), None, TimeWait),
        ];
        for (tcb, shutdown, close) in cases {
            let run = |op| {
                let mut tcb = tcb;
                let done =
                    step(&config(), RING, 0, &command(op, &tcb), &mut tcb).completion.expect("a completion");
                (!done.bad).then_some(tcb.state)
            };
            assert_eq!(run(Op::Shutdown), shutdown, "Shutdown in {}", tcb.state);
            assert_eq!(run(Op::Close), Some(close), "Close in {}", tcb.state);
            assert_eq!(run(Op::Abort), Some(Closed), "Abort in {}", tcb.state);
        }
    }

    // covers: E-46
    #[test]
    fn commands_of_a_stale_handle_change_nothing() {
        for tcb in [Tcb { owned: false, ..established() }, Tcb { generation: 77, ..established() }] {
            for op in [Op::Shutdown, Op::Close, Op::Abort] {
                let mut after = tcb;
                let done = step(&config(), RING, 0, &command(op, &established()), &mut after);
                assert!(done.completion.is_some_and(|completion| completion.bad));
                assert_eq!(after, tcb);
            }
        }
    }

    #[test]
    fn doorbells_are_checked() {
        let run = |tcb: Tcb, flags, seq, ack| {
            let mut tcb = tcb;
            let event = Event { kind: EventKind::Doorbell, hit: true, flags, seq, ack, ..Event::default() };
            step(&config(), RING, 0, &event, &mut tcb).bad
        };
        for (end, bad) in [(1, false), (2, false), (4097, false), (4098, true), (0, true)] {
            assert_eq!(run(established(), 1, 0, ISS + end), bad, "snd_end {end}");
        }
        assert!(run(fin_wait_1(), 1, 0, ISS + 5), "after the FIN");
        let closing_early = Tcb { owned: true, fin_queued: true, ..syn_received() };
        assert!(run(closing_early, 1, 0, ISS + 5), "before the handshake, but after the FIN");
        assert!(run(Tcb { owned: false, ..established() }, 1, 0, ISS + 5), "not the host's");
        for (user, bad) in [(0, true), (1, false), (2, true)] {
            assert_eq!(run(close_wait(), 2, IRS + user, 0), bad, "rcv_user {user}: the FIN can't be read");
        }
    }

    // covers: SHLD-3
    #[test]
    fn close_with_unread_data_resets() {
        let mut tcb = established();
        step(&config(), RING, 0, &segment(ACK, 1, 1, 10), &mut tcb);
        let done = step(&config(), RING, 0, &command(Op::Close, &tcb), &mut tcb);
        assert!(done.request.is_some_and(|request| request.flags == RST && request.seq == ISS + 1));
        assert!(done.removal.remove && done.removal.free);
    }
}
