// SPDX-License-Identifier: MIT OR Apache-2.0
//! End to end: the driver, the Verilated core and the Linux kernel's TCP with real programs, through a TAP device in a network
//! namespace of each test's own. Needs root's rights, and says so without.
#![cfg(target_os = "linux")]

mod cycles;
mod limits;
mod transfers;

use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};

use syncline::Stream;
use syncline_tests::kernel::{Bench, LIMIT, card, kernel};

/// A socket of the kernel's with limits.
fn limited(socket: TcpStream) -> TcpStream {
    socket.set_read_timeout(Some(LIMIT)).expect("a limit");
    socket.set_write_timeout(Some(LIMIT)).expect("a limit");
    socket
}

/// The kernel connects to the card.
fn call(port: u16) -> TcpStream {
    let to = SocketAddr::from(card(port));
    limited(TcpStream::connect_timeout(&to, LIMIT).unwrap_or_else(|e| panic!("connecting to {to}: {e}")))
}

/// The kernel accepts a connection. The test itself ends when the card does not connect.
fn accept(listener: &TcpListener) -> TcpStream {
    limited(listener.accept().expect("a connection").0)
}

/// The card connects to the kernel.
fn connect(bench: &Bench, port: u16) -> Stream {
    let to = kernel(port).into();
    bench.device.connect(to, LIMIT).unwrap_or_else(|e| panic!("{e}; {}", bench.counters()))
}

/// All that comes until the other side closes.
fn rest(mut from: impl Read, what: &str) -> Vec<u8> {
    let mut bytes = vec![];
    from.read_to_end(&mut bytes).unwrap_or_else(|e| panic!("{what}, after {} bytes: {e}", bytes.len()));
    bytes
}
