// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ecp5_top!`: the pads, clocks and resets of an ECP5 board around its core; the ports are called as in `constraints/`.
//!
//! Where it is used are the board's `PARAMS`, `CLOCK_HZ`, `BAUD`, `delays` and `pll`: the first clock of the PLL is the 125 MHz for what is
//! sent, the second the core's.

macro_rules! ecp5_top {
    ($name:ident, $core:ident, $leds:ident, $led:ty) => {
        /// Everything that is connected to something on the board and is of use here.
        #[derive(LogicBlock)]
        pub struct $name {
            /// The oscillator.
            pub clk: Signal<In, Clock>,
            /// The reset button, active low.
            pub rst_n: Signal<In, Bit>,
            /// The pin that the host drives.
            pub uart_rx: Signal<In, Bit>,
            /// The pin that the host listens to.
            pub uart_tx: Signal<Out, Bit>,
            /// See the board's module.
            pub led: Signal<Out, $led>,
            pub eth0_tx_clk: Signal<Out, Bit>,
            pub eth0_tx_ctl: Signal<Out, Bit>,
            pub eth0_txd: Signal<Out, Bits<4>>,
            pub eth0_rx_clk: Signal<In, Clock>,
            pub eth0_rx_ctl: Signal<In, Bit>,
            pub eth0_rxd: Signal<In, Bits<4>>,
            pub eth0_mdc: Signal<Out, Bit>,
            pub eth0_mdio: Signal<InOut, Bit>,
            pub eth0_rst_n: Signal<Out, Bit>,
            core: $core,
            pll: Pll,
            reset: ResetBridge,
            mdio: Bidirectional,
            show: $leds,
            asleep: Signal<Local, Bit>,
        }

        impl Default for $name {
            fn default() -> Self {
                Self {
                    core: $core::new(&PARAMS, &Rates::of_a_board(CLOCK_HZ, BAUD), delays()),
                    pll: pll(),
                    clk: Default::default(),
                    rst_n: Default::default(),
                    uart_rx: Default::default(),
                    uart_tx: Default::default(),
                    led: Default::default(),
                    eth0_tx_clk: Default::default(),
                    eth0_tx_ctl: Default::default(),
                    eth0_txd: Default::default(),
                    eth0_rx_clk: Default::default(),
                    eth0_rx_ctl: Default::default(),
                    eth0_rxd: Default::default(),
                    eth0_mdc: Default::default(),
                    eth0_mdio: Default::default(),
                    eth0_rst_n: Default::default(),
                    reset: Default::default(),
                    mdio: Default::default(),
                    show: Default::default(),
                    asleep: Default::default(),
                }
            }
        }

        impl Logic for $name {
            #[hdl_gen]
            fn update(&mut self) {
                self.pll.from.next = self.clk.val();
                self.asleep.next = !self.rst_n.val() | !self.pll.locked.val();
                self.reset.clock.next = self.pll.second.val();
                self.reset.asynchronous.next = self.asleep.val();

                self.core.clock.next = self.pll.second.val();
                self.core.reset.next = self.reset.q.val();
                self.core.uart_rx.next = self.uart_rx.val();
                self.uart_tx.next = self.core.uart_tx.val();
                self.core.tx_clock.next = self.pll.first.val();
                self.eth0_tx_clk.next = self.core.eth_tx_clk.val();
                self.eth0_tx_ctl.next = self.core.eth_tx_ctl.val();
                self.eth0_txd.next = self.core.eth_txd.val();
                self.core.eth_rx_clk.next = self.eth0_rx_clk.val();
                self.core.eth_rx_ctl.next = self.eth0_rx_ctl.val();
                self.core.eth_rxd.next = self.eth0_rxd.val();
                self.eth0_mdc.next = self.core.mdc.val();
                Signal::<InOut, Bit>::link(&mut self.eth0_mdio, &mut self.mdio.pad);
                self.mdio.drive.next = self.core.mdio_drive.val();
                self.mdio.level.next = self.core.mdio_out.val();
                self.core.mdio_in.next = self.mdio.seen.val();
                self.eth0_rst_n.next = self.core.phy_reset_n.val();
                self.show.lamps.next = self.core.lamps.val();
                self.led.next = self.show.pins.val();
            }
        }

        /// The Verilog, with the board's name as its top.
        ///
        /// # Errors
        /// What the printer refuses.
        pub fn verilog() -> Result<String, EmitError> {
            on_a_large_stack(|| emit_top(Box::<$name>::default(), PARAMS.name))
        }
    };
}
pub(crate) use ecp5_top;
