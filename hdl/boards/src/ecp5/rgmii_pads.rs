// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`RgmiiPads`]: the pins of an RGMII (RGMII 2.0, 3.3), a cycle of both directions at a time.

use rust_hdl::prelude::*;

use super::ddr_in::DdrIn;
use super::ddr_out::{DdrOut, Delay};

/// What is done about the two nanoseconds by which an RGMII's clock is to be later than its data, and which the PHY may see to.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Delays {
    /// By this `RXD` and `RX_CTL` are later than at the pin.
    pub rx: Delay,
    /// By this `TXC` is later than `TXD` and `TX_CTL`.
    pub tx: Delay,
}

/// The DDR registers of all pins: the low nibble and the first bit belong to the rising edge. `TXC` is `tx_clock` through such a register.
#[derive(LogicBlock)]
pub struct RgmiiPads {
    /// `RXC`, from its pin.
    pub rx_clock: Signal<In, Clock>,
    /// The pins, ...
    pub rxd_pins: Signal<In, Bits<4>>,
    pub rx_ctl_pin: Signal<In, Bit>,
    /// ... and what was on them in the last cycle.
    pub rxd: Signal<Out, Bits<8>>,
    pub rx_ctl: Signal<Out, Bits<2>>,
    pub tx_clock: Signal<In, Clock>,
    /// What is to be on the pins, ...
    pub txd: Signal<In, Bits<8>>,
    pub tx_ctl: Signal<In, Bits<2>>,
    /// ... and the pins.
    pub txc_pin: Signal<Out, Bit>,
    pub txd_pins: Signal<Out, Bits<4>>,
    pub tx_ctl_pin: Signal<Out, Bit>,
    data_in: [DdrIn; 4],
    control_in: DdrIn,
    clock_out: DdrOut,
    data_out: [DdrOut; 4],
    control_out: DdrOut,
    rises: [Signal<Local, Bits<4>>; 5],
    falls: [Signal<Local, Bits<4>>; 5],
    sent: [Signal<Local, Bits<4>>; 5],
}

impl RgmiiPads {
    /// With these delays.
    pub fn new(delays: Delays) -> Self {
        let none = Delay::picoseconds(0);
        Self {
            data_in: std::array::from_fn(|_| DdrIn::new(delays.rx)),
            control_in: DdrIn::new(delays.rx),
            clock_out: DdrOut::new(delays.tx),
            data_out: std::array::from_fn(|_| DdrOut::new(none)),
            control_out: DdrOut::new(none),
            rx_clock: Default::default(),
            rxd_pins: Default::default(),
            rx_ctl_pin: Default::default(),
            rxd: Default::default(),
            rx_ctl: Default::default(),
            tx_clock: Default::default(),
            txd: Default::default(),
            tx_ctl: Default::default(),
            txc_pin: Default::default(),
            txd_pins: Default::default(),
            tx_ctl_pin: Default::default(),
            rises: Default::default(),
            falls: Default::default(),
            sent: Default::default(),
        }
    }
}

impl Logic for RgmiiPads {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, rx_clock, control_in);
        clock!(self, tx_clock, clock_out, control_out);
        self.rises[0].next = 0.into();
        self.falls[0].next = 0.into();
        self.sent[0].next = 0.into();
        for i in 0..4 {
            self.data_in[i].clock.next = self.rx_clock.val();
            self.data_in[i].pin.next = self.rxd_pins.val().get_bit(i);
            self.rises[i + 1].next = self.rises[i].val().replace_bit(i, self.data_in[i].first.val());
            self.falls[i + 1].next = self.falls[i].val().replace_bit(i, self.data_in[i].second.val());
            self.data_out[i].clock.next = self.tx_clock.val();
            self.data_out[i].first.next = self.txd.val().get_bit(i);
            self.data_out[i].second.next = self.txd.val().get_bit(i + 4);
            self.sent[i + 1].next = self.sent[i].val().replace_bit(i, self.data_out[i].pin.val());
        }
        self.rxd.next = bit_cast::<8, 4>(self.rises[4].val()) | (bit_cast::<8, 4>(self.falls[4].val()) << 4);
        self.txd_pins.next = self.sent[4].val();
        self.control_in.pin.next = self.rx_ctl_pin.val();
        self.rx_ctl.next = bits::<2>(0)
            .replace_bit(0, self.control_in.first.val())
            .replace_bit(1, self.control_in.second.val());
        self.control_out.first.next = self.tx_ctl.val().get_bit(0);
        self.control_out.second.next = self.tx_ctl.val().get_bit(1);
        self.tx_ctl_pin.next = self.control_out.pin.val();
        self.clock_out.first.next = true;
        self.clock_out.second.next = false;
        self.txc_pin.next = self.clock_out.pin.val();
    }
}
