// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bridge in the Rust simulation against [`super::reference`].

use super::reference::{Access, Frame, register, window};
use crate::uart::bridge::UartBridge;
use rust_hdl::prelude::*;
use std::collections::VecDeque;
use syncline_hdl::sim::{ready, settle, tick};
use syncline_hdl::stream::bench::{Drain, Feed, PACES, Rng, bits_of, bytes_of, clocked};
use syncline_regs::uart::{BAR0_AT, BAR2_AT, LINE_AT, WRITE_BYTES};

clocked!(UartBridge);

/// Cycles without progress.
const STALL: u32 = 200;
const LINE: [u16; 4] = [0x1234, 0, 0xffff, 1];
/// Cycles from a window read to its answer, as the 64-bit core has it.
const LATENCY: usize = 3;

/// The bridge with a core that remembers what it was asked.
struct Bench {
    uut: Box<UartBridge>,
    feed: Feed<Bits<8>>,
    drain: Drain<Bits<8>>,
    rng: Rng,
    accesses: Vec<Access>,
    /// Percentage of cycles in which BAR0 does not answer.
    slow: u64,
    acked: bool,
    window: VecDeque<Option<u32>>,
    stalled: u32,
    unknown: u32,
}

impl Bench {
    fn new(gap: u64, stall: u64, slow: u64) -> Self {
        Bench {
            uut: ready(Box::new(UartBridge::new(STALL))),
            feed: Feed::new([], gap),
            drain: Drain::new(stall),
            rng: Rng::new(7),
            accesses: vec![],
            slow,
            acked: false,
            window: VecDeque::from([None; LATENCY]),
            stalled: 0,
            unknown: 0,
        }
    }

    fn send(&mut self, bytes: &[u8], gap: u64) {
        assert!(self.feed.is_empty());
        self.feed = Feed::new(bytes.iter().map(|b| Bits::<8>::from(u64::from(*b))), gap);
    }

    fn cycle(&mut self) {
        let uut = &mut *self.uut;
        self.feed.drive(&mut uut.inp, &mut self.rng);
        self.drain.drive(&mut uut.out, &mut self.rng);
        settle(uut);
        uut.line_value.next = u64::from(LINE[uut.line_index.val().index()]).into();
        let address = uut.bar0.addr.val().index() as u32;
        let asks = uut.bar0.write.val() | uut.bar0.read.val();
        assert!(!(self.acked && asks), "the request stays beyond its answer");
        self.acked = asks && !self.rng.chance(self.slow);
        uut.bar0.ack.next = self.acked;
        uut.bar0.rdata.next = u64::from(if self.acked { register(address) } else { 0xdead_beef }).into();
        if self.acked {
            self.accesses.push(if uut.bar0.write.val() {
                Access::Register(address, uut.bar0.wdata.val().index() as u32)
            } else {
                Access::ReadRegister(address)
            });
        }
        if uut.bar2.wvalid.val() {
            let (data, strobes) = (bytes_of(uut.bar2.wdata.val(), 8), uut.bar2.wstrb.val());
            let bytes = std::array::from_fn(|i| strobes.get_bit(i).then_some(data[i]));
            self.accesses.push(Access::Window(uut.bar2.waddr.val().index() as u32, bytes));
        }
        let asked = uut.bar2.rvalid.val().then(|| uut.bar2.raddr.val().index() as u32);
        self.accesses.extend(asked.map(Access::ReadWindow));
        self.window.push_back(asked);
        let answer = self.window.pop_front().flatten();
        uut.bar2.rdone.next = answer.is_some();
        let beat: [u8; 8] = std::array::from_fn(|i| answer.map_or(0xee, |at| window(at + i as u32)));
        uut.bar2.rdata.next = bits_of(&beat);
        settle(uut);
        self.feed.sample(&uut.inp);
        self.drain.sample(&uut.out);
        self.stalled += u32::from(uut.stalled.val());
        self.unknown += u32::from(uut.unknown.val());
        tick(uut);
    }

    /// Until all is sent and answered.
    fn run(&mut self, answer: usize) {
        let mut cycles = 0;
        while !self.feed.is_empty() || self.drain.got.len() < answer {
            self.cycle();
            cycles += 1;
            assert!(cycles < 100_000, "stuck with {} of {answer} bytes answered", self.drain.got.len());
        }
        (0..30).for_each(|_| self.cycle());
    }

    /// Sends one frame and looks at all that comes of it.
    fn check(&mut self, frame: &Frame, gap: u64) {
        let (accesses, answer) = frame.effect(LINE);
        self.accesses.clear();
        self.drain.got.clear();
        self.send(&frame.bytes(), gap);
        self.run(answer.len());
        assert_eq!(self.accesses, accesses, "{frame:x?}");
        let got: Vec<u8> = self.drain.got.iter().map(|b| b.index() as u8).collect();
        assert_eq!(got, answer, "{frame:x?}");
    }
}

#[test]
fn frames_have_the_effect_of_the_reference_at_every_pace() {
    for (gap, stall) in PACES {
        let mut bench = Bench::new(gap, stall, 70);
        for _ in 0..120 {
            let frame = Frame::random(&mut bench.rng);
            bench.check(&frame, gap);
        }
        assert_eq!((bench.stalled, bench.unknown), (0, 0));
    }
}

/// The case that everything else rests on, by hand.
#[test]
fn registers_and_windows_by_hand() {
    let mut bench = Bench::new(0, 0, 0);
    bench.send(&[1, 3, 0x00, 0x40, 0x00, 0x02, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], 0);
    bench.run(0);
    bench.send(&[5, 0b0110, 0x00, 0x40, 0x00, 0x05, 0, 1, 2, 3, 1, 1, 0, 0, 0, 0x40, 9, 8, 7, 6], 0);
    bench.run(0);
    let beat = |at, text: &str| {
        Access::Window(at, std::array::from_fn(|i| text.split(' ').nth(i).and_then(|b| b.parse().ok())))
    };
    assert_eq!(
        bench.accesses,
        [
            beat(8, "3 2 1 0 7 6 5 4"),
            beat(16, "11 10 9 8 - - - -"),
            beat(16, "- - - - - 2 1 -"),
            Access::Register(0x100, 0x0908_0706)
        ]
    );
    bench.send(&[2, 1, 0, 0, 0, 1, 4, 2, 0, 0x80, 0, 0], 0);
    bench.run(12);
    let words: Vec<u8> = bench.drain.got.iter().map(|b| b.index() as u8).collect();
    assert_eq!(words, [&register(4).to_be_bytes()[..], &[0, 0, 0x12, 0x34, 0, 0, 0x12, 0x34]].concat());
}

#[test]
fn other_bytes_in_a_commands_place_are_ignored_one_by_one() {
    let mut bench = Bench::new(0, 0, 0);
    let noise: Vec<u8> = (6..=255).chain([0]).collect();
    bench.send(&noise, 0);
    bench.run(0);
    assert_eq!((bench.unknown, bench.stalled), (251, 0));
    bench.check(&Frame::read(BAR0_AT, 1), 0);
}

#[test]
fn a_frame_that_stalls_anywhere_is_forgotten() {
    let frame = Frame::write(BAR2_AT, &[1, 2, 3, 4, 5]);
    let bytes = frame.bytes();
    for cut in 1..bytes.len() {
        let mut bench = Bench::new(0, 0, 0);
        bench.send(&bytes[..cut], 0);
        bench.run(0);
        // Two words are one write, so half of it has not been written and never is.
        let words = (cut.saturating_sub(6)) / 8;
        assert_eq!(bench.accesses, frame.effect(LINE).0[..words], "cut after {cut} bytes");
        (0..STALL).for_each(|_| bench.cycle());
        assert_eq!(bench.stalled, 1, "cut after {cut} bytes");
        bench.check(&Frame::write(BAR2_AT + 4, &[9]), 0);
        bench.check(&Frame::read(LINE_AT, 4), 0);
        (0..2 * STALL).for_each(|_| bench.cycle());
        assert_eq!((bench.stalled, bench.unknown), (1, 0));
    }
}

#[test]
fn a_slow_frame_is_not_a_stalled_one() {
    let mut bench = Bench::new(0, 0, 0);
    bench.send(&Frame::write(BAR0_AT + 0x100, &[1, 2, 3]).bytes(), 97);
    bench.run(0);
    assert_eq!((bench.accesses.len(), bench.stalled), (3, 0));
}

#[test]
fn a_core_that_does_not_answer_is_given_up_but_not_a_host_that_does_not_listen() {
    for frame in [Frame::read(BAR0_AT, 2), Frame::write(BAR0_AT, &[1, 2])] {
        let mut bench = Bench::new(0, 0, 100);
        bench.send(&frame.bytes()[..10.min(frame.bytes().len())], 0);
        (0..2 * STALL).for_each(|_| bench.cycle());
        assert_eq!((bench.stalled, bench.accesses.len()), (1, 0));
        bench.slow = 0;
        bench.check(&Frame::read(BAR0_AT + 8, 1), 0);
    }
    let mut bench = Bench::new(0, 100, 0);
    bench.send(&Frame::read(BAR0_AT, 2).bytes(), 0);
    (0..3 * STALL).for_each(|_| bench.cycle());
    assert_eq!(bench.stalled, 0);
    bench.drain = Drain::new(0);
    bench.run(8);
}

#[test]
fn a_reset_begins_anew() {
    let mut bench = Bench::new(0, 0, 0);
    bench.send(&[WRITE_BYTES, 15, 0, 0x40], 0);
    bench.run(0);
    bench.uut.reset.next = true;
    bench.cycle();
    let uut = &mut *bench.uut;
    settle(uut);
    // Another host may have the core.
    let bar2 = &uut.bar2;
    assert!(!uut.bar0.addr.val().any() && !uut.bar0.wdata.val().any() && !bar2.waddr.val().any());
    assert!(!bar2.raddr.val().any() && !bar2.wdata.val().any() && !bar2.wstrb.val().any());
    assert!(!(uut.bar0.write.val() | uut.bar0.read.val() | bar2.wvalid.val() | bar2.rvalid.val()));
    bench.uut.reset.next = false;
    bench.check(&Frame::read(BAR0_AT + 8, 1), 0);
}

#[test]
#[should_panic(expected = "can't stall for 0 cycles")]
fn a_limit_of_nothing_is_refused() {
    let _ = UartBridge::new(0);
}
