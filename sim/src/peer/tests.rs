// SPDX-License-Identifier: MIT OR Apache-2.0
//! Two smoltcp peers on a cable: the services, the client, and the cable's impairments, without a card.

use super::*;
use crate::impair::Impairments;
use crate::link::{Direction, LinkConfig};
use crate::mac::Frame;
use std::net::Ipv4Addr;

const SERVER: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 1);

struct Pair {
    client: SmoltcpPeer,
    server: SmoltcpPeer,
    cables: [Direction; 2],
    now: Duration,
}

impl Pair {
    fn new(impairments: Impairments, seed: u64) -> Pair {
        let config = LinkConfig { impairments, latency: Duration::from_micros(100), ..LinkConfig::default() };
        let client =
            SmoltcpConfig { mac: [2, 0, 0, 0, 0, 2], address: [192, 168, 1, 2].into(), ..Default::default() };
        Pair {
            client: SmoltcpPeer::new(client),
            server: SmoltcpPeer::new(SmoltcpConfig::default()),
            cables: [Direction::new(config, seed), Direction::new(config, !seed)],
            now: Duration::ZERO,
        }
    }

    /// One round at the current time, then on to the next event; false when there is none or after `limit`.
    fn round(&mut self, limit: Duration) -> bool {
        let Pair { client, server, cables: [up, down], now } = self;
        let mut next: Option<Duration> = None;
        let mut serve = |peer: &mut SmoltcpPeer, from: &mut Direction, to: &mut Direction| {
            let mut frames = std::iter::from_fn(|| from.receive(*now)).map(|frame| frame.bytes).collect();
            let mut answers = Vec::new();
            peer.poll(*now, &mut frames, &mut answers);
            for bytes in answers {
                to.send(*now, Frame::new(bytes));
            }
            let deadline = peer.deadline(*now).map(|at| at.max(*now + Duration::from_micros(1)));
            next = [next, deadline, to.due(), from.due()].into_iter().flatten().min();
        };
        serve(client, down, up);
        serve(server, up, down);
        match next {
            Some(at) if at <= limit => *now = (*now).max(at),
            _ => return false,
        }
        true
    }
}

/// Sends `length` bytes to the echo server and reads them back; the time it took.
fn echo(impairments: Impairments, seed: u64, length: u64) -> Duration {
    let mut pair = Pair::new(impairments, seed);
    pair.server.serve(7, Service::Echo, 2);
    let connection = pair.client.connect(SERVER, 7, Service::Manual);
    let data: Vec<u8> = (0..length).map(SmoltcpPeer::pattern).collect();
    let (mut sent, mut back) = (0, Vec::new());
    let mut part = vec![0; 4096];
    while pair.round(Duration::from_secs(600)) {
        sent += pair.client.send(connection, &data[sent..]);
        if sent == data.len() {
            pair.client.close(connection);
        }
        while let count @ 1.. = pair.client.receive(connection, &mut part) {
            back.extend_from_slice(&part[..count]);
        }
        if pair.client.finished(connection) && pair.client.state(connection) == TcpState::TimeWait {
            break;
        }
    }
    assert!(back == data, "seed {seed}: {} bytes of {length} came back, or others did", back.len());
    assert_eq!(pair.client.state(connection), TcpState::TimeWait, "seed {seed}");
    pair.now
}

#[test]
fn echo_over_a_clean_and_a_bad_cable() {
    let clean = echo(Impairments::default(), 1, 100_000);
    assert!(clean < Duration::from_millis(100), "{clean:?}");
    let bad = Impairments {
        drop: 0.02,
        duplicate: 0.02,
        reorder: 0.02,
        corrupt: 0.02,
        reorder_by: Duration::from_micros(300),
        jitter: Duration::from_micros(50),
    };
    for seed in 1..=5 {
        let time = echo(bad, seed, 100_000);
        assert!(time > clean);
        assert_eq!(time, echo(bad, seed, 100_000), "the same seed takes the same time");
    }
}

#[test]
fn source_and_discard() {
    let mut pair = Pair::new(Impairments::default(), 1);
    pair.server.serve(19, Service::Source(70_001), 1);
    pair.server.serve(9, Service::Discard, 1);
    let from = pair.client.connect(SERVER, 19, Service::Manual);
    let to = pair.client.connect(SERVER, 9, Service::Source(50_000));
    let mut got = Vec::new();
    let mut part = vec![0; 4096];
    let mut most = 0;
    while pair.round(Duration::from_secs(60)) {
        while let count @ 1.. = pair.client.receive(from, &mut part) {
            got.extend_from_slice(&part[..count]);
        }
        if pair.client.finished(from) {
            pair.client.close(from);
        }
        let received = |connection| pair.server.transferred(connection).0;
        most = pair.server.connections().map(received).max().unwrap_or(0).max(most);
    }
    assert_eq!(got, (0..70_001).map(SmoltcpPeer::pattern).collect::<Vec<_>>());
    assert_eq!((most, pair.client.transferred(to).1), (50_000, 50_000));
    // The servers listen again.
    let listening = pair.server.connections().filter(|c| pair.server.state(*c) == TcpState::Listen);
    assert_eq!(listening.count(), 2);
}

#[test]
fn a_closed_port_refuses() {
    let mut pair = Pair::new(Impairments::default(), 1);
    let connection = pair.client.connect(SERVER, 81, Service::Manual);
    while pair.round(Duration::from_secs(5)) {}
    assert_eq!(pair.client.state(connection), TcpState::Closed);
}
