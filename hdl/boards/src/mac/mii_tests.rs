// SPDX-License-Identifier: MIT OR Apache-2.0
//! The blocks of an MII's MAC in a row, as a board has them, against the wire in software.

use rust_hdl::prelude::*;
use syncline_hdl::clocked;
use syncline_hdl::emit::bench::{lint_and_synthesise, print};
use syncline_hdl::stream::bench::Rng;
use syncline_hdl::stream::{Beat8, StreamIn};

use super::bench::{
    Interface, Receive, Symbol, Transmit, assert_judged, assert_noise_is_no_frame, assert_sent_whole,
    assert_underflow_spoils, clean, good_and_wrong,
};
use super::mii_mac::MiiMac;
use super::mii_receive::MiiReceive;
use super::mii_transmit::MiiTransmit;
use super::reference::{nibbles, on_the_wire};
use super::{RxByte, fault};

clocked!(MiiReceive, MiiTransmit);

/// Four bits a cycle.
struct Mii;

impl Interface for Mii {
    type Receive = MiiReceive;
    type Transmit = MiiTransmit;
    const PER_BYTE: usize = 2;

    fn symbols(bytes: &[u8]) -> Vec<u8> {
        nibbles(bytes)
    }

    fn bytes(symbols: &[u8]) -> Vec<u8> {
        symbols.chunks(2).map(|pair| pair[0] | pair[1] << 4).collect()
    }
}

impl Receive for MiiReceive {
    fn reset(&mut self) -> &mut Signal<In, Bit> {
        &mut self.reset
    }

    fn show(&mut self, symbol: Option<Symbol>) {
        let (value, error) = symbol.unwrap_or((9, false));
        self.rxd.next = u64::from(value).into();
        self.rx_dv.next = symbol.is_some();
        self.rx_er.next = error;
    }

    fn item(&self) -> Option<RxByte> {
        self.out_valid.val().then(|| self.out.val())
    }

    fn fragment(&self) -> bool {
        self.stat_fragment.val()
    }
}

impl Transmit for MiiTransmit {
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
    let mut rng = Rng::new(310);
    let (mut events, mut want) = good_and_wrong::<Mii>(&mut rng);
    let frame = rng.bytes(60);
    let whole = clean::<Mii>(&on_the_wire(&frame));
    let mut add = |event: Vec<Symbol>, fault| {
        events.push(event);
        want.push((frame.clone(), fault));
    };
    // An error reported by the PHY; a dribbling nibble; a short preamble; none at all but the delimiter.
    let mut event = whole.clone();
    event[50].1 = true;
    add(event, fault::PHY);
    add([whole.clone(), vec![(3, false)]].concat(), 0);
    for skipped in [6, 13, 14] {
        add(whole[skipped..].to_vec(), 0);
    }
    assert_judged::<Mii>(&events, &want);
}

#[test]
fn noise_is_no_frame() {
    assert_noise_is_no_frame::<Mii>(&[5, 5, 4], &mut Rng::new(311));
}

#[test]
fn frames_are_sent_with_all_that_belongs_to_them() {
    assert_sent_whole::<Mii>(&mut Rng::new(312));
}

#[test]
fn an_underflow_spoils_the_frame() {
    assert_underflow_spoils::<Mii>(&mut Rng::new(313));
}

#[test]
fn blocks_lint_and_synthesise() {
    lint_and_synthesise(&[
        print::<MiiReceive>("mii_receive"),
        print::<MiiTransmit>("mii_transmit"),
        print::<MiiMac>("mii_mac"),
    ]);
}
