// SPDX-License-Identifier: MIT OR Apache-2.0
//! From the names on the command line to a card that is ready.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use syncline::transport::{Sysfs, Uart};
use syncline::{Bar, Config, Device, Error};

use crate::args::{Arguments, Command, DeviceName};
#[cfg(not(all(feature = "sim", feature = "vfio")))]
use crate::exit::NoCard;
use crate::interrupt::Interruptible;

/// A card, and what belongs to a simulated one.
pub struct Attached {
    /// The card.
    pub device: Device,
    /// Its bench.
    pub bench: Bench,
}

/// Opens and configures the card.
pub fn open(arguments: &Arguments, caught: &Arc<AtomicBool>) -> Result<Attached> {
    let config = config(arguments);
    // Before the simulated peer is given the address beside it.
    config.check().context("configuring the card")?;
    let (device, bench) = match &arguments.device {
        DeviceName::Sim => simulated(arguments, caught)?,
        DeviceName::Pci(bdf) => {
            let bar = if only_reads(arguments) { Sysfs::observe(*bdf) } else { Sysfs::open(*bdf) };
            (take(arguments, bar.map_err(Error::from)?, caught)?, Bench::none())
        }
        DeviceName::Uart(line) => {
            (take(arguments, Uart::open(line).map_err(Error::from)?, caught)?, Bench::none())
        }
        #[cfg(feature = "vfio")]
        DeviceName::Vfio(bdf) => {
            let bar = syncline::transport::Vfio::open(*bdf).map_err(Error::from)?;
            (Device::open(Interruptible::new(bar, caught.clone()))?, Bench::none())
        }
        #[cfg(not(feature = "vfio"))]
        DeviceName::Vfio(_) => {
            return Err(NoCard("this build has no VFIO: build it with --features vfio".into()).into());
        }
    };
    let simulated = arguments.device == DeviceName::Sim;
    if simulated || arguments.address.is_some() {
        device.configure(&config).context("configuring the card")?;
    }
    Ok(Attached { device, bench })
}

/// The command changes nothing on the card.
fn only_reads(arguments: &Arguments) -> bool {
    matches!(arguments.command, Command::Info | Command::Status | Command::Stats { .. } | Command::Regs)
        && arguments.address.is_none()
}

/// The card behind a transport. A reader must leave the ring pointers to the driver that has the card.
fn take(
    arguments: &Arguments,
    bar: impl Bar + 'static,
    caught: &Arc<AtomicBool>,
) -> syncline::Result<Device> {
    let bar = Interruptible::new(bar, caught.clone());
    if only_reads(arguments) { Device::observe(bar) } else { Device::open(bar) }
}

/// The addresses that the command line gives the card.
fn config(arguments: &Arguments) -> Config {
    let mut config = Config { gateway: arguments.gateway, ..Config::default() };
    if let Some(network) = arguments.address {
        (config.addr, config.prefix) = (network.address, network.prefix);
    }
    if let Some(mac) = arguments.mac {
        config.mac = mac.0;
    }
    config
}

#[cfg(not(feature = "sim"))]
fn simulated(_: &Arguments, _: &Arc<AtomicBool>) -> Result<(Device, Bench)> {
    Err(NoCard("this build has no simulation: name a card with --device pci:BDF".into()).into())
}

#[cfg(not(feature = "sim"))]
pub use without::Bench;

#[cfg(not(feature = "sim"))]
mod without {
    /// A build without a simulation has no bench.
    pub struct Bench;

    impl Bench {
        /// For a card in a slot.
        pub fn none() -> Self {
            Bench
        }

        /// Nobody to call.
        pub fn call(&self, _port: u16) {}

        /// The card lives on by itself.
        pub fn take_leave(&self, _: &syncline::Device, _: std::time::Duration) -> syncline::Result<()> {
            Ok(())
        }

        /// Nothing to finish.
        pub fn finish(&self) -> anyhow::Result<()> {
            Ok(())
        }
    }
}

#[cfg(feature = "sim")]
pub use with::Bench;
#[cfg(feature = "sim")]
use with::simulated;

#[cfg(feature = "sim")]
mod with {
    use std::net::Ipv4Addr;
    use std::path::Path;
    use std::sync::atomic::AtomicBool;
    use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
    use std::time::Duration;

    use anyhow::{Context, Result};
    use syncline::regs::code::State;
    use syncline::{Config, Device, Error};
    use syncline_sim::peer::{Service, SmoltcpConfig, SmoltcpPeer, TapPeer};
    use syncline_sim::record::{Ladder, Pcapng};
    use syncline_sim::{Config as Core, Impairments, LinkConfig, SimBar, Simulation, TimeSource};

    use crate::args::{Arguments, LinkName};
    use crate::exit::NoCard;
    use crate::interrupt::Interruptible;

    /// Connections that a port of the peer serves at once.
    const BACKLOG: usize = 2;
    /// What port 19 sends.
    const CHARGEN: u64 = 1 << 20;

    /// How long the simulated card lives on after the command: the last ACKs.
    const LINGER: Duration = Duration::from_millis(100);

    /// The simulated card's surroundings.
    pub struct Bench {
        simulation: Option<Arc<Mutex<Simulation>>>,
        peer: Option<Arc<Mutex<SmoltcpPeer>>>,
        card: Ipv4Addr,
        sends: u64,
    }

    impl Bench {
        /// For a card in a slot.
        pub fn none() -> Self {
            Bench { simulation: None, peer: None, card: Ipv4Addr::UNSPECIFIED, sends: 0 }
        }

        /// Lets the peer of the simulated card connect to a port of the card.
        pub fn call(&self, port: u16) {
            if let (Some(peer), Some(simulation)) = (&self.peer, &self.simulation) {
                lock(peer).connect(self.card, port, Service::Source(self.sends));
                // It looks at the peer.
                lock(simulation).step(1);
            }
        }

        /// Lets the card send its FINs until they are acknowledged: it does not live on after the command.
        pub fn take_leave(&self, device: &Device, limit: Duration) -> syncline::Result<()> {
            if self.simulation.is_none() {
                return Ok(());
            }
            let end = device.now() + limit;
            while let Some(open) = device.connections()?.iter().find(|c| c.state != State::TimeWait) {
                if device.now() >= end {
                    let what = format!("closing the connection with {}", open.peer);
                    return Err(Error::Deadline { what, after: limit, state: Some(open.state) });
                }
                device.poll(end)?;
            }
            Ok(())
        }

        /// Lets the last segments pass and completes the recordings.
        pub fn finish(&self) -> Result<()> {
            let Some(simulation) = &self.simulation else { return Ok(()) };
            let mut simulation = lock(simulation);
            simulation.run_for(LINGER);
            Ok(simulation.finish_recording()?)
        }
    }

    /// A panic elsewhere does not make a simulation or a peer unusable.
    fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
        shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Builds the simulated card and plugs it in.
    pub fn simulated(arguments: &Arguments, caught: &Arc<AtomicBool>) -> Result<(Device, Bench)> {
        let options = &arguments.simulated;
        let time = if options.link == LinkName::Smoltcp { TimeSource::Virtual } else { TimeSource::Wall };
        let loss = Impairments::loss(options.loss / 100.0);
        let link = LinkConfig { impairments: loss, ..LinkConfig::default() };
        let core = if options.width == 512 { Core::Core512 } else { Core::Core64 };
        let build = Simulation::builder().config(core).time(time).seed(options.seed).link(link).build();
        let mut simulation = build.map_err(|e| NoCard(format!("the simulated card did not start: {e:#}")))?;
        let creating = |path: &Path| format!("creating {}", path.display());
        if let Some(path) = &options.pcap {
            simulation.record(Pcapng::create(path).with_context(|| creating(path))?);
        }
        if let Some(path) = &options.ladder {
            simulation.record(Ladder::create(path).with_context(|| creating(path))?);
        }
        let network = super::config(arguments);
        let peer = match &options.link {
            LinkName::Smoltcp => {
                let peer = Arc::new(Mutex::new(neighbour(&network, options.seed)));
                simulation.plug(peer.clone());
                Some(peer)
            }
            LinkName::Tap(name) => {
                simulation.plug(TapPeer::open(name).context("plugging the card into the TAP device")?);
                None
            }
        };
        let bar = SimBar::new(simulation);
        let simulation = bar.simulation();
        let device = Device::open(Interruptible::new(bar, caught.clone()))?;
        Ok((
            device,
            Bench { simulation: Some(simulation), peer, card: network.addr, sends: options.peer_sends },
        ))
    }

    /// The address after the card's, or before it where that is the network's last.
    fn beside(network: &Config) -> Ipv4Addr {
        let own = network.addr.to_bits();
        let hosts = u32::MAX.checked_shr(network.prefix.into()).unwrap_or(0);
        // The last one of all is the broadcast address, but in a network of two (RFC 3021).
        let last = if network.prefix < 31 { hosts - 1 } else { hosts };
        Ipv4Addr::from_bits(if own & hosts < last { own + 1 } else { own - 1 })
    }

    /// The peer, with the services of the help text.
    fn neighbour(network: &Config, seed: u64) -> SmoltcpPeer {
        let address = beside(network);
        let config = SmoltcpConfig { address, prefix: network.prefix, seed, ..SmoltcpConfig::default() };
        let mut peer = SmoltcpPeer::new(config);
        peer.serve(7, Service::Echo, BACKLOG);
        peer.serve(9, Service::Discard, BACKLOG);
        peer.serve(19, Service::Source(CHARGEN), BACKLOG);
        peer
    }

    #[test]
    fn the_peer_has_the_next_address_of_the_network() {
        for (own, prefix, peer) in [
            ([10, 0, 0, 1], 24, [10, 0, 0, 2]),
            ([10, 0, 0, 254], 24, [10, 0, 0, 253]),
            ([10, 0, 0, 5], 30, [10, 0, 0, 6]),
            ([10, 0, 0, 6], 30, [10, 0, 0, 5]),
            ([10, 0, 0, 6], 31, [10, 0, 0, 7]),
            ([10, 0, 0, 7], 31, [10, 0, 0, 6]),
        ] {
            let network = Config { addr: own.into(), prefix, ..Config::default() };
            network.check().expect("a host's address");
            assert_eq!(beside(&network), Ipv4Addr::from(peer), "{}/{prefix}", network.addr);
        }
    }
}
