// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Rounds`]: the visits to all neighbours, and when the next one is due.

use rust_hdl::prelude::*;

/// Times are counted in units of 65,536 us.
///
/// A round visits every entry once, whenever there is nothing else to do. It begins when an answer is overdue, when an entry
/// has begun or ceased to wait, and every 4.2 s, so that no entry grows old unseen.
#[derive(LogicBlock, Default)]
pub struct Rounds<const E: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Microseconds.
    pub now: Signal<In, Bits<48>>,
    /// What a stamp made now says.
    pub units: Signal<Out, Bits<12>>,
    /// A round may begin.
    pub idle: Signal<In, Bit>,
    /// What entries wait for has changed: another round is needed.
    pub changed: Signal<In, Bit>,
    /// A round is under way: `visit` is the next entry.
    pub visiting: Signal<Out, Bit>,
    pub visit: Signal<Out, Bits<E>>,
    /// The entry has been visited.
    pub done: Signal<In, Bit>,
    /// With `done`: it waits for an answer since `stamp`, less than 16 units ago.
    pub waits: Signal<In, Bit>,
    pub stamp: Signal<In, Bits<12>>,
    /// `units - stamp`.
    pub age: Signal<In, Bits<12>>,
    /// Count all entries, for the reset.
    pub count: Signal<In, Bit>,
    /// Microseconds: when the next answer is overdue.
    pub next_deadline: Signal<Out, Bits<48>>,
    /// An answer is awaited; settled while `busy` is low.
    pub deadline_valid: Signal<Out, Bit>,
    /// A round is under way or to begin.
    pub busy: Signal<Out, Bit>,
    under_way: DFF<Bit>,
    again: DFF<Bit>,
    entry: DFF<Bits<E>>,
    /// Bit 6 of the time when the last round began.
    swept: DFF<Bit>,
    // The one that has waited longest.
    armed: DFF<Bit>,
    oldest: DFF<Bits<8>>,
    waited: Signal<Local, Bits<8>>,
    overdue: Signal<Local, Bit>,
    older: Signal<Local, Bit>,
    due: Signal<Local, Bit>,
    deadline: Signal<Local, Bits<8>>,
    epoch: Signal<Local, Bits<24>>,
}

impl<const E: usize> Logic for Rounds<E> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, under_way, again, entry, swept, armed, oldest);
        self.units.next = self.now.val().get_bits::<12>(16);
        self.visiting.next = self.under_way.q.val();
        self.visit.next = self.entry.q.val();
        self.waited.next = self.now.val().get_bits::<8>(16) - self.oldest.q.val();
        self.overdue.next = self.waited.val().get_bits::<4>(4).any();
        self.older.next =
            !self.overdue.val() & (self.age.val().get_bits::<4>(0) > self.waited.val().get_bits::<4>(0));
        self.due.next = self.again.q.val()
            | (self.armed.q.val() & self.overdue.val())
            | (self.now.val().get_bit(22) != self.swept.q.val());
        self.busy.next = self.under_way.q.val() | self.due.val();
        if self.done.val() | self.count.val() {
            self.entry.d.next = self.entry.q.val() + 1;
        }
        if self.done.val() {
            self.under_way.d.next = !self.entry.q.val().all();
            if self.waits.val() {
                self.armed.d.next = true;
                if !self.armed.q.val() | self.older.val() {
                    self.oldest.d.next = self.stamp.val().get_bits::<8>(0);
                }
            }
        }
        if self.idle.val() & !self.under_way.q.val() & self.due.val() {
            self.under_way.d.next = true;
            self.again.d.next = false;
            self.armed.d.next = false;
            self.swept.d.next = self.now.val().get_bit(22);
        }
        if self.changed.val() {
            self.again.d.next = true;
        }

        // 16 units after `oldest`, of which the time has the upper bits.
        self.deadline.next = self.oldest.q.val() + 16;
        self.epoch.next = self.now.val().get_bits::<24>(24);
        if self.deadline.val() < self.now.val().get_bits::<8>(16) {
            self.epoch.next = self.now.val().get_bits::<24>(24) + 1;
        }
        self.next_deadline.next =
            (bit_cast::<48, 24>(self.epoch.val()) << 24) | (bit_cast::<48, 8>(self.deadline.val()) << 16);
        self.deadline_valid.next = self.armed.q.val();
        if self.reset.val() {
            self.under_way.d.next = false;
            self.again.d.next = false;
            self.entry.d.next = 0.into();
            self.armed.d.next = false;
        }
    }
}
