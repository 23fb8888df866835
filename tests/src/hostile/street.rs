// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is at the other end of the cable: a friend, and an enemy who hears everything.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::time::Duration;

use syncline_sim::peer::{Peer, Service, SmoltcpConfig, SmoltcpPeer};

use super::forge::{Arp, ENEMY};
use crate::subject::PEER;
use crate::wire::{self, PEER_MAC};

/// The friend's echo service.
pub const ECHO: u16 = 7;

/// The two of them on one wire. What the enemy says is injected by the tests; by himself he only answers ARP requests for his
/// address, since without an answer he would hear nothing.
#[derive(Debug)]
pub struct Street {
    /// The good peer at [`PEER`].
    pub friend: SmoltcpPeer,
    /// Every frame of the card.
    pub(super) heard: Vec<Vec<u8>>,
    sent: u32,
    segments: u32,
}

impl Default for Street {
    fn default() -> Self {
        let config = SmoltcpConfig {
            mac: PEER_MAC,
            address: Ipv4Addr::from_bits(PEER),
            prefix: 24,
            ..SmoltcpConfig::default()
        };
        let mut friend = SmoltcpPeer::new(config);
        friend.serve(ECHO, Service::Echo, 4);
        Street { friend, heard: vec![], sent: 0, segments: 0 }
    }
}

impl Street {
    /// Frames that the street has sent by itself, and how many of these were segments.
    pub(super) fn count(&self) -> (u32, u32) {
        (self.sent, self.segments)
    }
}

/// The address that an ARP request asks for.
fn asked(frame: &[u8]) -> Option<u32> {
    let request = frame.len() >= 42 && frame[12..14] == [8, 6] && frame[20..22] == [0, 1];
    request.then(|| u32::from_be_bytes([frame[38], frame[39], frame[40], frame[41]]))
}

impl Peer for Street {
    fn poll(&mut self, now: Duration, received: &mut VecDeque<Vec<u8>>, send: &mut Vec<Vec<u8>>) {
        let already = send.len();
        for frame in &*received {
            if asked(frame) == Some(ENEMY) {
                send.push(Arp::reply(ENEMY).frame());
            }
            self.heard.push(frame.clone());
        }
        received.retain(|frame| frame[..6] == PEER_MAC || frame[0] & 1 != 0);
        self.friend.poll(now, received, send);
        for frame in &send[already..] {
            self.sent += 1;
            self.segments += u32::from(frame[12..14] == [8, 0] && frame[23] == wire::TCP);
        }
    }

    fn deadline(&mut self, now: Duration) -> Option<Duration> {
        self.friend.deadline(now)
    }
}
