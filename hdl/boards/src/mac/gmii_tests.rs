// SPDX-License-Identifier: MIT OR Apache-2.0
//! The blocks of an RGMII's MAC in a row, as a board has them, against the wire in software.

use rust_hdl::prelude::*;
use syncline_hdl::clocked;
use syncline_hdl::emit::bench::{lint_and_synthesise, print};
use syncline_hdl::stream::bench::Rng;
use syncline_hdl::stream::{Beat8, StreamIn};

use super::bench::{
    Interface, Receive, Symbol, Transmit, assert_judged, assert_noise_is_no_frame, assert_sent_whole,
    assert_underflow_spoils, clean, good_and_wrong,
};
use super::gmii_receive::GmiiReceive;
use super::gmii_transmit::GmiiTransmit;
use super::reference::on_the_wire;
use super::rgmii_mac::RgmiiMac;
use super::{RxByte, fault};

clocked!(GmiiReceive, GmiiTransmit);

/// A byte a cycle.
struct Gmii;

impl Interface for Gmii {
    type Receive = GmiiReceive;
    type Transmit = GmiiTransmit;
    const PER_BYTE: usize = 1;

    fn symbols(bytes: &[u8]) -> Vec<u8> {
        bytes.to_vec()
    }

    fn bytes(symbols: &[u8]) -> Vec<u8> {
        symbols.to_vec()
    }
}

impl Receive for GmiiReceive {
    fn reset(&mut self) -> &mut Signal<In, Bit> {
        &mut self.reset
    }

    fn show(&mut self, symbol: Option<Symbol>) {
        // Between frames the PHY shows its status.
        let (value, error) = symbol.unwrap_or((0xdd, false));
        self.rxd.next = u64::from(value).into();
        self.rx_dv.next = symbol.is_some();
        self.rx_dv_xor_er.next = symbol.is_some() != error;
    }

    fn item(&self) -> Option<RxByte> {
        self.out_valid.val().then(|| self.out.val())
    }

    fn fragment(&self) -> bool {
        self.stat_fragment.val()
    }
}

impl Transmit for GmiiTransmit {
    fn inp(&mut self) -> &mut StreamIn<Beat8> {
        &mut self.inp
    }

    fn shown(&self) -> Option<u8> {
        self.tx_en.val().then(|| self.txd.val().to_u8())
    }

    fn underflow(&self) -> bool {
        self.stat_underflow.val()
    }
}

// covers: NET-13
#[test]
fn frames_are_received_and_judged() {
    let mut rng = Rng::new(320);
    let (mut events, mut want) = good_and_wrong::<Gmii>(&mut rng);
    let frame = rng.bytes(60);
    let whole = clean::<Gmii>(&on_the_wire(&frame));
    let mut add = |event: Vec<Symbol>, fault| {
        events.push(event);
        want.push((frame.clone(), fault));
    };
    // An error reported by the PHY, at the first byte and at the last; a short preamble; none at all but the delimiter.
    for at in [8, 30, whole.len() - 1] {
        let mut event = whole.clone();
        event[at].1 = true;
        add(event, fault::PHY);
    }
    for skipped in [3, 6, 7] {
        add(whole[skipped..].to_vec(), 0);
    }
    assert_judged::<Gmii>(&events, &want);
}

#[test]
fn noise_is_no_frame() {
    assert_noise_is_no_frame::<Gmii>(&[0x55, 0x55, 0x5d], &mut Rng::new(321));
}

#[test]
fn frames_are_sent_a_byte_a_cycle_with_all_that_belongs_to_them() {
    assert_sent_whole::<Gmii>(&mut Rng::new(322));
}

#[test]
fn an_underflow_spoils_the_frame() {
    assert_underflow_spoils::<Gmii>(&mut Rng::new(323));
}

#[test]
fn blocks_lint_and_synthesise() {
    lint_and_synthesise(&[
        print::<GmiiReceive>("gmii_receive"),
        print::<GmiiTransmit>("gmii_transmit"),
        print::<RgmiiMac>("rgmii_mac"),
    ]);
}
