// SPDX-License-Identifier: MIT OR Apache-2.0
//! The ECP5 boards at their pins: both edges of an RGMII joined to smoltcp, the driver behind the UART's bits. The Colorlight i5 is
//! the Versa with another core.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use syncline::Device;
use syncline_boards::{i5, versa};
use syncline_hdl::params::Params;
use syncline_pins::mii::{fcs, sealed};
use syncline_regs::{counters, map};
use syncline_sim::peer::{SmoltcpConfig, SmoltcpPeer};
use syncline_tests::board::ecp5::{Ecp5, GIGABIT_UP, lamp};
use syncline_tests::board::uart_bar::UartBar;
use syncline_tests::hostile::forge::Packet;
use syncline_tests::smoltcp::{Bench, PEER, lock};
use syncline_tests::wire::LOCAL_MAC;

/// Everything takes a second of the board's time or a few; this is for one that hangs.
const LIMIT: Duration = Duration::from_secs(60);

type Board = Arc<Mutex<Ecp5>>;

fn board(ppm: [i64; 2]) -> (Board, Device) {
    opened(Ecp5::versa(ppm))
}

fn opened(board: Ecp5) -> (Board, Device) {
    let board = Arc::new(Mutex::new(board));
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
    assert_eq!(lock(board).faults(), (vec![], &[][..], &[][..], &[][..]));
}

/// A connection opened and one accepted, with data both ways.
fn both_roles((board, device): (Board, Device), params: &Params) {
    assert_eq!(device.read_register(map::BOARD_ID).expect("a register"), params.board);
    assert_eq!(device.read_register(map::FLOWS).expect("a register"), params.flows());
    let peer = peer(&board);
    let bench = Bench::around(board.clone(), peer, device, LIMIT, 1);
    bench.echo(1, 4_001, 1);
    assert!(!lock(&board).lit(lamp::ESTABLISHED));
    bench.receive(2_001, 1);
    let counted = |slot| count(&bench.device, slot);
    assert_eq!((counted(counters::OPENED), counted(counters::ACCEPTED)), (2, 1));
    assert_eq!((counted(counters::RETRANSMIT), counted(counters::TCP_CHECKSUM)), (0, 0));
    assert!(!lock(&board).lit(lamp::FAULT));
    no_faults(&board);
}

/// With the PHY's clock and ours as far off as 802.3 lets them (35.5.2.3: 100 ppm), either way round.
#[test]
fn connections_in_both_roles_while_the_clocks_drift() {
    for ppm in [[100, -100], [-100, 100]] {
        both_roles(board(ppm), &versa::PARAMS);
    }
}

#[test]
fn connections_in_both_roles_with_eight_flows() {
    both_roles(opened(Ecp5::i5([100, -100])), &i5::PARAMS);
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
    while !board.wire().is_idle() {
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
            lock(&board).wire().send_raw(bytes);
            drain(&board);
            count(&device, counters::RX_FRAMES)
        };
        assert_eq!(send(&sealed(&good)), 1, "{what}");
        assert!(!lock(&board).lit(lamp::FAULT), "{what}");
        assert_eq!(send(&bad), 1, "{what}");
        assert!(lock(&board).lit(lamp::FAULT), "{what}");
        // Between good ones, with the least gaps.
        for bytes in [&sealed(&good), &bad, &sealed(&good), &bad, &bad, &sealed(&useless(1514))] {
            lock(&board).wire().send_raw(bytes);
        }
        drain(&board);
        assert_eq!(count(&device, counters::RX_FRAMES), 4, "{what}");
        assert_eq!(count(&device, counters::RX_UNKNOWN_ETHERTYPE), 4, "{what}");
    }
    // An error that the PHY reports.
    lock(&board).reset();
    configure(&device);
    lock(&board).rgmii.error_at(50);
    for _ in 0..2 {
        lock(&board).wire().send(&good);
    }
    drain(&board);
    assert_eq!(count(&device, counters::RX_FRAMES), 1);
    assert!(lock(&board).lit(lamp::FAULT));
    no_faults(&board);
}

/// The MAC knows one rate: a link of another is none, and a fault.
#[test]
fn a_link_of_another_rate_is_a_fault() {
    let (board, device) = board([0, 0]);
    let status = || device.read_register(map::STATUS).expect("a register");
    assert!(!lock(&board).lit(lamp::FAULT));
    lock(&board).phy.registers[10] = 0;
    lock(&board).run(20_000);
    assert!(lock(&board).lit(lamp::FAULT) && !lock(&board).lit(lamp::LINK));
    let without = status();
    lock(&board).phy.registers[10] = GIGABIT_UP;
    lock(&board).run(20_000);
    assert!(lock(&board).lit(lamp::LINK));
    assert_ne!(status(), without);
    no_faults(&board);
}

/// Sends echo requests with the least gaps between them and compares the replies, byte for byte; the cycles of `TXC` that those took, from the
/// first byte to the last.
fn echoed(board: &Board, device: &Device, sizes: &[usize]) -> u64 {
    let data = |i: usize| (0..sizes[i]).map(|at| (at ^ i) as u8).collect::<Vec<_>>();
    let before = count(device, counters::ICMP_ECHO);
    lock(board).rgmii.span();
    for i in 0..sizes.len() {
        lock(board).wire().send(&Packet::icmp(8, 0, i as u32, &data(i)).frame());
    }
    drain(board);
    let span = lock(board).rgmii.span();
    for i in 0..sizes.len() {
        let frame = lock(board).wire().receive().unwrap_or_else(|| panic!("reply {i} is missing"));
        let want = Packet::icmp(0, 0, i as u32, &data(i)).body;
        assert_eq!(frame[34..34 + want.len()], want, "reply {i}");
    }
    assert_eq!(lock(board).wire().receive(), None);
    assert_eq!(count(device, counters::ICMP_ECHO) - before, sizes.len() as u32);
    assert!(!lock(board).lit(lamp::FAULT));
    span
}

/// Each of a stream of echo requests at the full rate is answered, and so the same rate goes out.
#[test]
fn line_rate_in_both_directions_while_the_clocks_drift() {
    for ppm in [[100, -100], [-100, 100]] {
        let (board, device) = configured(ppm);
        // Up and down in small steps: the core's echo keeps four requests, and more short ones come while a long one goes through it.
        let wave = |i: usize| (i * 37 % 2946).min(2945 - i * 37 % 2946);
        for (what, sizes) in
            [("longest", vec![1472; 40]), ("shortest", vec![18; 200]), ("all", (0..90).map(wave).collect())]
        {
            // Preamble, Ethernet, IP and ICMP headers, padding, FCS and gap.
            let on_the_wire: usize = sizes.iter().map(|size| (8 + 42 + size + 4).max(72) + 12).sum();
            let span = echoed(&board, &device, &sizes);
            // The last gap is not in the span.
            let used = on_the_wire as f64 / (span + 12) as f64;
            println!("{what}: {} replies in {span} cycles, {:.2} % of the wire", sizes.len(), used * 100.0);
            // Frames are taken in whole: the span has a long frame's latency in it that the first, short one had not.
            assert!(used > 0.95, "{what}: {used}");
            assert!(used <= 1.0, "{what}: faster than the wire");
        }
        no_faults(&board);
    }
}
