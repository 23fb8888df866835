// SPDX-License-Identifier: MIT OR Apache-2.0
//! Round-trip time and retransmission time-out (RFC 6298, section 2).

use super::{Config, Event, Tcb, Work};

/// Clock granularity G, us.
const GRANULARITY: u32 = 1000;
const SAMPLE_CAP: u32 = 1 << 26;

/// Takes a sample when the timed byte is acknowledged for the first time.
pub fn stage(config: &Config, _ring: u32, _event: &Event, tcb: &mut Tcb, work: &mut Work) {
    if !(work.ack_new || work.opened) || !work.rtt_covered {
        return;
    }
    tcb.rtt_busy = false;
    let sample = work.rtt.min(SAMPLE_CAP);
    if tcb.srtt == 0 && tcb.rttvar == 0 {
        tcb.srtt = 8 * sample;
        tcb.rttvar = 2 * sample;
    } else {
        let error = sample as i32 - (tcb.srtt / 8) as i32;
        tcb.rttvar = tcb.rttvar - tcb.rttvar / 4 + error.unsigned_abs();
        tcb.srtt = tcb.srtt.wrapping_add_signed(error);
    }
    let rto = tcb.srtt / 8 + tcb.rttvar.max(GRANULARITY);
    tcb.rto = rto.max(config.rto_min).min(config.rto_max);
}
