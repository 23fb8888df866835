// SPDX-License-Identifier: MIT OR Apache-2.0
//! CLOSED, LISTEN and SYN-SENT (RFC 9293, sections 3.10.7.1 to 3), and the RST, SYN and missing-ACK checks of the
//! other states (section 3.10.7.4, second to fifth; RFC 5961, sections 3.2 and 4.2).

use super::{Config, Event, EventKind, Op, Reason, State, Tcb, Work, flags::*};

/// MSS when the peer gave none (RFC 9293, MUST-15).
const DEFAULT_MSS: u16 = 536;
/// A smaller MSS would let the peer ask for any number of tiny segments.
const LEAST_MSS: u16 = 64;
/// "Arbitrarily high" (RFC 5681, section 3.1).
const FIRST_SSTHRESH: u32 = 1 << 30;

/// Everything that does not need a synchronised connection.
pub fn stage(config: &Config, ring: u32, event: &Event, tcb: &mut Tcb, work: &mut Work) {
    match event.kind {
        EventKind::Command if event.hit && event.new && event.op == Op::Open => {
            open(config, ring, event, tcb, work)
        }
        EventKind::Segment if event.hit && event.new => listen(config, ring, event, tcb, work),
        EventKind::Segment if !event.hit || tcb.state == State::Closed => no_connection(event, work),
        EventKind::Segment if tcb.state == State::SynSent => syn_sent(config, ring, event, tcb, work),
        EventKind::Segment if !work.drop => synchronised(event, tcb, work),
        _ => {}
    }
}

fn send_mss(config: &Config, event: &Event) -> u16 {
    let peer = if event.mss == 0 { DEFAULT_MSS } else { event.mss };
    peer.min(config.mss).max(LEAST_MSS)
}

/// Initial window of ten segments (RFC 6928).
fn initial_window(mss: u16) -> u32 {
    10 * u32::from(mss)
}

/// A TCB whose sending half is initialised.
fn initial(config: &Config, event: &Event, tcb: &Tcb, mss: u16) -> Tcb {
    Tcb {
        generation: tcb.generation.wrapping_add(1),
        raddr: event.raddr,
        rport: event.rport,
        lport: event.lport,
        iss: event.isn,
        snd_una: event.isn,
        snd_nxt: event.isn,
        snd_max: event.isn,
        snd_end: event.isn.wrapping_add(1),
        recover: event.isn,
        mss,
        cwnd: initial_window(mss),
        ssthresh: FIRST_SSTHRESH,
        rto: config.rto_initial,
        ..Tcb::default()
    }
}

/// Section 3.10.1.
fn open(config: &Config, ring: u32, event: &Event, tcb: &mut Tcb, work: &mut Work) {
    *tcb = Tcb {
        state: State::SynSent,
        active: true,
        owned: true,
        nodelay: event.has(1),
        rcv_adv: ring,
        ..initial(config, event, tcb, config.mss.max(LEAST_MSS))
    };
    work.syn_now = true;
}

/// What a SYN tells about its sender.
fn synchronise(ring: u32, event: &Event, tcb: &mut Tcb) {
    tcb.irs = event.seq;
    tcb.rcv_nxt = event.seq.wrapping_add(1);
    tcb.rcv_user = tcb.rcv_nxt;
    tcb.rcv_adv = tcb.rcv_nxt.wrapping_add(ring);
    tcb.snd_wnd = event.wnd.into();
    tcb.max_wnd = event.wnd.into();
    tcb.snd_wl1 = event.seq;
    tcb.snd_wl2 = if event.has(ACK) { event.ack } else { tcb.iss };
}

/// Section 3.10.7.2; the look-up gives a flow to a SYN without ACK, RST or FIN alone.
fn listen(config: &Config, ring: u32, event: &Event, tcb: &mut Tcb, work: &mut Work) {
    *tcb = Tcb { state: State::SynReceived, ..initial(config, event, tcb, send_mss(config, event)) };
    synchronise(ring, event, tcb);
    tcb.snd_wl2 = tcb.iss;
    work.syn_now = true;
    work.drop = true;
}

/// Section 3.10.7.1, and 3.10.7.2 for a port that listens.
fn no_connection(event: &Event, work: &mut Work) {
    work.drop = true;
    // With a hit the look-up was a moment behind a removal; the SYN comes again.
    let ignore_syn = event.hit && event.has(SYN) && !event.has(ACK);
    // LISTEN ignores what is neither SYN nor ACK nor RST; a SYN that comes here has found the card full.
    let ignore_other = !event.hit && event.listen && !event.has(ACK);
    if event.has(RST) || ignore_syn || ignore_other {
        return;
    }
    work.rst_now = true;
    work.rst_ack = !event.has(ACK);
    work.rst_seq = event.ack;
}

/// Section 3.10.7.3.
fn syn_sent(config: &Config, ring: u32, event: &Event, tcb: &mut Tcb, work: &mut Work) {
    work.drop = true;
    let acceptable_ack = event.has(ACK) && (work.d_una as i32) > 0 && (work.d_max as i32) >= 0;
    if event.has(ACK) && !acceptable_ack {
        work.rst_now = !event.has(RST);
        work.rst_seq = event.ack;
        return;
    }
    if event.has(RST) {
        if acceptable_ack {
            work.delete = true;
            work.notify = true;
            tcb.reason = Reason::Refused;
        }
        return;
    }
    if !event.has(SYN) {
        return;
    }
    synchronise(ring, event, tcb);
    tcb.mss = send_mss(config, event);
    tcb.cwnd = initial_window(tcb.mss);
    if acceptable_ack {
        tcb.snd_una = event.ack;
        tcb.state = State::Established;
        work.opened = true;
        work.ack_now = true;
        work.notify = true;
    } else {
        tcb.state = State::SynReceived;
        work.syn_now = true;
    }
}

fn synchronised(event: &Event, tcb: &mut Tcb, work: &mut Work) {
    if event.has(RST) {
        work.drop = true;
        if work.d_seq == 0 {
            work.delete = true;
            work.notify = true;
            tcb.reason = match tcb.state {
                State::SynReceived if tcb.active => Reason::Refused,
                State::Established | State::FinWait1 | State::FinWait2 | State::CloseWait => Reason::Reset,
                _ => Reason::Normal,
            };
        } else if work.d_seq < work.d_wnd {
            // Challenge ACK (RFC 5961, section 3.2).
            work.ack_now = true;
        }
    } else if event.has(SYN) {
        work.drop = true;
        if tcb.state == State::SynReceived && work.d_seq == u32::MAX && !event.has(ACK) {
            work.syn_now = true;
            // Our SYN-ACK was lost: an initial window of one segment (RFC 5681, section 3.1).
            tcb.retries = tcb.retries.max(1);
        } else {
            // RFC 5961, section 4.2.
            work.ack_now = true;
        }
    } else if !event.has(ACK) {
        work.drop = true;
    }
}
