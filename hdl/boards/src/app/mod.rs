// SPDX-License-Identifier: MIT OR Apache-2.0
//! The application port: connections as streams of bytes for logic in the fabric, without a host. `docs/app-port.md` is its contract.
//!
//! [`agent::Agent`] is the port; it drives the core's BARs as a driver does. One of its parts works at a time: [`start`], [`events`],
//! [`receive`], [`transmit`], [`commands`]. [`services`] is an application: echo, discard and chargen.

pub mod agent;
pub mod chargen;
pub mod commands;
pub mod discard;
pub mod echo;
pub mod events;
pub mod host_join;
pub mod receive;
pub mod services;
pub mod start;
pub mod transmit;

#[cfg(test)]
mod tests;

use rust_hdl::prelude::*;

/// From the port to the application: `tdata`, `tkeep`, `tlast`, `tid`, `tdest`, `tuser`.
///
/// `keep`: a byte. Neither `keep` nor `last`: the connection begins. `last`, never with a byte: nothing more comes of this connection.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct AppOut {
    pub data: Bits<8>,
    pub keep: Bit,
    pub last: Bit,
    /// The connection.
    pub id: Bits<4>,
    /// Our port.
    pub dest: Bits<16>,
    /// With `last`: it ended without the peer's FIN.
    pub user: Bit,
}

/// From the application to the port: `tdata`, `tkeep`, `tlast`, `tid`. `keep`: a byte. `last`: nothing more comes behind it.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct AppIn {
    pub data: Bits<8>,
    pub keep: Bit,
    pub last: Bit,
    /// The connection.
    pub id: Bits<4>,
}

/// Where a flow is, for its application.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum Phase {
    /// No connection, or one that has been given back.
    Free,
    /// The application has not heard of it.
    New,
    Running,
    /// The application knows that nothing more comes.
    Ended,
}

/// What the event ring has said of a flow.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Seen {
    pub generation: Bits<16>,
    pub lport: Bits<16>,
    /// Low bits of sequence numbers: rings have 4096 bytes, so that one bit more tells full from empty.
    pub placed: Bits<13>,
    pub snd_una: Bits<13>,
    /// The peer's FIN came, and all before it is there.
    pub fin: Bit,
    /// The state is CLOSED.
    pub dead: Bit,
    /// The rest means something.
    pub known: Bit,
}

/// The receiving side of a flow.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Reading {
    /// Behind the last byte read.
    pub pointer: Bits<32>,
    pub phase: Phase,
}

/// The sending side of a flow.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Writing {
    /// Behind the last byte written.
    pub pointer: Bits<32>,
    /// The application has said that no more comes.
    pub shut: Bit,
}
