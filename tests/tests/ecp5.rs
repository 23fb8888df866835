// SPDX-License-Identifier: MIT OR Apache-2.0
//! The ECP5 boards at their pins: both edges of an RGMII joined to smoltcp, the driver behind the UART's bits. The Colorlight i5 is
//! the Versa with another core.

use syncline::Device;
use syncline_boards::{i5, versa};
use syncline_regs::{counters, map};
use syncline_tests::board::checks::{
    Shared, both_roles, configure, count, drain, no_faults, opened, useless, wrong_frames,
};
use syncline_tests::board::ecp5::{Ecp5, GIGABIT_UP, RgmiiPads};
use syncline_tests::board::ethernet::lamp;
use syncline_tests::hostile::forge::Packet;
use syncline_tests::smoltcp::lock;

fn configured(ppm: [i64; 2]) -> (Shared<RgmiiPads>, Device) {
    let (board, device) = opened(Ecp5::versa(ppm));
    configure(&device);
    (board, device)
}

/// With the PHY's clock and ours as far off as 802.3 lets them (35.5.2.3: 100 ppm), either way round.
#[test]
fn connections_in_both_roles_while_the_clocks_drift() {
    for ppm in [[100, -100], [-100, 100]] {
        both_roles(opened(Ecp5::versa(ppm)), &versa::PARAMS, 4_001);
    }
}

#[test]
fn connections_in_both_roles_with_eight_flows() {
    both_roles(opened(Ecp5::i5([100, -100])), &i5::PARAMS, 4_001);
}

#[test]
fn frames_that_are_wrong_do_not_reach_the_core() {
    let (board, device) = configured([0, 0]);
    wrong_frames(&board, &device);
}

#[test]
fn a_frame_in_which_the_phy_reports_an_error_is_wrong() {
    let (board, device) = configured([0, 0]);
    lock(&board).pads.rgmii.error_at(50);
    for _ in 0..2 {
        lock(&board).wire().send(&useless(100));
    }
    drain(&board);
    assert_eq!(count(&device, counters::RX_FRAMES), 1);
    assert!(lock(&board).lit(lamp::FAULT));
    no_faults(&board);
}

/// The MAC knows one rate: a link of another is none, and a fault.
#[test]
fn a_link_of_another_rate_is_a_fault() {
    let (board, device) = opened(Ecp5::versa([0, 0]));
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
fn echoed(board: &Shared<RgmiiPads>, device: &Device, sizes: &[usize]) -> u64 {
    let data = |i: usize| (0..sizes[i]).map(|at| (at ^ i) as u8).collect::<Vec<_>>();
    let before = count(device, counters::ICMP_ECHO);
    lock(board).pads.rgmii.span();
    for i in 0..sizes.len() {
        lock(board).wire().send(&Packet::icmp(8, 0, i as u32, &data(i)).frame());
    }
    drain(board);
    let span = lock(board).pads.rgmii.span();
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
