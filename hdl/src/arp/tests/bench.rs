// SPDX-License-Identifier: MIT OR Apache-2.0
//! The resolver, driven by hand.

use rust_hdl::prelude::*;

use super::config;
use crate::arp::resolve::Resolve;
use crate::arp::{ArpSeen, ArpSend};
use crate::sim::{ready, settle, tick};
use crate::stream::bench::clocked;
use crate::types::{TxRequest, TxSegment};

pub type Small = Resolve<2, 4, 5>;
clocked!(Small);

/// The resolver, and all that came out of it.
pub struct Bench {
    pub uut: Box<Small>,
    pub now: u64,
    pub segments: Vec<(u64, u64)>, // (seq, dmac)
    pub asked: Vec<(u64, u64)>,    // (time, address)
    pub replies: Vec<(u64, u64)>,  // (mac, address)
    pub unreachable: Vec<u64>,
    pub dropped: u64,
    pub replaced: u64,
}

impl Bench {
    pub fn new() -> Self {
        let mut uut = ready(Box::<Small>::default());
        uut.cfg.next = config();
        uut.segment.ready.next = true;
        uut.unreachable.ready.next = true;
        uut.send.ready.next = true;
        uut.reset.next = true;
        tick(&mut *uut);
        uut.reset.next = false;
        let mut bench = Self {
            uut,
            now: 5_000_000,
            segments: vec![],
            asked: vec![],
            replies: vec![],
            unreachable: vec![],
            dropped: 0,
            replaced: 0,
        };
        bench.settle();
        bench
    }

    pub fn cycle(&mut self) {
        let uut = &mut *self.uut;
        uut.now.next = self.now.into();
        settle(uut);
        if uut.segment.valid.val() && uut.segment.ready.val() {
            let TxSegment { seq, dmac, .. } = uut.segment.data.val();
            self.segments.push((seq.to_u64(), dmac.to_u64()));
        }
        if uut.send.valid.val() && uut.send.ready.val() {
            let ArpSend { reply, mac, addr } = uut.send.data.val();
            if reply {
                self.replies.push((mac.to_u64(), addr.to_u64()));
            } else {
                self.asked.push((self.now, addr.to_u64()));
            }
        }
        if uut.unreachable.valid.val() && uut.unreachable.ready.val() {
            self.unreachable.push(uut.unreachable.data.val().to_u64());
        }
        self.dropped += u64::from(uut.stat_dropped.val());
        self.replaced += u64::from(uut.stat_replaced.val());
        tick(uut);
    }

    /// Runs until nothing is left to do now; the cycles taken.
    pub fn settle(&mut self) -> usize {
        for cycles in 0..1_000 {
            self.uut.now.next = self.now.into();
            settle(&mut *self.uut);
            if !self.uut.busy.val() {
                return cycles;
            }
            self.cycle();
        }
        panic!("never idle");
    }

    /// Offers a segment and runs until all is done.
    pub fn send(&mut self, raddr: u64, seq: u64) {
        self.offer(TxRequest {
            flow: (seq & 0xff).into(),
            has_flow: true,
            raddr: raddr.into(),
            seq: seq.into(),
            ..Default::default()
        });
    }

    pub fn offer(&mut self, request: TxRequest) {
        self.uut.request.data.next = request;
        self.uut.request.valid.next = true;
        for _ in 0..100 {
            settle(&mut *self.uut);
            let taken = self.uut.request.ready.val();
            self.cycle();
            if taken {
                self.uut.request.valid.next = false;
                self.settle();
                return;
            }
        }
        panic!("request not taken");
    }

    pub fn hear(&mut self, request: bool, for_us: bool, mac: u64, addr: u64) {
        let learn = addr != 0;
        self.uut.seen.data.next = ArpSeen { request, for_us, learn, mac: mac.into(), addr: addr.into() };
        self.uut.seen.valid.next = true;
        for _ in 0..100 {
            settle(&mut *self.uut);
            let taken = self.uut.seen.ready.val();
            self.cycle();
            if taken {
                self.uut.seen.valid.next = false;
                self.settle();
                return;
            }
        }
        panic!("record not taken");
    }

    /// Jumps to the deadline, as the simulation's clock does.
    pub fn jump(&mut self) -> u64 {
        self.settle();
        assert!(self.uut.deadline_valid.val(), "something to wait for");
        self.now = self.uut.next_deadline.val().to_u64();
        self.settle();
        self.now
    }

    pub fn armed(&mut self) -> bool {
        self.settle();
        self.uut.deadline_valid.val()
    }
}
