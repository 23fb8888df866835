// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Parked`]: segments that wait for their neighbour's answer, and the one in hand.

use rust_hdl::prelude::*;

use crate::ram::{Bram, Lutram};
use crate::types::TxRequest;

/// One RAM has a place for each neighbour's parked segment and one for the segment in hand. To park a segment, or to go on with
/// it, is to exchange two places: nothing is moved, and the segment in hand is what was read. `F = E + 1`.
#[derive(LogicBlock, Default)]
pub struct Parked<const E: usize, const F: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Give the neighbour `index` its first place, for the reset.
    pub clear: Signal<In, Bit>,
    /// Take `request` in hand.
    pub take: Signal<In, Bit>,
    pub request: Signal<In, TxRequest>,
    /// A neighbour.
    pub index: Signal<In, Bits<E>>,
    /// Read its segment, not the one in hand. Never with `take`.
    pub read_parked: Signal<In, Bit>,
    /// Its segment and the one in hand change roles.
    pub exchange: Signal<In, Bit>,
    /// What was read in the last cycle.
    pub held: Signal<Out, TxRequest>,
    segments: Bram<TxRequest, F>,
    /// The place of each neighbour: at first the upper half, and 0 for the segment in hand.
    places: Lutram<Bits<F>, E>,
    in_hand: DFF<Bits<F>>,
    place: Signal<Local, Bits<F>>,
    shown: Signal<Local, Bits<F>>,
}

impl<const E: usize, const F: usize> Logic for Parked<E, F> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, in_hand);
        clock!(self, clock, segments, places);
        self.places.read_addr.next = self.index.val();
        self.place.next = self.places.read_data.val();
        self.places.write_addr.next = self.index.val();
        self.places.write_en.next = self.exchange.val() | self.clear.val();
        self.places.write_data.next = self.in_hand.q.val();
        if self.clear.val() {
            self.places.write_data.next = !bit_cast::<F, E>(self.index.val());
        }
        if self.exchange.val() {
            self.in_hand.d.next = self.place.val();
        }
        self.shown.next = self.in_hand.q.val();
        if self.read_parked.val() {
            self.shown.next = self.place.val();
        }
        // One address for both: RAM of one port takes a quarter less.
        self.segments.read_addr.next = self.shown.val();
        self.segments.write_addr.next = self.shown.val();
        self.segments.write_en.next = self.take.val();
        self.segments.write_data.next = self.request.val();
        self.held.next = self.segments.read_data.val();
        if self.reset.val() {
            self.in_hand.d.next = 0.into();
        }
    }
}
