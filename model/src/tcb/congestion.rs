// SPDX-License-Identifier: MIT OR Apache-2.0
//! Congestion control (RFC 5681, 6582, 3465) and what an expiry means.

use super::{Config, Event, EventKind, Reason, State, Tcb, Work};

const CAP: u32 = 1 << 30;
/// RFC 6298, section 5.7.
const RTO_AFTER_LOST_SYN: u32 = 3_000_000;
/// `retries` has four bits.
const RETRIES_CAP: u8 = 15;

/// `cwnd`, `ssthresh`, fast recovery, and the retransmission timer.
pub fn stage(config: &Config, _ring: u32, event: &Event, tcb: &mut Tcb, work: &mut Work) {
    let mss = u32::from(tcb.mss);
    if work.opened {
        if tcb.retries > 0 {
            tcb.cwnd = mss;
            tcb.rto = RTO_AFTER_LOST_SYN;
        }
        tcb.retries = 0;
    }
    if work.ack_new {
        tcb.dup_acks = 0;
        tcb.retries = 0;
        if tcb.recovery {
            recovery_ack(tcb, work);
        } else {
            grow(tcb, work.acked);
            // `recover` follows, or it would look ahead of the ACK after 2 GiB without a loss.
            if (work.d_rec as i32) > 0 {
                tcb.recover = event.ack.wrapping_sub(1);
            }
        }
    }
    if work.ack_dup {
        duplicate(tcb, work);
    }
    if work.expired {
        expire(config, tcb, work);
    }
    if event.kind == EventKind::Unreachable && event.hit {
        match tcb.state {
            State::SynSent | State::SynReceived => give_up(tcb, work, Reason::Unreachable),
            // TCP keeps trying until R2.
            _ => {}
        }
    }
}

fn give_up(tcb: &mut Tcb, work: &mut Work, reason: Reason) {
    work.delete = true;
    work.notify = true;
    tcb.reason = reason;
}

/// Half of what is in flight, at least two segments (RFC 5681, equation 4).
fn halved(tcb: &Tcb, work: &Work) -> u32 {
    (work.flight / 2).max(2 * u32::from(tcb.mss))
}

/// Slow start by bytes, at most a segment an ACK; avoidance by RFC 3465's counter.
fn grow(tcb: &mut Tcb, acked: u32) {
    let mss = u32::from(tcb.mss);
    if tcb.cwnd < tcb.ssthresh {
        tcb.cwnd += acked.min(mss);
    } else {
        tcb.bytes_acked = tcb.bytes_acked.wrapping_add(acked);
        if tcb.bytes_acked >= tcb.cwnd {
            tcb.bytes_acked -= tcb.cwnd;
            tcb.cwnd += mss;
        }
    }
    tcb.cwnd = tcb.cwnd.min(CAP);
}

/// RFC 6582, section 3.2, steps 3 to 5.
fn recovery_ack(tcb: &mut Tcb, work: &mut Work) {
    let mss = u32::from(tcb.mss);
    if (work.d_rec as i32) >= 0 {
        tcb.recovery = false;
        let left = work.flight.wrapping_sub(work.acked);
        tcb.cwnd = tcb.ssthresh.min(left.max(mss) + mss);
    } else {
        work.retransmit = true;
        tcb.cwnd -= work.acked.min(tcb.cwnd.saturating_sub(mss));
        if work.acked >= mss {
            tcb.cwnd = (tcb.cwnd + mss).min(CAP);
        }
    }
}

/// RFC 5681, section 3.2.
fn duplicate(tcb: &mut Tcb, work: &mut Work) {
    let mss = u32::from(tcb.mss);
    if tcb.recovery {
        tcb.cwnd = (tcb.cwnd + mss).min(CAP);
    } else if tcb.dup_acks < 3 {
        tcb.dup_acks += 1;
        if tcb.dup_acks == 3 && (work.d_rec as i32) > 0 {
            tcb.ssthresh = halved(tcb, work);
            tcb.cwnd = tcb.ssthresh + 3 * mss;
            tcb.recover = tcb.snd_max;
            tcb.recovery = true;
            tcb.bytes_acked = 0;
            work.retransmit = true;
        }
    }
}

fn expire(config: &Config, tcb: &mut Tcb, work: &mut Work) {
    match tcb.state {
        State::SynSent | State::SynReceived => {
            if tcb.retries >= config.syn_retries {
                return give_up(tcb, work, Reason::TimedOut);
            }
            back_off(config, tcb);
            work.syn_now = true;
        }
        State::TimeWait => work.delete = true,
        State::FinWait2 => work.delete = tcb.released,
        State::Closed | State::Listen => {}
        _ => {
            if work.flight != 0 && tcb.retries >= config.data_retries {
                return give_up(tcb, work, Reason::TimedOut);
            }
            if tcb.snd_wnd == 0 {
                // RFC 9293, section 3.8.6.1: not a loss.
                work.probe = true;
            } else {
                // Nothing outstanding: the override time-out of section 3.8.6.2.1 sends what fits.
                work.retransmit = true;
                if work.flight != 0 {
                    lost(tcb, work);
                }
            }
            back_off(config, tcb);
            tcb.snd_nxt = tcb.snd_una;
        }
    }
}

/// RFC 5681, section 3.1; a second expiry of the same segment leaves `ssthresh` alone.
fn lost(tcb: &mut Tcb, work: &Work) {
    if tcb.retries == 0 {
        tcb.ssthresh = halved(tcb, work);
    }
    tcb.cwnd = tcb.mss.into();
    tcb.recovery = false;
    tcb.recover = tcb.snd_max;
    tcb.dup_acks = 0;
    tcb.bytes_acked = 0;
}

/// RFC 6298, section 5.5, and Karn: what was sent before is no longer timed.
fn back_off(config: &Config, tcb: &mut Tcb) {
    tcb.retries = (tcb.retries + 1).min(RETRIES_CAP);
    tcb.rto = tcb.rto.saturating_mul(2).min(config.rto_max);
    tcb.rtt_busy = false;
}
