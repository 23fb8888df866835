// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`ArtyTop`]: the pads, clocks and resets of the board around [`ArtyCore`]; the ports are called as in `constraints/`.

use rust_hdl::prelude::*;
use syncline_hdl::emit::{EmitError, emit_top};
use syncline_hdl::generate::on_a_large_stack;

use super::core::ArtyCore;
use super::{BAUD, CLOCK_HZ, PARAMS};
use crate::card::Rates;
use crate::cdc::reset::ResetBridge;
use crate::xilinx7::bufg::Bufg;
use crate::xilinx7::forward::ForwardClock;
use crate::xilinx7::iobuf::Iobuf;
use crate::xilinx7::pll::Pll;

/// Everything that is connected to something on the board and is of use here.
#[derive(LogicBlock)]
pub struct ArtyTop {
    /// 100 MHz.
    pub clk: Signal<In, Clock>,
    /// The red button, active low. The USB bridge's DTR pulls it too when jumper JP2 is set.
    pub ck_rst: Signal<In, Bit>,
    /// The pin that the host drives, by the name that the USB bridge has for it.
    pub uart_txd_in: Signal<In, Bit>,
    /// The pin that the host listens to, likewise.
    pub uart_rxd_out: Signal<Out, Bit>,
    pub led: Signal<Out, Bits<4>>,
    /// 25 MHz for the PHY.
    pub eth_ref_clk: Signal<Out, Bit>,
    pub eth_rstn: Signal<Out, Bit>,
    pub eth_rx_clk: Signal<In, Clock>,
    pub eth_rxd: Signal<In, Bits<4>>,
    pub eth_rx_dv: Signal<In, Bit>,
    pub eth_rxerr: Signal<In, Bit>,
    pub eth_tx_clk: Signal<In, Clock>,
    pub eth_txd: Signal<Out, Bits<4>>,
    pub eth_tx_en: Signal<Out, Bit>,
    pub eth_mdc: Signal<Out, Bit>,
    pub eth_mdio: Signal<InOut, Bit>,
    core: ArtyCore,
    pll: Pll,
    reset: ResetBridge,
    rx_buffer: Bufg,
    tx_buffer: Bufg,
    reference: ForwardClock,
    mdio: Iobuf,
    asleep: Signal<Local, Bit>,
}

impl Default for ArtyTop {
    fn default() -> Self {
        Self {
            core: ArtyCore::new(&PARAMS, &Rates::of_a_board(CLOCK_HZ, BAUD)),
            // 100 MHz * 10 = 1 GHz; / 16 = 62.5 MHz for the core, / 40 = 25 MHz for the PHY.
            pll: Pll::new(100_000_000, 10, [16, 40]),
            clk: Default::default(),
            ck_rst: Default::default(),
            uart_txd_in: Default::default(),
            uart_rxd_out: Default::default(),
            led: Default::default(),
            eth_ref_clk: Default::default(),
            eth_rstn: Default::default(),
            eth_rx_clk: Default::default(),
            eth_rxd: Default::default(),
            eth_rx_dv: Default::default(),
            eth_rxerr: Default::default(),
            eth_tx_clk: Default::default(),
            eth_txd: Default::default(),
            eth_tx_en: Default::default(),
            eth_mdc: Default::default(),
            eth_mdio: Default::default(),
            reset: Default::default(),
            rx_buffer: Default::default(),
            tx_buffer: Default::default(),
            reference: Default::default(),
            mdio: Default::default(),
            asleep: Default::default(),
        }
    }
}

/// The Verilog, with `arty_a7` as its top.
///
/// # Errors
/// What the printer refuses.
pub fn verilog() -> Result<String, EmitError> {
    on_a_large_stack(|| emit_top(Box::<ArtyTop>::default(), PARAMS.name))
}

impl Logic for ArtyTop {
    #[hdl_gen]
    fn update(&mut self) {
        self.pll.from.next = self.clk.val();
        self.asleep.next = !self.ck_rst.val() | !self.pll.locked.val();
        self.reset.clock.next = self.pll.first.val();
        self.reset.asynchronous.next = self.asleep.val();
        self.rx_buffer.from.next = self.eth_rx_clk.val();
        self.tx_buffer.from.next = self.eth_tx_clk.val();
        self.reference.clock.next = self.pll.second.val();
        self.eth_ref_clk.next = self.reference.pin.val();

        self.core.clock.next = self.pll.first.val();
        self.core.reset.next = self.reset.q.val();
        self.core.uart_rx.next = self.uart_txd_in.val();
        self.uart_rxd_out.next = self.core.uart_tx.val();
        self.core.mii_rx_clock.next = self.rx_buffer.to.val();
        self.core.mii_rxd.next = self.eth_rxd.val();
        self.core.mii_rx_dv.next = self.eth_rx_dv.val();
        self.core.mii_rx_er.next = self.eth_rxerr.val();
        self.core.mii_tx_clock.next = self.tx_buffer.to.val();
        self.eth_txd.next = self.core.mii_txd.val();
        self.eth_tx_en.next = self.core.mii_tx_en.val();
        self.eth_mdc.next = self.core.mdc.val();
        Signal::<InOut, Bit>::link(&mut self.eth_mdio, &mut self.mdio.pad);
        self.mdio.drive.next = self.core.mdio_drive.val();
        self.mdio.level.next = self.core.mdio_out.val();
        self.core.mdio_in.next = self.mdio.seen.val();
        self.eth_rstn.next = self.core.phy_reset_n.val();
        self.led.next = self.core.lamps.val();
    }
}
