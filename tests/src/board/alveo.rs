// SPDX-License-Identifier: MIT OR Apache-2.0
//! An Alveo at the hard blocks' streams: PCIe requests on one clock, 100G Ethernet frames on another.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use syncline_boards::alveo::PARAMS;
use syncline_boards::alveo::card::verilog;
use syncline_hdl::params::Params;
use syncline_pins::tlp::{CcBeat, Completion, CqBeat, Request};
use syncline_sim::peer::{Peer, SmoltcpPeer};
use syncline_sim::verilate::{Model, Options, Port, Source};

use super::clocks::Clocks;
use crate::smoltcp::{Plugged, lock};

/// Cycles of `user_clk` a second: few, so that TCP's second takes no minutes.
pub const CLOCK_HZ: u32 = 1_000_000;
/// The CMAC's 322.265625 MHz, where `user_clk` has 250.
const CMAC_HZ: u64 = 1_289_063;
/// Cycles between two looks of the peer at the clock.
const PEER_CYCLES: u32 = 1000;
/// The hard block's counter of non-posted credits goes no further (PG213).
const MOST_CREDITS: u32 = 32;
/// Bytes of a beat on Ethernet's side: data, keep, last.
const BEAT: usize = 64 + 8 + 1;

struct Ports {
    clocks: [Port; 2],
    cq_data: Port,
    cq_user: Port,
    cq_last: Port,
    cq_valid: Port,
    cq_ready: Port,
    np_req: Port,
    cc_data: Port,
    cc_keep: Port,
    cc_user: Port,
    cc_last: Port,
    cc_valid: Port,
    cc_ready: Port,
    rx_data: Port,
    rx_keep: Port,
    rx_last: Port,
    rx_user: Port,
    rx_valid: Port,
    tx_data: Port,
    tx_valid: Port,
    tx_ready: Port,
    lamps: Port,
}

/// The card with its clocks running while somebody calls it.
pub struct Alveo {
    model: Model,
    ports: Ports,
    clocks: Clocks<2>,
    sending: VecDeque<CqBeat>,
    answer: Vec<CcBeat>,
    answers: VecDeque<Completion>,
    credits: u32,
    /// Bytes of frames towards the card, with `true` for a bad one.
    frames: VecDeque<(Vec<u8>, bool)>,
    /// Where in the first of them the wire is.
    sent: usize,
    arriving: Vec<u8>,
    arrived: VecDeque<Vec<u8>>,
    /// A frame had a gap, or was shorter than Ethernet's least.
    pub broken: usize,
    peer: Option<Arc<Mutex<SmoltcpPeer>>>,
    until_peer: u32,
    /// Cycles of the CMAC.
    cmac_cycles: u64,
}

impl Alveo {
    /// A card out of its reset, with a link.
    ///
    /// # Panics
    /// When the model can't be built.
    pub fn new() -> Self {
        let text = verilog(&Params { clock_hz: CLOCK_HZ, ..PARAMS }).expect("Verilog");
        let mut model = Model::build(&Source::new(PARAMS.name, text), Options::fast()).expect("a model");
        let port = |name| model.port(name).unwrap_or_else(|e| panic!("{e}"));
        let ports = Ports {
            clocks: ["clock", "cmac_clock"].map(port),
            cq_data: port("cq_data"),
            cq_user: port("cq_user"),
            cq_last: port("cq_last"),
            cq_valid: port("cq_valid"),
            cq_ready: port("cq_ready"),
            np_req: port("np_req"),
            cc_data: port("cc_data"),
            cc_keep: port("cc_keep"),
            cc_user: port("cc_user"),
            cc_last: port("cc_last"),
            cc_valid: port("cc_valid"),
            cc_ready: port("cc_ready"),
            rx_data: port("cmac_rx_data"),
            rx_keep: port("cmac_rx_keep"),
            rx_last: port("cmac_rx_last"),
            rx_user: port("cmac_rx_user"),
            rx_valid: port("cmac_rx_valid"),
            tx_data: port("cmac_tx_data"),
            tx_valid: port("cmac_tx_valid"),
            tx_ready: port("cmac_tx_ready"),
            lamps: port("lamps"),
        };
        let (reset, aligned) = (port("reset"), port("cmac_aligned"));
        model.set_bool(reset, true);
        model.set_bool(aligned, true);
        model.set_bool(ports.cc_ready, true);
        let mut card = Alveo {
            model,
            ports,
            clocks: Clocks::new([(CLOCK_HZ.into(), 0), (CMAC_HZ, 0)]),
            sending: VecDeque::new(),
            answer: vec![],
            answers: VecDeque::new(),
            credits: 0,
            frames: VecDeque::new(),
            sent: 0,
            arriving: vec![],
            arrived: VecDeque::new(),
            broken: 0,
            peer: None,
            until_peer: 0,
            cmac_cycles: 0,
        };
        card.run(20);
        card.credits = 0;
        card.model.set_bool(reset, false);
        card.run(20);
        card
    }

    /// Plugs in a peer, in place of the one before.
    pub fn plug(&mut self, peer: Arc<Mutex<SmoltcpPeer>>) {
        self.peer = Some(peer);
    }

    /// A frame for the card; `bad`: the CMAC marks it.
    pub fn frame(&mut self, frame: &[u8], bad: bool) {
        self.frames.push_back((frame.to_vec(), bad));
    }

    /// All frames towards the card have been sent.
    pub fn is_idle(&self) -> bool {
        self.frames.is_empty()
    }

    /// Link, frames, fault.
    pub fn lamps(&self) -> u8 {
        self.model.get_u64(self.ports.lamps) as u8
    }

    /// Time since the start.
    pub fn now(&self) -> Duration {
        self.clocks.now()
    }

    /// Sends a request; the hard block has a credit for each that waits for an answer.
    pub fn request(&mut self, request: &Request) {
        self.sending.extend(request.beats(|| 0));
    }

    /// The next completion, and whether all requests have left.
    pub fn completion(&mut self) -> (Option<Completion>, bool) {
        (self.answers.pop_front(), self.sending.is_empty())
    }

    /// Takes a credit for a request that waits for an answer.
    pub fn credit(&mut self) -> bool {
        let any = self.credits > 0;
        self.credits -= u32::from(any);
        any
    }

    /// Runs for so many cycles of `user_clk`.
    pub fn run(&mut self, cycles: u32) {
        let mut left = cycles;
        while left > 0 {
            let clock = self.clocks.rise();
            if clock == 0 {
                self.pcie();
                self.serve_peer();
                left -= 1;
            } else {
                self.ethernet();
            }
            self.model.edge(self.ports.clocks[clock]);
            self.model.eval();
        }
    }

    fn pcie(&mut self) {
        let (m, p) = (&mut self.model, &self.ports);
        m.set_bool(p.cq_valid, !self.sending.is_empty());
        if let Some(beat) = self.sending.front() {
            m.set_bytes(p.cq_data, &beat.data);
            m.set_bytes(p.cq_user, &beat.user);
            m.set_bool(p.cq_last, beat.last);
        }
        m.eval();
        if m.get_bool(p.cq_ready) {
            self.sending.pop_front();
        }
        self.credits = (self.credits + m.get_u64(p.np_req) as u32).min(MOST_CREDITS);
        if m.get_bool(p.cc_valid) {
            let mut beat = CcBeat {
                data: [0; 64],
                keep: m.get_u64(p.cc_keep) as u16,
                user: [0; 11],
                last: m.get_bool(p.cc_last),
            };
            beat.data.copy_from_slice(&m.get_bytes(p.cc_data)[..64]);
            beat.user.copy_from_slice(&m.get_bytes(p.cc_user)[..11]);
            self.answer.push(beat);
            if m.get_bool(p.cc_last) {
                self.answers.push_back(Completion::read(&self.answer));
                self.answer.clear();
            }
        }
    }

    /// The CMAC takes a beat in three cycles of four, so that its `ready` falls inside of frames too.
    fn ethernet(&mut self) {
        self.cmac_cycles += 1;
        let (m, p) = (&mut self.model, &self.ports);
        m.set_bool(p.rx_valid, !self.frames.is_empty());
        if let Some((frame, bad)) = self.frames.front() {
            let part = &frame[self.sent..frame.len().min(self.sent + 64)];
            let mut data = [0xa5; 64];
            data[..part.len()].copy_from_slice(part);
            let last = self.sent + 64 >= frame.len();
            m.set_bytes(p.rx_data, &data);
            m.set_u64(p.rx_keep, u64::MAX >> (64 - part.len()));
            m.set_bool(p.rx_last, last);
            m.set_bool(p.rx_user, last && *bad);
            self.sent += 64;
            if last {
                self.frames.pop_front();
                self.sent = 0;
            }
        }
        let ready = self.cmac_cycles % 4 != 3;
        m.set_bool(p.tx_ready, ready);
        m.eval();
        let valid = m.get_bool(p.tx_valid);
        self.broken += usize::from(!valid && !self.arriving.is_empty());
        if valid && ready {
            let beat = &m.get_bytes(p.tx_data)[..BEAT];
            let keep = u64::from_le_bytes(beat[64..72].try_into().expect("eight bytes"));
            self.arriving.extend(&beat[..keep.trailing_ones() as usize]);
            if beat[72] & 1 != 0 {
                self.broken += usize::from(self.arriving.len() < 60);
                self.arrived.push_back(std::mem::take(&mut self.arriving));
                self.until_peer = 0;
            }
        }
    }

    fn serve_peer(&mut self) {
        let Some(peer) = &self.peer else { return };
        if self.until_peer > 0 {
            self.until_peer -= 1;
            return;
        }
        self.until_peer = PEER_CYCLES;
        let mut send = vec![];
        lock(peer).poll(self.clocks.now(), &mut self.arrived, &mut send);
        self.frames.extend(send.into_iter().map(|frame| (frame, false)));
    }
}

impl Default for Alveo {
    fn default() -> Self {
        Self::new()
    }
}

impl Plugged for Alveo {
    fn poke(&mut self) {
        self.until_peer = 0;
    }
}
