// SPDX-License-Identifier: MIT OR Apache-2.0
//! The demo as a user starts it, with a small file.

use std::path::Path;
use std::process::{Command, Output};

fn demo(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_syncline-demo")).args(arguments).output().expect("the demo runs")
}

/// Runs it with a file of so many bytes; what it printed.
fn run(folder: &Path, bytes: usize, width: &str) -> String {
    let file = folder.join("file");
    let data: Vec<u8> = (0..bytes).map(|i| (i * 7 % 253) as u8).collect();
    std::fs::write(&file, data).expect("a file");
    let (file, out) = (file.display().to_string(), folder.join("out").display().to_string());
    let output = demo(&["--width", width, "--out", &out, &file]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// The states that a flow has gone through.
fn path(text: &str, flow: u16) -> Vec<&str> {
    let name = format!(" flow {flow}: ");
    text.lines().filter_map(|line| Some(line.split_once(&name)?.1.split_once(" -> ")?.1)).collect()
}

#[test]
fn four_connections_are_told_from_their_opening_to_their_end() {
    for width in ["64", "512"] {
        let folder = tempfile::tempdir().expect("a folder");
        let text = run(folder.path(), 50_000, width);
        for flow in [0, 2] {
            let states = ["SYN-SENT", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSED"];
            assert_eq!(path(&text, flow), states, "{text}");
        }
        for flow in [1, 3] {
            let states = ["SYN-RECEIVED", "ESTABLISHED", "CLOSE-WAIT", "LAST-ACK", "CLOSED"];
            assert_eq!(path(&text, flow), states, "{text}");
        }
        for (part, times) in [
            ("50000 each way, equal", 4),
            (" % of the wire, in ", 8),
            ("until a timer of the card", 4),
            (" segments by the card; the cable lost 0 of ", 2),
        ] {
            assert_eq!(text.matches(part).count(), times, "{part}: {text}");
        }
        assert!(text.contains("everything came back as it went out"));
        let out = folder.path().join("out");
        let capture = std::fs::read(out.join("demo.pcapng")).expect("a capture");
        assert!(capture.len() > 4 * 2 * 50_000, "{} bytes", capture.len());
        let ladder = std::fs::read_to_string(out.join("demo.svg")).expect("a ladder");
        assert!((0..4).all(|flow| ladder.contains(&format!("flow {flow} is CLOSED"))));
    }
}

#[test]
fn an_empty_file_is_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = run(folder.path(), 0, "64");
    assert_eq!(text.matches("0 each way, equal").count(), 4, "{text}");
}

#[test]
fn what_goes_wrong_is_said_and_fails() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().display().to_string();
    for (arguments, part) in [
        (vec!["--out", &out, "/no/such/file"], "/no/such/file"),
        (vec!["--out", "/dev/null/here"], "/dev/null/here"),
        (vec!["--out", &out, "--width", "65"], "64 and 512"),
        (vec!["--out", &out, "--loss", "2"], "0 to 1"),
        #[cfg(not(feature = "trace"))]
        (vec!["--out", &out, "--wave"], "cargo xtask demo --wave"),
        // Nothing arrives in the second half: the neighbour is known, its SYN-ACK does not come.
        (vec!["--out", &out, "--loss", "1"], "connection with 10.0.0.2:7 timed out"),
    ] {
        let output = demo(&arguments);
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && message.contains(part), "{arguments:?}: {message}");
        assert!(!String::from_utf8_lossy(&output.stdout).contains("everything came back"));
    }
    // The last one has recorded what there was.
    let ladder = std::fs::read_to_string(folder.path().join("demo.svg")).expect("a ladder");
    assert!(ladder.contains("link: lost"));
}
