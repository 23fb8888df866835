// SPDX-License-Identifier: MIT OR Apache-2.0
//! Data both ways: segmentation, push, Nagle, acknowledgements (RFC 9293, sections 3.7 and 3.8).

use syncline_model::tcb::{Op, State, flags::*};

use super::{Transcript, list};
use crate::{
    expect,
    script::{Script, text},
    send,
};

/// The group.
pub const ALL: &[Transcript] = list![
    lengths_around_the_mss,
    small_write_goes_out_at_once_with_push,
    nagle_collects_small_writes,
    nagle_can_be_off,
    many_small_writes_become_full_segments,
    received_in_order,
    acknowledgement_of_each_segment,
    ring_of_transmission_wraps,
    ring_of_reception_wraps,
    both_directions_at_once,
    transmit_ring_is_full,
    no_ack_without_cause,
    data_after_the_peers_fin,
    half_close_still_receives,
    send_after_close_fails,
];

// covers: SHLD-28, P-1
/// Writes of 1, MSS - 1, MSS and MSS + 1 bytes.
pub fn lengths_around_the_mss(t: &mut Script) {
    t.accepted();
    let mut at = 0;
    for len in [1, 1459, 1460, 1461] {
        t.write(len);
        let mut left = len;
        while left > 0 {
            let part = left.min(1460);
            expect!(t, ack, seq: 1 + at as i64, data: text(at, part));
            send!(t, ack);
            at += part;
            left -= part;
        }
    }
    t.silence(1000);
}

// covers: MUST-60, MUST-61
/// Nothing is held back for ever, and the last segment of a write has PSH.
pub fn small_write_goes_out_at_once_with_push(t: &mut Script) {
    t.accepted();
    t.write(3);
    let segment = expect!(t, ack, len: 3);
    assert_ne!(segment.flags & PSH, 0, "PSH");
    send!(t, ack);
    t.write(2000);
    assert_eq!(expect!(t, ack, len: 1460).flags & PSH, 0, "PSH before the end");
    send!(t, ack);
    assert_ne!(expect!(t, ack, len: 540).flags & PSH, 0, "PSH");
    send!(t, ack);
}

// covers: SHLD-7
/// With data in flight, a small write waits for the ACK.
pub fn nagle_collects_small_writes(t: &mut Script) {
    t.accepted();
    t.write(10);
    expect!(t, ack, len: 10);
    t.write(10);
    t.write(10);
    t.silence(500);
    send!(t, ack, ack: 11);
    expect!(t, ack, seq: 11, len: 20);
    send!(t, ack);
}

// covers: MUST-17
/// Without Nagle small writes leave at once; another connection still collects.
pub fn nagle_can_be_off(t: &mut Script) {
    t.open_without_nagle();
    expect!(t, syn);
    send!(t, syn_ack, seq: 0, ack: 1, mss: 1460);
    expect!(t, ack);
    for at in [1, 11, 21] {
        t.write(10);
        expect!(t, ack, seq: at, len: 10);
    }
    send!(t, ack);
    t.switch(6000);
    nagle_collects_small_writes(t);
}

// covers: SHLD-27
/// What was written in small pieces while the window was closed leaves in full segments.
pub fn many_small_writes_become_full_segments(t: &mut Script) {
    t.window(0);
    t.accepted();
    for _ in 0..30 {
        t.write(100);
    }
    t.window(8000);
    send!(t, ack);
    let sizes: Vec<usize> = t.burst().iter().map(|segment| segment.payload.len()).collect();
    assert_eq!(sizes, [1460, 1460]);
    send!(t, ack);
    expect!(t, ack, len: 80);
    send!(t, ack);
}

// covers: E-30, P-1
/// What comes is what is read.
pub fn received_in_order(t: &mut Script) {
    t.accepted();
    let mut at = 0;
    for len in [1, 2, 3, 100, 1460, 7] {
        send!(t, ack, len: len);
        at += len;
        expect!(t, ack, ack: 1 + at as i64, len: 0);
    }
    t.read(text(0, at));
    expect!(t, ack, ack: 1 + at as i64, wnd: 4096);
}

// covers: MUST-40, SHLD-19, CC-22, CC-23
/// Every segment of data is acknowledged at once, by one ACK.
pub fn acknowledgement_of_each_segment(t: &mut Script) {
    t.accepted();
    for i in 0..4 {
        send!(t, ack, len: 500);
        expect!(t, ack, ack: 501 + 500 * i, len: 0);
        t.silence(600);
    }
}

// covers: P-1, E-48
/// More than the ring holds, in pieces of an odd size.
pub fn ring_of_transmission_wraps(t: &mut Script) {
    t.accepted();
    for i in 0..30 {
        t.write(999);
        expect!(t, ack, seq: 1 + 999 * i, data: text(999 * i as usize, 999));
        send!(t, ack);
    }
}

// covers: P-1, E-48
/// More than the ring holds, received.
pub fn ring_of_reception_wraps(t: &mut Script) {
    t.accepted();
    for i in 0..20 {
        send!(t, ack, len: 1001);
        expect!(t, ack, ack: 1002 + 1001 * i as i64);
        t.read(text(1001 * i, 1001));
        t.burst();
    }
}

// covers: E-30
/// The acknowledgement rides on the data.
pub fn both_directions_at_once(t: &mut Script) {
    t.accepted();
    t.write(100);
    expect!(t, ack, seq: 1, ack: 1, len: 100);
    t.write(100);
    send!(t, ack, ack: 101, len: 50);
    expect!(t, ack, seq: 101, ack: 51, len: 100);
    send!(t, ack);
    t.read(text(0, 50));
}

// covers: P-8
/// A full transmit ring pushes back, and what is acknowledged makes room.
pub fn transmit_ring_is_full(t: &mut Script) {
    t.window(0);
    t.accepted();
    assert_eq!(t.write_some(5000), 4096);
    assert_eq!(t.write_some(1), 0);
    t.window(8192);
    send!(t, ack);
    let sizes: Vec<usize> = t.burst().iter().map(|segment| segment.payload.len()).collect();
    assert_eq!(sizes, [1460, 1460]);
    send!(t, ack, ack: 1461);
    assert_eq!(t.write_some(5000), 1460);
    expect!(t, ack, seq: 2921, len: 1460);
}

// covers: SEC-8
/// A bare ACK is not answered.
pub fn no_ack_without_cause(t: &mut Script) {
    t.accepted();
    for _ in 0..5 {
        send!(t, ack);
    }
    t.silence(10_000);
}

// covers: E-37
/// CLOSE-WAIT: data flows out, ACKs are handled, the repeated FIN is acknowledged again.
pub fn data_after_the_peers_fin(t: &mut Script) {
    t.close_wait();
    t.write(2000);
    expect!(t, ack, seq: 1, ack: 2, len: 1460);
    send!(t, ack, seq: 2);
    expect!(t, ack, seq: 1461, ack: 2, len: 540);
    send!(t, fin, seq: 1);
    expect!(t, ack, seq: 2001, ack: 2, len: 0);
    send!(t, ack, seq: 2);
    t.state(State::CloseWait);
    t.call(Op::Shutdown);
    expect!(t, fin, seq: 2001, ack: 2);
    send!(t, ack, seq: 2, ack: 2002);
    t.state(State::Closed);
}

// covers: E-35
/// FIN-WAIT-1 and FIN-WAIT-2: the peer's data is taken.
pub fn half_close_still_receives(t: &mut Script) {
    t.fin_wait_1();
    send!(t, ack, seq: 1, ack: 1, data: text(0, 100));
    expect!(t, ack, seq: 2, ack: 101);
    t.state(State::FinWait1);
    send!(t, ack, seq: 101, ack: 2, data: text(100, 100));
    expect!(t, ack, seq: 2, ack: 201);
    t.state(State::FinWait2);
    send!(t, ack, seq: 201, ack: 2, data: text(200, 100));
    expect!(t, ack, seq: 2, ack: 301);
    t.read(text(0, 300));
}

// covers: E-46
/// SEND after CLOSE fails; what was queued before goes out in front of the FIN.
pub fn send_after_close_fails(t: &mut Script) {
    t.accepted();
    t.write(100);
    expect!(t, ack, len: 100);
    t.write(50);
    t.call(Op::Shutdown);
    t.call_refused(Op::Shutdown);
    assert_eq!(t.write_some(10), 0);
    let segments = t.burst();
    assert_eq!(segments.len(), 1, "the rest, with the FIN");
    assert_eq!(segments[0].payload, text(100, 50));
    assert_ne!(segments[0].flags & FIN, 0);
    send!(t, ack, ack: 152);
    t.state(State::FinWait2);
}
