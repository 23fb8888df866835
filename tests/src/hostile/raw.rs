// SPDX-License-Identifier: MIT OR Apache-2.0
//! A connection of the enemy's, by hand: he knows the right numbers, and lies only where a test wants him to.

use syncline::{Listener, Stream};
use syncline_model::{
    endpoint::Segment,
    tcb::flags::{ACK, RST, SYN},
};

use super::forge::{ENEMY, Packet};
use super::lab::{LIMIT, Lab};
use crate::subject::LOCAL;

/// An open connection.
pub struct Raw {
    /// The card's side.
    pub stream: Stream,
    /// The enemy's port.
    pub port: u16,
    /// The card's port.
    pub to: u16,
    /// His next sequence number.
    pub seq: u32,
    /// The next byte that he expects of the card.
    pub ack: u32,
}

/// A segment of the enemy's.
pub fn segment(port: u16, to: u16, flags: u8, seq: u32, ack: u32, data: &[u8]) -> Segment {
    Segment {
        src: ENEMY,
        dst: LOCAL,
        src_port: port,
        dst_port: to,
        seq,
        ack,
        flags,
        window: 8_192,
        mss: None,
        payload: data.to_vec(),
    }
}

impl Raw {
    /// Shakes hands.
    ///
    /// # Panics
    /// When the card does not.
    pub fn open(lab: &mut Lab, listener: &Listener, port: u16, isn: u32) -> Self {
        let to = listener.port();
        let syn = Packet::tcp(&segment(port, to, SYN, isn, 0, &[]));
        let answer = ask(lab, syn.frame());
        let [Segment { flags, seq, ack, .. }] = answer[..] else { panic!("not a SYN-ACK: {answer:?}") };
        assert_eq!((flags, ack), (SYN | ACK, isn.wrapping_add(1)));
        let (seq, ack) = (ack, seq.wrapping_add(1));
        assert_eq!(ask(lab, Packet::tcp(&segment(port, to, ACK, seq, ack, &[])).frame()), []);
        let stream = listener.accept(LIMIT).expect("the connection");
        Raw { stream, port, to, seq, ack }
    }

    /// A segment that begins `offset` bytes behind the next one.
    pub fn at(&self, offset: i32, flags: u8, data: &[u8]) -> Segment {
        segment(self.port, self.to, flags, self.seq.wrapping_add_signed(offset), self.ack, data)
    }

    /// Everything that has arrived at the host.
    ///
    /// # Panics
    /// When the connection is at its end.
    pub fn read(&mut self) -> Vec<u8> {
        let mut all = vec![];
        let mut buffer = [0; 4096];
        while let Some(count) = self.stream.try_read(&mut buffer).expect("a read") {
            assert_ne!(count, 0, "the end of the stream");
            all.extend(&buffer[..count]);
        }
        all
    }

    /// The enemy sends data as he should; it arrives and is acknowledged.
    ///
    /// # Panics
    /// When it does not arrive.
    pub fn send(&mut self, lab: &mut Lab, packet: &Packet, data: &[u8]) {
        let answer = ask(lab, packet.frame());
        self.seq = self.seq.wrapping_add(data.len() as u32);
        let [Segment { flags: ACK, seq, ack, .. }] = answer[..] else { panic!("not an ACK: {answer:?}") };
        assert_eq!((seq, ack), (self.ack, self.seq));
        assert_eq!(self.read(), data);
        lab.settle();
        lab.answers(); // the window may have moved
    }

    /// The enemy resets.
    ///
    /// # Panics
    /// When the card does not take it.
    pub fn reset(self, lab: &mut Lab) {
        assert_eq!(ask(lab, Packet::tcp(&self.at(0, RST, &[])).frame()), []);
        let state = self.stream.state().expect("the state");
        assert_eq!(state, syncline_regs::code::State::Closed);
    }
}

/// Sends a frame; the card's answers to the enemy.
pub fn ask(lab: &mut Lab, frame: Vec<u8>) -> Vec<Segment> {
    lab.settle();
    lab.heard();
    lab.inject(frame);
    lab.settle();
    lab.answers()
}
