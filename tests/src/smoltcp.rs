// SPDX-License-Identifier: MIT OR Apache-2.0
//! The driver, the Verilated core and smoltcp: transfers in both roles over any transport, every byte compared.

use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use syncline::{Device, Stream};
use syncline_regs::code::State;
use syncline_regs::map;
use syncline_sim::peer::{Service, SmoltcpConfig, SmoltcpPeer};
use syncline_sim::{Config, Impairments, LinkConfig, SimBar, Simulation};

/// The peer's address.
pub const PEER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
/// Virtual time within which everything must be over.
const LIMIT: Duration = Duration::from_secs(3_600);

/// What has a peer plugged in.
pub trait Plugged {
    /// The peer has something to do that nobody asked it for.
    fn poke(&mut self);
}

impl Plugged for Simulation {
    fn poke(&mut self) {
        Simulation::poke(self);
    }
}

/// A card, its driver and its peer.
pub struct Bench<C = Simulation> {
    /// The simulated card.
    pub card: Arc<Mutex<C>>,
    /// The driver.
    pub device: Device,
    peer: Arc<Mutex<SmoltcpPeer>>,
    /// Within this, on the transport's clock, everything must be over.
    limit: Duration,
}

/// A panic elsewhere makes nothing unusable.
pub fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Bench {
    /// With the driver in the simulation's own thread, on virtual time.
    ///
    /// # Panics
    /// When the card does not start.
    pub fn new(config: Config, impairments: Impairments, seed: u64) -> Self {
        let link = LinkConfig { impairments, latency: Duration::from_micros(20), ..LinkConfig::default() };
        let mut card = Simulation::builder().config(config).seed(seed).build().unwrap();
        let peer = plug(&mut card, seed);
        let bar = SimBar::new(card);
        let card = bar.simulation();
        let bench = Self::around(card, peer, Device::open(bar).unwrap(), LIMIT, seed);
        lock(&bench.card).set_link(link, link);
        bench
    }
}

impl<C: Plugged> Bench<C> {
    /// With a driver that is there, and a peer that is plugged in ([`plug`]).
    ///
    /// # Panics
    /// When the driver does not get on with the card.
    pub fn around(
        card: Arc<Mutex<C>>,
        peer: Arc<Mutex<SmoltcpPeer>>,
        device: Device,
        limit: Duration,
        seed: u64,
    ) -> Self {
        device
            .configure(&syncline::Config { isn_key: Some([seed as u32, 2, 3, 4]), ..Default::default() })
            .unwrap();
        device.write_register(map::MSL_US, 1_000).unwrap();
        // The neighbour is found on a clean cable: three lost ARP requests in a row are "unreachable", as they should be.
        let nobody = device.connect_from(1_000, SocketAddr::from((PEER, 1)), limit);
        let nobody = nobody.err();
        assert!(
            matches!(nobody, Some(syncline::Error::Refused { .. })),
            "nobody listens on port 1: {nobody:?}"
        );
        Bench { card, device, peer, limit }
    }

    /// All connections at once: each sends its own pattern to the echo server and gets it back.
    ///
    /// # Panics
    /// When a byte differs, or it takes too long.
    pub fn echo(&self, connections: u16, bytes: usize, seed: u64) {
        lock(&self.peer).serve(7, Service::Echo, connections.into());
        // smoltcp forgets a window update that was lost after a zero window; keep-alives make it ask.
        let all: Vec<_> = lock(&self.peer).connections().collect();
        for connection in all {
            let mut peer = lock(&self.peer);
            peer.tcp_mut(connection).set_keep_alive(Some(smoltcp::time::Duration::from_secs(2)));
        }
        let open = |i: u16| {
            let to = SocketAddr::from((PEER, 7));
            self.device
                .connect_from(40_000 + i, to, self.limit)
                .unwrap_or_else(|e| panic!("seed {seed}: {e}"))
        };
        let mut transfers: Vec<_> = (0..connections).map(|i| Transfer::new(open(i), i, bytes)).collect();
        let end = self.device.now() + self.limit;
        while transfers.iter().any(|t| !t.done) {
            let mut busy = false;
            for transfer in &mut transfers {
                busy |= transfer.step(seed);
            }
            assert!(self.device.now() < end, "seed {seed}: wedged: {:?}", self.device.connections());
            if !busy {
                self.device.poll(end).unwrap();
            }
        }
        for transfer in transfers {
            let equal = transfer.back.iter().zip(&transfer.data).take_while(|(a, b)| a == b).count();
            let (back, sent) = (transfer.back.len(), transfer.data.len());
            assert!(
                equal == sent && back == sent,
                "seed {seed}: {sent} bytes went out, {back} came back, {equal} are equal"
            );
            transfer.stream.close().unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        }
        // Every flow comes back.
        while !self.device.connections().unwrap().iter().all(|c| c.state == State::Closed) {
            assert!(self.device.now() < end, "seed {seed}: {:?}", self.device.connections());
            self.device.poll(end).unwrap();
        }
    }

    /// The peer connects and sends; the host reads everything and closes.
    ///
    /// # Panics
    /// When a byte differs, or it takes too long.
    pub fn receive(&self, bytes: u64, seed: u64) {
        let listener = self.device.listen(5000).unwrap();
        lock(&self.peer).connect(syncline::Config::default().addr, 5000, Service::Source(bytes));
        lock(&self.card).poke();
        let mut stream = listener.accept(self.limit).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        let (mut got, mut buffer) = (0, vec![0; 4096]);
        let end = self.device.now() + self.limit;
        loop {
            match stream.try_read(&mut buffer).unwrap_or_else(|e| panic!("seed {seed}: {e}")) {
                Some(0) => break,
                Some(count) => {
                    for byte in &buffer[..count] {
                        assert_eq!(*byte, SmoltcpPeer::pattern(got), "seed {seed}, byte {got}");
                        got += 1;
                    }
                }
                None => self.device.poll(end).unwrap(),
            }
            assert!(self.device.now() < end, "seed {seed}: {got} of {bytes} bytes: {:?}", stream.info());
        }
        assert_eq!(got, bytes, "seed {seed}");
        stream.close().unwrap_or_else(|e| panic!("seed {seed}: {e}"));
    }
}

/// Plugs the peer into the card.
pub fn plug(card: &mut Simulation, seed: u64) -> Arc<Mutex<SmoltcpPeer>> {
    let config = SmoltcpConfig { address: PEER, prefix: 24, seed, ..SmoltcpConfig::default() };
    let peer = Arc::new(Mutex::new(SmoltcpPeer::new(config)));
    card.plug(peer.clone());
    peer
}

struct Transfer {
    stream: Stream,
    data: Vec<u8>,
    sent: usize,
    back: Vec<u8>,
    closed: bool,
    done: bool,
}

impl Transfer {
    fn new(stream: Stream, number: u16, bytes: usize) -> Self {
        let data = (0..bytes).map(|i| (i % 251) as u8 ^ (i >> 8) as u8 ^ number as u8).collect();
        Transfer { stream, data, sent: 0, back: vec![], closed: false, done: false }
    }

    /// Does what can be done now; true if something moved.
    fn step(&mut self, seed: u64) -> bool {
        let fail = |e: syncline::Error| -> ! { panic!("seed {seed}: {e}") };
        let mut busy = false;
        if self.sent < self.data.len()
            && let Some(count) = self.stream.try_write(&self.data[self.sent..]).unwrap_or_else(|e| fail(e))
        {
            self.sent += count;
            busy |= count > 0;
        }
        if self.sent == self.data.len() && !self.closed {
            self.stream.shutdown(Shutdown::Write).unwrap_or_else(|e| fail(e));
            self.closed = true;
        }
        let mut buffer = [0; 4096];
        match self.stream.try_read(&mut buffer).unwrap_or_else(|e| fail(e)) {
            Some(0) => self.done = true,
            Some(count) => {
                self.back.extend_from_slice(&buffer[..count]);
                busy = true;
            }
            None => {}
        }
        busy && !self.done
    }
}
