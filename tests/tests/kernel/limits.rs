// SPDX-License-Identifier: MIT OR Apache-2.0
//! As many connections as the card holds, one more; and peers that do not want or are not there.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener};
use std::thread;

use syncline::Error;
use syncline_sim::Config;
use syncline_tests::kernel::{LIMIT, compare, kernel, pattern, with_kernel};

use super::{accept, call, connect, rest};

const BYTES: usize = 20_000;

/// Sends, half-closes, and gets the same back.
fn client(number: usize) {
    let mut socket = call(7);
    let back = socket.try_clone().expect("a handle");
    let reader = thread::spawn(move || rest(back, &format!("client {number}")));
    socket.write_all(&pattern(BYTES, number)).expect("a write");
    socket.shutdown(Shutdown::Write).expect("a shutdown");
    compare(&format!("client {number}"), &reader.join().expect("a reader"), &pattern(BYTES, number));
}

#[test]
fn a_full_card_lets_the_seventeenth_wait() {
    with_kernel(Config::Core64, |bench| {
        let flows = bench.device.limits().flows as usize;
        let listener = bench.device.listen(7).expect("a port");
        let peers: Vec<_> = (0..flows).map(|number| thread::spawn(move || client(number))).collect();
        let mut streams: Vec<_> = (0..flows).map(|_| listener.accept(LIMIT).expect("a connection")).collect();
        assert_eq!(bench.counter("card_full"), 0);
        let last = thread::spawn(move || client(flows));
        // Its SYN, and the same again after a second: dropped without a word, so that the kernel goes on trying.
        bench.wait("two SYNs of the last client", || (bench.counter("card_full") >= 2).then_some(()));
        assert!(listener.try_accept().expect("the card").is_none() && !last.is_finished());
        let full = bench.device.connect(kernel(5002).into(), LIMIT).err();
        assert!(matches!(full, Some(Error::CardFull { flows: 16 })), "{full:?}");
        // One place becomes free.
        bench.echo(streams.split_off(flows - 1));
        streams.push(listener.accept(LIMIT).expect("the last connection"));
        bench.echo(streams);
        for peer in peers.into_iter().chain([last]) {
            bench.join("a client", peer);
        }
        bench.all_closed();
        assert_eq!(bench.counter("accepted"), flows as u32 + 1);
    });
}

#[test]
fn a_kernel_that_refuses_resets_or_is_not_there_is_an_error_and_no_more() {
    with_kernel(Config::Core64, |bench| {
        let refused = bench.device.connect(kernel(5003).into(), LIMIT).err();
        assert!(matches!(refused, Some(Error::Refused { .. })), "{refused:?}");
        let nobody = "10.9.0.77:80".parse().expect("an address");
        let unreachable = bench.device.connect(nobody, LIMIT).err();
        assert!(matches!(unreachable, Some(Error::Unreachable { .. })), "{unreachable:?}");

        let listener = TcpListener::bind(kernel(5004)).expect("a listener");
        let peer = thread::spawn(move || {
            // It goes with unread data: the kernel sends an RST.
            accept(&listener).read_exact(&mut [0; 10]).expect("ten bytes");
            let mut socket = accept(&listener);
            compare("the connection after it", &rest(&mut socket, "the kernel's side"), b"still here");
        });
        let mut stream = connect(bench, 5004);
        let reset = stream.write_all(&pattern(1 << 20, 8)).expect_err("the peer has gone");
        assert_eq!(reset.kind(), ErrorKind::ConnectionReset, "{reset}");
        drop(stream);
        let mut stream = connect(bench, 5004);
        stream.write_all(b"still here").expect("a write");
        stream.close().expect("a close");
        bench.join("the kernel's side", peer);
        bench.all_closed();
    });
}

#[test]
fn the_kernel_learns_that_the_card_has_aborted() {
    with_kernel(Config::Core64, |bench| {
        let listener = bench.device.listen(5005).expect("a port");
        // By the host's order, and by a close with unread data (RFC 9293, 3.6.1).
        for order in [true, false] {
            let peer = thread::spawn(|| {
                let mut socket = call(5005);
                socket.write_all(b"hello").expect("a write");
                socket.read(&mut [0; 1]).map_err(|e| e.kind())
            });
            let stream = listener.accept(LIMIT).expect("a connection");
            let unread = || (stream.info().expect("a connection").receive_queue == 5).then_some(());
            bench.wait("a greeting", unread);
            if order { stream.abort() } else { stream.close() }.expect("an end");
            assert_eq!(bench.join("the kernel's side", peer), Err(ErrorKind::ConnectionReset));
            bench.all_closed();
        }
    });
}
