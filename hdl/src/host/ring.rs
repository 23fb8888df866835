// SPDX-License-Identifier: MIT OR Apache-2.0
//! A ring that the card writes and the host reads: completions, events.

use rust_hdl::prelude::*;

use crate::ram::Lutram;

/// `2^A` entries of 32 bytes, 64 bytes apart in BAR2. Entry bit 31 is the phase bit: 1 in even laps; a reset clears it in every
/// entry. Of an entry the low `W` bits are kept, the rest reads as 0.
#[derive(LogicBlock)]
pub struct CardRing<const A: usize, const W: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Write an entry; only while `room`. The entry's bit 31 is replaced.
    pub push: Signal<In, Bit>,
    pub entry: Signal<In, Bits<256>>,
    /// There is room for an entry.
    pub room: Signal<Out, Bit>,
    /// The host's read index.
    pub head: Signal<In, Bits<16>>,
    /// The card's write index.
    pub tail: Signal<Out, Bits<16>>,
    /// The window's side: an entry, in the same cycle.
    pub read_index: Signal<In, Bits<A>>,
    pub read_entry: Signal<Out, Bits<256>>,
    /// Every phase bit has been cleared after reset.
    pub ready: Signal<Out, Bit>,
    ram: Lutram<Bits<W>, A>,
    phased: Signal<Local, Bits<256>>,
    index: DFF<Bits<16>>,
    sweep: DFF<Bits<A>>,
    clean: DFF<Bit>,
    size: Constant<Bits<16>>,
    last: Constant<Bits<A>>,
    phase_mask: Constant<Bits<256>>,
    used: Signal<Local, Bits<16>>,
    lap: Signal<Local, Bits<16>>,
}

impl<const A: usize, const W: usize> Default for CardRing<A, W> {
    fn default() -> Self {
        assert!((1..=15).contains(&A), "a ring has 2 to 32768 entries");
        assert!((32..=256).contains(&W), "an entry has 32 to 256 bits, not {W}");
        let one: Bits<256> = 1.into();
        Self {
            clock: Default::default(),
            reset: Default::default(),
            push: Default::default(),
            entry: Default::default(),
            room: Default::default(),
            head: Default::default(),
            tail: Default::default(),
            read_index: Default::default(),
            read_entry: Default::default(),
            ready: Default::default(),
            ram: Default::default(),
            phased: Default::default(),
            index: Default::default(),
            sweep: Default::default(),
            clean: Default::default(),
            size: Constant::new((1_u64 << A).into()),
            last: Constant::new(((1_u64 << A) - 1).into()),
            phase_mask: Constant::new(one << 31_u64),
            used: Default::default(),
            lap: Default::default(),
        }
    }
}

impl<const A: usize, const W: usize> Logic for CardRing<A, W> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, index, sweep, clean);
        clock!(self, clock, ram);
        self.tail.next = self.index.q.val();
        self.used.next = self.index.q.val() - self.head.val();
        self.lap.next = self.index.q.val() & self.size.val();
        self.ready.next = self.clean.q.val();
        self.room.next = self.clean.q.val() & (self.used.val() < self.size.val());
        self.ram.read_addr.next = self.read_index.val();
        self.read_entry.next = bit_cast::<256, W>(self.ram.read_data.val());
        self.ram.write_en.next = false;
        self.ram.write_addr.next = self.index.q.val().get_bits::<A>(0);
        self.phased.next = self.entry.val() & !self.phase_mask.val();
        if self.clean.q.val() & !self.lap.val().any() {
            self.phased.next = self.entry.val() | self.phase_mask.val();
        }
        self.ram.write_data.next = self.phased.val().get_bits::<W>(0);
        if self.push.val() {
            self.ram.write_en.next = true;
            self.index.d.next = self.index.q.val() + 1;
        }
        if !self.clean.q.val() {
            self.ram.write_en.next = true;
            // With the entry of this cycle, whatever it is: without its phase it is none.
            self.ram.write_addr.next = self.sweep.q.val();
            self.sweep.d.next = self.sweep.q.val() + 1;
            if self.sweep.q.val() == self.last.val() {
                self.clean.d.next = true;
            }
        }
        if self.reset.val() {
            self.index.d.next = 0.into();
            self.sweep.d.next = 0.into();
            self.clean.d.next = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Clocked, ready, settle, tick};

    type Uut = CardRing<2, 256>;

    impl Clocked for Uut {
        fn clk(&mut self) -> &mut Signal<In, Clock> {
            &mut self.clock
        }
    }

    crate::clocked!(CardRing<2, 192>);

    #[test]
    fn bits_beyond_the_kept_ones_read_as_zero() {
        let mut uut = ready(Box::<CardRing<2, 192>>::default());
        let uut = uut.as_mut();
        for _ in 0..5 {
            tick(uut);
        }
        let zero: Bits<256> = 0.into();
        uut.entry.next = !zero;
        uut.push.next = true;
        tick(uut);
        uut.push.next = false;
        settle(uut);
        assert_eq!(uut.read_entry.val(), !zero >> 64_u64);
    }

    #[test]
    fn fills_up_never_overwrites_and_turns_its_phase() {
        let mut uut = ready(Box::<Uut>::default());
        let uut = uut.as_mut();
        for _ in 0..5 {
            tick(uut);
        }
        settle(uut);
        assert!(uut.ready.val());
        let mut head = 0_u64;
        for value in 0..40_u64 {
            settle(uut);
            assert!(uut.room.val());
            uut.push.next = true;
            uut.entry.next = (value << 4).into();
            tick(uut);
            uut.push.next = false;
            uut.read_index.next = (value % 4).into();
            settle(uut);
            let phase = u64::from((value / 4) % 2 == 0) << 31;
            assert_eq!(uut.read_entry.val(), Bits::<256>::from(value << 4 | phase));
            if value % 4 == 3 {
                assert!(!uut.room.val(), "full");
                head += 4;
                uut.head.next = head.into();
            }
        }
        assert_eq!(uut.tail.val(), Bits::<16>::from(40));
    }

    /// The first lap after a reset looks as empty as the first one ever, in whatever lap the reset comes.
    #[test]
    fn a_reset_clears_every_phase_bit() {
        let mut uut = ready(Box::<Uut>::default());
        let uut = uut.as_mut();
        for pushes in [4_u64, 6, 8] {
            for _ in 0..5 {
                tick(uut);
            }
            uut.entry.next = Bits::<256>::from(u64::MAX);
            uut.push.next = true;
            for value in 0..pushes {
                uut.head.next = value.into();
                tick(uut);
            }
            uut.head.next = 0.into();
            uut.push.next = false;
            uut.reset.next = true;
            tick(uut);
            uut.reset.next = false;
            for _ in 0..4 {
                settle(uut);
                assert!(!uut.ready.val() & !uut.room.val());
                tick(uut);
            }
            settle(uut);
            assert!(uut.ready.val() & uut.room.val());
            for index in 0..4_u64 {
                uut.read_index.next = index.into();
                settle(uut);
                assert!(!uut.read_entry.val().get_bit(31), "after {pushes}: {index}");
            }
        }
    }
}
