// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every transcript on the Verilated core, frame by frame.

use syncline_sim::Config;
use syncline_tests::{
    card::Card,
    transcripts::{self, Transcript},
};

fn run(group: &[Transcript]) {
    // The card chooses its own ISN; the peer's is once in the middle and once in front of the wrap.
    transcripts::run(group, &[1000, 0xffff_f800], |isn| Box::new(Card::new(Config::Core64, isn.into())));
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
