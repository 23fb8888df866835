// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every difference between sequence numbers that the later stages compare.

use super::{Config, Event, Tcb, Work};
use crate::seq;

/// Subtractions alone, of every event.
pub fn stage(_config: &Config, _ring: u32, event: &Event, tcb: &mut Tcb, work: &mut Work) {
    work.d_seq = event.seq.wrapping_sub(tcb.rcv_nxt);
    work.d_end = event.end.wrapping_sub(tcb.rcv_nxt);
    work.d_una = event.ack.wrapping_sub(tcb.snd_una);
    work.d_max = tcb.snd_max.wrapping_sub(event.ack);
    work.d_wnd = tcb.rcv_adv.wrapping_sub(tcb.rcv_nxt);
    work.d_fin = event.ack.wrapping_sub(tcb.snd_end);
    work.d_rec = event.ack.wrapping_sub(tcb.recover);
    work.flight = tcb.snd_max.wrapping_sub(tcb.snd_una);
    work.d_user = event.seq.wrapping_sub(tcb.rcv_user);
    work.rtt = work.now.wrapping_sub(tcb.rtt_time);
    work.rtt_covered = tcb.rtt_busy && !seq::before(event.ack, tcb.rtt_seq);
    work.wl_new = seq::after(event.seq, tcb.snd_wl1)
        || (event.seq == tcb.snd_wl1 && !seq::before(event.ack, tcb.snd_wl2));
}
