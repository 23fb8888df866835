// SPDX-License-Identifier: MIT OR Apache-2.0
//! A segment arrives at a synchronised connection: what is acceptable (RFC 9293, section 3.10.7.4, first and fifth).

use syncline_model::tcb::{Op, State, flags::*};

use super::{Transcript, list};
use crate::{
    expect,
    script::{Script, text},
    send,
};

/// The group.
pub const ALL: &[Transcript] = list![
    outside_the_window,
    outside_the_window_in_every_state,
    edges_of_the_window,
    overlap_on_the_left,
    overlap_on_the_right,
    fin_beyond_the_window,
    without_ack,
    ack_of_the_future,
    old_ack_with_data,
    ack_range_of_rfc_5961,
    window_of_an_old_segment,
    fin_before_the_hole_is_filled,
    hole_is_answered_at_once,
    unknown_flags_change_nothing,
    urgent_pointer_is_ignored_after_the_fin,
];

const WINDOW: i64 = 4096;

// covers: E-25
/// Below and above, with text and without: an ACK, and nothing is taken.
pub fn outside_the_window(t: &mut Script) {
    t.accepted();
    for (seq, len) in [(0, 0), (-100, 50), (0, 1), (1 + WINDOW, 0), (1 + WINDOW, 10), (1 + WINDOW + 5000, 1)]
    {
        send!(t, ack, seq: seq, ack: 1, len: len);
        expect!(t, ack, seq: 1, ack: 1, len: 0);
    }
    t.read("");
    t.state(State::Established);
}

// covers: E-25
/// The same answer in every state from ESTABLISHED to CLOSING; TIME-WAIT has its own test.
pub fn outside_the_window_in_every_state(t: &mut Script) {
    /// How to get there, our SND.NXT and RCV.NXT there.
    type Case = (fn(&mut Script), i64, i64);
    let states: [Case; 6] = [
        (Script::accepted, 1, 1),
        (Script::fin_wait_1, 2, 1),
        (Script::fin_wait_2, 2, 1),
        (Script::close_wait, 1, 2),
        (Script::closing, 2, 2),
        (Script::last_ack, 2, 2),
    ];
    for (i, (prepare, seq, ack)) in states.into_iter().enumerate() {
        t.switch(5000 + i as u16);
        prepare(t);
        let state = t.info().state;
        send!(t, ack, seq: -50, ack: 1, len: 10);
        expect!(t, ack, seq: seq, ack: ack);
        send!(t, ack, seq: 20_000, ack: 1);
        expect!(t, ack, seq: seq, ack: ack);
        send!(t, rst, seq: 20_000);
        t.silence(5);
        t.state(state);
    }
}

// covers: E-25
/// The last place in the window is inside.
pub fn edges_of_the_window(t: &mut Script) {
    t.accepted();
    send!(t, ack, seq: WINDOW, ack: 1);
    t.silence(10);
    send!(t, ack, seq: WINDOW, ack: 1, len: 1);
    expect!(t, ack, ack: 1);
    send!(t, ack, seq: WINDOW + 1, ack: 1);
    expect!(t, ack, ack: 1);
    send!(t, ack, seq: 1, ack: 1);
    t.silence(10);
}

// covers: E-26
/// Only the new bytes are taken.
pub fn overlap_on_the_left(t: &mut Script) {
    t.accepted();
    send!(t, ack, seq: 1, ack: 1, data: text(0, 100));
    expect!(t, ack, ack: 101);
    send!(t, ack, seq: 51, ack: 1, data: text(50, 100));
    expect!(t, ack, ack: 151);
    send!(t, ack, seq: 1, ack: 1, data: text(0, 100));
    expect!(t, ack, ack: 151);
    send!(t, ack, seq: 1, ack: 1, data: text(0, 151));
    expect!(t, ack, ack: 152);
    t.read(text(0, 151));
}

// covers: E-27
/// No more than the window.
pub fn overlap_on_the_right(t: &mut Script) {
    t.accepted();
    for at in [0, 1400, 2800] {
        send!(t, ack, seq: 1 + at, ack: 1, len: 1400);
        if at < 2800 {
            expect!(t, ack, ack: 1401 + at);
        }
    }
    expect!(t, ack, ack: 1 + WINDOW, wnd: 0);
    t.read(text(0, 4096));
    expect!(t, ack, ack: 1 + WINDOW, wnd: 4096);
}

// covers: E-27
/// A FIN behind the window is not taken.
pub fn fin_beyond_the_window(t: &mut Script) {
    t.accepted();
    for at in [0, 1400] {
        send!(t, ack, seq: 1 + at, ack: 1, len: 1400);
        expect!(t, ack);
    }
    send!(t, fin, seq: 2801, ack: 1, len: 1296);
    expect!(t, ack, ack: 1 + WINDOW, wnd: 0);
    t.state(State::Established);
    send!(t, fin, seq: 1 + WINDOW, ack: 1);
    expect!(t, ack, ack: 1 + WINDOW, wnd: 0);
    t.state(State::Established);
    t.read(text(0, 4096));
    expect!(t, ack, wnd: 4096);
    send!(t, fin, seq: 1 + WINDOW, ack: 1);
    expect!(t, ack, ack: 2 + WINDOW);
    t.state(State::CloseWait);
}

// covers: E-28
/// Without the ACK bit nothing is taken.
pub fn without_ack(t: &mut Script) {
    t.accepted();
    send!(t, null, seq: 1, len: 10);
    send!(t, flags(FIN), seq: 1);
    send!(t, flags(PSH | URG), seq: 1, len: 10);
    t.silence(1000);
    t.read("");
    t.state(State::Established);
}

// covers: E-29, SEC-6, CC-24
/// An ACK of what was never sent: an ACK, and the text is not taken.
pub fn ack_of_the_future(t: &mut Script) {
    t.accepted();
    for ack in [2, 1000, 1 << 30] {
        send!(t, ack, seq: 1, ack: ack, data: "forged");
        expect!(t, ack, seq: 1, ack: 1);
    }
    t.read("");
    t.write(10);
    expect!(t, ack, seq: 1, len: 10);
    send!(t, ack, seq: 1, ack: 12);
    expect!(t, ack, seq: 11, ack: 1);
}

// covers: E-30
/// The text of a segment with an old ACK is taken.
pub fn old_ack_with_data(t: &mut Script) {
    t.accepted();
    t.write(100);
    expect!(t, ack, len: 100);
    send!(t, ack, seq: 1, ack: 101);
    send!(t, ack, seq: 1, ack: 51, data: "late");
    expect!(t, ack, seq: 101, ack: 5);
    t.read("late");
}

// covers: SEC-6, MAY-12
/// An ACK older than any window that the peer has offered.
pub fn ack_range_of_rfc_5961(t: &mut Script) {
    t.window(1000);
    t.accepted();
    for _ in 0..3 {
        t.write(1000);
        expect!(t, ack, len: 1000);
        send!(t, ack);
    }
    send!(t, ack, seq: 1, ack: 2001, data: "a");
    expect!(t, ack, ack: 2);
    send!(t, ack, seq: 2, ack: 2000, data: "b");
    expect!(t, ack, ack: 2);
    t.read("a");
}

// covers: E-31
/// A segment that was overtaken does not change the window.
pub fn window_of_an_old_segment(t: &mut Script) {
    t.window(1000);
    t.accepted();
    send!(t, ack, seq: 1, ack: 1, len: 100, wnd: 2000);
    expect!(t, ack, ack: 101);
    // A retransmission in front of the newest: SND.WL1 is 1, and 51 is later, 1 is not older.
    send!(t, ack, seq: 101, ack: 1, len: 100, wnd: 3000);
    expect!(t, ack, ack: 201);
    send!(t, ack, seq: 51, ack: 1, len: 200, wnd: 10);
    expect!(t, ack, ack: 251);
    t.write(3000);
    let sent: usize = t.burst().iter().map(|segment| segment.payload.len()).sum();
    assert!(sent >= 2920, "{sent} bytes of a window of 3000");
}

// covers: E-33
/// A FIN behind a hole is not taken before the hole is filled.
pub fn fin_before_the_hole_is_filled(t: &mut Script) {
    t.accepted();
    send!(t, fin, seq: 500, ack: 1);
    expect!(t, ack, ack: 1);
    send!(t, fin, seq: 11, ack: 1, len: 10);
    expect!(t, ack, ack: 1);
    t.state(State::Established);
    send!(t, ack, seq: 1, ack: 1, len: 10);
    let ack = expect!(t, ack);
    if ack.ack == t.peer(11) {
        send!(t, fin, seq: 11, ack: 1, len: 10);
        expect!(t, ack, ack: 22);
    }
    t.state(State::CloseWait);
    t.read(text(0, 20));
}

// covers: CC-11, MAY-13
/// Each segment behind a hole is answered by a duplicate ACK at once.
pub fn hole_is_answered_at_once(t: &mut Script) {
    t.accepted();
    for at in [1001, 2001, 3001] {
        send!(t, ack, seq: at, ack: 1, len: 1000);
        expect!(t, ack, seq: 1, ack: 1, len: 0);
    }
}

// covers: SHLD-8
/// ECN is not negotiated, and its bits are not echoed.
pub fn unknown_flags_change_nothing(t: &mut Script) {
    t.listen();
    send!(t, flags(SYN | 0xc0), seq: 0, mss: 1460);
    expect!(t, syn_ack, ack: 1);
    send!(t, flags(ACK | 0xc0), seq: 1, ack: 1, data: "x");
    expect!(t, ack, ack: 2);
    t.read("x");
}

// covers: E-45
/// URG after the FIN means nothing.
pub fn urgent_pointer_is_ignored_after_the_fin(t: &mut Script) {
    t.close_wait();
    send!(t, flags(ACK | URG), seq: 2, ack: 1);
    t.silence(100);
    t.state(State::CloseWait);
    t.call(Op::Shutdown);
    expect!(t, fin, seq: 1, ack: 2);
    send!(t, flags(ACK | URG), seq: 2, ack: 2);
    t.silence(100);
    t.state(State::Closed);
}
