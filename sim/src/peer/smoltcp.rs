// SPDX-License-Identifier: MIT OR Apache-2.0
//! A peer in this process: smoltcp, on the simulation's time. No privilege, deterministic.

use super::Peer;
use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::socket::tcp;
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, HardwareAddress, IpCidr};
use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv4Addr;
use std::time::Duration;

/// A TCP state as smoltcp names it; prints as in the RFC.
pub type TcpState = tcp::State;

/// Who the peer is.
#[derive(Clone, Copy, Debug)]
pub struct SmoltcpConfig {
    /// Ethernet address.
    pub mac: [u8; 6],
    /// IPv4 address.
    pub address: Ipv4Addr,
    /// Length of the network's prefix.
    pub prefix: u8,
    /// Largest IP packet.
    pub mtu: usize,
    /// Bytes of each socket's receive buffer (its window) and of its send buffer.
    pub buffer: usize,
    /// Seed of initial sequence numbers.
    pub seed: u64,
}

impl Default for SmoltcpConfig {
    /// 192.168.1.1/24 with 64 KiB buffers.
    fn default() -> Self {
        SmoltcpConfig {
            mac: [0x02, 0, 0, 0, 0, 0x01],
            address: Ipv4Addr::new(192, 168, 1, 1),
            prefix: 24,
            mtu: 1500,
            buffer: 65_535,
            seed: 1,
        }
    }
}

/// What a server does with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Sends back what it receives; closes when the other side has.
    Echo,
    /// Reads everything; closes when the other side has.
    Discard,
    /// Sends this many bytes of [`SmoltcpPeer::pattern`], then closes. What it receives it throws away.
    Source(u64),
    /// Nothing by itself: the program reads, writes and closes.
    Manual,
}

/// A connection of the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Connection(SocketHandle);

#[derive(Debug)]
struct Serving {
    service: Service,
    /// The port to listen on again when the connection is over; `None` for a client's.
    port: Option<u16>,
    received: u64,
    sent: u64,
}

/// The peer.
pub struct SmoltcpPeer {
    interface: Interface,
    sockets: SocketSet<'static>,
    wire: Wire,
    serving: BTreeMap<Connection, Serving>,
    buffer: usize,
    next_port: u16,
}

impl SmoltcpPeer {
    /// A peer with no sockets yet; it answers ARP and ping.
    pub fn new(config: SmoltcpConfig) -> Self {
        let mut wire = Wire { mtu: config.mtu, ..Wire::default() };
        let mut own = Config::new(HardwareAddress::Ethernet(EthernetAddress(config.mac)));
        own.random_seed = config.seed;
        let mut interface = Interface::new(own, &mut wire, Instant::ZERO);
        interface.update_ip_addrs(|list| {
            let address = IpCidr::new(config.address.into(), config.prefix);
            list.push(address).expect("a new interface has room for one address");
        });
        SmoltcpPeer {
            interface,
            sockets: SocketSet::new(Vec::new()),
            wire,
            serving: BTreeMap::new(),
            buffer: config.buffer,
            next_port: 49_152,
        }
    }

    /// Byte number `i` of what [`Service::Source`] sends: a pattern whose period is not that of any ring.
    pub fn pattern(i: u64) -> u8 {
        (i % 251) as u8 ^ (i / 251 % 256) as u8
    }

    /// Serves up to `backlog` connections to `port` at once, and again when they are over.
    pub fn serve(&mut self, port: u16, service: Service, backlog: usize) {
        for _ in 0..backlog {
            let socket = self.socket();
            let connection = Connection(self.sockets.add(socket));
            self.serving.insert(connection, Serving { service, port: Some(port), received: 0, sent: 0 });
            self.listen(connection, port);
        }
    }

    /// Connects to `address` and `port` from a new port; what happens then is `service`.
    pub fn connect(&mut self, address: Ipv4Addr, port: u16, service: Service) -> Connection {
        let mut socket = self.socket();
        let local = self.next_port;
        self.next_port = if local == u16::MAX { 49_152 } else { local + 1 };
        socket
            .connect(self.interface.context(), (address, port), local)
            .expect("a new socket connects to an address and port that are not zero");
        let connection = Connection(self.sockets.add(socket));
        self.serving.insert(connection, Serving { service, port: None, received: 0, sent: 0 });
        connection
    }

    /// Every connection and listener.
    pub fn connections(&self) -> impl Iterator<Item = Connection> {
        self.serving.keys().copied()
    }

    /// The state of `connection`.
    pub fn state(&self, connection: Connection) -> TcpState {
        self.tcp(connection).state()
    }

    /// Bytes that a service has received and sent on `connection` (since it was last listening).
    pub fn transferred(&self, connection: Connection) -> (u64, u64) {
        self.serving.get(&connection).map_or((0, 0), |serving| (serving.received, serving.sent))
    }

    /// Puts as much of `data` as fits into the send buffer; how much that was (0 if the connection can't send).
    pub fn send(&mut self, connection: Connection, data: &[u8]) -> usize {
        self.tcp_mut(connection).send_slice(data).unwrap_or(0)
    }

    /// Takes received bytes; 0 if there are none (see [`SmoltcpPeer::finished`]).
    pub fn receive(&mut self, connection: Connection, data: &mut [u8]) -> usize {
        self.tcp_mut(connection).recv_slice(data).unwrap_or(0)
    }

    /// True when the other side has sent its FIN and everything before it has been read.
    pub fn finished(&self, connection: Connection) -> bool {
        use tcp::State::{CloseWait, Closed, Closing, LastAck, TimeWait};
        let socket = self.tcp(connection);
        socket.recv_queue() == 0
            && matches!(socket.state(), CloseWait | LastAck | Closing | TimeWait | Closed)
    }

    /// Sends a FIN after what is buffered.
    pub fn close(&mut self, connection: Connection) {
        self.tcp_mut(connection).close();
    }

    /// Sends an RST.
    pub fn abort(&mut self, connection: Connection) {
        self.tcp_mut(connection).abort();
    }

    /// The socket itself, for what this type does not wrap.
    pub fn tcp_mut(&mut self, connection: Connection) -> &mut tcp::Socket<'static> {
        self.sockets.get_mut(connection.0)
    }

    fn tcp(&self, connection: Connection) -> &tcp::Socket<'static> {
        self.sockets.get(connection.0)
    }

    fn socket(&self) -> tcp::Socket<'static> {
        let buffer = || tcp::SocketBuffer::new(vec![0; self.buffer]);
        tcp::Socket::new(buffer(), buffer())
    }

    fn listen(&mut self, connection: Connection, port: u16) {
        self.tcp_mut(connection).listen(port).expect("a closed socket listens on a port that is not zero");
    }

    /// Lets every service do what it can; true if one has done something.
    fn run_services(&mut self) -> bool {
        let mut busy = false;
        for (connection, serving) in &mut self.serving {
            let socket = self.sockets.get_mut::<tcp::Socket>(connection.0);
            busy |= serving.run(socket);
            if let (tcp::State::Closed, Some(port)) = (socket.state(), serving.port) {
                // Sockets that listen again start with empty buffers.
                let again = socket.listen(port);
                busy |= again.is_ok();
                (serving.received, serving.sent) = (0, 0);
            }
        }
        busy
    }
}

impl Serving {
    fn run(&mut self, socket: &mut tcp::Socket<'static>) -> bool {
        let before = (self.received, self.sent, socket.state());
        match self.service {
            Service::Manual => {}
            Service::Echo => {
                while socket.can_recv() && socket.can_send() {
                    let room = socket.send_capacity() - socket.send_queue();
                    let mut part = vec![0; room];
                    let count = socket.recv_slice(&mut part).unwrap_or(0);
                    let sent = socket.send_slice(&part[..count]).unwrap_or(0);
                    self.received += count as u64;
                    self.sent += sent as u64;
                }
            }
            Service::Discard | Service::Source(_) => {
                while let Ok(count @ 1..) = socket.recv(|data| (data.len(), data.len())) {
                    self.received += count as u64;
                }
            }
        }
        if let Service::Source(total) = self.service {
            while self.sent < total && socket.can_send() {
                let start = self.sent;
                let filled = socket.send(|room| {
                    let count = room.len().min(usize::try_from(total - start).unwrap_or(usize::MAX));
                    for (i, byte) in (start..).zip(&mut room[..count]) {
                        *byte = SmoltcpPeer::pattern(i);
                    }
                    (count, count)
                });
                self.sent += filled.unwrap_or(0) as u64;
            }
            if self.sent == total && matches!(socket.state(), tcp::State::Established | tcp::State::CloseWait)
            {
                socket.close();
            }
        } else if self.service != Service::Manual
            && socket.state() == tcp::State::CloseWait
            && !socket.can_recv()
        {
            socket.close();
        }
        before != (self.received, self.sent, socket.state())
    }
}

impl Peer for SmoltcpPeer {
    fn poll(&mut self, now: Duration, received: &mut VecDeque<Vec<u8>>, send: &mut Vec<Vec<u8>>) {
        self.wire.received.append(received);
        loop {
            self.interface.poll(instant(now), &mut self.wire, &mut self.sockets);
            if !self.run_services() {
                break;
            }
        }
        send.append(&mut self.wire.sent);
    }

    fn deadline(&mut self, now: Duration) -> Option<Duration> {
        let at = self.interface.poll_at(instant(now), &self.sockets)?;
        Some(Duration::from_micros(at.total_micros().max(0) as u64))
    }
}

impl std::fmt::Debug for SmoltcpPeer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.serving.iter().map(|(c, serving)| (self.state(*c), serving))).finish()
    }
}

fn instant(time: Duration) -> Instant {
    Instant::from_micros(i64::try_from(time.as_micros()).unwrap_or(i64::MAX))
}

/// smoltcp's view of the cable.
#[derive(Default)]
struct Wire {
    received: VecDeque<Vec<u8>>,
    sent: Vec<Vec<u8>>,
    mtu: usize,
}

struct Received(Vec<u8>);
struct Sending<'a>(&'a mut Vec<Vec<u8>>);

impl Device for Wire {
    type RxToken<'a> = Received;
    type TxToken<'a> = Sending<'a>;

    fn receive(&mut self, _: Instant) -> Option<(Received, Sending<'_>)> {
        Some((Received(self.received.pop_front()?), Sending(&mut self.sent)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Sending<'_>> {
        Some(Sending(&mut self.sent))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        // smoltcp counts the Ethernet header.
        capabilities.max_transmission_unit = self.mtu + 14;
        capabilities
    }
}

impl RxToken for Received {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(&self.0)
    }
}

impl TxToken for Sending<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, f: F) -> R {
        let mut frame = vec![0; length];
        let result = f(&mut frame);
        self.0.push(frame);
        result
    }
}
