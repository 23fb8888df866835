// SPDX-License-Identifier: MIT OR Apache-2.0
//! The ECP5 boards without their PLL: an RGMII at the pins, edge by edge.

use syncline_boards::ecp5::rgmii_pads::Delays;
use syncline_boards::rgmii::ecp5::verilog;
use syncline_boards::{i5, versa};
use syncline_hdl::params::Params;
use syncline_pins::{Mii, Rgmii};
use syncline_sim::verilate::{Model, Port};

use super::ethernet::{Board, CLOCK_HZ, Pads, RATES, model, port};

/// Edges of `RXC` and `TXC` a second, where the core's clock is the board's.
const EDGES_HZ: u64 = 250_000_000;

/// Registers 1, 5 and 10 of a PHY that can do everything, with a link that was negotiated with another such.
const BMSR_UP: u16 = 0x796d;
const ANLPAR_FULL: u16 = 0xc1e1;
pub const GIGABIT_UP: u16 = 0x3c00;

/// An RGMII.
pub struct RgmiiPads {
    /// The pins, and the wire behind them.
    pub rgmii: Rgmii,
    /// Levels of `RXC` and of our 125 MHz.
    levels: [bool; 2],
    tx_clock: Port,
    rxc: Port,
    rxd: Port,
    rx_ctl: Port,
    txc: Port,
    txd: Port,
    tx_ctl: Port,
}

/// An ECP5 board.
pub type Ecp5 = Board<RgmiiPads>;

impl Ecp5 {
    /// The Versa, out of its reset and with a link. `ppm`: by how much the PHY's clock and ours of 125 MHz are too fast.
    ///
    /// # Panics
    /// When the model can't be built, or the board does not find its PHY.
    pub fn versa(ppm: [i64; 2]) -> Self {
        Self::with_core(versa::PARAMS, versa::delays(), ppm)
    }

    /// The Colorlight i5, as [`Ecp5::versa`].
    ///
    /// # Panics
    /// As [`Ecp5::versa`].
    pub fn i5(ppm: [i64; 2]) -> Self {
        Self::with_core(i5::PARAMS, i5::delays(), ppm)
    }

    fn with_core(board: Params, delays: Delays, ppm: [i64; 2]) -> Self {
        let edges_hz = EDGES_HZ * u64::from(CLOCK_HZ) / u64::from(board.clock_hz);
        let params = Params { clock_hz: CLOCK_HZ, ..board };
        let model = model("ecp5_core", verilog(&params, &RATES, delays).expect("Verilog"));
        let pads = RgmiiPads {
            rgmii: Rgmii::default(),
            levels: [false; 2],
            tx_clock: port(&model, "tx_clock"),
            rxc: port(&model, "eth_rx_clk"),
            rxd: port(&model, "eth_rxd"),
            rx_ctl: port(&model, "eth_rx_ctl"),
            txc: port(&model, "eth_tx_clk"),
            txd: port(&model, "eth_txd"),
            tx_ctl: port(&model, "eth_tx_ctl"),
        };
        let registers = [(1, BMSR_UP), (5, ANLPAR_FULL), (10, GIGABIT_UP)];
        Board::start(model, pads, ppm.map(|ppm| (edges_hz, ppm)), &registers)
    }
}

impl Pads for RgmiiPads {
    fn wire(&mut self) -> &mut Mii {
        self.rgmii.wire()
    }

    fn receive_edge(&mut self, model: &mut Model) {
        self.levels[0] = !self.levels[0];
        let (nibble, control) = self.rgmii.rx_edge(self.levels[0]);
        model.set_u64(self.rxd, nibble.into());
        model.set_bool(self.rx_ctl, control);
        model.set_bool(self.rxc, self.levels[0]);
        model.eval();
    }

    /// The clock is the board's own, whatever the PHY does.
    fn transmit_edge(&mut self, model: &mut Model, _phy_runs: bool) {
        self.levels[1] = !self.levels[1];
        model.set_bool(self.tx_clock, self.levels[1]);
        model.eval();
        let data = model.get_u64(self.txd) as u8;
        self.rgmii.tx_edge(model.get_bool(self.txc), data, model.get_bool(self.tx_ctl));
    }

    fn faults(&mut self) -> Vec<String> {
        let mut all: Vec<_> = self.wire().faults().iter().map(|fault| format!("wire: {fault:?}")).collect();
        all.extend(self.rgmii.faults().iter().map(|fault| format!("RGMII: {fault:?}")));
        all
    }
}
