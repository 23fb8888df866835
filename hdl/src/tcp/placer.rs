// SPDX-License-Identifier: MIT OR Apache-2.0
//! The payload placer: carries out the verdicts, in order, on the staged payloads.
//!
//! A beat goes to the ring as it is, with the bytes to be skipped and those beyond the last one masked; so a payload is neither
//! shifted nor does it matter where it begins. One cycle for the verdict, one for each beat.
//!
//! `placed` moves with the first beat that is written, not with the last: a staged payload is complete, so the beats behind it follow
//! one a cycle without a gap, and a reader, who gets at most a beat a cycle himself and starts later, never overtakes them.

use rust_hdl::prelude::*;

use crate::ram::Bram;
use crate::stream::{Beat64, Beat512, StreamIn};
use crate::types::Verdict;

macro_rules! placer {
    ($name:ident, $beat:ident, $w:tt, $k:tt, $k2:tt, $full:tt) => {
        #[doc = concat!("The placer at ", stringify!($w), " bits.")]
        ///
        /// `2^A` flows with rings of `2^R` bytes; `M = A + R`.
        #[derive(LogicBlock)]
        pub struct $name<const A: usize, const R: usize, const M: usize> {
            pub clock: Signal<In, Clock>,
            pub reset: Signal<In, Bit>,
            pub verdict: StreamIn<Verdict>,
            /// The staged payloads, in the order of the verdicts with `staged`; valid from a payload's first beat to its last without a gap.
            pub payload: StreamIn<$beat>,
            /// Write into a receive ring.
            pub ring_valid: Signal<Out, Bit>,
            /// Byte address of lane 0: flow, then ring offset. The write wraps inside the flow's ring.
            pub ring_addr: Signal<Out, Bits<M>>,
            /// The bytes.
            pub ring_data: Signal<Out, Bits<$w>>,
            /// The lanes to write: contiguous, but not always from lane 0.
            pub ring_keep: Signal<Out, Bits<$k>>,
            /// The flow whose `placed` pointer is asked for.
            pub placed_flow: Signal<In, Bits<A>>,
            /// One cycle later: everything below this sequence number can be read from the ring, at one beat a cycle at most. It is set
            /// with the first write to the ring; who asks then gets it one cycle later, and may begin to read two cycles after that.
            pub placed: Signal<Out, Bits<32>>,
            /// Pulse: the `placed` pointer of `notify_flow` has moved.
            pub notify_valid: Signal<Out, Bit>,
            pub notify_flow: Signal<Out, Bits<16>>,
            /// No verdict is being carried out.
            pub idle: Signal<Out, Bit>,
            order: Signal<Local, Verdict>,
            seq: Signal<Local, Bits<32>>,
            skip: Signal<Local, Bits<16>>,
            take: Signal<Local, Bits<16>>,
            /// A payload is being placed or discarded.
            busy: DFF<Bit>,
            place: DFF<Bit>,
            set: DFF<Bit>,
            flow: DFF<Bits<16>>,
            limit: DFF<Bits<32>>,
            offset: DFF<Bits<R>>,
            /// Bytes to skip from here on.
            skip_left: DFF<Bits<17>>,
            /// Bytes to skip and to take from here on.
            left: DFF<Bits<17>>,
            begins: Signal<Local, Bit>,
            from: Signal<Local, Bits<17>>,
            to: Signal<Local, Bits<17>>,
            pop: Signal<Local, Bit>,
            accept: Signal<Local, Bit>,
            lanes: Constant<Bits<17>>,
            whole_beats: Constant<Bits<17>>,
            skips_beat: Signal<Local, Bit>,
            fills_beat: Signal<Local, Bit>,
            step: Constant<Bits<R>>,
            ring_bits: Constant<Bits<5>>,
            wide_offset: Signal<Local, Bits<M>>,
            wide_flow: Signal<Local, Bits<M>>,
            // One cycle later: which lanes.
            write1: DFF<Bit>,
            data1: DFF<Bits<$w>>,
            from1: DFF<Bits<8>>,
            to1: DFF<Bits<8>>,
            addr1: DFF<Bits<M>>,
            set1: DFF<Bit>,
            flow1: DFF<Bits<16>>,
            limit1: DFF<Bits<32>>,
            above: Signal<Local, Bits<$k2>>,
            beyond: Signal<Local, Bits<$k2>>,
            low: Signal<Local, Bits<$k>>,
            high: Signal<Local, Bits<$k>>,
            // Two cycles later: written.
            write2: DFF<Bit>,
            data2: DFF<Bits<$w>>,
            keep2: DFF<Bits<$k>>,
            addr2: DFF<Bits<M>>,
            set2: DFF<Bit>,
            flow2: DFF<Bits<16>>,
            limit2: DFF<Bits<32>>,
            limits: Bram<Bits<32>, A>,
            /// The pointer asked for is being set: the RAM can't be trusted.
            same: DFF<Bit>,
            fresh: DFF<Bits<32>>,
        }

        impl<const A: usize, const R: usize, const M: usize> Default for $name<A, R, M> {
            fn default() -> Self {
                assert_eq!(M, A + R, "placer: the ring address is flow and offset");
                assert!(1 << R >= 2 * $k && R <= 16, "placer: no rings of 2^{R} bytes");
                Self {
                    lanes: Constant::new($k.into()),
                    whole_beats: Constant::new(((1_u64 << 17) - $k).into()),
                    skips_beat: Default::default(),
                    fills_beat: Default::default(),
                    step: Constant::new($k.into()),
                    ring_bits: Constant::new((R as u64).into()),
                    clock: Default::default(),
                    reset: Default::default(),
                    verdict: Default::default(),
                    payload: Default::default(),
                    ring_valid: Default::default(),
                    ring_addr: Default::default(),
                    ring_data: Default::default(),
                    ring_keep: Default::default(),
                    placed_flow: Default::default(),
                    placed: Default::default(),
                    notify_valid: Default::default(),
                    notify_flow: Default::default(),
                    idle: Default::default(),
                    order: Default::default(),
                    seq: Default::default(),
                    skip: Default::default(),
                    take: Default::default(),
                    busy: Default::default(),
                    place: Default::default(),
                    set: Default::default(),
                    flow: Default::default(),
                    limit: Default::default(),
                    offset: Default::default(),
                    skip_left: Default::default(),
                    left: Default::default(),
                    begins: Default::default(),
                    from: Default::default(),
                    to: Default::default(),
                    pop: Default::default(),
                    accept: Default::default(),
                    wide_offset: Default::default(),
                    wide_flow: Default::default(),
                    write1: Default::default(),
                    data1: Default::default(),
                    from1: Default::default(),
                    to1: Default::default(),
                    addr1: Default::default(),
                    set1: Default::default(),
                    flow1: Default::default(),
                    limit1: Default::default(),
                    above: Default::default(),
                    beyond: Default::default(),
                    low: Default::default(),
                    high: Default::default(),
                    write2: Default::default(),
                    data2: Default::default(),
                    keep2: Default::default(),
                    addr2: Default::default(),
                    set2: Default::default(),
                    flow2: Default::default(),
                    limit2: Default::default(),
                    limits: Default::default(),
                    same: Default::default(),
                    fresh: Default::default(),
                }
            }
        }

        impl<const A: usize, const R: usize, const M: usize> Logic for $name<A, R, M> {
            crate::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                dff_setup!(
                    self, clock, busy, place, set, flow, limit, offset, skip_left, left, write1, data1,
                    from1, to1, addr1, set1, flow1, limit1, write2, data2, keep2, addr2, set2, flow2, limit2,
                    same, fresh
                );
                clock!(self, clock, limits);

                // The verdict: the first beat begins `skip` bytes before `seq`.
                self.order.next = self.verdict.data.val();
                self.seq.next = self.order.val().seq;
                self.skip.next = self.order.val().skip;
                self.take.next = self.order.val().take;
                self.verdict.ready.next = !self.busy.q.val();
                self.accept.next = self.verdict.valid.val() & !self.busy.q.val();
                if self.accept.val() {
                    self.busy.d.next = self.order.val().staged;
                    self.place.d.next = self.order.val().place;
                    self.set.d.next = self.order.val().place | self.order.val().start;
                    self.flow.d.next = self.order.val().flow;
                    self.limit.d.next = self.order.val().placed;
                    self.offset.d.next = self.seq.val().get_bits::<R>(0) - self.skip.val().get_bits::<R>(0);
                    self.skip_left.d.next = bit_cast::<17, 16>(self.skip.val());
                    self.left.d.next =
                        bit_cast::<17, 16>(self.skip.val()) + bit_cast::<17, 16>(self.take.val());
                }

                // A beat: lanes `from` up to but not including `to`.
                self.payload.ready.next = self.busy.q.val();
                self.pop.next = self.payload.valid.val() & self.busy.q.val();
                // A beat is a power of two: what is left is a beat and more if a bit above those of a lane is set.
                self.skips_beat.next = (self.skip_left.q.val() & self.whole_beats.val()).any();
                self.fills_beat.next = (self.left.q.val() & self.whole_beats.val()).any();
                self.from.next = self.skip_left.q.val();
                if self.skips_beat.val() {
                    self.from.next = self.lanes.val();
                }
                self.to.next = self.left.q.val();
                if self.fills_beat.val() {
                    self.to.next = self.lanes.val();
                }
                // The first beat of which something is written; any, if only the start of the flow is to be told.
                self.begins.next =
                    !self.skips_beat.val() | !self.place.q.val() | self.payload.data.val().last;
                if self.pop.val() {
                    self.skip_left.d.next = 0.into();
                    if self.skips_beat.val() {
                        self.skip_left.d.next = self.skip_left.q.val() - self.lanes.val();
                    }
                    self.left.d.next = 0.into();
                    if self.fills_beat.val() {
                        self.left.d.next = self.left.q.val() - self.lanes.val();
                    }
                    self.offset.d.next = self.offset.q.val() + self.step.val();
                    self.busy.d.next = !self.payload.data.val().last;
                    if self.begins.val() {
                        self.set.d.next = false;
                    }
                }
                self.write1.d.next = self.pop.val() & self.place.q.val();
                self.data1.d.next = self.payload.data.val().data;
                self.from1.d.next = self.from.val().get_bits::<8>(0);
                self.to1.d.next = self.to.val().get_bits::<8>(0);
                self.wide_offset.next = bit_cast::<M, R>(self.offset.q.val());
                self.wide_flow.next = bit_cast::<M, A>(self.flow.q.val().get_bits::<A>(0));
                self.addr1.d.next = (self.wide_flow.val() << self.ring_bits.val()) | self.wide_offset.val();
                self.set1.d.next = self.pop.val() & self.begins.val() & self.set.q.val();
                self.flow1.d.next = self.flow.q.val();
                self.limit1.d.next = self.limit.q.val();
                // A start without payload goes the same way.
                if self.accept.val() & !self.order.val().staged {
                    self.set1.d.next = self.order.val().start;
                    self.flow1.d.next = self.order.val().flow;
                    self.limit1.d.next = self.order.val().placed;
                }

                self.above.next = bits::<$k2>($full) << self.from1.q.val();
                self.beyond.next = bits::<$k2>($full) << self.to1.q.val();
                self.low.next = self.above.val().get_bits::<$k>(0);
                self.high.next = self.beyond.val().get_bits::<$k>(0);
                self.keep2.d.next = self.low.val() & !self.high.val();
                self.write2.d.next = self.write1.q.val();
                self.data2.d.next = self.data1.q.val();
                self.addr2.d.next = self.addr1.q.val();
                self.set2.d.next = self.set1.q.val();
                self.flow2.d.next = self.flow1.q.val();
                self.limit2.d.next = self.limit1.q.val();

                self.ring_valid.next = self.write2.q.val();
                self.ring_addr.next = self.addr2.q.val();
                self.ring_data.next = self.data2.q.val();
                self.ring_keep.next = self.keep2.q.val();
                self.limits.write_en.next = self.set2.q.val();
                self.limits.write_addr.next = self.flow2.q.val().get_bits::<A>(0);
                self.limits.write_data.next = self.limit2.q.val();
                self.notify_valid.next = self.set2.q.val();
                self.notify_flow.next = self.flow2.q.val();

                self.limits.read_addr.next = self.placed_flow.val();
                self.same.d.next =
                    self.set2.q.val() & (self.flow2.q.val().get_bits::<A>(0) == self.placed_flow.val());
                self.fresh.d.next = self.limit2.q.val();
                self.placed.next = self.limits.read_data.val();
                if self.same.q.val() {
                    self.placed.next = self.fresh.q.val();
                }
                self.idle.next = !self.busy.q.val()
                    & !self.verdict.valid.val()
                    & !self.write1.q.val()
                    & !self.write2.q.val()
                    & !self.set1.q.val()
                    & !self.set2.q.val();
                if self.reset.val() {
                    self.busy.d.next = false;
                    self.write1.d.next = false;
                    self.write2.d.next = false;
                    self.set1.d.next = false;
                    self.set2.d.next = false;
                }
            }
        }
    };
}
placer!(Placer64, Beat64, 64, 8, 16, 0xff);
placer!(Placer512, Beat512, 512, 64, 128, 0xffff_ffff_ffff_ffff_u64);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{ready, settle, tick};
    use crate::stream::bench::{Feed, Rng, beats, bytes_of, clocked};

    clocked!(Placer64<2, 10, 12>, Placer512<2, 10, 12>);

    const RING: usize = 1024;

    /// A host that reads what `placed` promises as early and as fast as the contract allows.
    struct Reader {
        base: usize,
        /// The aligned ring offset of its next beat, and the byte after the last one.
        at: usize,
        end: usize,
        begins: usize,
        /// By ring offset, modulo the ring.
        want: Vec<(usize, u8)>,
    }

    /// Random verdicts against an array of rings; the sequence numbers of a flow follow one another, as TCP's do.
    macro_rules! check {
        ($block:ty, $beat:ident, $lanes:literal, $rng:expr, $count:expr, $verdict_gap:expr) => {{
            let mut uut = ready(Box::<$block>::default());
            let mut rings = vec![0_u8; 4 * RING];
            let mut want_rings = rings.clone();
            let (mut verdicts, mut items, mut sets) = (vec![], vec![], std::collections::VecDeque::new());
            let mut next: [u32; 4] = std::array::from_fn(|_| $rng.next() as u32);
            for _ in 0..$count {
                let flow = $rng.below(4) as usize;
                let len = if $rng.chance(20) { 0 } else { 1 + $rng.below(400) as usize };
                let payload = $rng.bytes(len);
                let place = len > 0 && $rng.chance(75);
                let start = $rng.chance(20);
                let skip = if $rng.chance(40) { $rng.below(len as u64 + 1) as usize } else { 0 };
                let take = if place { $rng.below((len - skip) as u64 + 1) as usize } else { 0 };
                let seq = next[flow];
                next[flow] = seq.wrapping_add(take as u32);
                let placed = $rng.next() as u32;
                verdicts.push(Verdict {
                    flow: (flow as u64).into(),
                    staged: len > 0,
                    place,
                    skip: (skip as u64).into(),
                    take: (take as u64).into(),
                    seq: u64::from(seq).into(),
                    placed: u64::from(placed).into(),
                    start,
                });
                items.extend(beats::<$beat>(&payload, $rng));
                let first = seq as usize % RING;
                let want: Vec<_> = (0..take).map(|i| ((first + i) % RING, payload[skip + i])).collect();
                for (at, byte) in &want {
                    want_rings[flow * RING + at] = *byte;
                }
                if place || start {
                    sets.push_back((flow, placed, first, want));
                }
            }
            let total = verdicts.len();
            let beat_count = items.len();
            let mut orders = Feed::new(verdicts, $verdict_gap);
            let mut payload = Feed::new(items, 0);
            let mut limits = [0_u32; 4];
            let mut readers: Vec<Reader> = vec![];
            let (mut asked, mut cycles, mut quiet) = (None, 0, 0);
            while quiet < 4 || !readers.is_empty() {
                orders.drive(&mut uut.verdict, $rng);
                payload.drive(&mut uut.payload, $rng);
                let ask = $rng.below(4);
                uut.placed_flow.next = ask.into();
                settle(&mut *uut);
                orders.sample(&uut.verdict);
                payload.sample(&uut.payload);
                if let Some(flow) = asked {
                    assert_eq!(uut.placed.val(), u64::from(limits[flow as usize]));
                }
                for reader in readers.iter_mut().filter(|r| r.begins <= cycles) {
                    for (at, byte) in &reader.want {
                        if (reader.at..reader.at + $lanes).any(|i| i % RING == *at) {
                            assert_eq!(rings[reader.base + at], *byte, "ring offset {at} in cycle {cycles}");
                        }
                    }
                    reader.at += $lanes;
                }
                readers.retain(|r| r.at < r.end);
                if uut.ring_valid.val() {
                    let bytes = bytes_of(uut.ring_data.val(), $lanes);
                    let addr = uut.ring_addr.val().index();
                    for i in (0..$lanes).filter(|i| uut.ring_keep.val().get_bit(*i)) {
                        rings[addr / RING * RING + (addr + i) % RING] = bytes[i];
                    }
                }
                if uut.notify_valid.val() {
                    let (flow, placed, first, want) = sets.pop_front().expect("a verdict that sets");
                    assert_eq!(uut.notify_flow.val(), flow as u64);
                    limits[flow] = placed;
                    let (at, end) = (first - first % $lanes, first + want.len());
                    readers.push(Reader { base: flow * RING, at, end, begins: cycles + 2, want });
                }
                asked = Some(ask);
                let rests = uut.idle.val() && orders.is_empty();
                quiet = if rests { quiet + 1 } else { 0 };
                tick(&mut *uut);
                cycles += 1;
                assert!(cycles < 40_000, "stuck");
            }
            assert!(sets.is_empty() && payload.is_empty());
            assert!(rings == want_rings);
            (total, beat_count, cycles)
        }};
    }

    #[test]
    fn places_what_the_verdicts_say() {
        let mut rng = Rng::new(110);
        for verdict_gap in [0, 40, 50] {
            check!(Placer64<2, 10, 12>, Beat64, 8, &mut rng, 150, verdict_gap);
            check!(Placer512<2, 10, 12>, Beat512, 64, &mut rng, 60, verdict_gap);
        }
    }

    /// One cycle a verdict and one a beat.
    #[test]
    fn full_rate() {
        let mut rng = Rng::new(111);
        let (verdicts, beats, cycles) = check!(Placer64<2, 10, 12>, Beat64, 8, &mut rng, 40, 0);
        assert!(cycles <= verdicts + beats + 12, "{verdicts} {beats} {cycles}");
    }

    #[test]
    #[should_panic(expected = "no rings")]
    fn refuses_rings_below_two_beats() {
        let _ = Placer512::<2, 6, 8>::default();
    }
}
