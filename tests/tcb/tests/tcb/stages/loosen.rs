// SPDX-License-Identifier: MIT OR Apache-2.0
//! Notes thrown about, stage by stage: whatever the stages before it, or those of another day, might write, but not what
//! `docs/design.md` rules out (a segment without a flow is dropped, a duplicate ACK acknowledges nothing, and so on).

use super::input::Input;
use crate::rng::Rng;
use syncline_model::tcb::flags::{FIN, SYN};
use syncline_model::tcb::{EventKind, State};

fn some(rng: &mut Rng, of: &mut [&mut bool]) {
    for bit in of {
        **bit = rng.percent(40);
    }
}

/// Segments without a flow, and those that make one, never come further than `reset_syn`.
fn may_go_on(input: &Input) -> bool {
    input.event.kind != EventKind::Segment || (input.event.hit && !input.event.new)
}

/// Every note: it only looks at the TCB.
pub fn differences(rng: &mut Rng, input: &mut Input) {
    let w = &mut input.work;
    some(rng, &mut [&mut w.drop, &mut w.text_ok, &mut w.fin_ok, &mut w.ack_new, &mut w.ack_dup, &mut w.bad]);
    some(rng, &mut [&mut w.fin_acked, &mut w.opened, &mut w.ack_now, &mut w.syn_now, &mut w.rst_now]);
    some(rng, &mut [&mut w.rst_ack, &mut w.retransmit, &mut w.probe, &mut w.time_wait, &mut w.delete]);
    some(rng, &mut [&mut w.expired, &mut w.notify]);
    some(rng, &mut [&mut w.rst_own]);
    (w.skip, w.take, w.acked) = (rng.word() as u16, rng.word() as u16, rng.word());
}

/// Where the segment lies in the window.
pub fn acceptability(rng: &mut Rng, input: &mut Input) {
    let (w, e) = (&mut input.work, &mut input.event);
    let any = rng.word() as u16;
    e.len = rng.pick(&[0, 0, 1, 1460, any]);
    let length = u32::from(e.len) + u32::from(e.has(SYN)) + u32::from(e.has(FIN));
    let size = rng.word() >> (1 + rng.upto(30));
    w.d_wnd = rng.pick(&[0, 1, 2, size]);
    w.d_seq = rng.near(&[0, w.d_wnd, w.d_wnd.wrapping_sub(length), length.wrapping_neg()]);
    w.d_end = w.d_seq.wrapping_add(length);
}

/// Where it lies, and what it acknowledges.
pub fn reset_syn(rng: &mut Rng, input: &mut Input) {
    acceptability(rng, input);
    let w = &mut input.work;
    (w.d_una, w.d_max) = (rng.near(&[0, 1]), rng.near(&[0, 1]));
    if input.event.kind == EventKind::Segment {
        some(rng, &mut [&mut w.drop, &mut w.ack_now, &mut w.text_ok, &mut w.fin_ok, &mut w.time_wait]);
    }
}

/// What it acknowledges, and whether its window is new.
pub fn ack(rng: &mut Rng, input: &mut Input) {
    if input.starts() {
        return;
    }
    let may_go_on = may_go_on(input);
    let w = &mut input.work;
    w.d_una = rng.near(&[0, 0, 1, input.tcb.max_wnd.wrapping_neg()]);
    input.event.ack = input.tcb.snd_una.wrapping_add(w.d_una); // SND.NXT is compared with it
    (w.d_max, w.d_fin, w.flight) = (rng.near(&[0, 1]), rng.near(&[1]), rng.near(&[0, 1]));
    some(rng, &mut [&mut w.wl_new, &mut w.ack_now, &mut w.text_ok, &mut w.fin_ok, &mut w.notify]);
    w.drop = !may_go_on || rng.percent(10);
}

/// One of what an ACK or an expiry can be. What is left in flight is what was in flight without what is acknowledged.
pub fn congestion(rng: &mut Rng, input: &mut Input) {
    if input.starts() {
        return;
    }
    let w = &mut input.work;
    (w.opened, w.ack_new, w.ack_dup) = (false, false, false);
    w.d_rec = rng.near(&[0, 1, 1460]);
    let mss = u32::from(input.tcb.mss);
    let (acked, left) = (rng.near(&[1, mss, input.tcb.cwnd]), rng.near(&[0, mss, 2 * mss]));
    // 24 bits hold what is in flight, and an MSS.
    (w.acked, w.d_max) = ((acked & 0x7f_ffff).max(1), left & 0x7f_ffff);
    w.flight = w.acked + w.d_max;
    w.d_una = w.acked;
    match (input.event.kind, rng.upto(3)) {
        (EventKind::Segment, 0) => w.opened = true,
        (EventKind::Segment, 1) => w.ack_new = true,
        (EventKind::Segment, 2) => w.ack_dup = true,
        (EventKind::Timer, n) => {
            w.expired = n != 0;
            w.flight = rng.pick(&[0, w.flight]);
        }
        _ => {}
    }
    input.notes.nxt_behind = w.ack_new && rng.percent(50);
    input.tcb.snd_nxt = if input.notes.nxt_behind { input.tcb.snd_una } else { input.before.snd_nxt };
    if w.ack_new {
        input.event.ack = input.tcb.snd_una;
    }
    (input.notes.bytes, input.notes.more) = input.sums(&input.tcb, &input.work);
}

/// Any measurement on any estimate.
pub fn rtt(rng: &mut Rng, input: &mut Input) {
    let error = rng.word() >> rng.upto(31);
    input.work.rtt = rng.near(&[input.tcb.srtt / 8, 1 << 26, error]);
    (input.tcb.srtt, input.tcb.rttvar) =
        (rng.near(&[0, input.tcb.srtt, error]), rng.near(&[0, 1000, input.tcb.rttvar]));
}

/// Any part of any text.
pub fn text(rng: &mut Rng, input: &mut Input) {
    if input.starts() {
        return;
    }
    let may_go_on = may_go_on(input);
    let w = &mut input.work;
    some(rng, &mut [&mut w.opened, &mut w.ack_now, &mut w.fin_ok, &mut w.notify, &mut input.tcb.released]);
    w.text_ok = rng.percent(80);
    w.drop = !may_go_on || rng.percent(10);
    (w.skip, w.take) = (rng.near(&[0]) as u16, rng.near(&[0, 1, 1460]) as u16);
    if input.tcb.state.has_peer() && rng.percent(70) {
        input.tcb.state = rng.pick(&[State::Established, State::FinWait1, State::FinWait2]);
    }
}

/// FINs of both ends, and pointers of the host's.
pub fn fin_state(rng: &mut Rng, input: &mut Input) {
    let may_go_on = may_go_on(input);
    let w = &mut input.work;
    if input.event.kind == EventKind::Segment {
        some(rng, &mut [&mut w.fin_ok, &mut w.fin_acked, &mut w.ack_now, &mut w.notify, &mut w.rst_now]);
        w.drop = !may_go_on || rng.percent(10);
        w.delete = rng.percent(10);
        w.time_wait = input.tcb.state == State::TimeWait && rng.percent(50);
    }
    (w.d_fin, w.d_una) = (rng.near(&[0, 1]), rng.near(&[0, 4096, 65536]));
    let (e, t) = (&mut input.event, &input.tcb);
    if e.kind == EventKind::Doorbell {
        e.seq = rng.near(&[t.rcv_user, t.rcv_nxt, t.rcv_nxt.wrapping_sub(1)]);
        (w.d_user, w.d_seq) = (e.seq.wrapping_sub(t.rcv_user), e.seq.wrapping_sub(t.rcv_nxt));
    }
}

/// What is owed, in the states that can owe it, and other windows.
pub fn output(rng: &mut Rng, input: &mut Input) {
    if input.starts() {
        return;
    }
    let (w, t) = (&mut input.work, &mut input.tcb);
    if !input.event.hit || matches!(input.event.kind, EventKind::Nothing | EventKind::Peek) {
        return;
    }
    (w.retransmit, w.probe) = (false, false);
    (w.rst_now, w.rst_ack, w.delete) = (rng.percent(10), rng.percent(50), rng.percent(10));
    some(rng, &mut [&mut w.rst_own]);
    w.syn_now = matches!(t.state, State::SynSent | State::SynReceived) && rng.percent(50);
    some(rng, &mut [&mut w.ack_now, &mut w.retransmit, &mut w.notify, &mut w.expired]);
    (t.snd_wnd, t.cwnd) = (rng.near(&[0, 1460]) & 0xffff, rng.near(&[1460, 65535]) >> 2);
    if t.state.sends() && rng.percent(20) {
        // A probe goes out when the timer expires and the window is closed.
        (w.retransmit, w.probe) = (false, true);
        (t.snd_nxt, t.snd_wnd) = (t.snd_una, 0);
    }
}

/// Every note that it looks at.
pub fn finish(rng: &mut Rng, input: &mut Input) {
    let w = &mut input.work;
    some(rng, &mut [&mut w.notify, &mut w.ack_new, &mut w.opened, &mut w.expired, &mut w.retransmit]);
    some(rng, &mut [&mut w.syn_now, &mut w.time_wait, &mut w.fin_acked, &mut w.bad, &mut w.delete]);
    some(rng, &mut [&mut input.notes.half_open, &mut input.tcb.timer_on]);
}
