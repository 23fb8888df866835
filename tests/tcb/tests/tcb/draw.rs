// SPDX-License-Identifier: MIT OR Apache-2.0
//! Random TCBs and events with a taste for edges: numbers next to one another and next to 2^32, windows of 0 and 1, all
//! states. Most TCBs keep the invariants of `docs/design.md`; one in eight has some fields thrown about.

use crate::rng::Rng;
use syncline_model::tcb::flags::{ACK, FIN, PSH, RST, SYN, URG};
use syncline_model::tcb::{Config, Event, EventKind, Op, Reason, State, Tcb};

/// The card's limits.
pub fn config(rng: &mut Rng) -> (Config, u32) {
    let config = Config {
        mss: rng.pick(&[64, 536, 1460, 1460, 8960]),
        msl: rng.pick(&[1000, 30_000_000, 120_000_000]),
        rto_initial: 1_000_000,
        rto_min: rng.pick(&[1000, 200_000, 1_000_000]),
        rto_max: rng.pick(&[2_000_000, 60_000_000, 120_000_000]),
        syn_retries: rng.upto(15) as u8,
        data_retries: rng.upto(15) as u8,
        fin_wait_2: rng.pick(&[5000, 60_000_000]),
    };
    (config, rng.pick(&[4096, 8192, 65536, 1 << 20]))
}

/// A sequence number to start from.
fn origin(rng: &mut Rng) -> u32 {
    match rng.upto(3) {
        0 => rng.upto(3000).wrapping_sub(1500),
        1 => 0x8000_0000_u32.wrapping_add(rng.upto(3000)).wrapping_sub(1500),
        _ => rng.word(),
    }
}

/// A number of up to 28 bits, the small ones as often as the large ones.
fn any_size(rng: &mut Rng) -> u32 {
    let bits = rng.upto(28);
    rng.upto(1 << bits)
}

fn amount(rng: &mut Rng, mss: u32, limit: u32) -> u32 {
    let any = rng.upto(limit);
    let few = rng.upto(3);
    rng.pick(&[0, 0, 1, few, mss, mss - 1, mss + 1, 2 * mss, any, any, limit]).min(limit)
}

/// A TCB in the given state.
pub fn tcb(rng: &mut Rng, config: &Config, ring: u32) -> Tcb {
    // LISTEN is never stored: it is a bitmap over ports.
    let state = rng.pick(&State::ALL.map(|s| if s == State::Listen { State::Established } else { s }));
    if state == State::Closed && rng.percent(50) {
        return Tcb { generation: rng.word() as u16, ..Tcb::default() };
    }
    let any_mss = 64 + rng.upto(1500);
    let mss = rng.pick(&[64, 536, 1460, u32::from(config.mss), any_mss]);
    let handshake = matches!(state, State::SynSent | State::SynReceived);
    let fin_queued = match state {
        State::FinWait1 | State::FinWait2 | State::Closing | State::LastAck | State::TimeWait => true,
        State::SynReceived => rng.percent(20),
        State::Closed => rng.percent(50),
        _ => false,
    };
    let fin_received = matches!(state, State::CloseWait | State::Closing | State::LastAck | State::TimeWait);

    // The sending side.
    let iss = origin(rng);
    let mut snd_una = iss.wrapping_add(1).wrapping_add(amount(rng, mss, 100_000));
    let mut snd_max = snd_una.wrapping_add(amount(rng, mss, ring));
    let mut snd_end = snd_max;
    if fin_queued && rng.percent(50) {
        if snd_max == snd_una {
            snd_max = snd_max.wrapping_add(1);
        }
        snd_end = snd_max.wrapping_sub(1); // the FIN is sent
    } else {
        let room = ring.saturating_sub(snd_max.wrapping_sub(snd_una));
        snd_end = snd_end.wrapping_add(amount(rng, mss, room));
    }
    if matches!(state, State::FinWait2 | State::TimeWait) {
        snd_end = snd_max.wrapping_sub(1);
        snd_una = snd_max;
    }
    let mut snd_nxt = snd_max;
    if rng.percent(25) {
        snd_nxt = snd_una.wrapping_add(rng.upto(snd_max.wrapping_sub(snd_una)));
    }
    if handshake {
        snd_una = iss;
        snd_max = iss.wrapping_add(u32::from(rng.percent(90)));
        snd_nxt = snd_max;
        snd_end = iss.wrapping_add(1).wrapping_add(amount(rng, mss, ring - 1));
    }
    let flight = snd_max.wrapping_sub(snd_una);
    let any_wnd = rng.upto(65535);
    let snd_wnd = rng
        .pick(&[0, 1, flight.min(65535), (flight + 1).min(65535), mss, 2 * mss, any_wnd, 65535])
        .min(65535);
    let more_wnd = rng.upto(65535);

    // The receiving side.
    let irs = origin(rng);
    let rcv_user = irs.wrapping_add(1).wrapping_add(amount(rng, mss, 100_000));
    let unread = amount(rng, mss, ring);
    let rcv_nxt = rcv_user.wrapping_add(unread).wrapping_add(u32::from(fin_received));
    let rcv_adv = rcv_nxt.wrapping_add(amount(rng, mss, ring - unread));

    let times = 1 + rng.upto(30);
    let extra = rng.upto(1000);
    let cwnd = rng.pick(&[mss, mss + 1, 2 * mss, times * mss, times * mss + extra, 1 << 30]).min(1 << 30);
    let any_ssthresh = rng.upto(100_000);
    let mut t = Tcb {
        state,
        reason: if state == State::Closed {
            rng.pick(&[Reason::Normal, Reason::Reset])
        } else {
            Reason::Normal
        },
        generation: rng.word() as u16,
        active: rng.percent(50),
        owned: rng.percent(60),
        released: false,
        fin_queued,
        fin_received,
        nodelay: rng.percent(30),
        raddr: rng.word(),
        rport: rng.word() as u16,
        lport: rng.word() as u16,
        iss,
        snd_una,
        snd_nxt,
        snd_max,
        snd_end,
        snd_wnd,
        max_wnd: snd_wnd.max(rng.pick(&[0, 1, mss, more_wnd])),
        snd_wl1: rng.near(&[rcv_nxt, rcv_nxt, irs]),
        snd_wl2: snd_una.wrapping_sub(amount(rng, mss, 1 << 30)),
        irs,
        rcv_nxt,
        rcv_adv,
        rcv_user,
        mss: mss as u16,
        cwnd,
        ssthresh: rng
            .pick(&[cwnd, cwnd - 1, (cwnd + 1).min(1 << 30), 2 * mss, any_ssthresh, 1 << 30])
            .max(2 * mss),
        bytes_acked: rng.upto(cwnd),
        dup_acks: rng.upto(3) as u8,
        recovery: rng.percent(30),
        recover: rng.near(&[snd_una, snd_max, iss]),
        srtt: if rng.percent(20) { 0 } else { any_size(rng) },
        rttvar: if rng.percent(20) { 0 } else { any_size(rng) },
        rto: any_size(rng),
        rtt_busy: rng.percent(50),
        rtt_seq: rng.near(&[snd_una, snd_max, iss.wrapping_add(1)]),
        rtt_time: rng.word(),
        retries: rng.pick(&[0, 0, 1, 2, config.syn_retries, config.data_retries, 14, 15]),
        timer_on: rng.percent(80),
        retransmits: rng.word() as u16,
    };
    t.released = !t.owned && rng.percent(60);
    if rng.percent(12) {
        throw_about(rng, &mut t);
    }
    t
}

/// Breaks the invariants; what the design says is bounded stays so.
fn throw_about(rng: &mut Rng, t: &mut Tcb) {
    for _ in 0..=rng.upto(2) {
        let marks = [t.snd_una, t.snd_max, t.snd_end, t.rcv_nxt];
        let value = rng.near(&marks);
        match rng.upto(10) {
            0 => t.snd_end = value,
            1 => t.rcv_nxt = value,
            2 => t.rcv_adv = value,
            3 => t.rcv_user = value,
            4 => t.snd_wl1 = value,
            5 => t.recover = value,
            6 => t.fin_received = !t.fin_received,
            7 => t.fin_queued = !t.fin_queued,
            8 => t.owned = !t.owned,
            9 => t.snd_wnd = rng.upto(65535),
            _ => t.max_wnd = rng.upto(65535),
        }
    }
    if t.rcv_adv.wrapping_sub(t.rcv_nxt) > 1 << 31 {
        t.rcv_adv = t.rcv_nxt; // a window is never negative: sizes are compared as unsigned
    }
}

/// An event for that TCB (which is made CLOSED when the event brings a new flow), and the time.
pub fn event(rng: &mut Rng, ring: u32, t: &mut Tcb) -> (Event, u64) {
    let kind = match rng.upto(99) {
        0..=59 => EventKind::Segment,
        60..=69 => EventKind::Command,
        70..=79 => EventKind::Timer,
        80..=86 => EventKind::Turn,
        87..=94 => EventKind::Doorbell,
        95..=96 => EventKind::Peek,
        _ => EventKind::Unreachable,
    };
    let mut e = Event {
        kind,
        op: rng.pick(&[Op::Open, Op::Shutdown, Op::Close, Op::Abort]),
        flow: rng.word() as u16,
        // Only segments and commands come without a flow.
        hit: !matches!(kind, EventKind::Segment | EventKind::Command) || rng.percent(93),
        new: false,
        listen: rng.percent(30),
        raddr: rng.word(),
        rport: rng.word() as u16,
        lport: rng.word() as u16,
        flags: rng.word() as u8,
        wnd: rng.word() as u16,
        len: rng.word() as u16,
        mss: rng.word() as u16,
        isn: if rng.percent(90) { u32::from(t.generation) } else { origin(rng) },
        ..Event::default()
    };
    let near = rng.near(&[0, 1000, 1 << 26, 1 << 29]);
    let time = u64::from(rng.word() & 0xffff) << 32 | u64::from(t.rtt_time.wrapping_add(near));
    match kind {
        EventKind::Segment => {
            e.flags = rng.pick(&[
                ACK,
                ACK,
                ACK,
                ACK,
                ACK | PSH,
                ACK | PSH,
                ACK | FIN,
                ACK | FIN,
                ACK | FIN | PSH,
                SYN,
                SYN | ACK,
                RST,
                RST | ACK,
                FIN,
                0,
                PSH,
                URG | ACK,
                SYN | FIN,
                SYN | RST,
                0xff,
            ]);
            let some = 1 + rng.upto(1459);
            e.len = rng.pick(&[0, 0, 0, 1, 2, some as u16, some as u16, 1460]);
            let length = u32::from(e.len) + u32::from(e.has(SYN)) + u32::from(e.has(FIN));
            e.seq = rng.near(&[
                t.rcv_nxt,
                t.rcv_nxt,
                t.rcv_nxt,
                t.rcv_nxt.wrapping_sub(length),
                t.rcv_adv,
                t.irs,
            ]);
            if rng.percent(20) {
                e.seq = t.rcv_adv.wrapping_sub(length);
            }
            e.end = e.seq.wrapping_add(length);
            e.ack = rng.near(&[
                t.snd_una,
                t.snd_una,
                t.snd_max,
                t.snd_max,
                t.snd_end,
                t.snd_nxt,
                t.recover,
                t.rtt_seq,
                t.snd_una.wrapping_sub(t.max_wnd),
                t.snd_una.wrapping_add(u32::from(t.mss)),
            ]);
            e.wnd = rng.pick(&[t.snd_wnd as u16, t.snd_wnd as u16, 0, 1, e.wnd]);
            e.mss = rng.pick(&[0, 1, 63, 64, 536, 1460, e.mss]);
            if t.state == State::Closed && e.hit && rng.percent(70) {
                e.new = true;
                e.flags = SYN;
                e.end = e.seq.wrapping_add(u32::from(e.len) + 1);
                e.isn = origin(rng);
            }
        }
        EventKind::Command => {
            if t.state == State::Closed && e.hit && rng.percent(70) {
                e.op = Op::Open;
            }
            if e.op == Op::Open && e.hit && rng.percent(90) {
                *t = Tcb { generation: t.generation, ..Tcb::default() };
                e.new = true;
                e.isn = origin(rng);
            }
        }
        EventKind::Doorbell => {
            e.flags = rng.upto(3) as u8;
            let more = t.snd_end.wrapping_add(rng.upto(3000));
            e.ack = rng.near(&[t.snd_end, more, t.snd_una.wrapping_add(ring)]);
            e.seq = rng.near(&[t.rcv_user, t.rcv_nxt, t.rcv_nxt.wrapping_sub(1)]);
        }
        _ => {}
    }
    (e, time)
}
