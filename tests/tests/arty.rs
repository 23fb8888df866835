// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Arty at its pins: MII nibbles joined to smoltcp, the driver behind the UART's bits.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use syncline::Device;
use syncline_boards::arty;
use syncline_pins::mii::{fcs, sealed};
use syncline_regs::{counters, map};
use syncline_sim::peer::{Service, SmoltcpConfig, SmoltcpPeer};
use syncline_tests::board::arty::{Arty, lamp};
use syncline_tests::board::uart_bar::UartBar;
use syncline_tests::hostile::forge::Packet;
use syncline_tests::smoltcp::{Bench, PEER, lock};
use syncline_tests::wire::LOCAL_MAC;

/// Everything takes a second of the board's time or a few; this is for one that hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// Cycles from the beginning of a request of 1,442 bytes to a reset that comes too early for its answer.
const RESET_SOONEST: u32 = 6_350;

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

/// A frame of so many bytes, without FCS, that nobody has a use for: the core counts it and that is all.
fn useless(length: usize) -> Vec<u8> {
    let mut frame = [&[0xff; 6][..], &[2, 0, 0, 0, 0, 2, 0x88, 0xb5]].concat();
    frame.extend((frame.len()..length).map(|i| (i * 7) as u8));
    frame
}

/// The card at the address that [`Packet`] has for it.
fn configure(device: &Device) {
    let own = syncline::Config { mac: LOCAL_MAC, ..Default::default() };
    device.configure(&own).expect("a configuration");
}

fn configured(ppm: [i64; 2]) -> (Board, Device) {
    let (board, device) = board(ppm);
    configure(&device);
    (board, device)
}

/// Runs until all is sent, and for as long as a frame takes.
fn drain(board: &Board) {
    let mut board = lock(board);
    while !board.mii.is_idle() {
        board.run(1_000);
    }
    board.run(20_000);
}

#[test]
fn frames_that_are_wrong_do_not_reach_the_core() {
    let (board, device) = configured([0, 0]);
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
        lock(&board).reset();
        configure(&device);
        let send = |bytes: &[u8]| {
            lock(&board).mii.send_raw(bytes);
            drain(&board);
            count(&device, counters::RX_FRAMES)
        };
        assert_eq!(send(&sealed(&good)), 1, "{what}");
        assert!(!lock(&board).lit(lamp::FAULT), "{what}");
        assert_eq!(send(&bad), 1, "{what}");
        assert!(lock(&board).lit(lamp::FAULT), "{what}");
        // Between good ones, with the least gaps.
        for bytes in [&sealed(&good), &bad, &sealed(&good), &bad, &bad, &sealed(&useless(1514))] {
            lock(&board).mii.send_raw(bytes);
        }
        drain(&board);
        assert_eq!(count(&device, counters::RX_FRAMES), 4, "{what}");
        assert_eq!(count(&device, counters::RX_UNKNOWN_ETHERTYPE), 4, "{what}");
    }
    no_faults(&board);
}

/// Echo requests of many lengths with the least gaps between them, in both directions at once: each is answered, byte for byte.
#[test]
fn frames_back_to_back_while_the_clocks_drift() {
    for ppm in [[100, -100], [-100, 100]] {
        let (board, device) = configured(ppm);
        let data = |i: u32| (0..(i * 37 % 1473)).map(|at| (at ^ i) as u8).collect::<Vec<_>>();
        let requests = 150;
        for i in 0..requests {
            lock(&board).mii.send(&Packet::icmp(8, 0, i, &data(i)).frame());
        }
        drain(&board);
        drain(&board);
        for i in 0..requests {
            let frame = lock(&board).mii.receive().unwrap_or_else(|| panic!("reply {i} is missing"));
            let want = Packet::icmp(0, 0, i, &data(i)).body;
            assert_eq!(frame[34..34 + want.len()], want, "reply {i}");
        }
        assert_eq!(lock(&board).mii.receive(), None);
        assert_eq!(count(&device, counters::RX_FRAMES), requests);
        assert_eq!(count(&device, counters::ICMP_ECHO), requests);
        assert!(!lock(&board).lit(lamp::FAULT));
        no_faults(&board);
    }
}

/// `CONTROL.reset` at every place of a frame that the core gives to the MAC: the MAC forgets its beginning, and the next frame is whole.
#[test]
fn a_reset_in_the_middle_of_a_frame_spoils_nothing() {
    let (board, device) = configured([0, 0]);
    let data = |i: u32| (0..1400).map(|at: u32| (at ^ i) as u8).collect::<Vec<_>>();
    let request = |i: u32| Packet::icmp(8, 0, i, &data(i)).frame();
    let mut answered = vec![];
    for i in 0..20 {
        // A byte takes five cycles of the core's on the wire, and the frame that writes the register 800; the answer is 180 beats.
        lock(&board).mii.send(&request(i));
        lock(&board).run(RESET_SOONEST + 40 * i);
        device.reset().expect("a card");
        configure(&device);
        drain(&board);
        lock(&board).mii.send(&request(1_000));
        drain(&board);
        let mut frames: Vec<_> = std::iter::from_fn(|| lock(&board).mii.receive()).collect();
        let last = frames.pop().unwrap_or_else(|| panic!("{i}: nothing is answered any more"));
        let body = |i| Packet::icmp(0, 0, i, &data(i)).body;
        assert_eq!(last[34..], body(1_000), "{i}");
        assert!(frames.iter().all(|frame| frame[34..] == body(i)), "{i}");
        answered.push(frames.len());
    }
    // Too early for an answer, and at last behind it. It takes longer than a step to give a frame: some were broken off.
    assert_eq!((answered.first(), answered.last()), (Some(&0), Some(&1)), "{answered:?}");
    no_faults(&board);
}

/// `CONTROL.reset` ends every connection without a state of theirs: the lamp goes out all the same.
#[test]
fn a_reset_puts_the_lamp_out() {
    let (board, device) = configured([0, 0]);
    let peer = peer(&board);
    lock(&peer).serve(7, Service::Echo, 1);
    let stream = device.connect(SocketAddr::from((PEER, 7)), LIMIT).expect("a connection");
    assert!(lock(&board).lit(lamp::ESTABLISHED));
    device.reset().expect("a card");
    assert!(!lock(&board).lit(lamp::ESTABLISHED));
    drop(stream);
    assert!(lock(&board).lit(lamp::LINK));
}
