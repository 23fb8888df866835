// SPDX-License-Identifier: MIT OR Apache-2.0
//! A break of the `ready` path: [`Skid`], and of every other path: [`Stage`]. Both move an item per cycle.

use rust_hdl::prelude::*;

use super::{StreamIn, StreamOut};

/// Skid buffer: `inp.ready` is a register; `out` follows `inp` in the same cycle while nothing is held.
#[derive(LogicBlock, Default)]
pub struct Skid<T: Synth> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub inp: StreamIn<T>,
    pub out: StreamOut<T>,
    held: DFF<T>,
    full: DFF<Bit>,
}

impl<T: Synth> Logic for Skid<T> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, held, full);
        self.inp.ready.next = !self.full.q.val();
        self.out.valid.next = self.inp.valid.val() | self.full.q.val();
        self.out.data.next = self.inp.data.val();
        if self.full.q.val() {
            self.out.data.next = self.held.q.val();
            self.full.d.next = !self.out.ready.val();
        } else {
            self.held.d.next = self.inp.data.val();
            self.full.d.next = self.inp.valid.val() & !self.out.ready.val();
        }
        if self.reset.val() {
            self.full.d.next = false;
        }
    }
}

/// Register stage: `out.data` and `out.valid` are registers, `inp.ready` is `out.ready` while an item is held. Latency one cycle.
#[derive(LogicBlock, Default)]
pub struct Stage<T: Synth> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub inp: StreamIn<T>,
    pub out: StreamOut<T>,
    item: DFF<T>,
    valid: DFF<Bit>,
    free: Signal<Local, Bit>,
}

impl<T: Synth> Logic for Stage<T> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, item, valid);
        self.free.next = !self.valid.q.val() | self.out.ready.val();
        self.inp.ready.next = self.free.val();
        self.out.valid.next = self.valid.q.val();
        self.out.data.next = self.item.q.val();
        if self.free.val() {
            self.item.d.next = self.inp.data.val();
            self.valid.d.next = self.inp.valid.val();
        }
        if self.reset.val() {
            self.valid.d.next = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::ready;
    use crate::stream::bench::{Drain, Feed, PACES, Rng, clocked, cycle};

    clocked!(Skid<Bits<16>>, Stage<Bits<16>>);

    macro_rules! moves_every_item_in_order {
        ($block:ident, $latency:literal) => {
            let mut rng = Rng::new(1);
            for (gap, stall) in PACES {
                let mut uut = ready(Box::<$block<Bits<16>>>::default());
                let items: Vec<Bits<16>> = (1..200_u64).map(|i| (i * 317).into()).collect();
                let mut feed = Feed::new(items.clone(), gap);
                let mut drain = Drain::new(stall);
                let mut cycles = 0;
                while drain.got.len() < items.len() {
                    cycle!(uut, feed, drain, &mut rng);
                    cycles += 1;
                    assert!(cycles < 2_000, "stuck");
                }
                assert_eq!(drain.got, items);
                if (gap, stall) == (0, 0) {
                    assert_eq!(cycles, items.len() + $latency, "full rate");
                }
            }
        };
    }

    #[test]
    fn skid_moves_every_item_in_order() {
        moves_every_item_in_order!(Skid, 0);
    }

    #[test]
    fn stage_moves_every_item_in_order() {
        moves_every_item_in_order!(Stage, 1);
    }

    /// The point of the skid buffer: `inp.ready` does not follow `out.ready` within a cycle.
    #[test]
    fn ready_is_a_register() {
        let mut skid = ready(Box::<Skid<Bits<16>>>::default());
        skid.inp.valid.next = true;
        for _ in 0..4 {
            skid.out.ready.next = false;
            crate::sim::settle(&mut *skid);
            let before = skid.inp.ready.val();
            skid.out.ready.next = true;
            crate::sim::settle(&mut *skid);
            assert_eq!(skid.inp.ready.val(), before);
            skid.out.ready.next = false;
            crate::sim::tick(&mut *skid);
        }
        assert!(!skid.inp.ready.val(), "full after four cycles of stall");
        skid.reset.next = true;
        crate::sim::tick(&mut *skid);
        assert!(skid.inp.ready.val(), "empty after reset");
    }

    /// A stage that is reset has lost its item.
    #[test]
    fn a_stage_is_empty_after_reset() {
        let mut stage = ready(Box::<Stage<Bits<16>>>::default());
        stage.inp.valid.next = true;
        crate::sim::tick(&mut *stage);
        assert!(stage.out.valid.val() && !stage.inp.ready.val());
        stage.reset.next = true;
        crate::sim::tick(&mut *stage);
        assert!(!stage.out.valid.val() && stage.inp.ready.val());
    }
}
