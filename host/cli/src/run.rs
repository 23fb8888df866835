// SPDX-License-Identifier: MIT OR Apache-2.0
//! The commands.

use std::fs::File;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use anyhow::{Context, Result, bail};
use clap::CommandFactory;
use indicatif::ProgressBar;
use syncline::regs::map::Features;
use syncline::{ConnectOptions, Device, Stream};

use crate::args::{Arguments, Command};
use crate::attach::{self, Attached};
use crate::exit::NotSupported;
use crate::interrupt;
use crate::show::{self, Printer};
use crate::transfer::{self, Source, Totals, relay};

/// Does what the command line says, with a card of its own.
pub fn main(arguments: &Arguments) -> Result<()> {
    if let Command::Completions { shell } = arguments.command {
        let mut command = Arguments::command();
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut command, "syncline", &mut script);
        return io::stdout().write_all(&script).context("writing the script");
    }
    let caught = interrupt::catch().context("catching signals")?;
    let card = attach::open(arguments, &caught)?;
    let done = on_card(arguments, &card, &mut io::stdout(), Source::Slow(Box::new(io::stdin())));
    let done = done.and_then(|()| Ok(card.bench.take_leave(&card.device, arguments.timeout)?));
    // The recordings are wanted most when something went wrong.
    done.and(card.bench.finish().context("completing the recordings"))
}

/// The same on a given card, with given ends.
pub fn on_card(arguments: &Arguments, card: &Attached, out: &mut dyn Write, input: Source) -> Result<()> {
    let device = &card.device;
    let mut print = Printer::new(out, arguments.json);
    let limit = arguments.timeout;
    match &arguments.command {
        Command::Info => print.limits(&device.limits()),
        Command::Config => print.config(device.config()?.as_ref()),
        Command::Status => print.connections(&device.connections()?),
        Command::Stats { all } => {
            let mut counters = device.counters()?;
            counters.retain(|(_, value)| *all || *value != 0);
            print.counters(&counters)
        }
        Command::Regs => print.registers(&show::read_registers(device)?),
        Command::Ping { host } => {
            address(host, 0)?;
            if !device.limits().features.contains(Features::PING) {
                return Err(NotSupported(format!(
                    "can't ping {host}: this card answers echo requests but can't send them (feature `ping` of `syncline info`)"
                ))
                .into());
            }
            // No build has the feature yet, and a driver that does not know how must say so too.
            Err(NotSupported("this command does not know how this card sends echo requests".into()).into())
        }
        Command::Connect { host, port, nodelay } => {
            let options = ConnectOptions { nodelay: *nodelay, ..ConnectOptions::default() };
            let mut stream = device.connect_with(address(host, *port)?, &options, limit)?;
            tracing::info!(peer = %stream.peer_addr(), port = stream.local_port(), "connected");
            relay(device, &mut stream, input, out, limit, &transfer::progress(None))?;
            Ok(stream.close()?)
        }
        Command::Listen { port } => {
            let mut stream = accept(arguments, card, *port)?;
            relay(device, &mut stream, input, out, limit, &transfer::progress(None))?;
            Ok(stream.close()?)
        }
        Command::Send { file, host, port } => {
            let opening = || format!("opening {}", file.display());
            let opened = File::open(file).with_context(opening)?;
            let about = opened.metadata().with_context(opening)?;
            if about.is_dir() {
                return Err(io::Error::from(io::ErrorKind::IsADirectory)).with_context(opening);
            }
            let length = about.len();
            let mut stream = device.connect(address(host, *port)?, limit)?;
            let bar = transfer::progress(Some(length));
            let source = Source::File(Box::new(opened));
            let start = device.now();
            let totals = relay(device, &mut stream, source, &mut io::sink(), limit, &bar)?;
            finish(stream, &mut print, device, start, totals)
        }
        Command::Recv { port, file } => {
            let creating = || format!("creating {}", file.display());
            let opened = File::options().write(true).create(true).truncate(false).open(file);
            let mut written = opened.with_context(creating)?;
            let mut stream = accept(arguments, card, *port)?;
            // What was in it is given up when something comes, and not for a call that nobody makes.
            if written.metadata().with_context(creating)?.is_file() {
                written.set_len(0).with_context(creating)?;
            }
            let start = device.now();
            let bar: ProgressBar = transfer::progress(None);
            let totals = relay(device, &mut stream, Source::Nothing, &mut written, limit, &bar)?;
            finish(stream, &mut print, device, start, totals)
        }
        Command::Completions { .. } => bail!("a completion script needs no card"),
    }
}

fn accept(arguments: &Arguments, card: &Attached, port: u16) -> Result<Stream> {
    let listener = card.device.listen(port)?;
    card.bench.call(port);
    let stream = listener.accept(arguments.timeout)?;
    tracing::info!(peer = %stream.peer_addr(), port, "accepted");
    Ok(stream)
}

fn finish(
    stream: Stream,
    print: &mut Printer,
    device: &Device,
    start: std::time::Duration,
    totals: Totals,
) -> Result<()> {
    let (peer, info) = (stream.peer_addr(), stream.info()?);
    let took = device.now().saturating_sub(start);
    stream.close()?;
    print.transfer(peer, totals, took, info.retransmits)
}

/// The IPv4 address of a host.
fn address(host: &str, port: u16) -> Result<SocketAddr> {
    if host.is_empty() {
        bail!("the host has no name");
    }
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(SocketAddr::new(ip, port));
    }
    let mut found = (host, port).to_socket_addrs().with_context(|| format!("looking up {host}"))?;
    found.find(SocketAddr::is_ipv4).with_context(|| format!("{host} has no IPv4 address"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attach::Bench;
    use crate::exit;
    use clap::Parser;
    use std::io::Read;
    use syncline::Config;
    use syncline::testing::{self, FakeCard};

    /// Runs a command line on a card in software: what it printed, or the exit code and the message.
    fn run_with(
        card: &FakeCard,
        line: &str,
        input: impl Read + Send + 'static,
    ) -> Result<Vec<u8>, (u8, String)> {
        let words = ["syncline"].into_iter().chain(line.split_whitespace());
        let arguments = Arguments::try_parse_from(words).expect("a command line");
        let mut out = Vec::new();
        let run = || {
            let device = Device::open(card.clone())?;
            device.configure(&Config::default())?;
            let card = Attached { device, bench: Bench::none() };
            on_card(&arguments, &card, &mut out, Source::Slow(Box::new(input)))
        };
        run().map_err(|e: anyhow::Error| (exit::code(&e), format!("{e:#}")))?;
        Ok(out)
    }

    fn run(card: &FakeCard, line: &str) -> Result<String, (u8, String)> {
        run_with(card, line, io::empty()).map(|out| String::from_utf8(out).expect("text"))
    }

    fn failure(card: &FakeCard, line: &str) -> (u8, String) {
        run(card, line).expect_err(line)
    }

    fn json(card: &FakeCard, line: &str) -> serde_json::Value {
        serde_json::from_str(&run(card, line).expect(line)).expect("JSON")
    }

    fn pattern(len: usize) -> Vec<u8> {
        (0..len).map(|i| (i % 253) as u8).collect()
    }

    #[test]
    fn connect_moves_input_to_the_peer_and_the_answer_to_the_output() {
        let card = FakeCard::default();
        let data = pattern(50_000);
        let out = run_with(&card, "connect 10.0.0.2 7", io::Cursor::new(data.clone())).expect("an echo");
        assert!(out == data, "the echo differs");
        assert_eq!(card.in_use(), 0);
        let out = run_with(&card, "connect 10.0.0.2 19", io::empty()).expect("a source");
        assert_eq!(out, card.inside().supply);
    }

    #[test]
    fn listen_and_recv_take_what_a_peer_sends() {
        let card = FakeCard::default();
        card.inside().calls = true;
        let supply = card.inside().supply.clone();
        assert_eq!(run_with(&card, "listen 5000", io::empty()).expect("a peer"), supply);
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("came");
        // It is replaced, the longer one too.
        std::fs::write(&file, vec![1; 2 * supply.len()]).expect("a file");
        let told = json(&card, &format!("--json recv 5001 {}", file.display()));
        assert_eq!(told["received"], supply.len());
        assert_eq!(std::fs::read(&file).expect("a file"), supply);
        assert_eq!(json(&card, "--json recv 5002 /dev/null")["received"], supply.len());
        assert_eq!(card.in_use(), 0);
    }

    #[test]
    fn recv_leaves_the_file_alone_until_someone_calls() {
        let card = FakeCard::default();
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("old");
        std::fs::write(&file, b"dear").expect("a file");
        assert_eq!(failure(&card, &format!("--timeout 2 recv 5000 {}", file.display())).0, 4);
        assert_eq!(std::fs::read(&file).expect("a file"), b"dear");
    }

    #[test]
    fn send_sends_a_file() {
        let card = FakeCard::default();
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("goes");
        std::fs::write(&file, pattern(30_000)).expect("a file");
        let line = format!("send {} 10.0.0.2 9", file.display());
        let text = run(&card, &line).expect("a transfer");
        assert!(text.starts_with("10.0.0.2:9: 30000 bytes sent, 0 received in "), "{text}");
        assert_eq!(card.got(0), pattern(30_000));
        let (code, message) = failure(&card, "send /no/such/file 10.0.0.2 9");
        assert_eq!((code, message.contains("/no/such/file")), (1, true), "{message}");
        let before = card.commands().len();
        let (code, message) = failure(&card, &format!("send {} 10.0.0.2 9", folder.path().display()));
        let said = message.contains(&folder.path().display().to_string()) && message.contains("directory");
        assert!(code == 1 && said, "{message}");
        assert_eq!(card.commands().len(), before, "the peer is not called for nothing");
        for (port, code) in [(testing::RESETS, 6), (testing::VANISHES, 4), (testing::STALLS, 4)] {
            let (got, message) = failure(&card, &format!("send {} 10.0.0.2 {port}", file.display()));
            assert_eq!(got, code, "{message}");
            assert!(message.contains(&format!("10.0.0.2:{port}")), "{message}");
            assert_eq!(card.in_use(), 0);
        }
    }

    #[test]
    fn every_failure_has_its_exit_code_and_names_the_peer() {
        let card = FakeCard::default();
        let cases = [
            ("connect 10.0.0.2 101", 3, "connection to 10.0.0.2:101 refused"),
            ("connect 10.0.0.2 102", 4, "connection with 10.0.0.2:102 timed out"),
            (
                "connect --timeout 1 10.0.0.2 102",
                4,
                "connecting to 10.0.0.2:102 took longer than 1s (the connection is in SYN-SENT)",
            ),
            ("connect 10.0.0.2 103", 5, "10.0.0.2:103 is unreachable"),
            ("connect 224.0.0.1 80", 2, "224.0.0.1:80"),
            ("connect ::1 80", 2, "this card has no IPv6"),
            ("listen --timeout 2 80", 4, "waiting for a connection to port 80 took longer than 2s"),
            ("ping 10.0.0.2", 9, "can't ping 10.0.0.2"),
        ];
        for (line, code, part) in cases {
            let (got, message) = failure(&card, line);
            assert!(got == code && message.contains(part), "{line}: {got} {message}");
        }
        assert_eq!(card.in_use(), 0);
        let full = FakeCard::new(1, 64);
        let device = Device::open(full.clone()).expect("a card");
        device.configure(&Config::default()).expect("a configuration");
        let peer = "10.0.0.2:106".parse().expect("an address");
        let _held = device.connect(peer, std::time::Duration::from_secs(1)).expect("the only flow");
        assert_eq!(
            failure(&full, "connect 10.0.0.2 7"),
            (7, "the card is full: all of its 1 connections are in use".into())
        );
        let other = FakeCard::default();
        other.inside().abi = 0x0009_0000;
        assert_eq!(failure(&other, "info"), (8, "the card speaks host ABI 9.0, this driver 1.0".into()));
        let gone = FakeCard::default();
        gone.inside().dies_after = Some(0);
        assert_eq!(failure(&gone, "info"), (8, "the card is gone: its registers read as all ones".into()));
        let none = FakeCard::default();
        none.inside().magic = 0;
        assert_eq!(failure(&none, "info").0, 8);
    }

    #[test]
    fn what_the_card_is_and_does_can_be_printed() {
        let card = FakeCard::default();
        assert_eq!(json(&card, "--json info")["flows"], 4);
        assert!(run(&card, "info").expect("text").contains("data path      64 bits at 156.250 MHz"));
        let config = json(&card, "--json config");
        assert_eq!(
            (&config["address"], &config["mac"]),
            (&"10.0.0.1/24".into(), &"02:53:59:4e:43:01".into())
        );
        let device = Device::open(card.clone()).expect("a card");
        let peer = "10.0.0.2:106".parse().expect("an address");
        let _held = device.connect(peer, std::time::Duration::from_secs(1)).expect("a flow");
        let status = json(&card, "--json status");
        assert_eq!(
            (&status[0]["state"], &status[0]["peer"]),
            (&"ESTABLISHED".into(), &"10.0.0.2:106".into())
        );
        let text = run(&card, "status").expect("text");
        assert!(
            text.lines().nth(1).is_some_and(|l| l.contains("ESTABLISHED") && l.contains("10.0.0.2:106")),
            "{text}"
        );
        assert_eq!(json(&card, "--json stats --all")["rx_frames"], 0);
        assert_eq!(run(&card, "stats").expect("text"), "");
        let regs = run(&card, "regs").expect("text");
        assert!(
            regs.contains("0x53594e43") && regs.contains("minor=0 major=1") && regs.contains("write-only"),
            "{regs}"
        );
    }
}
