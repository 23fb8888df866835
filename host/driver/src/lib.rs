// SPDX-License-Identifier: MIT OR Apache-2.0
//! Driver for the Syncline TCP offload engine.
//!
//! [`Device::open`] takes a transport (a [`Bar`]); [`Device::configure`] gives the card its addresses; [`Device::connect`] and
//! [`Device::listen`] make [`Stream`]s, which read and write like `std::net::TcpStream`. The card does the TCP.

#![deny(missing_docs)]

mod bar;
mod device;
mod engine;
mod error;
mod info;
mod limits;
mod listener;
mod mmio;
mod stream;
#[cfg(feature = "testing")]
pub mod testing;
pub mod transport;

pub use bar::{Bar, BarError, Capabilities};
pub use device::{Config, ConnectOptions, Device};
pub use error::Error;
pub use info::ConnectionInfo;
pub use limits::Limits;
pub use listener::Listener;
pub use stream::Stream;
pub use syncline_regs as regs;

/// What the driver's calls return.
pub type Result<T> = std::result::Result<T, Error>;
