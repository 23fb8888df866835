// SPDX-License-Identifier: MIT OR Apache-2.0
//! The pads of an RGMII: in the Rust simulation, and with the cells of [`STUBS`] under Verilator.

use rust_hdl::prelude::*;
use syncline_hdl::emit::{check, emit_top};
use syncline_hdl::sim::{ready, settle};
use syncline_hdl::stream::bench::Rng;
use syncline_verilate::{Model, Options, Source};

use super::STUBS;
use super::ddr_out::Delay;
use super::pll::Pll;
use super::rgmii_pads::{Delays, RgmiiPads};

fn pads() -> RgmiiPads {
    RgmiiPads::new(Delays { rx: Delay::picoseconds(2_000), tx: Delay::picoseconds(1_500) })
}

fn text() -> String {
    emit_top(Box::new(pads()), "rgmii_pads").unwrap_or_else(|e| panic!("{e}")) + STUBS
}

/// What the pins get and show, a half cycle of each clock at a time.
trait Pads {
    /// An edge of the receive clock; the pins have had their level for a while.
    fn rx_edge(&mut self, level: bool, rxd: u64, ctl: bool);
    fn received(&self) -> (u64, u64);
    /// An edge of the transmit clock, and the pins behind it: data, control, clock.
    fn tx_edge(&mut self, level: bool, txd: u64, ctl: u64) -> (u64, bool, bool);
}

impl Pads for Box<RgmiiPads> {
    fn rx_edge(&mut self, level: bool, rxd: u64, ctl: bool) {
        self.rxd_pins.next = rxd.into();
        self.rx_ctl_pin.next = ctl;
        settle(&mut **self);
        self.rx_clock.next = Clock { clk: level };
        settle(&mut **self);
    }
    fn received(&self) -> (u64, u64) {
        (self.rxd.val().to_u64(), self.rx_ctl.val().to_u64())
    }
    fn tx_edge(&mut self, level: bool, txd: u64, ctl: u64) -> (u64, bool, bool) {
        self.txd.next = txd.into();
        self.tx_ctl.next = ctl.into();
        settle(&mut **self);
        self.tx_clock.next = Clock { clk: level };
        settle(&mut **self);
        (self.txd_pins.val().to_u64(), self.tx_ctl_pin.val(), self.txc_pin.val())
    }
}

impl Pads for Model {
    fn rx_edge(&mut self, level: bool, rxd: u64, ctl: bool) {
        let [clock, pins, control] =
            ["rx_clock", "rxd_pins", "rx_ctl_pin"].map(|name| self.port(name).expect("a port"));
        self.set_u64(pins, rxd);
        self.set_bool(control, ctl);
        self.eval();
        self.set_bool(clock, level);
        self.eval();
    }
    fn received(&self) -> (u64, u64) {
        let [rxd, ctl] = ["rxd", "rx_ctl"].map(|name| self.port(name).expect("a port"));
        (self.get_u64(rxd), self.get_u64(ctl))
    }
    fn tx_edge(&mut self, level: bool, txd: u64, ctl: u64) -> (u64, bool, bool) {
        let names = ["tx_clock", "txd", "tx_ctl", "txd_pins", "tx_ctl_pin", "txc_pin"];
        let [clock, data, control, pins, control_pin, clock_pin] =
            names.map(|name| self.port(name).expect("a port"));
        self.set_u64(data, txd);
        self.set_u64(control, ctl);
        self.eval();
        self.set_bool(clock, level);
        self.eval();
        (self.get_u64(pins), self.get_bool(control_pin), self.get_bool(clock_pin))
    }
}

/// Both edges of a cycle belong together, and the rising one is the first.
fn run(pads: &mut impl Pads, seed: u64) {
    let mut rng = Rng::new(seed);
    let mut before = None;
    for _ in 0..50 {
        let [low, high] = [rng.below(16), rng.below(16)];
        let [dv, er] = [rng.below(2), rng.below(2)];
        pads.rx_edge(true, low, dv == 1);
        if let Some(before) = before {
            assert_eq!(pads.received(), before);
        }
        pads.rx_edge(false, high, er == 1);
        if let Some(before) = before {
            assert_eq!(pads.received(), before, "not with the falling edge");
        }
        before = Some((low | high << 4, dv | er << 1));

        let (byte, control) = (rng.below(256), rng.below(4));
        let first = pads.tx_edge(true, byte, control);
        assert_eq!(first, (byte & 15, control & 1 == 1, true));
        // What comes in the middle of the cycle is not looked at.
        let second = pads.tx_edge(false, rng.below(256), rng.below(4));
        assert_eq!(second, (byte >> 4, control >> 1 == 1, false));
    }
}

#[test]
fn both_edges_in_the_rust_simulation() {
    run(&mut ready(Box::new(pads())), 330);
}

#[test]
fn both_edges_with_the_cells() {
    let mut model = Model::build(&Source::new("rgmii_pads", text()), Options::default()).expect("a model");
    model.eval();
    run(&mut model, 331);
}

#[test]
fn delays_are_steps() {
    let text = text();
    // What comes in, the clock, and the rest of what goes out: a module for each.
    for delay in [
        ".DEL_VALUE(80)) delay (.A(pin)",
        ".DEL_VALUE(60)) delay (.A(early)",
        ".DEL_VALUE(0)) delay (.A(early)",
    ] {
        assert_eq!(text.matches(delay).count(), 1, "{delay}: {text}");
    }
    check::lints(&text, "rgmii_pads").unwrap_or_else(|e| panic!("{e}"));
    check::synthesises(&text, "rgmii_pads").unwrap_or_else(|e| panic!("{e}"));
}

#[test]
#[should_panic(expected = "a pin can't wait for 3200 ps: too long")]
fn refuses_a_delay_that_is_too_long() {
    let _ = Delay::picoseconds(3_200);
}

#[test]
#[should_panic(expected = "a pin can't wait for 30 ps: not a multiple of 25")]
fn refuses_a_delay_between_steps() {
    let _ = Delay::picoseconds(30);
}

#[test]
fn the_pll_lints() {
    let pll = Pll::new(100_000_000, 5, 4, [6, 12]);
    let text = emit_top(Box::new(pll), "pll").unwrap_or_else(|e| panic!("{e}")) + STUBS;
    assert!(text.contains(".CLKI_DIV(4), .CLKFB_DIV(5)"), "{text}");
    check::lints(&text, "pll").unwrap_or_else(|e| panic!("{e}"));
}
