// SPDX-License-Identifier: MIT OR Apache-2.0
//! Floods: SYNs from ten thousand addresses while a transfer goes on (RFC 4987), and segments that ask for RSTs to nobody.

use std::collections::HashSet;
use std::net::Ipv4Addr;
use std::time::Duration;

use syncline_model::tcb::flags::{ACK, SYN};
use syncline_regs::{code::State, counters as c};
use syncline_sim::Config;
use syncline_sim::peer::Service;
use syncline_tests::hostile::{
    forge::Packet,
    lab::{LIMIT, Lab},
    raw::segment,
};
use syncline_tests::subject::{LOCAL, PEER};

use crate::BOTH;

const FLOOD: u32 = 10_000;

/// Everyone on our network but ourselves and the friend, then everyone elsewhere; with other ports each time.
fn stranger(i: u32) -> (u32, u16) {
    let address = match i % 4 {
        0 => LOCAL & !0xff | (3 + i / 4 % 252),
        _ => 0xc612_0000 + i,
    };
    (address, (1_024 + i * 7 % 60_000) as u16)
}

fn syn(i: u32, port: u16) -> Vec<u8> {
    let (address, from) = stranger(i);
    let mut segment = segment(from, port, SYN, i.wrapping_mul(0x9e37_79b9), 0, &[]);
    segment.mss = i.is_multiple_of(3).then_some(1_460);
    Packet::tcp(&segment).from(address).frame()
}

fn flood(config: Config, gateway: Option<Ipv4Addr>) {
    let mut lab = Lab::with(config, syncline::Config { gateway, ..Default::default() });
    let listener = lab.device.listen(80).expect("a port");
    let tuples: HashSet<_> = (0..FLOOD).map(stranger).collect();
    assert_eq!(tuples.len(), FLOOD as usize, "every SYN is another's");
    assert!(tuples.iter().map(|(address, _)| address).collect::<HashSet<_>>().len() > 7_500);
    let half_open = lab.device.read_register(syncline_regs::map::HALF_OPEN).expect("a register") as usize;
    while lab.card().state_change().is_some() {}
    let before = lab.counters();
    let back = lab.back();
    lab.transfer((0..FLOOD).map(|i| syn(i, 80)));
    assert!(lab.back() - back > 30_000, "the transfer goes on: {} bytes", lab.back() - back);
    lab.settle();

    let after = lab.counters();
    let grown = |slot: usize| after[slot] - before[slot];
    let mut admitted = 0;
    while let Some(change) = { lab.card().state_change() } {
        admitted += u32::from(change.state == State::SynReceived);
    }
    assert!(admitted >= half_open as u32);
    // Each SYN has become a flow, or is in the counter that says why not. (At 512 bits they come faster than they are looked up.)
    let refused = grown(c::HALF_OPEN_LIMIT) + grown(c::CARD_FULL) + grown(c::TCP_OVERFLOW);
    if config == Config::Core64 {
        assert_eq!(grown(c::TCP_OVERFLOW), 0);
    }
    if grown(c::TCP_OVERFLOW) == 0 {
        assert_eq!(admitted + refused, FLOOD);
    } else {
        // Segments of the transfer were among the overflow.
        assert!((FLOOD..FLOOD + 1_000).contains(&(admitted + refused)), "{admitted} and {refused}");
    }
    assert!(grown(c::HALF_OPEN_LIMIT) > 0);
    assert_eq!(grown(c::CARD_FULL), 0, "half of the flows stay for others");
    let waiting = lab.device.connections().expect("the table");
    let waiting = waiting.iter().filter(|flow| flow.state == State::SynReceived).count();
    assert!(waiting <= half_open, "{waiting} half-open flows, {half_open} allowed");

    // All of them come back after the last SYN-ACK, or as soon as nobody answers ARP.
    lab.wait(Duration::from_secs(400));
    let alive = lab.device.connections().expect("the table");
    assert_eq!(alive.len(), 1, "{alive:?}");

    // A client gets in by the same port.
    lab.street().friend.connect(Ipv4Addr::from_bits(LOCAL), 80, Service::Source(5_000));
    lab.card().poke();
    let mut stream = listener.accept(LIMIT).expect("the client");
    assert_eq!(stream.peer_addr().ip(), Ipv4Addr::from_bits(PEER));
    let mut buffer = vec![0; 5_000];
    std::io::Read::read_exact(&mut stream, &mut buffer).expect("5000 bytes");
    assert!((0..).zip(&buffer).all(|(i, byte)| *byte == syncline_sim::peer::SmoltcpPeer::pattern(i)));
    stream.close().expect("close");
    lab.finish();
}

/// The SYN-ACKs go to a gateway and to neighbours that do not exist: half-open flows stay until R2.
// covers: SEC-10, P-5
#[test]
fn ten_thousand_syns() {
    for config in BOTH {
        flood(config, Some(Ipv4Addr::from_bits(PEER)));
    }
}

/// Without a gateway three in four SYN-ACKs have no way: their flows come back at once, and new ones take their places all the time.
// covers: SEC-10, P-5
#[test]
fn ten_thousand_syns_from_nowhere() {
    for config in BOTH {
        flood(config, None);
    }
}

/// SYNs and ACKs to closed ports from everywhere: RSTs for neighbours that do not exist crowd the ARP cache, and the friend is
/// found again.
// covers: P-1, P-9
#[test]
fn resets_for_nobody() {
    for config in BOTH {
        let mut lab = Lab::with(
            config,
            syncline::Config { gateway: Some(Ipv4Addr::from_bits(PEER)), ..Default::default() },
        );
        let before = lab.counters();
        let frames = (0..4_000).map(|i| match i % 2 {
            0 => syn(i * 2, 81),
            _ => {
                let (address, from) = stranger(i / 2 * 4);
                Packet::tcp(&segment(from, 9_999, ACK, i, i, &[])).from(address).frame()
            }
        });
        let back = lab.back();
        lab.transfer(frames);
        assert!(lab.back() - back >= 20_000);
        lab.wait(Duration::from_secs(10));
        let after = lab.counters();
        let grown = |slot: usize| after[slot] - before[slot];
        assert_eq!(grown(c::NO_LISTENER), grown(c::RST_OUT));
        assert!(grown(c::NO_LISTENER) + grown(c::TCP_OVERFLOW) >= 4_000);
        assert!(grown(c::NO_LISTENER) > 100);
        lab.finish();
    }
}
