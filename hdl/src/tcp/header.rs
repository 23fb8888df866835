// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Header64`], [`Header512`]: the fields of a TCP header (RFC 9293, section 3.1) as it passes.

use rust_hdl::prelude::*;

use crate::ram::Lutram;

/// The fields that the card uses.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Fields {
    /// Source port.
    pub sport: Bits<16>,
    /// Destination port.
    pub dport: Bits<16>,
    /// Sequence number.
    pub seq: Bits<32>,
    /// Acknowledgement number.
    pub ack: Bits<32>,
    /// Header length in words.
    pub offset: Bits<4>,
    /// The flags byte.
    pub flags: Bits<8>,
    /// Window.
    pub wnd: Bits<16>,
}

/// Watches a 64-bit stream of segments.
#[derive(LogicBlock, Default)]
pub struct Header64 {
    pub clock: Signal<In, Clock>,
    pub data: Signal<In, Bits<64>>,
    /// A beat passes.
    pub go: Signal<In, Bit>,
    /// It is the segment's last.
    pub last: Signal<In, Bit>,
    /// Its index in the segment, up to 15.
    pub index: Signal<In, Bits<4>>,
    /// All fields, from beat 2 on.
    pub fields: Signal<Out, Fields>,
    /// The header length in words: right from beat 1 on, 5 with beat 0.
    pub offset: Signal<Out, Bits<4>>,
    /// The same one beat later, from a register: the header's length for those who look at it only from beat 2 on.
    pub settled_offset: Signal<Out, Bits<4>>,
    /// A place among the bytes behind the first 20 of the header, below 40 ...
    pub position: Signal<In, Bits<6>>,
    /// ... and the four bytes from there on, in the same cycle; the beat that passes now is not yet among them.
    pub options: Signal<Out, Bits<32>>,
    /// With `go`: one cycle later the options are there, or as complete as they get. Once a segment.
    pub complete: Signal<Out, Bit>,
    held: DFF<Fields>,
    /// The halves of beats 2 to 7, by index.
    lower: Lutram<Bits<32>, 3>,
    upper: Lutram<Bits<32>, 3>,
    /// The header's word with the first of the four bytes, and the next.
    word: Signal<Local, Bits<4>>,
    next_word: Signal<Local, Bits<4>>,
    pair: Signal<Local, Bits<64>>,
    shift: Signal<Local, Bits<5>>,
    moved: Signal<Local, Bits<64>>,
    byte: [Signal<Local, Bits<8>>; 8],
    high: Signal<Local, Bits<32>>,
    tail: Signal<Local, Bits<32>>,
}

impl Logic for Header64 {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, held);
        clock!(self, clock, lower, upper);
        for i in 0..8 {
            self.byte[i].next = self.data.val().get_bits::<8>(i * 8);
        }
        self.high.next = (bit_cast::<32, 8>(self.byte[0].val()) << 24)
            | (bit_cast::<32, 8>(self.byte[1].val()) << 16)
            | (bit_cast::<32, 8>(self.byte[2].val()) << 8)
            | bit_cast::<32, 8>(self.byte[3].val());
        self.tail.next = (bit_cast::<32, 8>(self.byte[4].val()) << 24)
            | (bit_cast::<32, 8>(self.byte[5].val()) << 16)
            | (bit_cast::<32, 8>(self.byte[6].val()) << 8)
            | bit_cast::<32, 8>(self.byte[7].val());
        self.settled_offset.next = self.held.q.val().offset;
        self.offset.next = self.held.q.val().offset;
        if self.index.val() == 0 {
            self.offset.next = 5.into();
        }
        if self.index.val() == 1 {
            self.offset.next = self.byte[4].val().get_bits::<4>(4);
        }
        if self.go.val() {
            if self.index.val() == 0 {
                self.held.d.next.sport = self.high.val().get_bits::<16>(16);
                self.held.d.next.dport = self.high.val().get_bits::<16>(0);
                self.held.d.next.seq = self.tail.val();
            }
            if self.index.val() == 1 {
                self.held.d.next.ack = self.high.val();
                self.held.d.next.offset = self.byte[4].val().get_bits::<4>(4);
                self.held.d.next.flags = self.byte[5].val();
                self.held.d.next.wnd = self.tail.val().get_bits::<16>(0);
            }
        }
        self.complete.next = (self.index.val() == 7) | (self.last.val() & (self.index.val() < 7));
        self.fields.next = self.held.q.val();

        self.lower.write_addr.next = self.index.val().get_bits::<3>(0);
        self.lower.write_data.next = self.data.val().get_bits::<32>(0);
        self.lower.write_en.next = self.go.val() & !self.index.val().get_bit(3);
        self.upper.write_addr.next = self.lower.write_addr.val();
        self.upper.write_data.next = self.data.val().get_bits::<32>(32);
        self.upper.write_en.next = self.lower.write_en.val();
        // Options begin in word 5. An even word and the next one share a beat.
        self.word.next = self.position.val().get_bits::<4>(2) + 5;
        self.next_word.next = self.position.val().get_bits::<4>(2) + 6;
        self.lower.read_addr.next = self.next_word.val().get_bits::<3>(1);
        self.upper.read_addr.next = self.word.val().get_bits::<3>(1);
        self.pair.next = bit_cast::<64, 32>(self.lower.read_data.val())
            | (bit_cast::<64, 32>(self.upper.read_data.val()) << 32);
        if self.word.val().get_bit(0) {
            self.pair.next = bit_cast::<64, 32>(self.upper.read_data.val())
                | (bit_cast::<64, 32>(self.lower.read_data.val()) << 32);
        }
        self.shift.next = bit_cast::<5, 2>(self.position.val().get_bits::<2>(0)) << 3;
        self.moved.next = self.pair.val() >> self.shift.val();
        self.options.next = self.moved.val().get_bits::<32>(0);
    }
}

/// Watches a 512-bit stream of segments.
#[derive(LogicBlock, Default)]
pub struct Header512 {
    pub clock: Signal<In, Clock>,
    pub data: Signal<In, Bits<512>>,
    /// A beat passes.
    pub go: Signal<In, Bit>,
    /// It is the segment's last.
    pub last: Signal<In, Bit>,
    /// Its index in the segment, up to 15.
    pub index: Signal<In, Bits<4>>,
    /// All fields.
    pub fields: Signal<Out, Fields>,
    /// The header length in words.
    pub offset: Signal<Out, Bits<4>>,
    /// The same.
    pub settled_offset: Signal<Out, Bits<4>>,
    /// A place among the bytes behind the first 20 of the header, below 40 ...
    pub position: Signal<In, Bits<6>>,
    /// ... and the four bytes from there on, in the same cycle; the beat that passes now is not yet among them.
    pub options: Signal<Out, Bits<32>>,
    /// With `go`: one cycle later the options are there, or as complete as they get. Once a segment.
    pub complete: Signal<Out, Bit>,
    held: DFF<Fields>,
    rest: DFF<Bits<352>>,
    shift: Signal<Local, Bits<9>>,
    moved: Signal<Local, Bits<352>>,
    byte: [Signal<Local, Bits<8>>; 16],
    fresh: Signal<Local, Fields>,
    chosen: Signal<Local, Fields>,
}

impl Logic for Header512 {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, held, rest);
        for i in 0..16 {
            self.byte[i].next = self.data.val().get_bits::<8>(i * 8);
        }
        self.fresh.next.sport =
            (bit_cast::<16, 8>(self.byte[0].val()) << 8) | bit_cast::<16, 8>(self.byte[1].val());
        self.fresh.next.dport =
            (bit_cast::<16, 8>(self.byte[2].val()) << 8) | bit_cast::<16, 8>(self.byte[3].val());
        self.fresh.next.seq = (bit_cast::<32, 8>(self.byte[4].val()) << 24)
            | (bit_cast::<32, 8>(self.byte[5].val()) << 16)
            | (bit_cast::<32, 8>(self.byte[6].val()) << 8)
            | bit_cast::<32, 8>(self.byte[7].val());
        self.fresh.next.ack = (bit_cast::<32, 8>(self.byte[8].val()) << 24)
            | (bit_cast::<32, 8>(self.byte[9].val()) << 16)
            | (bit_cast::<32, 8>(self.byte[10].val()) << 8)
            | bit_cast::<32, 8>(self.byte[11].val());
        self.fresh.next.offset = self.byte[12].val().get_bits::<4>(4);
        self.fresh.next.flags = self.byte[13].val();
        self.fresh.next.wnd =
            (bit_cast::<16, 8>(self.byte[14].val()) << 8) | bit_cast::<16, 8>(self.byte[15].val());
        self.chosen.next = self.held.q.val();
        if self.index.val() == 0 {
            self.chosen.next = self.fresh.val();
            if self.go.val() {
                self.held.d.next = self.fresh.val();
                self.rest.d.next = self.data.val().get_bits::<352>(160);
            }
        }
        self.fields.next = self.chosen.val();
        self.offset.next = self.chosen.val().offset;
        self.settled_offset.next = self.chosen.val().offset;
        self.shift.next = bit_cast::<9, 6>(self.position.val()) << 3;
        self.moved.next = self.rest.q.val() >> self.shift.val();
        self.options.next = self.moved.val().get_bits::<32>(0);
        self.complete.next = self.index.val() == 0;
    }
}
