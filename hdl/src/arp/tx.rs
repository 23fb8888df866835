// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Tx64`], [`Tx512`]: build ARP packets.

use rust_hdl::prelude::*;

use super::ArpSend;
use crate::eth::head::NetworkOrder;
use crate::stream::prepend::{Prepend64, Prepend512};
use crate::stream::{Beat64, Beat512, StreamIn, StreamOut};
use crate::types::Config;

macro_rules! arp_tx {
    ($name:ident, $beat:ident, $prepend:ident) => {
        /// Records become packets of 28 bytes. No latency; a record is taken with the last beat.
        #[derive(LogicBlock)]
        pub struct $name {
            pub clock: Signal<In, Clock>,
            pub reset: Signal<In, Bit>,
            pub cfg: Signal<In, Config>,
            pub inp: StreamIn<ArpSend>,
            pub out: StreamOut<$beat>,
            /// The Ethernet destination, stable with the packet.
            pub dmac: Signal<Out, Bits<48>>,
            prepend: $prepend<224>,
            order: NetworkOrder<224>,
            no_payload: Constant<$beat>,
            fixed: Signal<Local, Bits<64>>,
            mac: Signal<Local, Bits<48>>,
            addr: Signal<Local, Bits<32>>,
            target_mac: Signal<Local, Bits<48>>,
            target: Signal<Local, Bits<32>>,
        }

        impl Default for $name {
            fn default() -> Self {
                Self {
                    clock: Default::default(),
                    reset: Default::default(),
                    cfg: Default::default(),
                    inp: Default::default(),
                    out: Default::default(),
                    dmac: Default::default(),
                    prepend: Default::default(),
                    order: Default::default(),
                    no_payload: Constant::new($beat::default()),
                    fixed: Default::default(),
                    mac: Default::default(),
                    addr: Default::default(),
                    target_mac: Default::default(),
                    target: Default::default(),
                }
            }
        }

        impl Logic for $name {
            crate::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                clock!(self, clock, prepend);
                self.prepend.reset.next = self.reset.val();
                self.prepend.inp.data.next = self.no_payload.val();
                self.prepend.inp.valid.next = false;
                self.prepend.has_payload.next = false;
                self.prepend.length.next = 28.into();
                StreamOut::<$beat>::link(&mut self.out, &mut self.prepend.out);

                // Ethernet, IPv4, lengths 6 and 4, request.
                self.fixed.next = 0x0001_0800_0604_0001_u64.into();
                self.target_mac.next = 0.into();
                self.dmac.next = 0xffff_ffff_ffff_u64.into();
                if self.inp.data.val().reply {
                    self.fixed.next = 0x0001_0800_0604_0002_u64.into();
                    self.target_mac.next = self.inp.data.val().mac;
                    self.dmac.next = self.inp.data.val().mac;
                }
                self.mac.next = self.cfg.val().mac;
                self.addr.next = self.cfg.val().addr;
                self.target.next = self.inp.data.val().addr;
                self.order.inp.next = (bit_cast::<224, 64>(self.fixed.val()) << 160)
                    | (bit_cast::<224, 48>(self.mac.val()) << 112)
                    | (bit_cast::<224, 32>(self.addr.val()) << 80)
                    | (bit_cast::<224, 48>(self.target_mac.val()) << 32)
                    | bit_cast::<224, 32>(self.target.val());
                self.prepend.header.data.next = self.order.out.val();
                self.prepend.header.valid.next = self.inp.valid.val();
                self.inp.ready.next = self.prepend.header.ready.val();
            }
        }
    };
}
arp_tx!(Tx64, Beat64, Prepend64);
arp_tx!(Tx512, Beat512, Prepend512);
