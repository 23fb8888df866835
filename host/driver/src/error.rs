// SPDX-License-Identifier: MIT OR Apache-2.0
//! What can go wrong: what was tried, on what, and why.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use syncline_regs::code::{Opcode, State, Status};

use crate::BarError;

/// An error of the driver.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The transport failed.
    #[error(transparent)]
    Bar(#[from] BarError),
    /// All registers read as ones: the card is off the bus.
    #[error("the card is gone: its registers read as all ones")]
    DeviceGone,
    /// BAR0 does not begin with Syncline's magic.
    #[error(
        "this is no Syncline card: its first register reads 0x{magic:08x}, not 0x{:08x} (\"SYNC\")",
        syncline_regs::MAGIC
    )]
    NotACard {
        /// What was read.
        magic: u32,
    },
    /// The card speaks another major version of the host ABI.
    #[error(
        "the card speaks host ABI {major}.{minor}, this driver {}.{}",
        syncline_regs::ABI_MAJOR,
        syncline_regs::ABI_MINOR
    )]
    AbiMismatch {
        /// The card's major version.
        major: u16,
        /// The card's minor version.
        minor: u16,
    },
    /// A limit that the card reports can't be.
    #[error("the card reports {name} = {value}, which can't be")]
    BadLimit {
        /// Name of the register.
        name: &'static str,
        /// Its value.
        value: u32,
    },
    /// The card did not do in time what it does in microseconds.
    #[error("the card did not {what} within {after:?}")]
    Unresponsive {
        /// What was waited for.
        what: &'static str,
        /// How long.
        after: Duration,
    },
    /// The peer answered the SYN with an RST: nobody listens there.
    #[error("connection to {peer} refused")]
    Refused {
        /// The peer.
        peer: SocketAddr,
    },
    /// The peer reset the connection.
    #[error("connection with {peer} reset by the peer")]
    Reset {
        /// The peer.
        peer: SocketAddr,
    },
    /// The peer stopped answering: the card gave up after its last retransmission.
    #[error("connection with {peer} timed out: no acknowledgement after all retransmissions")]
    TimedOut {
        /// The peer.
        peer: SocketAddr,
    },
    /// Nobody answers ARP for the next hop.
    #[error("{peer} is unreachable: its next hop does not answer ARP")]
    Unreachable {
        /// The peer.
        peer: SocketAddr,
    },
    /// The connection was aborted on this side.
    #[error("connection with {peer} was aborted")]
    Aborted {
        /// The peer.
        peer: SocketAddr,
    },
    /// The caller's deadline passed.
    #[error("{what} took longer than {after:?}{}", state.map_or(String::new(), |s| format!(" (the connection is in {s})")))]
    Deadline {
        /// What was waited for, and with whom.
        what: String,
        /// The caller's limit.
        after: Duration,
        /// State of the connection, if there is one.
        state: Option<State>,
    },
    /// Every flow of the card is in use.
    #[error("the card is full: all of its {flows} connections are in use")]
    CardFull {
        /// Connections that the card holds.
        flows: u32,
    },
    /// A connection with these addresses and ports exists.
    #[error("port {port} is in use for a connection to {peer}")]
    AddressInUse {
        /// The local port.
        port: u16,
        /// The peer.
        peer: SocketAddr,
    },
    /// No connection can be opened to this address.
    #[error("can't connect to {peer}: {why}")]
    BadAddress {
        /// The peer.
        peer: SocketAddr,
        /// Why not.
        why: &'static str,
    },
    /// The configuration can't be.
    #[error("bad configuration: {0}")]
    BadConfig(String),
    /// The port is in use by another listener of this driver, or is 0.
    #[error("can't listen on port {port}: {why}")]
    BadPort {
        /// The port.
        port: u16,
        /// Why not.
        why: &'static str,
    },
    /// The call needs a sending side, and ours is closed: our FIN is sent, or follows what is queued (RFC 9293, 3.10.2).
    #[error("{what} {peer} is not possible: the sending side is closed (the connection is in {state})")]
    SendClosed {
        /// The call.
        what: &'static str,
        /// The peer.
        peer: SocketAddr,
        /// The state.
        state: State,
    },
    /// The command is not possible in the connection's state.
    #[error("{what} is not possible: the connection with {peer} is in {state}")]
    BadState {
        /// The command.
        what: &'static str,
        /// The peer.
        peer: SocketAddr,
        /// The state.
        state: State,
    },
    /// The card refused a command.
    #[error("the card refused {opcode}: {}", status.map_or_else(|c| format!("status {c}"), |s| s.meaning().to_owned()))]
    Command {
        /// The command.
        opcode: Opcode,
        /// Its status, or a number that this driver doesn't know.
        status: Result<Status, u8>,
    },
    /// The card has not been configured.
    #[error("the card is not enabled: configure its addresses first")]
    NotEnabled,
    /// A ring entry makes no sense.
    #[error("an entry of the {ring} ring makes no sense: 0x{word:08x}")]
    BadEntry {
        /// Which ring.
        ring: &'static str,
        /// The entry's first word.
        word: u32,
    },
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        use io::ErrorKind as Kind;
        let kind = match &error {
            Error::Refused { .. } => Kind::ConnectionRefused,
            Error::Reset { .. } => Kind::ConnectionReset,
            Error::Aborted { .. } => Kind::ConnectionAborted,
            Error::TimedOut { .. } | Error::Deadline { .. } | Error::Unresponsive { .. } => Kind::TimedOut,
            Error::Unreachable { .. } => Kind::HostUnreachable,
            Error::AddressInUse { .. } => Kind::AddrInUse,
            Error::BadAddress { .. } | Error::BadConfig(_) | Error::BadPort { .. } => Kind::InvalidInput,
            Error::SendClosed { .. } | Error::BadState { .. } => Kind::BrokenPipe,
            _ => Kind::Other,
        };
        io::Error::new(kind, error)
    }
}
