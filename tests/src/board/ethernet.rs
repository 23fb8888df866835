// SPDX-License-Identifier: MIT OR Apache-2.0
//! A board with a PHY, a UART and lamps at its pins, on three clocks. [`Pads`] is what boards differ in: how the PHY is wired.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use syncline_boards::card::Rates;
use syncline_pins::{MdioPhy, Mii, Uart};
use syncline_sim::peer::{Peer, SmoltcpPeer};
use syncline_sim::verilate::{Model, Options, Port, Source};

use super::clocks::Clocks;
use super::uart_bar::Serial;
use crate::smoltcp::{Plugged, lock};

/// Cycles of the core's clock a second: few, so that TCP's second takes no minutes. Everything else keeps its ratio to it.
pub(super) const CLOCK_HZ: u32 = 1_000_000;
/// Clock cycles a bit of the UART: as few as its receiver takes.
const BIT: u32 = 8;
/// A board's core at that clock.
pub(super) const RATES: Rates =
    Rates { baud: CLOCK_HZ / BIT, stall_cycles: 200_000, phy_reset_cycles: 2_000 };
/// Where the PHY's straps put it: the card does not know.
const PHY_ADDRESS: u8 = 1;
/// Cycles between two looks of the peer at the clock.
const PEER_CYCLES: u32 = 1000;

/// Lamps of a board, by bit.
pub mod lamp {
    /// There is a link.
    pub const LINK: u8 = 1;
    /// A connection is established.
    pub const ESTABLISHED: u8 = 4;
    /// A fault, within the last second.
    pub const FAULT: u8 = 8;
}

/// The PHY's data pins.
pub trait Pads {
    /// The wire behind them.
    fn wire(&mut self) -> &mut Mii;
    /// The first of the network's clocks has an edge: what the PHY receives. It has none while the PHY is in reset.
    fn receive_edge(&mut self, model: &mut Model);
    /// The second has one: what the PHY is to send.
    fn transmit_edge(&mut self, model: &mut Model, phy_runs: bool);
    /// All that was wrong at the pins, and on the wire.
    fn faults(&mut self) -> Vec<String>;
}

struct Ports {
    clock: Port,
    reset: Port,
    uart_rx: Port,
    uart_tx: Port,
    mdc: Port,
    mdio_in: Port,
    mdio_out: Port,
    mdio_drive: Port,
    phy_reset_n: Port,
    lamps: Port,
}

/// The board with its clocks running while somebody calls it.
pub struct Board<P> {
    model: Model,
    ports: Ports,
    clocks: Clocks<3>,
    /// The PHY's data pins.
    pub pads: P,
    /// The PHY's registers.
    pub phy: MdioPhy,
    uart: Uart,
    peer: Option<Arc<Mutex<SmoltcpPeer>>>,
    /// Frames for the peer.
    arrived: VecDeque<Vec<u8>>,
    until_peer: u32,
    /// The PHY's clocks run: they need not while it is in reset.
    phy_runs: bool,
}

/// The model of a board's Verilog.
///
/// # Panics
/// When it can't be built.
pub(super) fn model(name: &str, text: String) -> Model {
    Model::build(&Source::new(name, text), Options::fast()).expect("a model")
}

/// A port of the model.
///
/// # Panics
/// When there is none of that name.
pub(super) fn port(model: &Model, name: &str) -> Port {
    model.port(name).unwrap_or_else(|e| panic!("{e}"))
}

impl<P: Pads> Board<P> {
    /// A board out of its reset, with a link. `edges`: of the network's clocks, how many a second and by how much too fast (ppm).
    /// `registers`: what the PHY's have, by number.
    ///
    /// # Panics
    /// When the board does not find its PHY.
    pub fn start(model: Model, pads: P, edges: [(u64, i64); 2], registers: &[(usize, u16)]) -> Self {
        let port = |name| port(&model, name);
        let ports = Ports {
            clock: port("clock"),
            reset: port("reset"),
            uart_rx: port("uart_rx"),
            uart_tx: port("uart_tx"),
            mdc: port("mdc"),
            mdio_in: port("mdio_in"),
            mdio_out: port("mdio_out"),
            mdio_drive: port("mdio_drive"),
            phy_reset_n: port("phy_reset_n"),
            lamps: port("lamps"),
        };
        let mut phy = MdioPhy::new(PHY_ADDRESS);
        for &(number, value) in registers {
            phy.registers[number] = value;
        }
        let mut board = Board {
            model,
            ports,
            clocks: Clocks::new([(CLOCK_HZ.into(), 0), edges[0], edges[1]]),
            pads,
            phy,
            uart: Uart::new(BIT.into()),
            peer: None,
            arrived: VecDeque::new(),
            until_peer: 0,
            phy_runs: false,
        };
        board.model.eval();
        board.reset();
        board
    }

    /// Presses the red button, and waits for the link.
    ///
    /// # Panics
    /// When there is none.
    pub fn reset(&mut self) {
        self.model.set_bool(self.ports.reset, true);
        self.run(20);
        self.model.set_bool(self.ports.reset, false);
        for _ in 0..100 {
            self.run(500);
            if self.lit(lamp::LINK) {
                return;
            }
        }
        panic!("no link: {:?}", self.phy);
    }

    /// Plugs in a peer, in place of the one before.
    pub fn plug(&mut self, peer: Arc<Mutex<SmoltcpPeer>>) {
        self.peer = Some(peer);
    }

    /// Is the lamp lit?
    pub fn lit(&self, lamp: u8) -> bool {
        self.model.get_u64(self.ports.lamps) as u8 & lamp != 0
    }

    /// The wire.
    pub fn wire(&mut self) -> &mut Mii {
        self.pads.wire()
    }

    /// All that was wrong at the pins.
    pub fn faults(&mut self) -> Vec<String> {
        let mut all = self.pads.faults();
        all.extend(self.uart.faults().iter().map(|fault| format!("UART: {fault:?}")));
        all.extend(self.phy.faults().iter().map(|fault| format!("MDIO: {fault:?}")));
        all
    }

    /// Runs for so many cycles of the core's clock.
    pub fn run(&mut self, cycles: u32) {
        let mut left = cycles;
        while left > 0 {
            match self.clocks.rise() {
                0 => {
                    self.host_and_management();
                    self.serve_peer();
                    self.model.eval();
                    self.model.edge(self.ports.clock);
                    self.model.eval();
                    left -= 1;
                }
                1 if self.phy_runs => self.pads.receive_edge(&mut self.model),
                2 => self.pads.transmit_edge(&mut self.model, self.phy_runs),
                _ => {}
            }
        }
    }

    fn host_and_management(&mut self) {
        let (m, p) = (&mut self.model, &self.ports);
        let level = self.uart.cycle(m.get_bool(p.uart_tx));
        m.set_bool(p.uart_rx, level);
        let ours = m.get_bool(p.mdio_drive).then(|| m.get_bool(p.mdio_out));
        let wire = self.phy.step(1e9 / f64::from(CLOCK_HZ), m.get_bool(p.mdc), ours);
        m.set_bool(p.mdio_in, wire);
        self.phy_runs = m.get_bool(p.phy_reset_n);
    }

    fn serve_peer(&mut self) {
        let Some(peer) = &self.peer else { return };
        while let Some(frame) = self.pads.wire().receive() {
            self.arrived.push_back(frame);
            self.until_peer = 0;
        }
        if self.until_peer > 0 {
            self.until_peer -= 1;
            return;
        }
        self.until_peer = PEER_CYCLES;
        let mut send = vec![];
        lock(peer).poll(self.clocks.now(), &mut self.arrived, &mut send);
        send.iter().for_each(|frame| self.pads.wire().send(frame));
    }
}

impl<P> Plugged for Board<P> {
    fn poke(&mut self) {
        self.until_peer = 0;
    }
}

impl<P: Pads> Serial for Board<P> {
    fn line(&mut self) -> &mut Uart {
        &mut self.uart
    }

    fn run(&mut self, cycles: u32) {
        Board::run(self, cycles);
    }

    fn now(&self) -> Duration {
        self.clocks.now()
    }
}
