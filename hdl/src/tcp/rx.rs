// SPDX-License-Identifier: MIT OR Apache-2.0
//! TCP receive: checksum, header, options; the payload goes to the staging FIFO, the rest becomes one [`Segment`].
//!
//! A pipeline that never waits for what comes after it. Cycle 0: a beat is taken; 1: its words are summed, its header fields picked, the
//! header stripped; 2: the payload is staged, lengths are checked; 3: the segment's end is computed; 4: the verdict, four cycles
//! after the last beat, and the segment is queued. A segment with options holds back the next one until its verdict, which
//! waits for the option parser.

use rust_hdl::prelude::*;

use super::header::{Fields, Header64, Header512};
use super::options::Options;
use super::staging::{Staging64, Staging512};
use super::sum::{Sum64, Sum512};
use crate::memory::carry_save::ThreeToTwo;
use crate::stream::keep_count::{KeepCount8, KeepCount64};
use crate::stream::small_fifo::SmallFifo;
use crate::stream::strip::{Strip64, Strip512};
use crate::stream::{Beat64, Beat512, StreamIn, StreamOut};
use crate::types::{Ipv4Meta, Segment};

/// A segment between its last beat and its verdict.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Pending {
    /// Peer address.
    pub raddr: Bits<32>,
    /// Source port.
    pub rport: Bits<16>,
    /// Destination port.
    pub lport: Bits<16>,
    /// SEG.SEQ.
    pub seq: Bits<32>,
    /// SEG.ACK.
    pub ack: Bits<32>,
    /// The flags byte.
    pub flags: Bits<8>,
    /// SEG.WND.
    pub wnd: Bits<16>,
    /// Header length in words.
    pub offset: Bits<4>,
    /// There are options: the verdict waits for the parser.
    pub options: Bit,
    /// First the segment's bytes by IPv4's account, then the payload's.
    pub len: Bits<16>,
    /// Bytes that IPv4's account leaves to the last beat.
    pub rest: Bits<16>,
    /// Bytes in the last beat.
    pub count: Bits<7>,
    /// To a broadcast or multicast address.
    pub broadcast: Bit,
    /// Truncated header, impossible data offset, or port 0.
    pub malformed: Bit,
    /// The beats are fewer or more than IPv4's account.
    pub torn: Bit,
    /// SEG.SEQ + payload + SYN + FIN.
    pub end: Bits<32>,
}

macro_rules! rx {
    ($name:ident, $beat:ident, $w:tt, $k:tt, $header:ident, $sum:ident, $count:ident, $n:tt, $strip:ident, $staging:ident) => {
        #[doc = concat!("TCP receive at ", stringify!($w), " bits.")]
        #[derive(LogicBlock)]
        pub struct $name {
            pub clock: Signal<In, Clock>,
            pub reset: Signal<In, Bit>,
            /// IPv4 payloads of protocol 6; byte 0 is the TCP header's.
            pub inp: StreamIn<$beat>,
            /// Of the packet at `inp`, stable from its first beat to its last.
            pub meta: Signal<In, Ipv4Meta>,
            /// One per good segment, in the order of arrival.
            pub segment: StreamOut<Segment>,
            /// The payloads of the segments with `len > 0`, a frame each, in the same order.
            pub payload: StreamOut<$beat>,
            /// Nothing is between `inp` and `segment`, and no payload is staged.
            pub idle: Signal<Out, Bit>,
            /// Pulse: a segment with a wrong checksum was dropped.
            pub stat_checksum: Signal<Out, Bit>,
            /// Pulse: a segment of less than 20 bytes, with an impossible data offset, or from or to port 0 was dropped.
            pub stat_malformed: Signal<Out, Bit>,
            /// Pulse: a segment with an option of impossible length was dropped.
            pub stat_bad_option: Signal<Out, Bit>,
            /// Pulse: a segment to a broadcast or multicast address was dropped (RFC 9293, MUST-57).
            pub stat_broadcast: Signal<Out, Bit>,
            /// Pulse: a segment was dropped whole because staging or the segment queue was full.
            pub stat_overflow: Signal<Out, Bit>,
            // Cycle 1.
            beat1: DFF<$beat>,
            meta1: DFF<Ipv4Meta>,
            valid1: DFF<Bit>,
            /// Of the beat in cycle 1.
            index: DFF<Bits<4>>,
            /// What IPv4's account leaves to this beat and those behind it, when `index` is not 0.
            remaining: DFF<Bits<16>>,
            go: Signal<Local, Bit>,
            starts: Signal<Local, Bit>,
            ends: Signal<Local, Bit>,
            data: Signal<Local, Bits<$w>>,
            keep: Signal<Local, Bits<$k>>,
            rest: Signal<Local, Bits<16>>,
            fields: Signal<Local, Fields>,
            has_options: Signal<Local, Bit>,
            offset: Signal<Local, Bits<4>>,
            option_words: Signal<Local, Bits<4>>,
            strip_words: Signal<Local, Bits<4>>,
            lane: Constant<Bits<16>>,
            header: $header,
            count: $count,
            adder: $sum,
            strip: $strip,
            staging: $staging,
            options: Options,
            empty: DFF<Bit>,
            /// A segment with options has ended and waits for its verdict: no beat passes.
            blocked: DFF<Bit>,
            parse: DFF<Bit>,
            option_length: DFF<Bits<6>>,
            // The pseudo-header.
            src: Signal<Local, Bits<32>>,
            dst: Signal<Local, Bits<32>>,
            source: DFF<Bits<17>>,
            destination: DFF<Bits<17>>,
            /// Protocol 6 and the TCP length.
            protocol: DFF<Bits<17>>,
            pseudo_save: ThreeToTwo<19>,
            pseudo_sum: Signal<Local, Bits<19>>,
            pseudo: DFF<Bits<32>>,
            // Cycles 2 to 4.
            starts2: DFF<Bit>,
            starts3: DFF<Bit>,
            go2: DFF<Bit>,
            go3: DFF<Bit>,
            ends2: DFF<Bit>,
            ends3: DFF<Bit>,
            ends4: DFF<Bit>,
            pending2: DFF<Pending>,
            pending3: DFF<Pending>,
            pending4: DFF<Pending>,
            length: Signal<Local, Bits<17>>,
            payload_len: Signal<Local, Bits<17>>,
            end_save: ThreeToTwo<32>,
            fin_carry: Signal<Local, Bits<32>>,
            flags3: Signal<Local, Bits<8>>,
            flags4: Signal<Local, Bits<8>>,
            sum_from: Signal<Local, Bits<32>>,
            total: DFF<Bits<32>>,
            // The verdict.
            halves: Signal<Local, Bits<16>>,
            sum_right: Signal<Local, Bit>,
            waits: DFF<Bit>,
            parsed: Signal<Local, Bit>,
            verdict: Signal<Local, Bit>,
            fine: Signal<Local, Bit>,
            room: Signal<Local, Bit>,
            good: Signal<Local, Bit>,
            record: Signal<Local, Segment>,
            last: Signal<Local, Pending>,
            queue: SmallFifo<Segment, 4, 5>,
        }

        impl Default for $name {
            fn default() -> Self {
                Self {
                    lane: Constant::new($k.into()),
                    clock: Default::default(),
                    reset: Default::default(),
                    inp: Default::default(),
                    meta: Default::default(),
                    segment: Default::default(),
                    payload: Default::default(),
                    idle: Default::default(),
                    stat_checksum: Default::default(),
                    stat_malformed: Default::default(),
                    stat_bad_option: Default::default(),
                    stat_broadcast: Default::default(),
                    stat_overflow: Default::default(),
                    beat1: Default::default(),
                    meta1: Default::default(),
                    valid1: Default::default(),
                    index: Default::default(),
                    remaining: Default::default(),
                    go: Default::default(),
                    starts: Default::default(),
                    ends: Default::default(),
                    data: Default::default(),
                    keep: Default::default(),
                    rest: Default::default(),
                    fields: Default::default(),
                    has_options: Default::default(),
                    offset: Default::default(),
                    option_words: Default::default(),
                    strip_words: Default::default(),
                    header: Default::default(),
                    count: Default::default(),
                    adder: Default::default(),
                    strip: Default::default(),
                    staging: Default::default(),
                    options: Default::default(),
                    empty: Default::default(),
                    blocked: Default::default(),
                    parse: Default::default(),
                    option_length: Default::default(),
                    src: Default::default(),
                    dst: Default::default(),
                    source: Default::default(),
                    destination: Default::default(),
                    protocol: Default::default(),
                    pseudo_save: Default::default(),
                    pseudo_sum: Default::default(),
                    pseudo: Default::default(),
                    starts2: Default::default(),
                    starts3: Default::default(),
                    go2: Default::default(),
                    go3: Default::default(),
                    ends2: Default::default(),
                    ends3: Default::default(),
                    ends4: Default::default(),
                    pending2: Default::default(),
                    pending3: Default::default(),
                    pending4: Default::default(),
                    length: Default::default(),
                    payload_len: Default::default(),
                    end_save: Default::default(),
                    fin_carry: Default::default(),
                    flags3: Default::default(),
                    flags4: Default::default(),
                    sum_from: Default::default(),
                    total: Default::default(),
                    halves: Default::default(),
                    sum_right: Default::default(),
                    waits: Default::default(),
                    parsed: Default::default(),
                    verdict: Default::default(),
                    fine: Default::default(),
                    room: Default::default(),
                    good: Default::default(),
                    record: Default::default(),
                    last: Default::default(),
                    queue: Default::default(),
                }
            }
        }

        impl Logic for $name {
            crate::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                dff_setup!(
                    self,
                    clock,
                    beat1,
                    meta1,
                    valid1,
                    index,
                    remaining,
                    empty,
                    blocked,
                    parse,
                    option_length,
                    source,
                    destination,
                    protocol,
                    pseudo,
                    starts2,
                    starts3,
                    go2,
                    go3,
                    ends2,
                    ends3,
                    ends4,
                    pending2,
                    pending3,
                    pending4,
                    total,
                    waits
                );
                clock!(self, clock, header, adder, strip, staging, options, queue);
                self.strip.reset.next = self.reset.val();
                self.staging.reset.next = self.reset.val();
                self.options.reset.next = self.reset.val();
                self.queue.reset.next = self.reset.val();

                // Cycle 0.
                self.inp.ready.next = !self.blocked.q.val() | !self.valid1.q.val();
                if self.inp.ready.val() {
                    self.beat1.d.next = self.inp.data.val();
                    self.meta1.d.next = self.meta.val();
                    self.valid1.d.next = self.inp.valid.val();
                }

                // Cycle 1: fields, lengths, words, and the header off.
                self.go.next = self.valid1.q.val() & !self.blocked.q.val();
                self.data.next = self.beat1.q.val().data;
                self.keep.next = self.beat1.q.val().keep;
                self.starts.next = self.index.q.val() == 0;
                self.ends.next = self.go.val() & self.beat1.q.val().last;
                self.rest.next = self.remaining.q.val();
                if self.starts.val() {
                    self.rest.next = self.meta1.q.val().len;
                }
                if self.go.val() {
                    self.remaining.d.next = self.rest.val() - self.lane.val();
                    if !self.index.q.val().all() {
                        self.index.d.next = self.index.q.val() + 1;
                    }
                    if self.beat1.q.val().last {
                        self.index.d.next = 0.into();
                    }
                }
                self.header.data.next = self.data.val();
                self.header.go.next = self.go.val();
                self.header.last.next = self.beat1.q.val().last;
                self.header.index.next = self.index.q.val();
                self.fields.next = self.header.fields.val();
                self.count.keep.next = self.keep.val();
                self.adder.data.next = self.data.val();
                self.adder.keep.next = self.keep.val();

                // An impossible data offset is taken as 5 here, and refused later.
                self.offset.next = self.header.offset.val();
                if self.header.offset.val() < 5 {
                    self.offset.next = 5.into();
                }
                self.has_options.next = self.offset.val() != 5;
                // Of the first two of the narrow stream's beats nothing is left, whatever the last segment's header was.
                self.strip_words.next = self.header.settled_offset.val();
                if self.header.settled_offset.val() < 5 {
                    self.strip_words.next = 5.into();
                }
                self.strip.length.next = bit_cast::<7, 4>(self.strip_words.val()) << 2;
                self.strip.inp.data.next = self.beat1.q.val();
                self.strip.inp.valid.next = self.go.val();
                self.strip.out.ready.next = true;
                self.staging.beat.next = self.strip.out.data.val();
                self.staging.valid.next = self.strip.out.valid.val();
                // One cycle later, so that it comes behind the last beat of the frame before.
                self.empty.d.next = self.strip.too_short.val();
                self.staging.empty.next = self.empty.q.val();

                // Options: parsed when they are all there, or the segment is over.
                self.parse.d.next = self.go.val() & self.has_options.val() & self.header.complete.val();
                self.option_words.next = self.offset.val() - 5;
                self.option_length.d.next = bit_cast::<6, 4>(self.option_words.val()) << 2;
                if !self.go.val() {
                    self.option_length.d.next = self.option_length.q.val();
                }
                self.options.start.next = self.parse.q.val();
                self.header.position.next = self.options.position.val();
                self.options.bytes.next = self.header.options.val();
                self.options.length.next = self.option_length.q.val();
                if self.ends.val() {
                    self.blocked.d.next = self.has_options.val();
                }

                self.pending2.d.next.raddr = self.meta1.q.val().src;
                self.pending2.d.next.rport = self.fields.val().sport;
                self.pending2.d.next.lport = self.fields.val().dport;
                self.pending2.d.next.seq = self.fields.val().seq;
                self.pending2.d.next.ack = self.fields.val().ack;
                self.pending2.d.next.flags = self.fields.val().flags;
                self.pending2.d.next.wnd = self.fields.val().wnd;
                self.pending2.d.next.offset = self.fields.val().offset;
                self.pending2.d.next.options = self.has_options.val();
                self.pending2.d.next.len = self.meta1.q.val().len;
                self.pending2.d.next.rest = self.rest.val();
                self.pending2.d.next.count = bit_cast::<7, $n>(self.count.count.val());
                self.pending2.d.next.broadcast = self.meta1.q.val().broadcast;
                if !self.ends.val() {
                    self.pending2.d.next = self.pending2.q.val();
                }
                self.go2.d.next = self.go.val();
                self.starts2.d.next = self.starts.val();
                self.ends2.d.next = self.ends.val();
                self.src.next = self.meta1.q.val().src;
                self.dst.next = self.meta1.q.val().dst;
                self.source.d.next = bit_cast::<17, 16>(self.src.val().get_bits::<16>(16))
                    + bit_cast::<17, 16>(self.src.val().get_bits::<16>(0));
                self.destination.d.next = bit_cast::<17, 16>(self.dst.val().get_bits::<16>(16))
                    + bit_cast::<17, 16>(self.dst.val().get_bits::<16>(0));
                self.protocol.d.next = bit_cast::<17, 16>(self.meta1.q.val().len) + 6;

                // Cycle 2: lengths, and the pseudo-header's sum.
                self.pseudo_save.a.next = bit_cast::<19, 17>(self.source.q.val());
                self.pseudo_save.b.next = bit_cast::<19, 17>(self.destination.q.val());
                self.pseudo_save.c.next = bit_cast::<19, 17>(self.protocol.q.val());
                self.pseudo_sum.next = self.pseudo_save.x.val() + self.pseudo_save.y.val();
                self.pseudo.d.next = bit_cast::<32, 19>(self.pseudo_sum.val());
                self.go3.d.next = self.go2.q.val();
                self.starts3.d.next = self.starts2.q.val();
                self.ends3.d.next = self.ends2.q.val();
                self.length.next = bit_cast::<17, 4>(self.pending2.q.val().offset) << 2;
                self.payload_len.next = bit_cast::<17, 16>(self.pending2.q.val().len) - self.length.val();
                self.pending3.d.next = self.pending2.q.val();
                self.pending3.d.next.len = self.payload_len.val().get_bits::<16>(0);
                self.pending3.d.next.malformed = (self.pending2.q.val().offset < 5)
                    | (self.pending2.q.val().len < 20)
                    | self.payload_len.val().get_bit(16)
                    | (self.pending2.q.val().rport == 0)
                    | (self.pending2.q.val().lport == 0);
                self.pending3.d.next.torn =
                    self.pending2.q.val().rest != bit_cast::<16, 7>(self.pending2.q.val().count);

                // Cycle 3: SEG.SEQ + SEG.LEN, and the sum over the beats.
                self.flags3.next = self.pending3.q.val().flags;
                // FIN stands where the carries leave a bit free.
                self.end_save.a.next = self.pending3.q.val().seq;
                self.end_save.b.next = bit_cast::<32, 16>(self.pending3.q.val().len);
                self.end_save.c.next = bit_cast::<32, 1>(self.flags3.val().get_bits::<1>(1));
                self.fin_carry.next =
                    self.end_save.y.val() | bit_cast::<32, 1>(self.flags3.val().get_bits::<1>(0));
                self.pending4.d.next = self.pending3.q.val();
                self.pending4.d.next.end = self.end_save.x.val() + self.fin_carry.val();
                self.ends4.d.next = self.ends3.q.val();
                self.sum_from.next = self.total.q.val();
                if self.starts3.q.val() {
                    self.sum_from.next = self.pseudo.q.val();
                }
                if self.go3.q.val() {
                    self.total.d.next = self.sum_from.val() + self.adder.sum.val() + self.adder.carries.val();
                }

                // Cycle 4: the verdict. The total is right if it gives 0xffff, folded once, or 0x1fffe: if one half is the other's
                // complement, or both are all ones. That takes no carry.
                self.halves.next =
                    self.total.q.val().get_bits::<16>(0) ^ self.total.q.val().get_bits::<16>(16);
                self.sum_right.next = self.halves.val().all() | self.total.q.val().all();
                self.last.next = self.pending4.q.val();
                self.parsed.next = !self.last.val().options | self.options.done.val();
                self.verdict.next = (self.ends4.q.val() | self.waits.q.val()) & self.parsed.val();
                if self.ends4.q.val() {
                    self.waits.d.next = true;
                }
                if self.verdict.val() {
                    self.waits.d.next = false;
                    if self.last.val().options {
                        self.blocked.d.next = false;
                    }
                }
                self.stat_broadcast.next = false;
                self.stat_malformed.next = false;
                self.stat_checksum.next = false;
                self.stat_bad_option.next = false;
                self.fine.next = false;
                if self.verdict.val() {
                    // A torn segment has been counted by ipv4::Rx.
                    if !self.last.val().torn {
                        if self.last.val().broadcast {
                            self.stat_broadcast.next = true;
                        } else if self.last.val().malformed {
                            self.stat_malformed.next = true;
                        } else if !self.sum_right.val() {
                            self.stat_checksum.next = true;
                        } else if self.last.val().options & self.options.bad.val() {
                            self.stat_bad_option.next = true;
                        } else {
                            self.fine.next = true;
                        }
                    }
                }
                self.room.next = self.queue.inp.ready.val() & self.staging.fits.val();
                self.good.next = self.fine.val() & self.room.val();
                self.stat_overflow.next = self.fine.val() & !self.room.val();
                self.staging.judge.next = self.verdict.val();
                self.staging.good.next = self.good.val();

                self.record.next.raddr = self.last.val().raddr;
                self.record.next.rport = self.last.val().rport;
                self.record.next.lport = self.last.val().lport;
                self.record.next.seq = self.last.val().seq;
                self.record.next.ack = self.last.val().ack;
                self.record.next.end = self.last.val().end;
                self.record.next.flags = self.last.val().flags;
                self.record.next.wnd = self.last.val().wnd;
                self.record.next.len = self.last.val().len;
                self.record.next.mss = 0.into();
                self.flags4.next = self.last.val().flags;
                if self.last.val().options & self.flags4.val().get_bit(1) {
                    self.record.next.mss = self.options.mss.val();
                }
                self.queue.inp.data.next = self.record.val();
                self.queue.inp.valid.next = self.good.val();
                StreamOut::<Segment>::link(&mut self.segment, &mut self.queue.out);
                StreamOut::<$beat>::link(&mut self.payload, &mut self.staging.out);

                self.idle.next = !self.valid1.q.val()
                    & self.starts.val()
                    & !self.ends2.q.val()
                    & !self.ends3.q.val()
                    & !self.ends4.q.val()
                    & !self.waits.q.val()
                    & !self.queue.out.valid.val()
                    & self.staging.idle.val();
                if self.reset.val() {
                    self.valid1.d.next = false;
                    self.index.d.next = 0.into();
                    self.empty.d.next = false;
                    self.blocked.d.next = false;
                    self.parse.d.next = false;
                    self.go2.d.next = false;
                    self.go3.d.next = false;
                    self.ends2.d.next = false;
                    self.ends3.d.next = false;
                    self.ends4.d.next = false;
                    self.waits.d.next = false;
                }
            }
        }
    };
}
rx!(Rx64, Beat64, 64, 8, Header64, Sum64, KeepCount8, 4, Strip64, Staging64);
rx!(Rx512, Beat512, 512, 64, Header512, Sum512, KeepCount64, 7, Strip512, Staging512);

#[cfg(test)]
#[path = "tests/rx.rs"]
mod tests;
