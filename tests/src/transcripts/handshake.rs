// SPDX-License-Identifier: MIT OR Apache-2.0
//! Opening: CLOSED, LISTEN, SYN-SENT and SYN-RECEIVED (RFC 9293, sections 3.5 and 3.10.7.1 to 3).

use syncline_model::tcb::{Op, Reason, State, flags::*};

use super::{Transcript, list};
use crate::{expect, script::Script, send};

/// The group.
pub const ALL: &[Transcript] = list![
    passive_open,
    active_open,
    simultaneous_open,
    simultaneous_open_with_syn_ack,
    closed_ignores_rst,
    closed_answers_without_ack,
    closed_answers_with_ack,
    listen_ignores_rst,
    listen_refuses_ack,
    listen_ignores_the_rest,
    listen_keeps_the_data_of_a_syn_safe,
    listen_survives_syn_fin,
    syn_sent_refuses_a_wrong_ack,
    syn_sent_ignores_rst_with_a_wrong_ack,
    syn_sent_is_refused,
    syn_sent_ignores_rst_without_ack,
    syn_sent_ignores_what_is_no_syn,
    syn_sent_loses_no_data_of_the_syn_ack,
    syn_received_answers_a_repeated_syn,
    syn_received_answers_an_unacceptable_segment,
    syn_received_refuses_a_wrong_ack,
    syn_received_takes_data_with_the_ack,
    syn_received_takes_fin_with_the_ack,
    syn_received_takes_the_window_of_the_ack,
    rst_leads_back_to_listen,
    rst_refuses_an_active_open,
    queued_data_goes_out_after_the_handshake,
    close_in_syn_sent,
    abort_in_syn_sent,
    close_in_syn_received,
    one_connection_a_tuple,
    listening_beside_an_active_open,
    every_flow_in_use,
    mss_is_sent,
    mss_of_the_peer_is_kept,
    mss_missing_means_536,
    mss_tiny_has_a_floor,
    mss_huge_is_cut,
];

/// A flow is free and the port still listens: a new peer port connects.
#[track_caller]
fn still_listens(t: &mut Script) {
    t.switch(6000);
    t.accepted();
}

// covers: E-6, E-20
/// CLOSED - LISTEN - SYN-RECEIVED - ESTABLISHED.
pub fn passive_open(t: &mut Script) {
    t.listen();
    send!(t, syn, seq: 0, mss: 1460);
    expect!(t, syn_ack, seq: 0, ack: 1, len: 0);
    t.state(State::SynReceived);
    send!(t, ack, seq: 1, ack: 1);
    t.state(State::Established);
    t.silence(5000);
}

// covers: E-14
/// CLOSED - SYN-SENT - ESTABLISHED.
pub fn active_open(t: &mut Script) {
    t.open();
    expect!(t, syn, seq: 0, len: 0);
    t.state(State::SynSent);
    send!(t, syn_ack, seq: 0, ack: 1, mss: 1460);
    expect!(t, ack, seq: 1, ack: 1, len: 0);
    t.state(State::Established);
    t.silence(5000);
}

// covers: MUST-10, E-15
/// CLOSED - SYN-SENT - SYN-RECEIVED - ESTABLISHED (RFC 9293, figure 8), with the same ISN.
pub fn simultaneous_open(t: &mut Script) {
    t.open();
    expect!(t, syn, seq: 0);
    let iss = t.iss();
    send!(t, syn, seq: 0, mss: 1460);
    expect!(t, syn_ack, seq: 0, ack: 1);
    assert_eq!(t.iss(), iss, "the SYN-ACK has another ISN");
    t.state(State::SynReceived);
    send!(t, ack, seq: 1, ack: 1);
    t.state(State::Established);
    send!(t, ack, seq: 1, ack: 1, data: "abc");
    expect!(t, ack, seq: 1, ack: 4);
    t.read("abc");
    t.write(10);
    expect!(t, ack, seq: 1, ack: 4, len: 10);
    send!(t, ack, ack: 11);
}

// covers: MUST-10
/// The peer's half of figure 8 answers our SYN by a SYN-ACK: both ends still come to ESTABLISHED.
pub fn simultaneous_open_with_syn_ack(t: &mut Script) {
    t.syn_received_active();
    send!(t, syn_ack, seq: 0, ack: 1, mss: 1460);
    expect!(t, ack, seq: 1, ack: 1);
    send!(t, ack, seq: 1, ack: 1);
    t.state(State::Established);
}

// covers: E-1, E-44
/// CLOSED never answers an RST.
pub fn closed_ignores_rst(t: &mut Script) {
    send!(t, rst, seq: 100);
    t.silence(5);
    send!(t, rst_ack, seq: 100, ack: 7);
    t.silence(2000);
}

// covers: E-2
/// CLOSED: without ACK, the RST acknowledges what came.
pub fn closed_answers_without_ack(t: &mut Script) {
    send!(t, syn, seq: 100);
    expect!(t, rst_ack, seq: 0, ack: 101);
    send!(t, flags(FIN), seq: 100, len: 5);
    expect!(t, rst_ack, seq: 0, ack: 106);
    send!(t, flags(SYN | FIN), seq: 100);
    expect!(t, rst_ack, seq: 0, ack: 102);
    send!(t, null, seq: 100);
    expect!(t, rst_ack, seq: 0, ack: 100);
    t.silence(2000);
}

// covers: E-3
/// CLOSED: with ACK, the RST stands where the ACK points.
pub fn closed_answers_with_ack(t: &mut Script) {
    send!(t, ack, seq: 100, ack: 555);
    expect!(t, rst, seq: 555);
    send!(t, syn_ack, seq: 100, ack: -1);
    expect!(t, rst, seq: -1);
    send!(t, fin, seq: 100, ack: 0, len: 3);
    expect!(t, rst, seq: 0);
    t.silence(2000);
}

// covers: E-4, E-44
/// LISTEN ignores an RST.
pub fn listen_ignores_rst(t: &mut Script) {
    t.listen();
    send!(t, rst, seq: 100);
    send!(t, rst_ack, seq: 100, ack: 5);
    t.silence(2000);
    still_listens(t);
}

// covers: E-5
/// LISTEN answers every ACK by an RST.
pub fn listen_refuses_ack(t: &mut Script) {
    t.listen();
    send!(t, ack, seq: 100, ack: 555);
    expect!(t, rst, seq: 555);
    send!(t, syn_ack, seq: 100, ack: 556);
    expect!(t, rst, seq: 556);
    send!(t, fin, seq: 100, ack: 557);
    expect!(t, rst, seq: 557);
    send!(t, ack, seq: 100, ack: 558, len: 20);
    expect!(t, rst, seq: 558);
    still_listens(t);
}

// covers: E-8
/// LISTEN ignores what is neither SYN nor ACK nor RST.
pub fn listen_ignores_the_rest(t: &mut Script) {
    t.listen();
    send!(t, null, seq: 100);
    send!(t, flags(FIN), seq: 100);
    send!(t, flags(URG), seq: 100);
    send!(t, flags(PSH), seq: 100, len: 9);
    t.silence(2000);
    still_listens(t);
}

// covers: E-7
/// The text of a SYN is not acknowledged, so it comes again.
pub fn listen_keeps_the_data_of_a_syn_safe(t: &mut Script) {
    t.listen();
    send!(t, syn, seq: 0, mss: 1460, data: "hello");
    expect!(t, syn_ack, seq: 0, ack: 1);
    send!(t, ack, seq: 1, ack: 1, data: "hello");
    expect!(t, ack, ack: 6);
    t.read("hello");
}

// covers: E-9
/// A SYN with a FIN is ignored, and the port goes on listening.
pub fn listen_survives_syn_fin(t: &mut Script) {
    t.listen();
    send!(t, flags(SYN | FIN), seq: 0);
    t.silence(2000);
    still_listens(t);
}

// covers: E-10
/// SYN-SENT: an ACK of what was never sent is refused, and the open goes on.
pub fn syn_sent_refuses_a_wrong_ack(t: &mut Script) {
    t.syn_sent();
    for ack in [0, 2, -1000, 1000] {
        send!(t, ack, seq: 50, ack: ack);
        expect!(t, rst, seq: ack);
        send!(t, syn_ack, seq: 50, ack: ack);
        expect!(t, rst, seq: ack);
    }
    t.state(State::SynSent);
    send!(t, syn_ack, seq: 0, ack: 1);
    expect!(t, ack, seq: 1, ack: 1);
    t.state(State::Established);
}

// covers: E-11, E-44
/// SYN-SENT: an RST with a wrong ACK is ignored.
pub fn syn_sent_ignores_rst_with_a_wrong_ack(t: &mut Script) {
    t.syn_sent();
    send!(t, rst_ack, seq: 0, ack: 0);
    send!(t, rst_ack, seq: 0, ack: 2);
    t.silence(500);
    t.state(State::SynSent);
}

// covers: E-12, SEC-4
/// SYN-SENT - CLOSED: the peer refuses.
pub fn syn_sent_is_refused(t: &mut Script) {
    t.syn_sent();
    send!(t, rst_ack, seq: 0, ack: 1);
    t.silence(5000);
    t.state(State::Closed);
    assert_eq!(t.info().reason, Reason::Refused);
}

// covers: E-13, SEC-4
/// SYN-SENT: an RST without ACK proves nothing.
pub fn syn_sent_ignores_rst_without_ack(t: &mut Script) {
    t.syn_sent();
    send!(t, rst, seq: 0);
    t.silence(500);
    t.state(State::SynSent);
}

// covers: E-16
/// SYN-SENT: a good ACK, text or FIN without SYN is dropped.
pub fn syn_sent_ignores_what_is_no_syn(t: &mut Script) {
    t.syn_sent();
    send!(t, ack, seq: 0, ack: 1);
    send!(t, ack, seq: 1, ack: 1, len: 10);
    send!(t, fin, seq: 1, ack: 1);
    send!(t, null, seq: 1);
    t.silence(500);
    t.state(State::SynSent);
}

// covers: E-14
/// The text of a SYN-ACK is not lost.
pub fn syn_sent_loses_no_data_of_the_syn_ack(t: &mut Script) {
    t.syn_sent();
    send!(t, syn_ack, seq: 0, ack: 1, data: "hi");
    let ack = expect!(t, ack, seq: 1);
    t.state(State::Established);
    if ack.ack == t.peer(1) {
        send!(t, ack, seq: 1, ack: 1, data: "hi");
        expect!(t, ack, ack: 3);
    }
    t.read("hi");
}

// covers: E-17
/// SYN-RECEIVED: the peer has not got the SYN-ACK.
pub fn syn_received_answers_a_repeated_syn(t: &mut Script) {
    t.syn_received();
    let free = t.free();
    let iss = t.iss();
    send!(t, syn, seq: 0, mss: 1460);
    expect!(t, syn_ack, seq: 0, ack: 1);
    assert_eq!(t.iss(), iss);
    assert_eq!(t.free(), free, "a second connection");
    send!(t, ack, seq: 1, ack: 1);
    t.state(State::Established);
}

// covers: E-18
/// SYN-RECEIVED: outside the window.
pub fn syn_received_answers_an_unacceptable_segment(t: &mut Script) {
    t.syn_received();
    send!(t, ack, seq: 0, ack: 1);
    expect!(t, ack, seq: 1, ack: 1, len: 0);
    send!(t, ack, seq: 1 + 4096, ack: 1);
    expect!(t, ack, seq: 1, ack: 1, len: 0);
    t.state(State::SynReceived);
}

// covers: E-19
/// SYN-RECEIVED: an ACK of what was never sent.
pub fn syn_received_refuses_a_wrong_ack(t: &mut Script) {
    t.syn_received();
    for ack in [0, 2, -500] {
        send!(t, ack, seq: 1, ack: ack);
        expect!(t, rst, seq: ack);
        t.state(State::SynReceived);
    }
    send!(t, ack, seq: 1, ack: 1);
    t.state(State::Established);
}

// covers: E-20
/// Text in the third segment of the handshake.
pub fn syn_received_takes_data_with_the_ack(t: &mut Script) {
    t.syn_received();
    send!(t, ack, seq: 1, ack: 1, data: "first");
    expect!(t, ack, seq: 1, ack: 6);
    t.state(State::Established);
    t.read("first");
}

// covers: E-23
/// SYN-RECEIVED - ESTABLISHED - CLOSE-WAIT in one segment.
pub fn syn_received_takes_fin_with_the_ack(t: &mut Script) {
    t.syn_received();
    send!(t, fin, seq: 1, ack: 1);
    expect!(t, ack, seq: 1, ack: 2);
    t.state(State::CloseWait);
}

// covers: E-20
/// The send window is that of the ACK, not that of the SYN.
pub fn syn_received_takes_the_window_of_the_ack(t: &mut Script) {
    t.listen();
    send!(t, syn, seq: 0, wnd: 100, mss: 1000);
    expect!(t, syn_ack);
    send!(t, ack, seq: 1, ack: 1, wnd: 3000);
    t.write(3000);
    let sent: usize = t.burst().iter().map(|segment| segment.payload.len()).sum();
    assert_eq!(sent, 3000);
}

// covers: E-21, MUST-11
/// SYN-RECEIVED - LISTEN.
pub fn rst_leads_back_to_listen(t: &mut Script) {
    t.listen();
    let free = t.free();
    t.syn_received();
    send!(t, rst, seq: 1);
    t.silence(5000);
    assert_eq!(t.free(), free, "the flow is not free");
    still_listens(t);
}

// covers: E-22, MUST-11
/// SYN-RECEIVED - CLOSED.
pub fn rst_refuses_an_active_open(t: &mut Script) {
    t.syn_received_active();
    send!(t, rst, seq: 1);
    t.silence(5000);
    t.state(State::Closed);
    assert_eq!(t.info().reason, Reason::Refused);
}

// covers: E-46
/// SEND in SYN-SENT queues.
pub fn queued_data_goes_out_after_the_handshake(t: &mut Script) {
    t.syn_sent();
    t.write(100);
    t.silence(100);
    send!(t, syn_ack, seq: 0, ack: 1, mss: 1460);
    expect!(t, ack, seq: 1, ack: 1, data: crate::script::text(0, 100));
    send!(t, ack, ack: 101);
}

// covers: E-46
/// CLOSE in SYN-SENT deletes silently.
pub fn close_in_syn_sent(t: &mut Script) {
    let free = t.free();
    t.syn_sent();
    t.call(Op::Close);
    t.silence(5000);
    assert_eq!(t.free(), free);
    send!(t, syn_ack, seq: 0, ack: 1);
    expect!(t, rst, seq: 1);
}

// covers: E-46
/// ABORT in SYN-SENT deletes silently.
pub fn abort_in_syn_sent(t: &mut Script) {
    let free = t.free();
    t.syn_sent();
    t.call(Op::Abort);
    t.silence(5000);
    assert_eq!(t.free(), free);
}

// covers: E-46
/// CLOSE in SYN-RECEIVED waits for the handshake.
pub fn close_in_syn_received(t: &mut Script) {
    t.syn_received_active();
    t.call(Op::Shutdown);
    t.call_refused(Op::Shutdown);
    send!(t, ack, seq: 1, ack: 1);
    expect!(t, fin, seq: 1, ack: 1);
    t.state(State::FinWait1);
    send!(t, ack, ack: 2);
    t.state(State::FinWait2);
    // The same by Close: nobody has the flow any more.
    let free = t.free();
    t.switch(6000);
    t.syn_received_active();
    t.call(Op::Close);
    send!(t, ack, seq: 1, ack: 1);
    expect!(t, fin, seq: 1, ack: 1);
    t.call_refused(Op::Abort);
    send!(t, ack, ack: 2);
    send!(t, fin);
    expect!(t, ack);
    t.silence(61_000);
    assert_eq!(t.free(), free);
}

// covers: MUST-41
/// A second open of the same tuple is an error and disturbs nothing.
pub fn one_connection_a_tuple(t: &mut Script) {
    t.connected();
    t.open_refused();
    t.listen();
    t.state(State::Established);
    send!(t, ack, data: "x");
    expect!(t, ack, ack: 2);
    t.read("x");
}

// covers: MUST-42
/// Listening on a port from which a connection is being opened.
pub fn listening_beside_an_active_open(t: &mut Script) {
    t.syn_sent();
    t.switch(6000);
    t.accepted();
    t.switch(5000);
    t.state(State::SynSent);
}

// covers: P-7
/// The n+1st connection is refused or ignored; the others go on.
pub fn every_flow_in_use(t: &mut Script) {
    let flows = t.free() as u16;
    for i in 0..flows {
        t.switch(5000 + i);
        t.accepted();
    }
    assert_eq!(t.free(), 0);
    t.switch(7000);
    send!(t, syn, seq: 0);
    t.silence(1000);
    t.open_refused();
    t.switch(5000);
    t.state(State::Established);
}

// covers: MUST-14, MUST-67, SHLD-5, MAY-3, MSS-1, MUST-65
/// The MSS option stands in every SYN, also in a repeated one, and nowhere else.
pub fn mss_is_sent(t: &mut Script) {
    t.listen();
    send!(t, syn, seq: 0);
    expect!(t, syn_ack, mss: 1460);
    send!(t, syn, seq: 0);
    expect!(t, syn_ack, mss: 1460);
    send!(t, ack, seq: 1, ack: 1);
    send!(t, ack, len: 3);
    assert_eq!(expect!(t, ack).mss, None);
    t.switch(6000);
    t.open();
    expect!(t, syn, mss: 1460);
    assert_eq!(t.after(1000, crate::script::Seg::syn()).mss, Some(1460));
}

// covers: MUST-16, MUST-4, SHLD-28
/// No segment is larger than the peer's MSS, and all but the last are as large.
pub fn mss_of_the_peer_is_kept(t: &mut Script) {
    for (i, mss) in [64u16, 100, 536, 1000, 1460].into_iter().enumerate() {
        t.switch(5000 + i as u16);
        t.listen();
        send!(t, syn, seq: 0, mss: mss);
        expect!(t, syn_ack);
        t.window(65535);
        send!(t, ack, seq: 1, ack: 1);
        let total = 2 * usize::from(mss) + 10;
        t.write(total);
        let sizes: Vec<usize> = t.burst().iter().map(|segment| segment.payload.len()).collect();
        // Nagle keeps the rest until all is acknowledged.
        assert_eq!(sizes, [usize::from(mss); 2], "MSS {mss}");
        send!(t, ack, ack: 2 * i64::from(mss) + 1);
        expect!(t, ack, len: 10);
        send!(t, ack);
    }
}

// covers: MUST-15
/// Without the option, 536 bytes.
pub fn mss_missing_means_536(t: &mut Script) {
    t.listen();
    send!(t, syn, seq: 0);
    expect!(t, syn_ack);
    send!(t, ack, seq: 1, ack: 1);
    t.write(2000);
    let sizes: Vec<usize> = t.burst().iter().map(|segment| segment.payload.len()).collect();
    assert_eq!(sizes, [536, 536, 536]);
    t.switch(6000);
    t.open();
    expect!(t, syn);
    send!(t, syn_ack, seq: 0, ack: 1);
    expect!(t, ack);
    t.write(1000);
    expect!(t, ack, len: 536);
}

// covers: MSS-3
/// An MSS of 0 means none; a smaller one than 64 is taken for 64.
pub fn mss_tiny_has_a_floor(t: &mut Script) {
    for (i, (mss, len)) in [(1u16, 64usize), (63, 64), (0, 536)].into_iter().enumerate() {
        t.switch(5000 + i as u16);
        t.listen();
        send!(t, syn, seq: 0, mss: mss);
        expect!(t, syn_ack);
        send!(t, ack, seq: 1, ack: 1);
        t.write(600);
        assert_eq!(t.burst()[0].payload.len(), len, "MSS {mss}");
    }
}

// covers: MSS-4, MUST-16
/// Never more than our own limit.
pub fn mss_huge_is_cut(t: &mut Script) {
    t.listen();
    send!(t, syn, seq: 0, mss: 65535);
    expect!(t, syn_ack);
    send!(t, ack, seq: 1, ack: 1);
    t.write(3000);
    let sizes: Vec<usize> = t.burst().iter().map(|segment| segment.payload.len()).collect();
    assert_eq!(sizes, [1460, 1460]);
}
