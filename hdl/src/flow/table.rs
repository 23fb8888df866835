// SPDX-License-Identifier: MIT OR Apache-2.0
//! The flow table: exact match over (peer address, peer port, our port) through a keyed hash.
//!
//! The hash is Toeplitz's, a universal one: bit i is the parity of the tuple ANDed with 64 bits of the key from bit i on. An
//! attacker without the key can't fill one bucket. Buckets are twice the flows; a bucket is a chain of entries.

use rust_hdl::prelude::*;

use crate::ram::Bram;
use crate::sweep::Sweep;

/// A link of a chain.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Link {
    /// There is an entry.
    pub on: Bit,
    /// Its flow.
    pub flow: Bits<16>,
}

/// What the table does.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum Walk {
    /// Waits for `find` or `remove`.
    Idle,
    /// Reads the tuple of the flow to be removed.
    Fetch,
    /// Reads the bucket.
    Bucket,
    /// Reads the first entry.
    First,
    /// Compares an entry and reads the next.
    Compare,
}

/// The table of `2^A` flows; `C = A + 1`, and it has `2^C` buckets. One operation at a time.
///
/// A find in an empty bucket is done in the second cycle after `find`, at the n-th entry of the chain in the (n+2)th.
#[derive(LogicBlock)]
pub struct Table<const A: usize, const C: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Key of the hash: `C + 63` bits are used. Stable while the table is not empty.
    pub key: Signal<In, Bits<128>>,
    /// With `find`: peer address, then peer port, then our port.
    pub tuple: Signal<In, Bits<64>>,
    /// Pulse: look for `tuple`, which is kept for the comparison and for `insert`.
    pub find: Signal<In, Bit>,
    /// Pulse: take `remove_flow` (stable to `done`) out of the table; nothing happens if it is not there.
    pub remove: Signal<In, Bit>,
    pub remove_flow: Signal<In, Bits<A>>,
    /// While high the search stands still, and is not done.
    pub hold: Signal<In, Bit>,
    /// Pulse: enter the tuple as `insert_flow`. Only after a find of this tuple that failed, before any other operation.
    pub insert: Signal<In, Bit>,
    pub insert_flow: Signal<In, Bits<A>>,
    /// Pulse: the find or the removal is complete, and `hit` and `flow` are valid.
    pub done: Signal<Out, Bit>,
    pub hit: Signal<Out, Bit>,
    pub flow: Signal<Out, Bits<A>>,
    /// What was looked for last.
    pub sought: Signal<Out, Bits<64>>,
    /// The buckets are being cleared after reset.
    pub busy: Signal<Out, Bit>,
    sweep: Sweep<C>,
    buckets: Bram<Link, C>,
    tuples: Bram<Bits<64>, A>,
    links: Bram<Link, A>,
    state: DFF<Walk>,
    removing: DFF<Bit>,
    kept: DFF<Bits<64>>,
    hash: DFF<Bits<C>>,
    head: DFF<Link>,
    current: DFF<Bits<16>>,
    previous: DFF<Link>,
    hashed: Signal<Local, Bits<64>>,
    masked: [Signal<Local, Bits<64>>; 16],
    parity: [Signal<Local, Bit>; 16],
    part: [Signal<Local, Bits<16>>; 17],
    link: Signal<Local, Link>,
    reading: Signal<Local, Bits<16>>,
    last_flow: Signal<Local, Bits<16>>,
    same: Signal<Local, Bit>,
    unlink: Signal<Local, Bit>,
}

impl<const A: usize, const C: usize> Default for Table<A, C> {
    fn default() -> Self {
        assert_eq!(C, A + 1, "Table: twice as many buckets as flows");
        assert!(C <= 16, "Table: at most 2^15 flows, not 2^{A}");
        Self {
            clock: Default::default(),
            reset: Default::default(),
            key: Default::default(),
            tuple: Default::default(),
            find: Default::default(),
            remove: Default::default(),
            remove_flow: Default::default(),
            hold: Default::default(),
            insert: Default::default(),
            insert_flow: Default::default(),
            done: Default::default(),
            hit: Default::default(),
            flow: Default::default(),
            sought: Default::default(),
            busy: Default::default(),
            sweep: Default::default(),
            buckets: Default::default(),
            tuples: Default::default(),
            links: Default::default(),
            state: Default::default(),
            removing: Default::default(),
            kept: Default::default(),
            hash: Default::default(),
            head: Default::default(),
            current: Default::default(),
            previous: Default::default(),
            hashed: Default::default(),
            masked: Default::default(),
            parity: Default::default(),
            part: Default::default(),
            link: Default::default(),
            reading: Default::default(),
            last_flow: Default::default(),
            same: Default::default(),
            unlink: Default::default(),
        }
    }
}

impl<const A: usize, const C: usize> Logic for Table<A, C> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, removing, kept, hash, head, current, previous);
        clock!(self, clock, sweep, buckets, tuples, links);
        self.sweep.reset.next = self.reset.val();
        self.busy.next = self.sweep.busy.val();

        self.hashed.next = self.tuple.val();
        if self.state.q.val() == Walk::Fetch {
            self.hashed.next = self.tuples.read_data.val();
        }
        self.part[0].next = 0.into();
        for i in 0..16 {
            self.masked[i].next = self.hashed.val() & self.key.val().get_bits::<64>(i);
            self.parity[i].next = self.masked[i].val().xor();
            self.part[i + 1].next = self.part[i].val().replace_bit(i, self.parity[i].val());
        }

        self.done.next = false;
        self.hit.next = false;
        self.flow.next = self.current.q.val().get_bits::<A>(0);
        self.unlink.next = false;
        self.link.next = self.links.read_data.val();
        self.last_flow.next = self.previous.q.val().flow;
        self.same.next = self.tuples.read_data.val() == self.kept.q.val();
        if self.removing.q.val() {
            self.same.next = self.current.q.val().get_bits::<A>(0) == self.remove_flow.val();
        }
        self.sought.next = self.kept.q.val();
        self.buckets.read_addr.next = self.hash.q.val();
        // The flow whose tuple and link are read in this cycle.
        self.reading.next = self.link.val().flow;
        match self.state.q.val() {
            Walk::Idle => {
                self.hash.d.next = self.part[16].val().get_bits::<C>(0);
                self.removing.d.next = self.remove.val();
                self.kept.d.next = self.tuple.val();
                self.reading.next = bit_cast::<16, A>(self.remove_flow.val());
                if self.find.val() {
                    self.state.d.next = Walk::Bucket;
                }
                if self.remove.val() {
                    self.state.d.next = Walk::Fetch;
                }
            }
            Walk::Fetch => {
                self.hash.d.next = self.part[16].val().get_bits::<C>(0);
                self.state.d.next = Walk::Bucket;
            }
            Walk::Bucket => {
                self.state.d.next = Walk::First;
            }
            Walk::First => {
                self.head.d.next = self.buckets.read_data.val();
                self.reading.next = self.buckets.read_data.val().flow;
                self.current.d.next = self.buckets.read_data.val().flow;
                self.previous.d.next.on = false;
                if self.hold.val() {
                    self.state.d.next = Walk::First;
                } else if self.buckets.read_data.val().on {
                    self.state.d.next = Walk::Compare;
                } else {
                    self.done.next = true;
                    self.state.d.next = Walk::Idle;
                }
            }
            _ => {
                self.hit.next = self.same.val();
                if self.hold.val() {
                    self.reading.next = self.current.q.val();
                } else {
                    self.previous.d.next.on = true;
                    self.previous.d.next.flow = self.current.q.val();
                    self.current.d.next = self.link.val().flow;
                    if self.same.val() | !self.link.val().on {
                        self.done.next = true;
                        self.unlink.next = self.same.val() & self.removing.q.val();
                        self.state.d.next = Walk::Idle;
                    }
                }
            }
        }
        self.tuples.read_addr.next = self.reading.val().get_bits::<A>(0);
        self.links.read_addr.next = self.reading.val().get_bits::<A>(0);

        // A new entry goes to the front of its chain; a removed one is bridged.
        self.tuples.write_en.next = self.insert.val();
        self.tuples.write_addr.next = self.insert_flow.val();
        self.tuples.write_data.next = self.kept.q.val();
        self.links.write_en.next = self.insert.val() | (self.unlink.val() & self.previous.q.val().on);
        self.links.write_addr.next = self.insert_flow.val();
        self.links.write_data.next = self.head.q.val();
        self.buckets.write_en.next = self.insert.val() | (self.unlink.val() & !self.previous.q.val().on);
        self.buckets.write_addr.next = self.hash.q.val();
        self.buckets.write_data.next.on = true;
        self.buckets.write_data.next.flow = bit_cast::<16, A>(self.insert_flow.val());
        if self.unlink.val() {
            self.links.write_addr.next = self.last_flow.val().get_bits::<A>(0);
            self.links.write_data.next = self.link.val();
            self.buckets.write_data.next = self.link.val();
        }
        if self.sweep.busy.val() {
            self.buckets.write_en.next = true;
            self.buckets.write_addr.next = self.sweep.addr.val();
            self.buckets.write_data.next.on = false;
        }
        if self.reset.val() {
            self.state.d.next = Walk::Idle;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::sim::{ready, settle, tick};
    use crate::stream::bench::{Rng, bits_of, clocked};

    type Uut = Table<4, 5>;
    clocked!(Uut);

    fn start(key: u128) -> Box<Uut> {
        let mut uut = ready(Box::<Uut>::default());
        uut.key.next = bits_of(&key.to_le_bytes());
        settle(&mut *uut);
        while uut.busy.val() {
            tick(&mut *uut);
        }
        uut
    }

    /// The result and the cycles from the pulse to `done`.
    fn wait(uut: &mut Uut) -> (Option<u64>, usize) {
        settle(uut);
        assert!(!uut.done.val());
        for cycles in 0..40 {
            tick(uut);
            uut.find.next = false;
            uut.remove.next = false;
            settle(uut);
            if uut.done.val() {
                let found = uut.hit.val().then(|| uut.flow.val().to_u64());
                tick(uut);
                return (found, cycles + 1);
            }
        }
        panic!("stuck");
    }

    fn find(uut: &mut Uut, tuple: u64) -> (Option<u64>, usize) {
        uut.tuple.next = tuple.into();
        uut.find.next = true;
        wait(uut)
    }

    fn remove(uut: &mut Uut, flow: u64) -> Option<u64> {
        uut.remove_flow.next = flow.into();
        uut.remove.next = true;
        wait(uut).0
    }

    fn insert(uut: &mut Uut, flow: u64) {
        uut.insert_flow.next = flow.into();
        uut.insert.next = true;
        tick(uut);
        uut.insert.next = false;
    }

    /// Against a map; with key 0 every flow is in one chain.
    #[test]
    fn finds_what_is_there_and_nothing_else() {
        let mut rng = Rng::new(70);
        let random = u128::from(rng.next()) << 64 | u128::from(rng.next());
        for key in [random, 0] {
            let mut uut = start(key);
            // Neighbours of each other in one field only.
            let tuples: Vec<u64> =
                (0..24).map(|i| 0x0a00_0001_1234_0050 ^ (1 << (i * 64 / 24)) ^ (i % 3)).collect();
            let mut there: HashMap<u64, u64> = HashMap::new();
            let mut free: Vec<u64> = (0..16).collect();
            let mut longest = 0;
            for round in 0..1_000 {
                let tuple = tuples[rng.below(24) as usize];
                let growing = (round / 100) % 2 == 0;
                if rng.chance(if growing { 80 } else { 30 }) {
                    let (found, cycles) = find(&mut uut, tuple);
                    assert_eq!(found, there.get(&tuple).copied());
                    longest = longest.max(cycles);
                    if found.is_none() && !free.is_empty() && rng.chance(70) {
                        let flow = free.swap_remove(rng.below(free.len() as u64) as usize);
                        insert(&mut uut, flow);
                        there.insert(tuple, flow);
                    }
                } else if let Some(flow) = there.remove(&tuple) {
                    assert_eq!(remove(&mut uut, flow), Some(flow));
                    free.push(flow);
                }
            }
            if key == 0 {
                assert!((14..=18).contains(&longest), "one chain of up to 16: {longest} cycles");
            } else {
                assert!(longest <= 8, "{longest} cycles");
            }
        }
    }

    #[test]
    fn a_hit_takes_three_cycles_and_an_empty_bucket_two() {
        let mut uut = start(0x1234_5678_9abc_def0_0fed_cba9_8765_4321);
        assert_eq!(find(&mut uut, 99), (None, 2));
        insert(&mut uut, 7);
        assert_eq!(find(&mut uut, 99), (Some(7), 3));
        assert_eq!(remove(&mut uut, 7), Some(7));
        assert_eq!(remove(&mut uut, 7), None, "removed twice");
        assert_eq!(find(&mut uut, 99), (None, 2));
    }

    /// Toeplitz's hash, bit by bit.
    #[test]
    fn hashes_as_defined() {
        let mut rng = Rng::new(71);
        let key = u128::from(rng.next()) << 64 | u128::from(rng.next());
        let mut uut = start(key);
        for _ in 0..50 {
            let tuple = rng.next();
            let mut hash = 0;
            for i in 0..5 {
                hash |= u64::from(((key >> i) as u64 & tuple).count_ones() % 2) << i;
            }
            uut.tuple.next = tuple.into();
            tick(&mut *uut);
            assert_eq!(uut.hash.q.val(), hash);
        }
    }
}
