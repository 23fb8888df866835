// SPDX-License-Identifier: MIT OR Apache-2.0
//! A TAP device in a network namespace of this test's own, with the kernel at the other end of the cable.
#![cfg(target_os = "linux")]

use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;
use syncline_sim::peer::{Namespace, TapPeer};
use syncline_sim::record::summarize;
use syncline_sim::verilate::{Model, Options, Source};
use syncline_sim::{Simulation, TimeSource};

#[test]
fn frames_of_the_kernel_reach_the_card_and_come_back() {
    Namespace::test(|namespace| {
        exchange(namespace.tap("syncline0", Ipv4Addr::new(10, 9, 0, 1), 24)?);
        Ok(())
    });
}

fn exchange(peer: TapPeer) {
    let model =
        Model::build(&Source::new("loopback", include_str!("loopback.v")), Options::default()).unwrap();
    let mut card = Simulation::builder().model(model).time(TimeSource::Wall).build().unwrap();
    card.plug(peer);

    let socket = UdpSocket::bind("10.9.0.1:0").unwrap();
    socket.send_to(b"anybody there?", "10.9.0.2:9").unwrap();
    let limit = card.now() + Duration::from_secs(10);
    let asked = |card: &Simulation| {
        card.last_delivered().is_some_and(|f| summarize(&f.bytes).contains("ARP who has"))
    };
    assert!(card.run_until(limit, asked), "the kernel did not ask for 10.9.0.2");
    assert_eq!(summarize(&card.last_delivered().unwrap().bytes), "ARP who has 10.9.0.2");
    // The design sends every frame back: the kernel's device counts them.
    let departed = card.departed();
    assert!(card.run_until(limit, |card| card.departed() > departed));
    card.run_for(Duration::from_millis(5));
    let count = std::fs::read_to_string("/proc/thread-self/net/dev").unwrap();
    let line = count.lines().find(|line| line.contains("syncline0")).unwrap();
    let received: u64 = line.split_once(':').unwrap().1.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(received > 0, "{line}");
}

#[test]
fn a_wrong_name_is_an_error() {
    assert!(TapPeer::open("").is_err());
    assert!(TapPeer::open("a-name-that-is-too-long").is_err());
}
