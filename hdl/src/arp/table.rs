// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Table`]: the neighbours.

use rust_hdl::prelude::*;

use super::ArpState;
use crate::ram::Lutram;

/// The part of an entry that every look-up compares.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct ArpKey {
    /// IPv4 address.
    pub addr: Bits<32>,
    /// What is known.
    pub state: ArpState,
}

/// The rest of an entry.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct ArpBody {
    /// Ethernet address; means nothing while incomplete.
    pub mac: Bits<48>,
    /// Requests sent without an answer, up to 3.
    pub tries: Bits<2>,
    /// When it was heard of (reachable) or last asked for (incomplete, stale): units of 65,536 us.
    pub stamp: Bits<32>,
}

/// One way of the table: a key for each of `2^S` sets, and what a look-up wants to know of it.
#[derive(LogicBlock, Default)]
pub struct Way<const S: usize> {
    pub clock: Signal<In, Clock>,
    pub set: Signal<In, Bits<S>>,
    pub addr: Signal<In, Bits<32>>,
    /// The key in `set`.
    pub key: Signal<Out, ArpKey>,
    pub free: Signal<Out, Bit>,
    pub incomplete: Signal<Out, Bit>,
    pub stale: Signal<Out, Bit>,
    /// It is not free and its address is `addr`.
    pub same: Signal<Out, Bit>,
    pub write: Signal<In, Bit>,
    pub write_set: Signal<In, Bits<S>>,
    pub new_key: Signal<In, ArpKey>,
    keys: Lutram<ArpKey, S>,
    found: Signal<Local, ArpKey>,
}

impl<const S: usize> Logic for Way<S> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, keys);
        self.keys.read_addr.next = self.set.val();
        self.keys.write_addr.next = self.write_set.val();
        self.keys.write_data.next = self.new_key.val();
        self.keys.write_en.next = self.write.val();
        self.found.next = self.keys.read_data.val();
        self.key.next = self.found.val();
        self.free.next = self.found.val().state == ArpState::Free;
        self.incomplete.next = self.found.val().state == ArpState::Incomplete;
        self.stale.next = self.found.val().state == ArpState::Stale;
        self.same.next =
            (self.found.val().state != ArpState::Free) & (self.found.val().addr == self.addr.val());
    }
}

/// `4 * 2^S` entries: `2^S` sets, chosen by the low bits of the address, of four ways. `E = S + 2`.
///
/// Four comparators do for any number of entries, and neighbouring addresses fall into different sets. An address without an
/// entry is given the place of a free entry of its set, else of an incomplete, else of a stale, else of a reachable one; among
/// equals in turn, which spares comparing their times.
#[derive(LogicBlock)]
pub struct Table<const S: usize, const E: usize> {
    pub clock: Signal<In, Clock>,
    /// The address to look up.
    pub addr: Signal<In, Bits<32>>,
    /// Take the entry `pick` (set above way) instead.
    pub by_index: Signal<In, Bit>,
    pub pick: Signal<In, Bits<E>>,
    /// Look; otherwise the last result stays.
    pub look: Signal<In, Bit>,
    /// One cycle after `look`: the address has an entry (meaningless after `by_index`).
    pub hit: Signal<Out, Bit>,
    /// The entry, or the one whose place an entry for this address may take: set above way.
    pub index: Signal<Out, Bits<E>>,
    /// Its key.
    pub key: Signal<Out, ArpKey>,
    /// The rest of it.
    pub body: Signal<Out, ArpBody>,
    /// Replace entry `index` by `new_key` and `new_body`.
    pub write: Signal<In, Bit>,
    pub new_key: Signal<In, ArpKey>,
    pub new_body: Signal<In, ArpBody>,
    ways: [Way<S>; 4],
    bodies: Lutram<ArpBody, E>,
    set: Signal<Local, Bits<S>>,
    found_set: DFF<Bits<S>>,
    found_way: DFF<Bits<2>>,
    found_hit: DFF<Bit>,
    found_key: DFF<ArpKey>,
    turn: DFF<Bits<2>>,
    any_match: Signal<Local, Bit>,
    any_free: Signal<Local, Bit>,
    any_incomplete: Signal<Local, Bit>,
    any_stale: Signal<Local, Bit>,
    candidate: [Signal<Local, Bit>; 4],
    way: Signal<Local, Bits<2>>,
    chosen: Signal<Local, ArpKey>,
    found_index: Signal<Local, Bits<E>>,
}

impl<const S: usize, const E: usize> Default for Table<S, E> {
    fn default() -> Self {
        assert!(E == S + 2 && (1..=6).contains(&S), "ARP table: 2^{S} sets, {E} index bits");
        Self {
            clock: Default::default(),
            addr: Default::default(),
            by_index: Default::default(),
            pick: Default::default(),
            look: Default::default(),
            hit: Default::default(),
            index: Default::default(),
            key: Default::default(),
            body: Default::default(),
            write: Default::default(),
            new_key: Default::default(),
            new_body: Default::default(),
            ways: Default::default(),
            bodies: Default::default(),
            set: Default::default(),
            found_set: Default::default(),
            found_way: Default::default(),
            found_hit: Default::default(),
            found_key: Default::default(),
            turn: Default::default(),
            any_match: Default::default(),
            any_free: Default::default(),
            any_incomplete: Default::default(),
            any_stale: Default::default(),
            candidate: Default::default(),
            way: Default::default(),
            chosen: Default::default(),
            found_index: Default::default(),
        }
    }
}

impl<const S: usize, const E: usize> Logic for Table<S, E> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, found_set, found_way, found_hit, found_key, turn);
        clock!(self, clock, bodies);
        self.set.next = self.addr.val().get_bits::<S>(0);
        if self.by_index.val() {
            self.set.next = self.pick.val().get_bits::<S>(2);
        }
        for i in 0..4 {
            self.ways[i].clock.next = self.clock.val();
            self.ways[i].set.next = self.set.val();
            self.ways[i].addr.next = self.addr.val();
            self.ways[i].write_set.next = self.found_set.q.val();
            self.ways[i].new_key.next = self.new_key.val();
        }
        self.any_match.next = self.ways[0].same.val()
            | self.ways[1].same.val()
            | self.ways[2].same.val()
            | self.ways[3].same.val();
        self.any_free.next = self.ways[0].free.val()
            | self.ways[1].free.val()
            | self.ways[2].free.val()
            | self.ways[3].free.val();
        self.any_incomplete.next = self.ways[0].incomplete.val()
            | self.ways[1].incomplete.val()
            | self.ways[2].incomplete.val()
            | self.ways[3].incomplete.val();
        self.any_stale.next = self.ways[0].stale.val()
            | self.ways[1].stale.val()
            | self.ways[2].stale.val()
            | self.ways[3].stale.val();

        // The match, or else the way that is given up most easily.
        for i in 0..4 {
            self.candidate[i].next = true;
            if self.any_match.val() {
                self.candidate[i].next = self.ways[i].same.val();
            } else if self.any_free.val() {
                self.candidate[i].next = self.ways[i].free.val();
            } else if self.any_incomplete.val() {
                self.candidate[i].next = self.ways[i].incomplete.val();
            } else if self.any_stale.val() {
                self.candidate[i].next = self.ways[i].stale.val();
            }
        }
        self.way.next = 3.into();
        if self.candidate[2].val() {
            self.way.next = 2.into();
        }
        if self.candidate[1].val() {
            self.way.next = 1.into();
        }
        if self.candidate[0].val() {
            self.way.next = 0.into();
        }
        if (self.candidate[1].val() & (self.turn.q.val() == 1))
            | (self.candidate[2].val() & (self.turn.q.val() == 2))
            | (self.candidate[3].val() & (self.turn.q.val() == 3))
        {
            self.way.next = self.turn.q.val();
        }
        if self.by_index.val() {
            self.way.next = self.pick.val().get_bits::<2>(0);
        }
        self.chosen.next = self.ways[0].key.val();
        if self.way.val() == 1 {
            self.chosen.next = self.ways[1].key.val();
        }
        if self.way.val() == 2 {
            self.chosen.next = self.ways[2].key.val();
        }
        if self.way.val() == 3 {
            self.chosen.next = self.ways[3].key.val();
        }
        if self.look.val() {
            self.found_set.d.next = self.set.val();
            self.found_way.d.next = self.way.val();
            self.found_hit.d.next = self.any_match.val();
            self.found_key.d.next = self.chosen.val();
        }

        self.found_index.next =
            (bit_cast::<E, S>(self.found_set.q.val()) << 2) | bit_cast::<E, 2>(self.found_way.q.val());
        self.index.next = self.found_index.val();
        self.hit.next = self.found_hit.q.val();
        self.key.next = self.found_key.q.val();
        self.bodies.read_addr.next = self.found_index.val();
        self.body.next = self.bodies.read_data.val();
        self.bodies.write_addr.next = self.found_index.val();
        self.bodies.write_data.next = self.new_body.val();
        self.bodies.write_en.next = self.write.val();
        self.ways[0].write.next = self.write.val() & (self.found_way.q.val() == 0);
        self.ways[1].write.next = self.write.val() & (self.found_way.q.val() == 1);
        self.ways[2].write.next = self.write.val() & (self.found_way.q.val() == 2);
        self.ways[3].write.next = self.write.val() & (self.found_way.q.val() == 3);
        if self.write.val() {
            self.turn.d.next = self.turn.q.val() + 1;
        }
    }
}
