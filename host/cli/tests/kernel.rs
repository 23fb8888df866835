// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command with the simulated card on a TAP device: the Linux kernel's TCP and real programs are at the other end of its cable. Needs
//! root's rights, and says so without.
#![cfg(all(feature = "sim", target_os = "linux"))]

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddrV4, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use syncline_sim::peer::Namespace;

const CARD: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 2);
const KERNEL: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 1);
const MEBIBYTE: usize = 1 << 20;
/// What anything may take before it counts as wedged.
const LIMIT: Duration = Duration::from_secs(60);

/// A program that ends with the value.
struct Program(Child);

impl Program {
    fn start(command: &mut Command) -> io::Result<Program> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map(Program)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a test in a network with a device for the card.
fn with_kernel(test: impl FnOnce() + Send) {
    Namespace::test(|namespace| {
        // The command attaches to it by its name.
        drop(namespace.tap("syncline0", KERNEL, 24)?);
        test();
        Ok(())
    });
}

/// The command, in a thread of its own. It gives up by itself.
fn syncline(line: &str, input: Stdio) -> thread::JoinHandle<Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_syncline"));
    command.args(["--link", "tap:syncline0", "--address", "10.9.0.2/24", "--timeout", "60"]);
    command.env_remove("SYNCLINE_DEVICE").args(line.split_whitespace()).stdin(input);
    thread::spawn(move || command.output().expect("the command runs"))
}

fn ok(command: thread::JoinHandle<Output>) -> Vec<u8> {
    let output = command.join().expect("no panic");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && message.is_empty(), "{:?}: {message}", output.status);
    output.stdout
}

fn limited(socket: TcpStream) -> TcpStream {
    socket.set_read_timeout(Some(LIMIT)).expect("a limit");
    socket.set_write_timeout(Some(LIMIT)).expect("a limit");
    socket
}

/// Connects as soon as someone listens; before, there is no card, or it refuses.
fn call(address: Ipv4Addr, port: u16) -> TcpStream {
    let to = SocketAddrV4::new(address, port).into();
    let end = Instant::now() + LIMIT;
    loop {
        match TcpStream::connect_timeout(&to, LIMIT) {
            Ok(socket) => return limited(socket),
            Err(e) if matches!(e.kind(), ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable) => {
                assert!(Instant::now() < end, "nobody listens on {to}: {e}");
                thread::sleep(Duration::from_millis(20));
            }
            Err(e) => panic!("connecting to {to}: {e}"),
        }
    }
}

fn rest(mut from: impl Read) -> Vec<u8> {
    let mut bytes = vec![];
    from.read_to_end(&mut bytes).unwrap_or_else(|e| panic!("after {} bytes: {e}", bytes.len()));
    bytes
}

fn pattern(len: usize, number: u8) -> Vec<u8> {
    (0..len).map(|i| (i % 253) as u8 ^ (i >> 8) as u8 ^ number).collect()
}

fn file(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("a file");
    path.display().to_string()
}

fn compare(what: &str, got: &[u8], wanted: &[u8]) {
    let equal = got.iter().zip(wanted).take_while(|(a, b)| a == b).count();
    assert!(
        got == wanted,
        "{what}: {} bytes instead of {}, the first {equal} are equal",
        got.len(),
        wanted.len()
    );
}

#[test]
fn recv_takes_a_file_from_a_client_of_the_kernel() {
    with_kernel(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let came = folder.path().join("came");
        let command = syncline(&format!("--json recv 5000 {}", came.display()), Stdio::null());
        let mut socket = call(CARD, 5000);
        socket.write_all(&pattern(MEBIBYTE, 1)).expect("a write");
        socket.shutdown(Shutdown::Write).expect("a shutdown");
        assert_eq!(rest(&socket), b"", "the card sends nothing");
        let told: serde_json::Value = serde_json::from_slice(&ok(command)).expect("JSON");
        assert_eq!((&told["received"], &told["sent"]), (&MEBIBYTE.into(), &0.into()));
        compare("the file", &std::fs::read(&came).expect("a file"), &pattern(MEBIBYTE, 1));
    });
}

#[test]
fn send_gives_a_file_to_a_listener_of_the_kernel() {
    with_kernel(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let goes = file(folder.path(), "goes", &pattern(MEBIBYTE, 2));
        let listener = TcpListener::bind((KERNEL, 5000)).expect("a listener");
        let server = thread::spawn(move || rest(limited(listener.accept().expect("a connection").0)));
        let told = ok(syncline(&format!("--json send {goes} {KERNEL} 5000"), Stdio::null()));
        compare("what came", &server.join().expect("a server"), &pattern(MEBIBYTE, 2));
        let told: serde_json::Value = serde_json::from_slice(&told).expect("JSON");
        assert_eq!((&told["received"], &told["sent"]), (&0.into(), &MEBIBYTE.into()));
        // Nobody is there any more.
        let output = syncline(&format!("send {goes} {KERNEL} 5000"), Stdio::null()).join().expect("no panic");
        assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    });
}

#[test]
fn connect_gets_a_file_from_a_python_http_server() {
    with_kernel(|| {
        let folder = tempfile::tempdir().expect("a folder");
        file(folder.path(), "file", &pattern(MEBIBYTE, 3));
        let request = file(folder.path(), "request", b"GET /file HTTP/1.0\r\n\r\n");
        let mut python = Command::new("python3");
        python.args(["-m", "http.server", "8000", "--bind", &KERNEL.to_string(), "--directory"]);
        let _server = match Program::start(python.arg(folder.path())) {
            Ok(server) => server,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let _ = writeln!(io::stderr(), "skipped: no python3");
                return;
            }
            Err(error) => panic!("python3: {error}"),
        };
        drop(call(KERNEL, 8000));
        let input = File::open(request).expect("a file");
        let answer = ok(syncline(&format!("connect {KERNEL} 8000"), input.into()));
        let end = answer.windows(4).position(|w| w == b"\r\n\r\n").expect("the end of the header") + 4;
        assert!(answer.starts_with(b"HTTP/1.0 200 OK\r\n"), "{}", String::from_utf8_lossy(&answer[..end]));
        compare("the file", &answer[end..], &pattern(MEBIBYTE, 3));
    });
}

#[test]
fn listen_moves_bytes_both_ways_also_over_a_lossy_link() {
    with_kernel(|| {
        for (loss, bytes) in [(0, MEBIBYTE), (3, 50_000)] {
            let folder = tempfile::tempdir().expect("a folder");
            let goes = file(folder.path(), "goes", &pattern(bytes, 4));
            let input = File::open(goes).expect("a file");
            let command = syncline(&format!("--loss {loss} listen 80"), input.into());
            let mut socket = call(CARD, 80);
            let back = socket.try_clone().expect("a handle");
            let reader = thread::spawn(move || rest(back));
            socket.write_all(&pattern(bytes, 5)).expect("a write");
            socket.shutdown(Shutdown::Write).expect("a shutdown");
            compare("what the command sent", &reader.join().expect("a reader"), &pattern(bytes, 4));
            compare("what the command got", &ok(command), &pattern(bytes, 5));
        }
    });
}
