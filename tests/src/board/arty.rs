// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Arty without its pads: an MII at the pins, nibble by nibble.

use syncline_boards::arty::PARAMS;
use syncline_boards::arty::core::verilog;
use syncline_hdl::params::Params;
use syncline_pins::Mii;
use syncline_sim::verilate::{Model, Port};

use super::ethernet::{Board, CLOCK_HZ, Pads, RATES, model, port};

/// The PHY's clocks are 25 MHz where the core's is 62.5.
const PHY_HZ: u64 = CLOCK_HZ as u64 * 2 / 5;

/// Registers 1 and 5 of a PHY that can do everything, with a link that was negotiated with another such.
const BMSR_UP: u16 = 0x786d;
const ANLPAR_FULL: u16 = 0x41e1;

/// An MII.
pub struct MiiPads {
    mii: Mii,
    rx_clock: Port,
    tx_clock: Port,
    rxd: Port,
    rx_dv: Port,
    rx_er: Port,
    txd: Port,
    tx_en: Port,
}

/// The Arty.
pub type Arty = Board<MiiPads>;

impl Arty {
    /// A board out of its reset, with a link. `ppm`: by how much the PHY's receive and transmit clocks are too fast.
    ///
    /// # Panics
    /// When the model can't be built, or the board does not find its PHY.
    pub fn new(ppm: [i64; 2]) -> Self {
        Self::with_switch(ppm, false)
    }

    /// The same with switch 0 as it is said: up is stand-alone.
    ///
    /// # Panics
    /// As [`Arty::new`].
    pub fn with_switch(ppm: [i64; 2], up: bool) -> Self {
        let params = Params { clock_hz: CLOCK_HZ, ..PARAMS };
        let mut model = model("arty_core", verilog(&params, &RATES).expect("Verilog"));
        model.set_bool(port(&model, "stand_alone"), up);
        let pads = MiiPads {
            mii: Mii::default(),
            rx_clock: port(&model, "mii_rx_clock"),
            tx_clock: port(&model, "mii_tx_clock"),
            rxd: port(&model, "mii_rxd"),
            rx_dv: port(&model, "mii_rx_dv"),
            rx_er: port(&model, "mii_rx_er"),
            txd: port(&model, "mii_txd"),
            tx_en: port(&model, "mii_tx_en"),
        };
        Board::start(model, pads, ppm.map(|ppm| (PHY_HZ, ppm)), &[(1, BMSR_UP), (5, ANLPAR_FULL)])
    }
}

impl Pads for MiiPads {
    fn wire(&mut self) -> &mut Mii {
        &mut self.mii
    }

    fn receive_edge(&mut self, model: &mut Model) {
        let (nibble, valid) = self.mii.rx_cycle();
        model.set_u64(self.rxd, nibble.into());
        model.set_bool(self.rx_dv, valid);
        model.set_bool(self.rx_er, false);
        model.eval();
        model.edge(self.rx_clock);
        model.eval();
    }

    /// It is the PHY that gives this clock.
    fn transmit_edge(&mut self, model: &mut Model, phy_runs: bool) {
        if phy_runs {
            self.mii.tx_cycle(model.get_u64(self.txd) as u8, model.get_bool(self.tx_en));
            model.eval();
            model.edge(self.tx_clock);
            model.eval();
        }
    }

    fn faults(&mut self) -> Vec<String> {
        self.mii.faults().iter().map(|fault| format!("wire: {fault:?}")).collect()
    }
}
