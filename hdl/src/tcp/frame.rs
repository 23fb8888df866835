// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Frame64`], [`Frame512`]: a TCP segment's beats from its header fields and its payload words.

use rust_hdl::prelude::*;

use crate::stream::{Beat64, Beat512, StreamOut};
use crate::types::{Ipv4Send, TxSegment};

/// The words of a TCP header (RFC 9293, section 3.1) in the order of the wire, the first byte in the low bits.
#[derive(LogicBlock, Default)]
pub struct HeaderWords {
    pub segment: Signal<In, TxSegment>,
    pub checksum: Signal<In, Bits<16>>,
    pub ports: Signal<Out, Bits<32>>,
    pub seq: Signal<Out, Bits<32>>,
    pub ack: Signal<Out, Bits<32>>,
    /// Data offset, flags and window.
    pub control: Signal<Out, Bits<32>>,
    /// Checksum and urgent pointer.
    pub check: Signal<Out, Bits<32>>,
    /// The MSS option, which a SYN has and nothing else (RFC 9293, 3.7.1).
    pub option: Signal<Out, Bits<32>>,
    pub has_option: Signal<Out, Bit>,
    /// Bytes of header and payload.
    pub total: Signal<Out, Bits<17>>,
    lport: Signal<Local, Bits<16>>,
    rport: Signal<Local, Bits<16>>,
    seq_number: Signal<Local, Bits<32>>,
    ack_number: Signal<Local, Bits<32>>,
    wnd: Signal<Local, Bits<16>>,
    mss: Signal<Local, Bits<16>>,
    flags: Signal<Local, Bits<8>>,
    length: Signal<Local, Bits<17>>,
    offset: Signal<Local, Bits<32>>,
}

impl Logic for HeaderWords {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        self.lport.next = self.segment.val().lport;
        self.rport.next = self.segment.val().rport;
        self.seq_number.next = self.segment.val().seq;
        self.ack_number.next = self.segment.val().ack;
        self.wnd.next = self.segment.val().wnd;
        self.mss.next = self.segment.val().mss;
        self.flags.next = self.segment.val().flags;
        self.has_option.next = self.flags.val().get_bit(1);
        self.length.next = 20.into();
        self.offset.next = 0x50.into();
        if self.has_option.val() {
            self.length.next = 24.into();
            self.offset.next = 0x60.into();
        }
        self.total.next = bit_cast::<17, 16>(self.segment.val().len) + self.length.val();
        self.ports.next = bit_cast::<32, 8>(self.lport.val().get_bits::<8>(8))
            | (bit_cast::<32, 8>(self.lport.val().get_bits::<8>(0)) << 8)
            | (bit_cast::<32, 8>(self.rport.val().get_bits::<8>(8)) << 16)
            | (bit_cast::<32, 8>(self.rport.val().get_bits::<8>(0)) << 24);
        self.seq.next = bit_cast::<32, 8>(self.seq_number.val().get_bits::<8>(24))
            | (bit_cast::<32, 8>(self.seq_number.val().get_bits::<8>(16)) << 8)
            | (bit_cast::<32, 8>(self.seq_number.val().get_bits::<8>(8)) << 16)
            | (bit_cast::<32, 8>(self.seq_number.val().get_bits::<8>(0)) << 24);
        self.ack.next = bit_cast::<32, 8>(self.ack_number.val().get_bits::<8>(24))
            | (bit_cast::<32, 8>(self.ack_number.val().get_bits::<8>(16)) << 8)
            | (bit_cast::<32, 8>(self.ack_number.val().get_bits::<8>(8)) << 16)
            | (bit_cast::<32, 8>(self.ack_number.val().get_bits::<8>(0)) << 24);
        self.control.next = self.offset.val()
            | (bit_cast::<32, 8>(self.segment.val().flags) << 8)
            | (bit_cast::<32, 8>(self.wnd.val().get_bits::<8>(8)) << 16)
            | (bit_cast::<32, 8>(self.wnd.val().get_bits::<8>(0)) << 24);
        self.check.next = bit_cast::<32, 8>(self.checksum.val().get_bits::<8>(8))
            | (bit_cast::<32, 8>(self.checksum.val().get_bits::<8>(0)) << 8);
        // Kind 2, length 4.
        self.option.next = bits::<32>(0x0402)
            | (bit_cast::<32, 8>(self.mss.val().get_bits::<8>(8)) << 16)
            | (bit_cast::<32, 8>(self.mss.val().get_bits::<8>(0)) << 24);
    }
}

macro_rules! frame {
    ($name:ident, $beat:ident, $w:tt, $k:tt, $k2:tt, $full:tt, {$($field:tt)*} {$($value:tt)*}) => {
        /// Beats leave through a register, without a gap between segments. A segment with an MSS option has no payload.
        #[derive(LogicBlock)]
        pub struct $name {
            pub clock: Signal<In, Clock>,
            pub reset: Signal<In, Bit>,
            /// `segment` is to be sent; stable with `checksum` until `sent`.
            pub ready: Signal<In, Bit>,
            pub segment: Signal<In, TxSegment>,
            pub checksum: Signal<In, Bits<16>>,
            /// Pulse: its last beat has been made.
            pub sent: Signal<Out, Bit>,
            /// The next payload bytes.
            pub word: Signal<In, Bits<$w>>,
            /// Pulse: they have been used.
            pub next_word: Signal<Out, Bit>,
            /// Header and payload.
            pub out: StreamOut<$beat>,
            /// Stable from the first beat to the last.
            pub send: Signal<Out, Ipv4Send>,
            header: HeaderWords,
            /// Of the beat that is made, up to 3.
            index: DFF<Bits<2>>,
            /// Bytes in this beat and behind it, when `index` is not 0.
            left: DFF<Bits<17>>,
            $($field)*
            remains: Signal<Local, Bits<17>>,
            step: Signal<Local, Bits<17>>,
            beyond_lanes: Signal<Local, Bit>,
            last: Signal<Local, Bit>,
            go: Signal<Local, Bit>,
            shift: Signal<Local, Bits<17>>,
            beyond: Signal<Local, Bits<$k2>>,
            above: Signal<Local, Bits<$k>>,
            data: Signal<Local, Bits<$w>>,
            lanes: Constant<Bits<17>>,
            less_lanes: Constant<Bits<17>>,
            beat: DFF<$beat>,
            valid: DFF<Bit>,
            meta: DFF<Ipv4Send>,
        }

        impl Default for $name {
            fn default() -> Self {
                Self {
                    lanes: Constant::new($k.into()),
                    less_lanes: Constant::new(((1_u64 << 17) - $k).into()),
                    clock: Default::default(),
                    reset: Default::default(),
                    ready: Default::default(),
                    segment: Default::default(),
                    checksum: Default::default(),
                    sent: Default::default(),
                    word: Default::default(),
                    next_word: Default::default(),
                    out: Default::default(),
                    send: Default::default(),
                    header: Default::default(),
                    index: Default::default(),
                    left: Default::default(),
                    $($value)*
                    remains: Default::default(),
                    step: Default::default(),
                    beyond_lanes: Default::default(),
                    last: Default::default(),
                    go: Default::default(),
                    shift: Default::default(),
                    beyond: Default::default(),
                    above: Default::default(),
                    data: Default::default(),
                    beat: Default::default(),
                    valid: Default::default(),
                    meta: Default::default(),
                }
            }
        }
    };
}
frame!(
    Frame64, Beat64, 64, 8, 16, 0xff,
    // What beat 2 takes of the first word.
    { payload: Signal<Local, Bits<32>>, }
    { payload: Default::default(), }
);
frame!(
    Frame512, Beat512, 512, 64, 128, 0xffff_ffff_ffff_ffff_u64,
    // Payload bytes left over from the beat before; this one takes payload that is not left over; bytes of the first beat if it is the last.
    { carry: DFF<Bits<160>>, len: Signal<Local, Bits<16>>, beyond_first: Signal<Local, Bit>, more: Signal<Local, Bit>, uses: Signal<Local, Bit>, carries: Signal<Local, Bit>, first_bytes: Signal<Local, Bits<7>>, }
    { carry: Default::default(), len: Default::default(), beyond_first: Default::default(), more: Default::default(), uses: Default::default(), carries: Default::default(), first_bytes: Default::default(), }
);

impl Logic for Frame64 {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, index, left, beat, valid, meta);
        self.header.segment.next = self.segment.val();
        self.header.checksum.next = self.checksum.val();
        self.go.next = self.ready.val() & (self.out.ready.val() | !self.valid.q.val());
        // Beat 0 is never the last, and of its length nobody asks: what is left behind it is computed in one addition.
        self.remains.next = self.left.q.val();
        self.step.next = self.less_lanes.val();
        if self.index.q.val() == 0 {
            self.remains.next = bit_cast::<17, 16>(self.segment.val().len);
            self.step.next = 12.into();
            if self.header.has_option.val() {
                self.step.next = 16.into();
            }
        }
        // More than 8, by its bits: a compare with a constant that is no power of two would be a carry chain in front of many ways.
        self.beyond_lanes.next = self.left.q.val().get_bits::<13>(4).any()
            | (self.left.q.val().get_bit(3) & self.left.q.val().get_bits::<3>(0).any());
        self.last.next = (self.index.q.val() != 0) & !self.beyond_lanes.val();

        // Beats 0 and 1 are header, beat 2 is half header; from there on each takes a word.
        self.next_word.next = self.go.val() & (self.index.q.val() >= 2);
        self.payload.next = self.word.val().get_bits::<32>(32);
        self.data.next = self.word.val();
        if self.index.q.val() == 2 {
            self.data.next =
                bit_cast::<64, 32>(self.header.check.val()) | (bit_cast::<64, 32>(self.payload.val()) << 32);
            if self.header.has_option.val() {
                self.data.next = bit_cast::<64, 32>(self.header.check.val())
                    | (bit_cast::<64, 32>(self.header.option.val()) << 32);
            }
        }
        if self.index.q.val() == 1 {
            self.data.next = bit_cast::<64, 32>(self.header.ack.val())
                | (bit_cast::<64, 32>(self.header.control.val()) << 32);
        }
        if self.index.q.val() == 0 {
            self.data.next = bit_cast::<64, 32>(self.header.ports.val())
                | (bit_cast::<64, 32>(self.header.seq.val()) << 32);
        }

        self.shift.next = self.lanes.val();
        if self.last.val() {
            self.shift.next = self.left.q.val();
        }
        self.beyond.next = bits::<16>(0xff) << self.shift.val();
        self.above.next = self.beyond.val().get_bits::<8>(0);
        self.sent.next = self.go.val() & self.last.val();
        if self.out.ready.val() {
            self.valid.d.next = false;
        }
        if self.go.val() {
            self.beat.d.next.data = self.data.val();
            self.beat.d.next.keep = !self.above.val();
            self.beat.d.next.last = self.last.val();
            self.valid.d.next = true;
            self.left.d.next = self.remains.val() + self.step.val();
            if !self.index.q.val().all() {
                self.index.d.next = self.index.q.val() + 1;
            }
            if self.last.val() {
                self.index.d.next = 0.into();
            }
            if self.index.q.val() == 0 {
                self.meta.d.next.dmac = self.segment.val().dmac;
                self.meta.d.next.dst = self.segment.val().raddr;
                self.meta.d.next.protocol = 6.into();
                self.meta.d.next.len = self.header.total.val().get_bits::<16>(0);
            }
        }
        self.out.data.next = self.beat.q.val();
        self.out.valid.next = self.valid.q.val();
        self.send.next = self.meta.q.val();
        if self.reset.val() {
            self.index.d.next = 0.into();
            self.valid.d.next = false;
        }
    }
}

impl Logic for Frame512 {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, index, left, carry, beat, valid, meta);
        self.header.segment.next = self.segment.val();
        self.header.checksum.next = self.checksum.val();
        self.go.next = self.ready.val() & (self.out.ready.val() | !self.valid.q.val());
        // Beat 0 has 44 bytes of payload at most. With an option there is none, and beat 0 is the last.
        self.remains.next = self.left.q.val();
        self.step.next = self.less_lanes.val();
        // More than 64, more than 20, and of the length more than 44, by their bits: as carry chains they would stand in front of many ways.
        self.len.next = self.segment.val().len;
        self.beyond_lanes.next = self.left.q.val().get_bits::<10>(7).any()
            | (self.left.q.val().get_bit(6) & self.left.q.val().get_bits::<6>(0).any());
        self.beyond_first.next = self.len.val().get_bits::<10>(6).any()
            | (self.len.val().get_bit(5)
                & (self.len.val().get_bit(4)
                    | (self.len.val().get_bits::<2>(2).all() & self.len.val().get_bits::<2>(0).any())));
        self.last.next = !self.beyond_lanes.val();
        self.more.next = self.left.q.val().get_bits::<12>(5).any()
            | (self.left.q.val().get_bit(4)
                & (self.left.q.val().get_bit(3)
                    | (self.left.q.val().get_bit(2) & self.left.q.val().get_bits::<2>(0).any())));
        if self.index.q.val() == 0 {
            self.remains.next = bit_cast::<17, 16>(self.segment.val().len);
            self.step.next = self.less_lanes.val() + 20;
            self.last.next = !self.beyond_first.val();
            self.more.next = self.segment.val().len.any();
        }

        // Every beat is 20 bytes of the header, or left over, and then a word, if bytes are left.
        self.uses.next = self.go.val() & !self.header.has_option.val() & self.more.val();
        self.next_word.next = self.uses.val();
        if self.uses.val() {
            self.carry.d.next = self.word.val().get_bits::<160>(352);
        }
        self.data.next = bit_cast::<512, 160>(self.carry.q.val()) | (self.word.val() << 160);
        if self.index.q.val() == 0 {
            self.data.next = bit_cast::<512, 32>(self.header.ports.val())
                | (bit_cast::<512, 32>(self.header.seq.val()) << 32)
                | (bit_cast::<512, 32>(self.header.ack.val()) << 64)
                | (bit_cast::<512, 32>(self.header.control.val()) << 96)
                | (bit_cast::<512, 32>(self.header.check.val()) << 128)
                | (self.word.val() << 160);
            if self.header.has_option.val() {
                self.data.next = bit_cast::<512, 32>(self.header.ports.val())
                    | (bit_cast::<512, 32>(self.header.seq.val()) << 32)
                    | (bit_cast::<512, 32>(self.header.ack.val()) << 64)
                    | (bit_cast::<512, 32>(self.header.control.val()) << 96)
                    | (bit_cast::<512, 32>(self.header.check.val()) << 128)
                    | (bit_cast::<512, 32>(self.header.option.val()) << 160);
            }
        }

        // 20 more than the length, bit by bit: a carry chain would stand in front of `keep`.
        self.carries.next = self.len.val().get_bit(4) | self.len.val().get_bits::<2>(2).all();
        self.first_bytes.next = bit_cast::<7, 2>(self.len.val().get_bits::<2>(0))
            .replace_bit(2, !self.len.val().get_bit(2))
            .replace_bit(3, self.len.val().get_bit(3) ^ self.len.val().get_bit(2))
            .replace_bit(4, !(self.len.val().get_bit(4) ^ self.len.val().get_bits::<2>(2).all()))
            .replace_bit(5, self.len.val().get_bit(5) ^ self.carries.val())
            .replace_bit(6, self.len.val().get_bit(5) & self.carries.val());
        if self.header.has_option.val() {
            self.first_bytes.next = 24.into();
        }
        self.shift.next = self.lanes.val();
        if self.last.val() {
            self.shift.next = self.left.q.val();
            if self.index.q.val() == 0 {
                self.shift.next = bit_cast::<17, 7>(self.first_bytes.val());
            }
        }
        self.beyond.next = bits::<128>(0xffff_ffff_ffff_ffff_u64) << self.shift.val();
        self.above.next = self.beyond.val().get_bits::<64>(0);
        self.sent.next = self.go.val() & self.last.val();
        if self.out.ready.val() {
            self.valid.d.next = false;
        }
        if self.go.val() {
            self.beat.d.next.data = self.data.val();
            self.beat.d.next.keep = !self.above.val();
            self.beat.d.next.last = self.last.val();
            self.valid.d.next = true;
            self.left.d.next = self.remains.val() + self.step.val();
            if !self.index.q.val().all() {
                self.index.d.next = self.index.q.val() + 1;
            }
            if self.last.val() {
                self.index.d.next = 0.into();
            }
            if self.index.q.val() == 0 {
                self.meta.d.next.dmac = self.segment.val().dmac;
                self.meta.d.next.dst = self.segment.val().raddr;
                self.meta.d.next.protocol = 6.into();
                self.meta.d.next.len = self.header.total.val().get_bits::<16>(0);
            }
        }
        self.out.data.next = self.beat.q.val();
        self.out.valid.next = self.valid.q.val();
        self.send.next = self.meta.q.val();
        if self.reset.val() {
            self.index.d.next = 0.into();
            self.valid.d.next = false;
        }
    }
}
