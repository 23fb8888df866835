// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Pad512`]: frames of fewer than 64 bytes are filled up with zeros.
//!
//! PG203 warns that frames of fewer than 64 bytes "might cause the core to lock up". Whether the FCS that the hard block appends
//! is part of the 64 is not said there; a whole beat is right in both cases and costs 4 bytes on the wire at most.

use rust_hdl::prelude::*;
use syncline_hdl::stream::Beat512;

/// Eight byte lanes: those without `keep` become 0.
#[derive(LogicBlock, Default)]
pub struct Blank8 {
    pub data: Signal<In, Bits<64>>,
    pub keep: Signal<In, Bits<8>>,
    pub out: Signal<Out, Bits<512>>,
    byte: [Signal<Local, Bits<8>>; 8],
    low: Signal<Local, Bits<32>>,
    high: Signal<Local, Bits<32>>,
}

impl Logic for Blank8 {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        for i in 0..8 {
            self.byte[i].next = 0.into();
            if self.keep.val().get_bit(i) {
                self.byte[i].next = self.data.val().get_bits::<8>(i * 8);
            }
        }
        self.low.next = bit_cast::<32, 8>(self.byte[0].val())
            | (bit_cast::<32, 8>(self.byte[1].val()) << 8)
            | (bit_cast::<32, 8>(self.byte[2].val()) << 16)
            | (bit_cast::<32, 8>(self.byte[3].val()) << 24);
        self.high.next = bit_cast::<32, 8>(self.byte[4].val())
            | (bit_cast::<32, 8>(self.byte[5].val()) << 8)
            | (bit_cast::<32, 8>(self.byte[6].val()) << 16)
            | (bit_cast::<32, 8>(self.byte[7].val()) << 24);
        self.out.next = bit_cast::<512, 32>(self.low.val()) | (bit_cast::<512, 32>(self.high.val()) << 32);
    }
}

/// Combinational: the beat with its invalid lanes blank and, if it is a whole frame, with all lanes valid.
#[derive(LogicBlock, Default)]
pub struct Pad512 {
    pub beat: Signal<In, Beat512>,
    /// The beat is a frame's first.
    pub first: Signal<In, Bit>,
    pub out: Signal<Out, Beat512>,
    groups: [Blank8; 8],
    data: Signal<Local, Bits<512>>,
    keep: Signal<Local, Bits<64>>,
    joined: [Signal<Local, Bits<512>>; 8],
    all: Signal<Local, Bits<64>>,
}

impl Logic for Pad512 {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        self.data.next = self.beat.val().data;
        self.keep.next = self.beat.val().keep;
        for i in 0..8 {
            self.groups[i].data.next = self.data.val().get_bits::<64>(i * 64);
            self.groups[i].keep.next = self.keep.val().get_bits::<8>(i * 8);
        }
        // From the top down, so that every step moves by one group.
        self.joined[0].next = self.groups[7].out.val();
        for i in 1..8 {
            self.joined[i].next = (self.joined[i - 1].val() << 64) | self.groups[7 - i].out.val();
        }
        self.all.next = !bits::<64>(0);
        self.out.next = self.beat.val();
        self.out.next.data = self.joined[7].val();
        if self.first.val() {
            self.out.next.keep = self.all.val();
        }
    }
}
