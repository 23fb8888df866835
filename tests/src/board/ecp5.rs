// SPDX-License-Identifier: MIT OR Apache-2.0
//! The ECP5 boards without their PLL: PHY, UART and lamps at the pins, on three clocks; the RGMII's edge by edge.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use syncline_boards::card::Rates;
use syncline_boards::ecp5::rgmii_pads::Delays;
use syncline_boards::rgmii::ecp5::verilog;
use syncline_boards::{i5, versa};
use syncline_hdl::params::Params;
use syncline_pins::{MdioFault, MdioPhy, Mii, MiiFault, Rgmii, RgmiiFault, Uart, UartFault};
use syncline_sim::peer::{Peer, SmoltcpPeer};
use syncline_sim::verilate::{Model, Options, Port, Source};

use super::clocks::Clocks;
use super::uart_bar::Serial;
use crate::smoltcp::{Plugged, lock};

/// Cycles of the core's clock a second: few, so that TCP's second takes no minutes. Everything else keeps its ratio to it.
pub const CLOCK_HZ: u32 = 1_000_000;
/// Clock cycles a bit of the UART: as few as its receiver takes.
const BIT: u32 = 8;
/// Edges of `RXC` and `TXC` a second, where the core's clock is the board's.
const EDGES_HZ: u64 = 250_000_000;
/// Where the PHY's straps put it: the card does not know.
const PHY_ADDRESS: u8 = 1;
/// Cycles between two looks of the peer at the clock.
const PEER_CYCLES: u32 = 1000;

/// Registers 1, 5 and 10 of a PHY that can do everything, with a link that was negotiated with another such.
const BMSR_UP: u16 = 0x796d;
const ANLPAR_FULL: u16 = 0xc1e1;
pub const GIGABIT_UP: u16 = 0x3c00;

/// Lamps of the board, by bit.
pub mod lamp {
    /// There is a link.
    pub const LINK: u8 = 1;
    /// A connection is established.
    pub const ESTABLISHED: u8 = 4;
    /// A fault, within the last second.
    pub const FAULT: u8 = 8;
}

struct Ports {
    clock: Port,
    tx_clock: Port,
    reset: Port,
    uart_rx: Port,
    uart_tx: Port,
    rxc: Port,
    rxd: Port,
    rx_ctl: Port,
    txc: Port,
    txd: Port,
    tx_ctl: Port,
    mdc: Port,
    mdio_in: Port,
    mdio_out: Port,
    mdio_drive: Port,
    phy_reset_n: Port,
    lamps: Port,
}

/// The board with its clocks running while somebody calls it.
pub struct Ecp5 {
    model: Model,
    ports: Ports,
    clocks: Clocks<3>,
    /// Levels of `RXC` and of our 125 MHz.
    levels: [bool; 2],
    /// The pins, and the wire behind them.
    pub rgmii: Rgmii,
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

impl Ecp5 {
    /// The Versa, out of its reset and with a link. `ppm`: by how much the PHY's clock and ours of 125 MHz are too fast.
    ///
    /// # Panics
    /// When the model can't be built, or the board does not find its PHY.
    pub fn versa(ppm: [i64; 2]) -> Self {
        Self::new(versa::PARAMS, versa::delays(), ppm)
    }

    /// The Colorlight i5, as [`Ecp5::versa`].
    ///
    /// # Panics
    /// As [`Ecp5::versa`].
    pub fn i5(ppm: [i64; 2]) -> Self {
        Self::new(i5::PARAMS, i5::delays(), ppm)
    }

    fn new(board: Params, delays: Delays, ppm: [i64; 2]) -> Self {
        let edges_hz = EDGES_HZ * u64::from(CLOCK_HZ) / u64::from(board.clock_hz);
        let params = Params { clock_hz: CLOCK_HZ, ..board };
        let rates = Rates { baud: CLOCK_HZ / BIT, stall_cycles: 200_000, phy_reset_cycles: 2_000 };
        let text = verilog(&params, &rates, delays).expect("Verilog");
        let model = Model::build(&Source::new("ecp5_core", text), Options::fast()).expect("a model");
        let port = |name| model.port(name).unwrap_or_else(|e| panic!("{e}"));
        let ports = Ports {
            clock: port("clock"),
            tx_clock: port("tx_clock"),
            reset: port("reset"),
            uart_rx: port("uart_rx"),
            uart_tx: port("uart_tx"),
            rxc: port("eth_rx_clk"),
            rxd: port("eth_rxd"),
            rx_ctl: port("eth_rx_ctl"),
            txc: port("eth_tx_clk"),
            txd: port("eth_txd"),
            tx_ctl: port("eth_tx_ctl"),
            mdc: port("mdc"),
            mdio_in: port("mdio_in"),
            mdio_out: port("mdio_out"),
            mdio_drive: port("mdio_drive"),
            phy_reset_n: port("phy_reset_n"),
            lamps: port("lamps"),
        };
        let mut phy = MdioPhy::new(PHY_ADDRESS);
        phy.registers[1] = BMSR_UP;
        phy.registers[5] = ANLPAR_FULL;
        phy.registers[10] = GIGABIT_UP;
        let mut board = Ecp5 {
            model,
            ports,
            clocks: Clocks::new([(CLOCK_HZ.into(), 0), (edges_hz, ppm[0]), (edges_hz, ppm[1])]),
            levels: [false; 2],
            rgmii: Rgmii::default(),
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

    /// All that was wrong at the pins.
    pub fn faults(&mut self) -> (Vec<MiiFault>, &[RgmiiFault], &[UartFault], &[MdioFault]) {
        let frames = self.wire().faults().to_vec();
        (frames, self.rgmii.faults(), self.uart.faults(), self.phy.faults())
    }

    /// The wire.
    pub fn wire(&mut self) -> &mut Mii {
        self.rgmii.wire()
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
                1 if self.phy_runs => self.rx_edge(),
                2 => self.tx_edge(),
                _ => {}
            }
        }
    }

    fn rx_edge(&mut self) {
        let (m, p) = (&mut self.model, &self.ports);
        self.levels[0] = !self.levels[0];
        let (nibble, control) = self.rgmii.rx_edge(self.levels[0]);
        m.set_u64(p.rxd, nibble.into());
        m.set_bool(p.rx_ctl, control);
        m.set_bool(p.rxc, self.levels[0]);
        m.eval();
    }

    fn tx_edge(&mut self) {
        let (m, p) = (&mut self.model, &self.ports);
        self.levels[1] = !self.levels[1];
        m.set_bool(p.tx_clock, self.levels[1]);
        m.eval();
        self.rgmii.tx_edge(m.get_bool(p.txc), m.get_u64(p.txd) as u8, m.get_bool(p.tx_ctl));
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
        while let Some(frame) = self.rgmii.wire().receive() {
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
        send.iter().for_each(|frame| self.rgmii.wire().send(frame));
    }
}

impl Plugged for Ecp5 {
    fn poke(&mut self) {
        self.until_peer = 0;
    }
}

impl Serial for Ecp5 {
    fn line(&mut self) -> &mut Uart {
        &mut self.uart
    }

    fn run(&mut self, cycles: u32) {
        Ecp5::run(self, cycles);
    }

    fn now(&self) -> Duration {
        self.clocks.now()
    }
}
