// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every difference between sequence numbers that the later stages compare.

use super::{Config, Event, EventKind, Tcb, Work};
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
    let base = if event.kind == EventKind::Doorbell { tcb.rcv_user } else { tcb.snd_wl1 };
    work.d_user = event.seq.wrapping_sub(base);
    work.rtt = work.now.wrapping_sub(tcb.rtt_time);
    work.rtt_covered = tcb.rtt_busy && !seq::before(event.ack, tcb.rtt_seq);
    work.wl_new = event.kind != EventKind::Doorbell
        && (seq::after(event.seq, tcb.snd_wl1)
            || (event.seq == tcb.snd_wl1 && !seq::before(event.ack, tcb.snd_wl2)));
}

#[cfg(test)]
mod tests {
    use crate::tcb::{flags::*, testing::*};

    #[test]
    fn differences_are_taken_modulo_2_to_the_32() {
        let mut tcb = sending();
        tcb.rcv_nxt = 10;
        tcb.rcv_adv = 4106;
        let event =
            crate::tcb::Event { seq: 0xffff_fff0, end: 20, ack: tcb.snd_una, ..segment(ACK, 0, 0, 36) };
        let work = work(&event, &mut tcb);
        assert_eq!(work.d_seq as i32, -26);
        assert_eq!((work.d_end, work.d_wnd, work.d_una, work.flight, work.d_max), (10, 4096, 0, 2000, 2000));
    }

    // covers: E-31
    #[test]
    fn a_window_is_new_by_seq_and_then_by_ack() {
        // SND.WL1 is 1, SND.WL2 is 1 (section 3.10.7.4).
        for (seq, ack, new) in [(2, -5, true), (1, 1, true), (1, 2, true), (1, 0, false), (0, 9, false)] {
            assert_eq!(work(&segment(ACK, seq, ack, 0), &mut established()).wl_new, new, "{seq} {ack}");
        }
    }
}
