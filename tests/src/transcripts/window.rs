// SPDX-License-Identifier: MIT OR Apache-2.0
//! Flow control (RFC 9293, section 3.8.6).

use syncline_model::tcb::{State, flags::*};

use super::{Transcript, list};
use crate::{
    after, expect,
    script::{Script, text},
    send,
};

/// The group.
pub const ALL: &[Transcript] = list![
    window_follows_the_ring,
    window_is_kept_by_the_sender,
    largest_window_is_unsigned,
    receiver_avoids_silly_windows,
    receiver_window_never_shrinks,
    sender_avoids_silly_windows,
    zero_window_is_probed,
    zero_window_for_an_hour,
    probe_is_taken_by_the_peer,
    probe_waits_a_whole_rto,
    probe_of_the_fin,
    fin_waits_for_the_window,
    window_opens_after_a_probe,
    window_shrinks,
    window_shrinks_to_zero,
    closed_window_takes_acks,
    closed_window_takes_rst,
    closed_window_refuses_a_probe,
    override_of_a_small_window,
];

// covers: SHLD-14, WS-4
/// The window is the room in the ring.
pub fn window_follows_the_ring(t: &mut Script) {
    t.listen();
    send!(t, syn, seq: 0, mss: 1460);
    expect!(t, syn_ack, wnd: 4096);
    send!(t, ack, seq: 1, ack: 1);
    send!(t, ack, len: 1000);
    expect!(t, ack, ack: 1001, wnd: 3096);
    send!(t, ack, len: 1000);
    expect!(t, ack, ack: 2001, wnd: 2096);
    t.read(text(0, 2000));
    expect!(t, ack, ack: 2001, wnd: 4096);
}

// covers: CC-1, P-2
/// No byte beyond the peer's window.
pub fn window_is_kept_by_the_sender(t: &mut Script) {
    t.window(2000);
    t.accepted();
    t.write(4000);
    expect!(t, ack, seq: 1, len: 1460);
    t.silence(100);
    send!(t, ack, wnd: 2000);
    expect!(t, ack, seq: 1461, len: 1460);
    t.silence(100);
    send!(t, ack, wnd: 0);
    t.silence(100);
}

// covers: MUST-1
/// 65,535 is not -1.
pub fn largest_window_is_unsigned(t: &mut Script) {
    t.window(65535);
    t.accepted();
    t.write(4000);
    let sizes: Vec<usize> = t.burst().iter().map(|segment| segment.payload.len()).collect();
    assert_eq!(sizes, [1460, 1460]);
    send!(t, ack);
    expect!(t, ack, len: 1080);
    send!(t, ack);
}

// covers: MUST-39
/// The right edge moves by a segment or half the ring, not by the byte.
pub fn receiver_avoids_silly_windows(t: &mut Script) {
    t.accepted();
    for at in [0, 1400] {
        send!(t, ack, len: 1400);
        expect!(t, ack, ack: 1401 + at);
    }
    send!(t, ack, len: 1296);
    expect!(t, ack, ack: 4097, wnd: 0);
    for _ in 0..1459 {
        assert_eq!(t.read_some(1).len(), 1);
    }
    t.silence(100);
    t.read_some(1);
    expect!(t, ack, ack: 4097, wnd: 1460);
    t.read_some(100);
    t.silence(100);
}

// covers: SHLD-14
/// ACK + window never moves to the left.
pub fn receiver_window_never_shrinks(t: &mut Script) {
    t.accepted();
    let mut edge = 4097i64;
    let mut at = 0i64;
    for i in 0..40 {
        let len = (i * 37 % 500) + 1;
        send!(t, ack, len: len);
        at += len as i64;
        let ack = expect!(t, ack, ack: 1 + at);
        let now = 1 + at + i64::from(ack.window);
        assert!(now >= edge, "the edge went from {edge} to {now}");
        edge = now;
        t.read_some(i * 53 % 700);
        for update in t.burst() {
            let now = 1 + at + i64::from(update.window);
            assert!(now >= edge + 1460, "an update by {} bytes", now - edge);
            edge = now;
        }
    }
}

// covers: MUST-38
/// A window that opens by small steps does not lead to small segments.
pub fn sender_avoids_silly_windows(t: &mut Script) {
    t.window(4000);
    t.accepted();
    t.write(4000);
    let sent: i64 = t.burst().iter().map(|segment| segment.payload.len() as i64).sum();
    assert_eq!(sent, 2920);
    // All acknowledged, a few bytes of window at a time.
    for wnd in [0, 10, 100, 500, 1000] {
        send!(t, ack, ack: 2921, wnd: wnd);
        t.silence(1);
    }
    send!(t, ack, ack: 2921, wnd: 1460);
    expect!(t, ack, seq: 2921, len: 1080);
}

// covers: MUST-36, SHLD-29, SHLD-30, RTO-5
/// The first probe comes after one RTO, the next ones at doubled intervals, up to the limit.
pub fn zero_window_is_probed(t: &mut Script) {
    t.accepted();
    send!(t, ack, wnd: 0);
    t.window(0);
    t.write(100);
    for ms in [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000] {
        after!(t, ms, ack, seq: 1, data: text(0, 1));
        send!(t, ack, ack: 1, wnd: 0);
    }
    send!(t, ack, ack: 1, wnd: 1000);
    expect!(t, ack, seq: 1, data: text(0, 100));
}

// covers: MUST-37, SHLD-17
/// While probes are acknowledged the connection stays.
pub fn zero_window_for_an_hour(t: &mut Script) {
    t.accepted();
    send!(t, ack, wnd: 0);
    t.window(0);
    t.write(100);
    let mut ms = 1000;
    for _ in 0..66 {
        after!(t, ms, ack, seq: 1, len: 1);
        send!(t, ack, ack: 1, wnd: 0);
        ms = (2 * ms).min(60_000);
    }
    t.state(State::Established);
}

// covers: MUST-36
/// The peer takes the byte of the probe: the next byte follows.
pub fn probe_is_taken_by_the_peer(t: &mut Script) {
    t.accepted();
    send!(t, ack, wnd: 0);
    t.window(0);
    t.write(100);
    after!(t, 1000, ack, seq: 1, len: 1);
    send!(t, ack, ack: 2, wnd: 0);
    after!(t, 2000, ack, seq: 2, data: text(1, 1));
    send!(t, ack, ack: 3, wnd: 500);
    expect!(t, ack, seq: 3, data: text(2, 98));
}

// covers: SHLD-29
/// The window closes while the retransmission timer runs: the probe waits an RTO from then on.
pub fn probe_waits_a_whole_rto(t: &mut Script) {
    t.window(1000);
    t.accepted_from_afar();
    t.write(2000);
    expect!(t, ack, len: 1000);
    t.silence(700);
    send!(t, ack, wnd: 0);
    after!(t, 1750, ack, seq: 1001, len: 1);
}

// covers: P-2, E-27
/// The FIN takes a place in the peer's window, also when the data is sent again.
pub fn fin_waits_for_the_window(t: &mut Script) {
    t.window(500);
    t.accepted();
    t.write(500);
    expect!(t, ack, seq: 1, len: 500);
    t.call(syncline_model::tcb::Op::Shutdown);
    t.silence(900);
    let again = t.skip(200);
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].flags & FIN, 0, "the FIN lies beyond the window");
    send!(t, ack, ack: 501);
    expect!(t, fin, seq: 501, len: 0);
}

// covers: MUST-36
/// With nothing but the FIN left, the FIN is the probe.
pub fn probe_of_the_fin(t: &mut Script) {
    t.accepted();
    send!(t, ack, wnd: 0);
    t.window(0);
    t.call(syncline_model::tcb::Op::Shutdown);
    after!(t, 1000, fin, seq: 1, len: 0);
    send!(t, ack, ack: 1, wnd: 0);
    after!(t, 2000, fin, seq: 1, len: 0);
    send!(t, ack, ack: 2, wnd: 0);
    t.state(State::FinWait2);
}

// covers: MUST-36
/// When the window opens, the byte that was probed goes again, with what follows it.
pub fn window_opens_after_a_probe(t: &mut Script) {
    t.accepted();
    send!(t, ack, wnd: 0);
    t.window(0);
    t.write(3000);
    after!(t, 1000, ack, seq: 1, len: 1);
    send!(t, ack, ack: 1, wnd: 0);
    t.window(8192);
    send!(t, ack, ack: 1);
    expect!(t, ack, seq: 1, len: 1460);
    expect!(t, ack, seq: 1461, len: 1460);
    send!(t, ack);
    expect!(t, ack, seq: 2921, len: 80);
    send!(t, ack);
}

// covers: MUST-34, SHLD-15, SHLD-16
/// The peer takes window back: nothing new is sent, what lies inside is sent again, and the connection lives.
pub fn window_shrinks(t: &mut Script) {
    t.window(4000);
    t.accepted();
    t.write(4000);
    let sent: usize = t.burst().iter().map(|segment| segment.payload.len()).sum();
    assert_eq!(sent, 2920);
    send!(t, ack, ack: 1, wnd: 1000);
    t.silence(900);
    let again = t.skip(200);
    assert_eq!(again.len(), 1, "one retransmission");
    assert!(again[0].payload.len() <= 1000);
    send!(t, ack, ack: 1001, wnd: 4000);
    let next = t.burst();
    assert!(!next.is_empty(), "it goes on");
    t.state(State::Established);
}

// covers: MUST-35, MUST-34
/// ... to zero: probes.
pub fn window_shrinks_to_zero(t: &mut Script) {
    t.window(4000);
    t.accepted();
    t.write(2000);
    t.burst();
    send!(t, ack, ack: 1, wnd: 0);
    let mut probes = 0;
    for _ in 0..10 {
        let again = t.skip(20_000);
        probes += again.len();
        for segment in &again {
            assert!(segment.payload.len() <= 1, "{} bytes into a closed window", segment.payload.len());
        }
        send!(t, ack, ack: 1, wnd: 0);
    }
    assert!(probes >= 4, "{probes} probes");
    t.state(State::Established);
}

/// Fills our ring.
#[track_caller]
fn close_our_window(t: &mut Script) {
    t.accepted();
    for len in [1400, 1400, 1296] {
        send!(t, ack, len: len);
        expect!(t, ack);
    }
}

// covers: MUST-66
/// With our window closed, the ACK field still counts.
pub fn closed_window_takes_acks(t: &mut Script) {
    close_our_window(t);
    t.write(1000);
    expect!(t, ack, seq: 1, ack: 4097, wnd: 0, len: 1000);
    send!(t, ack, seq: 4097, ack: 501, len: 1);
    expect!(t, ack, seq: 1001, ack: 4097, wnd: 0);
    assert_eq!(t.write_some(5000), 3596, "acknowledged bytes make room");
    assert_eq!(t.burst().len(), 2);
    send!(t, ack, seq: 4097, ack: 3921);
    expect!(t, ack, seq: 3921, ack: 4097, wnd: 0);
    send!(t, ack, seq: 4097);
    t.silence(5000);
}

// covers: MUST-66
/// With our window closed, an RST still counts.
pub fn closed_window_takes_rst(t: &mut Script) {
    close_our_window(t);
    send!(t, rst, seq: 4097);
    t.silence(1000);
    t.state(State::Closed);
}

// covers: E-25, MAY-8
/// The peer's probe is refused, and answered.
pub fn closed_window_refuses_a_probe(t: &mut Script) {
    close_our_window(t);
    for _ in 0..5 {
        send!(t, ack, seq: 4097, ack: 1, len: 1);
        expect!(t, ack, seq: 1, ack: 4097, wnd: 0, len: 0);
    }
    send!(t, ack, seq: 4096, ack: 1);
    expect!(t, ack, ack: 4097, wnd: 0);
    t.read(text(0, 4096));
    expect!(t, ack, ack: 4097, wnd: 4096);
}

// covers: MUST-38
/// A window that stays small is used after the override time-out.
pub fn override_of_a_small_window(t: &mut Script) {
    t.window(4000);
    t.accepted();
    t.window(100);
    send!(t, ack);
    t.write(1000);
    t.silence(90);
    let sent = t.skip(1000);
    assert_eq!(sent.iter().map(|segment| segment.payload.len()).sum::<usize>(), 100);
}
