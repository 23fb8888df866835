// SPDX-License-Identifier: MIT OR Apache-2.0
//! The timer, the look-up, the completion and the notice to the host.

use super::{Completion, Config, Event, EventKind, Removal, State, Tcb, TimerAction, Work};
use crate::seq;

/// The stage's outputs.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Default)]
pub struct Finish {
    /// For the flow's deadline.
    pub timer: TimerAction,
    /// For the look-up.
    pub removal: Removal,
    /// For the host: only of a command.
    pub completion: Option<Completion>,
    /// The host shall look at this flow.
    pub notify: bool,
}

/// After this the TCB is written back.
pub fn stage(config: &Config, _ring: u32, event: &Event, tcb: &mut Tcb, work: &mut Work) -> Finish {
    let mut finish = Finish::default();
    if event.hit && !matches!(event.kind, EventKind::Nothing | EventKind::Peek) {
        if work.delete {
            finish.removal.remove = tcb.state != State::Closed;
            finish.removal.free = tcb.released || !tcb.owned;
            tcb.state = State::Closed;
        }
        finish.notify = tcb.owned && (work.notify || work.delete);
        finish.timer = deadline(config, tcb, work);
        match finish.timer {
            TimerAction::Keep => {}
            TimerAction::Set(_) => tcb.timer_on = true,
            TimerAction::Clear => tcb.timer_on = false,
        }
    }
    if event.kind == EventKind::Command {
        finish.completion = Some(Completion {
            flow: event.flow,
            bad: work.bad,
            state: tcb.state,
            generation: tcb.generation,
            snd_end: tcb.snd_end,
            rcv_nxt: tcb.rcv_nxt,
        });
    }
    finish
}

fn deadline(config: &Config, tcb: &Tcb, work: &Work) -> TimerAction {
    let set_if = |restart: bool, after: u32| {
        if restart || !tcb.timer_on { TimerAction::Set(after) } else { TimerAction::Keep }
    };
    match tcb.state {
        State::Closed | State::Listen => TimerAction::Clear,
        // RFC 9293, section 3.6.1: 2 MSL.
        State::TimeWait => set_if(work.time_wait, config.msl.wrapping_mul(2)),
        // Half-closed for as long as the host likes, but not when the host has gone.
        State::FinWait2 if tcb.released => set_if(work.fin_acked, config.fin_wait_2),
        State::FinWait2 => TimerAction::Clear,
        _ => {
            let flight = tcb.snd_max.wrapping_sub(tcb.snd_una);
            let waiting = seq::after(tcb.snd_end.wrapping_add(tcb.fin_queued as u32), tcb.snd_nxt);
            if flight != 0 {
                // RFC 6298, section 5, rules 5.1 to 5.3.
                let sent_again = work.expired || work.retransmit || work.syn_now;
                set_if(work.ack_new || work.opened || sent_again, tcb.rto)
            } else if waiting {
                // RFC 9293, section 3.8.6.1: the first probe after one RTO.
                set_if(work.ack_new || work.opened, tcb.rto)
            } else {
                TimerAction::Clear
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tcb::{Op, Outputs, flags::*, step, testing::*};

    fn run(event: &Event, mut tcb: Tcb) -> (Tcb, Outputs) {
        let outputs = step(&config(), RING, 0, event, &mut tcb);
        (tcb, outputs)
    }

    // covers: RTO-9, MUST-13, SHLD-29
    #[test]
    fn which_deadline() {
        use TimerAction::*;
        let rto = config().rto_initial;
        assert_eq!(run(&queue(11), established()).1.timer, Set(rto), "first data");
        assert_eq!(run(&queue(2501), sending()).1.timer, Keep, "more data");
        assert_eq!(run(&segment(ACK, 1, 1001, 0), sending()).1.timer, Set(rto), "part is acknowledged");
        assert_eq!(run(&segment(ACK, 1, 2001, 0), sending()).1.timer, Clear, "all is acknowledged");
        assert_eq!(run(&timer(), sending()).1.timer, Set(2 * rto), "back-off");
        assert_eq!(run(&queue(11), Tcb { snd_wnd: 0, ..established() }).1.timer, Set(rto), "persist");
        assert_eq!(run(&segment(FIN | ACK, 1, 2, 0), fin_wait_2()).1.timer, Set(60_000_000), "2 MSL");
        assert_eq!(run(&segment(ACK, 2, 2, 0), time_wait()).1.timer, Keep, "TIME-WAIT goes on");
        assert_eq!(run(&segment(RST, 1, 0, 0), sending()).1.timer, Clear, "reset");
        assert_eq!(run(&segment(ACK, 1, 2, 0), fin_wait_1()).1.timer, Clear, "FIN-WAIT-2 with a host");
        let close = command(Op::Close, &fin_wait_2());
        assert_eq!(run(&close, fin_wait_2()).1.timer, Set(config().fin_wait_2), "and without");
    }

    // covers: P-5
    #[test]
    fn a_flow_is_free_when_nobody_has_it() {
        let rst = segment(RST, 1, 0, 0);
        let (tcb, outputs) = run(&rst, established());
        assert!(
            outputs.removal.remove && !outputs.removal.free && outputs.notify && tcb.state == State::Closed
        );
        let (_, outputs) = run(&rst, Tcb { owned: false, released: true, ..established() });
        assert!(outputs.removal.remove && outputs.removal.free && !outputs.notify);
        let (_, outputs) = run(&rst, syn_received());
        assert!(outputs.removal.remove && outputs.removal.free && !outputs.notify);
        let (_, outputs) = run(&command(Op::Close, &tcb), tcb);
        assert!(!outputs.removal.remove && outputs.removal.free);
    }

    #[test]
    fn a_peek_changes_nothing() {
        for tcb in with_peer() {
            let (after, outputs) = run(&Event { kind: EventKind::Peek, hit: true, ..Event::default() }, tcb);
            assert_eq!(after, tcb);
            assert_eq!(outputs, Outputs::default());
        }
    }
}
