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
#[ignore = "the simulation still has a loopback in the place of the core"]
fn handshake() {
    run(transcripts::handshake::ALL);
}

#[test]
#[ignore = "the simulation still has a loopback in the place of the core"]
fn arrival() {
    run(transcripts::arrival::ALL);
}

#[test]
#[ignore = "the simulation still has a loopback in the place of the core"]
fn data() {
    run(transcripts::data::ALL);
}

#[test]
#[ignore = "the simulation still has a loopback in the place of the core"]
fn window() {
    run(transcripts::window::ALL);
}

#[test]
#[ignore = "the simulation still has a loopback in the place of the core"]
fn closing() {
    run(transcripts::closing::ALL);
}

#[test]
#[ignore = "the simulation still has a loopback in the place of the core"]
fn reset() {
    run(transcripts::reset::ALL);
}

#[test]
#[ignore = "the simulation still has a loopback in the place of the core"]
fn timers() {
    run(transcripts::timers::ALL);
}
