// SPDX-License-Identifier: MIT OR Apache-2.0
//! A mebibyte each way, with the card as client and as server.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use syncline::Stream;
use syncline_regs::code::State;
use syncline_sim::Config;
use syncline_tests::kernel::{KERNEL, LIMIT, Program, card, compare, kernel, pattern, with_kernel};

use super::{accept, call, connect, rest};

const MEBIBYTE: usize = 1 << 20;
const BOTH: [(&str, Config); 2] = [("64 bits", Config::Core64), ("512 bits", Config::Core512)];

#[test]
fn a_python_http_server_serves_the_card() {
    for (width, core) in BOTH {
        with_kernel(core, |bench| {
            let folder = tempfile::tempdir().expect("a folder");
            let file = pattern(MEBIBYTE, 1);
            std::fs::write(folder.path().join("file"), &file).expect("a file");
            let mut python = Command::new("python3");
            python.args(["-m", "http.server", "8000", "--bind", &KERNEL.to_string(), "--directory"]);
            python.arg(folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
            let Some(mut server) = Program::start(&mut python) else { return };
            bench.wait("python's server", || {
                assert_eq!(server.ended(), None, "python's server has ended");
                TcpStream::connect_timeout(&kernel(8000).into(), LIMIT).ok()
            });

            let start = bench.device.now();
            let mut stream = connect(bench, 8000);
            stream.write_all(b"GET /file HTTP/1.0\r\n\r\n").expect("a request");
            let answer = rest(&mut stream, "reading from python's server");
            bench.tell(&format!("{width}: GET from python's server"), answer.len(), start);
            let end = answer.windows(4).position(|w| w == b"\r\n\r\n").expect("the end of the header") + 4;
            let header = String::from_utf8_lossy(&answer[..end]);
            assert!(header.starts_with("HTTP/1.0 200 OK\r\n"), "{header}");
            assert!(header.contains("\r\nContent-Length: 1048576\r\n"), "{header}");
            compare("the file", &answer[end..], &file);
            assert_eq!(stream.state().expect("a state"), State::CloseWait);
            stream.close().expect("a close");
            bench.all_closed();
        });
    }
}

#[test]
fn a_mebibyte_each_way_to_a_listener_of_the_kernel() {
    for (width, core) in BOTH {
        with_kernel(core, |bench| {
            let listener = TcpListener::bind(kernel(7)).expect("a listener");
            let peer = thread::spawn(move || {
                let mut socket = accept(&listener);
                let got = rest(&mut socket, "the kernel's side");
                compare("what came to the kernel", &got, &pattern(MEBIBYTE, 2));
                socket.write_all(&pattern(MEBIBYTE, 3)).expect("a write");
            });
            let mut stream = connect(bench, 7);
            let start = bench.device.now();
            stream.write_all(&pattern(MEBIBYTE, 2)).expect("a write");
            stream.wait_sent(LIMIT).expect("an acknowledgement");
            bench.tell(&format!("{width}: to a listener of the kernel"), MEBIBYTE, start);
            // The way back goes on after our FIN.
            stream.shutdown(Shutdown::Write).expect("a shutdown");
            let start = bench.device.now();
            let back = rest(&mut stream, "the card's side");
            bench.tell(&format!("{width}: and back, in FIN-WAIT-2"), MEBIBYTE, start);
            compare("what came to the card", &back, &pattern(MEBIBYTE, 3));
            bench.join("the kernel's side", peer);
            stream.close().expect("a close");
            bench.all_closed();
        });
    }
}

#[test]
fn a_client_like_nc_gets_its_mebibyte_back() {
    for (width, core) in BOTH {
        with_kernel(core, |bench| {
            let listener = bench.device.listen(9).expect("a port");
            let peer = thread::spawn(|| {
                let mut socket = call(9);
                let back = socket.try_clone().expect("a handle");
                let reader = thread::spawn(move || rest(back, "the kernel's side"));
                socket.write_all(&pattern(MEBIBYTE, 4)).expect("a write");
                socket.shutdown(Shutdown::Write).expect("a shutdown");
                compare("what came back", &reader.join().expect("a reader"), &pattern(MEBIBYTE, 4));
            });
            let stream = listener.accept(LIMIT).expect("a connection");
            let start = bench.device.now();
            bench.echo(vec![stream]);
            bench.join("the kernel's side", peer);
            bench.tell(&format!("{width}: both ways at once, for the kernel"), 2 * MEBIBYTE, start);
            bench.all_closed();
        });
    }
}

/// The card's host answers one GET with a file; gives the answer.
fn serve_http(mut stream: Stream, path: &str, file: &[u8]) -> Vec<u8> {
    let mut request = vec![];
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a request");
        request.extend(byte);
    }
    let request = String::from_utf8_lossy(&request);
    assert!(request.starts_with(&format!("GET {path} HTTP/1.")), "{request}");
    let header = format!("HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n", file.len());
    let answer = [header.as_bytes(), file].concat();
    stream.write_all(&answer).expect("an answer");
    stream.close().expect("a close");
    answer
}

#[test]
fn curl_and_a_client_like_it_get_a_mebibyte_from_the_card() {
    for (width, core) in BOTH {
        with_kernel(core, |bench| {
            let listener = bench.device.listen(80).expect("a port");
            let file = pattern(MEBIBYTE, 5);
            let peer = thread::spawn(|| {
                let mut socket = call(80);
                socket.write_all(b"GET /file HTTP/1.0\r\nHost: card\r\n\r\n").expect("a request");
                rest(socket, "the kernel's side")
            });
            let start = bench.device.now();
            let answer = serve_http(listener.accept(LIMIT).expect("a connection"), "/file", &file);
            let got = bench.join("the kernel's side", peer);
            bench.tell(&format!("{width}: GET of a client like curl"), got.len(), start);
            compare("the answer", &got, &answer);

            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("got");
            let mut curl = Command::new("curl");
            curl.args(["--silent", "--show-error", "--noproxy", "*", "--max-time", "60", "--output"]);
            curl.arg(&path).arg(format!("http://{}/again", card(80)));
            let start = bench.device.now();
            let Some(mut curl) = Program::start(&mut curl) else { return };
            serve_http(listener.accept(LIMIT).expect("a connection"), "/again", &file);
            let status = bench.wait("curl", || curl.ended());
            bench.tell(&format!("{width}: GET of curl"), MEBIBYTE, start);
            assert!(status.success(), "{status}");
            compare("curl's file", &std::fs::read(&path).expect("a file"), &file);
            bench.all_closed();
        });
    }
}

/// More than the kernel and the rings hold, with the window of 65,535 bytes that goes without scaling.
const MUCH: usize = 400_000;
/// Longer than the kernel's first probes of a closed window.
const PAUSE: Duration = Duration::from_millis(1_500);

#[test]
fn a_reader_that_pauses_closes_the_window_and_opens_it_again() {
    with_kernel(Config::Core512, |bench| {
        let listener = TcpListener::bind(kernel(7)).expect("a listener");
        let (go, gone) = mpsc::channel();
        let peer = thread::spawn(move || {
            let mut socket = accept(&listener);
            gone.recv_timeout(LIMIT).expect("the end of the pause");
            let mut got = vec![0; MUCH];
            socket.read_exact(&mut got).expect("what the card sends");
            compare("what came to the kernel", &got, &pattern(MUCH, 6));
            socket.write_all(&pattern(MUCH, 7)).expect("a write");
        });
        let mut stream = connect(bench, 7);
        let (data, mut sent) = (pattern(MUCH, 6), 0);
        bench.wait("a probe of the closed window", || {
            sent += stream.try_write(&data[sent..]).expect("a connection").unwrap_or(0);
            let closed = stream.info().expect("a connection").send_window == 0;
            // The first time-out sends what still fits (RFC 9293, 3.8.6.2.1), the second one probes.
            (closed && bench.counter("timeout") >= 2).then_some(())
        });
        go.send(()).expect("a reader");
        stream.write_all(&data[sent..]).expect("room for the rest");
        // Now this side pauses: its ring fills, and then the kernel probes.
        let filled = || (stream.info().expect("a connection").receive_window == 0).then_some(());
        bench.wait("a full ring", filled);
        let end = bench.device.now() + PAUSE;
        bench.wait("the end of the pause", || (bench.device.now() >= end).then_some(()));
        let start = bench.device.now();
        let mut back = vec![0; MUCH];
        stream.read_exact(&mut back).expect("what the kernel sends");
        bench.tell("512 bits: after a closed window", back.len(), start);
        compare("what came to the card", &back, &pattern(MUCH, 7));
        bench.join("the kernel's side", peer);
        stream.close().expect("a close");
        bench.all_closed();
    });
}
