// SPDX-License-Identifier: MIT OR Apache-2.0
//! Closing: every arrow of RFC 9293, figure 5, after ESTABLISHED (sections 3.6 and 3.10.7.4).

use syncline_model::tcb::{Op, Reason, State};

use super::{Transcript, list};
use crate::{
    expect,
    script::{Script, text},
    send,
};

/// The group.
pub const ALL: &[Transcript] = list![
    active_close,
    passive_close,
    simultaneous_close,
    fin_with_the_ack_of_ours,
    fin_alone_in_fin_wait_1,
    fin_with_data,
    fin_after_unacknowledged_data,
    end_of_data_after_the_data,
    closing_ignores_other_segments,
    time_wait_lasts_2_msl,
    time_wait_restarts_with_the_fin,
    time_wait_answers_old_segments,
    time_wait_keeps_the_tuple,
    time_wait_survives_a_syn,
    a_used_tuple_begins_above,
    close_with_unread_data,
    data_after_close,
    close_frees_the_flow,
    closed_flow_stays_until_released,
    shutdown_in_every_state,
    close_in_every_state,
];

// covers: E-34, E-36, E-40, P-3
/// ESTABLISHED - FIN-WAIT-1 - FIN-WAIT-2 - TIME-WAIT - CLOSED.
pub fn active_close(t: &mut Script) {
    t.connected();
    t.call(Op::Shutdown);
    expect!(t, fin, seq: 1, ack: 1, len: 0);
    t.state(State::FinWait1);
    send!(t, ack, seq: 1, ack: 2);
    t.state(State::FinWait2);
    t.silence(1000);
    send!(t, fin, seq: 1, ack: 2);
    expect!(t, ack, seq: 2, ack: 2, len: 0);
    t.state(State::TimeWait);
    t.silence(59_000);
    t.state(State::TimeWait);
    t.silence(2000);
    t.state(State::Closed);
    assert_eq!(t.info().reason, Reason::Normal);
}

// covers: E-32, E-39
/// ESTABLISHED - CLOSE-WAIT - LAST-ACK - CLOSED.
pub fn passive_close(t: &mut Script) {
    t.accepted();
    send!(t, fin, seq: 1, ack: 1);
    expect!(t, ack, seq: 1, ack: 2);
    t.state(State::CloseWait);
    t.silence(10_000);
    t.call(Op::Shutdown);
    expect!(t, fin, seq: 1, ack: 2);
    t.state(State::LastAck);
    send!(t, ack, seq: 2, ack: 2);
    t.state(State::Closed);
    assert_eq!(t.info().reason, Reason::Normal);
    t.silence(5000);
}

// covers: E-34, E-38
/// ESTABLISHED - FIN-WAIT-1 - CLOSING - TIME-WAIT - CLOSED.
pub fn simultaneous_close(t: &mut Script) {
    t.accepted();
    t.call(Op::Shutdown);
    expect!(t, fin, seq: 1, ack: 1);
    send!(t, fin, seq: 1, ack: 1);
    expect!(t, ack, seq: 2, ack: 2);
    t.state(State::Closing);
    send!(t, ack, seq: 2, ack: 2);
    t.state(State::TimeWait);
    t.silence(59_900);
    t.state(State::TimeWait);
    t.silence(200);
    t.state(State::Closed);
}

// covers: E-34
/// FIN-WAIT-1 - TIME-WAIT in one segment.
pub fn fin_with_the_ack_of_ours(t: &mut Script) {
    t.fin_wait_1();
    send!(t, fin, seq: 1, ack: 2);
    expect!(t, ack, seq: 2, ack: 2);
    t.state(State::TimeWait);
    t.silence(59_900);
    t.state(State::TimeWait);
    t.silence(200);
    t.state(State::Closed);
}

// covers: E-34
/// FIN-WAIT-1 - CLOSING.
pub fn fin_alone_in_fin_wait_1(t: &mut Script) {
    t.fin_wait_1();
    send!(t, fin, seq: 1, ack: 1);
    expect!(t, ack, seq: 2, ack: 2);
    t.state(State::Closing);
}

// covers: E-32
/// A FIN with text: both are taken.
pub fn fin_with_data(t: &mut Script) {
    t.accepted();
    send!(t, fin, seq: 1, ack: 1, len: 100);
    expect!(t, ack, seq: 1, ack: 102);
    t.state(State::CloseWait);
    t.read(text(0, 100));
}

// covers: P-3, E-34
/// The FIN has the number behind the data and is acknowledged by itself.
pub fn fin_after_unacknowledged_data(t: &mut Script) {
    t.accepted();
    t.write(100);
    expect!(t, ack, seq: 1, len: 100);
    t.call(Op::Shutdown);
    expect!(t, fin, seq: 101, len: 0);
    send!(t, ack, ack: 101);
    t.state(State::FinWait1);
    send!(t, ack, ack: 102);
    t.state(State::FinWait2);
}

// covers: E-32, MUST-12
/// Data that came before the FIN can still be read after both are closed.
pub fn end_of_data_after_the_data(t: &mut Script) {
    t.accepted();
    send!(t, ack, len: 300);
    expect!(t, ack, ack: 301);
    send!(t, fin);
    expect!(t, ack, ack: 302);
    t.call(Op::Shutdown);
    expect!(t, fin, seq: 1);
    send!(t, ack, ack: 2);
    t.state(State::Closed);
    t.read(text(0, 300));
}

// covers: E-38
/// CLOSING: text and old ACKs change nothing; the repeated FIN is acknowledged.
pub fn closing_ignores_other_segments(t: &mut Script) {
    t.closing();
    send!(t, ack, seq: 2, ack: 1);
    t.silence(10);
    send!(t, fin, seq: 1, ack: 1);
    expect!(t, ack, seq: 2, ack: 2);
    t.state(State::Closing);
}

// covers: MUST-13, E-47
/// 2 MSL, with an MSL of 30 s; then a repeated FIN is refused.
pub fn time_wait_lasts_2_msl(t: &mut Script) {
    t.time_wait();
    t.silence(59_900);
    t.state(State::TimeWait);
    t.silence(200);
    t.state(State::Closed);
    send!(t, fin, seq: 1, ack: 2);
    expect!(t, rst, seq: 2);
}

// covers: E-40, MUST-13
/// A repeated FIN is acknowledged and starts the 2 MSL again.
pub fn time_wait_restarts_with_the_fin(t: &mut Script) {
    t.time_wait();
    t.silence(50_000);
    send!(t, fin, seq: 1, ack: 2);
    expect!(t, ack, seq: 2, ack: 2);
    t.silence(59_900);
    t.state(State::TimeWait);
    t.silence(200);
    t.state(State::Closed);
}

// covers: E-41
/// Old segments are answered, and the timer goes on.
pub fn time_wait_answers_old_segments(t: &mut Script) {
    t.time_wait();
    t.silence(30_000);
    send!(t, ack, seq: -500, ack: 1, len: 100);
    expect!(t, ack, seq: 2, ack: 2);
    send!(t, ack, seq: 2, ack: 2);
    t.silence(29_900);
    t.state(State::TimeWait);
    t.silence(200);
    t.state(State::Closed);
}

// covers: MUST-13
/// The tuple can't be opened within the 2 MSL, and can be after it.
pub fn time_wait_keeps_the_tuple(t: &mut Script) {
    t.time_wait();
    t.open_refused();
    t.call(Op::Close);
    t.open_refused();
    t.silence(61_000);
    t.switch(5000);
    t.connected();
}

// covers: SEC-5
/// A SYN in TIME-WAIT gets a challenge ACK (MAY-2 is not taken).
pub fn time_wait_survives_a_syn(t: &mut Script) {
    t.time_wait();
    send!(t, syn, seq: 100_000);
    expect!(t, ack, seq: 2, ack: 2);
    t.state(State::TimeWait);
}

// covers: ISN-4
/// After TIME-WAIT the ports may be used again: no old segment can look like one of the new connection.
pub fn a_used_tuple_begins_above(t: &mut Script) {
    t.accepted();
    t.write(1460);
    t.burst();
    send!(t, ack, ack: 1461);
    t.call(Op::Shutdown);
    expect!(t, fin, seq: 1461);
    let last = t.iss().wrapping_add(1461);
    send!(t, fin, seq: 1, ack: 1462);
    expect!(t, ack, seq: 1462, ack: 2);
    t.silence(60_100);
    t.state(State::Closed);
    t.call(Op::Close);
    t.switch(5000);
    t.accepted();
    assert!((t.iss().wrapping_sub(last) as i32) > 0, "{:#x} after {last:#x}", t.iss());
}

// covers: SHLD-3, MAY-1
/// Closing without reading resets, so that the peer learns that its data was lost.
pub fn close_with_unread_data(t: &mut Script) {
    let free = t.free();
    t.accepted();
    send!(t, ack, len: 10);
    expect!(t, ack, ack: 11);
    t.call(Op::Close);
    expect!(t, rst, seq: 1);
    assert_eq!(t.free(), free);
    t.silence(5000);
}

// covers: SHLD-3, E-35
/// Data after the host has gone resets.
pub fn data_after_close(t: &mut Script) {
    let free = t.free();
    t.accepted();
    t.call(Op::Close);
    expect!(t, fin, seq: 1);
    send!(t, ack, seq: 1, ack: 2, len: 10);
    expect!(t, rst, seq: 2);
    assert_eq!(t.free(), free);
}

// covers: P-5, E-39
/// After a close by both sides the flow is free again, however often.
pub fn close_frees_the_flow(t: &mut Script) {
    let free = t.free();
    for i in 0..40 {
        t.switch(5000 + i);
        t.accepted();
        send!(t, fin);
        expect!(t, ack);
        t.call(Op::Close);
        expect!(t, fin);
        send!(t, ack);
        assert_eq!(t.free(), free, "after {} connections", i + 1);
    }
}

// covers: MUST-12
/// A flow that has ended stays the host's until the host gives it back.
pub fn closed_flow_stays_until_released(t: &mut Script) {
    let free = t.free();
    t.last_ack();
    send!(t, ack, seq: 2, ack: 2);
    t.state(State::Closed);
    assert_eq!(t.free(), free - 1);
    t.call(Op::Close);
    assert_eq!(t.free(), free);
    t.call_refused(Op::Close);
}

// covers: E-46
/// Shutdown is an error where the sending side is closed.
pub fn shutdown_in_every_state(t: &mut Script) {
    t.call_refused(Op::Shutdown);
    let states: [fn(&mut Script); 7] = [
        Script::syn_sent,
        Script::fin_wait_1,
        Script::fin_wait_2,
        Script::closing,
        Script::last_ack,
        Script::time_wait,
        |t| {
            t.last_ack();
            send!(t, ack, seq: 2, ack: 2);
        },
    ];
    for (i, prepare) in states.into_iter().enumerate() {
        t.switch(5000 + i as u16);
        prepare(t);
        let state = t.info().state;
        t.call_refused(Op::Shutdown);
        t.state(state);
    }
}

// covers: E-46
/// Close works in every state, once.
pub fn close_in_every_state(t: &mut Script) {
    let states: [fn(&mut Script); 4] =
        [Script::fin_wait_2, Script::closing, Script::last_ack, Script::time_wait];
    for (i, prepare) in states.into_iter().enumerate() {
        t.switch(5000 + i as u16);
        prepare(t);
        let state = t.info().state;
        t.call(Op::Close);
        t.state(state);
        t.call_refused(Op::Close);
        t.call_refused(Op::Abort);
    }
}
