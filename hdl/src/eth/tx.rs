// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Tx64`], [`Tx512`]: put the Ethernet header in front of IPv4 and ARP packets.

use rust_hdl::prelude::*;

use super::head::NetworkOrder;
use crate::stream::arbiter::{FrameArbiter64, FrameArbiter512};
use crate::stream::prepend::{Prepend64, Prepend512};
use crate::stream::skid::Stage;
use crate::stream::{Beat64, Beat512, StreamIn, StreamOut};
use crate::types::Config;

macro_rules! eth_tx {
    ($name:ident, $beat:ident, $arbiter:ident, $prepend:ident) => {
        /// IPv4 and ARP packets, in turns, leave as frames without FCS and padding. Latency one cycle (`out` is a
        /// register), no bubbles.
        #[derive(LogicBlock, Default)]
        pub struct $name {
            pub clock: Signal<In, Clock>,
            pub reset: Signal<In, Bit>,
            pub cfg: Signal<In, Config>,
            pub ipv4: StreamIn<$beat>,
            /// Destination of the packet at `ipv4`, stable until its first beat is taken.
            pub ipv4_dmac: Signal<In, Bits<48>>,
            pub arp: StreamIn<$beat>,
            /// Destination of the packet at `arp`, stable until its first beat is taken.
            pub arp_dmac: Signal<In, Bits<48>>,
            pub out: StreamOut<$beat>,
            /// A frame left.
            pub stat_frames: Signal<Out, Bit>,
            /// Part of a frame is inside or waits at an input.
            pub busy: Signal<Out, Bit>,
            arbiter: $arbiter<2>,
            prepend: $prepend<112>,
            stage: Stage<$beat>,
            order: NetworkOrder<112>,
            in_frame: DFF<Bit>,
            dmac: Signal<Local, Bits<48>>,
            smac: Signal<Local, Bits<48>>,
            ethertype: Signal<Local, Bits<16>>,
        }

        impl Logic for $name {
            crate::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                dff_setup!(self, clock, in_frame);
                clock!(self, clock, arbiter, prepend, stage);
                self.arbiter.reset.next = self.reset.val();
                self.prepend.reset.next = self.reset.val();
                self.stage.reset.next = self.reset.val();
                StreamIn::<$beat>::link(&mut self.ipv4, &mut self.arbiter.inp[0]);
                StreamIn::<$beat>::link(&mut self.arp, &mut self.arbiter.inp[1]);
                StreamOut::<$beat>::join(&mut self.arbiter.out, &mut self.prepend.inp);
                StreamOut::<$beat>::join(&mut self.prepend.out, &mut self.stage.inp);
                StreamOut::<$beat>::link(&mut self.out, &mut self.stage.out);

                // `prepend` looks at the header until the payload's first beat is taken, no longer.
                self.smac.next = self.cfg.val().mac;
                self.dmac.next = self.ipv4_dmac.val();
                self.ethertype.next = 0x0800.into();
                if self.arbiter.select.val().get_bit(1) {
                    self.dmac.next = self.arp_dmac.val();
                    self.ethertype.next = 0x0806.into();
                }
                self.order.inp.next = (bit_cast::<112, 48>(self.dmac.val()) << 64)
                    | (bit_cast::<112, 48>(self.smac.val()) << 16)
                    | bit_cast::<112, 16>(self.ethertype.val());
                self.prepend.header.data.next = self.order.out.val();
                self.prepend.header.valid.next = self.arbiter.out.valid.val();
                self.prepend.length.next = 14.into();
                self.prepend.has_payload.next = true;

                if self.prepend.out.valid.val() & self.stage.inp.ready.val() {
                    self.in_frame.d.next = !self.prepend.out.data.val().last;
                }
                self.stat_frames.next =
                    self.out.valid.val() & self.out.ready.val() & self.out.data.val().last;
                self.busy.next =
                    self.in_frame.q.val() | self.arbiter.out.valid.val() | self.stage.out.valid.val();
                if self.reset.val() {
                    self.in_frame.d.next = false;
                }
            }
        }
    };
}
eth_tx!(Tx64, Beat64, FrameArbiter64, Prepend64);
eth_tx!(Tx512, Beat512, FrameArbiter512, Prepend512);

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::sim::{ready, settle, tick};
    use crate::stream::bench::{Beat, Drain, Feed, PACES, Rng, beats, clocked, frames};

    clocked!(Tx64, Tx512);

    macro_rules! check {
        ($block:ident, $beat:ident, $rng:expr) => {
            for (gap, stall) in PACES {
                let mut uut = ready(Box::<$block>::default());
                let mac = [2, 0, 0x5e, 0x10, 0x20, 0x30_u8];
                uut.cfg.next = Config { mac: 0x0200_5e10_2030_u64.into(), ..Default::default() };
                let mut want: [VecDeque<Vec<u8>>; 2] = Default::default();
                let mut dmacs: [VecDeque<Bits<48>>; 2] = Default::default();
                let mut feeds = vec![];
                let mut total = 0;
                for (input, ethertype) in [[8, 0_u8], [8, 6]].into_iter().enumerate() {
                    let mut items: Vec<$beat> = vec![];
                    for round in 0..40 {
                        let len = if round < 20 { 1 + round } else { 1 + $rng.below(200) as usize };
                        let (payload, dmac) = ($rng.bytes(len), $rng.bytes(6));
                        let new = beats::<$beat>(&payload, $rng);
                        let address = dmac.iter().fold(0, |a, byte| a << 8 | u64::from(*byte));
                        dmacs[input].extend(vec![Bits::from(address); new.len()]);
                        items.extend(new);
                        let frame = [&dmac, &mac[..], &ethertype, &payload].concat();
                        total += frame.len().div_ceil(<$beat>::LANES);
                        want[input].push_back(frame);
                    }
                    feeds.push(Feed::new(items, gap));
                }
                let mut drain = Drain::<$beat>::new(stall);
                let (mut cycles, mut left) = (0, 80);
                while left > 0 {
                    uut.ipv4_dmac.next = dmacs[0].front().copied().unwrap_or_default();
                    uut.arp_dmac.next = dmacs[1].front().copied().unwrap_or_default();
                    feeds[0].drive(&mut uut.ipv4, $rng);
                    feeds[1].drive(&mut uut.arp, $rng);
                    drain.drive(&mut uut.out, $rng);
                    settle(&mut *uut);
                    assert!(uut.busy.val() || !uut.out.valid.val());
                    if feeds[0].sample(&uut.ipv4).is_some() {
                        dmacs[0].pop_front();
                    }
                    if feeds[1].sample(&uut.arp).is_some() {
                        dmacs[1].pop_front();
                    }
                    let ended = drain.sample(&uut.out).is_some_and(|beat| beat.last);
                    assert_eq!(uut.stat_frames.val(), ended);
                    if ended {
                        let got = frames(&std::mem::take(&mut drain.got)).remove(0);
                        assert_eq!(Some(&got), want[usize::from(got[13] == 6)].pop_front().as_ref());
                        left -= 1;
                    }
                    tick(&mut *uut);
                    cycles += 1;
                    assert!(cycles < 20_000, "stuck");
                }
                assert!(!uut.busy.val());
                if (gap, stall) == (0, 0) {
                    assert_eq!(cycles, total + 1, "no bubbles");
                }
            }
        };
    }

    #[test]
    fn builds_frames_at_64_bits() {
        let mut rng = Rng::new(22);
        check!(Tx64, Beat64, &mut rng);
    }

    #[test]
    fn builds_frames_at_512_bits() {
        let mut rng = Rng::new(23);
        check!(Tx512, Beat512, &mut rng);
    }
}
