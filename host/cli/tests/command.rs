// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command as a shell sees it, without a card.

use std::process::{Command, Output, Stdio};

fn syncline(line: &str) -> Output {
    let words = line.split_whitespace();
    let mut command = Command::new(env!("CARGO_BIN_EXE_syncline"));
    command.env_remove("SYNCLINE_DEVICE").args(words).output().expect("the command runs")
}

fn error(line: &str) -> (Option<i32>, String) {
    let output = syncline(line);
    assert!(output.stdout.is_empty(), "{line}: data and an error");
    (output.status.code(), String::from_utf8(output.stderr).expect("text"))
}

#[test]
fn help_tells_commands_exit_codes_and_how_to_begin() {
    let output = syncline("--help");
    assert!(output.status.success());
    let help = String::from_utf8(output.stdout).expect("text");
    let commands = [
        "info",
        "config",
        "connect",
        "listen",
        "send",
        "recv",
        "status",
        "stats",
        "ping",
        "regs",
        "completions",
    ];
    for word in commands {
        assert!(help.contains(&format!("\n  {word} ")), "{word}");
    }
    for part in [
        "Exit codes:",
        "  7  the card is full",
        "syncline connect 10.0.0.2 7",
        "tap:NAME",
        "vfio:BDF",
        "uart:/dev/ttyUSB1",
    ] {
        assert!(help.contains(part), "{part}");
    }
}

#[test]
fn a_wrong_command_line_is_2() {
    let cases = [
        ("", "Usage"),
        ("fly", "fly"),
        ("connect 10.0.0.2", "<PORT>"),
        ("connect 10.0.0.2 0", "from 1 to 65535"),
        ("connect 10.0.0.2 65536", "from 1 to 65535"),
        ("connect 10.0.0.2 http", "from 1 to 65535"),
        ("--device usb:1 info", "a card is sim, pci:BDF, vfio:BDF or uart:PATH[:BAUD]"),
        ("--device uart: info", "write it as /dev/ttyUSB1"),
        ("--device uart:/dev/ttyUSB1:0 info", "9600 to 12000000 baud"),
        ("--device pci:xyz info", "write it as 0000:01:00.0"),
        ("--link wire info", "a link is smoltcp or tap:NAME"),
        ("--width 65 info", "64 or 512"),
        ("--timeout 0 info", "more than 0"),
        ("--timeout -1 info", "more than 0"),
        ("--timeout soon info", "a number of seconds"),
        ("--loss 101 info", "0 to 100"),
        ("--loss -1 info", "0 to 100"),
        ("--address 10.0.0.1 config", "write it as 10.0.0.1/24"),
        ("--address 10.0.0/24 config", "write it as 10.0.0.1/24"),
        ("--address 10.0.0.1/x config", "from 1 to 32"),
        ("--gateway 10.0.0.254 config", "--address"),
        ("--mac 1:2 --address 10.0.0.1/24 config", "02:00:00:00:00:01"),
    ];
    for (line, part) in cases {
        let (code, message) = error(line);
        assert!(code == Some(2) && message.contains(part), "{line}: {code:?} {message}");
    }
}

#[test]
fn an_absent_card_is_8_and_named() {
    for command in ["info", "connect 10.0.0.2 80", "status"] {
        let (code, message) = error(&format!("--device pci:ffff:ff:1f.7 {command}"));
        let said = message.matches("there is no PCI function ffff:ff:1f.7").count();
        assert!(code == Some(8) && said == 1, "{command}: {code:?} {message}");
        assert_eq!(message.matches("os error").count(), 1, "the cause is said once: {message}");
    }
    let (code, message) = error("--device vfio:ffff:ff:1f.7 info");
    assert!(code == Some(8) && message.to_lowercase().contains("vfio"), "{message}");
    let (code, message) = error("--device uart:/no/such/port info");
    assert!(code == Some(8) && message.contains("/no/such/port"), "{message}");
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let output = syncline(&format!("completions {shell}"));
        assert!(output.status.success());
        assert!(String::from_utf8_lossy(&output.stdout).contains("connect"), "{shell}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_syncline"));
    command.args(["completions", "zsh"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}
