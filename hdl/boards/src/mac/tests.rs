// SPDX-License-Identifier: MIT OR Apache-2.0
//! The blocks of an MII's MAC in a row, as a board has them, against the wire in software.

use rust_hdl::prelude::*;
use syncline_hdl::clocked;
use syncline_hdl::emit::{check, emit_top};
use syncline_hdl::sim::{ready, settle, tick};
use syncline_hdl::stream::Beat8;
use syncline_hdl::stream::bench::{Feed, Rng, beats};

use super::fault;
use super::mii_mac::MiiMac;
use super::mii_receive::MiiReceive;
use super::mii_transmit::MiiTransmit;
use super::reference::{fcs, nibbles, on_the_wire};

clocked!(MiiReceive, MiiTransmit);

/// Carrier events, as nibbles with (valid, error), with `gap` nibbles of silence behind each.
fn listen(events: &[Vec<(u8, bool)>], gap: usize) -> (Vec<(Vec<u8>, u64)>, usize) {
    let mut uut = ready(Box::<MiiReceive>::default());
    uut.reset.next = true;
    tick(&mut *uut);
    uut.reset.next = false;
    let (mut frames, mut frame, mut fragments) = (vec![], vec![], 0);
    let silence = vec![None; gap];
    let first = vec![None; 4];
    let mut line: Vec<Option<(u8, bool)>> = first;
    for event in events {
        line.extend(event.iter().copied().map(Some));
        line.extend(&silence);
    }
    line.extend([None; 8]);
    for nibble in line {
        let (value, error) = nibble.unwrap_or((9, false));
        uut.rxd.next = u64::from(value).into();
        uut.rx_dv.next = nibble.is_some();
        uut.rx_er.next = error;
        tick(&mut *uut);
        fragments += usize::from(uut.stat_fragment.val());
        if uut.out_valid.val() {
            let item = uut.out.val();
            frame.push(item.data.to_u8());
            if item.last {
                frames.push((std::mem::take(&mut frame), item.fault.to_u64()));
            }
        }
    }
    assert!(frame.is_empty(), "a frame without an end");
    (frames, fragments)
}

fn clean(bytes: &[u8]) -> Vec<(u8, bool)> {
    nibbles(bytes).into_iter().map(|nibble| (nibble, false)).collect()
}

// covers: NET-13
#[test]
fn frames_are_received_and_judged() {
    let mut rng = Rng::new(310);
    let (mut events, mut want) = (vec![], vec![]);
    for len in [60, 61, 64, 100, 1513, 1514] {
        let frame = rng.bytes(len);
        events.push(clean(&on_the_wire(&frame)));
        want.push((frame, 0));
    }
    // One bit over: every place of a short frame.
    let frame = rng.bytes(60);
    let wire = on_the_wire(&frame);
    for bit in 64..wire.len() * 8 {
        let mut bad = wire.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        events.push(clean(&bad));
        want.push((bad[8..68].to_vec(), fault::FCS));
    }
    // Too short and too long, with a right FCS.
    for len in [1, 20, 59, 1515, 1600] {
        let frame = rng.bytes(len);
        let wire = [&[0x55; 7][..], &[0xd5], &frame, &fcs(&frame)].concat();
        events.push(clean(&wire));
        want.push((frame, fault::LENGTH));
    }
    // An error reported by the PHY; a dribbling nibble; a short preamble; none at all but the delimiter.
    let mut event = clean(&wire);
    event[50].1 = true;
    events.push(event);
    want.push((frame.clone(), fault::PHY));
    let mut event = clean(&wire);
    event.push((3, false));
    events.push(event);
    want.push((frame.clone(), 0));
    for skipped in [6, 13, 14] {
        events.push(clean(&wire)[skipped..].to_vec());
        want.push((frame.clone(), 0));
    }
    for gap in [1, 24] {
        let (got, fragments) = listen(&events, gap);
        for (i, (got, want)) in got.iter().zip(&want).enumerate() {
            assert_eq!(got, want, "event {i}, gap {gap}");
        }
        assert_eq!((got.len(), fragments), (want.len(), 0));
    }
}

#[test]
fn noise_is_no_frame() {
    let mut rng = Rng::new(311);
    let frame = rng.bytes(80);
    let good = clean(&on_the_wire(&frame));
    let false_carrier = vec![(14, true); 30];
    let broken_preamble: Vec<_> =
        [(5, false), (5, false), (4, false)].into_iter().chain(good.clone()).collect();
    let only_preamble = vec![(5, false); 20];
    let fragment = clean(&[0x55, 0x55, 0xd5, 1, 2, 3, 4]);
    let events = [false_carrier, good.clone(), broken_preamble, only_preamble, fragment, good];
    let (got, fragments) = listen(&events, 3);
    assert_eq!(got, [(frame.clone(), 0), (frame, 0)]);
    assert_eq!(fragments, 1);
}

/// What the pins show, as carrier events and the silence between them, in nibbles.
fn send(frames: &[Vec<u8>], gap: u64, rng: &mut Rng, cycles: usize) -> (Vec<Vec<u8>>, Vec<usize>, usize) {
    let mut uut = ready(Box::<MiiTransmit>::default());
    let items: Vec<Beat8> = frames.iter().flat_map(|frame| beats(frame, rng)).collect();
    let mut feed = Feed::new(items, gap);
    let (mut events, mut silences, mut event, mut silence, mut underflows) = (vec![], vec![], vec![], 0, 0);
    for _ in 0..cycles {
        feed.drive(&mut uut.inp, rng);
        settle(&mut *uut);
        feed.sample(&uut.inp);
        underflows += usize::from(uut.stat_underflow.val());
        tick(&mut *uut);
        if uut.tx_en.val() {
            if event.is_empty() {
                silences.push(std::mem::take(&mut silence));
            }
            event.push(uut.txd.val().to_u8());
        } else {
            silence += 1;
            if !event.is_empty() {
                events.push(std::mem::take(&mut event));
            }
        }
    }
    assert!(feed.is_empty() && event.is_empty(), "not all was sent");
    (events, silences, underflows)
}

#[test]
fn frames_are_sent_with_all_that_belongs_to_them() {
    let mut rng = Rng::new(312);
    let frames: Vec<_> = [1, 14, 42, 59, 60, 61, 200, 1514].map(|len| rng.bytes(len)).into();
    let (events, silences, underflows) = send(&frames, 0, &mut rng, 6_000);
    let want: Vec<_> = frames.iter().map(|frame| nibbles(&on_the_wire(frame))).collect();
    assert_eq!(events, want);
    // 96 bit times between frames, no more when the next one waits.
    assert!(silences[1..].iter().all(|gap| *gap == 24), "{silences:?}");
    assert_eq!(underflows, 0);
}

#[test]
fn an_underflow_spoils_the_frame() {
    let mut rng = Rng::new(313);
    let frames = [rng.bytes(200)];
    let (events, _, underflows) = send(&frames, 40, &mut rng, 4_000);
    assert_eq!((events.len(), underflows), (1, 1));
    let bytes: Vec<u8> = events[0].chunks(2).map(|pair| pair[0] | pair[1] << 4).collect();
    let (body, check) = bytes[8..].split_at(bytes.len() - 12);
    assert_ne!(check, fcs(body), "nobody may take it for good");
}

pub(super) fn print<B: Block + Default>(name: &'static str) -> (String, &'static str) {
    (emit_top(Box::<B>::default(), name).unwrap_or_else(|e| panic!("{name}: {e}")), name)
}

#[test]
fn blocks_lint_and_synthesise() {
    let designs = [
        print::<MiiReceive>("mii_receive"),
        print::<MiiTransmit>("mii_transmit"),
        print::<MiiMac>("mii_mac"),
    ];
    for (text, top) in &designs {
        check::lints(text, top).unwrap_or_else(|e| panic!("{e}"));
    }
    let designs: Vec<(&str, &str)> = designs.iter().map(|(text, top)| (text.as_str(), *top)).collect();
    check::synthesise_all(&designs).unwrap_or_else(|e| panic!("{e}"));
}
