// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Table`]: the neighbours.

use rust_hdl::prelude::*;

use super::ArpState;
use crate::ram::Lutram;

/// What is known of a neighbour besides its addresses.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct ArpStatus {
    /// What is known.
    pub state: ArpState,
    /// Requests sent without an answer, up to 3.
    pub tries: Bits<2>,
    /// When it was heard of (reachable), last asked for (incomplete, stale), or seen to be old (stale, `tries` is 0): units of
    /// 65,536 us. It comes round after 4.5 minutes; a reachable entry doesn't live so long.
    pub stamp: Bits<12>,
}

/// `4 * 2^S` entries: `2^S` sets, chosen by the low bits of the address, of four ways. `E = S + 2`.
///
/// One comparator looks at the ways of a set in turn, a cycle each, and begins with the way that was used last: who talks to
/// one neighbour finds it at once. An address without an entry is given the place of a free entry of its set, else of
/// an incomplete, else of a stale, else of a reachable one; among equals the last one looked at, so that they are replaced
/// in turn and the one in use last of all.
///
/// The parts of an entry are RAMs of their own, so that each is written from one place and nothing is written back.
#[derive(LogicBlock)]
pub struct Table<const S: usize, const E: usize> {
    pub clock: Signal<In, Clock>,
    /// A search for the address `target`, whose low bits are `set`, begins in the next cycle; or else it shows entry `pick`.
    pub start: Signal<In, Bit>,
    pub set: Signal<In, Bits<S>>,
    /// With `start`: show entry `pick` (set above way) instead.
    pub by_index: Signal<In, Bit>,
    pub pick: Signal<In, Bits<E>>,
    /// Look at the next way.
    pub search: Signal<In, Bit>,
    pub target: Signal<In, Bits<32>>,
    /// With `search`: the entry shown is the one to be shown after it.
    pub settled: Signal<Out, Bit>,
    /// After a search: the address has an entry.
    pub hit: Signal<Out, Bit>,
    /// The entry shown; after a search the address's, or the one whose place an entry for it may take.
    pub index: Signal<Out, Bits<E>>,
    pub addr: Signal<Out, Bits<32>>,
    /// Means nothing while incomplete.
    pub mac: Signal<Out, Bits<48>>,
    pub status: Signal<Out, ArpStatus>,
    /// Its way is the first to look at from now on.
    pub keep: Signal<In, Bit>,
    /// Change it.
    pub write_status: Signal<In, Bit>,
    pub new_status: Signal<In, ArpStatus>,
    /// Give it the address `target`.
    pub write_addr: Signal<In, Bit>,
    pub write_mac: Signal<In, Bit>,
    pub new_mac: Signal<In, Bits<48>>,
    addrs: Lutram<Bits<32>, E>,
    macs: Lutram<Bits<48>, E>,
    states: Lutram<ArpStatus, E>,
    shown_set: DFF<Bits<S>>,
    way: DFF<Bits<2>>,
    first_way: DFF<Bits<2>>,
    found: DFF<Bit>,
    // The place that is given up most easily, of those seen in this search.
    spare: DFF<Bits<2>>,
    spare_rank: DFF<Bits<2>>,
    /// The spare place is shown: the search is over.
    moved: DFF<Bit>,
    shown: Signal<Local, Bits<E>>,
    entry: Signal<Local, ArpStatus>,
    same: Signal<Local, Bit>,
    rank: Signal<Local, Bits<2>>,
    easier: Signal<Local, Bit>,
    next_way: Signal<Local, Bits<2>>,
    last: Signal<Local, Bit>,
}

impl<const S: usize, const E: usize> Default for Table<S, E> {
    fn default() -> Self {
        assert!(E == S + 2 && (1..=6).contains(&S), "ARP table: 2^{S} sets, {E} index bits");
        Self {
            clock: Default::default(),
            start: Default::default(),
            set: Default::default(),
            by_index: Default::default(),
            pick: Default::default(),
            search: Default::default(),
            target: Default::default(),
            settled: Default::default(),
            hit: Default::default(),
            index: Default::default(),
            addr: Default::default(),
            mac: Default::default(),
            status: Default::default(),
            keep: Default::default(),
            write_status: Default::default(),
            new_status: Default::default(),
            write_addr: Default::default(),
            write_mac: Default::default(),
            new_mac: Default::default(),
            addrs: Default::default(),
            macs: Default::default(),
            states: Default::default(),
            shown_set: Default::default(),
            way: Default::default(),
            first_way: Default::default(),
            found: Default::default(),
            spare: Default::default(),
            spare_rank: Default::default(),
            moved: Default::default(),
            shown: Default::default(),
            entry: Default::default(),
            same: Default::default(),
            rank: Default::default(),
            easier: Default::default(),
            next_way: Default::default(),
            last: Default::default(),
        }
    }
}

impl<const S: usize, const E: usize> Logic for Table<S, E> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, shown_set, way, first_way, found, spare, spare_rank, moved);
        clock!(self, clock, addrs, macs, states);
        self.shown.next =
            (bit_cast::<E, S>(self.shown_set.q.val()) << 2) | bit_cast::<E, 2>(self.way.q.val());
        self.index.next = self.shown.val();
        self.addrs.read_addr.next = self.shown.val();
        self.addrs.write_addr.next = self.shown.val();
        self.addrs.write_data.next = self.target.val();
        self.addrs.write_en.next = self.write_addr.val();
        self.macs.read_addr.next = self.shown.val();
        self.macs.write_addr.next = self.shown.val();
        self.macs.write_data.next = self.new_mac.val();
        self.macs.write_en.next = self.write_mac.val();
        self.states.read_addr.next = self.shown.val();
        self.states.write_addr.next = self.shown.val();
        self.states.write_data.next = self.new_status.val();
        self.states.write_en.next = self.write_status.val();
        self.entry.next = self.states.read_data.val();
        self.addr.next = self.addrs.read_data.val();
        self.mac.next = self.macs.read_data.val();
        self.status.next = self.entry.val();
        self.hit.next = self.found.q.val();

        self.same.next =
            (self.entry.val().state != ArpState::Free) & (self.addrs.read_data.val() == self.target.val());
        self.rank.next = 0.into();
        if self.entry.val().state == ArpState::Incomplete {
            self.rank.next = 1.into();
        }
        if self.entry.val().state == ArpState::Stale {
            self.rank.next = 2.into();
        }
        if self.entry.val().state == ArpState::Reachable {
            self.rank.next = 3.into();
        }
        self.easier.next = self.rank.val() <= self.spare_rank.q.val();
        self.next_way.next = self.way.q.val() + 1;
        self.last.next = self.next_way.val() == self.first_way.q.val();
        // A spare place that is not the last one looked at is shown for a cycle: what a settled search shows does not change any more.
        self.settled.next = self.moved.q.val() | self.same.val() | (self.last.val() & self.easier.val());
        if self.search.val() & !self.moved.q.val() {
            self.found.d.next = self.same.val();
            if self.easier.val() {
                self.spare.d.next = self.way.q.val();
                self.spare_rank.d.next = self.rank.val();
            }
            if !self.same.val() {
                if !self.last.val() {
                    self.way.d.next = self.next_way.val();
                } else if !self.easier.val() {
                    self.way.d.next = self.spare.q.val();
                    self.moved.d.next = true;
                }
            }
        }
        if self.keep.val() {
            self.first_way.d.next = self.way.q.val();
        }
        if self.start.val() {
            self.spare_rank.d.next = 3.into();
            self.moved.d.next = false;
            self.shown_set.d.next = self.set.val();
            self.way.d.next = self.first_way.q.val();
            if self.by_index.val() {
                self.shown_set.d.next = self.pick.val().get_bits::<S>(2);
                self.way.d.next = self.pick.val().get_bits::<2>(0);
            }
        }
    }
}
