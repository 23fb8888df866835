// SPDX-License-Identifier: MIT OR Apache-2.0
//! RST and SYN at a synchronised connection (RFC 9293, sections 3.5.2 and 3.10.7.4; RFC 5961), and the host's abort.

use syncline_model::tcb::{Op, Reason, State};

use super::{Transcript, list};
use crate::{after, expect, script::Script, send};

/// The group.
pub const ALL: &[Transcript] = list![
    exact_rst,
    exact_rst_with_data,
    rst_inside_the_window,
    rst_outside_the_window,
    rst_with_an_old_ack,
    syn_gets_a_challenge,
    rebooted_peer_ends_the_connection,
    abort_sends_rst,
    abort_with_a_closed_window,
    abort_after_both_fins,
    reset_of_one_leaves_the_other,
];

/// A state, how to get there, our SND.NXT and RCV.NXT there, and what an RST is reported as.
type Case = (State, fn(&mut Script), i64, i64, Reason);

const CASES: [Case; 7] = [
    (State::Established, Script::accepted, 1, 1, Reason::Reset),
    (State::FinWait1, Script::fin_wait_1, 2, 1, Reason::Reset),
    (State::FinWait2, Script::fin_wait_2, 2, 1, Reason::Reset),
    (State::CloseWait, Script::close_wait, 1, 2, Reason::Reset),
    (State::Closing, Script::closing, 2, 2, Reason::Normal),
    (State::LastAck, Script::last_ack, 2, 2, Reason::Normal),
    (State::TimeWait, Script::time_wait, 2, 2, Reason::Normal),
];

/// Each state on a connection of its own.
#[track_caller]
fn in_each_state(t: &mut Script, mut body: impl FnMut(&mut Script, Case)) {
    for (i, case) in CASES.into_iter().enumerate() {
        t.switch(5000 + i as u16);
        case.1(t);
        body(t, case);
    }
}

// covers: SEC-1, E-42, E-43, E-44, MUST-12
/// An RST at RCV.NXT ends the connection, without an answer.
pub fn exact_rst(t: &mut Script) {
    in_each_state(t, |t, (_, _, _, rcv_nxt, reason)| {
        send!(t, rst, seq: rcv_nxt);
        t.silence(5);
        t.state(State::Closed);
        assert_eq!(t.info().reason, reason);
    });
}

// covers: SHLD-2
/// An RST may carry text, which is not delivered.
pub fn exact_rst_with_data(t: &mut Script) {
    t.accepted();
    send!(t, rst_ack, seq: 1, ack: 1, data: "go away");
    t.silence(5);
    t.state(State::Closed);
    t.read("");
}

// covers: SEC-2
/// Elsewhere in the window: a challenge ACK.
pub fn rst_inside_the_window(t: &mut Script) {
    in_each_state(t, |t, (state, _, snd_nxt, rcv_nxt, _)| {
        for offset in [1, 1000, 4094] {
            send!(t, rst, seq: rcv_nxt + offset);
            expect!(t, ack, seq: snd_nxt, ack: rcv_nxt, len: 0);
        }
        t.state(state);
    });
}

// covers: SEC-3, E-25
/// Outside: silence.
pub fn rst_outside_the_window(t: &mut Script) {
    in_each_state(t, |t, (state, _, _, rcv_nxt, _)| {
        for offset in [-1, -1000, 4096, 100_000, -(1 << 31)] {
            send!(t, rst, seq: rcv_nxt + offset);
        }
        t.silence(5);
        t.state(state);
    });
}

// covers: SEC-1
/// The ACK field of an RST is not looked at.
pub fn rst_with_an_old_ack(t: &mut Script) {
    t.accepted();
    send!(t, rst_ack, seq: 1, ack: -5000);
    t.silence(5);
    t.state(State::Closed);
}

// covers: SEC-5
/// A SYN, wherever it stands: a challenge ACK, and the connection lives.
pub fn syn_gets_a_challenge(t: &mut Script) {
    in_each_state(t, |t, (state, _, snd_nxt, rcv_nxt, _)| {
        for seq in [rcv_nxt, rcv_nxt + 1, rcv_nxt + 3000, rcv_nxt + 100_000, -1, 0] {
            send!(t, syn, seq: seq);
            expect!(t, ack, seq: snd_nxt, ack: rcv_nxt, len: 0);
            send!(t, syn_ack, seq: seq, ack: 1);
            expect!(t, ack, seq: snd_nxt, ack: rcv_nxt, len: 0);
        }
        t.state(state);
    });
}

// covers: SEC-5
/// The peer has lost its memory: SYN, challenge, RST, and all is over.
pub fn rebooted_peer_ends_the_connection(t: &mut Script) {
    t.accepted();
    send!(t, syn, seq: 50_000);
    expect!(t, ack, seq: 1, ack: 1);
    send!(t, rst, seq: 1);
    t.silence(5);
    t.state(State::Closed);
}

// covers: E-46, MUST-45
/// ABORT in a synchronised state: RST at SND.NXT.
pub fn abort_sends_rst(t: &mut Script) {
    let free = t.free();
    for (i, case) in CASES.into_iter().take(4).enumerate() {
        t.switch(5000 + i as u16);
        case.1(t);
        t.call(Op::Abort);
        expect!(t, rst, seq: case.2);
        t.silence(5);
        assert_eq!(t.free(), free);
    }
}

// covers: E-46
/// With a probe beyond the peer's closed window, the RST stands where the peer takes it.
pub fn abort_with_a_closed_window(t: &mut Script) {
    t.accepted();
    t.window(0);
    send!(t, ack);
    t.write(100);
    after!(t, 1000, ack, seq: 1, len: 1);
    send!(t, ack, ack: 1);
    t.call(Op::Abort);
    expect!(t, rst, seq: 1);
}

// covers: E-46
/// ABORT after both FINs: nothing to say.
pub fn abort_after_both_fins(t: &mut Script) {
    let free = t.free();
    for (i, case) in CASES.into_iter().skip(4).enumerate() {
        t.switch(5000 + i as u16);
        case.1(t);
        t.call(Op::Abort);
        t.silence(5);
        assert_eq!(t.free(), free);
    }
}

// covers: P-8
/// Two connections know nothing of one another.
pub fn reset_of_one_leaves_the_other(t: &mut Script) {
    t.accepted();
    t.switch(6000);
    t.accepted();
    send!(t, rst, seq: 1);
    t.state(State::Closed);
    t.switch(5000);
    t.state(State::Established);
}
