// SPDX-License-Identifier: MIT OR Apache-2.0
//! Deadlines: one per flow, looked at one a cycle.

use rust_hdl::prelude::*;

use crate::ram::Bram;
use crate::stream::StreamOut;
use crate::sweep::Sweep;

/// The deadline of a flow.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Deadline {
    /// It is set.
    pub on: Bit,
    /// Microseconds, on the clock of `now`.
    pub at: Bits<48>,
}

/// Deadlines of `2^A` flows (at least 8); `C = A + 1`.
///
/// The sweep reads one flow a cycle, round and round: cycle 0 read, cycle 1 compare with `now`, cycle 2 post. It never
/// waits: a due flow that can't be posted (another expiry waits, or the write port is taken) is found again in the next
/// round. A flow that is set or cleared in one of the three cycles is not posted.
#[derive(LogicBlock)]
pub struct Timer<const A: usize, const C: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Microseconds; never goes back.
    pub now: Signal<In, Bits<48>>,
    /// Pulse: set (`set_on`) or clear the deadline of `set_flow`. Always taken, but not while `busy`.
    pub set_valid: Signal<In, Bit>,
    pub set_flow: Signal<In, Bits<16>>,
    pub set_on: Signal<In, Bit>,
    pub set_deadline: Signal<In, Bits<48>>,
    /// A flow whose deadline has passed; it is cleared with that. Unlike other streams `valid` falls, in the same cycle,
    /// when the flow's deadline is set or cleared: take it only in the cycle in which the event enters the
    /// processor, and a stale expiry is never seen.
    pub expiry: StreamOut<Bits<16>>,
    /// The earliest deadline, when `settled` and `deadline_valid`.
    pub next_deadline: Signal<Out, Bits<48>>,
    /// A deadline is set.
    pub deadline_valid: Signal<Out, Bit>,
    /// All deadlines have been looked at since the last change, and none is due.
    pub settled: Signal<Out, Bit>,
    /// The deadlines are being cleared after reset.
    pub busy: Signal<Out, Bit>,
    sweep: Sweep<A>,
    ram: Bram<Deadline, A>,
    next_flow: DFF<Bits<A>>,
    // Cycle 1.
    flow1: DFF<Bits<A>>,
    changed1: DFF<Bit>,
    entry1: Signal<Local, Deadline>,
    // Cycle 2.
    flow2: DFF<Bits<A>>,
    changed2: DFF<Bit>,
    counts1: DFF<Bit>,
    counts2: DFF<Bit>,
    entry2: DFF<Deadline>,
    due2: DFF<Bit>,
    set_index: Signal<Local, Bits<A>>,
    post: Signal<Local, Bit>,
    posted: DFF<Bit>,
    posted_flow: DFF<Bits<A>>,
    withdrawn: Signal<Local, Bit>,
    // The minimum of the entries since the last change.
    count: DFF<Bits<C>>,
    count_next: Signal<Local, Bits<C>>,
    least: DFF<Deadline>,
    entry: Signal<Local, Deadline>,
    least_now: Signal<Local, Deadline>,
    less: Signal<Local, Bit>,
    swept: DFF<Bit>,
    earliest: DFF<Deadline>,
    earliest_due: Signal<Local, Bit>,
    flows: Constant<Bits<C>>,
}

impl<const A: usize, const C: usize> Default for Timer<A, C> {
    fn default() -> Self {
        assert_eq!(C, A + 1, "Timer: C counts the flows");
        assert!(A >= 3, "Timer: at least 8 flows, not 2^{A}: a flow must not be in the sweep twice");
        Self {
            flows: Constant::new((1_u64 << A).into()),
            clock: Default::default(),
            reset: Default::default(),
            now: Default::default(),
            set_valid: Default::default(),
            set_flow: Default::default(),
            set_on: Default::default(),
            set_deadline: Default::default(),
            expiry: Default::default(),
            next_deadline: Default::default(),
            deadline_valid: Default::default(),
            settled: Default::default(),
            busy: Default::default(),
            sweep: Default::default(),
            ram: Default::default(),
            next_flow: Default::default(),
            flow1: Default::default(),
            changed1: Default::default(),
            entry1: Default::default(),
            flow2: Default::default(),
            changed2: Default::default(),
            counts1: Default::default(),
            counts2: Default::default(),
            entry2: Default::default(),
            due2: Default::default(),
            set_index: Default::default(),
            post: Default::default(),
            posted: Default::default(),
            posted_flow: Default::default(),
            withdrawn: Default::default(),
            count: Default::default(),
            count_next: Default::default(),
            least: Default::default(),
            entry: Default::default(),
            least_now: Default::default(),
            less: Default::default(),
            swept: Default::default(),
            earliest: Default::default(),
            earliest_due: Default::default(),
        }
    }
}

impl<const A: usize, const C: usize> Logic for Timer<A, C> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            next_flow,
            flow1,
            changed1,
            flow2,
            changed2,
            counts1,
            counts2,
            entry2,
            due2,
            posted,
            posted_flow,
            count,
            least,
            swept,
            earliest
        );
        clock!(self, clock, sweep, ram);
        self.sweep.reset.next = self.reset.val();
        self.busy.next = self.sweep.busy.val();
        self.set_index.next = self.set_flow.val().get_bits::<A>(0);

        // Cycle 0: read.
        self.ram.read_addr.next = self.next_flow.q.val();
        self.next_flow.d.next = self.next_flow.q.val() + 1;
        self.flow1.d.next = self.next_flow.q.val();
        self.changed1.d.next = self.set_valid.val() & (self.set_index.val() == self.next_flow.q.val());

        // Cycle 1: compare.
        self.entry1.next = self.ram.read_data.val();
        self.entry2.d.next = self.entry1.val();
        self.due2.d.next = self.entry1.val().on & (self.entry1.val().at <= self.now.val());
        self.flow2.d.next = self.flow1.q.val();
        self.changed2.d.next =
            self.changed1.q.val() | (self.set_valid.val() & (self.set_index.val() == self.flow1.q.val()));

        // Cycle 2: post, and clear the entry with that. The write port belongs to the set first.
        self.post.next =
            self.due2.q.val() & !self.changed2.q.val() & !self.set_valid.val() & !self.posted.q.val();
        self.ram.write_en.next = self.set_valid.val() | self.post.val() | self.sweep.busy.val();
        self.ram.write_addr.next = self.flow2.q.val();
        self.ram.write_data.next.on = false;
        self.ram.write_data.next.at = self.set_deadline.val();
        if self.set_valid.val() {
            self.ram.write_addr.next = self.set_index.val();
            self.ram.write_data.next.on = self.set_on.val();
        }
        if self.sweep.busy.val() {
            self.ram.write_addr.next = self.sweep.addr.val();
            self.ram.write_data.next.on = false;
        }

        // A posted expiry is stale as soon as its flow is set or cleared.
        self.withdrawn.next = self.set_valid.val() & (self.set_index.val() == self.posted_flow.q.val());
        self.expiry.valid.next = self.posted.q.val() & !self.withdrawn.val();
        self.expiry.data.next = bit_cast::<16, A>(self.posted_flow.q.val());
        if self.withdrawn.val() | self.expiry.ready.val() {
            self.posted.d.next = false;
        }
        if self.post.val() {
            self.posted.d.next = true;
            self.posted_flow.d.next = self.flow2.q.val();
        }

        // The minimum over one round without a change; reads that began before the change do not count.
        self.counts1.d.next = !self.set_valid.val();
        self.counts2.d.next = self.counts1.q.val() & !self.set_valid.val();
        self.entry.next = self.entry2.q.val();
        self.less.next = self.entry.val().at < self.least.q.val().at;
        self.least_now.next = self.least.q.val();
        if self.entry.val().on & (self.less.val() | !self.least.q.val().on) {
            self.least_now.next = self.entry.val();
        }
        self.count_next.next = self.count.q.val() + 1;
        if self.counts2.q.val() {
            self.count.d.next = self.count_next.val();
            self.least.d.next = self.least_now.val();
            if self.count_next.val() == self.flows.val() {
                self.swept.d.next = true;
                self.earliest.d.next = self.least_now.val();
                self.count.d.next = 0.into();
                self.least.d.next.on = false;
            }
        }
        if self.set_valid.val() | self.due2.q.val() | self.sweep.busy.val() {
            self.swept.d.next = false;
            self.count.d.next = 0.into();
            self.least.d.next.on = false;
        }
        self.next_deadline.next = self.earliest.q.val().at;
        self.deadline_valid.next = self.earliest.q.val().on;
        self.earliest_due.next = self.earliest.q.val().on & (self.earliest.q.val().at <= self.now.val());
        self.settled.next = self.swept.q.val() & !self.posted.q.val() & !self.earliest_due.val();

        if self.reset.val() | self.sweep.busy.val() {
            self.posted.d.next = false;
            self.due2.d.next = false;
            self.swept.d.next = false;
            self.count.d.next = 0.into();
            self.least.d.next.on = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{ready, settle, tick};
    use crate::stream::bench::{Rng, clocked};

    type Uut = Timer<3, 4>;
    clocked!(Uut);

    struct Bench {
        uut: Box<Uut>,
        /// The deadlines as they must be.
        reference: [Option<u64>; 8],
        now: u64,
    }

    impl Bench {
        fn new() -> Self {
            let mut uut = ready(Box::<Uut>::default());
            settle(&mut *uut);
            while uut.busy.val() {
                tick(&mut *uut);
            }
            Self { uut, reference: [None; 8], now: 1_000 }
        }

        /// One cycle, with all that must hold in every cycle; gives the expiry taken.
        fn cycle(&mut self, set: Option<(usize, Option<u64>)>, take: bool) -> Option<usize> {
            let uut = &mut *self.uut;
            uut.now.next = self.now.into();
            uut.set_valid.next = set.is_some();
            if let Some((flow, at)) = set {
                uut.set_flow.next = (flow as u64).into();
                uut.set_on.next = at.is_some();
                uut.set_deadline.next = at.unwrap_or(3).into();
            }
            uut.expiry.ready.next = take;
            settle(uut);
            let earliest = self.reference.iter().flatten().min().copied();
            if uut.settled.val() {
                assert!(!uut.expiry.valid.val());
                assert_eq!(uut.deadline_valid.val(), earliest.is_some());
                if let Some(at) = earliest {
                    assert!(at > self.now, "settled, but {at} is due at {}", self.now);
                    assert_eq!(uut.next_deadline.val(), at);
                }
            }
            let mut expired = None;
            if uut.expiry.valid.val() {
                let flow = uut.expiry.data.val().index();
                let at = self.reference[flow].expect("an expiry is of a deadline that is set");
                assert!(at <= self.now, "too early: {at} at {}", self.now);
                assert!(set.is_none_or(|s| s.0 != flow), "withdrawn in the cycle of the set");
                if take {
                    self.reference[flow] = None;
                    expired = Some(flow);
                }
            }
            if let Some((flow, at)) = set {
                self.reference[flow] = at;
            }
            tick(uut);
            expired
        }
    }

    #[test]
    fn random_sets_clears_and_takes() {
        let mut rng = Rng::new(30);
        for (sets, takes, speed) in [(20, 50, 3), (5, 100, 2), (70, 20, 5), (95, 90, 2), (0, 100, 9)] {
            let mut bench = Bench::new();
            let mut count = 0;
            for _ in 0..2_000 {
                let set = rng.chance(sets).then(|| {
                    let at = bench.now.saturating_sub(5) + rng.below(60);
                    (rng.below(8) as usize, rng.chance(80).then_some(at))
                });
                count += usize::from(bench.cycle(set, rng.chance(takes)).is_some());
                bench.now += rng.below(speed);
            }
            assert!(sets == 0 || count > 3, "{count} expiries");
            // Whatever is left expires: nothing was lost.
            bench.now += 1_000;
            for _ in 0..60 {
                bench.cycle(None, true);
            }
            assert_eq!(bench.reference, [None; 8]);
        }
    }

    /// Every distance between a set and the expiry of the same flow.
    #[test]
    fn a_set_beats_the_expiry_of_the_older_deadline() {
        for later in [Some(5_000), None] {
            for wait in 0..30 {
                let mut bench = Bench::new();
                bench.cycle(Some((5, Some(900))), false);
                for _ in 0..wait {
                    bench.cycle(None, false);
                }
                bench.cycle(Some((5, later)), true);
                for _ in 0..30 {
                    assert_eq!(bench.cycle(None, true), None, "stale expiry, wait {wait}");
                }
                bench.now = 6_000;
                let expired: Vec<usize> = (0..30).filter_map(|_| bench.cycle(None, true)).collect();
                assert_eq!(expired, if later.is_some() { vec![5] } else { vec![] }, "wait {wait}");
            }
        }
    }

    #[test]
    fn settles_on_the_earliest_deadline() {
        let mut bench = Bench::new();
        for (flow, at) in [(3, 7_000), (0, 5_000), (7, (1 << 48) - 1), (4, 6_000)] {
            bench.cycle(Some((flow, Some(at))), true);
        }
        for earliest in [5_000, 6_000, 7_000, (1 << 48) - 1] {
            for _ in 0..20 {
                bench.cycle(None, true);
            }
            assert!(bench.uut.settled.val() && bench.uut.deadline_valid.val());
            assert_eq!(bench.uut.next_deadline.val(), earliest);
            bench.now = earliest; // time jumps
            bench.cycle(None, true);
            assert!(!bench.uut.settled.val(), "due at once");
        }
        for _ in 0..20 {
            bench.cycle(None, true);
        }
        assert!(bench.uut.settled.val() && !bench.uut.deadline_valid.val());
    }
}
