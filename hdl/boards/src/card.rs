// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Card`] and [`Card8`]: what a board with a PHY and a UART has around the core, but for the MAC.

use std::net::Ipv4Addr;

use rust_hdl::prelude::*;
use syncline_hdl::core::{Core64, Core64x8};
use syncline_hdl::host::bar::{Bar0Out, Bar2Out};
use syncline_hdl::params::Params;
use syncline_hdl::stream::{Beat64, StreamIn, StreamOut};

use crate::app::agent::Agent;
use crate::app::host_join::HostJoin;
use crate::app::services::{self, Services};
use crate::app::{AppIn, AppOut};
use crate::cdc::synchroniser::Synchroniser;
use crate::leds::Leds;
use crate::mac::MacStats;
use crate::mac::mdio::Mdio;
use crate::micros::Micros;
use crate::uart::host::UartHost;

/// How long the PHY is held in reset: its supply is stable and its clock runs for some of it. The DP83848 asks for 1 us, others for 10 ms.
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
    /// A board's, with its clock and the baud rate of its host.
    pub fn of_a_board(clock_hz: u32, baud: u32) -> Self {
        Self {
            baud,
            stall_cycles: clock_hz / 1000 * syncline_regs::uart::STALL_MS,
            phy_reset_cycles: clock_hz / 1_000_000 * PHY_RESET_US,
        }
    }
}

/// The rate of the MAC: a link of another is none, and a fault.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Rate {
    /// 10 or 100 Mbit/s, as the PHY's clocks are; only half duplex is a fault.
    Hundred,
    /// 1000 Mbit/s and nothing else.
    Thousand,
}

/// Addresses without a host.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// The first octet is the most significant one.
    pub mac: u64,
    pub addr: Ipv4Addr,
    pub mask: Ipv4Addr,
}

/// The card's when it serves alone; the driver's default.
pub const STAND_ALONE: Addresses = Addresses {
    mac: 0x0253_594e_4301,
    addr: Ipv4Addr::new(10, 0, 0, 1),
    mask: Ipv4Addr::new(255, 255, 255, 0),
};

macro_rules! card {
    ($name:ident, $core:ident) => {
        /// On the core's clock, all of it.
        #[derive(LogicBlock)]
        pub struct $name {
            pub clock: Signal<In, Clock>,
            pub reset: Signal<In, Bit>,
            /// No host: services in the fabric answer, at the addresses of [`STAND_ALONE`]. Looked at after a reset; not synchronous to the clock.
            pub stand_alone: Signal<In, Bit>,
            /// The pin that the host drives; not synchronous to the clock.
            pub uart_rx: Signal<In, Bit>,
            /// The pin that the host listens to.
            pub uart_tx: Signal<Out, Bit>,
            /// Frames from the MAC, frames to it, and what it threw away.
            pub rx: StreamIn<Beat64>,
            pub tx: StreamOut<Beat64>,
            /// A frame on its way to the MAC ends here, without its last beat.
            pub core_reset: Signal<Out, Bit>,
            pub mac: Signal<In, MacStats>,
            pub mdc: Signal<Out, Bit>,
            pub mdio_in: Signal<In, Bit>,
            pub mdio_out: Signal<Out, Bit>,
            pub mdio_drive: Signal<Out, Bit>,
            /// The PHY's reset, active low.
            pub phy_reset_n: Signal<Out, Bit>,
            /// See [`Leds`]. A link that the MAC can't use is a fault: half duplex, as it does not look at collisions, or another rate.
            pub lamps: Signal<Out, Bits<4>>,
            core: $core,
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
            mdio: Mdio,
            micros: Micros,
            leds: Leds<22>,
            phy_wait: DFF<Bits<24>>,
            phy_awake: DFF<Bit>,
            phy_reset: Constant<Bits<24>>,
            thousand: Constant<Bit>,
            link: Signal<Local, Bit>,
            unfit: Signal<Local, Bit>,
            seen: Signal<Local, MacStats>,
            fault: DFF<Bit>,
            frame: DFF<Bit>,
        }

        impl $name {
            /// # Panics
            /// When `params` are not of the core's sizes, or a rate is not one for the clock.
            pub fn new(params: &Params, rates: &Rates, rate: Rate) -> Self {
                assert!(
                    rates.phy_reset_cycles < 1 << 24,
                    "the PHY can't wait for {} cycles",
                    rates.phy_reset_cycles
                );
                let mdio = match rate {
                    Rate::Hundred => Mdio::new(params.clock_hz),
                    Rate::Thousand => Mdio::gigabit(params.clock_hz),
                };
                Self {
                    core: $core::new(params),
                    host: UartHost::with_stall(params.clock_hz, rates.baud, rates.stall_cycles),
                    agent: Agent::new(&services::PORTS),
                    own_mac: Constant::new(STAND_ALONE.mac.into()),
                    own_addr: Constant::new(u64::from(STAND_ALONE.addr.to_bits()).into()),
                    own_mask: Constant::new(u64::from(STAND_ALONE.mask.to_bits()).into()),
                    mdio,
                    micros: Micros::new(params.clock_hz),
                    phy_reset: Constant::new(u64::from(rates.phy_reset_cycles).into()),
                    thousand: Constant::new(rate == Rate::Thousand),
                    clock: Default::default(),
                    reset: Default::default(),
                    stand_alone: Default::default(),
                    core_reset: Default::default(),
                    services: Default::default(),
                    hosts: Default::default(),
                    switch: Default::default(),
                    alone: Default::default(),
                    waking: Default::default(),
                    awake: Default::default(),
                    uart_rx: Default::default(),
                    uart_tx: Default::default(),
                    rx: Default::default(),
                    tx: Default::default(),
                    mac: Default::default(),
                    mdc: Default::default(),
                    mdio_in: Default::default(),
                    mdio_out: Default::default(),
                    mdio_drive: Default::default(),
                    phy_reset_n: Default::default(),
                    lamps: Default::default(),
                    leds: Default::default(),
                    phy_wait: Default::default(),
                    phy_awake: Default::default(),
                    link: Default::default(),
                    unfit: Default::default(),
                    seen: Default::default(),
                    fault: Default::default(),
                    frame: Default::default(),
                }
            }
        }

        impl Logic for $name {
            syncline_hdl::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                dff_setup!(self, clock, phy_wait, phy_awake, fault, frame, alone, waking);
                clock!(self, clock, core, host, agent, services, switch, mdio, micros, leds);
                self.core.reset.next = self.reset.val();
                self.core_reset.next = self.core.core_reset.val();
                // The core leaves every connection at once, without a word on their states.
                self.leds.reset.next = self.core.core_reset.val();
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

                StreamIn::<Beat64>::link(&mut self.rx, &mut self.core.rx);
                StreamOut::<Beat64>::link(&mut self.tx, &mut self.core.tx);

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
                self.link.next = self.mdio.link.val();
                self.unfit.next = self.mdio.link.val() & !self.mdio.full.val();
                if self.thousand.val() {
                    self.link.next = self.mdio.link.val() & self.mdio.thousand.val();
                    self.unfit.next = self.mdio.link.val() & !self.mdio.thousand.val();
                }
                self.core.link.next = self.link.val();

                self.frame.d.next = (self.core.rx.valid.val() & self.core.rx.data.val().last)
                    | (self.core.tx.valid.val() & self.core.tx.data.val().last);
                self.seen.next = self.mac.val();
                self.fault.d.next = self.seen.val().fcs
                    | self.seen.val().length
                    | self.seen.val().phy
                    | self.seen.val().overflow
                    | self.seen.val().fragment
                    | self.seen.val().underflow
                    | self.unfit.val();
                self.leds.link.next = self.link.val();
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
    };
}
card!(Card, Core64);
card!(Card8, Core64x8);
