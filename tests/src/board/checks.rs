// SPDX-License-Identifier: MIT OR Apache-2.0
//! What every board with an Ethernet PHY has to do, and the steps that its tests share.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use syncline::Device;
use syncline_hdl::params::Params;
use syncline_pins::mii::{fcs, sealed};
use syncline_regs::{counters, map};
use syncline_sim::peer::{SmoltcpConfig, SmoltcpPeer};

use super::ethernet::{Board, Pads, lamp};
use super::uart_bar::UartBar;
use crate::smoltcp::{Bench, PEER, lock};
use crate::wire::LOCAL_MAC;

/// Everything takes a second of the board's time or a few; this is for one that hangs.
pub const LIMIT: Duration = Duration::from_secs(60);

/// A board that its driver, its peer and a test share.
pub type Shared<P> = Arc<Mutex<Board<P>>>;

/// The board behind its UART.
///
/// # Panics
/// When the driver finds no card there.
pub fn opened<P: Pads + Send + 'static>(board: Board<P>) -> (Shared<P>, Device) {
    let board = Arc::new(Mutex::new(board));
    let device = Device::open(UartBar(board.clone())).expect("a card");
    (board, device)
}

/// The card at the address that [`crate::hostile::forge::Packet`] has for it.
///
/// # Panics
/// When it takes no configuration.
pub fn configure(device: &Device) {
    let own = syncline::Config { mac: LOCAL_MAC, ..Default::default() };
    device.configure(&own).expect("a configuration");
}

/// A peer, plugged in.
pub fn peer<P: Pads>(board: &Shared<P>) -> Arc<Mutex<SmoltcpPeer>> {
    let config = SmoltcpConfig { address: PEER, prefix: 24, ..SmoltcpConfig::default() };
    let peer = Arc::new(Mutex::new(SmoltcpPeer::new(config)));
    lock(board).plug(peer.clone());
    peer
}

/// A counter of the card.
///
/// # Panics
/// When it can't be read.
pub fn count(device: &Device, slot: usize) -> u32 {
    device.read_register(map::COUNTERS + 4 * slot as u32).expect("a counter")
}

/// Nothing was wrong at the pins.
///
/// # Panics
/// When something was.
pub fn no_faults<P: Pads>(board: &Shared<P>) {
    assert_eq!(lock(board).faults(), [""; 0]);
}

/// Runs until all is sent, and for as long as a frame takes.
pub fn drain<P: Pads>(board: &Shared<P>) {
    let mut board = lock(board);
    while !board.wire().is_idle() {
        board.run(1_000);
    }
    board.run(20_000);
}

/// A connection opened, over which `bytes` are echoed, and one accepted, over which half as many come.
///
/// # Panics
/// When a byte differs, something was sent again or is wrong at the pins, or the card is not of these `params`.
pub fn both_roles<P: Pads>((board, device): (Shared<P>, Device), params: &Params, bytes: usize) {
    assert_eq!(device.read_register(map::BOARD_ID).expect("a register"), params.board);
    assert_eq!(device.read_register(map::FLOWS).expect("a register"), params.flows());
    let peer = peer(&board);
    let bench = Bench::around(board.clone(), peer, device, LIMIT, 1);
    bench.echo(1, bytes, 1);
    assert!(!lock(&board).lit(lamp::ESTABLISHED));
    bench.receive(bytes as u64 / 2 + 1, 1);
    let counted = |slot| count(&bench.device, slot);
    assert_eq!((counted(counters::OPENED), counted(counters::ACCEPTED)), (2, 1));
    assert_eq!((counted(counters::RETRANSMIT), counted(counters::TCP_CHECKSUM)), (0, 0));
    assert!(!lock(&board).lit(lamp::FAULT));
    no_faults(&board);
}

/// A frame of so many bytes, without FCS, that nobody has a use for: the core counts it and that is all.
pub fn useless(length: usize) -> Vec<u8> {
    let mut frame = [&[0xff; 6][..], &[2, 0, 0, 0, 0, 2, 0x88, 0xb5]].concat();
    frame.extend((frame.len()..length).map(|i| (i * 7) as u8));
    frame
}

/// Each kind of wrong frame (FCS, runt, fragment, giant), alone and between good ones: the core gets the good ones, and the lamp tells.
///
/// # Panics
/// When it is not so.
pub fn wrong_frames<P: Pads>(board: &Shared<P>, device: &Device) {
    let good = useless(100);
    let with_fcs = |frame: &[u8]| [frame, &fcs(frame)].concat();
    let flipped = |at: usize| {
        let mut bytes = sealed(&good);
        bytes[at] ^= 0x10;
        bytes
    };
    for (what, bad) in [
        ("FCS", flipped(102)),
        ("data", flipped(50)),
        ("runt", with_fcs(&useless(59))),
        ("short runt", with_fcs(&useless(14))),
        ("fragment", vec![1, 2, 3, 4]),
        ("giant", with_fcs(&useless(1515))),
        ("long giant", with_fcs(&useless(4000))),
    ] {
        lock(board).reset();
        configure(device);
        let send = |bytes: &[u8]| {
            lock(board).wire().send_raw(bytes);
            drain(board);
            count(device, counters::RX_FRAMES)
        };
        assert_eq!(send(&sealed(&good)), 1, "{what}");
        assert!(!lock(board).lit(lamp::FAULT), "{what}");
        assert_eq!(send(&bad), 1, "{what}");
        assert!(lock(board).lit(lamp::FAULT), "{what}");
        // Between good ones, with the least gaps.
        for bytes in [&sealed(&good), &bad, &sealed(&good), &bad, &bad, &sealed(&useless(1514))] {
            lock(board).wire().send_raw(bytes);
        }
        drain(board);
        assert_eq!(count(device, counters::RX_FRAMES), 4, "{what}");
        assert_eq!(count(device, counters::RX_UNKNOWN_ETHERTYPE), 4, "{what}");
    }
    no_faults(board);
}
