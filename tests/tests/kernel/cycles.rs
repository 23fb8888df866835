// SPDX-License-Identifier: MIT OR Apache-2.0
//! Many short connections one after the other, and the same ports again.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Command;
use std::thread;

use syncline::Stream;
use syncline_regs::code::State;
use syncline_regs::map;
use syncline_sim::Config;
use syncline_tests::kernel::{CARD, KERNEL, LIMIT, Program, card, compare, kernel, pattern, with_kernel};

use super::{accept, call, connect, limited, rest};

const CYCLES: usize = 200;

/// What the card's host says on a connection, and what the kernel's side says.
fn card_says(number: usize) -> Vec<u8> {
    pattern(5 + number % 7, number)
}

fn kernel_says(number: usize) -> Vec<u8> {
    pattern(4 + number % 5, !number)
}

/// Of two connections, the card closes the first one first.
fn card_is_first(number: usize) -> bool {
    number.is_multiple_of(2)
}

fn exchange_on_the_card(mut stream: Stream, number: usize) {
    let who = format!("connection {number}, local port {}, the card's side", stream.local_port());
    stream.write_all(&card_says(number)).unwrap_or_else(|e| panic!("{who}: {e}"));
    if card_is_first(number) {
        stream.shutdown(Shutdown::Write).unwrap_or_else(|e| panic!("{who}: {e}"));
    }
    compare(&who, &rest(&mut stream, &who), &kernel_says(number));
    stream.close().unwrap_or_else(|e| panic!("{who}: {e}"));
}

fn exchange_in_the_kernel(socket: TcpStream, number: usize) {
    let mut socket = limited(socket);
    let who = format!("connection {number}, {:?}, the kernel's side", socket.local_addr());
    socket.write_all(&kernel_says(number)).unwrap_or_else(|e| panic!("{who}: {e}"));
    if !card_is_first(number) {
        socket.shutdown(Shutdown::Write).unwrap_or_else(|e| panic!("{who}: {e}"));
    } else {
        // The card's FIN is there before ours goes, so that TIME-WAIT is the card's.
        let mut said = vec![0; card_says(number).len()];
        socket.read_exact(&mut said).unwrap_or_else(|e| panic!("{who}: {e}"));
        compare(&who, &said, &card_says(number));
        assert!(rest(&mut socket, &who).is_empty(), "{who}: more than was sent");
        return;
    }
    compare(&who, &rest(&mut socket, &who), &card_says(number));
}

#[test]
fn the_card_opens_and_closes_two_hundred_connections_and_the_same_port_again() {
    with_kernel(Config::Core64, |bench| {
        let listener = TcpListener::bind(kernel(5000)).expect("a listener");
        let peer = thread::spawn(move || {
            (0..CYCLES + 2).for_each(|number| exchange_in_the_kernel(accept(&listener), number));
        });
        let start = bench.device.now();
        for number in 0..CYCLES {
            exchange_on_the_card(connect(bench, 5000), number);
        }
        bench.all_closed();
        let took = bench.device.now() - start;
        eprintln!("{CYCLES} connections of the card's, one after the other: {took:.3?}");
        // The card closes the first of these, so that it has the TIME-WAIT.
        for number in [CYCLES, CYCLES + 1] {
            let stream = bench.device.connect_from(40_000, kernel(5000).into(), LIMIT);
            let stream = stream.unwrap_or_else(|e| panic!("port 40000, connection {number}: {e}"));
            exchange_on_the_card(stream, number);
            bench.all_closed();
        }
        bench.join("the kernel's side", peer);
        assert_eq!(bench.counter("opened"), CYCLES as u32 + 2);
    });
}

#[test]
fn the_kernel_opens_and_closes_two_hundred_connections_and_the_card_listens_again() {
    with_kernel(Config::Core64, |bench| {
        let start = bench.device.now();
        // The port is given up half-way, and is the same again.
        for round in 0..2 {
            let numbers = round * CYCLES / 2..(round + 1) * CYCLES / 2;
            let listener = bench.device.listen(5001).expect("a port");
            let peer = thread::spawn({
                let numbers = numbers.clone();
                move || numbers.for_each(|number| exchange_in_the_kernel(call(5001), number))
            });
            for number in numbers {
                let stream = listener.accept(LIMIT).unwrap_or_else(|e| panic!("connection {number}: {e}"));
                exchange_on_the_card(stream, number);
            }
            bench.join("the kernel's side", peer);
            bench.all_closed();
            drop(listener);
            let refused = thread::spawn(|| TcpStream::connect_timeout(&card(5001).into(), LIMIT));
            let refused = bench.join("a refusal", refused).expect_err("nobody listens");
            assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused, "{refused}");
        }
        let took = bench.device.now() - start;
        eprintln!("{CYCLES} connections of the kernel's, one after the other: {took:.3?}");
        assert_eq!(bench.counter("accepted"), CYCLES as u32);
    });
}

/// `std` has no client with a port of its choice.
const CLIENT: &str = "
import socket, sys
mine, card = (sys.argv[1], 41000), (sys.argv[2], 5002)
with socket.socket() as s:
    s.settimeout(60)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(mine)
    s.connect(card)
    s.sendall(b'ping')
    said = b''
    while piece := s.recv(100):
        said += piece
    sys.exit(said != b'pong')
";

#[test]
fn the_kernel_uses_the_same_port_again_after_time_wait_and_within_it() {
    with_kernel(Config::Core64, |bench| {
        let listener = bench.device.listen(5002).expect("a port");
        let mut python = Command::new("python3");
        python.args(["-c", CLIENT, &KERNEL.to_string(), &CARD.to_string()]);
        for (number, msl) in [1_000, 30_000_000, 1_000].into_iter().enumerate() {
            let Some(mut client) = Program::start(&mut python) else { return };
            let mut stream = listener.accept(LIMIT).unwrap_or_else(|e| panic!("connection {number}: {e}"));
            assert_eq!(stream.peer_addr(), "10.9.0.1:41000".parse().expect("an address"));
            let mut said = [0; 4];
            stream.read_exact(&mut said).expect("a ping");
            assert_eq!(&said, b"ping");
            stream.write_all(b"pong").expect("a pong");
            // Before the FIN, which is the first: the card goes to TIME-WAIT.
            bench.device.write_register(map::MSL_US, msl).expect("a register");
            stream.close().expect("a close");
            let status = bench.wait("the client", || client.ended());
            assert!(status.success(), "connection {number}: {status}");
            if msl == 1_000 {
                bench.all_closed();
                continue;
            }
            let in_time_wait = || {
                let states: Vec<_> =
                    bench.device.connections().expect("the card").iter().map(|c| c.state).collect();
                (states == [State::TimeWait]).then_some(())
            };
            bench.wait("TIME-WAIT", in_time_wait);
        }
        // The SYN in TIME-WAIT was answered with an ACK, and that with an RST (RFC 9293, 3.10.7.4, first and second).
        assert_eq!((bench.counter("accepted"), bench.counter("rst_in")), (3, 1));
    });
}
