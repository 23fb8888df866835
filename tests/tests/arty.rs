// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Arty at its pins: MII nibbles joined to smoltcp, the driver behind the UART's bits.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use syncline::Device;
use syncline_boards::arty;
use syncline_regs::{counters, map};
use syncline_sim::peer::{SmoltcpConfig, SmoltcpPeer};
use syncline_tests::board::arty::{Arty, lamp};
use syncline_tests::board::uart_bar::UartBar;
use syncline_tests::smoltcp::{Bench, PEER, lock};

/// Everything takes a second of the board's time or a few; this is for one that hangs.
const LIMIT: Duration = Duration::from_secs(60);

type Board = Arc<Mutex<Arty>>;

fn board(ppm: [i64; 2]) -> (Board, Device) {
    let board = Arc::new(Mutex::new(Arty::new(ppm)));
    let device = Device::open(UartBar(board.clone())).expect("a card");
    (board, device)
}

fn peer(board: &Board) -> Arc<Mutex<SmoltcpPeer>> {
    let config = SmoltcpConfig { address: PEER, prefix: 24, ..SmoltcpConfig::default() };
    let peer = Arc::new(Mutex::new(SmoltcpPeer::new(config)));
    lock(board).plug(peer.clone());
    peer
}

fn count(device: &Device, slot: usize) -> u32 {
    device.read_register(map::COUNTERS + 4 * slot as u32).expect("a counter")
}

fn no_faults(board: &Board) {
    assert_eq!(lock(board).faults(), (&[][..], &[][..], &[][..]));
}

/// Both roles, with the PHY's clocks as far off as 802.3 lets them (22.2.2: 100 ppm), either way round.
#[test]
fn connections_in_both_roles_while_the_clocks_drift() {
    for ppm in [[100, -100], [-100, 100]] {
        let (board, device) = board(ppm);
        assert_eq!(device.read_register(map::BOARD_ID).expect("a register"), arty::PARAMS.board);
        let peer = peer(&board);
        let bench = Bench::around(board.clone(), peer, device, LIMIT, 1);
        bench.echo(1, 6_001, 1);
        assert!(!lock(&board).lit(lamp::ESTABLISHED));
        bench.receive(3_001, 1);
        let counted = |slot| count(&bench.device, slot);
        assert_eq!((counted(counters::OPENED), counted(counters::ACCEPTED)), (2, 1));
        assert_eq!((counted(counters::RETRANSMIT), counted(counters::TCP_CHECKSUM)), (0, 0));
        assert!(!lock(&board).lit(lamp::FAULT));
        no_faults(&board);
    }
}
