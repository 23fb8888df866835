// SPDX-License-Identifier: MIT OR Apache-2.0
//! The blocks on the PHY's clocks, as an MII or a GMII has them, against the wire in software: what the tests of both share.

use rust_hdl::prelude::*;
use syncline_hdl::sim::{Clocked, ready, settle, tick};
use syncline_hdl::stream::bench::{Feed, Rng, beats};
use syncline_hdl::stream::{Beat8, StreamIn};

use super::reference::{fcs, on_the_wire};
use super::{RxByte, fault};

/// What the PHY shows in a cycle of its clock: data, and whether there is an error.
pub type Symbol = (u8, bool);
/// A frame without its FCS, and what is wrong with it.
pub type Judged = (Vec<u8>, u64);

/// An interface to a PHY.
pub trait Interface {
    type Receive: Receive;
    type Transmit: Transmit;
    /// Symbols of a byte.
    const PER_BYTE: usize;
    /// The data of the symbols, ...
    fn symbols(bytes: &[u8]) -> Vec<u8>;
    /// ... and back.
    fn bytes(symbols: &[u8]) -> Vec<u8>;
}

/// From the PHY's pins to bytes.
pub trait Receive: Block + Clocked + Default {
    fn reset(&mut self) -> &mut Signal<In, Bit>;
    /// Sets the pins; `None` is silence.
    fn show(&mut self, symbol: Option<Symbol>);
    fn item(&self) -> Option<RxByte>;
    fn fragment(&self) -> bool;
}

/// From frames to the PHY's pins.
pub trait Transmit: Block + Clocked + Default {
    fn inp(&mut self) -> &mut StreamIn<Beat8>;
    fn shown(&self) -> Option<u8>;
    fn underflow(&self) -> bool;
}

/// A carrier event without an error.
pub fn clean<I: Interface>(bytes: &[u8]) -> Vec<Symbol> {
    I::symbols(bytes).into_iter().map(|symbol| (symbol, false)).collect()
}

/// What comes of carrier events with `gap` symbols of silence behind each: frames, and how many fragments.
fn listen<I: Interface>(events: &[Vec<Symbol>], gap: usize) -> (Vec<Judged>, usize) {
    let mut uut = ready(Box::<I::Receive>::default());
    uut.reset().next = true;
    tick(&mut *uut);
    uut.reset().next = false;
    let (mut frames, mut frame, mut fragments) = (vec![], vec![], 0);
    let mut line = vec![None; 4];
    for event in events {
        line.extend(event.iter().copied().map(Some));
        line.extend(vec![None; gap]);
    }
    line.extend([None; 8]);
    for symbol in line {
        uut.show(symbol);
        tick(&mut *uut);
        fragments += usize::from(uut.fragment());
        if let Some(item) = uut.item() {
            frame.push(item.data.to_u8());
            if item.last {
                frames.push((std::mem::take(&mut frame), item.fault.to_u64()));
            }
        }
    }
    assert!(frame.is_empty(), "a frame without an end");
    (frames, fragments)
}

/// Good frames and wrong ones of every kind that the PHY does not report; and what is to become of them.
pub fn good_and_wrong<I: Interface>(rng: &mut Rng) -> (Vec<Vec<Symbol>>, Vec<Judged>) {
    let (mut events, mut want) = (vec![], vec![]);
    for len in [60, 61, 64, 100, 1513, 1514] {
        let frame = rng.bytes(len);
        events.push(clean::<I>(&on_the_wire(&frame)));
        want.push((frame, 0));
    }
    // One bit over: every place of a short frame.
    let wire = on_the_wire(&rng.bytes(60));
    for bit in 64..wire.len() * 8 {
        let mut bad = wire.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        events.push(clean::<I>(&bad));
        want.push((bad[8..68].to_vec(), fault::FCS));
    }
    // Too short and too long, with a right FCS.
    for len in [1, 20, 59, 1515, 1600] {
        let frame = rng.bytes(len);
        events.push(clean::<I>(&[&[0x55; 7][..], &[0xd5], &frame, &fcs(&frame)].concat()));
        want.push((frame, fault::LENGTH));
    }
    (events, want)
}

/// With the least gap, and with that of the standard.
pub fn assert_judged<I: Interface>(events: &[Vec<Symbol>], want: &[Judged]) {
    for gap in [1, 12 * I::PER_BYTE] {
        let (got, fragments) = listen::<I>(events, gap);
        for (i, (got, want)) in got.iter().zip(want).enumerate() {
            assert_eq!(got, want, "event {i}, gap {gap}");
        }
        assert_eq!((got.len(), fragments), (want.len(), 0));
    }
}

/// False carriers, preambles with nothing behind them and fragments, in front of two good frames and between them. `broken`: the symbols of a
/// preamble that breaks off, so that the frame behind it is noise too.
pub fn assert_noise_is_no_frame<I: Interface>(broken: &[u8], rng: &mut Rng) {
    let frame = rng.bytes(80);
    let good = clean::<I>(&on_the_wire(&frame));
    let false_carrier = vec![(0x0e, true); 30];
    let broken_preamble = broken.iter().map(|symbol| (*symbol, false)).chain(good.clone()).collect();
    let only_preamble = clean::<I>(&[0x55; 20]);
    let fragment = clean::<I>(&[0x55, 0x55, 0xd5, 1, 2, 3, 4]);
    let only_delimiter = clean::<I>(&[0x55, 0xd5]);
    let events =
        [false_carrier, good.clone(), broken_preamble, only_preamble, fragment, only_delimiter, good];
    let (got, fragments) = listen::<I>(&events, 3);
    assert_eq!(got, [(frame.clone(), 0), (frame, 0)]);
    assert_eq!(fragments, 2);
}

/// What the pins show while frames are sent.
struct Sent {
    /// Carrier events, in symbols.
    events: Vec<Vec<u8>>,
    /// Symbols of silence in front of each.
    silences: Vec<usize>,
    underflows: usize,
}

fn send<I: Interface>(frames: &[Vec<u8>], gap: u64, rng: &mut Rng) -> Sent {
    let mut uut = ready(Box::<I::Transmit>::default());
    let items: Vec<Beat8> = frames.iter().flat_map(|frame| beats(frame, rng)).collect();
    let mut feed = Feed::new(items, gap);
    let mut sent = Sent { events: vec![], silences: vec![], underflows: 0 };
    let (mut event, mut silence) = (vec![], 0);
    for _ in 0..3_000 * I::PER_BYTE {
        feed.drive(uut.inp(), rng);
        settle(&mut *uut);
        feed.sample(uut.inp());
        sent.underflows += usize::from(uut.underflow());
        tick(&mut *uut);
        if let Some(symbol) = uut.shown() {
            if event.is_empty() {
                sent.silences.push(std::mem::take(&mut silence));
            }
            event.push(symbol);
        } else {
            silence += 1;
            if !event.is_empty() {
                sent.events.push(std::mem::take(&mut event));
            }
        }
    }
    assert!(feed.is_empty() && event.is_empty(), "not all was sent");
    sent
}

/// Frames that wait go out with preamble, padding, FCS and the least gap.
pub fn assert_sent_whole<I: Interface>(rng: &mut Rng) {
    let frames: Vec<_> = [1, 14, 42, 59, 60, 61, 200, 1514].map(|len| rng.bytes(len)).into();
    let sent = send::<I>(&frames, 0, rng);
    let want: Vec<_> = frames.iter().map(|frame| I::symbols(&on_the_wire(frame))).collect();
    assert_eq!(sent.events, want);
    // 96 bit times between frames, no more when the next one waits.
    assert!(sent.silences[1..].iter().all(|gap| *gap == 12 * I::PER_BYTE), "{:?}", sent.silences);
    assert_eq!(sent.underflows, 0);
}

/// A frame whose bytes don't come in time ends in a wrong FCS.
pub fn assert_underflow_spoils<I: Interface>(rng: &mut Rng) {
    let sent = send::<I>(&[rng.bytes(200)], 40, rng);
    assert_eq!((sent.events.len(), sent.underflows), (1, 1));
    let bytes = I::bytes(&sent.events[0]);
    let (body, check) = bytes[8..].split_at(bytes.len() - 12);
    assert_ne!(check, fcs(body), "nobody may take it for good");
}
