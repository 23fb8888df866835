// SPDX-License-Identifier: MIT OR Apache-2.0
//! TCP receive: checksum, header, options; the payload goes to the staging FIFO, the rest becomes one [`Segment`].

use rust_hdl::prelude::*;

use crate::stream::{Beat64, Beat512, StreamIn, StreamOut};
use crate::types::{Ipv4Meta, Segment};

macro_rules! rx {
    ($(#[$doc:meta])* $name:ident, $beat:ident) => {
        $(#[$doc])*
        #[derive(LogicBlock, Default)]
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
            /// Pulse: a truncated segment, or one with an impossible data offset, was dropped.
            pub stat_malformed: Signal<Out, Bit>,
            /// Pulse: a segment with an option of impossible length was dropped.
            pub stat_bad_option: Signal<Out, Bit>,
            /// Pulse: a segment to a broadcast or multicast address was dropped.
            pub stat_broadcast: Signal<Out, Bit>,
            /// Pulse: a segment was dropped whole because staging or the segment queue was full.
            pub stat_overflow: Signal<Out, Bit>,
        }
        impl Logic for $name {
            #[hdl_gen]
            fn update(&mut self) {
                self.inp.ready.next = true;
                self.segment.data.next.raddr = self.meta.val().src;
                self.segment.valid.next = false;
                self.payload.data.next = self.inp.data.val();
                self.payload.valid.next = false;
                self.idle.next = true;
                self.stat_checksum.next = false;
                self.stat_malformed.next = false;
                self.stat_bad_option.next = false;
                self.stat_broadcast.next = false;
                self.stat_overflow.next = false;
            }
        }
    };
}
rx!(
    /// TCP receive at 64 bits.
    Rx64, Beat64
);
rx!(
    /// TCP receive at 512 bits.
    Rx512, Beat512
);
