// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Room`]: is there room in the outlet's store for one more completion?

use rust_hdl::prelude::*;

use super::outlet::BEATS;

/// Beats of the longest completion: 3 dwords of descriptor and 32 of payload.
const LONGEST: u64 = 3;

/// Counts the beats in store and those that are promised to it. Nothing can wait between a line that is asked for and the store, so
/// a completion begins only when there is room for all of it.
#[derive(LogicBlock)]
pub struct Room {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// A completion of `beats` (1 to 3) begins. Only while `enough`.
    pub promise: Signal<In, Bit>,
    pub beats: Signal<In, Bits<2>>,
    /// A beat has left the store.
    pub freed: Signal<In, Bit>,
    /// A register.
    pub enough: Signal<Out, Bit>,
    count: DFF<Bits<6>>,
    yes: DFF<Bit>,
    limit: Constant<Bits<6>>,
    fewer: Signal<Local, Bits<6>>,
    more: Signal<Local, Bits<6>>,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            promise: Default::default(),
            beats: Default::default(),
            freed: Default::default(),
            enough: Default::default(),
            count: Default::default(),
            yes: Default::default(),
            limit: Constant::new((BEATS - LONGEST).into()),
            fewer: Default::default(),
            more: Default::default(),
        }
    }
}

impl Logic for Room {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, count, yes);
        self.fewer.next = self.count.q.val();
        if self.freed.val() {
            self.fewer.next = self.count.q.val() - 1;
        }
        self.more.next = self.fewer.val();
        if self.promise.val() {
            self.more.next = self.fewer.val() + bit_cast::<6, 2>(self.beats.val());
        }
        self.count.d.next = self.more.val();
        self.yes.d.next = self.more.val() <= self.limit.val();
        self.enough.next = self.yes.q.val();
        if self.reset.val() {
            self.count.d.next = 0.into();
            self.yes.d.next = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_hdl::sim::{ready, settle, tick};
    use syncline_hdl::stream::bench::{Rng, clocked};

    clocked!(Room);

    #[test]
    fn promises_no_more_than_there_is() {
        let mut rng = Rng::new(5);
        let mut uut = ready(Box::<Room>::default());
        tick(uut.as_mut());
        let (mut held, mut refused) = (0, 0);
        for cycle in 0..2000 {
            settle(uut.as_mut());
            assert_eq!(uut.enough.val(), held + LONGEST <= BEATS, "{held} beats");
            let promise = uut.enough.val() && rng.chance(60);
            let beats = 1 + rng.below(3);
            // The store is emptied now and then.
            let freed = held > 0 && rng.chance(if cycle / 100 % 2 == 0 { 20 } else { 95 });
            refused += u32::from(!uut.enough.val());
            uut.promise.next = promise;
            uut.beats.next = beats.into();
            uut.freed.next = freed;
            held = held + if promise { beats } else { 0 } - u64::from(freed);
            assert!(held <= BEATS);
            tick(uut.as_mut());
        }
        assert!(refused > 100);
    }
}
