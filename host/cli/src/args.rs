// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command line.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use syncline::transport::{BadLine, Bdf, Line};

const AFTER: &str = "\
Exit codes:
  0  done
  1  something on this side failed: a file, standard input or output
  2  the command line is wrong
  3  the connection was refused
  4  a time limit passed, or the peer stopped answering
  5  the peer is unreachable: its next hop does not answer ARP
  6  the connection was reset or aborted
  7  the card is full
  8  the card: not there, gone, of another ABI version, not configured, or it refused a command
  9  the card can't do this
  130  interrupted (SIGINT or SIGTERM)

A board without PCIe is behind its serial port: --device uart:/dev/ttyUSB1 at 115200 baud, or uart:/dev/ttyUSB1:3000000 at
another rate. The port answers sooner after `setserial /dev/ttyUSB1 low_latency`.

The simulated card (--device sim) lives as long as the command. Its address is 10.0.0.1/24 unless told otherwise. With
--link smoltcp its time is virtual, and a peer at 10.0.0.2 in the same process serves echo (port 7), discard (9) and
chargen (19: 1 MiB of a pattern), and connects to the port of `listen` and `recv` and sends --peer-sends bytes.
With --link tap:NAME its time is the wall's and the peer is this machine: give the TAP device an address of the same
network.

  syncline connect 10.0.0.2 7 < FILE
  syncline send FILE 10.0.0.2 9
  syncline recv 5000 FILE";

/// Drives a Syncline TCP offload card.
#[derive(Debug, Parser)]
#[command(name = "syncline", version, after_help = AFTER)]
pub struct Arguments {
    /// The card: sim, pci:BDF (sysfs) or vfio:BDF, with BDF like 0000:01:00.0, or uart:PATH[:BAUD], with PATH like /dev/ttyUSB1.
    #[arg(long, global = true, default_value = DEFAULT_DEVICE, env = "SYNCLINE_DEVICE")]
    pub device: DeviceName,
    #[command(flatten)]
    pub simulated: Simulated,
    /// Address and prefix to give the card before anything else, like 10.0.0.1/24.
    #[arg(long, global = true, value_name = "ADDR/PREFIX")]
    pub address: Option<Network>,
    /// Default gateway, with --address.
    #[arg(long, global = true, requires = "address")]
    pub gateway: Option<Ipv4Addr>,
    /// MAC address to give the card, with --address.
    #[arg(long, global = true, requires = "address")]
    pub mac: Option<Mac>,
    /// Give up after so many seconds without progress.
    #[arg(long, global = true, value_name = "SECONDS", default_value = "300", value_parser = seconds, allow_negative_numbers = true)]
    pub timeout: Duration,
    /// Print data as JSON.
    #[arg(long, global = true)]
    pub json: bool,
    /// Say more on standard error (-v, -vv, -vvv).
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    #[command(subcommand)]
    pub command: Command,
}

/// Without the simulation there is no card to fall back on, and the message says what to give.
const DEFAULT_DEVICE: &str = "sim";

/// The simulated card.
#[derive(Debug, Args)]
pub struct Simulated {
    /// What the simulated card is plugged into: smoltcp or tap:NAME.
    #[arg(long, global = true, default_value = "smoltcp")]
    pub link: LinkName,
    /// Width of the simulated core, bits: 64 or 512.
    #[arg(long, global = true, default_value = "64", value_parser = width)]
    pub width: u32,
    /// Loss on the simulated link, per cent of the frames each way.
    #[arg(long, global = true, default_value = "0", value_name = "PERCENT", value_parser = percent, allow_negative_numbers = true)]
    pub loss: f64,
    /// Seed of the simulated link's loss.
    #[arg(long, global = true, default_value = "1")]
    pub seed: u64,
    /// What the peer of --link smoltcp sends to `listen` and `recv`, bytes.
    #[arg(long, global = true, default_value = "4096", value_name = "BYTES")]
    pub peer_sends: u64,
    /// Write the frames of the simulated link to a pcapng file.
    #[arg(long, global = true, value_name = "FILE")]
    pub pcap: Option<PathBuf>,
    /// Write a ladder diagram of the segments (SVG).
    #[arg(long, global = true, value_name = "FILE")]
    pub ladder: Option<PathBuf>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// What the card is and can hold
    Info,
    /// The card's addresses; with --address, sets them and switches the card on
    Config,
    /// Connect: standard input goes to the peer, what the peer sends to standard output
    Connect {
        /// Name or IPv4 address.
        host: String,
        /// TCP port.
        #[arg(value_parser = port)]
        port: u16,
        /// Turn Nagle's algorithm off: what is typed leaves at once
        #[arg(long)]
        nodelay: bool,
    },
    /// Accept one connection: standard input goes to the peer, what the peer sends to standard output
    Listen {
        /// TCP port.
        #[arg(value_parser = port)]
        port: u16,
    },
    /// Send a file to a listening peer
    Send {
        /// The file.
        file: PathBuf,
        /// Name or IPv4 address.
        host: String,
        /// TCP port.
        #[arg(value_parser = port)]
        port: u16,
    },
    /// Accept one connection and write what comes to a file
    Recv {
        /// TCP port.
        #[arg(value_parser = port)]
        port: u16,
        /// The file; it is replaced.
        file: PathBuf,
    },
    /// The card's connections
    Status,
    /// The card's counters
    Stats {
        /// Also those that are 0.
        #[arg(long)]
        all: bool,
    },
    /// Send echo requests
    Ping {
        /// Name or IPv4 address.
        host: String,
    },
    /// The card's registers, decoded
    Regs,
    /// A completion script for a shell
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

fn port(text: &str) -> Result<u16, &'static str> {
    text.parse().ok().filter(|port| *port != 0).ok_or("a port is a number from 1 to 65535")
}

fn seconds(text: &str) -> Result<Duration, &'static str> {
    let limit = text.parse().ok().and_then(|value| Duration::try_from_secs_f64(value).ok());
    let limit = limit.filter(|limit| !limit.is_zero() && *limit <= Duration::from_secs(86_400));
    limit.ok_or("a number of seconds, more than 0 and at most a day (86400)")
}

fn percent(text: &str) -> Result<f64, &'static str> {
    text.parse().ok().filter(|value| (0.0..=100.0).contains(value)).ok_or("a number from 0 to 100")
}

fn width(text: &str) -> Result<u32, String> {
    match text {
        "64" => Ok(64),
        "512" => Ok(512),
        _ => Err("64 or 512".into()),
    }
}

/// How to reach a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceName {
    /// The simulated card.
    Sim,
    /// By sysfs.
    Pci(Bdf),
    /// By VFIO.
    Vfio(Bdf),
    /// Over a serial line.
    Uart(Line),
}

impl FromStr for DeviceName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bdf = |text: &str| text.parse::<Bdf>().map_err(|e| e.to_string());
        match text.split_once(':') {
            None if text == "sim" => Ok(DeviceName::Sim),
            Some(("pci", address)) => Ok(DeviceName::Pci(bdf(address)?)),
            Some(("vfio", address)) => Ok(DeviceName::Vfio(bdf(address)?)),
            Some(("uart", line)) => Ok(DeviceName::Uart(line.parse().map_err(|e: BadLine| e.to_string())?)),
            _ => Err("a card is sim, pci:BDF, vfio:BDF or uart:PATH[:BAUD]".into()),
        }
    }
}

/// What the simulated card is plugged into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkName {
    /// smoltcp in this process.
    Smoltcp,
    /// A TAP device of this machine.
    Tap(String),
}

impl FromStr for LinkName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "smoltcp" => Ok(LinkName::Smoltcp),
            Some(("tap", name)) if !name.is_empty() => Ok(LinkName::Tap(name.to_owned())),
            _ => Err("a link is smoltcp or tap:NAME".into()),
        }
    }
}

/// An address with its network's prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// The address.
    pub address: Ipv4Addr,
    /// Length of the prefix.
    pub prefix: u8,
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = "write it as 10.0.0.1/24";
        let (address, prefix) = text.split_once('/').ok_or(form)?;
        Ok(Network {
            address: address.parse().map_err(|_| form)?,
            prefix: prefix.parse().map_err(|_| "the prefix is a number from 1 to 32")?,
        })
    }
}

/// A MAC address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mac(pub [u8; 6]);

impl FromStr for Mac {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let octet = |part: &str| (part.len() == 2).then(|| u8::from_str_radix(part, 16).ok()).flatten();
        let octets: Option<Vec<u8>> = text.split(':').map(octet).collect();
        let octets = octets.and_then(|o| o.try_into().ok());
        octets.map(Mac).ok_or_else(|| "write it as 02:00:00:00:00:01".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn names_are_read() {
        assert_eq!("sim".parse(), Ok(DeviceName::Sim));
        assert!(matches!("pci:01:00.0".parse(), Ok(DeviceName::Pci(_))));
        assert!(matches!("vfio:0000:01:00.0".parse(), Ok(DeviceName::Vfio(_))));
        assert!("pci:1".parse::<DeviceName>().is_err_and(|e| e.contains("0000:01:00.0")));
        let line = |text: &str| match text.parse() {
            Ok(DeviceName::Uart(line)) => line.to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!(line("uart:/dev/ttyUSB1"), "/dev/ttyUSB1 at 115200 baud");
        assert_eq!(line("uart:/dev/ttyUSB1:3000000"), "/dev/ttyUSB1 at 3000000 baud");
        assert!("uart:".parse::<DeviceName>().is_err_and(|e| e.contains("/dev/ttyUSB1:3000000")));
        assert!("usb:1".parse::<DeviceName>().is_err());
        assert_eq!("tap:syn0".parse(), Ok(LinkName::Tap("syn0".into())));
        assert!("tap:".parse::<LinkName>().is_err());
        assert_eq!("02:53:59:4e:43:01".parse(), Ok(Mac([2, 0x53, 0x59, 0x4e, 0x43, 1])));
        assert!("02:53:59:4e:43".parse::<Mac>().is_err());
        assert!("10.0.0.1".parse::<Network>().is_err());
        assert_eq!("10.0.0.1/8".parse(), Ok(Network { address: Ipv4Addr::new(10, 0, 0, 1), prefix: 8 }));
    }
}
