// SPDX-License-Identifier: MIT OR Apache-2.0
//! The card as a whole: discovery, configuration, connections.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use syncline_regs::code::{Opcode, State};
use syncline_regs::{ABI_MAJOR, ALL_ONES, MAGIC, counters, map};

use crate::engine::Engine;
use crate::info::{self, ConnectionInfo};
use crate::{Bar, Error, Limits, Listener, Result, Stream};

/// How long a reset may take.
const RESET_LIMIT: Duration = Duration::from_secs(2);
/// First port that the driver picks by itself (RFC 6335: dynamic ports).
const FIRST_PORT: u16 = 49_152;
/// Picks of a local port before the driver gives up.
const PORT_TRIES: usize = 32;

/// Addresses and limits for [`Device::configure`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Own MAC address.
    pub mac: [u8; 6],
    /// Own IPv4 address.
    pub addr: Ipv4Addr,
    /// Length of the network's prefix, 1 to 32.
    pub prefix: u8,
    /// Default gateway.
    pub gateway: Option<Ipv4Addr>,
    /// Key of the initial sequence numbers; `None`: random, as it should be outside of tests.
    pub isn_key: Option<[u32; 4]>,
}

impl Default for Config {
    /// 10.0.0.1/24 without a gateway.
    fn default() -> Self {
        Config {
            mac: [0x02, 0x53, 0x59, 0x4e, 0x43, 0x01],
            addr: Ipv4Addr::new(10, 0, 0, 1),
            prefix: 24,
            gateway: None,
            isn_key: None,
        }
    }
}

impl Config {
    /// Says whether a card can have these addresses.
    ///
    /// # Errors
    /// They can't be; the message says why.
    pub fn check(&self) -> Result<()> {
        let bad = |text: String| Err(Error::BadConfig(text));
        if self.mac[0] & 1 != 0 || self.mac == [0; 6] {
            return bad("the MAC address must be a unicast address".into());
        }
        if !(1..=32).contains(&self.prefix) {
            return bad(format!("a prefix has 1 to 32 bits, not {}", self.prefix));
        }
        if self.addr.is_multicast()
            || self.addr.is_broadcast()
            || self.addr.is_loopback()
            || self.addr.is_unspecified()
        {
            return bad(format!("{} can't be a card's address", self.addr));
        }
        if let Some(what) = self.not_a_host(self.addr) {
            return bad(format!("{} can't be a card's address: it is the {what}", self.addr));
        }
        let Some(gateway) = self.gateway else { return Ok(()) };
        if (gateway.to_bits() ^ self.addr.to_bits()) & self.mask() != 0 {
            return bad(format!(
                "the gateway {gateway} is not in the network of {}/{}",
                self.addr, self.prefix
            ));
        }
        if gateway == self.addr {
            return bad(format!("{gateway} can't be a gateway: it is the card itself"));
        }
        if let Some(what) = self.not_a_host(gateway) {
            return bad(format!("{gateway} can't be a gateway: it is the {what}"));
        }
        Ok(())
    }

    /// What an address of the network is if it is no host's (RFC 1122, 3.2.1.3). In a network of two both are hosts' (RFC 3021).
    fn not_a_host(&self, addr: Ipv4Addr) -> Option<String> {
        let host = addr.to_bits() & !self.mask();
        let what = match host {
            _ if self.prefix > 30 => return None,
            0 => "address",
            _ if host == !self.mask() => "broadcast address",
            _ => return None,
        };
        let network = Ipv4Addr::from_bits(addr.to_bits() & self.mask());
        Some(format!("{what} of the network {network}/{}", self.prefix))
    }

    /// The network mask; the prefix has been checked.
    fn mask(&self) -> u32 {
        u32::MAX << (32 - u32::from(self.prefix))
    }
}

/// How a connection is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectOptions {
    /// Own port; a free one if there is none.
    pub local_port: Option<u16>,
    /// Turn Nagle's algorithm off for this connection (RFC 9293, 3.7.4): a small write does not wait for the acknowledgement of the one
    /// before.
    pub nodelay: bool,
}

/// A Syncline card. Clones are handles of the same card.
///
/// Every call that waits has a deadline, measured with the transport's clock.
#[derive(Clone)]
pub struct Device {
    engine: Arc<Mutex<Engine>>,
}

impl Device {
    /// Looks at the card behind a transport: magic, ABI version, limits.
    ///
    /// # Errors
    /// It is gone, no Syncline card, or speaks another ABI.
    pub fn open(bar: impl Bar + 'static) -> Result<Self> {
        Self::look(bar, true)
    }

    /// The same without a write to the card: for programs that read registers, counters and the connection table while
    /// another driver has the card. Commands must not be given through it.
    ///
    /// # Errors
    /// As [`Device::open`].
    pub fn observe(bar: impl Bar + 'static) -> Result<Self> {
        Self::look(bar, false)
    }

    fn look(bar: impl Bar + 'static, takes: bool) -> Result<Self> {
        let mut bar: Box<dyn Bar> = Box::new(bar);
        match bar.read32(map::MAGIC)? {
            ALL_ONES => return Err(Error::DeviceGone),
            MAGIC => {}
            magic => return Err(Error::NotACard { magic }),
        }
        let version = bar.read32(map::ABI_VERSION)?;
        let (major, minor) = ((version >> 16) as u16, version as u16);
        if major != ABI_MAJOR {
            return Err(Error::AbiMismatch { major, minor });
        }
        let limits = Limits::read(bar.as_mut())?;
        let engine = Arc::new(Mutex::new(Engine::new(bar, limits, takes)?));
        Ok(Self { engine })
    }

    pub(crate) fn engine(&self) -> MutexGuard<'_, Engine> {
        // A panic in one thread leaves the rings as they are: indexes change after the card has been told.
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the card is and can hold.
    pub fn limits(&self) -> Limits {
        self.engine().limits
    }

    /// Returns the card to its power-up state. Every connection is lost.
    ///
    /// # Errors
    /// The card does not come back.
    pub fn reset(&self) -> Result<()> {
        let mut engine = self.engine();
        engine.bar.write32(map::CONTROL, map::Control::RESET.bits())?;
        let end = engine.bar.now() + RESET_LIMIT;
        while engine.read(map::STATUS)? & map::CardStatus::READY.bits() == 0 {
            if engine.bar.now() >= end {
                return Err(Error::Unresponsive { what: "come back from its reset", after: RESET_LIMIT });
            }
            engine.bar.relax(end)?;
        }
        engine.restart();
        Ok(())
    }

    /// Sets the addresses and switches the card on.
    ///
    /// # Errors
    /// The addresses can't be, or the transport fails.
    pub fn configure(&self, config: &Config) -> Result<()> {
        config.check()?;
        let mask = config.mask();
        let key = config.isn_key.unwrap_or_else(rand::random);
        let mac = config.mac;
        let mut engine = self.engine();
        let bar = &mut engine.bar;
        bar.write32(map::CONTROL, 0)?;
        bar.write32(map::MAC_LO, u32::from_be_bytes([mac[2], mac[3], mac[4], mac[5]]))?;
        bar.write32(map::MAC_HI, u16::from_be_bytes([mac[0], mac[1]]).into())?;
        bar.write32(map::IPV4_ADDR, config.addr.to_bits())?;
        bar.write32(map::IPV4_MASK, mask)?;
        bar.write32(map::IPV4_GATEWAY, config.gateway.map_or(0, Ipv4Addr::to_bits))?;
        for (offset, word) in
            [map::ISN_KEY0, map::ISN_KEY1, map::ISN_KEY2, map::ISN_KEY3].into_iter().zip(key)
        {
            bar.write32(offset, word)?;
        }
        Ok(bar.write32(map::CONTROL, map::Control::ENABLE.bits())?)
    }

    /// The configuration as the card holds it (without the key, which can't be read), `None` while the card is off.
    ///
    /// # Errors
    /// The transport fails.
    pub fn config(&self) -> Result<Option<Config>> {
        let mut engine = self.engine();
        if engine.read(map::CONTROL)? & map::Control::ENABLE.bits() == 0 {
            return Ok(None);
        }
        let (low, high) =
            (engine.read(map::MAC_LO)?.to_be_bytes(), (engine.read(map::MAC_HI)? as u16).to_be_bytes());
        let gateway = Ipv4Addr::from_bits(engine.read(map::IPV4_GATEWAY)?);
        Ok(Some(Config {
            mac: [high[0], high[1], low[0], low[1], low[2], low[3]],
            addr: Ipv4Addr::from_bits(engine.read(map::IPV4_ADDR)?),
            prefix: engine.read(map::IPV4_MASK)?.leading_ones() as u8,
            gateway: (!gateway.is_unspecified()).then_some(gateway),
            isn_key: None,
        }))
    }

    /// Reads a register of BAR0 by its byte offset.
    ///
    /// # Errors
    /// The transport fails, or the card is gone.
    pub fn read_register(&self, offset: u32) -> Result<u32> {
        self.engine().read(offset)
    }

    /// Writes a register of BAR0: for limits that [`Config`] does not hold, such as `MSL_US`.
    ///
    /// # Errors
    /// The transport fails.
    pub fn write_register(&self, offset: u32, value: u32) -> Result<()> {
        Ok(self.engine().bar.write32(offset, value)?)
    }

    /// Connects to `peer` from a free local port.
    ///
    /// # Errors
    /// The connection is refused, times out or can't be made; see [`Error`].
    pub fn connect(&self, peer: SocketAddr, limit: Duration) -> Result<Stream> {
        self.connect_with(peer, &ConnectOptions::default(), limit)
    }

    /// Connects to `peer` from a local port.
    ///
    /// # Errors
    /// As [`Device::connect`]; and the port is in use for this peer.
    pub fn connect_from(&self, port: u16, peer: SocketAddr, limit: Duration) -> Result<Stream> {
        self.connect_with(
            peer,
            &ConnectOptions { local_port: Some(port), ..ConnectOptions::default() },
            limit,
        )
    }

    /// Connects to `peer`, as `options` say.
    ///
    /// # Errors
    /// As [`Device::connect`]; and the local port asked for is in use for this peer.
    pub fn connect_with(
        &self,
        peer: SocketAddr,
        options: &ConnectOptions,
        limit: Duration,
    ) -> Result<Stream> {
        if let Some(port) = options.local_port {
            return self.open_from(port, peer, options.nodelay, limit);
        }
        // RFC 6056: a random port, so that an attacker can't guess it.
        for _ in 0..PORT_TRIES {
            let port = FIRST_PORT + rand::random_range(0..=u16::MAX - FIRST_PORT);
            if self.engine().port_in_use(port) {
                continue;
            }
            match self.open_from(port, peer, options.nodelay, limit) {
                Err(Error::AddressInUse { .. }) => {}
                other => return other,
            }
        }
        Err(Error::BadPort { port: 0, why: "no local port is free" })
    }

    fn open_from(&self, port: u16, peer: SocketAddr, nodelay: bool, limit: Duration) -> Result<Stream> {
        let SocketAddr::V4(v4) = peer else {
            return Err(Error::BadAddress { peer, why: "this card has no IPv6" });
        };
        if port == 0 || v4.port() == 0 {
            return Err(Error::BadAddress { peer, why: "port 0 is no port" });
        }
        let handle = self.engine().open(SocketAddrV4::new(*v4.ip(), v4.port()), port, nodelay)?;
        let stream = Stream::new(self.clone(), handle);
        stream.wait_open(limit)?;
        Ok(stream)
    }

    /// Lets peers connect to `port`.
    ///
    /// # Errors
    /// The port is 0, or this driver listens on it already.
    pub fn listen(&self, port: u16) -> Result<Listener> {
        Listener::new(self.clone(), port)
    }

    /// The connection table: every flow that is in use.
    ///
    /// # Errors
    /// The transport fails.
    pub fn connections(&self) -> Result<Vec<ConnectionInfo>> {
        let mut engine = self.engine();
        let flows = engine.limits.flows;
        let mut all = Vec::new();
        for flow in 0..flows {
            let info = info::read(&mut engine, flow as u16)?;
            if info.state != State::Closed || info.owned {
                all.push(info);
            }
        }
        Ok(all)
    }

    /// Every counter of the card, by name.
    ///
    /// # Errors
    /// The transport fails.
    pub fn counters(&self) -> Result<Vec<(&'static str, u32)>> {
        let mut engine = self.engine();
        let base = engine.limits.counters;
        let read = |(slot, c): (usize, &counters::Counter)| {
            engine.read(base + 4 * slot as u32).map(|value| (c.name, value))
        };
        counters::COUNTERS.iter().enumerate().map(read).collect()
    }

    /// Sends an RST for a flow that a former driver left behind, and frees it.
    ///
    /// # Errors
    /// The card refuses.
    pub fn abort_flow(&self, info: &ConnectionInfo) -> Result<()> {
        let handle = crate::engine::Handle {
            flow: info.flow,
            generation: info.generation,
            peer: info.peer,
            lport: info.local.port(),
        };
        self.engine().command(&handle, Opcode::Abort)
    }

    /// The transport's clock.
    pub fn now(&self) -> Duration {
        self.engine().bar.now()
    }

    /// Waits for a moment, `until` at the latest (on the transport's clock), and takes news from the card.
    ///
    /// # Errors
    /// The transport fails.
    pub fn poll(&self, until: Duration) -> Result<()> {
        let mut engine = self.engine();
        if !engine.pump()? {
            engine.bar.relax(until)?;
        }
        Ok(())
    }
}
