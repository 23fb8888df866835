// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the application sees of connections, and what their peers see of the application.

use std::collections::VecDeque;

use rust_hdl::prelude::*;
use syncline_hdl::clocked;
use syncline_hdl::sim::{ready, settle, tick};
use syncline_hdl::stream::bench::Rng;
use syncline_regs::map;

use super::card::Card;
use crate::app::agent::Agent;
use crate::app::{AppIn, AppOut};

clocked!(Agent);

/// An item of either stream: connection, byte, last, and its port and fault if it is the port's.
type Item = (usize, Option<u8>, bool);

struct Bench {
    uut: Box<Agent>,
    card: Card,
    rng: Rng,
    /// Cycles in a hundred in which the application takes nothing, and in which it offers nothing.
    stalls: [u64; 2],
    /// What the application has to send.
    to_send: VecDeque<Item>,
    /// What it got, and with which port and fault.
    got: Vec<(Item, u16, bool)>,
    /// The application takes as much as it can send back; all, if not.
    as_room: bool,
    /// It takes nothing while it has so much to send.
    most: usize,
}

impl Bench {
    fn new(seed: u64) -> Self {
        let mut uut = ready(Box::new(Agent::new(&[7, 80])));
        uut.mac.next = 0x0253_594e_4301.into();
        uut.addr.next = 0x0a00_0001.into();
        uut.mask.next = 0xffff_ff00.into();
        uut.gateway.next = 0x0a00_00fe.into();
        uut.seed.next = 0x1234_5678.into();
        uut.reset.next = true;
        tick(&mut *uut);
        uut.reset.next = false;
        Bench {
            uut,
            card: Card::default(),
            rng: Rng::new(seed),
            stalls: [0, 0],
            to_send: VecDeque::new(),
            got: vec![],
            as_room: false,
            most: usize::MAX,
        }
    }

    /// The same with the card on.
    fn started(seed: u64) -> Self {
        let mut bench = Self::new(seed);
        (bench.card.ready, bench.card.link) = (true, true);
        bench.until("a start", |bench| bench.card.listening.len() == 4);
        bench
    }

    fn cycle(&mut self) {
        let (uut, rng) = (&mut *self.uut, &mut self.rng);
        if !uut.inp.valid.val() {
            let item = self.to_send.front().filter(|_| !rng.chance(self.stalls[1]));
            uut.inp.valid.next = item.is_some();
            if let Some((id, byte, last)) = item {
                uut.inp.data.next = AppIn {
                    data: u64::from(byte.unwrap_or(0xee)).into(),
                    keep: byte.is_some(),
                    last: *last,
                    id: (*id as u64).into(),
                };
            }
        }
        uut.out.ready.next = !rng.chance(self.stalls[0]) && self.to_send.len() < self.most;
        uut.want.next = if self.as_room { uut.room.val() } else { 0xffff.into() };
        settle(uut);
        self.card.cycle(uut, rng);
        let taken = uut.inp.valid.val() && uut.inp.ready.val();
        let offer = uut.out.valid.val().then(|| uut.out.data.val());
        let given = offer.filter(|_| uut.out.ready.val());
        if taken {
            self.to_send.pop_front();
        }
        if let Some(item) = given {
            let byte = item.keep.then(|| item.data.to_u8());
            assert!(!(item.keep && item.last), "the end has no byte");
            self.got.push(((item.id.index(), byte, item.last), item.dest.to_u16(), item.user));
        }
        tick(uut);
        if taken {
            uut.inp.valid.next = false;
            settle(uut);
        }
        if let (Some(before), None) = (offer, given) {
            let same: AppOut = uut.out.data.val();
            assert!(uut.out.valid.val() && same == before, "an offer is taken back");
        }
    }

    fn until(&mut self, what: &str, mut is_so: impl FnMut(&mut Self) -> bool) {
        for _ in 0..200_000 {
            if is_so(self) {
                return;
            }
            self.cycle();
        }
        let open: Vec<_> = self.card.flows.iter().enumerate().filter(|(_, flow)| flow.owned).collect();
        panic!("no {what}; {} items came, {} are left; open: {open:?}", self.got.len(), self.to_send.len());
    }

    /// What has come of one connection since its last beginning: bytes, and with what it has ended.
    fn heard(&self, flow: usize) -> (Vec<u8>, Option<bool>) {
        let of_flow: Vec<_> = self.got.iter().filter(|((id, ..), ..)| *id == flow).collect();
        let begins = of_flow.iter().rposition(|((_, byte, last), ..)| byte.is_none() && !last);
        let life = &of_flow[begins.expect("a beginning") + 1..];
        let bytes = life.iter().filter_map(|((_, byte, _), ..)| *byte).collect();
        let end = life.iter().position(|((_, _, last), ..)| *last);
        assert!(end.is_none_or(|at| at + 1 == life.len()), "something comes behind the end");
        (bytes, end.map(|at| life[at].2))
    }

    fn send(&mut self, flow: usize, bytes: &[u8], last: bool) {
        self.to_send.extend(bytes.iter().map(|byte| (flow, Some(*byte), false)));
        if last {
            self.to_send.push_back((flow, None, true));
        }
    }
}

#[test]
fn the_card_is_configured_when_it_is_ready_and_has_a_link() {
    let mut bench = Bench::new(900);
    for (ready, link) in [(false, false), (true, false), (false, true)] {
        (bench.card.ready, bench.card.link) = (ready, link);
        (0..200).for_each(|_| bench.cycle());
        assert!(bench.card.registers.is_empty());
    }
    bench.card.ready = true;
    bench.until("a start", |bench| bench.card.listening.len() == 4);
    // Four are always asked for.
    assert_eq!(bench.card.listening, [7, 80, 80, 80]);
    let want = [
        (map::CONTROL, 1),
        (map::MAC_LO, 0x594e_4301),
        (map::MAC_HI, 0x0253),
        (map::IPV4_ADDR, 0x0a00_0001),
        (map::IPV4_MASK, 0xffff_ff00),
        (map::IPV4_GATEWAY, 0x0a00_00fe),
        (map::ISN_KEY0, 0x1234_5678),
    ];
    assert_eq!(bench.card.registers.into_iter().collect::<Vec<_>>(), want);
}

/// In the middle of a transfer: another host may have the core.
#[test]
fn in_reset_it_drives_zeros() {
    let mut bench = Bench::started(900);
    bench.as_room = true;
    bench.card.accept(9, 7, [100, 200]);
    bench.until("a beginning", |bench| !bench.got.is_empty());
    for more in 0..40 {
        bench.send(9, &[0xff; 70], false);
        bench.card.deliver(9, &[0xff; 100]);
        (0..more).for_each(|_| bench.cycle());
        let reset = |bench: &mut Bench, level: bool| {
            bench.uut.reset.next = level;
            tick(&mut *bench.uut);
        };
        bench.uut.inp.valid.next = false;
        bench.uut.bar0.ack.next = false;
        bench.uut.bar2.rdone.next = false;
        reset(&mut bench, true);
        let uut = &*bench.uut;
        let (bar0, bar2) = (&uut.bar0, &uut.bar2);
        assert!(!bar0.addr.val().any() && !bar0.wdata.val().any() && !bar2.waddr.val().any());
        assert!(!bar2.raddr.val().any() && !bar2.wdata.val().any() && !bar2.wstrb.val().any());
        assert!(!(bar0.write.val() | bar0.read.val() | bar2.wvalid.val() | bar2.rvalid.val()));
        assert!(!uut.out.valid.val() && !uut.room.val().any());
        bench = Bench::started(900 + more);
        bench.as_room = true;
        bench.card.accept(9, 7, [100, 200]);
        bench.until("a beginning", |bench| !bench.got.is_empty());
    }
}

/// What a peer sends comes back to it: several at once, each over the end of its rings and of the sequence space, at every pace.
#[test]
fn every_byte_passes_in_both_directions() {
    for (i, stalls) in [[0, 0], [50, 0], [0, 50], [40, 40]].into_iter().enumerate() {
        let mut bench = Bench::started(901 + i as u64);
        (bench.stalls, bench.as_room) = (stalls, true);
        // (flow, what it sends, whether it ends by an RST).
        let mut lives: Vec<(usize, Vec<u8>, bool)> = vec![];
        for (flow, length, reset) in [
            (3, 0, false),
            (0, 700, false),
            (15, 5_000, false),
            (3, 300, true),
            (0, 1, false),
            (3, 90, false),
        ] {
            lives.push((flow, bench.rng.bytes(length), reset));
        }
        let mut running: Vec<(usize, Vec<u8>, bool, usize)> = vec![];
        let mut echoed = 0;
        bench.until("end", |bench| {
            // The application: what comes goes back, the end too.
            for ((id, byte, last), port, _) in &bench.got[echoed..] {
                assert_eq!(*port, 7);
                if byte.is_some() || *last {
                    bench.to_send.push_back((*id, *byte, *last));
                }
            }
            echoed = bench.got.len();
            let mut waiting: Vec<(usize, Vec<u8>, bool)> = vec![];
            for (flow, data, reset) in lives.drain(..) {
                if running.iter().any(|(other, ..)| *other == flow)
                    || waiting.iter().any(|(other, ..)| *other == flow)
                {
                    waiting.push((flow, data, reset));
                } else {
                    let start =
                        [0xffff_fff0 - bench.rng.below(3_000) as u32, bench.rng.next() as u32 | 0xffff_fe00];
                    bench.card.accept(flow, 7, start);
                    running.push((flow, data, reset, 0));
                }
            }
            lives = waiting;
            running.retain_mut(|(flow, data, reset, at)| {
                if *at < data.len() && bench.rng.chance(2) {
                    let most = bench.rng.below(1_500) as usize;
                    *at += bench.card.deliver(*flow, &data[*at..data.len().min(*at + most)]);
                    if *at == data.len() && *reset {
                        bench.card.reset(*flow);
                    }
                }
                let silent = data.is_empty() && bench.rng.chance(1);
                if !*reset
                    && (*at > 0 || silent)
                    && *at == data.len()
                    && !bench.card.flows[*flow].fin_received
                {
                    bench.card.fin(*flow);
                }
                if bench.rng.chance(3) {
                    let most = bench.rng.below(3_000) as u32;
                    bench.card.acknowledge(*flow, most);
                }
                if bench.card.flows[*flow].owned {
                    return true;
                }
                assert_eq!(bench.heard(*flow), (data.clone(), Some(*reset)), "flow {flow}");
                bench.card.acknowledge(*flow, u32::MAX);
                if !*reset {
                    assert_eq!(bench.card.flows[*flow].sent, *data, "flow {flow}");
                }
                false
            });
            running.is_empty() && lives.is_empty()
        });
        assert!(bench.to_send.is_empty());
    }
}

/// 100 Mbit/s at 62.5 MHz are a byte in five cycles, here to the peer and from it at once.
#[test]
fn it_keeps_up_with_the_wire() {
    let mut bench = Bench::started(905);
    // As the echo, which has no place for a byte.
    (bench.as_room, bench.most) = (true, 2);
    bench.card.accept(6, 7, [0xffff_ff00, 77]);
    let data = bench.rng.bytes(8_000);
    let (mut delivered, mut echoed, mut cycles) = (0, 0, 0);
    bench.until("all bytes", |bench| {
        cycles += 1;
        delivered += bench.card.deliver(6, &data[delivered..]);
        let back: Vec<_> = bench.got[echoed..].iter().map(|(item, ..)| *item).collect();
        bench.to_send.extend(back.iter().filter(|(_, byte, _)| byte.is_some()));
        echoed = bench.got.len();
        bench.card.acknowledge(6, u32::MAX);
        bench.card.flows[6].sent.len() == data.len()
    });
    println!("{cycles} cycles for {} bytes", data.len());
    assert!(bench.card.flows[6].sent == data, "other bytes");
    assert!(cycles < 5 * data.len(), "{cycles} cycles");
}

/// SHUTDOWN when the application ends first; the flow is given back when the peer has ended too, and not before.
#[test]
fn the_application_may_end_first() {
    let mut bench = Bench::started(910);
    bench.card.accept(5, 80, [77, 0xffff_ff80]);
    let sent = bench.rng.bytes(300);
    bench.until("a beginning", |bench| bench.got == [((5, None, false), 80, false)]);
    bench.send(5, &sent, true);
    // Of no use to anybody.
    bench.send(5, &[1, 2, 3], true);
    bench.until("a SHUTDOWN", |bench| bench.card.flows[5].shut && bench.to_send.is_empty());
    let data = bench.rng.bytes(500);
    bench.card.deliver(5, &data);
    bench.until("all bytes", |bench| bench.heard(5).0.len() == 500);
    (0..1_000).for_each(|_| bench.cycle());
    assert!(bench.card.flows[5].owned);
    bench.card.fin(5);
    bench.until("a CLOSE", |bench| !bench.card.flows[5].owned);
    assert_eq!(bench.heard(5), (data, Some(false)));
    bench.card.acknowledge(5, u32::MAX);
    assert_eq!(bench.card.flows[5].sent, sent);
    // The next connection of the flow has nothing of the last one.
    bench.card.accept(5, 7, [1, 2]);
    bench.until("a beginning", |bench| bench.got.last() == Some(&((5, None, false), 7, false)));
    bench.send(5, &[9], true);
    bench.until("a SHUTDOWN", |bench| bench.card.flows[5].shut);
    bench.card.acknowledge(5, u32::MAX);
    assert_eq!(bench.card.flows[5].sent, [9]);
}

/// The flow of a connection that was reset stays the application's until that has said so, and what it sends is lost.
#[test]
fn a_reset_is_told_and_the_application_has_the_last_word() {
    let mut bench = Bench::started(911);
    bench.card.accept(2, 7, [5, 6]);
    bench.until("a beginning", |bench| !bench.got.is_empty());
    bench.card.reset(2);
    bench.until("an end", |bench| bench.heard(2).1 == Some(true));
    let lost = bench.rng.bytes(6_000);
    bench.send(2, &lost, false);
    bench.until("an empty queue", |bench| bench.to_send.is_empty());
    (0..1_000).for_each(|_| bench.cycle());
    assert!(bench.card.flows[2].owned);
    assert_eq!(bench.card.flows[2].snd_end, 6);
    bench.send(2, &[], true);
    bench.until("a CLOSE", |bench| !bench.card.flows[2].owned);
}

/// When room has fallen 128 bytes more have a place, whatever else is sent; one that sends more than that waits, and nothing is lost.
#[test]
fn room_is_what_it_says() {
    for stall in [0, 60] {
        let mut bench = Bench::started(912 + stall);
        bench.stalls[1] = stall;
        bench.card.accept(0, 7, [0, 0]);
        bench.card.accept(1, 7, [0, 0]);
        let has_room = |bench: &Bench, flow: usize| bench.uut.room.val().get_bit(flow);
        assert!(!has_room(&bench, 0), "room before the beginning");
        bench.until("room", |bench| has_room(bench, 0) && has_room(bench, 1));
        let data = bench.rng.bytes(6_000);
        let mut sent = 0;
        bench.until("a full ring", |bench| {
            if has_room(bench, 0) && bench.to_send.is_empty() {
                bench.send(0, &data[sent..=sent], false);
                sent += 1;
            }
            !has_room(bench, 0)
        });
        assert!(sent > 3_600, "{sent} bytes are not much of a ring");
        bench.send(0, &data[sent..sent + 127], false);
        bench.send(1, &data[..200], false);
        bench.until("way past a full ring", |bench| {
            bench.card.acknowledge(1, u32::MAX);
            bench.card.flows[1].sent == data[..200]
        });
        // More than that: nothing is overwritten (the card sees to that), and all goes on with the acknowledgements.
        bench.send(0, &data[sent + 127..], true);
        (0..3_000).for_each(|_| bench.cycle());
        assert!(!bench.to_send.is_empty());
        bench.until("all bytes", |bench| {
            bench.card.acknowledge(0, 1_000);
            bench.card.flows[0].shut
        });
        bench.card.acknowledge(0, u32::MAX);
        assert!(bench.card.flows[0].sent == data, "other bytes");
    }
}
