// SPDX-License-Identifier: MIT OR Apache-2.0
//! A card at work: the driver on one side, on the other a street with a friend (smoltcp) and an enemy.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use syncline::{Device, Stream};
use syncline_model::{
    endpoint::Segment,
    tcb::flags::{ACK, PSH},
};
use syncline_regs::{TABLE_STRIDE, connection, counters::COUNTERS, map};
use syncline_sim::{Config, LinkConfig, SimBar, Simulation};

use super::forge::{ENEMY, ENEMY_MAC};
use super::street::{ECHO, Street};
use super::transfer::Progress;
use crate::subject::{LOCAL, PEER};
use crate::wire::{self, LOCAL_MAC, Sent};

/// Virtual time within which everything must be over.
pub const LIMIT: Duration = Duration::from_secs(3_600);
/// Cycles after which a card that is not idle is stuck.
const PATIENCE: u64 = 1_000_000;
/// The card's port of the transfer that goes on through all.
pub const PORT: u16 = 40_000;

/// Locks what a failed test may have poisoned.
pub fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The card with everything around it, and a connection to the friend's echo service.
pub struct Lab {
    pub(super) card: Arc<Mutex<Simulation>>,
    /// The driver.
    pub device: Device,
    /// Hostile frames that are on the wire at a time; with 1 they come one by one, also to a card at rest.
    pub crowd: usize,
    street: Arc<Mutex<Street>>,
    pub(super) stream: Stream,
    pub(super) progress: Progress,
}

impl Lab {
    /// Wires everything up and connects.
    ///
    /// # Panics
    /// When that does not succeed.
    pub fn new(config: Config) -> Self {
        Lab::with(config, syncline::Config::default())
    }

    /// ... with a gateway or other addresses; the MAC address is that of [`crate::wire`].
    ///
    /// # Panics
    /// When that does not succeed.
    pub fn with(config: Config, own: syncline::Config) -> Self {
        // Giants reach the card; it must send none itself.
        let to_card = LinkConfig { mtu: 1 << 17, ..LinkConfig::default() };
        let mut card = Simulation::builder()
            .config(config)
            .links(to_card, LinkConfig::default())
            .build()
            .expect("a simulation");
        let street = Arc::new(Mutex::new(Street::default()));
        card.plug(street.clone());
        let bar = SimBar::new(card);
        let card = bar.simulation();
        let device = Device::open(bar).expect("a card");
        let isn_key = Some([1, 2, 3, 4]);
        device.configure(&syncline::Config { mac: LOCAL_MAC, isn_key, ..own }).expect("a configuration");
        device.write_register(map::MSL_US, 1_000).expect("a register write");
        let stream = device.connect_from(PORT, echo(), LIMIT).expect("a connection");
        let mut lab = Lab { card, device, crowd: 4, street, stream, progress: Progress::default() };
        lab.settle();
        lab
    }

    /// The simulation.
    pub fn card(&self) -> MutexGuard<'_, Simulation> {
        lock(&self.card)
    }

    /// The other end of the cable.
    pub fn street(&self) -> MutexGuard<'_, Street> {
        lock(&self.street)
    }

    /// Lets everything that has begun come to its end.
    ///
    /// # Panics
    /// When the card stays busy.
    pub fn settle(&mut self) {
        self.wait(Duration::from_millis(1));
    }

    /// ... and time go on.
    ///
    /// # Panics
    /// When the card stays busy.
    pub fn wait(&mut self, time: Duration) {
        let mut card = self.card();
        assert!(card.run_until_idle(PATIENCE), "the card is busy for {PATIENCE} cycles");
        card.run_for(time);
        assert!(card.run_until_idle(PATIENCE), "the card is busy for {PATIENCE} cycles");
    }

    /// Puts a frame onto the wire.
    pub fn inject(&mut self, frame: Vec<u8>) {
        self.card().inject(frame);
    }

    /// A word of the table entry of a flow.
    ///
    /// # Panics
    /// When the card can't be read.
    pub fn word(&self, flow: u16, offset: u32) -> u32 {
        let address = map::TABLE + u32::from(flow) * TABLE_STRIDE + offset;
        self.device.read_register(address).expect("a register read")
    }

    /// A word of the table entry of the transfer's connection.
    pub fn own_word(&self, offset: u32) -> u32 {
        self.word(self.stream.flow(), offset)
    }

    /// What the friend would send next in the transfer, had he these bytes: the card must take it when it is right.
    pub fn next_segment(&self, payload: &[u8]) -> Segment {
        Segment {
            src: PEER,
            dst: LOCAL,
            src_port: ECHO,
            dst_port: PORT,
            seq: self.own_word(connection::RCV_NXT),
            ack: self.own_word(connection::SND_NXT),
            flags: PSH | ACK,
            window: self.own_word(connection::SND_WND) as u16,
            mss: None,
            payload: payload.to_vec(),
        }
    }

    /// The counters, by slot.
    ///
    /// # Panics
    /// When the card can't be read.
    pub fn counters(&self) -> Vec<u32> {
        let all = self.device.counters().expect("the counters");
        assert_eq!(all.len(), COUNTERS.len());
        all.into_iter().map(|(_, value)| value).collect()
    }

    /// One of them.
    ///
    /// # Panics
    /// When the card can't be read.
    pub fn counter(&self, slot: usize) -> u32 {
        self.device.read_register(map::COUNTERS + 4 * slot as u32).expect("a counter")
    }

    /// The card's frames since the last call.
    pub fn heard(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.street().heard)
    }

    /// The segments among them that went to the enemy, all of them right to the bit.
    ///
    /// # Panics
    /// When the card has sent him something else (but for ARP).
    pub fn answers(&self) -> Vec<Segment> {
        let to_him =
            self.heard().into_iter().filter(|frame| frame[..6] == ENEMY_MAC && frame[12..14] == [8, 0]);
        to_him
            .map(|frame| match wire::parse_to(&frame, ENEMY_MAC, ENEMY) {
                Ok(Sent::Segment(segment)) => segment,
                other => panic!("the card sent {other:?}"),
            })
            .collect()
    }
}

/// Where the transfer goes.
pub(super) fn echo() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::from_bits(PEER), ECHO))
}
