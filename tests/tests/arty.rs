// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Arty at its pins: MII nibbles joined to smoltcp, the driver behind the UART's bits.

use std::net::SocketAddr;

use syncline::Device;
use syncline_boards::arty;
use syncline_regs::counters;
use syncline_sim::peer::Service;
use syncline_tests::board::arty::{Arty, MiiPads};
use syncline_tests::board::checks::{
    LIMIT, Shared, both_roles, configure, count, drain, no_faults, opened, peer, wrong_frames,
};
use syncline_tests::board::ethernet::lamp;
use syncline_tests::hostile::forge::Packet;
use syncline_tests::smoltcp::{PEER, lock};

/// Cycles from the beginning of a request of 1,442 bytes to a reset that comes too early for its answer.
const RESET_SOONEST: u32 = 6_350;

fn configured(ppm: [i64; 2]) -> (Shared<MiiPads>, Device) {
    let (board, device) = opened(Arty::new(ppm));
    configure(&device);
    (board, device)
}

/// Both roles, with the PHY's clocks as far off as 802.3 lets them (22.2.2: 100 ppm), either way round.
#[test]
fn connections_in_both_roles_while_the_clocks_drift() {
    for ppm in [[100, -100], [-100, 100]] {
        both_roles(opened(Arty::new(ppm)), &arty::PARAMS, 6_001);
    }
}

#[test]
fn frames_that_are_wrong_do_not_reach_the_core() {
    let (board, device) = configured([0, 0]);
    wrong_frames(&board, &device);
}

/// Echo requests of many lengths with the least gaps between them, in both directions at once: each is answered, byte for byte.
#[test]
fn frames_back_to_back_while_the_clocks_drift() {
    for ppm in [[100, -100], [-100, 100]] {
        let (board, device) = configured(ppm);
        let data = |i: u32| (0..(i * 37 % 1473)).map(|at| (at ^ i) as u8).collect::<Vec<_>>();
        let requests = 150;
        for i in 0..requests {
            lock(&board).wire().send(&Packet::icmp(8, 0, i, &data(i)).frame());
        }
        drain(&board);
        drain(&board);
        for i in 0..requests {
            let frame = lock(&board).wire().receive().unwrap_or_else(|| panic!("reply {i} is missing"));
            let want = Packet::icmp(0, 0, i, &data(i)).body;
            assert_eq!(frame[34..34 + want.len()], want, "reply {i}");
        }
        assert_eq!(lock(&board).wire().receive(), None);
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
        lock(&board).wire().send(&request(i));
        lock(&board).run(RESET_SOONEST + 40 * i);
        device.reset().expect("a card");
        configure(&device);
        drain(&board);
        lock(&board).wire().send(&request(1_000));
        drain(&board);
        let mut frames: Vec<_> = std::iter::from_fn(|| lock(&board).wire().receive()).collect();
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
