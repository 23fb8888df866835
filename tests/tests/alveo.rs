// SPDX-License-Identifier: MIT OR Apache-2.0
//! An Alveo at the streams of its hard blocks: the driver's accesses as PCIe requests, 100G Ethernet joined to smoltcp.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use syncline::Device;
use syncline_boards::alveo;
use syncline_regs::{counters, map};
use syncline_sim::peer::{SmoltcpConfig, SmoltcpPeer};
use syncline_tests::board::alveo::Alveo;
use syncline_tests::board::tlp_bar::TlpBar;
use syncline_tests::smoltcp::{Bench, PEER, lock};

/// Everything takes a second of the card's time or a few; this is for one that hangs.
const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn connections_in_both_roles_over_pcie_and_100g() {
    let card = Arc::new(Mutex::new(Alveo::new()));
    let device = Device::open(TlpBar(card.clone())).expect("a card");
    assert_eq!(device.read_register(map::BOARD_ID).expect("a register"), alveo::PARAMS.board);
    let config = SmoltcpConfig { address: PEER, prefix: 24, ..SmoltcpConfig::default() };
    let peer = Arc::new(Mutex::new(SmoltcpPeer::new(config)));
    lock(&card).plug(peer.clone());
    let bench = Bench::around(card.clone(), peer, device, LIMIT, 1);
    bench.echo(3, 6_001, 1);
    bench.receive(20_003, 1);
    let count = |slot: usize| bench.device.read_register(map::COUNTERS + 4 * slot as u32).expect("a counter");
    assert_eq!((count(counters::OPENED), count(counters::ACCEPTED)), (4, 1));
    assert_eq!((count(counters::RETRANSMIT), count(counters::TCP_CHECKSUM)), (0, 0));
    assert_eq!(lock(&card).broken, 0, "frames with a gap or too short");
    assert_eq!(lock(&card).lamps() & 0b101, 1, "a link and no fault");
}

/// A frame that the CMAC calls bad does not reach the core, and lights the lamp; the next one does.
#[test]
fn bad_frames_do_not_reach_the_core() {
    let card = Arc::new(Mutex::new(Alveo::new()));
    let device = Device::open(TlpBar(card.clone())).expect("a card");
    device.configure(&syncline::Config::default()).expect("a configuration");
    // A read is answered behind every write before it, so the card is on when the first frame comes.
    assert_eq!(device.read_register(map::CONTROL).expect("a register") & 1, 1);
    let frame: Vec<u8> = [&[0xff; 6][..], &[2, 0, 0, 0, 0, 2, 0x88, 0xb5], &[7; 200]].concat();
    let send = |bad| {
        lock(&card).frame(&frame, bad);
        while !lock(&card).is_idle() {
            lock(&card).run(10);
        }
        lock(&card).run(2_000);
        device.read_register(map::COUNTERS + 4 * counters::RX_FRAMES as u32).expect("a counter")
    };
    assert_eq!(send(false), 1);
    assert_eq!(lock(&card).lamps() & 4, 0);
    assert_eq!(send(true), 1);
    assert_eq!(lock(&card).lamps() & 4, 4);
    assert_eq!(send(false), 2);
}
