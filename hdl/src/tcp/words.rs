// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Words64`], [`Words512`]: the payload that has been read from the transmit ring, until it is sent, word by word.

use rust_hdl::prelude::*;

use crate::ram::Bram;

/// Where [`Words64`] is in a segment.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum Step {
    /// Its first row is being read.
    First,
    /// It is there, the one with the first word is being read.
    Second,
    /// Words come.
    Words,
}

/// Rows of sixteen bytes as they stand in the ring, 512 of them, and words for the beats behind the header.
///
/// A word is what a beat takes: the first one has four bytes of payload in its upper half (the other half is header), the following
/// ones have eight. It is there two cycles after `ready` of a segment that follows another, when the header's first two beats have
/// been made. So the bytes of a row are put in place here, once, and not when the row is read.
#[derive(LogicBlock, Default)]
pub struct Words64 {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Keep `row`.
    pub write: Signal<In, Bit>,
    pub row: Signal<In, Bits<128>>,
    /// A segment is to be sent, all its rows are here; stable until `sent`:
    pub ready: Signal<In, Bit>,
    /// where its payload begins in its first row, ...
    pub lane: Signal<In, Bits<8>>,
    /// ... and its rows.
    pub rows: Signal<In, Bits<10>>,
    /// Pulse: it has been sent.
    pub sent: Signal<In, Bit>,
    pub word: Signal<Out, Bits<64>>,
    /// Pulse: give the next one.
    pub next_word: Signal<In, Bit>,
    /// Rows that have become free.
    pub freed: Signal<Out, Bits<10>>,
    ram: Bram<Bits<128>, 9>,
    written: DFF<Bits<9>>,
    /// The first row of the segment to be sent.
    base: DFF<Bits<9>>,
    step: DFF<Step>,
    /// The row that is read, and the half of it that is used.
    at: DFF<Bits<9>>,
    upper: DFF<Bit>,
    next_at: Signal<Local, Bits<9>>,
    /// The half before.
    before: DFF<Bits<64>>,
    half: Signal<Local, Bits<64>>,
    /// How far down both halves are moved: the payload's first byte goes to byte 4.
    by: DFF<Bits<3>>,
    bits: Signal<Local, Bits<7>>,
    pair: Signal<Local, Bits<128>>,
    moved: Signal<Local, Bits<128>>,
    both: Signal<Local, Bit>,
    either: Signal<Local, Bit>,
    free: DFF<Bits<10>>,
}

impl Logic for Words64 {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, written, base, step, at, upper, before, by, free);
        clock!(self, clock, ram);
        self.ram.write_en.next = self.write.val();
        self.ram.write_addr.next = self.written.q.val();
        self.ram.write_data.next = self.row.val();
        if self.write.val() {
            self.written.d.next = self.written.q.val() + 1;
        }

        // Lanes 0 to 3: the first word takes the half before, of which nothing counts, and the half of the lane. Lanes 4 to 7 of a half:
        // that half and the next one.
        self.both.next = self.lane.val().get_bit(3) & self.lane.val().get_bit(2);
        self.either.next = self.lane.val().get_bit(3) ^ self.lane.val().get_bit(2);
        self.half.next = self.ram.read_data.val().get_bits::<64>(0);
        if self.upper.q.val() {
            self.half.next = self.ram.read_data.val().get_bits::<64>(64);
        }
        self.pair.next =
            bit_cast::<128, 64>(self.before.q.val()) | (bit_cast::<128, 64>(self.half.val()) << 64);
        self.bits.next = bit_cast::<7, 3>(self.by.q.val()) << 3;
        self.moved.next = self.pair.val() >> self.bits.val();
        self.word.next = self.moved.val().get_bits::<64>(0);

        self.next_at.next = self.at.q.val();
        match self.step.q.val() {
            Step::First => {
                self.next_at.next = self.base.q.val();
                self.upper.d.next = self.both.val();
                self.by.d.next = self.lane.val().get_bits::<3>(0) ^ 4;
                if self.ready.val() {
                    self.step.d.next = Step::Second;
                }
            }
            Step::Second => {
                if self.both.val() {
                    self.next_at.next = self.at.q.val() + 1;
                }
                self.upper.d.next = self.either.val();
                self.before.d.next = self.half.val();
                self.step.d.next = Step::Words;
            }
            Step::Words => {
                if self.next_word.val() {
                    self.before.d.next = self.half.val();
                    self.upper.d.next = !self.upper.q.val();
                    if self.upper.q.val() {
                        self.next_at.next = self.at.q.val() + 1;
                    }
                }
            }
        }
        self.at.d.next = self.next_at.val();
        self.ram.read_addr.next = self.next_at.val();
        self.free.d.next = 0.into();
        if self.sent.val() {
            self.base.d.next = self.base.q.val() + self.rows.val().get_bits::<9>(0);
            self.free.d.next = self.rows.val();
            self.step.d.next = Step::First;
        }
        self.freed.next = self.free.q.val();
        if self.reset.val() {
            self.written.d.next = 0.into();
            self.base.d.next = 0.into();
            self.free.d.next = 0.into();
            self.step.d.next = Step::First;
        }
    }
}

/// Words of 64 bytes, 512 of them, that the ring has put in place.
#[derive(LogicBlock, Default)]
pub struct Words512 {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Keep `row`.
    pub write: Signal<In, Bit>,
    pub row: Signal<In, Bits<512>>,
    // As in `Words64`, but not needed here.
    pub ready: Signal<In, Bit>,
    pub lane: Signal<In, Bits<8>>,
    pub rows: Signal<In, Bits<10>>,
    pub sent: Signal<In, Bit>,
    pub word: Signal<Out, Bits<512>>,
    /// Pulse: give the next one.
    pub next_word: Signal<In, Bit>,
    /// Rows that have become free.
    pub freed: Signal<Out, Bits<10>>,
    ram: Bram<Bits<512>, 9>,
    written: DFF<Bits<9>>,
    at: DFF<Bits<9>>,
    next_at: Signal<Local, Bits<9>>,
    free: DFF<Bits<10>>,
}

impl Logic for Words512 {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, written, at, free);
        clock!(self, clock, ram);
        self.ram.write_en.next = self.write.val();
        self.ram.write_addr.next = self.written.q.val();
        self.ram.write_data.next = self.row.val();
        if self.write.val() {
            self.written.d.next = self.written.q.val() + 1;
        }
        self.freed.next = self.free.q.val();
        self.free.d.next = 0.into();
        self.next_at.next = self.at.q.val();
        if self.next_word.val() {
            self.free.d.next = 1.into();
            self.next_at.next = self.at.q.val() + 1;
        }
        self.at.d.next = self.next_at.val();
        self.ram.read_addr.next = self.next_at.val();
        self.word.next = self.ram.read_data.val();
        if self.reset.val() {
            self.written.d.next = 0.into();
            self.at.d.next = 0.into();
            self.free.d.next = 0.into();
        }
    }
}
