// SPDX-License-Identifier: MIT OR Apache-2.0
//! TCP send: reads the payload from the transmit ring, sums it, and sends header and payload.

use rust_hdl::prelude::*;

use super::frame::{Frame64, Frame512};
use super::gather::{Gather64, Gather64x8, Gather512};
use crate::stream::{Beat64, Beat512, StreamIn, StreamOut};
use crate::types::{Ipv4Send, TxSegment};

macro_rules! tx {
    ($(#[$doc:meta])* $name:ident, $beat:ident, $rw:tt, $gather:ident, $frame:ident, latency $latency:literal, $data:literal) => {
        $(#[$doc])*
        ///
        /// `2^A` flows with rings of `2^R` bytes; `M = A + R`. A payload has at most 4,096 bytes (64 bits) or 16,384 (512 bits). A segment with an
        /// MSS option has no payload.
        #[derive(LogicBlock, Default)]
        pub struct $name<const A: usize, const R: usize, const M: usize> {
            pub clock: Signal<In, Clock>,
            pub reset: Signal<In, Bit>,
            /// The segments to send.
            pub inp: StreamIn<TxSegment>,
            /// Own IPv4 address.
            pub laddr: Signal<In, Bits<32>>,
            /// Read the ring at `ring_addr`.
            pub ring_read: Signal<Out, Bit>,
            /// Byte address: flow, then ring offset. The read wraps inside the flow's ring.
            pub ring_addr: Signal<Out, Bits<M>>,
            #[doc = concat!($data, ", ", $latency, " cycles later.")]
            pub ring_data: Signal<In, Bits<$rw>>,
            /// TCP header and payload.
            pub out: StreamOut<$beat>,
            /// For `ipv4::Tx`, stable from the first beat to the last.
            pub send: Signal<Out, Ipv4Send>,
            /// No segment is inside.
            pub idle: Signal<Out, Bit>,
            gather: $gather<A, R, M>,
            frame: $frame,
        }

        impl<const A: usize, const R: usize, const M: usize> $name<A, R, M> {
            /// Cycles from `ring_addr` to `ring_data`.
            pub const RING_LATENCY: usize = $latency;
        }

        impl<const A: usize, const R: usize, const M: usize> Logic for $name<A, R, M> {
            crate::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                clock!(self, clock, gather, frame);
                self.gather.reset.next = self.reset.val();
                self.frame.reset.next = self.reset.val();
                StreamIn::<TxSegment>::link(&mut self.inp, &mut self.gather.inp);
                self.gather.laddr.next = self.laddr.val();
                self.ring_read.next = self.gather.ring_read.val();
                self.ring_addr.next = self.gather.ring_addr.val();
                self.gather.ring_data.next = self.ring_data.val();
                self.frame.ready.next = self.gather.ready.val();
                self.frame.segment.next = self.gather.segment.val();
                self.frame.checksum.next = self.gather.checksum.val();
                self.frame.word.next = self.gather.word.val();
                self.gather.sent.next = self.frame.sent.val();
                self.gather.next_word.next = self.frame.next_word.val();
                StreamOut::<$beat>::link(&mut self.out, &mut self.frame.out);
                self.send.next = self.frame.send.val();
                self.idle.next = self.gather.idle.val() & !self.frame.out.valid.val();
            }
        }
    };
}
tx!(
    /// TCP send at 64 bits.
    Tx64, Beat64, 128, Gather64, Frame64, latency 2, "The row of sixteen bytes with `ring_addr` in it"
);
tx!(
    /// [`Tx64`] for a small chip: the payload of a segment is read when the one before has gone.
    Tx64x8, Beat64, 128, Gather64x8, Frame64, latency 2, "The row of sixteen bytes with `ring_addr` in it"
);
tx!(
    /// TCP send at 512 bits.
    Tx512, Beat512, 512, Gather512, Frame512, latency 4, "The bytes from `ring_addr` on"
);

#[cfg(test)]
#[path = "tests/tx.rs"]
mod tests;
