// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Rx64`], [`Rx512`]: check received IPv4 packets and take the header off.

use rust_hdl::prelude::*;

use super::header_sum::{HeaderSum64, HeaderSum512};
use crate::eth::head::{Head64, Head512};
use crate::stream::strip::{Strip64, Strip512};
use crate::stream::trim::{Trim64, Trim512};
use crate::stream::{Beat64, Beat512, StreamIn, StreamOut};
use crate::types::{Config, Ipv4Meta};

/// What becomes of the packet under way.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum RxState {
    /// No packet, or not yet its first 20 bytes.
    Idle,
    /// Options are passing.
    Options,
    /// The header is complete: first cycle of the checks.
    Check,
    /// Second cycle of the checks.
    Verdict,
    /// The payload goes out.
    Pass,
    /// The packet is dropped.
    Drop,
}

macro_rules! ipv4_rx {
    ($name:ident, $beat:ident, $head:ident, $sum:ident, $strip:ident by $ihl:ident, $trim:ident) => {
        /// Good unfragmented packets to our address (or a broadcast address) leave without header, options and padding; TCP and
        /// ICMP have an output each. Every other packet is dropped and counted once.
        ///
        /// The verdict takes two cycles a packet, in which the input waits.
        #[derive(LogicBlock, Default)]
        pub struct $name {
            pub clock: Signal<In, Clock>,
            pub reset: Signal<In, Bit>,
            pub cfg: Signal<In, Config>,
            /// Packets with padding.
            pub inp: StreamIn<$beat>,
            /// Ethernet source address of the packet at `inp`.
            pub smac: Signal<In, Bits<48>>,
            /// The packet at `inp` came in a broadcast frame.
            pub broadcast: Signal<In, Bit>,
            /// Payloads of protocol 6.
            pub tcp: StreamOut<$beat>,
            /// Payloads of protocol 1.
            pub icmp: StreamOut<$beat>,
            /// Goes with the packet on `tcp` or `icmp`.
            pub meta: Signal<Out, Ipv4Meta>,
            /// With the last beat on `tcp` or `icmp`: the frame ended before the total length; the packet is to be dropped.
            pub too_short: Signal<Out, Bit>,
            /// Dropped: version is not 4, or IHL below 5.
            pub stat_bad_header: Signal<Out, Bit>,
            /// Dropped: header checksum.
            pub stat_bad_checksum: Signal<Out, Bit>,
            /// Dropped: total length below the header length, or no payload.
            pub stat_bad_length: Signal<Out, Bit>,
            /// Dropped, here or (`too_short`) behind the output: the frame ends before the header or the total length. Never together
            /// with `stat_bad_length`, so that the two may share a counter.
            pub stat_truncated: Signal<Out, Bit>,
            /// Dropped: a fragment (RFC 791: MF, or an offset).
            pub stat_fragment: Signal<Out, Bit>,
            /// Dropped: impossible source (RFC 1122, 3.2.1.3; our own address too).
            pub stat_bad_source: Signal<Out, Bit>,
            /// Dropped: destination.
            pub stat_not_for_us: Signal<Out, Bit>,
            /// Dropped: protocol.
            pub stat_unknown_protocol: Signal<Out, Bit>,
            /// Part of a packet is inside.
            pub busy: Signal<Out, Bit>,
            head: $head<192, 128>,
            sum: $sum,
            strip: $strip,
            trim: $trim,
            state: DFF<RxState>,
            /// The last beat of the packet under way has been taken.
            ended: DFF<Bit>,
            /// It had nothing behind its header; and it had its header's fixed part.
            short: DFF<Bit>,
            short_behind: DFF<Bit>,
            /// Packets that ended before their header did and are not counted yet.
            cut: DFF<Bits<2>>,
            // The input side.
            /// Of the packet under way or the last one; as its difference from the usual 5, so that it is right after power-up too.
            held_unusual: DFF<Bits<4>>,
            held_ihl: Signal<Local, Bits<4>>,
            held_short: DFF<Bit>,
            first: Signal<Local, Bits<4>>,
            /// Words of the header, five at least; and the field says less.
            ihl: Signal<Local, Bits<4>>,
            short_ihl: Signal<Local, Bit>,
            length: Signal<Local, Bits<7>>,
            bad_length: Signal<Local, Bit>,
            header_in: Signal<Local, Bit>,
            vacant: Signal<Local, Bit>,
            current: Signal<Local, Bit>,
            torn: Signal<Local, Bit>,
            count_cut: Signal<Local, Bit>,
            verdict: Signal<Local, Bit>,
            good: Signal<Local, Bit>,
            finishing: Signal<Local, Bit>,
            admit: Signal<Local, Bit>,
            taken: Signal<Local, Bit>,
            last: Signal<Local, Bit>,
            // The header.
            head_length: Signal<Local, Bits<17>>,
            total: Signal<Local, Bits<17>>,
            flags_offset: Signal<Local, Bits<14>>,
            version: DFF<Bits<4>>,
            bad_ihl: DFF<Bit>,
            /// Payload bytes: total length less header length, with the borrow on top.
            payload: DFF<Bits<17>>,
            last_byte: DFF<Bits<16>>,
            fragment: DFF<Bit>,
            protocol: DFF<Bits<8>>,
            src: DFF<Bits<32>>,
            dst: DFF<Bits<32>>,
            from: DFF<Bits<48>>,
            to_all: DFF<Bit>,
            // The checks.
            mask: Signal<Local, Bits<32>>,
            subnet_broadcast: Signal<Local, Bits<32>>,
            has_broadcast: Signal<Local, Bit>,
            src_top: Signal<Local, Bits<8>>,
            src_bad: DFF<Bit>,
            dst_own: DFF<Bit>,
            dst_broadcast: DFF<Bit>,
            is_tcp: Signal<Local, Bit>,
            is_icmp: Signal<Local, Bit>,
            // The output side.
            passing: Signal<Local, Bit>,
            out_ready: Signal<Local, Bit>,
            strip_done: Signal<Local, Bit>,
        }

        impl Logic for $name {
            crate::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                dff_setup!(
                    self,
                    clock,
                    state,
                    ended,
                    short,
                    short_behind,
                    cut,
                    held_unusual,
                    held_short,
                    version,
                    bad_ihl,
                    payload,
                    last_byte,
                    fragment,
                    protocol
                );
                dff_setup!(self, clock, src, dst, from, to_all, src_bad, dst_own, dst_broadcast);
                clock!(self, clock, head, sum, strip, trim);
                self.head.reset.next = self.reset.val();
                self.strip.reset.next = self.reset.val();
                self.trim.reset.next = self.reset.val();

                // The output side. What leaves the header strip in `Pass` goes out, in `Drop` it is discarded.
                self.passing.next = self.state.q.val() == RxState::Pass;
                self.is_tcp.next = self.protocol.q.val() == 6;
                self.is_icmp.next = self.protocol.q.val() == 1;
                self.out_ready.next = self.icmp.ready.val();
                if self.is_tcp.val() {
                    self.out_ready.next = self.tcp.ready.val();
                }
                // Without payload no packet passes. The register is right before the packet is in `Pass`.
                self.last_byte.d.next = self.payload.q.val().get_bits::<16>(0) - 1;
                self.trim.last_byte.next = self.last_byte.q.val();
                self.trim.inp.data.next = self.strip.out.data.val();
                self.trim.inp.valid.next = self.strip.out.valid.val() & self.passing.val();
                self.trim.out.ready.next = self.out_ready.val();
                self.strip.out.ready.next =
                    (self.passing.val() & self.trim.inp.ready.val()) | (self.state.q.val() == RxState::Drop);
                self.strip_done.next =
                    self.strip.out.valid.val() & self.strip.out.ready.val() & self.strip.out.data.val().last;
                self.tcp.data.next = self.trim.out.data.val();
                self.icmp.data.next = self.trim.out.data.val();
                self.tcp.valid.next = self.trim.out.valid.val() & self.is_tcp.val();
                self.icmp.valid.next = self.trim.out.valid.val() & !self.is_tcp.val();
                self.too_short.next = self.trim.too_short.val();
                self.meta.next.src = self.src.q.val();
                self.meta.next.dst = self.dst.q.val();
                self.meta.next.len = self.payload.q.val().get_bits::<16>(0);
                self.meta.next.smac = self.from.q.val();
                self.meta.next.broadcast = self.to_all.q.val() | self.dst_broadcast.q.val();

                // The input side. The beat that completes the header's fixed part waits for the packet before. `finishing`
                // is that packet's `strip_done`, without looking at a `valid` that depends on the input.
                self.finishing.next = self.ended.q.val() & self.strip.out.ready.val();
                self.vacant.next = (self.state.q.val() == RxState::Idle) | self.finishing.val();
                self.admit.next = !self.head.complete.val() | self.vacant.val();
                self.strip.inp.data.next = self.inp.data.val();
                self.strip.inp.valid.next = self.inp.valid.val() & self.admit.val();
                self.inp.ready.next = self.strip.inp.ready.val() & self.admit.val();
                self.taken.next = self.inp.valid.val() & self.inp.ready.val();
                self.last.next = self.inp.data.val().last;
                self.head.data.next = self.inp.data.val().data;
                self.head.last.next = self.last.val();
                self.head.take.next = self.taken.val();

                // The header strip must know the length with the first beat.
                self.first.next = self.head.data.val().get_bits::<4>(0);
                self.held_ihl.next = self.held_unusual.q.val() ^ 5;
                self.ihl.next = self.held_ihl.val();
                self.short_ihl.next = self.held_short.q.val();
                if !self.head.in_frame.val() {
                    self.ihl.next = self.first.val();
                    self.short_ihl.next = self.first.val() < 5;
                    if self.first.val() < 5 {
                        self.ihl.next = 5.into();
                    }
                }
                self.held_unusual.d.next = self.ihl.val() ^ 5;
                self.held_short.d.next = self.short_ihl.val();
                self.length.next = bit_cast::<7, 4>(self.ihl.val()) << 2;
                // Of a first narrow beat nothing is left, whatever the last packet's header was: there a register will do.
                self.strip.length.next = bit_cast::<7, 4>(self.$ihl.val()) << 2;
                self.sum.data.next = self.head.data.val();
                self.sum.take.next = self.taken.val();
                self.sum.index.next = self.head.index.val();
                self.sum.ihl.next = self.ihl.val();

                // The fixed part of the header.
                self.header_in.next = self.taken.val() & self.head.complete.val();
                self.total.next = bit_cast::<17, 16>(self.head.bytes.val().get_bits::<16>(160));
                self.head_length.next = bit_cast::<17, 7>(self.length.val());
                self.flags_offset.next = self.head.bytes.val().get_bits::<14>(128);
                // Written as soon as nobody looks at the last packet's any more, and for the last time when the beat is taken.
                if self.head.complete.val() & self.vacant.val() {
                    self.version.d.next = self.head.bytes.val().get_bits::<4>(188);
                    self.bad_ihl.d.next = self.short_ihl.val();
                    self.payload.d.next = self.total.val() - self.head_length.val();
                    self.fragment.d.next = self.flags_offset.val().any();
                    self.protocol.d.next = self.head.bytes.val().get_bits::<8>(112);
                    self.src.d.next = self.head.bytes.val().get_bits::<32>(64);
                    self.dst.d.next = self.head.bytes.val().get_bits::<32>(32);
                    self.from.d.next = self.smac.val();
                    self.to_all.d.next = self.broadcast.val();
                }

                // First cycle of the checks.
                self.mask.next = self.cfg.val().mask;
                self.subnet_broadcast.next = self.cfg.val().addr | !self.mask.val();
                self.has_broadcast.next = !self.mask.val().get_bits::<2>(0).any();
                self.src_top.next = self.src.q.val().get_bits::<8>(24);
                self.src_bad.d.next = (self.src.q.val() == self.cfg.val().addr)
                    | (self.src_top.val() == 127)
                    | (self.src_top.val().get_bits::<4>(4) == 14)
                    | !self.src.q.val().any()
                    | self.src.q.val().all()
                    | (self.has_broadcast.val() & (self.src.q.val() == self.subnet_broadcast.val()));
                self.dst_own.d.next = self.dst.q.val() == self.cfg.val().addr;
                self.dst_broadcast.d.next = self.dst.q.val().all()
                    | (self.has_broadcast.val() & (self.dst.q.val() == self.subnet_broadcast.val()));

                // Second cycle: the verdict. The first objection is the one that is counted.
                self.verdict.next = self.state.q.val() == RxState::Verdict;
                self.bad_length.next = self.payload.q.val().get_bit(16) | !self.payload.q.val().any();
                self.good.next = false;
                self.stat_bad_header.next = false;
                self.stat_bad_checksum.next = false;
                self.stat_bad_length.next = false;
                self.stat_fragment.next = false;
                self.stat_bad_source.next = false;
                self.stat_not_for_us.next = false;
                self.stat_unknown_protocol.next = false;
                if self.verdict.val() {
                    if self.bad_ihl.q.val() | (self.version.q.val() != 4) {
                        self.stat_bad_header.next = true;
                    } else if !self.sum.good.val() {
                        self.stat_bad_checksum.next = true;
                    } else if self.bad_length.val() {
                        self.stat_bad_length.next = true;
                    } else if self.fragment.q.val() {
                        self.stat_fragment.next = true;
                    } else if self.src_bad.q.val() {
                        self.stat_bad_source.next = true;
                    } else if !self.dst_own.q.val() & !self.dst_broadcast.q.val() {
                        self.stat_not_for_us.next = true;
                    } else if !self.is_tcp.val() & !self.is_icmp.val() {
                        self.stat_unknown_protocol.next = true;
                    } else {
                        self.good.next = true;
                    }
                }

                if self.strip_done.val() {
                    self.state.d.next = RxState::Idle;
                    self.ended.d.next = false;
                } else if self.taken.val() & self.last.val() & self.head.past.val() {
                    self.ended.d.next = true;
                }
                match self.state.q.val() {
                    RxState::Options => {
                        if self.taken.val() & self.sum.ends.val() {
                            self.state.d.next = RxState::Check;
                        }
                    }
                    RxState::Check => {
                        self.state.d.next = RxState::Verdict;
                    }
                    RxState::Verdict => {
                        self.state.d.next = RxState::Drop;
                        if self.good.val() {
                            self.state.d.next = RxState::Pass;
                        }
                    }
                    _ => {}
                }
                if self.header_in.val() {
                    self.ended.d.next = self.last.val();
                    self.state.d.next = RxState::Options;
                    if self.sum.ends.val() | self.short_ihl.val() {
                        self.state.d.next = RxState::Check;
                    }
                }
                // A cycle later, which is early enough: it is still in `Options` or `Check`.
                self.current.next = self.head.complete.val() | self.head.past.val();
                self.short.d.next = self.strip.too_short.val();
                self.short_behind.d.next = self.strip.too_short.val() & self.current.val();
                if self.short_behind.q.val() {
                    self.state.d.next = RxState::Idle;
                    self.ended.d.next = false;
                }
                self.torn.next = self.trim.too_short.val()
                    & self.trim.out.valid.val()
                    & self.out_ready.val()
                    & self.trim.out.data.val().last;
                self.count_cut.next = self.cut.q.val().any() & !self.torn.val() & !self.stat_bad_length.val();
                self.stat_truncated.next = self.torn.val() | self.count_cut.val();
                if self.short.q.val() & !self.count_cut.val() {
                    self.cut.d.next = self.cut.q.val() + 1;
                } else if self.count_cut.val() & !self.short.q.val() {
                    self.cut.d.next = self.cut.q.val() - 1;
                }
                self.busy.next = self.head.in_frame.val()
                    | self.short.q.val()
                    | self.cut.q.val().any()
                    | self.strip.out.valid.val()
                    | (self.state.q.val() != RxState::Idle);

                if self.reset.val() {
                    self.state.d.next = RxState::Idle;
                    self.ended.d.next = false;
                    self.short.d.next = false;
                    self.short_behind.d.next = false;
                    self.cut.d.next = 0.into();
                }
            }
        }
    };
}
ipv4_rx!(Rx64, Beat64, Head64, HeaderSum64, Strip64 by held_ihl, Trim64);
ipv4_rx!(Rx512, Beat512, Head512, HeaderSum512, Strip512 by ihl, Trim512);

#[cfg(test)]
#[path = "tests/rx.rs"]
mod tests;
