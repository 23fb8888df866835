// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command with the simulated card: the Verilated core, and smoltcp at the other end of its cable.
#![cfg(feature = "sim")]

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn command(line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_syncline"));
    command.env_remove("SYNCLINE_DEVICE").args(line.split_whitespace());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command line with this standard input.
fn run_with(line: &str, input: &[u8]) -> Output {
    let mut child = command(line).spawn().expect("the command runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    // Beside the reading of what comes back: both pipes are smaller than the data. A command that fails reads no input.
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("the command ends");
    writer.join().expect("no panic").ok();
    output
}

fn ok(line: &str, input: &[u8]) -> Vec<u8> {
    let output = run_with(line, input);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}: {:?} {message}", output.status.code());
    assert!(message.is_empty(), "{line}: {message}");
    output.stdout
}

fn json(line: &str) -> serde_json::Value {
    serde_json::from_slice(&ok(&format!("--json {line}"), b"")).expect("JSON")
}

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 7 % 253) as u8).collect()
}

/// What the peer sends, as `syncline_sim::peer::SmoltcpPeer::pattern` documents it.
fn supply(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i % 251) as u8 ^ (i / 251 % 256) as u8).collect()
}

fn file(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("a file");
    path.display().to_string()
}

#[test]
fn an_echo_comes_back_at_both_widths_and_over_a_lossy_link() {
    let data = pattern(60_000);
    for options in ["", "--width 512", "--loss 3 --seed 5"] {
        let back = ok(&format!("{options} connect 10.0.0.2 7"), &data);
        assert!(back == data, "{options}: the echo differs");
    }
    assert_eq!(ok("connect 10.0.0.2 7", b""), b"");
}

#[test]
fn the_peer_is_beside_the_card_in_every_network() {
    for (card, peer) in [
        ("10.0.0.1/24", "10.0.0.2"),
        ("10.0.0.254/24", "10.0.0.253"),
        ("223.255.255.254/8", "223.255.255.253"),
        ("10.0.0.7/31", "10.0.0.6"),
    ] {
        assert_eq!(ok(&format!("--address {card} connect {peer} 7"), b"hello"), b"hello", "{card}");
    }
}

#[test]
fn what_is_typed_is_answered_before_the_input_ends() {
    let mut child = command("connect 10.0.0.2 7").spawn().expect("the command runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let mut stdout = child.stdout.take().expect("a pipe");
    for line in [b"hello\n", b"again\n"] {
        stdin.write_all(line).expect("the command reads");
        let mut back = [0; 6];
        stdout.read_exact(&mut back).expect("an answer while the input is open");
        assert_eq!(&back, line);
    }
    drop(stdin);
    assert!(child.wait().expect("the command ends").success());
}

#[test]
fn a_file_goes_out_and_another_comes_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let goes = file(folder.path(), "goes", &pattern(100_000));
    let told = json(&format!("send {goes} 10.0.0.2 9"));
    assert_eq!((&told["sent"], &told["received"]), (&100_000.into(), &0.into()));
    assert_eq!(told["retransmits"], 0);
    let back = json(&format!("send {goes} 10.0.0.2 7"));
    assert_eq!((&back["sent"], &back["received"]), (&100_000.into(), &100_000.into()));
    let comes = folder.path().join("comes");
    let told = json(&format!("--peer-sends 70001 recv 5000 {}", comes.display()));
    assert_eq!((&told["received"], &told["sent"]), (&70_001.into(), &0.into()));
    assert!(std::fs::read(&comes).expect("a file") == supply(70_001), "what came differs");
    assert_eq!(ok("--peer-sends 3000 listen 5000", b"greetings"), supply(3000));
    assert_eq!(ok("connect 10.0.0.2 19", b""), supply(1 << 20));
}

#[test]
fn every_failure_has_its_exit_code_and_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = file(folder.path(), "data", &pattern(1000));
    for (line, code, part) in [
        ("connect 10.0.0.2 81", 3, "connection to 10.0.0.2:81 refused"),
        (&format!("send {data} 10.0.0.2 81"), 3, "refused"),
        (
            "--timeout 0.5 connect 10.0.0.77 80",
            4,
            "10.0.0.77:80 took longer than 500ms (the connection is in SYN-SENT)",
        ),
        ("connect 10.0.0.77 80", 5, "10.0.0.77:80 is unreachable: its next hop does not answer ARP"),
        ("--loss 100 connect 10.0.0.2 7", 5, "unreachable"),
        ("connect 192.168.7.7 80", 5, "unreachable"),
        ("connect 2001:db8::1 80", 2, "this card has no IPv6"),
        ("connect 224.0.0.1 80", 2, "224.0.0.1:80"),
        ("--address 10.0.0.1/33 info", 2, "not 33"),
        ("--address 224.0.0.1/24 info", 2, "224.0.0.1 can't be a card's address"),
        ("--address 10.0.0.255/24 info", 2, "it is the broadcast address of the network 10.0.0.0/24"),
        (
            "--loss 100 --timeout 2 listen 5000",
            4,
            "waiting for a connection to port 5000 took longer than 2s",
        ),
        ("send /no/such/file 10.0.0.2 9", 1, "/no/such/file"),
        ("recv 5000 /no/such/folder/file", 1, "/no/such/folder/file"),
        ("ping 10.0.0.2", 9, "can't ping 10.0.0.2"),
        (
            "--link tap:a-name-that-is-too-long info",
            1,
            "`a-name-that-is-too-long` is no name of a TAP device",
        ),
        ("--pcap /no/such/folder/a.pcapng info", 1, "creating /no/such/folder/a.pcapng"),
        ("--ladder /no/such/folder/a.svg info", 1, "creating /no/such/folder/a.svg"),
    ] {
        let output = run_with(line, b"");
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(code) && message.contains(part), "{line}: {message}");
        assert!(output.stdout.is_empty(), "{line}: data and an error");
    }
}

#[test]
fn the_card_tells_what_it_is() {
    for (width, flows, ring) in [(64, 16, 4096), (512, 64, 16384)] {
        let info = json(&format!("--width {width} info"));
        let card = ["data_width", "flows", "tx_ring_bytes", "rx_ring_bytes"].map(|name| info[name].as_u64());
        assert_eq!(card, [width, flows, ring, ring].map(Some));
    }
    let config = json("--address 192.168.9.5/20 --gateway 192.168.0.1 --mac 02:00:00:00:00:09 config");
    assert_eq!(config["address"], "192.168.9.5/20");
    assert_eq!((&config["gateway"], &config["mac"]), (&"192.168.0.1".into(), &"02:00:00:00:00:09".into()));
    assert_eq!(json("status"), serde_json::json!([]));
    assert_eq!(json("stats --all")["tcp_checksum"], 0);
    let regs = String::from_utf8(ok("regs", b"")).expect("text");
    assert!(regs.contains("MAGIC") && regs.contains("0x53594e43") && regs.contains("enable=1"), "{regs}");
}

#[test]
fn recordings_are_written_also_when_the_connection_fails() {
    let folder = tempfile::tempdir().expect("a folder");
    let (pcap, ladder) = (folder.path().join("a.pcapng"), folder.path().join("a.svg"));
    let options = format!("--pcap {} --ladder {}", pcap.display(), ladder.display());
    let output = run_with(&format!("{options} connect 10.0.0.2 81"), b"");
    assert_eq!(output.status.code(), Some(3));
    // A pcapng section header, and then the ARP and TCP frames of the attempt.
    let bytes = std::fs::read(&pcap).expect("a recording");
    assert!(bytes.starts_with(&[0x0a, 0x0d, 0x0d, 0x0a]) && bytes.len() > 400, "{} bytes", bytes.len());
    assert!(std::fs::read_to_string(&ladder).expect("a ladder").contains("RST"));
}

#[test]
fn the_command_ends_when_the_peer_has_everything_also_what_was_lost_at_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let pcap = folder.path().join("a.pcapng");
    for seed in 1..=20 {
        let line = format!("--loss 20 --seed {seed} --peer-sends 10 --pcap {} listen 5000", pcap.display());
        assert_eq!(ok(&line, &pattern(3000)), supply(10), "seed {seed}");
        // The recording's remarks say what became of the connection.
        let bytes = std::fs::read(&pcap).expect("a recording");
        let text = String::from_utf8_lossy(&bytes);
        let end = text.rfind("flow 0 is ").map(|at| &text[at..]).expect("a connection");
        assert!(
            ["flow 0 is CLOSED", "flow 0 is TIME-WAIT"].iter().any(|wanted| end.starts_with(wanted)),
            "seed {seed}: {}",
            end.chars().take(30).collect::<String>()
        );
    }
}

/// Ctrl-C: the peer gets a FIN, the recordings are complete, and the shell learns of it.
#[cfg(unix)]
#[test]
fn an_interrupted_command_takes_its_leave() {
    let folder = tempfile::tempdir().expect("a folder");
    let (pcap, ladder) = (folder.path().join("a.pcapng"), folder.path().join("a.svg"));
    let options = format!("--pcap {} --ladder {}", pcap.display(), ladder.display());
    for signal in ["-INT", "-TERM"] {
        let mut child = command(&format!("{options} connect 10.0.0.2 7")).spawn().expect("the command runs");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(b"hello\n").expect("the command reads");
        let mut back = [0; 6];
        child
            .stdout
            .as_mut()
            .expect("a pipe")
            .read_exact(&mut back)
            .expect("the echo: the connection is open");
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
        let end = Instant::now() + Duration::from_secs(60);
        while child.try_wait().expect("a child").is_none() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
        // One that goes on ends with its input.
        drop(stdin);
        let output = child.wait_with_output().expect("the command ends");
        assert_eq!(output.status.code(), Some(130), "{signal}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "syncline: interrupted\n");
        assert!(std::fs::read(&pcap).expect("a recording").len() > 400);
        let ladder = std::fs::read_to_string(&ladder).expect("a ladder");
        assert!(ladder.contains("FIN") && ladder.contains("flow 0 is FIN-WAIT-2"), "{ladder}");
    }
}
