// SPDX-License-Identifier: MIT OR Apache-2.0
//! The payload placer: carries out the verdicts, in order, on the staged payloads.

use rust_hdl::prelude::*;

use crate::stream::{Beat64, Beat512, StreamIn};
use crate::types::Verdict;

macro_rules! placer {
    ($(#[$doc:meta])* $name:ident, $beat:ident, $w:tt, $k:tt) => {
        $(#[$doc])*
        ///
        /// `2^A` flows with rings of `2^R` bytes; `M = A + R`.
        #[derive(LogicBlock, Default)]
        pub struct $name<const A: usize, const R: usize, const M: usize> {
            pub clock: Signal<In, Clock>,
            pub reset: Signal<In, Bit>,
            pub verdict: StreamIn<Verdict>,
            /// The staged payloads, in the order of the verdicts with `staged`.
            pub payload: StreamIn<$beat>,
            /// Write into a receive ring.
            pub ring_valid: Signal<Out, Bit>,
            /// Byte address of lane 0: flow, then ring offset. The write wraps inside the flow's ring.
            pub ring_addr: Signal<Out, Bits<M>>,
            /// The bytes.
            pub ring_data: Signal<Out, Bits<$w>>,
            /// The lanes to write, contiguous from lane 0.
            pub ring_keep: Signal<Out, Bits<$k>>,
            /// The flow whose `placed` pointer is asked for.
            pub placed_flow: Signal<In, Bits<A>>,
            /// One cycle later: everything below this sequence number can be read from the ring.
            pub placed: Signal<Out, Bits<32>>,
            /// Pulse: the `placed` pointer of `notify_flow` has moved.
            pub notify_valid: Signal<Out, Bit>,
            pub notify_flow: Signal<Out, Bits<16>>,
            /// No verdict is being carried out.
            pub idle: Signal<Out, Bit>,
        }
        impl<const A: usize, const R: usize, const M: usize> Logic for $name<A, R, M> {
            #[hdl_gen]
            fn update(&mut self) {
                self.verdict.ready.next = true;
                self.payload.ready.next = true;
                self.ring_valid.next = false;
                self.ring_addr.next = 0.into();
                self.ring_data.next = self.payload.data.val().data;
                self.ring_keep.next = self.payload.data.val().keep;
                self.placed.next = 0.into();
                self.notify_valid.next = false;
                self.notify_flow.next = 0.into();
                self.idle.next = true;
            }
        }
    };
}
placer!(
    /// The placer at 64 bits.
    Placer64, Beat64, 64, 8
);
placer!(
    /// The placer at 512 bits.
    Placer512, Beat512, 512, 64
);
