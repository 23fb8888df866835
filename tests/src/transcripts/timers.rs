// SPDX-License-Identifier: MIT OR Apache-2.0
//! Time-outs, retransmission and congestion (RFC 9293, section 3.8; RFC 6298; RFC 5681; RFC 6582).

use syncline_model::{
    endpoint::Segment,
    tcb::{Op, Reason, State},
};

use super::{Transcript, list};
use crate::{
    after, expect,
    script::{Script, text},
    send,
};

/// The group.
pub const ALL: &[Transcript] = list![
    syn_is_repeated,
    syn_is_given_up,
    syn_ack_is_repeated,
    syn_ack_is_given_up,
    repeated_syn_ack_restarts_the_timer,
    data_is_repeated,
    data_is_given_up,
    fin_is_repeated,
    last_ack_is_given_up,
    rto_after_a_lost_syn,
    rto_follows_the_round_trip,
    rto_ignores_retransmissions,
    ack_restarts_the_timer,
    nothing_is_repeated_after_the_ack,
    first_flight,
    first_flight_after_a_lost_syn,
    first_flight_after_a_lost_syn_ack,
    slow_start,
    congestion_avoidance,
    second_timeout_leaves_ssthresh,
    one_segment_after_a_timeout,
    fast_retransmit,
    fast_retransmit_restarts_the_timer,
    two_duplicates_are_not_enough,
    what_is_no_duplicate_ack,
    partial_ack,
    losses_in_two_windows,
    loss_of_a_retransmission,
    go_back_after_a_timeout,
    idle_connection_is_silent,
    fin_wait_2_ends,
    fin_wait_2_waits_for_the_host,
];

fn sizes(segments: &[Segment]) -> Vec<usize> {
    segments.iter().map(|segment| segment.payload.len()).collect()
}

// covers: RTO-1, RTO-11, RTO-12, MUST-22, SHLD-5
/// 1, 2, 4, 8 s.
pub fn syn_is_repeated(t: &mut Script) {
    t.syn_sent();
    for ms in [1000, 2000, 4000, 8000] {
        after!(t, ms, syn, seq: 0, mss: 1460);
    }
}

// covers: MUST-20, MUST-22, MUST-23, E-47
/// Not before three minutes.
pub fn syn_is_given_up(t: &mut Script) {
    t.syn_sent();
    let repeated = t.skip(180_000);
    assert!(repeated.len() >= 6, "{} repetitions", repeated.len());
    t.state(State::SynSent);
    t.skip(200_000);
    t.state(State::Closed);
    assert_eq!(t.info().reason, Reason::TimedOut);
    t.silence(200_000);
}

// covers: E-24
/// SYN-RECEIVED repeats the SYN-ACK with back-off.
pub fn syn_ack_is_repeated(t: &mut Script) {
    t.syn_received();
    for ms in [1000, 2000, 4000] {
        after!(t, ms, syn_ack, seq: 0, ack: 1, mss: 1460);
    }
    send!(t, ack, seq: 1, ack: 1);
    t.state(State::Established);
}

// covers: E-24, SEC-10
/// A half-open connection ends by itself.
pub fn syn_ack_is_given_up(t: &mut Script) {
    let free = t.free();
    t.syn_received();
    t.skip(400_000);
    assert_eq!(t.free(), free);
    t.switch(6000);
    t.accepted();
}

// covers: RTO-8
/// The SYN-ACK went again because the SYN did: the next one not before another RTO.
pub fn repeated_syn_ack_restarts_the_timer(t: &mut Script) {
    t.syn_received();
    t.silence(700);
    send!(t, syn, seq: 0, mss: 1460);
    expect!(t, syn_ack, seq: 0, ack: 1);
    after!(t, 1000, syn_ack, seq: 0, ack: 1);
}

// covers: RTO-8, RTO-10, RTO-11, RTO-16, MUST-18, P-4
/// One segment, the first, with the same bytes; the interval doubles.
pub fn data_is_repeated(t: &mut Script) {
    t.accepted();
    t.write(2920);
    assert_eq!(sizes(&t.burst()), [1460, 1460]);
    let mut waited = 1;
    for ms in [1000, 2000, 4000, 8000] {
        after!(t, ms - waited, ack, seq: 1, data: text(0, 1460));
        waited = 0;
    }
    send!(t, ack, ack: 1461);
    expect!(t, ack, seq: 1461, data: text(1460, 1460));
    send!(t, ack, ack: 2921);
    t.silence(100_000);
}

// covers: MUST-20, SHLD-10, SHLD-11, E-47
/// R2: at least 100 s, then the host learns of it.
pub fn data_is_given_up(t: &mut Script) {
    t.accepted();
    t.write(10);
    expect!(t, ack, len: 10);
    let repeated = t.skip(100_000);
    assert!(repeated.len() >= 3);
    t.state(State::Established);
    t.skip(1_000_000);
    t.state(State::Closed);
    assert_eq!(t.info().reason, Reason::TimedOut);
    t.silence(100_000);
}

// covers: E-38, RTO-9
/// The FIN is repeated like data.
pub fn fin_is_repeated(t: &mut Script) {
    t.fin_wait_1();
    for ms in [1000, 2000, 4000] {
        after!(t, ms, fin, seq: 1, ack: 1, len: 0);
    }
    send!(t, fin, seq: 1, ack: 1);
    expect!(t, ack, seq: 2, ack: 2);
    t.state(State::Closing);
    let again = t.skip(9000);
    assert_eq!(again.len(), 1, "CLOSING repeats the FIN too");
    send!(t, ack, seq: 2, ack: 2);
    t.state(State::TimeWait);
}

// covers: P-5, E-47
/// LAST-ACK with a peer that has gone.
pub fn last_ack_is_given_up(t: &mut Script) {
    let free = t.free();
    t.last_ack();
    t.call(Op::Close);
    t.skip(1_200_000);
    assert_eq!(t.free(), free);
}

// covers: RTO-13
/// A lost SYN: the first RTO for data is 3 s.
pub fn rto_after_a_lost_syn(t: &mut Script) {
    t.syn_sent();
    after!(t, 1000, syn);
    send!(t, syn_ack, seq: 0, ack: 1, mss: 1460);
    expect!(t, ack);
    t.write(10);
    expect!(t, ack, len: 10);
    after!(t, 3000, ack, seq: 1, len: 10);
}

// covers: RTO-2, RTO-3, RTO-7, MUST-18
/// RTO = SRTT + 4 RTTVAR.
pub fn rto_follows_the_round_trip(t: &mut Script) {
    t.open();
    expect!(t, syn);
    t.silence(800);
    send!(t, syn_ack, seq: 0, ack: 1, mss: 1460);
    expect!(t, ack);
    // R = 800 ms: SRTT 800, RTTVAR 400, RTO 2400.
    t.write(10);
    expect!(t, ack, len: 10);
    t.silence(800);
    send!(t, ack);
    // R = 800 ms again: RTTVAR 300, RTO 2000.
    t.write(10);
    expect!(t, ack, len: 10);
    after!(t, 2000, ack, seq: 11, len: 10);
}

// covers: RTO-6
/// Karn: a late ACK of what was sent twice tells nothing, and the backed-off RTO stays.
pub fn rto_ignores_retransmissions(t: &mut Script) {
    t.accepted();
    t.write(10);
    expect!(t, ack, len: 10);
    after!(t, 1000, ack, seq: 1, len: 10);
    t.silence(5);
    send!(t, ack);
    t.write(10);
    expect!(t, ack, seq: 11, len: 10);
    after!(t, 2000, ack, seq: 11, len: 10);
}

// covers: RTO-9
/// An ACK of part of the data starts the timer again.
pub fn ack_restarts_the_timer(t: &mut Script) {
    t.accepted_from_afar();
    t.write(2920);
    assert_eq!(sizes(&t.burst()), [1460, 1460]);
    t.silence(700);
    send!(t, ack, ack: 1461);
    after!(t, 1750, ack, seq: 1461, len: 1460);
}

// covers: RTO-9
/// When all is acknowledged the timer stops.
pub fn nothing_is_repeated_after_the_ack(t: &mut Script) {
    t.accepted();
    t.write(10);
    expect!(t, ack, len: 10);
    send!(t, ack);
    t.silence(100_000);
}

/// An accepted connection with this MSS and the largest window.
#[track_caller]
fn accepted_with(t: &mut Script, mss: u16) {
    t.window(65535);
    t.listen();
    send!(t, syn, seq: 0, mss: mss);
    expect!(t, syn_ack);
    send!(t, ack, seq: 1, ack: 1);
}

// covers: CC-2, CC-3, CC-5
/// Ten segments (RFC 6928).
pub fn first_flight(t: &mut Script) {
    accepted_with(t, 100);
    t.write(4000);
    assert_eq!(sizes(&t.burst()), [100; 10]);
    t.switch(6000);
    t.open();
    expect!(t, syn);
    send!(t, syn_ack, seq: 0, ack: 1, mss: 100);
    expect!(t, ack);
    t.write(4000);
    assert_eq!(sizes(&t.burst()), [100; 10]);
}

// covers: CC-4
/// One segment when the SYN was lost.
pub fn first_flight_after_a_lost_syn(t: &mut Script) {
    t.window(65535);
    t.syn_sent();
    after!(t, 1000, syn);
    send!(t, syn_ack, seq: 0, ack: 1, mss: 100);
    expect!(t, ack);
    t.write(4000);
    assert_eq!(sizes(&t.burst()), [100]);
}

// covers: CC-4
/// One segment when the SYN-ACK was lost.
pub fn first_flight_after_a_lost_syn_ack(t: &mut Script) {
    t.window(65535);
    t.listen();
    send!(t, syn, seq: 0, mss: 100);
    expect!(t, syn_ack);
    send!(t, syn, seq: 0, mss: 100);
    expect!(t, syn_ack);
    send!(t, ack, seq: 1, ack: 1);
    t.write(4000);
    assert_eq!(sizes(&t.burst()), [100]);
}

// covers: CC-6, MUST-19
/// Each ACK of a segment lets two go; an ACK of a byte lets none go for free.
pub fn slow_start(t: &mut Script) {
    accepted_with(t, 100);
    t.write(4000);
    assert_eq!(sizes(&t.burst()), [100; 10]);
    for i in 1..=5 {
        send!(t, ack, ack: 1 + 100 * i);
        assert_eq!(sizes(&t.burst()), [100; 2], "ACK {i}");
    }
    for i in 1..=10 {
        send!(t, ack, ack: 501 + i);
    }
    let flight: usize = sizes(&t.burst()).iter().sum();
    assert!(flight <= 100, "{flight} bytes for ten ACKs of a byte");
}

// covers: CC-7, CC-8, CC-9
/// Two time-outs of the same segment: slow start ends at half of what was in flight, then a segment a round trip.
pub fn congestion_avoidance(t: &mut Script) {
    accepted_with(t, 100);
    t.write(4000);
    assert_eq!(sizes(&t.burst()), [100; 10]);
    t.skip(1100);
    let mut acked = 0;
    let mut flights = Vec::new();
    for _ in 0..8 {
        acked += 100;
        // What is in flight after this round trip's ACKs.
        send!(t, ack, ack: 1 + acked);
        let end = t.burst().iter().map(|segment| t.relative(segment)).max().unwrap_or(acked + 1) - 1;
        for at in (acked + 100..=end).step_by(100) {
            send!(t, ack, ack: 1 + at);
            t.burst();
            acked = at;
        }
        flights.push(t.info().cwnd);
    }
    assert!(flights.iter().any(|&cwnd| cwnd >= 500), "{flights:?}");
    assert!(flights.windows(2).all(|pair| pair[0] < 500 || pair[1] <= pair[0] + 100), "{flights:?}");
}

// covers: CC-9
/// The second time-out of a segment does not halve again.
pub fn second_timeout_leaves_ssthresh(t: &mut Script) {
    accepted_with(t, 100);
    t.write(4000);
    assert_eq!(sizes(&t.burst()), [100; 10]);
    assert_eq!(sizes(&t.skip(3100)), [100; 2]);
    // ssthresh is 500: slow start from 100 to 500, not to 200.
    for i in 1..=4 {
        send!(t, ack, ack: 1 + 100 * i);
        t.burst();
    }
    assert_eq!(t.info().cwnd, 500);
}

// covers: CC-10, CC-8, RTO-10
/// After a time-out one segment goes, and slow start begins again.
pub fn one_segment_after_a_timeout(t: &mut Script) {
    accepted_with(t, 100);
    t.write(4000);
    assert_eq!(sizes(&t.burst()), [100; 10]);
    let again = t.skip(1100);
    assert_eq!(sizes(&again), [100]);
    send!(t, ack, ack: 101);
    assert_eq!(sizes(&t.burst()).len(), 2);
    assert_eq!(t.info().cwnd, 200);
}

// covers: CC-13, CC-16, CC-17, CC-18
/// The third duplicate ACK: the first segment at once; after the ACK of all, half the flight.
pub fn fast_retransmit(t: &mut Script) {
    accepted_with(t, 100);
    t.write(4000);
    assert_eq!(sizes(&t.burst()), [100; 10]);
    send!(t, ack, ack: 1);
    send!(t, ack, ack: 1);
    send!(t, ack, ack: 1);
    expect!(t, ack, seq: 1, data: text(0, 100));
    // cwnd = 500 + 300: no room. Six more duplicates leave room for four more segments.
    for _ in 0..6 {
        send!(t, ack, ack: 1);
        let sent = t.burst();
        assert!(sent.iter().all(|segment| segment.payload.len() == 100));
    }
    assert_eq!(t.info().cwnd, 1400);
    send!(t, ack, ack: 1001);
    t.burst();
    assert!(t.info().cwnd <= 500, "cwnd is {}", t.info().cwnd);
}

// covers: RTO-8
/// A segment that was sent again by duplicate ACKs waits a whole RTO before it is sent a third time.
pub fn fast_retransmit_restarts_the_timer(t: &mut Script) {
    accepted_with(t, 1000);
    t.write(4000);
    assert_eq!(sizes(&t.burst()), [1000; 4]);
    t.silence(700);
    for _ in 0..3 {
        send!(t, ack, ack: 1);
    }
    expect!(t, ack, seq: 1, len: 1000);
    after!(t, 1000, ack, seq: 1, len: 1000);
}

// covers: CC-13
/// Two duplicates may be reordering.
pub fn two_duplicates_are_not_enough(t: &mut Script) {
    accepted_with(t, 1000);
    t.write(4000);
    assert_eq!(sizes(&t.burst()), [1000; 4]);
    send!(t, ack, ack: 1);
    send!(t, ack, ack: 1);
    t.silence(900);
}

// covers: CC-14
/// Window updates, segments with text, and ACKs with nothing outstanding do not count.
pub fn what_is_no_duplicate_ack(t: &mut Script) {
    accepted_with(t, 1000);
    for _ in 0..5 {
        send!(t, ack, ack: 1);
    }
    t.write(2000);
    assert_eq!(sizes(&t.burst()), [1000; 2]);
    for wnd in [60_000, 59_000, 58_000, 57_000] {
        send!(t, ack, ack: 1, wnd: wnd);
    }
    t.window(57_000);
    for _ in 0..4 {
        send!(t, ack, ack: 1, len: 10);
        expect!(t, ack, len: 0);
    }
    t.silence(900);
}

// covers: CC-19
/// Two losses in one flight are repaired without a time-out.
pub fn partial_ack(t: &mut Script) {
    accepted_with(t, 100);
    t.write(1000);
    assert_eq!(sizes(&t.burst()), [100; 10]);
    for _ in 0..3 {
        send!(t, ack, ack: 1);
    }
    expect!(t, ack, seq: 1, len: 100);
    send!(t, ack, ack: 401);
    expect!(t, ack, seq: 401, len: 100);
    send!(t, ack, ack: 1001);
    t.silence(5000);
}

// covers: CC-20
/// A loss in the next window halves again.
pub fn losses_in_two_windows(t: &mut Script) {
    accepted_with(t, 100);
    t.write(4000);
    assert_eq!(sizes(&t.burst()), [100; 10]);
    for _ in 0..3 {
        send!(t, ack, ack: 1);
    }
    expect!(t, ack, seq: 1, len: 100);
    assert_eq!(t.info().cwnd, 500 + 300);
    // Slow start up to the first half: five segments are out.
    let mut acked = 1001;
    send!(t, ack, ack: acked);
    let mut end = t.burst().iter().map(|segment| t.relative(segment)).max().unwrap_or(acked);
    while t.info().cwnd < 500 {
        acked += 100;
        send!(t, ack, ack: acked);
        end = t.burst().iter().map(|segment| t.relative(segment)).max().unwrap_or(end);
    }
    assert_eq!(end - acked, 500);
    for _ in 0..3 {
        send!(t, ack, ack: acked);
    }
    expect!(t, ack, seq: acked, len: 100);
    assert_eq!(t.info().cwnd, 250 + 300);
}

// covers: CC-20
/// The retransmission was lost too: a time-out, and slow start ends at a quarter of the flight.
pub fn loss_of_a_retransmission(t: &mut Script) {
    accepted_with(t, 100);
    t.write(4000);
    assert_eq!(sizes(&t.burst()), [100; 10]);
    for _ in 0..3 {
        send!(t, ack, ack: 1);
    }
    expect!(t, ack, seq: 1, len: 100);
    after!(t, 1000, ack, seq: 1, len: 100);
    assert_eq!(t.info().cwnd, 100);
    for i in 1..=4 {
        send!(t, ack, ack: 1 + 100 * i);
        t.burst();
    }
    assert_eq!(t.info().cwnd, 300);
}

// covers: SHLD-16, RTO-16
/// After a time-out everything from the hole on goes again, from the ring.
pub fn go_back_after_a_timeout(t: &mut Script) {
    accepted_with(t, 1000);
    t.write(4000);
    assert_eq!(sizes(&t.burst()), [1000; 4]);
    let again = t.skip(1100);
    assert_eq!(sizes(&again), [1000]);
    let mut at = 1000;
    while at < 4000 {
        send!(t, ack, ack: 1 + at as i64);
        let sent = t.burst();
        for segment in &sent {
            assert_eq!(segment.payload, text(at, segment.payload.len()));
            at += segment.payload.len();
        }
        assert!(!sent.is_empty());
    }
    send!(t, ack, ack: 4001);
    t.silence(10_000);
}

// covers: MUST-25
/// No keep-alive.
pub fn idle_connection_is_silent(t: &mut Script) {
    t.accepted();
    t.silence(3 * 3_600_000);
    t.state(State::Established);
    send!(t, ack, data: "still here");
    expect!(t, ack, ack: 11);
}

// covers: P-5
/// FIN-WAIT-2 without a host ends after a minute, whether the host went before or after the peer's ACK.
pub fn fin_wait_2_ends(t: &mut Script) {
    let free = t.free();
    t.fin_wait_2();
    t.call(Op::Close);
    t.silence(59_000);
    t.state(State::FinWait2);
    t.silence(2000);
    assert_eq!(t.free(), free);
    t.switch(6000);
    t.accepted();
    t.call(Op::Close);
    expect!(t, fin);
    send!(t, ack);
    t.silence(59_000);
    t.state(State::FinWait2);
    t.silence(2000);
    assert_eq!(t.free(), free);
}

// covers: E-35
/// FIN-WAIT-2 with a host lasts as long as the host likes.
pub fn fin_wait_2_waits_for_the_host(t: &mut Script) {
    t.fin_wait_2();
    t.silence(3_600_000);
    t.state(State::FinWait2);
    send!(t, ack, data: "late");
    expect!(t, ack, ack: 5);
    t.read("late");
}
