// SPDX-License-Identifier: MIT OR Apache-2.0
//! Clearing a RAM after reset: block RAMs have no reset of their own.

use rust_hdl::prelude::*;

/// After reset `busy` is high for `2^A` cycles, and `addr` goes through all addresses meanwhile.
#[derive(LogicBlock, Default)]
pub struct Sweep<const A: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// `addr` is to be cleared.
    pub busy: Signal<Out, Bit>,
    /// The address to clear.
    pub addr: Signal<Out, Bits<A>>,
    count: DFF<Bits<A>>,
    done: DFF<Bit>,
}

impl<const A: usize> Logic for Sweep<A> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, count, done);
        self.busy.next = !self.done.q.val();
        self.addr.next = self.count.q.val();
        if !self.done.q.val() {
            self.count.d.next = self.count.q.val() + 1;
            self.done.d.next = self.count.q.val().all();
        }
        if self.reset.val() {
            self.count.d.next = 0.into();
            self.done.d.next = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{ready, settle, tick};
    use crate::stream::bench::clocked;

    type Uut = Sweep<3>;
    clocked!(Uut);

    #[test]
    fn visits_every_address_once_after_power_up_and_after_reset() {
        let mut uut = ready(Box::<Uut>::default());
        for _ in 0..2 {
            settle(&mut *uut);
            for i in 0..8 {
                assert!(uut.busy.val());
                assert_eq!(uut.addr.val().index(), i);
                tick(&mut *uut);
            }
            for _ in 0..20 {
                assert!(!uut.busy.val());
                tick(&mut *uut);
            }
            uut.reset.next = true;
            tick(&mut *uut);
            uut.reset.next = false;
        }
    }
}
