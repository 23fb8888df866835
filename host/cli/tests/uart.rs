// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command over a serial line, with a card in software at the other end.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use syncline::testing::{FakeCard, UartCard};

/// Runs a command line on the card of a line.
fn syncline(line: &UartCard, words: &str, input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_syncline"));
    command.env_remove("SYNCLINE_DEVICE").arg(format!("--device=uart:{}:3000000", line.path().display()));
    command.args(words.split_whitespace());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    // Beside the reading of what comes back. A command that fails reads no input.
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("the command ends");
    writer.join().expect("no panic").ok();
    output
}

fn ok(line: &UartCard, words: &str, input: &[u8]) -> Vec<u8> {
    let output = syncline(line, words, input);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && message.is_empty(), "{words}: {:?} {message}", output.status.code());
    output.stdout
}

#[test]
fn a_card_is_configured_by_one_command_and_used_by_the_next() {
    let fake = FakeCard::default();
    let line = UartCard::new(fake.clone()).expect("a line");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    assert!(text(ok(&line, "info", b"")).contains("64 bits"));
    let output = syncline(&line, "connect 10.0.0.2 7", b"");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(8) && message.contains("not enabled"), "{message}");
    ok(&line, "--address 10.0.0.1/24 config", b"");
    let data: Vec<u8> = (0..5000).map(|i| (i % 251) as u8).collect();
    assert!(ok(&line, "connect 10.0.0.2 7", &data) == data, "the echo differs");
    assert_eq!(fake.in_use(), 0);
}

#[test]
fn a_silent_line_is_8_and_says_what_to_look_at() {
    let line = UartCard::new(FakeCard::default()).expect("a line");
    line.wire().deaf = true;
    let output = syncline(&line, "info", b"");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(8) && output.stdout.is_empty(), "{message}");
    let part = format!("{} at 3000000 baud: nothing answers", line.path().display());
    assert!(message.contains(&part) && message.contains("uart:PATH:BAUD"), "{message}");
}
