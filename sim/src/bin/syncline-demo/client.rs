// SPDX-License-Identifier: MIT OR Apache-2.0
//! The client at the other end of the cable.

use syncline_sim::peer::{Connection, Service, SmoltcpPeer};

/// A client of the card: sends a file, closes, and takes what comes back.
pub struct Client<'a> {
    pub connection: Connection,
    pub file: &'a [u8],
    sent: usize,
    closed: bool,
    pub back: Vec<u8>,
}

impl<'a> Client<'a> {
    /// Connects to a port of the card.
    pub fn new(peer: &mut SmoltcpPeer, port: u16, file: &'a [u8]) -> Self {
        let address = syncline::Config::default().addr;
        let connection = peer.connect(address, port, Service::Manual);
        Client { connection, file, sent: 0, closed: false, back: Vec::with_capacity(file.len()) }
    }

    /// Sends what fits, takes what has come, closes after the file; true if something moved.
    pub fn work(&mut self, peer: &mut SmoltcpPeer) -> bool {
        let mut buffer = [0; 16 << 10];
        let count = peer.send(self.connection, &self.file[self.sent..]);
        self.sent += count;
        let mut moved = count > 0;
        if self.sent == self.file.len() && !self.closed {
            peer.close(self.connection);
            (self.closed, moved) = (true, true);
        }
        loop {
            let count = peer.receive(self.connection, &mut buffer);
            if count == 0 {
                return moved;
            }
            self.back.extend_from_slice(&buffer[..count]);
            moved = true;
        }
    }
}
