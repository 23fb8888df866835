// SPDX-License-Identifier: MIT OR Apache-2.0
//! The CMAC's FIFOs: the Rust simulation and the Verilated print in lockstep, with every input random in every cycle.

use rust_hdl::prelude::*;
use syncline_boards::cmac::rx::CmacRx;
use syncline_boards::cmac::tx::CmacTx;
use syncline_hdl::emit::verilog;
use syncline_hdl::sim::{ready, settle};
use syncline_hdl::stream::Beat512;
use syncline_hdl::stream::bench::{Beat, Rng, bits_of, bytes_of};
use syncline_verilate::{Model, Options, Source};

fn model<B: Block>(block: &B, name: &str) -> Model {
    let text = verilog(block, name).unwrap_or_else(|e| panic!("{e}"));
    Model::build(&Source::new(name, text), Options::default()).expect("model builds")
}

fn set(model: &mut Model, port: &str, bytes: &[u8]) {
    let port = model.port(port).unwrap_or_else(|e| panic!("{e}"));
    model.set_bytes(port, bytes);
}

fn get(model: &Model, port: &str) -> Vec<u8> {
    model.get_bytes(model.port(port).unwrap_or_else(|e| panic!("{e}"))).to_vec()
}

fn flag(model: &Model, port: &str) -> bool {
    get(model, port)[0] != 0
}

/// A beat as the struct packs it: data, keep, last.
fn packed(beat: Beat512) -> Vec<u8> {
    [bytes_of(beat.data, 64), bytes_of(beat.keep, 8), vec![beat.last.into()]].concat()
}

fn beat(rng: &mut Rng) -> Beat512 {
    let last = rng.chance(40);
    let lanes = if last { 1 + rng.below(64) as usize } else { 64 };
    Beat512::new(&rng.bytes(64), lanes, last)
}

macro_rules! edge {
    ($block:ident, $model:ident) => {
        for level in [true, false] {
            $block.clock.next = Clock { clk: level };
            settle($block.as_mut());
            set(&mut $model, "clock", &[level.into()]);
            $model.eval();
        }
    };
}

#[test]
fn receive_side() {
    let mut rng = Rng::new(20);
    let mut block = ready(Box::<CmacRx<3, 4>>::default());
    let mut model = model(block.as_ref(), "cmac_rx");
    let (mut out, mut dropped, mut bad) = (0, 0, 0);
    for cycle in 0..600 {
        let beat = beat(&mut rng);
        let [valid, user, take, reset] = [70, 10, 50, 1].map(|percent| rng.chance(percent));
        block.rx_data.next = beat.data;
        block.rx_keep.next = beat.keep;
        block.rx_last.next = beat.last;
        block.rx_valid.next = valid;
        block.rx_user.next = user;
        block.out.ready.next = take;
        block.reset.next = reset;
        settle(block.as_mut());
        set(&mut model, "rx_data", &bytes_of(beat.data, 64));
        set(&mut model, "rx_keep", &bytes_of(beat.keep, 8));
        for (port, value) in [
            ("rx_last", beat.last),
            ("rx_valid", valid),
            ("rx_user", user),
            ("out_ready", take),
            ("reset", reset),
        ] {
            set(&mut model, port, &[value.into()]);
        }
        model.eval();
        let rust = [block.out.valid.val(), block.dropped.val(), block.bad.val()];
        assert_eq!(["out_valid", "dropped", "bad"].map(|port| flag(&model, port)), rust, "cycle {cycle}");
        assert_eq!(get(&model, "out_data")[..73], packed(block.out.data.val()), "cycle {cycle}");
        out += u32::from(rust[0] && take);
        dropped += u32::from(rust[1]);
        bad += u32::from(rust[2]);
        edge!(block, model);
    }
    assert!(out > 50 && dropped > 5 && bad > 5, "{out} beats out, {dropped} dropped, {bad} bad");
}

#[test]
fn transmit_side() {
    let mut rng = Rng::new(21);
    let mut block = ready(Box::<CmacTx<3, 4>>::default());
    let mut model = model(block.as_ref(), "cmac_tx");
    let (mut out, mut held, mut long) = (0, 0, 0);
    for cycle in 0..600 {
        let mut beat = beat(&mut rng);
        // Long frames for a while.
        if cycle % 100 < 40 {
            beat = Beat512 {
                data: bits_of(&rng.bytes(64)),
                keep: Bits::<64>::from(u64::MAX),
                last: rng.chance(8),
            };
        }
        let [valid, take, reset] = [80, 60, 1].map(|percent| rng.chance(percent));
        block.inp.data.next = beat;
        block.inp.valid.next = valid;
        block.out.ready.next = take;
        block.reset.next = reset;
        settle(block.as_mut());
        set(&mut model, "inp_data", &packed(beat));
        for (port, value) in [("inp_valid", valid), ("out_ready", take), ("reset", reset)] {
            set(&mut model, port, &[value.into()]);
        }
        model.eval();
        let rust = [block.out.valid.val(), block.inp.ready.val(), block.too_long.val()];
        assert_eq!(
            ["out_valid", "inp_ready", "too_long"].map(|port| flag(&model, port)),
            rust,
            "cycle {cycle}"
        );
        assert_eq!(get(&model, "out_data")[..73], packed(block.out.data.val()), "cycle {cycle}");
        out += u32::from(rust[0] && take);
        held += u32::from(valid && !rust[1]);
        long += u32::from(rust[2]);
        edge!(block, model);
    }
    assert!(out > 50 && held > 5 && long > 1, "{out} beats out, {held} held, {long} too long");
}
