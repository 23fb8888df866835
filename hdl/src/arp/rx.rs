// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Rx64`], [`Rx512`]: read received ARP packets.

use rust_hdl::prelude::*;

use super::ArpSeen;
use crate::eth::head::{Head64, Head512};
use crate::stream::{Beat64, Beat512, StreamIn, StreamOut};
use crate::types::Config;

macro_rules! arp_rx {
    ($name:ident, $beat:ident, $k:tt, $head:ident, last lane $lane:tt) => {
        /// ARP packets become records, if need be one a cycle. The input never waits: a good packet that finds the last record
        /// still there is dropped. The counting pulses come one at a time.
        #[derive(LogicBlock, Default)]
        pub struct $name {
            pub clock: Signal<In, Clock>,
            pub reset: Signal<In, Bit>,
            pub cfg: Signal<In, Config>,
            /// ARP packets with padding.
            pub inp: StreamIn<$beat>,
            pub out: StreamOut<ArpSeen>,
            /// Dropped: not 28 bytes, not for Ethernet and IPv4, neither request nor reply, or with a sender that can't be.
            pub stat_bad: Signal<Out, Bit>,
            /// Dropped: the last record is still there.
            pub stat_overrun: Signal<Out, Bit>,
            /// The sender uses our IPv4 address; the packet is ignored.
            pub stat_conflict: Signal<Out, Bit>,
            /// Part of a packet, or a record, is inside.
            pub busy: Signal<Out, Bit>,
            head: $head<256, 192>,
            /// The packet's fields are there and must be checked.
            fresh: DFF<Bit>,
            /// A packet has ended too early.
            cut: DFF<Bit>,
            record: DFF<ArpSeen>,
            valid: DFF<Bit>,
            formats: DFF<Bits<48>>,
            operation: DFF<Bits<16>>,
            mac: DFF<Bits<48>>,
            addr: DFF<Bits<32>>,
            target: DFF<Bits<32>>,
            keep: Signal<Local, Bits<$k>>,
            whole: Signal<Local, Bit>,
            arrived: Signal<Local, Bit>,
            good: Signal<Local, Bit>,
            sender_bad: Signal<Local, Bit>,
            request: Signal<Local, Bit>,
            for_us: Signal<Local, Bit>,
            conflict: Signal<Local, Bit>,
        }

        impl Logic for $name {
            crate::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                dff_setup!(self, clock, fresh, cut, record, valid, formats, operation, mac, addr, target);
                clock!(self, clock, head);
                self.head.reset.next = self.reset.val();
                self.inp.ready.next = true;
                self.head.data.next = self.inp.data.val().data;
                self.head.last.next = self.inp.data.val().last;
                self.head.take.next = self.inp.valid.val();
                self.keep.next = self.inp.data.val().keep;
                self.whole.next = self.head.complete.val() & self.keep.val().get_bit($lane);
                self.arrived.next = self.inp.valid.val() & self.whole.val();

                // RFC 826's checks: hardware, protocol, their lengths, operation. Then the sender's addresses.
                self.request.next = self.operation.q.val() == 1;
                self.for_us.next = self.target.q.val() == self.cfg.val().addr;
                self.conflict.next = self.addr.q.val() == self.cfg.val().addr;
                self.sender_bad.next = self.mac.q.val().get_bit(40)
                    | !self.mac.q.val().any()
                    | self.addr.q.val().get_bits::<3>(29).all();
                self.good.next = (self.formats.q.val() == bits::<48>(0x0001_0800_0604_u64))
                    & (self.request.val() | (self.operation.q.val() == 2))
                    & !self.sender_bad.val();

                self.out.valid.next = self.valid.q.val();
                self.out.data.next = self.record.q.val();
                if self.out.ready.val() {
                    self.valid.d.next = false;
                }
                // A packet is `fresh` or `cut`, one cycle after the beat that decides it.
                self.fresh.d.next = self.arrived.val();
                self.cut.d.next = self.inp.valid.val()
                    & self.inp.data.val().last
                    & !self.head.past.val()
                    & !self.whole.val();
                self.stat_bad.next = self.cut.q.val();
                self.stat_conflict.next = false;
                self.stat_overrun.next = false;
                // A record that is not good is written too, and not shown.
                if self.fresh.q.val() & (!self.valid.q.val() | self.out.ready.val()) {
                    self.record.d.next.request = self.request.val();
                    self.record.d.next.for_us = self.for_us.val();
                    self.record.d.next.learn = self.addr.q.val().any();
                    self.record.d.next.mac = self.mac.q.val();
                    self.record.d.next.addr = self.addr.q.val();
                }
                if self.fresh.q.val() {
                    if !self.good.val() {
                        self.stat_bad.next = true;
                    } else if self.conflict.val() {
                        self.stat_conflict.next = true;
                    } else if self.valid.q.val() & !self.out.ready.val() {
                        self.stat_overrun.next = true;
                    } else {
                        self.valid.d.next = true;
                    }
                }
                if self.arrived.val() {
                    self.formats.d.next = self.head.bytes.val().get_bits::<48>(208);
                    self.operation.d.next = self.head.bytes.val().get_bits::<16>(192);
                    self.mac.d.next = self.head.bytes.val().get_bits::<48>(144);
                    self.addr.d.next = self.head.bytes.val().get_bits::<32>(112);
                    self.target.d.next = self.head.bytes.val().get_bits::<32>(32);
                }
                self.busy.next =
                    self.head.in_frame.val() | self.fresh.q.val() | self.cut.q.val() | self.valid.q.val();
                if self.reset.val() {
                    self.fresh.d.next = false;
                    self.cut.d.next = false;
                    self.valid.d.next = false;
                }
            }
        }
    };
}
arp_rx!(Rx64, Beat64, 8, Head64, last lane 3);
arp_rx!(Rx512, Beat512, 64, Head512, last lane 27);
