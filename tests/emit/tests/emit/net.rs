// SPDX-License-Identifier: MIT OR Apache-2.0
//! The network edge: the Rust simulation and the Verilated print in lockstep, on frames that mostly mean something.

use std::collections::VecDeque;

use num_bigint::BigUint;
use rust_hdl::prelude::*;
use syncline_hdl::net::{Net64, Net512};
use syncline_hdl::sim::{ready, settle};
use syncline_hdl::stream::{Beat64, Beat512};
use syncline_hdl::types::{Config, Ipv4Send, TxRequest};
use syncline_verilate::{Model, Options, Source};

use crate::compare::Random;

const MAC: [u8; 6] = [2, 0, 0x5e, 0x10, 0x20, 0x30];
const ADDR: [u8; 4] = [10, 1, 2, 3];

fn number<T: Synth>(value: T) -> BigUint {
    let text = format!("{:x}", value.verilog());
    let digits = text.split("'h").nth(1).expect("a literal");
    BigUint::parse_bytes(digits.as_bytes(), 16).expect("hexadecimal")
}

fn ones_sum(bytes: &[u8]) -> u16 {
    let word = |pair: &[u8]| u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |b| u32::from(*b));
    let sum: u32 = bytes.chunks(2).map(word).sum();
    let sum = (sum & 0xffff) + (sum >> 16);
    ((sum & 0xffff) + (sum >> 16)) as u16
}

/// ARP from one of eight neighbours, pings, TCP and UDP; now and then damaged or cut.
fn frame(random: &mut Random) -> Vec<u8> {
    let mut below = |n: u64| random.next() % n;
    let peer = [10, 1, 2, 16 + below(8) as u8];
    let his = [2, 9, 9, 9, 9, peer[3]];
    let to = if below(4) == 0 { [255; 6] } else { MAC };
    let mut frame = if below(3) == 0 {
        let fixed = [8, 6, 0, 1, 8, 0, 6, 4, 0, 1 + below(2) as u8];
        [&to[..], &his, &fixed, &his, &peer, &[0; 6], &ADDR, &[0; 18]].concat()
    } else {
        let protocol = [1, 1, 6, 6, 17][below(5) as usize];
        let options = 4 * [0, 0, 0, 1, 2, 10][below(6) as usize];
        let mut payload: Vec<u8> = (0..8 + below(90)).map(|_| below(256) as u8).collect();
        if protocol == 1 {
            payload[..4].copy_from_slice(&[8, 0, 0, 0]);
            let sum = (!ones_sum(&payload)).to_be_bytes();
            payload[2..4].copy_from_slice(&sum);
        }
        let total = (20 + options as u16 + payload.len() as u16).to_be_bytes();
        let first = 0x45 + options as u8 / 4;
        let mut header =
            [&[first, 0, total[0], total[1], 0, 0, 0x40, 0, 64, protocol, 0, 0], &peer[..], &ADDR].concat();
        header.resize(20 + options, 1);
        let sum = (!ones_sum(&header)).to_be_bytes();
        header[10..12].copy_from_slice(&sum);
        [&to[..], &his, &[8, 0], &header, &payload].concat()
    };
    if below(5) == 0 {
        let at = below(frame.len() as u64) as usize;
        frame[at] ^= 1 << below(8);
    }
    if below(8) == 0 {
        frame.truncate(1 + below(frame.len() as u64) as usize);
    }
    frame
}

macro_rules! lockstep {
    ($name:ident, $block:ident, $beat:ident, $k:literal, $cycles:literal) => {
        #[test]
        fn $name() {
            let mut random = Random::new();
            let mut block = ready(Box::<$block>::default());
            let top = stringify!($name);
            let text = syncline_hdl::emit::verilog(block.as_ref(), top).unwrap_or_else(|e| panic!("{e}"));
            let mut model = Model::build(&Source::new(top, text), Options::default()).expect("model builds");
            let beats = |frame: &[u8]| -> Vec<$beat> {
                let count = frame.len().div_ceil($k);
                let beat = |(i, bytes): (usize, &[u8])| {
                    let mut beat = $beat { last: i + 1 == count, ..Default::default() };
                    for (lane, byte) in bytes.iter().enumerate() {
                        beat.data.set_bits::<8>(8 * lane, u64::from(*byte).into());
                        beat.keep = beat.keep.replace_bit(lane, true);
                    }
                    beat
                };
                frame.chunks($k).enumerate().map(beat).collect()
            };
            let address = |bytes: &[u8]| bytes.iter().fold(0, |a, byte| a << 8 | u64::from(*byte));
            let cfg = Config {
                enable: true,
                mac: address(&MAC).into(),
                addr: address(&ADDR).into(),
                mask: 0xffff_ff00_u64.into(),
                gateway: 0x0a01_0211_u64.into(),
                ttl: 61.into(),
                ..Default::default()
            };
            let (mut rx, mut tx) = (VecDeque::<$beat>::new(), VecDeque::<$beat>::new());
            let (mut rx_offered, mut tx_offered, mut asked) = (false, false, false);
            let mut now = 1_000_000_u64;
            let mut moved = [0; 4];
            for cycle in 0..$cycles {
                if rx.is_empty() {
                    rx.extend(beats(&frame(&mut random)));
                }
                if tx.is_empty() {
                    let len = 20 + random.next() % 80;
                    tx.extend(beats(&(0..len).map(|_| random.next() as u8).collect::<Vec<_>>()));
                    block.tcp_tx_send.next = Ipv4Send {
                        dmac: (random.next() >> 16).into(),
                        dst: (random.next() >> 32).into(),
                        protocol: 6.into(),
                        len: len.into(),
                    };
                }
                if !asked {
                    asked = random.next().is_multiple_of(8);
                    block.request.data.next = TxRequest {
                        raddr: (0x0a01_0210 + random.next() % 14).into(),
                        seq: (random.next() >> 32).into(),
                        flow: (random.next() >> 48).into(),
                        has_flow: random.next().is_multiple_of(2),
                        ..Default::default()
                    };
                }
                rx_offered |= !random.next().is_multiple_of(3);
                tx_offered |= random.next().is_multiple_of(8);
                now += random.next() % 20_000;
                block.reset.next = cycle == 0 || cycle == $cycles / 2;
                block.cfg.next = cfg;
                block.now.next = now.into();
                block.mac_rx.data.next = rx[0];
                block.mac_rx.valid.next = rx_offered;
                block.tcp_tx.data.next = tx[0];
                block.tcp_tx.valid.next = tx_offered;
                block.request.valid.next = asked;
                block.mac_tx.ready.next = !random.next().is_multiple_of(4);
                block.tcp_rx.ready.next = !random.next().is_multiple_of(4);
                block.segment.ready.next = random.next().is_multiple_of(2);
                block.unreachable.ready.next = random.next().is_multiple_of(2);
                settle(block.as_mut());
                for (name, value) in [
                    ("reset", number(block.reset.val())),
                    ("cfg", number(block.cfg.val())),
                    ("now", number(block.now.val())),
                    ("mac_rx_data", number(block.mac_rx.data.val())),
                    ("mac_rx_valid", number(block.mac_rx.valid.val())),
                    ("tcp_tx_data", number(block.tcp_tx.data.val())),
                    ("tcp_tx_valid", number(block.tcp_tx.valid.val())),
                    ("tcp_tx_send", number(block.tcp_tx_send.val())),
                    ("request_data", number(block.request.data.val())),
                    ("request_valid", number(block.request.valid.val())),
                    ("mac_tx_ready", number(block.mac_tx.ready.val())),
                    ("tcp_rx_ready", number(block.tcp_rx.ready.val())),
                    ("segment_ready", number(block.segment.ready.val())),
                    ("unreachable_ready", number(block.unreachable.ready.val())),
                ] {
                    let port = model.port(name).unwrap_or_else(|e| panic!("{name}: {e}"));
                    model.set_bytes(port, &value.to_bytes_le());
                }
                model.eval();
                let offers = [
                    block.mac_tx.valid.val(),
                    block.tcp_rx.valid.val(),
                    block.segment.valid.val(),
                    block.unreachable.valid.val(),
                ];
                let mut outputs = vec![
                    ("mac_rx_ready", number(block.mac_rx.ready.val())),
                    ("mac_tx_valid", number(offers[0])),
                    ("tcp_rx_valid", number(offers[1])),
                    ("segment_valid", number(offers[2])),
                    ("unreachable_valid", number(offers[3])),
                    ("tcp_tx_ready", number(block.tcp_tx.ready.val())),
                    ("request_ready", number(block.request.ready.val())),
                    ("stats", number(block.stats.val())),
                    ("deadline_valid", number(block.deadline_valid.val())),
                    ("busy", number(block.busy.val())),
                ];
                // What nobody offers may differ: RAMs power up as they like.
                if offers[0] {
                    outputs.push(("mac_tx_data", number(block.mac_tx.data.val())));
                }
                if offers[1] {
                    outputs.push(("tcp_rx_data", number(block.tcp_rx.data.val())));
                    outputs.push(("tcp_rx_meta", number(block.tcp_rx_meta.val())));
                    outputs.push(("tcp_rx_short", number(block.tcp_rx_short.val())));
                }
                if offers[2] {
                    outputs.push(("segment_data", number(block.segment.data.val())));
                }
                if offers[3] {
                    outputs.push(("unreachable_data", number(block.unreachable.data.val())));
                }
                if block.deadline_valid.val() {
                    outputs.push(("next_deadline", number(block.next_deadline.val())));
                }
                for (name, want) in outputs {
                    let port = model.port(name).unwrap_or_else(|e| panic!("{name}: {e}"));
                    let got = BigUint::from_bytes_le(model.get_bytes(port));
                    assert!(got == want, "cycle {cycle}, {name}: Rust {want:x}, Verilog {got:x}");
                }
                for (count, offered) in moved.iter_mut().zip(offers) {
                    *count += usize::from(offered);
                }
                if rx_offered && block.mac_rx.ready.val() {
                    rx.pop_front();
                    rx_offered = false;
                }
                if tx_offered && block.tcp_tx.ready.val() {
                    tx.pop_front();
                    tx_offered = !tx.is_empty();
                }
                asked &= !block.request.ready.val();
                for level in [true, false] {
                    block.clock.next = Clock { clk: level };
                    settle(block.as_mut());
                    let clock = model.port("clock").expect("clock");
                    model.set_bytes(clock, &[u8::from(level)]);
                    model.eval();
                }
            }
            println!("frames out, TCP in, segments, unreachable: {moved:?} cycles");
            assert!(moved[..3].iter().all(|count| *count > 20), "{moved:?}");
        }
    };
}
lockstep!(net_64, Net64, Beat64, 8, 1500);
lockstep!(net_512, Net512, Beat512, 64, 1000);
