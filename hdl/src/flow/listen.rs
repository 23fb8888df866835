// SPDX-License-Identifier: MIT OR Apache-2.0
//! The listening ports: a bitmap over all 65,536 in block RAM, 2,048 words of 32 ports.

use rust_hdl::prelude::*;

use crate::ram::Bram;
use crate::stream::StreamIn;
use crate::sweep::Sweep;

/// The host starts or stops listening on a port.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct ListenRequest {
    /// The port.
    pub port: Bits<16>,
    /// Listen, or stop listening.
    pub on: Bit,
}

/// What the writing side does.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum Write {
    /// Read the word of the request, when no look-up needs the read port.
    Read,
    /// Change the bit.
    Modify,
    /// Write the word, when no look-up reads (it could be the same word).
    Write,
}

/// The bitmap. The look-up goes first; a request is taken when it has been carried out.
#[derive(LogicBlock, Default)]
pub struct Listen {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Pulse: look `port` up.
    pub read: Signal<In, Bit>,
    pub port: Signal<In, Bits<16>>,
    /// From two cycles after `read` to the next `read`: somebody listens.
    pub listening: Signal<Out, Bit>,
    pub request: StreamIn<ListenRequest>,
    /// The bitmap is being cleared after reset.
    pub busy: Signal<Out, Bit>,
    sweep: Sweep<11>,
    ram: Bram<Bits<32>, 11>,
    reading: DFF<Bit>,
    lane: DFF<Bits<5>>,
    found: DFF<Bit>,
    state: DFF<Write>,
    word: DFF<Bits<32>>,
    wanted: Signal<Local, Bits<16>>,
    mask: Signal<Local, Bits<32>>,
    others: Signal<Local, Bits<32>>,
}

impl Logic for Listen {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, reading, lane, found, state, word);
        clock!(self, clock, sweep, ram);
        self.sweep.reset.next = self.reset.val();
        self.busy.next = self.sweep.busy.val();
        self.wanted.next = self.request.data.val().port;
        self.mask.next = bits::<32>(1) << self.wanted.val().get_bits::<5>(0);
        self.others.next = !self.mask.val();

        self.ram.read_addr.next = self.wanted.val().get_bits::<11>(5);
        if self.read.val() {
            self.ram.read_addr.next = self.port.val().get_bits::<11>(5);
        }
        self.reading.d.next = self.read.val();
        self.lane.d.next = self.port.val().get_bits::<5>(0);
        if self.reading.q.val() {
            self.found.d.next = self.ram.read_data.val().get_bit(self.lane.q.val().index());
        }
        self.listening.next = self.found.q.val();

        self.request.ready.next = false;
        self.ram.write_en.next = false;
        self.ram.write_addr.next = self.wanted.val().get_bits::<11>(5);
        self.ram.write_data.next = self.word.q.val();
        match self.state.q.val() {
            Write::Read => {
                if self.request.valid.val() & !self.read.val() & !self.sweep.busy.val() {
                    self.state.d.next = Write::Modify;
                }
            }
            Write::Modify => {
                self.word.d.next = self.ram.read_data.val() & self.others.val();
                if self.request.data.val().on {
                    self.word.d.next = self.ram.read_data.val() | self.mask.val();
                }
                self.state.d.next = Write::Write;
            }
            _ => {
                if !self.read.val() {
                    self.ram.write_en.next = true;
                    self.request.ready.next = true;
                    self.state.d.next = Write::Read;
                }
            }
        }
        if self.sweep.busy.val() {
            self.ram.write_en.next = true;
            self.ram.write_addr.next = self.sweep.addr.val();
            self.ram.write_data.next = 0.into();
            self.found.d.next = false;
        }
        if self.reset.val() {
            self.state.d.next = Write::Read;
            self.reading.d.next = false;
            self.found.d.next = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::sim::{ready, settle, tick};
    use crate::stream::bench::{Rng, clocked};

    clocked!(Listen);

    #[test]
    fn sets_and_clears_ports_between_look_ups() {
        let mut rng = Rng::new(60);
        let mut uut = ready(Box::<Listen>::default());
        settle(&mut *uut);
        let mut clearing = 0;
        while uut.busy.val() {
            tick(&mut *uut);
            clearing += 1;
        }
        assert_eq!(clearing, 2_048);
        let mut ports: Vec<u64> = vec![0, 31, 32, 80, 81, 65_535, 0x5500, 0x5540];
        ports.extend((0..6).map(|_| rng.below(65_536)));
        let mut on = HashSet::new();
        let mut request: Option<(u64, bool)> = None;
        // (port, expectation) of the look-ups 1 and 2 cycles ago.
        let mut old: [Option<(u64, bool)>; 2] = [None; 2];
        let mut hits = 0;
        for _ in 0..2_000 {
            let port = ports[rng.below(ports.len() as u64) as usize];
            let read = rng.chance(40);
            if request.is_none() && rng.chance(50) {
                request = Some((ports[rng.below(ports.len() as u64) as usize], rng.chance(50)));
            }
            uut.read.next = read;
            uut.port.next = port.into();
            uut.request.valid.next = request.is_some();
            if let Some((port, set)) = request {
                uut.request.data.next = ListenRequest { port: port.into(), on: set };
            }
            settle(&mut *uut);
            if let Some((port, expected)) = old[1]
                && old[0].is_none()
            {
                assert_eq!(uut.listening.val(), expected, "port {port}");
                hits += usize::from(expected);
            }
            old = [read.then(|| (port, on.contains(&port))), old[0]];
            if uut.request.ready.val() && request.is_some() {
                let (port, set) = request.take().expect("offered");
                if set {
                    on.insert(port)
                } else {
                    on.remove(&port)
                };
            }
            tick(&mut *uut);
        }
        assert!(hits > 20);
        uut.reset.next = true;
        tick(&mut *uut);
        settle(&mut *uut);
        assert!(uut.busy.val() && !uut.request.ready.val());
    }
}
