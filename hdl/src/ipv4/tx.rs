// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Tx64`], [`Tx512`]: put the IPv4 header in front of TCP segments and ICMP messages.

use rust_hdl::prelude::*;

use crate::eth::head::NetworkOrder;
use crate::stream::arbiter::{FrameArbiter64, FrameArbiter512};
use crate::stream::prepend::{Prepend64, Prepend512};
use crate::stream::{Beat64, Beat512, StreamIn, StreamOut};
use crate::types::{Config, Ipv4Send};

/// Steps of a packet.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum TxState {
    /// Waits for a payload; first additions of the checksum.
    Idle,
    /// Second additions.
    Add,
    /// The packet goes out; the carries are folded in.
    Send,
}

macro_rules! ipv4_tx {
    ($name:ident, $beat:ident, $arbiter:ident, $prepend:ident) => {
        /// TCP segments and ICMP messages, in turns, leave as IPv4 packets without options.
        ///
        /// DF is set and the identification is 0: an atomic datagram's (RFC 6864, section 4.1) may be anything. The header
        /// checksum takes two cycles a packet, in which nothing goes out.
        #[derive(LogicBlock, Default)]
        pub struct $name {
            pub clock: Signal<In, Clock>,
            pub reset: Signal<In, Bit>,
            pub cfg: Signal<In, Config>,
            pub tcp: StreamIn<$beat>,
            /// Goes with the payload at `tcp`.
            pub tcp_send: Signal<In, Ipv4Send>,
            pub icmp: StreamIn<$beat>,
            /// Goes with the payload at `icmp`.
            pub icmp_send: Signal<In, Ipv4Send>,
            pub out: StreamOut<$beat>,
            /// The next hop of the packet on `out`, until its first beat is taken.
            pub dmac: Signal<Out, Bits<48>>,
            /// Part of a packet is inside or waits at an input.
            pub busy: Signal<Out, Bit>,
            arbiter: $arbiter<2>,
            prepend: $prepend<160>,
            order: NetworkOrder<160>,
            state: DFF<TxState>,
            send: Signal<Local, Ipv4Send>,
            // What the sum over every packet has in common, added up again and again: a term a cycle, the carry on top.
            addr: Signal<Local, Bits<32>>,
            ttl: Signal<Local, Bits<8>>,
            step: DFF<Bits<2>>,
            term: Signal<Local, Bits<16>>,
            common: DFF<Bits<17>>,
            plus_term: Signal<Local, Bits<18>>,
            base: DFF<Bits<17>>,
            // The sum of a packet. Bit 0 of the longer words brings in a carry.
            dst: Signal<Local, Bits<32>>,
            len: Signal<Local, Bits<16>>,
            protocol: Signal<Local, Bits<8>>,
            sum_dst: DFF<Bits<17>>,
            plus_len: Signal<Local, Bits<18>>,
            sum_len: DFF<Bits<17>>,
            plus_dst: Signal<Local, Bits<18>>,
            sum: DFF<Bits<17>>,
            extra: DFF<Bits<4>>,
            plus_extra: Signal<Local, Bits<18>>,
            low: Signal<Local, Bits<4>>,
            up1: Signal<Local, Bits<1>>,
            up2: Signal<Local, Bits<1>>,
            up3: Signal<Local, Bits<1>>,
            rounded: Signal<Local, Bits<4>>,
            checksum: Signal<Local, Bits<16>>,
            total: DFF<Bits<16>>,
        }

        impl Logic for $name {
            crate::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                dff_setup!(self, clock, state, step, common, base, sum_dst, sum_len, sum, extra, total);
                clock!(self, clock, arbiter, prepend);
                self.arbiter.reset.next = self.reset.val();
                self.prepend.reset.next = self.reset.val();
                StreamIn::<$beat>::link(&mut self.tcp, &mut self.arbiter.inp[0]);
                StreamIn::<$beat>::link(&mut self.icmp, &mut self.arbiter.inp[1]);
                StreamOut::<$beat>::join(&mut self.arbiter.out, &mut self.prepend.inp);
                StreamOut::<$beat>::link(&mut self.out, &mut self.prepend.out);

                self.send.next = self.tcp_send.val();
                if self.arbiter.select.val().get_bit(1) {
                    self.send.next = self.icmp_send.val();
                }
                self.dmac.next = self.send.val().dmac;
                self.dst.next = self.send.val().dst;
                self.len.next = self.send.val().len;
                self.protocol.next = self.send.val().protocol;

                // Version, IHL and DF are 0x4500 and 0x4000, and the length is the payload's and 20: the sum begins with 0x8514.
                self.addr.next = self.cfg.val().addr;
                self.ttl.next = self.cfg.val().ttl;
                self.term.next = bit_cast::<16, 8>(self.ttl.val()) << 8;
                if self.step.q.val() == 0 {
                    self.term.next = self.addr.val().get_bits::<16>(0);
                }
                if self.step.q.val() == 1 {
                    self.term.next = self.addr.val().get_bits::<16>(16);
                }
                self.plus_term.next = ((bit_cast::<18, 16>(self.common.q.val().get_bits::<16>(0)) << 1)
                    | bits::<18>(1))
                    + ((bit_cast::<18, 16>(self.term.val()) << 1)
                        | bit_cast::<18, 1>(self.common.q.val().get_bits::<1>(16)));
                self.step.d.next = self.step.q.val() + 1;
                self.common.d.next = self.plus_term.val().get_bits::<17>(1);
                if self.step.q.val() == 3 {
                    self.base.d.next = self.common.q.val();
                    self.common.d.next = 0x8514.into();
                }

                // Every carry goes into the next sum (RFC 1071, 2.A). The protocol's number is below 8.
                self.sum_dst.d.next = bit_cast::<17, 16>(self.dst.val().get_bits::<16>(0))
                    + bit_cast::<17, 16>(self.dst.val().get_bits::<16>(16));
                self.plus_len.next = ((bit_cast::<18, 16>(self.base.q.val().get_bits::<16>(0)) << 1)
                    | bits::<18>(1))
                    + ((bit_cast::<18, 16>(self.len.val()) << 1)
                        | bit_cast::<18, 1>(self.base.q.val().get_bits::<1>(16)));
                self.sum_len.d.next = self.plus_len.val().get_bits::<17>(1);
                self.total.d.next = self.len.val() + 20;
                self.plus_dst.next = ((bit_cast::<18, 16>(self.sum_len.q.val().get_bits::<16>(0)) << 1)
                    | bits::<18>(1))
                    + ((bit_cast::<18, 16>(self.sum_dst.q.val().get_bits::<16>(0)) << 1)
                        | bit_cast::<18, 1>(self.sum_dst.q.val().get_bits::<1>(16)));
                self.sum.d.next = self.plus_dst.val().get_bits::<17>(1);
                self.extra.d.next = bit_cast::<4, 3>(self.protocol.val().get_bits::<3>(0))
                    + bit_cast::<4, 1>(self.sum_len.q.val().get_bits::<1>(16));
                self.plus_extra.next = ((bit_cast::<18, 16>(self.sum.q.val().get_bits::<16>(0)) << 1)
                    | bits::<18>(1))
                    + ((bit_cast::<18, 4>(self.extra.q.val()) << 1)
                        | bit_cast::<18, 1>(self.sum.q.val().get_bits::<1>(16)));
                // A last carry leaves less than 9, and nothing above the low bits: it is added to those, without a chain.
                self.low.next = self.plus_extra.val().get_bits::<4>(1);
                self.up1.next = self.low.val().get_bits::<1>(0);
                self.up2.next = self.up1.val() & self.low.val().get_bits::<1>(1);
                self.up3.next = self.up2.val() & self.low.val().get_bits::<1>(2);
                self.rounded.next = self.low.val();
                if self.plus_extra.val().get_bit(17) {
                    self.rounded.next = self.low.val()
                        ^ (bits::<4>(1)
                            | (bit_cast::<4, 1>(self.up1.val()) << 1)
                            | (bit_cast::<4, 1>(self.up2.val()) << 2)
                            | (bit_cast::<4, 1>(self.up3.val()) << 3));
                }
                self.checksum.next = (bit_cast::<16, 12>(self.plus_extra.val().get_bits::<12>(5)) << 4)
                    | bit_cast::<16, 4>(self.rounded.val());

                self.order.inp.next = (bits::<160>(0x4500) << 144)
                    | (bit_cast::<160, 16>(self.total.q.val()) << 128)
                    | (bits::<160>(0x4000) << 96)
                    | (bit_cast::<160, 8>(self.ttl.val()) << 88)
                    | (bit_cast::<160, 8>(self.protocol.val()) << 80)
                    | ((bit_cast::<160, 16>(self.checksum.val()) ^ bits::<160>(0xffff)) << 64)
                    | (bit_cast::<160, 32>(self.addr.val()) << 32)
                    | bit_cast::<160, 32>(self.dst.val());
                self.prepend.header.data.next = self.order.out.val();
                self.prepend.header.valid.next = self.state.q.val() == TxState::Send;
                self.prepend.length.next = 20.into();
                self.prepend.has_payload.next = true;

                match self.state.q.val() {
                    TxState::Idle => {
                        if self.arbiter.out.valid.val() {
                            self.state.d.next = TxState::Add;
                        }
                    }
                    TxState::Add => {
                        self.state.d.next = TxState::Send;
                    }
                    _ => {
                        self.total.d.next = self.total.q.val();
                        self.sum.d.next = self.sum.q.val();
                        self.extra.d.next = self.extra.q.val();
                        if self.prepend.header.ready.val() {
                            self.state.d.next = TxState::Idle;
                        }
                    }
                }
                self.busy.next = self.arbiter.out.valid.val() | (self.state.q.val() != TxState::Idle);
                if self.reset.val() {
                    self.state.d.next = TxState::Idle;
                }
            }
        }
    };
}
ipv4_tx!(Tx64, Beat64, FrameArbiter64, Prepend64);
ipv4_tx!(Tx512, Beat512, FrameArbiter512, Prepend512);

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::sim::{ready, settle, tick};
    use crate::stream::bench::{Beat, Drain, Feed, PACES, Rng, beats, clocked, frames};

    clocked!(Tx64, Tx512);

    /// The packet of RFC 791's layout for a payload, with the checksum of RFC 1071.
    fn packet(src: u32, ttl: u8, send: &Ipv4Send, payload: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x45, 0];
        packet.extend((20 + payload.len() as u16).to_be_bytes());
        packet.extend([0, 0, 0x40, 0, ttl, send.protocol.to_u8(), 0, 0]);
        packet.extend(src.to_be_bytes());
        packet.extend((send.dst.to_u64() as u32).to_be_bytes());
        let mut sum: u32 = packet.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1])).sum();
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        packet[10..12].copy_from_slice(&(!sum as u16).to_be_bytes());
        packet.extend(payload);
        packet
    }

    macro_rules! check {
        ($block:ident, $beat:ident, $rng:expr) => {
            for (gap, stall) in PACES {
                let mut uut = ready(Box::<$block>::default());
                let (src, ttl) = ($rng.next() as u32, $rng.next() as u8);
                uut.cfg.next =
                    Config { addr: u64::from(src).into(), ttl: u64::from(ttl).into(), ..Default::default() };
                for _ in 0..12 {
                    tick(&mut *uut); // what all packets have in common is summed up
                }
                let mut want: [VecDeque<(u64, Vec<u8>)>; 2] = Default::default();
                let mut sends: [VecDeque<Ipv4Send>; 2] = Default::default();
                let mut feeds = vec![];
                let mut total = 0;
                for (input, protocol) in [6_u64, 1].into_iter().enumerate() {
                    let mut items: Vec<$beat> = vec![];
                    for round in 0..40 {
                        let len = if round < 20 { 1 + round } else { 1 + $rng.below(200) as usize };
                        let payload = $rng.bytes(len);
                        let dst =
                            if round % 5 == 0 { u64::from(u32::MAX) } else { $rng.next() & 0xffff_ffff };
                        let send = Ipv4Send {
                            dmac: ($rng.next() & 0xffff_ffff_ffff).into(),
                            dst: dst.into(),
                            protocol: protocol.into(),
                            len: (len as u64).into(),
                        };
                        let new = beats::<$beat>(&payload, $rng);
                        sends[input].extend(vec![send; new.len()]);
                        items.extend(new);
                        let whole = packet(src, ttl, &send, &payload);
                        total += whole.len().div_ceil(<$beat>::LANES);
                        want[input].push_back((send.dmac.to_u64(), whole));
                    }
                    feeds.push(Feed::new(items, gap));
                }
                let mut drain = Drain::<$beat>::new(stall);
                let (mut cycles, mut left, mut dmac) = (0, 80, None);
                while left > 0 {
                    uut.tcp_send.next = sends[0].front().copied().unwrap_or_default();
                    uut.icmp_send.next = sends[1].front().copied().unwrap_or_default();
                    feeds[0].drive(&mut uut.tcp, $rng);
                    feeds[1].drive(&mut uut.icmp, $rng);
                    drain.drive(&mut uut.out, $rng);
                    settle(&mut *uut);
                    assert!(uut.busy.val() || !uut.out.valid.val());
                    if feeds[0].sample(&uut.tcp).is_some() {
                        sends[0].pop_front();
                    }
                    if feeds[1].sample(&uut.icmp).is_some() {
                        sends[1].pop_front();
                    }
                    if let Some(beat) = drain.sample(&uut.out) {
                        dmac = dmac.or(Some(uut.dmac.val().to_u64()));
                        if beat.last {
                            let got = frames(&std::mem::take(&mut drain.got)).remove(0);
                            let input = usize::from(got[9] == 1);
                            let (want_dmac, want) = want[input].pop_front().expect("no packet too many");
                            assert_eq!(got, want);
                            assert_eq!(dmac.take(), Some(want_dmac));
                            left -= 1;
                        }
                    }
                    tick(&mut *uut);
                    cycles += 1;
                    assert!(cycles < 20_000, "stuck");
                }
                uut.tcp.valid.next = false;
                uut.icmp.valid.next = false;
                settle(&mut *uut);
                assert!(!uut.busy.val());
                if (gap, stall) == (0, 0) {
                    assert!(cycles <= total + 2 * 80 + 2, "two bubbles a packet: {cycles}, {total}");
                }
            }
        };
    }

    // covers: CK-7, NET-14
    #[test]
    fn builds_packets_at_64_bits() {
        let mut rng = Rng::new(32);
        check!(Tx64, Beat64, &mut rng);
    }

    // covers: CK-7, NET-14
    #[test]
    fn builds_packets_at_512_bits() {
        let mut rng = Rng::new(33);
        check!(Tx512, Beat512, &mut rng);
    }
}
