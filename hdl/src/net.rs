// SPDX-License-Identifier: MIT OR Apache-2.0
//! Everything between the MAC and TCP: Ethernet, ARP, IPv4 and ICMP echo, for 64-bit ([`Net64`], [`Net64x8`]) and 512-bit
//! ([`Net512`]) streams.

use rust_hdl::prelude::*;

use crate::arp::{ArpSeen, ArpSend};
use crate::stream::skid::Skid;
use crate::stream::{Beat64, Beat512, StreamIn, StreamOut};
use crate::types::{Config, Ipv4Meta, Ipv4Send, TxRequest, TxSegment};
use crate::{arp, eth, icmp, ipv4};

/// One-cycle pulses to be counted. A received frame gives at most one of the drop pulses.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct NetStats {
    /// A frame came from the MAC.
    pub rx_frames: Bit,
    /// A frame went to the MAC.
    pub tx_frames: Bit,
    /// Dropped: shorter than a header and one byte.
    pub runt: Bit,
    /// Dropped: another station's or a multicast address.
    pub not_for_us: Bit,
    /// Dropped: neither ARP nor IPv4 (VLAN tags too).
    pub unknown_ethertype: Bit,
    /// Dropped: version is not 4, or IHL below 5.
    pub ip_bad_header: Bit,
    /// Dropped: header checksum.
    pub ip_bad_checksum: Bit,
    /// Dropped: total length below the header length, or no payload.
    pub ip_bad_length: Bit,
    /// Dropped: the frame ends before the header or the total length does.
    pub ip_truncated: Bit,
    /// Dropped: a fragment.
    pub ip_fragment: Bit,
    /// Dropped: an impossible source address.
    pub ip_bad_source: Bit,
    /// Dropped: somebody else's destination address.
    pub ip_not_for_us: Bit,
    /// Dropped: neither TCP nor ICMP.
    pub ip_unknown_protocol: Bit,
    /// An echo request was accepted for an answer.
    pub icmp_echo: Bit,
    /// Dropped: ICMP checksum, or truncated.
    pub icmp_bad: Bit,
    /// Dropped: not an echo request to our own address.
    pub icmp_ignored: Bit,
    /// Dropped: no room for the echo.
    pub icmp_full: Bit,
    /// Dropped: malformed ARP packet, or one with impossible addresses.
    pub arp_bad: Bit,
    /// Dropped: ARP packet while the last one was still waiting.
    pub arp_overrun: Bit,
    /// Another station uses our IPv4 address.
    pub arp_conflict: Bit,
    /// An ARP request was sent.
    pub arp_request: Bit,
    /// An ARP reply was sent.
    pub arp_reply: Bit,
    /// A segment was replaced, while parked, by a later one to the same neighbour.
    pub arp_replaced: Bit,
    /// A segment was dropped: no route, no answer, or its neighbour was evicted.
    pub arp_dropped: Bit,
}

macro_rules! net {
    ($(#[$doc:meta])* $name:ident, $beat:ident, $eth_rx:ty, $arp_rx:ty, $ipv4_rx:ty, $echo:ty, $ipv4_tx:ty, $arp_tx:ty,
     $eth_tx:ty, $resolve:ty) => {
        $(#[$doc])*
        #[derive(LogicBlock, Default)]
        pub struct $name {
            pub clock: Signal<In, Clock>,
            pub reset: Signal<In, Bit>,
            /// Stable while traffic flows.
            pub cfg: Signal<In, Config>,
            /// Microseconds.
            pub now: Signal<In, Bits<48>>,
            /// Frames from the MAC, without FCS.
            pub mac_rx: StreamIn<$beat>,
            /// Frames to the MAC, without FCS and padding.
            pub mac_tx: StreamOut<$beat>,
            /// Received TCP segments (header and payload, no padding).
            pub tcp_rx: StreamOut<$beat>,
            /// Goes with every beat of `tcp_rx`.
            pub tcp_rx_meta: Signal<Out, Ipv4Meta>,
            /// Valid with the last beat of `tcp_rx`: the frame ended before the IPv4 total length, the segment is to be
            /// dropped. It is counted here (`ip_truncated`).
            pub tcp_rx_short: Signal<Out, Bit>,
            /// TCP segments to be sent (header and payload).
            pub tcp_tx: StreamIn<$beat>,
            /// Stable from the first beat of `tcp_tx` to the last.
            pub tcp_tx_send: Signal<In, Ipv4Send>,
            /// Segments whose next hop is to be found.
            pub request: StreamIn<TxRequest>,
            /// Segments whose next hop is known.
            pub segment: StreamOut<TxSegment>,
            /// Flows whose neighbour doesn't answer.
            pub unreachable: StreamOut<Bits<16>>,
            /// Pulses.
            pub stats: Signal<Out, NetStats>,
            /// Microseconds: when ARP has something to do next.
            pub next_deadline: Signal<Out, Bits<48>>,
            /// `next_deadline` means something; settled while `busy` is low.
            pub deadline_valid: Signal<Out, Bit>,
            /// A frame, packet or record is inside. Parked segments do not count: the deadline speaks for them.
            pub busy: Signal<Out, Bit>,
            /// So that `ready`, which comes from the end of the way, does not go on into the MAC.
            entrance: Skid<$beat>,
            eth_rx: $eth_rx,
            arp_rx: $arp_rx,
            ipv4_rx: $ipv4_rx,
            echo: $echo,
            resolve: $resolve,
            ipv4_tx: $ipv4_tx,
            arp_tx: $arp_tx,
            eth_tx: $eth_tx,
        }

        impl Logic for $name {
            crate::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                clock!(self, clock, entrance, eth_rx, arp_rx, ipv4_rx, echo, resolve, ipv4_tx, arp_tx, eth_tx);
                self.eth_rx.reset.next = self.reset.val();
                self.arp_rx.reset.next = self.reset.val();
                self.entrance.reset.next = self.reset.val();
                self.ipv4_rx.reset.next = self.reset.val();
                self.echo.reset.next = self.reset.val();
                self.resolve.reset.next = self.reset.val();
                self.ipv4_tx.reset.next = self.reset.val();
                self.arp_tx.reset.next = self.reset.val();
                self.eth_tx.reset.next = self.reset.val();
                self.eth_rx.cfg.next = self.cfg.val();
                self.arp_rx.cfg.next = self.cfg.val();
                self.ipv4_rx.cfg.next = self.cfg.val();
                self.resolve.cfg.next = self.cfg.val();
                self.ipv4_tx.cfg.next = self.cfg.val();
                self.arp_tx.cfg.next = self.cfg.val();
                self.eth_tx.cfg.next = self.cfg.val();

                // Receive.
                StreamIn::<$beat>::link(&mut self.mac_rx, &mut self.entrance.inp);
                StreamOut::<$beat>::join(&mut self.entrance.out, &mut self.eth_rx.inp);
                StreamOut::<$beat>::join(&mut self.eth_rx.arp, &mut self.arp_rx.inp);
                StreamOut::<$beat>::join(&mut self.eth_rx.ipv4, &mut self.ipv4_rx.inp);
                self.ipv4_rx.smac.next = self.eth_rx.smac.val();
                self.ipv4_rx.broadcast.next = self.eth_rx.broadcast.val();
                StreamOut::<$beat>::link(&mut self.tcp_rx, &mut self.ipv4_rx.tcp);
                StreamOut::<$beat>::join(&mut self.ipv4_rx.icmp, &mut self.echo.inp);
                self.tcp_rx_meta.next = self.ipv4_rx.meta.val();
                self.tcp_rx_short.next = self.ipv4_rx.too_short.val();
                self.echo.meta.next = self.ipv4_rx.meta.val();
                self.echo.too_short.next = self.ipv4_rx.too_short.val();

                // Next hops.
                self.resolve.now.next = self.now.val();
                StreamOut::<ArpSeen>::join(&mut self.arp_rx.out, &mut self.resolve.seen);
                StreamOut::<ArpSend>::join(&mut self.resolve.send, &mut self.arp_tx.inp);
                StreamIn::<TxRequest>::link(&mut self.request, &mut self.resolve.request);
                StreamOut::<TxSegment>::link(&mut self.segment, &mut self.resolve.segment);
                StreamOut::<Bits<16>>::link(&mut self.unreachable, &mut self.resolve.unreachable);
                self.next_deadline.next = self.resolve.next_deadline.val();
                self.deadline_valid.next = self.resolve.deadline_valid.val();

                // Transmit.
                StreamIn::<$beat>::link(&mut self.tcp_tx, &mut self.ipv4_tx.tcp);
                self.ipv4_tx.tcp_send.next = self.tcp_tx_send.val();
                StreamOut::<$beat>::join(&mut self.echo.out, &mut self.ipv4_tx.icmp);
                self.ipv4_tx.icmp_send.next = self.echo.send.val();
                StreamOut::<$beat>::join(&mut self.ipv4_tx.out, &mut self.eth_tx.ipv4);
                self.eth_tx.ipv4_dmac.next = self.ipv4_tx.dmac.val();
                StreamOut::<$beat>::join(&mut self.arp_tx.out, &mut self.eth_tx.arp);
                self.eth_tx.arp_dmac.next = self.arp_tx.dmac.val();
                StreamOut::<$beat>::link(&mut self.mac_tx, &mut self.eth_tx.out);

                self.stats.next.rx_frames = self.eth_rx.stat_frames.val();
                self.stats.next.tx_frames = self.eth_tx.stat_frames.val();
                self.stats.next.runt = self.eth_rx.stat_runt.val();
                self.stats.next.not_for_us = self.eth_rx.stat_not_for_us.val();
                self.stats.next.unknown_ethertype = self.eth_rx.stat_unknown_ethertype.val();
                self.stats.next.ip_bad_header = self.ipv4_rx.stat_bad_header.val();
                self.stats.next.ip_bad_checksum = self.ipv4_rx.stat_bad_checksum.val();
                self.stats.next.ip_bad_length = self.ipv4_rx.stat_bad_length.val();
                self.stats.next.ip_truncated = self.ipv4_rx.stat_truncated.val();
                self.stats.next.ip_fragment = self.ipv4_rx.stat_fragment.val();
                self.stats.next.ip_bad_source = self.ipv4_rx.stat_bad_source.val();
                self.stats.next.ip_not_for_us = self.ipv4_rx.stat_not_for_us.val();
                self.stats.next.ip_unknown_protocol = self.ipv4_rx.stat_unknown_protocol.val();
                self.stats.next.icmp_echo = self.echo.stat_echo.val();
                self.stats.next.icmp_bad = self.echo.stat_bad.val();
                self.stats.next.icmp_ignored = self.echo.stat_ignored.val();
                self.stats.next.icmp_full = self.echo.stat_full.val();
                self.stats.next.arp_bad = self.arp_rx.stat_bad.val();
                self.stats.next.arp_overrun = self.arp_rx.stat_overrun.val();
                self.stats.next.arp_conflict = self.arp_rx.stat_conflict.val();
                self.stats.next.arp_request = self.resolve.stat_request.val();
                self.stats.next.arp_reply = self.resolve.stat_reply.val();
                self.stats.next.arp_replaced = self.resolve.stat_replaced.val();
                self.stats.next.arp_dropped = self.resolve.stat_dropped.val();

                self.busy.next = self.entrance.out.valid.val()
                    | self.eth_rx.busy.val()
                    | self.arp_rx.busy.val()
                    | self.ipv4_rx.busy.val()
                    | self.echo.busy.val()
                    | self.resolve.busy.val()
                    | self.ipv4_tx.busy.val()
                    | self.eth_tx.busy.val();
            }
        }
    };
}
net!(
    /// Ethernet, ARP (16 neighbours), IPv4 and ICMP echo (2 KiB of requests) at 64 bits. Transmit waits for the MAC alone,
    /// receive for `tcp_rx` alone.
    Net64, Beat64, eth::rx::Rx64, arp::rx::Rx64, ipv4::rx::Rx64, icmp::echo::Echo64<8, 9>, ipv4::tx::Tx64, arp::tx::Tx64,
    eth::tx::Tx64, arp::resolve::Resolve<2, 4, 5>
);
net!(
    /// [`Net64`] with 8 neighbours.
    Net64x8, Beat64, eth::rx::Rx64, arp::rx::Rx64, ipv4::rx::Rx64, icmp::echo::Echo64<8, 9>, ipv4::tx::Tx64, arp::tx::Tx64,
    eth::tx::Tx64, arp::resolve::Resolve<1, 3, 4>
);
net!(
    /// Ethernet, ARP (64 neighbours), IPv4 and ICMP echo (16 KiB of requests) at 512 bits. Transmit waits for the MAC
    /// alone, receive for `tcp_rx` alone.
    Net512, Beat512, eth::rx::Rx512, arp::rx::Rx512, ipv4::rx::Rx512, icmp::echo::Echo512<8, 9>, ipv4::tx::Tx512,
    arp::tx::Tx512, eth::tx::Tx512, arp::resolve::Resolve<4, 6, 7>
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{ready, settle, tick};
    use crate::stream::bench::{Drain, Feed, PACES, Rng, beats, clocked, frames};

    clocked!(Net64, Net512);

    const MAC: [u8; 6] = [2, 0, 0x5e, 0x10, 0x20, 0x30];
    const HIS: [u8; 6] = [2, 0xaa, 0xbb, 0xcc, 0xdd, 0xee];
    const ALL: [u8; 6] = [255; 6];
    const ADDR: [u8; 4] = [10, 1, 2, 3];
    const PEER: [u8; 4] = [10, 1, 2, 9];

    fn number(bytes: &[u8]) -> u64 {
        bytes.iter().fold(0, |a, byte| a << 8 | u64::from(*byte))
    }

    fn ones_sum(bytes: &[u8]) -> u16 {
        let word = |pair: &[u8]| u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |b| u32::from(*b));
        let sum: u32 = bytes.chunks(2).map(word).sum();
        let sum = (sum & 0xffff) + (sum >> 16);
        ((sum & 0xffff) + (sum >> 16)) as u16
    }

    fn arp(dmac: [u8; 6], smac: [u8; 6], operation: u8, addrs: [&[u8]; 4]) -> Vec<u8> {
        let fixed = [8, 6, 0, 1, 8, 0, 6, 4, 0, operation];
        [&dmac[..], &smac, &fixed, addrs[0], addrs[1], addrs[2], addrs[3]].concat()
    }

    fn ipv4(
        dmac: [u8; 6],
        smac: [u8; 6],
        protocol: u8,
        src: [u8; 4],
        dst: [u8; 4],
        payload: &[u8],
    ) -> Vec<u8> {
        let total = (20 + payload.len() as u16).to_be_bytes();
        let mut header =
            [&[0x45, 0, total[0], total[1], 0, 0, 0x40, 0, 64, protocol, 0, 0], &src[..], &dst].concat();
        let sum = (!ones_sum(&header)).to_be_bytes();
        header[10..12].copy_from_slice(&sum);
        [&dmac[..], &smac, &[8, 0], &header, payload].concat()
    }

    fn echo(kind: u8, data: &[u8]) -> Vec<u8> {
        let mut message = [&[kind, 0, 0, 0], data].concat();
        let sum = (!ones_sum(&message)).to_be_bytes();
        message[2..4].copy_from_slice(&sum);
        message
    }

    /// A conversation: what the wire says, what TCP sends, and what must come out of each.
    macro_rules! conversation {
        ($block:ident, $beat:ident, $rng:expr) => {
            for (gap, stall) in PACES {
                let mut uut = ready(Box::<$block>::default());
                uut.cfg.next = Config {
                    enable: true,
                    mac: number(&MAC).into(),
                    addr: number(&ADDR).into(),
                    mask: 0xffff_ff00_u64.into(),
                    ttl: 64.into(),
                    ..Default::default()
                };
                uut.now.next = 1_000_000.into();
                let (mut wire, mut tcp) = (Drain::<$beat>::new(stall), Drain::<$beat>::new(stall));
                let mut segments = Drain::<TxSegment>::new(stall);
                let request = |seq: u64| TxRequest {
                    raddr: number(&PEER).into(),
                    seq: seq.into(),
                    ..Default::default()
                };
                let payload = $rng.bytes(333);
                // Runs until nothing is inside any more.
                let mut run = |uut: &mut $block, frames: &[Vec<u8>], requests: &[TxRequest], send: &[u8]| {
                    let all: Vec<_> = frames.iter().flat_map(|frame| beats::<$beat>(frame, $rng)).collect();
                    let mut mac_rx = Feed::new(all, gap);
                    let mut request = Feed::new(requests.to_vec(), gap);
                    let mut tcp_tx = Feed::new(beats::<$beat>(send, $rng), gap);
                    for cycle in 0.. {
                        mac_rx.drive(&mut uut.mac_rx, $rng);
                        request.drive(&mut uut.request, $rng);
                        tcp_tx.drive(&mut uut.tcp_tx, $rng);
                        wire.drive(&mut uut.mac_tx, $rng);
                        tcp.drive(&mut uut.tcp_rx, $rng);
                        segments.drive(&mut uut.segment, $rng);
                        settle(uut);
                        mac_rx.sample(&uut.mac_rx);
                        request.sample(&uut.request);
                        tcp_tx.sample(&uut.tcp_tx);
                        wire.sample(&uut.mac_tx);
                        segments.sample(&uut.segment);
                        if tcp.sample(&uut.tcp_rx).is_some() {
                            let meta = uut.tcp_rx_meta.val();
                            assert_eq!(meta.src.to_u64(), number(&PEER));
                            assert_eq!(meta.smac.to_u64(), number(&HIS));
                            assert!(!meta.broadcast && !uut.tcp_rx_short.val());
                        }
                        let done = mac_rx.is_empty() && request.is_empty() && tcp_tx.is_empty();
                        if done && !uut.busy.val() {
                            break;
                        }
                        tick(uut);
                        assert!(cycle < 5_000, "stuck");
                    }
                };
                run(&mut uut, &[], &[request(7)], &[]);
                run(
                    &mut uut,
                    &[[arp(MAC, HIS, 2, [&HIS, &PEER, &MAC, &ADDR]), vec![0; 18]].concat()],
                    &[],
                    &[],
                );
                run(&mut uut, &[arp(ALL, HIS, 1, [&HIS, &PEER, &[0; 6], &ADDR])], &[request(8)], &[]);
                let ping = echo(8, &payload[..57]);
                let mut padded = ipv4(MAC, HIS, 6, PEER, ADDR, &payload[..6]);
                padded.extend([0x5a; 20]);
                let rx = [
                    ipv4(MAC, HIS, 1, PEER, ADDR, &ping),
                    ipv4(MAC, HIS, 6, PEER, ADDR, &payload),
                    ipv4(MAC, HIS, 17, PEER, ADDR, &payload),
                    padded,
                    ipv4(HIS, MAC, 6, PEER, ADDR, &payload),
                ];
                uut.tcp_tx_send.next = Ipv4Send {
                    dmac: number(&HIS).into(),
                    dst: number(&PEER).into(),
                    protocol: 6.into(),
                    len: (payload.len() as u64).into(),
                };
                run(&mut uut, &rx, &[], &payload);

                let mut got = frames(&wire.got);
                if got[2][23] == 6 {
                    got.swap(2, 3); // who comes first is the arbiter's affair
                }
                got.sort_by_key(|frame| (frame[12..14] == [8, 0], frame[23]));
                assert_eq!(
                    got,
                    [
                        arp(ALL, MAC, 1, [&MAC, &ADDR, &[0; 6], &PEER]),
                        arp(HIS, MAC, 2, [&MAC, &ADDR, &HIS, &PEER]),
                        ipv4(HIS, MAC, 1, ADDR, PEER, &echo(0, &payload[..57])),
                        ipv4(HIS, MAC, 6, ADDR, PEER, &payload),
                    ]
                );
                assert_eq!(frames(&tcp.got), [payload.clone(), payload[..6].to_vec()]);
                let sent: Vec<_> = segments.got.iter().map(|s| (s.seq.to_u64(), s.dmac.to_u64())).collect();
                assert_eq!(sent, [(7, number(&HIS)), (8, number(&HIS))]);
            }
        };
    }

    #[test]
    fn holds_a_conversation_at_64_bits() {
        let mut rng = Rng::new(60);
        conversation!(Net64, Beat64, &mut rng);
    }

    #[test]
    fn holds_a_conversation_at_512_bits() {
        let mut rng = Rng::new(61);
        conversation!(Net512, Beat512, &mut rng);
    }

    /// Cycles from a SYN's last beat in to its TCP header, and from a TCP header to the frame's first beat out.
    #[test]
    fn latency_at_512_bits() {
        let mut rng = Rng::new(62);
        let mut uut = ready(Box::<Net512>::default());
        uut.cfg.next = Config {
            enable: true,
            mac: number(&MAC).into(),
            addr: number(&ADDR).into(),
            ..Default::default()
        };
        uut.tcp_rx.ready.next = true;
        uut.mac_tx.ready.next = true;
        uut.mac_rx.data.next = beats::<Beat512>(&ipv4(MAC, HIS, 6, PEER, ADDR, &[1; 24]), &mut rng)[0];
        uut.mac_rx.valid.next = true;
        let mut cycles = 0;
        settle(&mut *uut);
        while !uut.tcp_rx.valid.val() {
            tick(&mut *uut);
            uut.mac_rx.valid.next = false;
            settle(&mut *uut);
            cycles += 1;
            assert!(cycles <= 6, "receive takes more than 6 cycles");
        }
        println!("receive: {cycles}");
        uut.tcp_tx.data.next = beats::<Beat512>(&[1; 24], &mut rng)[0];
        uut.tcp_tx.valid.next = true;
        cycles = 0;
        while !uut.mac_tx.valid.val() {
            tick(&mut *uut);
            cycles += 1;
            assert!(cycles <= 5, "send takes more than 5 cycles");
        }
        println!("send: {cycles}");
    }

    #[test]
    fn prints_lints_and_synthesises() {
        use crate::emit::bench::{lint_and_synthesise, print};
        lint_and_synthesise(&[print::<Net64>("net64"), print::<Net512>("net512")]);
    }
}
