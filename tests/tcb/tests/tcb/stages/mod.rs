// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each stage of the hardware alone against the model's function of the same name, on the same inputs.
//!
//! `text` and `fin_state` find what `ack` has left, as in the hardware, where they run beside `congestion` and `rtt`.

mod bench;
mod input;
mod loosen;

use crate::layout;
use bench::{Bench, Probe, Stage, ahead, estimate, from_una, has_text, in_flight};
use input::{Unsettled, unsettled};
use syncline_hdl::tcb as hdl;
use syncline_model::tcb::finish::Finish;
use syncline_model::tcb::flags::RST;
use syncline_model::tcb::output::Output;
use syncline_model::tcb::{
    EventKind, State, TimerAction, Verdict, acceptability, ack, congestion, differences, fetch, fin_state,
    finish, output, reset_syn, rtt, text,
};

/// The model's stages in the model's order.
const FETCH: Stage<()> = |_, _, event, tcb, work| fetch::stage(work.now, event, tcb, work);
const TO_ACK: [Stage<()>; 5] =
    [FETCH, differences::stage, acceptability::stage, reset_syn::stage, ack::stage];
const TEXT: Stage<()> = |config, ring, event, tcb, work| {
    text::stage(config, ring, event, tcb, work);
};
const OUTPUT: Stage<()> = |config, ring, event, tcb, work| {
    output::stage(config, ring, event, tcb, work);
};

/// What the hardware leaves to later stages.
const AFTER_RESET_SYN: [Unsettled; 5] =
    [unsettled::ack, unsettled::text, unsettled::fin_state, unsettled::congestion, unsettled::output];
const AFTER_ACK: [Unsettled; 4] =
    [unsettled::text, unsettled::fin_state, unsettled::congestion, unsettled::output];
const AFTER_TEXT: [Unsettled; 3] = [unsettled::fin_state, unsettled::congestion, unsettled::output];

fn to_fin_state() -> Vec<Stage<()>> {
    [&TO_ACK[..], &[congestion::stage, rtt::stage, TEXT, fin_state::stage]].concat()
}

#[test]
fn fetch_alone() {
    let check = |p: &mut Probe<()>| p.passes();
    let (ahead, loosen) = (vec![], |_: &mut _, _: &mut _| {});
    Bench { name: "stage_fetch", latency: 1, ahead, found: &[], left: &[], loosen, model: FETCH, check }
        .compare::<hdl::fetch::Fetch>(11);
}

#[test]
fn differences_alone() {
    Bench {
        name: "stage_differences",
        latency: 1,
        ahead: TO_ACK[..1].to_vec(),
        found: &[],
        left: &[],
        loosen: loosen::differences,
        model: differences::stage,
        check: |p| p.passes(),
    }
    .compare::<hdl::differences::Differences>(12);
}

#[test]
fn acceptability_alone() {
    Bench {
        name: "stage_acceptability",
        latency: 1,
        ahead: TO_ACK[..2].to_vec(),
        found: &[],
        left: &[],
        loosen: loosen::acceptability,
        model: acceptability::stage,
        check: |p| {
            p.passes();
            // An ACK is owed for what is outside the window, and for what has a hole before it.
            let w = p.case.work;
            let hole = w.ack_now && !w.drop && w.d_seq != 0;
            p.pulse("stat_out_of_order", hole);
            // An RST is the next stage's business, but counted here when that will pass over it in silence (RFC 5961, 3.2).
            let (event, state) = (&p.case.input.event, p.case.input.tcb.state);
            let is_here = event.kind == EventKind::Segment
                && event.hit
                && !matches!(state, State::Closed | State::Listen | State::SynSent);
            let outside = w.d_seq != 0 && w.d_seq >= w.d_wnd;
            p.pulse("stat_out_of_window", (w.ack_now && !hole) || (is_here && event.has(RST) && outside));
        },
    }
    .compare::<hdl::acceptability::Acceptability>(13);
}

#[test]
fn reset_syn_alone() {
    Bench {
        name: "stage_reset_syn",
        latency: 1,
        ahead: TO_ACK[..3].to_vec(),
        found: &[],
        left: &AFTER_RESET_SYN,
        loosen: loosen::reset_syn,
        model: reset_syn::stage,
        check: |p| {
            p.passes();
            let (before, after) = (&p.case.input, p.case.work);
            let synchronised = before.event.is_segment() && before.tcb.state.has_peer() && !before.work.drop;
            let judged = synchronised && after.drop && !after.delete && !after.syn_now;
            // RFC 5961: for an RST inside the window, and for every SYN but a repeated one.
            use syncline_model::tcb::flags::{RST, SYN};
            let challenged = if before.event.has(RST) {
                before.work.d_seq < before.work.d_wnd
            } else {
                before.event.has(SYN)
            };
            p.pulse("stat_challenge_ack", judged && challenged);
            p.pulse("stat_rst_in", after.delete);
        },
    }
    .compare::<hdl::reset_syn::ResetSyn>(14);
}

#[test]
fn ack_alone() {
    Bench {
        name: "stage_ack",
        latency: 1,
        ahead: TO_ACK[..4].to_vec(),
        found: &AFTER_RESET_SYN,
        left: &AFTER_ACK,
        loosen: loosen::ack,
        model: ack::stage,
        check: |p| {
            p.passes();
            p.word("has_text", has_text(&p.case.input.event));
            p.pulse("stat_dup_ack_in", p.case.work.ack_dup);
            p.pulse("stat_ack_invalid", p.case.work.drop && !p.case.input.work.drop);
        },
    }
    .compare::<hdl::ack::Ack>(15);
}

#[test]
fn congestion_alone() {
    Bench {
        name: "stage_congestion",
        latency: 2,
        ahead: TO_ACK.to_vec(),
        found: &AFTER_ACK,
        left: &[unsettled::text, unsettled::fin_state, unsettled::output],
        loosen: loosen::congestion,
        model: |config, ring, event, tcb, work| {
            congestion::stage(config, ring, event, tcb, work);
            rtt::stage(config, ring, event, tcb, work);
        },
        check: |p| {
            p.passes();
            p.word("ahead", ahead(&p.case.wanted));
            p.word("in_flight", in_flight(&p.case.wanted));
            let (state, w) = (p.case.tcb.state, p.case.work);
            p.word("from_una", from_una(&w));
            p.pulse("stat_fast_retransmit", w.ack_dup && w.retransmit);
            let handshake = matches!(state, State::SynSent | State::SynReceived);
            p.pulse("stat_timeout", w.expired && (handshake || (state.sends() && w.flight != 0)));
        },
    }
    .compare::<hdl::congestion::Congestion>(16);
}

/// The hardware estimates for every event; `congestion` takes the result when there was a sample.
#[test]
fn rtt_alone() {
    Bench {
        name: "stage_rtt",
        latency: 3,
        ahead: TO_ACK[..2].to_vec(),
        found: &[],
        left: &[],
        loosen: loosen::rtt,
        model: |config, ring, event, tcb, work| {
            (work.ack_new, work.rtt_covered) = (true, true);
            rtt::stage(config, ring, event, tcb, work);
        },
        check: |p| {
            let t = p.case.tcb;
            p.word("new_srtt", t.srtt);
            p.word("new_rttvar", t.rttvar);
            p.word("estimate", estimate(&t));
        },
    }
    .compare::<hdl::rtt::Rtt>(17);
}

#[test]
fn text_alone() {
    Bench {
        name: "stage_text",
        latency: 1,
        ahead: TO_ACK.to_vec(),
        found: &AFTER_ACK,
        left: &AFTER_TEXT,
        loosen: loosen::text,
        model: text::stage,
        check: |p: &mut Probe<Option<Verdict>>| {
            p.passes();
            p.pulse("verdict_valid", p.case.out.is_some());
            let verdict = layout::unpack_verdict(p.bytes("verdict"));
            p.same("verdict", verdict, p.case.out.unwrap_or(verdict));
        },
    }
    .compare::<hdl::text::Text>(18);
}

#[test]
fn fin_state_alone() {
    Bench {
        name: "stage_fin_state",
        latency: 1,
        ahead: [&TO_ACK[..], &[TEXT]].concat(),
        found: &AFTER_TEXT,
        left: &[unsettled::congestion, unsettled::output],
        loosen: loosen::fin_state,
        model: fin_state::stage,
        check: |p| p.passes(),
    }
    .compare::<hdl::fin_state::FinState>(19);
}

#[test]
fn output_alone() {
    Bench {
        name: "stage_output",
        latency: 3,
        ahead: to_fin_state(),
        found: &[unsettled::output],
        left: &[],
        loosen: loosen::output,
        model: |config, ring, event, tcb, work| {
            let ack_now = work.ack_now;
            let out = output::stage(config, ring, event, tcb, work);
            work.ack_now = ack_now; // nobody looks at it any more: the hardware keeps its own note
            out
        },
        check: |p: &mut Probe<Output>| {
            p.passes();
            p.word("turn", p.case.out.turn);
            p.pulse("tx_valid", p.case.out.request.is_some());
            let tx = layout::unpack_tx(p.bytes("tx"));
            p.same("segment", tx, p.case.out.request.unwrap_or(tx));
            p.pulse("stat_retransmit", p.case.tcb.retransmits != p.case.input.tcb.retransmits);
            p.pulse("stat_rst_out", p.case.work.rst_now);
        },
    }
    .compare::<hdl::output::Output>(20);
}

#[test]
fn finish_alone() {
    Bench {
        name: "stage_finish",
        latency: 1,
        ahead: [&to_fin_state()[..], &[OUTPUT]].concat(),
        found: &[],
        left: &[],
        loosen: loosen::finish,
        model: finish::stage,
        check: finished,
    }
    .compare::<hdl::finish::Finish>(21);
}

fn finished(p: &mut Probe<Finish>) {
    let (input, t, out) = (&p.case.input, p.case.tcb, p.case.out);
    let kind = input.event.kind;
    let writes = input.event.hit && !matches!(kind, EventKind::Nothing | EventKind::Peek);
    // Not registered: still that of the inputs.
    p.pulse("write_valid", writes);
    let written = layout::unpack_tcb(p.bytes("write_tcb"));
    p.same("written", written, if writes { t } else { written });

    p.pulse("wrote", writes);
    let tcb = layout::unpack_tcb(p.bytes("tcb"));
    p.same("TCB", tcb, t);
    p.word("flow", input.event.flow);
    let set = matches!(out.timer, TimerAction::Set(_));
    p.pulse("timer_valid", out.timer != TimerAction::Keep);
    let hardware_set = layout::bit(p.bytes("timer_set"));
    p.same("timer_set", hardware_set && out.timer != TimerAction::Keep, set);
    let deadline = layout::word(p.bytes("timer_deadline"));
    if let TimerAction::Set(delay) = out.timer {
        p.same("deadline", deadline, (input.notes.now + u64::from(delay)) & 0xffff_ffff_ffff);
    }
    p.pulse("remove_valid", out.removal.remove);
    p.pulse("free_valid", out.removal.free);
    p.pulse("half_open_dec", writes && input.notes.half_open && t.state != State::SynReceived);
    p.pulse("notify_valid", out.notify);
    p.pulse("turn_valid", writes && input.turn);
    p.pulse("done_valid", out.completion.is_some());
    let ok = layout::bit(p.bytes("done_ok"));
    p.same("ok", ok, out.completion.map_or(ok, |done| !done.bad));
    p.pulse("bad_doorbell", kind == EventKind::Doorbell && input.work.bad);
    p.pulse("peek_valid", kind == EventKind::Peek);
}
