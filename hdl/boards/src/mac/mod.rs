// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Ethernet MAC: from frames to the PHY's pins and back.
//!
//! The layers, from the PHY to the core: [`mii_rx`] makes bytes of nibbles, or [`gmii_rx`] takes them as they are, [`frame_rx`] checks the
//! frame and takes its FCS off, [`rx_gate`] brings it to the core's clock and width and lets whole good frames pass; [`tx_gate`],
//! [`frame_tx`] and [`mii_tx`] or [`gmii_tx`] are the way out. [`mii_receive`], [`mii_transmit`], [`gmii_receive`] and [`gmii_transmit`] join
//! what runs on one of the PHY's clocks, [`crossing`] both gates and the resets; [`mii_mac`] and [`rgmii_mac`] are whole MACs.
//! Full duplex only: collisions and carrier sense are not looked at.

pub mod crc32;
pub mod crossing;
pub mod frame_rx;
pub mod frame_tx;
pub mod gmii_receive;
pub mod gmii_rx;
pub mod gmii_transmit;
pub mod gmii_tx;
pub mod mdio;
pub mod mii_mac;
pub mod mii_receive;
pub mod mii_rx;
pub mod mii_transmit;
pub mod mii_tx;
pub mod rgmii_mac;
pub mod rx_gate;
pub mod tx_gate;

use rust_hdl::prelude::*;

/// Bits of [`RxByte::fault`].
pub mod fault {
    /// The frame check sequence is wrong.
    pub const FCS: u64 = 1;
    /// Below 64 bytes or above the longest frame.
    pub const LENGTH: u64 = 2;
    /// The PHY reported an error within the frame.
    pub const PHY: u64 = 4;
}

/// A byte of a received frame.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct RxByte {
    pub data: Bits<8>,
    /// The frame's last byte before the FCS.
    pub last: Bit,
    /// With `last`: what is wrong with the frame ([`fault`]), 0 for a good one.
    pub fault: Bits<3>,
}

/// Pulses on the core's clock: a frame was thrown away, and why.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct MacStats {
    /// Received with a wrong FCS, ...
    pub fcs: Bit,
    /// ... a wrong length, ...
    pub length: Bit,
    /// ... an error that the PHY reported, ...
    pub phy: Bit,
    /// ... or no room for it; ...
    pub overflow: Bit,
    /// ... less than a frame was received.
    pub fragment: Bit,
    /// A frame was spoilt on its way out; it never is.
    pub underflow: Bit,
}

#[cfg(test)]
mod bench;
#[cfg(test)]
mod gates_tests;
#[cfg(test)]
mod gmii_tests;
#[cfg(test)]
mod mdio_tests;
#[cfg(test)]
mod mii_tests;
#[cfg(test)]
mod reference;
