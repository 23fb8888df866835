// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`ArtyCore`]: the card behind a PHY with an MII and a UART, without a vendor's part.

use rust_hdl::prelude::*;
use syncline_hdl::core::Core64;
use syncline_hdl::emit::{EmitError, emit_top};
use syncline_hdl::generate::on_a_large_stack;
use syncline_hdl::host::bar::{Bar0Out, Bar2Out};
use syncline_hdl::params::Params;
use syncline_hdl::stream::{Beat64, StreamOut};

use super::{BAUD, STAND_ALONE};
use crate::app::agent::Agent;
use crate::app::host_join::HostJoin;
use crate::app::services::{self, Services};
use crate::app::{AppIn, AppOut};
use crate::cdc::synchroniser::Synchroniser;
use crate::leds::Leds;
use crate::mac::mdio::Mdio;
use crate::mac::mii_mac::MiiMac;
use crate::micros::Micros;
use crate::uart::host::UartHost;

/// How long the PHY is held in reset: its supply is stable and its clock runs for some of it. DP83848 asks for 1 us.
const PHY_RESET_US: u32 = 20_000;

/// What a simulation has otherwise than the board, to be quick.
#[derive(Copy, Clone, Debug)]
pub struct Rates {
    pub baud: u32,
    /// Clock cycles after which the UART forgets a frame.
    pub stall_cycles: u32,
    /// Clock cycles for which the PHY is held in reset.
    pub phy_reset_cycles: u32,
}

impl Rates {
    /// The board's, with its clock.
    pub fn of_the_board(clock_hz: u32) -> Self {
        Self {
            baud: BAUD,
            stall_cycles: clock_hz / 1000 * syncline_regs::uart::STALL_MS,
            phy_reset_cycles: clock_hz / 1_000_000 * PHY_RESET_US,
        }
    }
}

/// One clock for the core and its host, and the PHY's two, which only [`MiiMac`] sees.
#[derive(LogicBlock)]
pub struct ArtyCore {
    /// The core's.
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// No host: services in the fabric answer, at the addresses of [`STAND_ALONE`]. Looked at after a reset; not synchronous to the clock.
    pub stand_alone: Signal<In, Bit>,
    /// The pin that the host drives; not synchronous to the clock.
    pub uart_rx: Signal<In, Bit>,
    /// The pin that the host listens to.
    pub uart_tx: Signal<Out, Bit>,
    pub mii_rx_clock: Signal<In, Clock>,
    pub mii_rxd: Signal<In, Bits<4>>,
    pub mii_rx_dv: Signal<In, Bit>,
    pub mii_rx_er: Signal<In, Bit>,
    pub mii_tx_clock: Signal<In, Clock>,
    pub mii_txd: Signal<Out, Bits<4>>,
    pub mii_tx_en: Signal<Out, Bit>,
    pub mdc: Signal<Out, Bit>,
    pub mdio_in: Signal<In, Bit>,
    pub mdio_out: Signal<Out, Bit>,
    pub mdio_drive: Signal<Out, Bit>,
    /// The PHY's reset, active low.
    pub phy_reset_n: Signal<Out, Bit>,
    /// See [`Leds`]. A half-duplex link is a fault, as the MAC does not look at collisions.
    pub lamps: Signal<Out, Bits<4>>,
    core: Core64,
    host: UartHost,
    agent: Agent,
    services: Services,
    hosts: HostJoin,
    switch: Synchroniser<Bit>,
    alone: DFF<Bit>,
    /// Cycles since the reset, while `switch` settles and nobody is host.
    waking: DFF<Bits<3>>,
    awake: Signal<Local, Bit>,
    own_mac: Constant<Bits<48>>,
    own_addr: Constant<Bits<32>>,
    own_mask: Constant<Bits<32>>,
    mac: MiiMac,
    mdio: Mdio,
    micros: Micros,
    leds: Leds<22>,
    phy_wait: DFF<Bits<24>>,
    phy_awake: DFF<Bit>,
    phy_reset: Constant<Bits<24>>,
    fault: DFF<Bit>,
    frame: DFF<Bit>,
}

impl ArtyCore {
    /// # Panics
    /// When `params` are not of the 64-bit core, or a rate is not one for the clock.
    pub fn new(params: &Params, rates: &Rates) -> Self {
        assert!(rates.phy_reset_cycles < 1 << 24, "the PHY can't wait for {} cycles", rates.phy_reset_cycles);
        Self {
            core: Core64::new(params),
            host: UartHost::with_stall(params.clock_hz, rates.baud, rates.stall_cycles),
            agent: Agent::new(&services::PORTS),
            own_mac: Constant::new(STAND_ALONE.mac.into()),
            own_addr: Constant::new(u64::from(STAND_ALONE.addr.to_bits()).into()),
            own_mask: Constant::new(u64::from(STAND_ALONE.mask.to_bits()).into()),
            mdio: Mdio::new(params.clock_hz),
            micros: Micros::new(params.clock_hz),
            phy_reset: Constant::new(u64::from(rates.phy_reset_cycles).into()),
            clock: Default::default(),
            reset: Default::default(),
            stand_alone: Default::default(),
            services: Default::default(),
            hosts: Default::default(),
            switch: Default::default(),
            alone: Default::default(),
            waking: Default::default(),
            awake: Default::default(),
            uart_rx: Default::default(),
            uart_tx: Default::default(),
            mii_rx_clock: Default::default(),
            mii_rxd: Default::default(),
            mii_rx_dv: Default::default(),
            mii_rx_er: Default::default(),
            mii_tx_clock: Default::default(),
            mii_txd: Default::default(),
            mii_tx_en: Default::default(),
            mdc: Default::default(),
            mdio_in: Default::default(),
            mdio_out: Default::default(),
            mdio_drive: Default::default(),
            phy_reset_n: Default::default(),
            lamps: Default::default(),
            mac: Default::default(),
            leds: Default::default(),
            phy_wait: Default::default(),
            phy_awake: Default::default(),
            fault: Default::default(),
            frame: Default::default(),
        }
    }
}

/// The Verilog, with `arty_core` as its top.
///
/// # Errors
/// What the printer refuses.
///
/// # Panics
/// As [`ArtyCore::new`].
pub fn verilog(params: &Params, rates: &Rates) -> Result<String, EmitError> {
    let (params, rates) = (*params, *rates);
    on_a_large_stack(move || emit_top(Box::new(ArtyCore::new(&params, &rates)), "arty_core"))
}

impl Logic for ArtyCore {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, phy_wait, phy_awake, fault, frame, alone, waking);
        clock!(self, clock, core, host, agent, services, switch, mac, mdio, micros, leds);
        self.core.reset.next = self.reset.val();
        self.mac.reset.next = self.reset.val();
        // The core leaves every connection at once, without a word on their states.
        self.leds.reset.next = self.core.core_reset.val();
        self.mac.tx_cut.next = self.core.core_reset.val();
        self.core.now.next = self.micros.now.val();

        self.host.rx.next = self.uart_rx.val();
        self.uart_tx.next = self.host.tx.val();

        // Who is the host: the one behind the UART, or the services.
        self.switch.d.next = self.stand_alone.val();
        self.awake.next = self.waking.q.val().all();
        if !self.awake.val() {
            self.waking.d.next = self.waking.q.val() + 1;
            self.alone.d.next = self.switch.q.val();
        }
        self.host.reset.next = !self.awake.val() | self.alone.q.val();
        self.agent.reset.next = !self.awake.val() | !self.alone.q.val() | self.core.core_reset.val();
        self.services.reset.next = self.agent.reset.val();
        Bar0Out::join(&mut self.host.bar0, &mut self.hosts.first_bar0);
        Bar2Out::<Bits<64>, Bits<8>>::join(&mut self.host.bar2, &mut self.hosts.first_bar2);
        Bar0Out::join(&mut self.agent.bar0, &mut self.hosts.second_bar0);
        Bar2Out::<Bits<64>, Bits<8>>::join(&mut self.agent.bar2, &mut self.hosts.second_bar2);
        Bar0Out::join(&mut self.hosts.bar0, &mut self.core.bar0);
        Bar2Out::<Bits<64>, Bits<8>>::join(&mut self.hosts.bar2, &mut self.core.bar2);
        self.agent.mac.next = self.own_mac.val();
        self.agent.addr.next = self.own_addr.val();
        self.agent.mask.next = self.own_mask.val();
        self.agent.gateway.next = 0.into();
        // How long the link took to come up: of the few things here that are never the same twice.
        self.agent.seed.next = self.micros.now.val().get_bits::<32>(0);
        StreamOut::<AppOut>::join(&mut self.agent.out, &mut self.services.inp);
        StreamOut::<AppIn>::join(&mut self.services.out, &mut self.agent.inp);
        self.agent.want.next = self.services.want.val();
        self.services.room.next = self.agent.room.val();

        StreamOut::<Beat64>::join(&mut self.mac.rx, &mut self.core.rx);
        StreamOut::<Beat64>::join(&mut self.core.tx, &mut self.mac.tx);
        self.mac.rx_clock.next = self.mii_rx_clock.val();
        self.mac.rxd.next = self.mii_rxd.val();
        self.mac.rx_dv.next = self.mii_rx_dv.val();
        self.mac.rx_er.next = self.mii_rx_er.val();
        self.mac.tx_clock.next = self.mii_tx_clock.val();
        self.mii_txd.next = self.mac.txd.val();
        self.mii_tx_en.next = self.mac.tx_en.val();

        // The PHY: its reset, then its management.
        if !self.phy_awake.q.val() {
            self.phy_wait.d.next = self.phy_wait.q.val() + 1;
        }
        if self.phy_wait.q.val() == self.phy_reset.val() {
            self.phy_awake.d.next = true;
        }
        self.phy_reset_n.next = self.phy_awake.q.val();
        self.mdio.reset.next = !self.phy_awake.q.val();
        self.mdc.next = self.mdio.mdc.val();
        self.mdio.mdio_in.next = self.mdio_in.val();
        self.mdio_out.next = self.mdio.mdio_out.val();
        self.mdio_drive.next = self.mdio.mdio_drive.val();
        self.core.link.next = self.mdio.link.val();

        self.frame.d.next = (self.core.rx.valid.val() & self.core.rx.data.val().last)
            | (self.core.tx.valid.val() & self.core.tx.data.val().last);
        self.fault.d.next = self.mac.stat_fcs.val()
            | self.mac.stat_length.val()
            | self.mac.stat_phy.val()
            | self.mac.stat_overflow.val()
            | self.mac.stat_fragment.val()
            | self.mac.stat_underflow.val()
            | (self.mdio.link.val() & !self.mdio.full.val());
        self.leds.link.next = self.mdio.link.val();
        self.leds.frame.next = self.frame.q.val();
        self.leds.fault.next = self.fault.q.val();
        self.leds.state_valid.next = self.core.state_valid.val();
        self.leds.state_flow.next = self.core.state_flow.val();
        self.leds.state.next = self.core.state.val();
        self.lamps.next = self.leds.lamps.val();
        if self.reset.val() {
            self.waking.d.next = 0.into();
            self.phy_wait.d.next = 0.into();
            self.phy_awake.d.next = false;
        }
    }
}
