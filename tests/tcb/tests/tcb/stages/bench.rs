// SPDX-License-Identifier: MIT OR Apache-2.0
//! One stage's Verilog, alone, beside the model's function of the same name: one event a cycle, with gaps; and one event at a time, for
//! the stages that then leave things where they are.

use super::input::{Input, Unsettled};
use crate::case::{Dut, differ};
use crate::draw;
use crate::layout::{self, Notes};
use crate::rng::{Rng, events};
use rust_hdl::prelude::Block;
use std::collections::{BTreeSet, VecDeque};
use std::fmt::Debug;
use syncline_model::tcb::{Config, Event, EventKind, Tcb, Work};
use syncline_verilate::Direction;

/// Events between two changes of the limits.
const BATCH: usize = 2000;

/// A stage of the model.
pub type Stage<O> = fn(&Config, u32, &Event, &mut Tcb, &mut Work) -> O;

/// How a stage is compared.
pub struct Bench<O: 'static> {
    /// The name of its Verilog.
    pub name: &'static str,
    /// Cycles from its inputs to its outputs.
    pub latency: usize,
    /// What the model does before it.
    pub ahead: Vec<Stage<()>>,
    /// Notes that the stages before would not have made like that.
    pub loosen: fn(&mut Rng, &mut Input),
    /// What the hardware has not settled at its inputs,
    pub found: &'static [Unsettled],
    /// ... and what it leaves.
    pub left: &'static [Unsettled],
    /// The stage of the model.
    pub model: Stage<O>,
    /// Compares every output of the hardware.
    pub check: fn(&mut Probe<O>),
}

/// One event, and what the model makes of it.
#[derive(Debug)]
pub struct Case<O> {
    pub config: Config,
    pub ring: u32,
    pub input: Input,
    pub tcb: Tcb,
    pub work: Work,
    pub notes: Notes,
    /// The TCB that the hardware gets,
    pub given: Tcb,
    /// ... and the one that it has to give.
    pub wanted: Tcb,
    pub out: O,
}

/// The outputs in the cycle of a case.
pub struct Probe<'a, O> {
    pub case: &'a Case<O>,
    dut: &'a Dut,
    looked_at: &'a mut BTreeSet<&'static str>,
    pulses: &'a mut BTreeSet<&'static str>,
}

impl<O: Debug> Probe<'_, O> {
    /// An output.
    pub fn bytes(&mut self, name: &'static str) -> &[u8] {
        self.looked_at.insert(name);
        self.dut.bytes(name)
    }

    pub fn same<T: PartialEq + Debug>(&self, what: &str, rtl: T, model: T) {
        if rtl != model {
            panic!("{what} differs:\n{}{:#?}", differ(&rtl, &model), self.case);
        }
    }

    /// An output of up to 64 bits.
    pub fn word(&mut self, name: &'static str, model: impl Into<u64>) {
        self.looked_at.insert(name);
        let rtl = self.dut.model.get_u64(self.dut.port(name));
        self.same(name, rtl, model.into());
    }

    /// A bit that is never set without an event.
    pub fn pulse(&mut self, name: &'static str, model: bool) {
        self.pulses.insert(name);
        self.word(name, model);
    }

    /// The event, its TCB and the notes go to the next stage.
    pub fn passes(&mut self) {
        self.pulse("out_valid", true);
        let event = layout::unpack_event(self.bytes("out_ev"));
        self.same("event", event, self.case.input.event);
        let tcb = layout::unpack_tcb(self.bytes("out_tcb"));
        self.same("TCB", tcb, self.case.wanted);
        let work = layout::unpack_work(self.bytes("out_work"));
        self.same("work", meaning(work), meaning(self.case.work));
        let notes = layout::unpack_notes(self.bytes("out_work"));
        self.same("notes", notes, self.case.notes);
    }
}

/// Without what nobody looks at: whose number an RST has that is not sent, or that acknowledges instead; and whether a
/// window is new whose segment acknowledges something else than SND.UNA. `acked` is `d_una`.
fn meaning(work: Work) -> Work {
    let counts = work.rst_now && !work.rst_ack;
    let wl_new = work.d_una == 0 && work.wl_new;
    Work { rst_own: counts && work.rst_own, wl_new, acked: 0, ..work }
}

impl<O: Debug> Bench<O> {
    /// Compares `B` with the model: [`events`] events that the earlier stages have prepared, and one more in four
    /// with loosened notes.
    pub fn compare<B: Block + Default>(&self, seed: u64) {
        let mut rng = Rng::new(seed);
        let mut dut = Dut::build(Box::<B>::default(), self.name);
        let (mut looked_at, mut pulses) = (BTreeSet::new(), BTreeSet::new());
        let mut changed = 0;
        let events = events();
        for batch in 0..events.div_ceil(BATCH) {
            let single = batch % 2 == 1;
            set(&mut dut, &["single"], single);
            let (config, ring) = draw::config(&mut rng);
            let mut cases: VecDeque<Option<Case<O>>> = VecDeque::new();
            let (mut prepared, mut drain) = (0, 0);
            while drain <= self.latency {
                let case = if prepared == BATCH {
                    drain += 1;
                    None
                } else if rng.percent(10)
                    || (single && cases.iter().take(self.latency - 1).any(Option::is_some))
                {
                    None
                } else {
                    let loose = rng.percent(20);
                    prepared += usize::from(!loose);
                    let case = self.case(&mut rng, &config, ring, loose);
                    changed += usize::from(case.tcb != case.input.tcb || case.work != case.input.work);
                    drive(&mut dut, &case);
                    Some(case)
                };
                set(&mut dut, &["valid", "inp_valid"], case.is_some());
                cases.push_front(case);
                cases.truncate(self.latency);
                dut.model.tick(dut.clock);
                if cases.len() < self.latency {
                    continue;
                }
                match &cases[self.latency - 1] {
                    Some(case) => (self.check)(&mut Probe {
                        case,
                        dut: &dut,
                        looked_at: &mut looked_at,
                        pulses: &mut pulses,
                    }),
                    None => pulses.iter().for_each(|name| assert!(!dut.bit(name), "{name} without an event")),
                }
            }
        }
        let outputs = dut.model.ports().filter(|(_, info)| info.direction == Direction::Output);
        let outputs: BTreeSet<_> = outputs.map(|(_, info)| info.name.as_str()).collect();
        assert_eq!(looked_at, outputs, "outputs that were looked at, and outputs");
        println!("{}: {events} events and more, {changed} changed by it", self.name);
    }

    fn case(&self, rng: &mut Rng, config: &Config, ring: u32, loose: bool) -> Case<O> {
        let mut input = Input::draw(rng, config, ring, &self.ahead);
        if loose {
            (self.loosen)(rng, &mut input);
        }
        let (mut tcb, mut work) = (input.tcb, input.work);
        let out = (self.model)(config, ring, &input.event, &mut tcb, &mut work);
        let notes = input.notes_after(self.ahead.len() + 1, config, &tcb, &work);
        let (mut given, mut wanted) = (input.tcb, tcb);
        self.found.iter().for_each(|unsettled| unsettled(&input, &mut given));
        let after = Input { notes, ..input.clone() };
        self.left.iter().for_each(|unsettled| unsettled(&after, &mut wanted));
        Case { config: *config, ring, input, tcb, work, notes, given, wanted, out }
    }
}

fn set(dut: &mut Dut, names: &[&str], bit: bool) {
    for name in names {
        if let Ok(port) = dut.model.port(name) {
            dut.model.set_bool(port, bit);
        }
    }
}

/// SND.NXT and SND.MAX, as far as they lie ahead of SND.UNA: 24 bits of it.
pub fn ahead(tcb: &Tcb) -> u32 {
    tcb.snd_nxt.wrapping_sub(tcb.snd_una) & 0xff_ffff
}

pub fn in_flight(tcb: &Tcb) -> u32 {
    tcb.snd_max.wrapping_sub(tcb.snd_una) & 0xff_ffff
}

/// A segment with text.
pub fn has_text(event: &Event) -> bool {
    event.kind == EventKind::Segment && event.len != 0
}

/// What is to be sent starts at SND.UNA.
pub fn from_una(work: &Work) -> bool {
    work.retransmit || work.probe || work.syn_now
}

/// The RTO without its limits (RFC 6298, 2.3).
pub fn estimate(tcb: &Tcb) -> u32 {
    (tcb.srtt / 8).wrapping_add(tcb.rttvar.max(1000))
}

/// Puts a case onto the inputs, whichever the stage has.
fn drive<O>(dut: &mut Dut, case: &Case<O>) {
    let inputs = dut.model.ports().filter(|(_, info)| info.direction == Direction::Input);
    let inputs: Vec<_> = inputs.map(|(port, info)| (port, info.name.clone())).collect();
    let (Input { event, work, notes, turn, .. }, tcb) = (&case.input, &case.given);
    for (port, name) in inputs {
        match name.as_str() {
            "clock" | "reset" | "single" | "valid" | "inp_valid" => {}
            "cfg" => dut.model.set_bytes(port, &layout::pack_config(&case.config)),
            "ring" => dut.model.set_u64(port, case.ring.into()),
            "ev" | "inp_ev" => dut.model.set_bytes(port, &layout::pack_event(event)),
            "tcb" | "inp_tcb" => dut.model.set_bytes(port, &layout::pack_tcb(tcb)),
            "inp_work" => {
                let both = layout::pack_work(work).into_iter().zip(layout::pack_notes(notes));
                dut.model.set_bytes(port, &both.map(|(a, b)| a | b).collect::<Vec<_>>());
            }
            "now" => dut.model.set_u64(port, notes.now),
            "turn" => dut.model.set_bool(port, *turn),
            "has_text" => dut.model.set_bool(port, has_text(event)),
            "from_una" => dut.model.set_bool(port, from_una(work)),
            "ahead" => dut.model.set_u64(port, ahead(tcb).into()),
            "in_flight" => dut.model.set_u64(port, in_flight(tcb).into()),
            "measured" => dut.model.set_u64(port, work.rtt.into()),
            "srtt" => dut.model.set_u64(port, tcb.srtt.into()),
            "rttvar" => dut.model.set_u64(port, tcb.rttvar.into()),
            "new_srtt" => dut.model.set_u64(port, case.tcb.srtt.into()),
            "new_rttvar" => dut.model.set_u64(port, case.tcb.rttvar.into()),
            "estimate" => dut.model.set_u64(port, estimate(&case.tcb).into()),
            other => panic!("nobody drives {other}"),
        }
    }
}
