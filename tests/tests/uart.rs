// SPDX-License-Identifier: MIT OR Apache-2.0
//! End to end over a serial line: the driver at one end of a pseudo-terminal, the Verilated core behind its UART at the other, and
//! smoltcp on the core's cable: what `smoltcp.rs` does in one process.
#![cfg(target_os = "linux")]

use std::time::Duration;

use syncline::Device;
use syncline::regs::code::State;
use syncline::transport::{Line, Uart};
use syncline_tests::smoltcp::{Bench, plug};
use syncline_tests::uart::Board;

/// Everything takes seconds; this is for a card that hangs.
const LIMIT: Duration = Duration::from_secs(240);

fn line(board: &Board) -> Line {
    // The simulation is as fast as it is: the baud rate says how long frames may be, and nothing has to be soon.
    let line: Line = format!("{}:3000000", board.path().display()).parse().expect("a line");
    Line { patience: Duration::from_secs(30), ..line }
}

#[test]
fn connections_in_both_roles_over_a_uart() {
    let (board, peer) = Board::new(|card| plug(card, 1));
    let uart = Uart::open(&line(&board)).expect("a card");
    let device = Device::open(uart).expect("a card");
    let limits = device.limits();
    assert_eq!((limits.flows, limits.data_width, limits.tx_ring_bytes), (16, 64, 4096));
    let bench = Bench::around(board.card.clone(), peer, device, LIMIT, 1);
    bench.echo(1, 9_001, 1);
    bench.echo(2, 777, 1);
    bench.receive(6_001, 1);
    let counters = bench.device.counters().expect("counters");
    let count = |name: &str| counters.iter().find(|c| c.0 == name).expect(name).1;
    assert_eq!((count("opened"), count("accepted"), count("bad_doorbell")), (4, 1, 0));
    assert_eq!((count("retransmit"), count("tcp_checksum"), count("no_listener")), (0, 0, 0));
    assert!(bench.device.connections().expect("a table").iter().all(|c| c.state != State::Established));

    // Another driver finds the card as this one leaves it, and nothing was ever wrong on the line, either way.
    drop(bench);
    let mut uart = Uart::open(&line(&board)).expect("a card");
    assert_eq!(uart.faults().expect("counters").map(|(_, count)| count), [0; 4]);
    assert_eq!(board.faults(), []);
    let device = Device::open(uart).expect("a card");
    assert!(device.config().expect("a configuration").is_some());
}
