// SPDX-License-Identifier: MIT OR Apache-2.0
//! The memory of the completion and the event ring: [`Entries64`], [`Entries512`].
//!
//! An entry has 32 bytes and stands 64 bytes from the next. Its phase, bit 31, says that all of it is there, so at 64 bits the
//! word with the phase is written last.

use rust_hdl::prelude::*;

use crate::ram::Bram;

macro_rules! entries {
    ($name:ident, $w:tt, ram $ram:tt by $rows:tt, last word $last:tt at $shift:tt, words $words:tt) => {
        /// `2^A` entries in each of the two rings; `B` is `A` and the bits for the ring and the word: `A + 3` at 64 bits, `A + 1` at
        /// 512.
        #[derive(LogicBlock)]
        pub struct $name<const A: usize, const B: usize> {
            pub clock: Signal<In, Clock>,
            /// From then on until `ready` every phase is cleared.
            pub reset: Signal<In, Bit>,
            pub ready: Signal<Out, Bit>,
            /// A completion for `cq_slot`; it and its place stay until `cq_stored`, one cycle.
            pub cq_valid: Signal<In, Bit>,
            pub cq_slot: Signal<In, Bits<A>>,
            pub cq_phase: Signal<In, Bit>,
            pub cq_entry: Signal<In, Bits<256>>,
            pub cq_stored: Signal<Out, Bit>,
            /// An event, likewise; completions go first.
            pub eq_valid: Signal<In, Bit>,
            pub eq_slot: Signal<In, Bits<A>>,
            pub eq_phase: Signal<In, Bit>,
            pub eq_entry: Signal<In, Bits<256>>,
            pub eq_stored: Signal<Out, Bit>,
            /// Entry and word of the address in BAR2, bit 13 is the ring. `data` comes one cycle later.
            pub raddr: Signal<In, Bits<24>>,
            pub data: Signal<Out, Bits<$w>>,
            ram: Bram<Bits<$ram>, B>,
            /// Words written of an entry, and the word that is written next, from the last to the first.
            word: DFF<Bits<2>>,
            at: Signal<Local, Bits<2>>,
            /// What has begun is an event.
            is_event: DFF<Bit>,
            sweep: DFF<Bits<B>>,
            clean: DFF<Bit>,
            event: Signal<Local, Bit>,
            valid: Signal<Local, Bit>,
            slot: Signal<Local, Bits<A>>,
            phase: Signal<Local, Bit>,
            entry: Signal<Local, Bits<256>>,
            amount: Signal<Local, Bits<8>>,
            moved: Signal<Local, Bits<256>>,
            phased: Signal<Local, Bits<$ram>>,
            row: Signal<Local, Bits<B>>,
            write_row: Signal<Local, Bits<B>>,
            read_row: Signal<Local, Bits<B>>,
            /// The host reads what is written in this cycle: a block RAM gives anything, so the phase that the host is given is the
            /// old one, and it takes none of the rest. (A writer that waits would wait for ever for a host that asks in every cycle.)
            collides: DFF<Bit>,
            old_phase: DFF<Bit>,
            store: Signal<Local, Bit>,
            phase_mask: Constant<Bits<$ram>>,
            /// The event ring's first row.
            events: Constant<Bits<B>>,
            last_row: Constant<Bits<B>>,
        }

        impl<const A: usize, const B: usize> Default for $name<A, B> {
            fn default() -> Self {
                assert_eq!(B, A + $rows, "entries: bits of the address");
                let one: Bits<$ram> = 1.into();
                Self {
                    clock: Default::default(),
                    reset: Default::default(),
                    ready: Default::default(),
                    cq_valid: Default::default(),
                    cq_slot: Default::default(),
                    cq_phase: Default::default(),
                    cq_entry: Default::default(),
                    cq_stored: Default::default(),
                    eq_valid: Default::default(),
                    eq_slot: Default::default(),
                    eq_phase: Default::default(),
                    eq_entry: Default::default(),
                    eq_stored: Default::default(),
                    raddr: Default::default(),
                    data: Default::default(),
                    ram: Default::default(),
                    word: Default::default(),
                    at: Default::default(),
                    is_event: Default::default(),
                    sweep: Default::default(),
                    clean: Default::default(),
                    event: Default::default(),
                    valid: Default::default(),
                    slot: Default::default(),
                    phase: Default::default(),
                    entry: Default::default(),
                    amount: Default::default(),
                    moved: Default::default(),
                    phased: Default::default(),
                    row: Default::default(),
                    write_row: Default::default(),
                    read_row: Default::default(),
                    collides: Default::default(),
                    old_phase: Default::default(),
                    store: Default::default(),
                    phase_mask: Constant::new(one << 31_u64),
                    events: Constant::new((1_u64 << (A + $words)).into()),
                    last_row: Constant::new(((1_u64 << B) - 1).into()),
                }
            }
        }

        impl<const A: usize, const B: usize> Logic for $name<A, B> {
            crate::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                dff_setup!(self, clock, word, is_event, sweep, clean, collides, old_phase);
                clock!(self, clock, ram);
                self.ready.next = self.clean.q.val();
                // At 512 bits there is one word only: synthesis sees a constant.
                self.at.next = !self.word.q.val() & $last;

                // Which entry, and which word of it.
                self.event.next = self.is_event.q.val();
                if !self.word.q.val().any() {
                    self.event.next = !self.cq_valid.val();
                }
                self.valid.next = self.cq_valid.val();
                self.slot.next = self.cq_slot.val();
                self.phase.next = self.cq_phase.val();
                self.entry.next = self.cq_entry.val();
                if self.event.val() {
                    self.valid.next = self.eq_valid.val();
                    self.slot.next = self.eq_slot.val();
                    self.phase.next = self.eq_phase.val();
                    self.entry.next = self.eq_entry.val();
                }
                self.amount.next = bit_cast::<8, 2>(self.at.val()) << 6;
                self.moved.next = self.entry.val() >> self.amount.val();
                self.phased.next = self.moved.val().get_bits::<$ram>(0);
                if !self.at.val().any() {
                    self.phased.next = self.moved.val().get_bits::<$ram>(0) & !self.phase_mask.val();
                    if self.phase.val() {
                        self.phased.next = self.moved.val().get_bits::<$ram>(0) | self.phase_mask.val();
                    }
                }
                self.row.next = bit_cast::<B, A>(self.slot.val()) << $words;
                if self.event.val() {
                    self.row.next = (bit_cast::<B, A>(self.slot.val()) << $words) | self.events.val();
                }
                self.write_row.next = self.row.val() | (bit_cast::<B, 2>(self.at.val()) >> $shift);

                // The host's side.
                self.read_row.next = (bit_cast::<B, A>(self.raddr.val().get_bits::<A>(6)) << $words)
                    | (bit_cast::<B, 2>(self.raddr.val().get_bits::<2>(3)) >> $shift);
                if self.raddr.val().get_bit(13) {
                    self.read_row.next = (bit_cast::<B, A>(self.raddr.val().get_bits::<A>(6)) << $words)
                        | (bit_cast::<B, 2>(self.raddr.val().get_bits::<2>(3)) >> $shift)
                        | self.events.val();
                }
                self.ram.read_addr.next = self.read_row.val();
                self.store.next = self.valid.val() & self.clean.q.val();
                self.collides.d.next =
                    self.store.val() & !self.at.val().any() & (self.read_row.val() == self.write_row.val());
                self.old_phase.d.next = !self.phase.val();
                self.data.next = bit_cast::<$w, $ram>(self.ram.read_data.val());
                if self.collides.q.val() {
                    self.data.next = bit_cast::<$w, $ram>(self.ram.read_data.val() & !self.phase_mask.val());
                    if self.old_phase.q.val() {
                        self.data.next =
                            bit_cast::<$w, $ram>(self.ram.read_data.val() | self.phase_mask.val());
                    }
                }
                self.ram.write_en.next = self.store.val();
                self.ram.write_addr.next = self.write_row.val();
                self.ram.write_data.next = self.phased.val();
                self.cq_stored.next = self.store.val() & !self.event.val() & !self.at.val().any();
                self.eq_stored.next = self.store.val() & self.event.val() & !self.at.val().any();
                if self.store.val() {
                    self.is_event.d.next = self.event.val();
                    self.word.d.next = self.word.q.val() + 1;
                    if !self.at.val().any() {
                        self.word.d.next = 0.into();
                    }
                }
                if !self.clean.q.val() {
                    self.ram.write_en.next = true;
                    self.ram.write_addr.next = self.sweep.q.val();
                    self.ram.write_data.next = 0.into();
                    self.sweep.d.next = self.sweep.q.val() + 1;
                    self.clean.d.next = self.sweep.q.val() == self.last_row.val();
                }
                if self.reset.val() {
                    self.word.d.next = 0.into();
                    self.sweep.d.next = 0.into();
                    self.clean.d.next = false;
                }
            }
        }
    };
}
entries!(Entries64, 64, ram 64 by 3, last word 3 at 0, words 2);
entries!(Entries512, 512, ram 256 by 1, last word 0 at 2, words 0);

#[cfg(test)]
#[path = "tests/entries.rs"]
mod tests;
