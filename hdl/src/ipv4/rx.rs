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
    ($name:ident, $beat:ident, $head:ident, $sum:ident, $strip:ident, $trim:ident) => {
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
            /// Packets that ended before their header did and are not counted yet.
            cut: DFF<Bits<2>>,
            // The input side.
            held_ihl: DFF<Bits<4>>,
            first: Signal<Local, Bits<8>>,
            ihl: Signal<Local, Bits<4>>,
            length: Signal<Local, Bits<7>>,
            bad_length: Signal<Local, Bit>,
            header_in: Signal<Local, Bit>,
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
                    self, clock, state, ended, cut, held_ihl, version, bad_ihl, payload, fragment, protocol
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
                self.trim.length.next = self.payload.q.val().get_bits::<16>(0);
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
                self.admit.next =
                    !self.head.complete.val() | (self.state.q.val() == RxState::Idle) | self.finishing.val();
                self.strip.inp.data.next = self.inp.data.val();
                self.strip.inp.valid.next = self.inp.valid.val() & self.admit.val();
                self.inp.ready.next = self.strip.inp.ready.val() & self.admit.val();
                self.taken.next = self.inp.valid.val() & self.inp.ready.val();
                self.last.next = self.inp.data.val().last;
                self.head.data.next = self.inp.data.val().data;
                self.head.last.next = self.last.val();
                self.head.take.next = self.taken.val();

                // The header strip must know the length with the first beat.
                self.first.next = self.head.data.val().get_bits::<8>(0);
                self.ihl.next = self.held_ihl.q.val();
                if !self.head.in_frame.val() {
                    self.ihl.next = self.first.val().get_bits::<4>(0);
                }
                self.held_ihl.d.next = self.ihl.val();
                self.length.next = 20.into();
                if self.ihl.val() >= 5 {
                    self.length.next = bit_cast::<7, 4>(self.ihl.val()) << 2;
                }
                self.strip.length.next = self.length.val();
                self.sum.data.next = self.head.data.val();
                self.sum.take.next = self.taken.val();
                self.sum.index.next = self.head.index.val();
                self.sum.ihl.next = self.ihl.val();

                // The fixed part of the header.
                self.header_in.next = self.taken.val() & self.head.complete.val();
                self.total.next = bit_cast::<17, 16>(self.head.bytes.val().get_bits::<16>(160));
                self.head_length.next = bit_cast::<17, 7>(self.length.val());
                self.flags_offset.next = self.head.bytes.val().get_bits::<14>(128);
                if self.header_in.val() {
                    self.version.d.next = self.head.bytes.val().get_bits::<4>(188);
                    self.bad_ihl.d.next = self.ihl.val() < 5;
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
                    if self.sum.ends.val() | (self.ihl.val() < 5) {
                        self.state.d.next = RxState::Check;
                    }
                }
                self.current.next = self.head.complete.val() | self.head.past.val();
                if self.strip.too_short.val() & self.current.val() {
                    self.state.d.next = RxState::Idle;
                    self.ended.d.next = false;
                }
                self.torn.next = self.trim.too_short.val()
                    & self.trim.out.valid.val()
                    & self.out_ready.val()
                    & self.trim.out.data.val().last;
                self.count_cut.next = self.cut.q.val().any() & !self.torn.val() & !self.stat_bad_length.val();
                self.stat_truncated.next = self.torn.val() | self.count_cut.val();
                if self.strip.too_short.val() & !self.count_cut.val() {
                    self.cut.d.next = self.cut.q.val() + 1;
                } else if self.count_cut.val() & !self.strip.too_short.val() {
                    self.cut.d.next = self.cut.q.val() - 1;
                }
                self.busy.next = self.head.in_frame.val()
                    | self.cut.q.val().any()
                    | self.strip.out.valid.val()
                    | (self.state.q.val() != RxState::Idle);

                if self.reset.val() {
                    self.state.d.next = RxState::Idle;
                    self.ended.d.next = false;
                    self.cut.d.next = 0.into();
                }
            }
        }
    };
}
ipv4_rx!(Rx64, Beat64, Head64, HeaderSum64, Strip64, Trim64);
ipv4_rx!(Rx512, Beat512, Head512, HeaderSum512, Strip512, Trim512);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{ready, settle, tick};
    use crate::stream::bench::{Drain, Feed, PACES, Rng, beats, clocked, frames};

    clocked!(Rx64, Rx512);

    const ADDR: u32 = 0x0a01_0203;
    const MASK: u32 = 0xffff_ff00;
    const PEER: u32 = 0x0a01_02fe;

    /// What must become of a packet: payload, source, destination and `broadcast` on the TCP (6) or ICMP output (1), short
    /// or not; or the name of a counter.
    #[derive(Debug, Clone, PartialEq, PartialOrd)]
    enum Fate {
        Out(u8, Vec<u8>, u32, u32, bool),
        Short(u8),
        Drop(&'static str),
    }

    fn ones_sum(bytes: &[u8]) -> u16 {
        let sum =
            bytes.chunks(2).fold(0_u32, |sum, pair| sum + u32::from(u16::from_be_bytes([pair[0], pair[1]])));
        let sum = (sum & 0xffff) + (sum >> 16);
        ((sum & 0xffff) + (sum >> 16)) as u16
    }

    fn fate([own, mask]: [u32; 2], packet: &[u8], frame_broadcast: bool) -> Fate {
        let Some(first) = packet.first() else { panic!("no frame is empty") };
        let ihl = usize::from(first & 15);
        let header = 4 * ihl.max(5);
        if packet.len() <= header {
            return Fate::Drop("truncated");
        }
        if first >> 4 != 4 || ihl < 5 {
            return Fate::Drop("bad_header");
        }
        if ones_sum(&packet[..header]) != 0xffff {
            return Fate::Drop("bad_checksum");
        }
        let word = |at: usize| u32::from_be_bytes(packet[at..at + 4].try_into().unwrap());
        let total = (word(0) & 0xffff) as usize;
        let (src, dst) = (word(12), word(16));
        // RFC 3021: networks of one and two addresses have no broadcast address.
        let subnet = if mask.leading_ones() <= 30 { own | !mask } else { u32::MAX };
        if total <= header {
            return Fate::Drop("bad_length");
        }
        if word(4) & 0x3fff != 0 {
            return Fate::Drop("fragment");
        }
        if [0, u32::MAX, own, subnet].contains(&src) || src >> 24 == 127 || src >> 28 == 14 {
            return Fate::Drop("bad_source");
        }
        if ![own, subnet, u32::MAX].contains(&dst) {
            return Fate::Drop("not_for_us");
        }
        let protocol = packet[9];
        if ![1, 6].contains(&protocol) {
            return Fate::Drop("unknown_protocol");
        }
        if total > packet.len() {
            return Fate::Short(protocol);
        }
        Fate::Out(protocol, packet[header..total].to_vec(), src, dst, frame_broadcast || dst != own)
    }

    /// A packet with a right checksum; `change` is applied before the checksum is made.
    fn packet(options: &[u8], payload: &[u8], change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let header = 20 + options.len();
        let total = header + payload.len();
        let mut packet = vec![0x40 + (header / 4) as u8, 0x12];
        packet.extend((total as u16).to_be_bytes());
        packet.extend([0x33, 0x44, 0x40, 0, 64, 6, 0, 0]);
        packet.extend(PEER.to_be_bytes());
        packet.extend(ADDR.to_be_bytes());
        packet.extend(options);
        packet.extend(payload);
        change(&mut packet);
        let sum = !ones_sum(&packet[..header]);
        packet[10..12].copy_from_slice(&sum.to_be_bytes());
        packet
    }

    macro_rules! check {
        ($block:ident, $beat:ident, $rng:expr, $work:expr) => {
            check!($block, $beat, $rng, $work, [ADDR, MASK])
        };
        ($block:ident, $beat:ident, $rng:expr, $work:expr, $network:expr) => {
            let network: [u32; 2] = $network;
            let work: Vec<(Vec<u8>, bool)> = $work;
            for (gap, stall) in PACES {
                let mut uut = ready(Box::<$block>::default());
                uut.cfg.next = Config {
                    addr: u64::from(network[0]).into(),
                    mask: u64::from(network[1]).into(),
                    ..Default::default()
                };
                let mut items = vec![];
                let mut side = vec![];
                for (number, (packet, broadcast)) in work.iter().enumerate() {
                    let new = beats::<$beat>(packet, $rng);
                    side.extend(vec![(number, *broadcast); new.len()]);
                    items.extend(new);
                }
                let total = items.len();
                let mut feed = Feed::new(items, gap);
                let (mut tcp, mut icmp) = (Drain::<$beat>::new(stall), Drain::<$beat>::new(stall));
                let (mut outs, mut drops) = (vec![], vec![]);
                let (mut quiet, mut cycles, mut taken) = (0, 0, 0);
                while quiet < 10 {
                    let (number, broadcast) = side.get(taken).copied().unwrap_or_default();
                    uut.smac.next = (number as u64).into();
                    uut.broadcast.next = broadcast;
                    feed.drive(&mut uut.inp, $rng);
                    tcp.drive(&mut uut.tcp, $rng);
                    icmp.drive(&mut uut.icmp, $rng);
                    settle(&mut *uut);
                    let moved = feed.sample(&uut.inp).is_some();
                    taken += usize::from(moved);
                    let mut short = false;
                    for (drain, port, protocol) in [(&mut tcp, &uut.tcp, 6), (&mut icmp, &uut.icmp, 1)] {
                        let Some(beat) = drain.sample(port) else { continue };
                        let meta = uut.meta.val();
                        let number = meta.smac.to_u64() as usize;
                        if beat.last {
                            let payload = frames(&std::mem::take(&mut drain.got)).remove(0);
                            short = uut.too_short.val();
                            let fate = if short {
                                assert!(payload.len() < meta.len.to_u64() as usize);
                                Fate::Short(protocol)
                            } else {
                                assert_eq!(meta.len.to_u64(), payload.len() as u64);
                                let (src, dst) = (meta.src.to_u64() as u32, meta.dst.to_u64() as u32);
                                Fate::Out(protocol, payload, src, dst, meta.broadcast)
                            };
                            outs.push((number, fate));
                        }
                    }
                    if uut.stat_truncated.val() && !short {
                        drops.push(Fate::Drop("truncated"));
                    }
                    assert!(!short || uut.stat_truncated.val(), "short packets are counted");
                    assert!(!uut.stat_truncated.val() || !uut.stat_bad_length.val(), "one at a time");
                    for (pulse, name) in [
                        (uut.stat_bad_header.val(), "bad_header"),
                        (uut.stat_bad_checksum.val(), "bad_checksum"),
                        (uut.stat_bad_length.val(), "bad_length"),
                        (uut.stat_fragment.val(), "fragment"),
                        (uut.stat_bad_source.val(), "bad_source"),
                        (uut.stat_not_for_us.val(), "not_for_us"),
                        (uut.stat_unknown_protocol.val(), "unknown_protocol"),
                    ] {
                        if pulse {
                            drops.push(Fate::Drop(name));
                        }
                    }
                    quiet = if uut.busy.val() || moved || !feed.is_empty() { 0 } else { quiet + 1 };
                    tick(&mut *uut);
                    cycles += 1;
                    assert!(cycles < 20_000, "stuck");
                }
                let want: Vec<_> = work
                    .iter()
                    .enumerate()
                    .map(|(i, (packet, all))| (i, fate(network, packet, *all)))
                    .collect();
                let (mut want_drops, mut want_outs) = (vec![], vec![]);
                for (number, fate) in want {
                    match fate {
                        Fate::Drop(_) => want_drops.push(fate),
                        _ => want_outs.push((number, fate)),
                    }
                }
                assert_eq!(outs, want_outs);
                drops.sort_by(|a, b| a.partial_cmp(b).unwrap());
                want_drops.sort_by(|a, b| a.partial_cmp(b).unwrap());
                assert_eq!(drops, want_drops);
                if (gap, stall) == (0, 0) {
                    let most = total + 2 * work.len() + 12;
                    assert!(cycles <= most, "two bubbles a packet: {cycles} cycles, at most {most}");
                }
            }
        };
    }

    /// Packets cut at every length, with every header length, and with lying and impossible fields.
    fn work(rng: &mut Rng, max: u64) -> Vec<(Vec<u8>, bool)> {
        let mut work = vec![];
        for words in 0..=10 {
            let options = rng.bytes(4 * words);
            let payload = rng.bytes(30);
            work.push((packet(&options, &payload, |_| {}), false));
            let whole = packet(&options, &payload, |p| p.extend([0xee; 9]));
            work.push((whole, false));
        }
        for options in [0, 4, 8, 40] {
            let whole = packet(&rng.bytes(options), &rng.bytes(20), |_| {});
            work.extend((1..=whole.len()).map(|len| (whole[..len].to_vec(), false)));
        }
        // Too short for the total length, or with a total length too short, and right behind it too short for the header.
        for len in [1, 8, 9, 16, 17, 20] {
            for (total, from) in [(90, 21), (90, 30), (20, 30), (20, 70)] {
                let lying = packet(&[], &[3; 60], |p| p[2..4].copy_from_slice(&u16::to_be_bytes(total)));
                work.push((lying[..from].to_vec(), false));
                work.extend(vec![(lying[..len].to_vec(), false); 3]);
            }
        }
        for total in 0..60_u16 {
            let lying = packet(&[], &[3; 26], |p| p[2..4].copy_from_slice(&total.to_be_bytes()));
            work.push((lying, false));
        }
        for (at, value) in
            [(0, 0x55), (0, 0x44), (0, 0x40), (6, 0x20), (6, 0x1f), (7, 1), (9, 17), (9, 1), (9, 2)]
        {
            work.push((packet(&[], &[1, 2, 3], |p| p[at] = value), false));
        }
        for addr in
            [0, u32::MAX, ADDR, ADDR | !MASK, 0x7f00_0001, 0xe000_0001, 0xefff_ffff, 0xdfff_ffff, ADDR + 1]
        {
            for at in [12, 16] {
                for broadcast in [false, true] {
                    let edit = |p: &mut Vec<u8>| p[at..at + 4].copy_from_slice(&addr.to_be_bytes());
                    work.push((packet(&[], &[1, 2, 3], edit), broadcast));
                }
            }
        }
        for bit in 0..160 {
            let mut flipped = packet(&[], &[9; 8], |_| {});
            flipped[bit / 8] ^= 1 << (bit % 8);
            work.push((flipped, false));
        }
        for _ in 0..40 {
            let options = rng.below(11) as usize * 4;
            let (len, pad) = (rng.below(max) as usize, rng.below(30) as usize);
            let bytes = rng.bytes(options + len + pad);
            let protocol = [1, 6][rng.below(2) as usize];
            let mut whole = packet(&bytes[..options], &bytes[options..options + len], |p| p[9] = protocol);
            whole.extend(&bytes[options + len..]);
            work.push((whole, rng.chance(20)));
        }
        work
    }

    // covers: MUST-50, MUST-63, CK-7, NET-1, NET-2, NET-4, NET-5
    #[test]
    fn sorts_packets_at_64_bits() {
        let mut rng = Rng::new(30);
        let work = work(&mut rng, 100);
        check!(Rx64, Beat64, &mut rng, work);
    }

    // covers: MUST-50, MUST-63, CK-7, NET-1, NET-2, NET-4, NET-5
    #[test]
    fn sorts_packets_at_512_bits() {
        let mut rng = Rng::new(31);
        let work = work(&mut rng, 300);
        check!(Rx512, Beat512, &mut rng, work);
    }

    // RFC 3021
    #[test]
    fn both_addresses_of_a_network_of_two_are_hosts() {
        let mut rng = Rng::new(32);
        for prefix in [30, 31, 32] {
            let mask = u32::MAX << (32 - prefix);
            for own in [0x0a01_0200_u32, 0x0a01_0201] {
                let hosts = (0x0a01_0200..0x0a01_0204_u32).flat_map(|a| [(a, own), (0x0a01_0207, a)]);
                let edit = |(src, dst): (u32, u32)| {
                    packet(&[], &[1, 2, 3], |p| {
                        p[12..16].copy_from_slice(&src.to_be_bytes());
                        p[16..20].copy_from_slice(&dst.to_be_bytes());
                    })
                };
                let work: Vec<_> = hosts.map(|pair| (edit(pair), false)).collect();
                let outs = work.iter().filter(|(p, _)| matches!(fate([own, mask], p, false), Fate::Out(..)));
                // From three others and the far one to our own address; in a network of four to its broadcast address
                // too, but not from it.
                assert_eq!(outs.count(), 4);
                check!(Rx64, Beat64, &mut rng, work.clone(), [own, mask]);
                check!(Rx512, Beat512, &mut rng, work, [own, mask]);
            }
        }
    }
}
