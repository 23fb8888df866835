// SPDX-License-Identifier: MIT OR Apache-2.0
//! The commands.

use std::fs::File;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use anyhow::{Context, Result, bail};
use clap::CommandFactory;
use indicatif::ProgressBar;
use syncline::regs::map::Features;
use syncline::{Device, Stream};

use crate::args::{Arguments, Command};
use crate::attach::{self, Attached};
use crate::exit::NotSupported;
use crate::show::{self, Printer};
use crate::transfer::{self, Source, Totals, relay};

/// Does what the command line says, with a card of its own.
pub fn main(arguments: &Arguments) -> Result<()> {
    if let Command::Completions { shell } = arguments.command {
        let mut command = Arguments::command();
        clap_complete::generate(shell, &mut command, "syncline", &mut io::stdout());
        return Ok(());
    }
    let card = attach::open(arguments)?;
    let done = on_card(arguments, &card, &mut io::stdout(), Source::Slow(Box::new(io::stdin())));
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
        Command::Connect { host, port } => {
            let mut stream = device.connect(address(host, *port)?, limit)?;
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
            let opened = File::open(file).with_context(|| format!("opening {}", file.display()))?;
            let length = opened.metadata().with_context(|| format!("opening {}", file.display()))?.len();
            let mut stream = device.connect(address(host, *port)?, limit)?;
            let bar = transfer::progress(Some(length));
            let source = Source::File(Box::new(opened));
            let start = device.now();
            let totals = relay(device, &mut stream, source, &mut io::sink(), limit, &bar)?;
            finish(stream, &mut print, device, start, totals)
        }
        Command::Recv { port, file } => {
            let mut written = File::create(file).with_context(|| format!("creating {}", file.display()))?;
            let mut stream = accept(arguments, card, *port)?;
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
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(SocketAddr::new(ip, port));
    }
    let mut found = (host, port).to_socket_addrs().with_context(|| format!("looking up {host}"))?;
    found.find(SocketAddr::is_ipv4).with_context(|| format!("{host} has no IPv4 address"))
}
