// SPDX-License-Identifier: MIT OR Apache-2.0
//! The indexes of a ring that the card writes and the host reads: completions, events. Its memory is in `entries.rs`.

use rust_hdl::prelude::*;

/// `2^A` entries. The phase is 1 in even laps: the host knows a new entry by it.
#[derive(LogicBlock)]
pub struct CardRing<const A: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// There is room for an entry; that the host has moved `head` shows a cycle later.
    pub room: Signal<Out, Bit>,
    /// Where the next entry goes, and with which phase.
    pub slot: Signal<Out, Bits<A>>,
    pub phase: Signal<Out, Bit>,
    /// It has been written, one cycle; only while `room`.
    pub stored: Signal<In, Bit>,
    /// The host's read index.
    pub head: Signal<In, Bits<16>>,
    /// The card's write index.
    pub tail: Signal<Out, Bits<16>>,
    index: DFF<Bits<16>>,
    has_room: DFF<Bit>,
    size: Constant<Bits<16>>,
    laps: Constant<Bits<16>>,
    used: Signal<Local, Bits<16>>,
    one_left: Signal<Local, Bit>,
    lap: Signal<Local, Bits<16>>,
}

impl<const A: usize> Default for CardRing<A> {
    fn default() -> Self {
        assert!((1..=15).contains(&A), "a ring has 2 to 32768 entries");
        Self {
            clock: Default::default(),
            reset: Default::default(),
            room: Default::default(),
            slot: Default::default(),
            phase: Default::default(),
            stored: Default::default(),
            head: Default::default(),
            tail: Default::default(),
            index: Default::default(),
            has_room: Default::default(),
            size: Constant::new((1_u64 << A).into()),
            laps: Constant::new((0x1_0000 - (1_u64 << A)).into()),
            used: Default::default(),
            one_left: Default::default(),
            lap: Default::default(),
        }
    }
}

impl<const A: usize> Logic for CardRing<A> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, index, has_room);
        self.tail.next = self.index.q.val();
        self.slot.next = self.index.q.val().get_bits::<A>(0);
        self.lap.next = self.index.q.val() & self.size.val();
        self.phase.next = !self.lap.val().any();
        // Less than a lap is used in the next cycle: now, or all but one entry if that is stored.
        self.used.next = self.index.q.val() - self.head.val();
        self.one_left.next = (self.used.val() | self.laps.val()).all();
        self.has_room.d.next =
            !(self.used.val() & self.laps.val()).any() & !(self.stored.val() & self.one_left.val());
        self.room.next = self.has_room.q.val();
        if self.stored.val() {
            self.index.d.next = self.index.q.val() + 1;
        }
        if self.reset.val() {
            self.has_room.d.next = true;
            self.index.d.next = 0.into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{ready, settle, tick};

    crate::clocked!(CardRing<2>);

    #[test]
    fn fills_up_and_turns_its_phase() {
        let mut uut = ready(Box::<CardRing<2>>::default());
        let uut = uut.as_mut();
        tick(uut);
        let mut head = 0_u64;
        for value in 0..40_u64 {
            settle(uut);
            assert!(uut.room.val());
            assert_eq!(uut.slot.val(), Bits::<2>::from(value % 4));
            assert_eq!(uut.phase.val(), (value / 4) % 2 == 0, "entry {value}");
            tick(uut);
            settle(uut);
            assert_eq!(uut.tail.val(), Bits::<16>::from(value), "moves with `stored` only");
            uut.stored.next = true;
            tick(uut);
            uut.stored.next = false;
            settle(uut);
            if value % 4 == 3 {
                assert!(!uut.room.val(), "full");
                head += 4;
                uut.head.next = head.into();
                tick(uut);
            }
        }
        assert_eq!(uut.tail.val(), Bits::<16>::from(40));
        uut.reset.next = true;
        tick(uut);
        uut.reset.next = false;
        uut.head.next = 0.into();
        settle(uut);
        assert_eq!(uut.tail.val(), Bits::<16>::from(0));
        assert!(uut.room.val() && uut.phase.val());
    }
}
