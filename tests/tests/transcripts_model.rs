// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every transcript on the reference model, also where sequence numbers wrap.

use syncline_tests::{
    subject::Model,
    transcripts::{self, Transcript},
};

/// The peer's ISNs; the model's is one below, so that both directions wrap in turn.
const ISNS: [u32; 5] = [1000, 0, 0xffff_ffff, 0xffff_f800, 0x7fff_fff0];

fn run(group: &[Transcript]) {
    // covers: E-48
    transcripts::run(group, &ISNS, |isn| Box::new(Model::new(isn.wrapping_sub(1))));
}

#[test]
fn handshake() {
    run(transcripts::handshake::ALL);
}

#[test]
fn arrival() {
    run(transcripts::arrival::ALL);
}

#[test]
fn data() {
    run(transcripts::data::ALL);
}

#[test]
fn window() {
    run(transcripts::window::ALL);
}

#[test]
fn closing() {
    run(transcripts::closing::ALL);
}

#[test]
fn reset() {
    run(transcripts::reset::ALL);
}

#[test]
fn timers() {
    run(transcripts::timers::ALL);
}
