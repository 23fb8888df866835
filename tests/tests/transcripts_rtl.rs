// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every transcript around the RTL's TCB processor, in the Rust simulation: what is done with the processor's outputs is the model's
//! endpoint, every decision is the hardware's. Beside it the model's processor takes the same events, and must agree with every
//! output and every field of the TCB.

use rust_hdl::prelude::*;
use syncline_hdl::{
    tcb::processor::Processor,
    types::{self as rtl, EventKind as RtlKind, Op as RtlOp, Reason as RtlReason, TcpState},
};
use syncline_model::{
    endpoint::Endpoint,
    tcb::{
        Completion, Event, EventKind, Op, Outputs, Reason, State, Step, Tcb, TimerAction, TxRequest, Verdict,
        flags,
    },
};
use syncline_tests::{
    subject::{Model, setup},
    transcripts::{self, Transcript},
};

/// Flow number bits: 16 flows.
const A: usize = 4;
/// Cycles from an event to its last output, with a margin.
const LATENCY: usize = 40;
/// A sweep over the TCBs after power-up.
const START: usize = 100;

/// The processor, one event at a time.
struct Rtl {
    hardware: Box<Processor<A>>,
    tcbs: Vec<Tcb>,
}

impl Rtl {
    fn new() -> Self {
        let mut hardware = Box::new(Processor::<A>::default());
        hardware.connect_all();
        let config = setup().config;
        hardware.cfg.next = rtl::Config {
            enable: true,
            mss: config.mss.to_bits(),
            msl: config.msl.to_bits(),
            rto_initial: config.rto_initial.to_bits(),
            rto_min: config.rto_min.to_bits(),
            rto_max: config.rto_max.to_bits(),
            syn_retries: config.syn_retries.to_bits(),
            data_retries: config.data_retries.to_bits(),
            fin_wait_2: config.fin_wait_2.to_bits(),
            ..rtl::Config::default()
        };
        hardware.ring.next = setup().ring.to_bits();
        hardware.room.next = true;
        let mut rtl = Rtl { hardware, tcbs: vec![Tcb::default(); 1 << A] };
        rtl.hardware.reset.next = true;
        rtl.tick();
        rtl.hardware.reset.next = false;
        for _ in 0..START {
            rtl.tick();
        }
        assert!(!rtl.hardware.initialising.val(), "the TCBs are still being cleared");
        rtl
    }

    fn settle(&mut self) {
        assert!(simulate(self.hardware.as_mut(), 100), "combinational logic did not settle");
    }

    fn tick(&mut self) {
        self.settle();
        for clk in [true, false] {
            self.hardware.clock.next = Clock { clk };
            self.settle();
        }
    }

    /// One event through the pipeline, all its outputs collected.
    fn run(&mut self, now: u64, event: &Event) -> Outputs {
        self.hardware.now.next = now.to_bits();
        self.hardware.ev.data.next = record(event);
        self.hardware.ev.valid.next = true;
        self.settle();
        assert!(self.hardware.ev.ready.val(), "an idle processor takes no event");
        self.tick();
        self.hardware.ev.valid.next = false;
        let mut outputs = Outputs::default();
        for _ in 0..LATENCY {
            self.settle();
            self.collect(now, event, &mut outputs);
            if !self.hardware.busy.val() {
                return outputs;
            }
            self.tick();
        }
        panic!("busy for {LATENCY} cycles after {event:?}");
    }

    fn collect(&mut self, now: u64, event: &Event, outputs: &mut Outputs) {
        let p = &self.hardware;
        let own = |flow: Bits<16>| assert_eq!(number(flow) as u16, event.flow, "an output for another flow");
        if p.tx_valid.val() {
            assert!(outputs.request.is_none(), "two segments for one event");
            outputs.request = Some(request(&p.tx.val()));
        }
        if p.verdict_valid.val() {
            assert!(outputs.verdict.is_none(), "two verdicts for one event");
            outputs.verdict = Some(verdict(&p.verdict.val()));
        }
        if p.timer_valid.val() {
            own(p.timer_flow.val());
            let deadline = number(p.timer_deadline.val());
            outputs.timer = if p.timer_set.val() {
                TimerAction::Set((deadline - now) as u32)
            } else {
                TimerAction::Clear
            };
        }
        if p.remove_valid.val() || p.free_valid.val() {
            own(p.remove_flow.val());
            outputs.removal.remove |= p.remove_valid.val();
            outputs.removal.free |= p.free_valid.val();
        }
        if p.notify_valid.val() {
            own(p.notify_flow.val());
            outputs.notify = true;
        }
        if p.turn_valid.val() {
            own(p.turn_flow.val());
            outputs.turn = true;
        }
        if p.done_valid.val() {
            own(p.done_flow.val());
            let tcb = tcb(&p.done_tcb.val());
            outputs.completion = Some(Completion {
                flow: event.flow,
                bad: !p.done_ok.val(),
                state: tcb.state,
                generation: tcb.generation,
                snd_end: tcb.snd_end,
                rcv_nxt: tcb.rcv_nxt,
            });
        }
        outputs.bad |= p.bad_doorbell.val();
        if p.peek_valid.val() {
            own(p.peek_flow.val());
            self.tcbs[usize::from(event.flow)] = tcb(&p.peek_tcb.val());
        }
    }
}

impl Step for Rtl {
    /// The model does the same event beside it: outputs and TCB must be equal, field by field.
    fn step(&mut self, now: u64, event: &Event) -> Outputs {
        let outputs = self.run(now, event);
        let mut want_tcb = self.tcbs[usize::from(event.flow)];
        let before = want_tcb;
        let want = syncline_model::tcb::step(&setup().config, setup().ring, now as u32, event, &mut want_tcb);
        assert_eq!(outputs, want, "{event:#?} on {before:#?}");
        if event.hit {
            let peek = Event { kind: EventKind::Peek, hit: true, flow: event.flow, ..Event::default() };
            let nothing = self.run(now, &peek);
            assert_eq!(nothing, Outputs::default(), "a peek does something");
            assert_eq!(self.tcbs[usize::from(event.flow)], want_tcb, "{event:#?} on {before:#?}");
        }
        outputs
    }

    fn tcb(&self, flow: u16) -> &Tcb {
        &self.tcbs[usize::from(flow)]
    }
}

fn number<const N: usize>(bits: Bits<N>) -> u64 {
    (0..N).fold(0, |value, i| value | u64::from(bits.get_bit(i)) << i)
}

fn record(event: &Event) -> rtl::Event {
    rtl::Event {
        kind: match event.kind {
            EventKind::Nothing => RtlKind::Nothing,
            EventKind::Segment => RtlKind::Segment,
            EventKind::Command => RtlKind::Command,
            EventKind::Timer => RtlKind::Timer,
            EventKind::Turn => RtlKind::Turn,
            EventKind::Doorbell => RtlKind::Doorbell,
            EventKind::Peek => RtlKind::Peek,
            EventKind::Unreachable => RtlKind::Unreachable,
        },
        op: match event.op {
            Op::Open => RtlOp::Open,
            Op::Shutdown => RtlOp::Shutdown,
            Op::Close => RtlOp::Close,
            Op::Abort => RtlOp::Abort,
        },
        flow: event.flow.to_bits(),
        hit: event.hit,
        new: event.new,
        listen: event.listen,
        raddr: event.raddr.to_bits(),
        rport: event.rport.to_bits(),
        lport: event.lport.to_bits(),
        seq: event.seq.to_bits(),
        ack: event.ack.to_bits(),
        end: event.end.to_bits(),
        flags: event.flags.to_bits(),
        wnd: event.wnd.to_bits(),
        len: event.len.to_bits(),
        mss: event.mss.to_bits(),
        isn: event.isn.to_bits(),
    }
}

fn request(tx: &rtl::TxRequest) -> TxRequest {
    TxRequest {
        flow: number(tx.flow) as u16,
        has_flow: tx.has_flow,
        raddr: number(tx.raddr) as u32,
        rport: number(tx.rport) as u16,
        lport: number(tx.lport) as u16,
        seq: number(tx.seq) as u32,
        ack: number(tx.ack) as u32,
        flags: number(tx.flags) as u8,
        wnd: number(tx.wnd) as u16,
        len: number(tx.len) as u16,
        mss: number(tx.mss) as u16,
    }
}

fn verdict(verdict: &rtl::Verdict) -> Verdict {
    Verdict {
        flow: number(verdict.flow) as u16,
        staged: verdict.staged,
        place: verdict.place,
        skip: number(verdict.skip) as u16,
        take: number(verdict.take) as u16,
        seq: number(verdict.seq) as u32,
        placed: number(verdict.placed) as u32,
        start: verdict.start,
    }
}

fn tcb(tcb: &rtl::Tcb) -> Tcb {
    Tcb {
        state: match tcb.state {
            TcpState::Closed => State::Closed,
            TcpState::Listen => State::Listen,
            TcpState::SynSent => State::SynSent,
            TcpState::SynReceived => State::SynReceived,
            TcpState::Established => State::Established,
            TcpState::FinWait1 => State::FinWait1,
            TcpState::FinWait2 => State::FinWait2,
            TcpState::CloseWait => State::CloseWait,
            TcpState::Closing => State::Closing,
            TcpState::LastAck => State::LastAck,
            TcpState::TimeWait => State::TimeWait,
        },
        reason: match tcb.reason {
            RtlReason::Normal => Reason::Normal,
            RtlReason::Refused => Reason::Refused,
            RtlReason::Reset => Reason::Reset,
            RtlReason::TimedOut => Reason::TimedOut,
            RtlReason::Unreachable => Reason::Unreachable,
            RtlReason::Aborted => Reason::Aborted,
        },
        generation: number(tcb.generation) as u16,
        active: tcb.active,
        owned: tcb.owned,
        released: tcb.released,
        fin_queued: tcb.fin_queued,
        fin_received: tcb.fin_received,
        nodelay: tcb.nodelay,
        raddr: number(tcb.raddr) as u32,
        rport: number(tcb.rport) as u16,
        lport: number(tcb.lport) as u16,
        iss: number(tcb.iss) as u32,
        snd_una: number(tcb.snd_una) as u32,
        snd_nxt: number(tcb.snd_nxt) as u32,
        snd_max: number(tcb.snd_max) as u32,
        snd_end: number(tcb.snd_end) as u32,
        snd_wnd: number(tcb.snd_wnd) as u32,
        max_wnd: number(tcb.max_wnd) as u32,
        snd_wl1: number(tcb.snd_wl1) as u32,
        snd_wl2: number(tcb.snd_wl2) as u32,
        irs: number(tcb.irs) as u32,
        rcv_nxt: number(tcb.rcv_nxt) as u32,
        rcv_adv: number(tcb.rcv_adv) as u32,
        rcv_user: number(tcb.rcv_user) as u32,
        mss: number(tcb.mss) as u16,
        cwnd: number(tcb.cwnd) as u32,
        ssthresh: number(tcb.ssthresh) as u32,
        bytes_acked: number(tcb.bytes_acked) as u32,
        dup_acks: number(tcb.dup_acks) as u8,
        recovery: tcb.recovery,
        recover: number(tcb.recover) as u32,
        srtt: number(tcb.srtt) as u32,
        rttvar: number(tcb.rttvar) as u32,
        rto: number(tcb.rto) as u32,
        rtt_busy: tcb.rtt_busy,
        rtt_seq: number(tcb.rtt_seq) as u32,
        rtt_time: number(tcb.rtt_time) as u32,
        retries: number(tcb.retries) as u8,
        timer_on: tcb.timer_on,
        retransmits: number(tcb.retransmits) as u16,
    }
}

fn run(group: &[Transcript]) {
    // One where both directions wrap; the model's tests run them all.
    transcripts::run(group, &[0xffff_f800], |isn| {
        Box::new(Model::around(Endpoint::around(Rtl::new(), setup()), isn.wrapping_sub(1)))
    });
}

#[test]
fn handshake() {
    run(transcripts::handshake::ALL);
}

#[test]
fn arrival() {
    run(transcripts::arrival::ALL);
}

#[test]
fn data() {
    run(transcripts::data::ALL);
}

#[test]
fn window() {
    run(transcripts::window::ALL);
}

#[test]
fn closing() {
    run(transcripts::closing::ALL);
}

#[test]
fn reset() {
    run(transcripts::reset::ALL);
}

#[test]
fn timers() {
    run(transcripts::timers::ALL);
}

/// The processor's records have the model's fields: a SYN through both, field by field.
#[test]
fn records_agree() {
    let syn = Event {
        kind: EventKind::Segment,
        hit: true,
        new: true,
        listen: true,
        flow: 3,
        raddr: 0x0a00_0002,
        rport: 5000,
        lport: 80,
        seq: 0xffff_ffff,
        end: 0,
        flags: flags::SYN,
        wnd: 777,
        mss: 1000,
        isn: 0xabcd_ef01,
        ..Event::default()
    };
    let mut rtl = Rtl::new();
    assert!(rtl.step(123_456, &syn).request.is_some());
    assert_eq!(rtl.tcb(3).state, State::SynReceived);
}
