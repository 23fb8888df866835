// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Arty at its pins with its switch up: no host, and smoltcp talks to the services in the fabric.

use std::sync::{Arc, Mutex};

use smoltcp::socket::tcp::State as TcpState;
use syncline_boards::card::STAND_ALONE;
use syncline_sim::peer::{Connection, Service, SmoltcpConfig, SmoltcpPeer};
use syncline_tests::board::arty::Arty;
use syncline_tests::board::ethernet::lamp;
use syncline_tests::board::uart_bar::Serial;
use syncline_tests::smoltcp::{PEER, Plugged, lock};

/// Cycles within which something must have happened: ten seconds of the board's.
const LIMIT: u32 = 10_000_000;

struct Bench {
    board: Arty,
    peer: Arc<Mutex<SmoltcpPeer>>,
}

impl Bench {
    fn new(buffer: usize) -> Self {
        let mut board = Arty::with_switch([100, -100], true);
        let config = SmoltcpConfig { address: PEER, prefix: 24, buffer, ..SmoltcpConfig::default() };
        let peer = Arc::new(Mutex::new(SmoltcpPeer::new(config)));
        board.plug(peer.clone());
        Bench { board, peer }
    }

    fn open(&mut self, port: u16) -> Connection {
        let connection = lock(&self.peer).connect(STAND_ALONE.addr, port, Service::Manual);
        self.until("a connection", |peer| peer.tcp_mut(connection).may_send());
        connection
    }

    /// Runs until it is so.
    fn until(&mut self, what: &str, mut is_so: impl FnMut(&mut SmoltcpPeer) -> bool) {
        for _ in 0..LIMIT / 500 {
            if is_so(&mut lock(&self.peer)) {
                return;
            }
            self.board.poke();
            self.board.run(500);
        }
        panic!("no {what}: {:?}", lock(&self.peer));
    }

    /// Sends all, and takes so many bytes meanwhile.
    fn exchange(&mut self, connection: Connection, data: &[u8], count: usize) -> Vec<u8> {
        let (mut sent, mut back) = (0, vec![]);
        self.until("answer", |peer| {
            sent += peer.send(connection, &data[sent..]);
            let mut buffer = [0; 4096];
            let room = buffer.len().min(count - back.len());
            let got = peer.receive(connection, &mut buffer[..room]);
            back.extend(&buffer[..got]);
            sent == data.len() && back.len() == count && peer.tcp_mut(connection).send_queue() == 0
        });
        back
    }

    /// The peer sends its FIN and gets one; what comes before it.
    fn close(&mut self, connection: Connection) -> Vec<u8> {
        lock(&self.peer).close(connection);
        let mut rest = vec![];
        self.until("end", |peer| {
            let mut buffer = [0; 4096];
            let got = peer.receive(connection, &mut buffer);
            rest.extend(&buffer[..got]);
            peer.finished(connection)
        });
        // Not by an RST.
        assert_eq!(lock(&self.peer).state(connection), TcpState::TimeWait);
        rest
    }

    fn all_is_well(&mut self) {
        self.board.run(20_000);
        assert!(!self.board.lit(lamp::ESTABLISHED) && !self.board.lit(lamp::FAULT));
        assert_eq!(self.board.faults(), [""; 0]);
        assert!(self.board.line().received().is_empty(), "nobody speaks on the UART");
    }
}

fn data(count: usize, seed: usize) -> Vec<u8> {
    (0..count).map(|i| (i % 251) as u8 ^ (i / 251) as u8 ^ (seed * 37) as u8).collect()
}

/// RFC 864, "ASCII Character Generator": 95 characters in a ring, 72 of them a line, each line one further.
fn generated(count: usize) -> Vec<u8> {
    let line = |number: usize| {
        (0..72).map(move |column| b' ' + ((number + column) % 95) as u8).chain([b'\r', b'\n'])
    };
    (0..).flat_map(line).take(count).collect()
}

#[test]
fn echo_sends_10_000_bytes_back() {
    let mut bench = Bench::new(65_535);
    let connection = bench.open(7);
    // The last of the handshake is on its way.
    bench.board.run(20_000);
    assert!(bench.board.lit(lamp::ESTABLISHED));
    let data = data(10_000, 0);
    assert!(bench.exchange(connection, &data, data.len()) == data, "other bytes came back");
    assert!(bench.close(connection).is_empty());
    bench.all_is_well();
}

#[test]
fn discard_takes_everything_and_says_nothing() {
    let mut bench = Bench::new(65_535);
    let connection = bench.open(9);
    bench.exchange(connection, &data(10_000, 1), 0);
    assert!(bench.close(connection).is_empty());
    bench.all_is_well();
}

#[test]
fn chargen_sends_the_pattern_until_the_peer_closes() {
    let mut bench = Bench::new(4_096);
    let connection = bench.open(19);
    // What it is sent does not matter to it.
    let mut got = bench.exchange(connection, &data(3_000, 2), 10_000);
    got.extend(bench.close(connection));
    assert!(got.len() > 10_000);
    assert!(got == generated(got.len()), "another pattern");
    bench.all_is_well();
}

/// Whole lives of more connections than there are flows, some ended by the peer's RST, on all services at once.
#[test]
fn flows_come_back() {
    let mut bench = Bench::new(4_096);
    for round in 0..3 {
        let all: Vec<_> = (0..12).map(|i| (bench.open([7, 9, 19][i % 3]), i)).collect();
        for (connection, i) in all {
            let sent = data(500, round + i);
            let want = [sent.clone(), vec![], generated(500)];
            let got = bench.exchange(connection, &sent, want[i % 3].len());
            assert!(got == want[i % 3], "round {round}, connection {i}");
            if i % 4 == 3 {
                lock(&bench.peer).abort(connection);
            } else {
                bench.close(connection);
            }
        }
        bench.all_is_well();
    }
}

/// A peer that does not read what it is sent holds up nobody but itself.
#[test]
fn one_that_is_stuck_holds_up_no_other() {
    let mut bench = Bench::new(2_048);
    let stuck = [bench.open(7), bench.open(19)];
    let much = data(20_000, 3);
    let mut sent = 0;
    for _ in 0..300 {
        sent += lock(&bench.peer).send(stuck[0], &much[sent..]);
        bench.board.poke();
        bench.board.run(1_000);
    }
    assert!(sent < much.len(), "its rings and the peer's buffers hold less than that");
    let connection = bench.open(7);
    let data = data(6_000, 4);
    assert!(bench.exchange(connection, &data, data.len()) == data, "other bytes came back");
    bench.close(connection);
    // And it goes on when it reads again.
    let mut back = bench.exchange(stuck[0], &much[sent..], much.len());
    back.extend(bench.close(stuck[0]));
    assert!(back == much, "other bytes came back");
    let lines = bench.close(stuck[1]);
    assert!(lines == generated(lines.len()), "another pattern");
    bench.all_is_well();
}

/// The switch is looked at after a reset only, and with it down nobody serves.
#[test]
fn without_the_switch_nothing_listens() {
    let mut board = Arty::new([0, 0]);
    let peer = Arc::new(Mutex::new(SmoltcpPeer::new(SmoltcpConfig {
        address: PEER,
        prefix: 24,
        ..SmoltcpConfig::default()
    })));
    board.plug(peer.clone());
    let connection = lock(&peer).connect(STAND_ALONE.addr, 7, Service::Manual);
    board.poke();
    board.run(100_000);
    assert_eq!(lock(&peer).state(connection), TcpState::SynSent);
    assert!(!board.lit(lamp::ESTABLISHED));
}
