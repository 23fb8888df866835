// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Rx64`], [`Rx512`]: filter received frames by destination and type, and take the Ethernet header off.

use rust_hdl::prelude::*;

use super::head::{Head64, Head512};
use crate::stream::strip::{Strip64, Strip512};
use crate::stream::{Beat64, Beat512, StreamIn, StreamOut};
use crate::types::Config;

macro_rules! eth_rx {
    ($name:ident, $beat:ident, $head:ident, $strip:ident) => {
        /// Frames to our MAC address or to all, of type ARP or IPv4, go out without their header; others are dropped
        /// (multicast and VLAN tags among them). Latency one cycle, no bubbles.
        #[derive(LogicBlock, Default)]
        pub struct $name {
            pub clock: Signal<In, Clock>,
            pub reset: Signal<In, Bit>,
            pub cfg: Signal<In, Config>,
            pub inp: StreamIn<$beat>,
            /// ARP packets with their padding.
            pub arp: StreamOut<$beat>,
            /// IPv4 packets with their padding.
            pub ipv4: StreamOut<$beat>,
            /// The source address, stable with the frame on `arp` or `ipv4`.
            pub smac: Signal<Out, Bits<48>>,
            /// The frame on `arp` or `ipv4` was sent to all.
            pub broadcast: Signal<Out, Bit>,
            /// A frame came.
            pub stat_frames: Signal<Out, Bit>,
            /// Dropped: 14 bytes or fewer.
            pub stat_runt: Signal<Out, Bit>,
            /// Dropped: destination.
            pub stat_not_for_us: Signal<Out, Bit>,
            /// Dropped: type.
            pub stat_unknown_ethertype: Signal<Out, Bit>,
            /// Part of a frame is inside.
            pub busy: Signal<Out, Bit>,
            head: $head<128, 64>,
            strip: $strip<true>,
            to_arp: DFF<Bit>,
            to_ipv4: DFF<Bit>,
            from: DFF<Bits<48>>,
            to_all: DFF<Bit>,
            taken: Signal<Local, Bit>,
            decide: Signal<Local, Bit>,
            dmac: Signal<Local, Bits<48>>,
            ethertype: Signal<Local, Bits<16>>,
            all: Signal<Local, Bit>,
            ours: Signal<Local, Bit>,
            is_arp: Signal<Local, Bit>,
            is_ipv4: Signal<Local, Bit>,
        }

        impl Logic for $name {
            crate::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                dff_setup!(self, clock, to_arp, to_ipv4, from, to_all);
                clock!(self, clock, head, strip);
                self.head.reset.next = self.reset.val();
                self.strip.reset.next = self.reset.val();

                self.strip.length.next = 14.into();
                self.strip.inp.data.next = self.inp.data.val();
                self.strip.inp.valid.next = self.inp.valid.val();
                self.inp.ready.next = self.strip.inp.ready.val();
                self.taken.next = self.inp.valid.val() & self.strip.inp.ready.val();
                self.head.data.next = self.inp.data.val().data;
                self.head.last.next = self.inp.data.val().last;
                self.head.take.next = self.taken.val();

                // The beat that completes the header can't be taken before the last frame is out.
                self.dmac.next = self.head.bytes.val().get_bits::<48>(80);
                self.ethertype.next = self.head.bytes.val().get_bits::<16>(16);
                self.all.next = self.dmac.val().all();
                self.ours.next = self.all.val() | (self.dmac.val() == self.cfg.val().mac);
                self.is_arp.next = self.ethertype.val() == 0x0806;
                self.is_ipv4.next = self.ethertype.val() == 0x0800;
                self.decide.next = self.taken.val() & self.head.complete.val();
                // With or without a beat: what is written without one is not looked at.
                if self.strip.inp.ready.val() & self.head.complete.val() {
                    self.to_arp.d.next = self.ours.val() & self.is_arp.val() & self.cfg.val().enable;
                    self.to_ipv4.d.next = self.ours.val() & self.is_ipv4.val() & self.cfg.val().enable;
                    self.from.d.next = self.head.bytes.val().get_bits::<48>(32);
                    self.to_all.d.next = self.all.val();
                }
                self.smac.next = self.from.q.val();
                self.broadcast.next = self.to_all.q.val();

                self.arp.data.next = self.strip.out.data.val();
                self.ipv4.data.next = self.strip.out.data.val();
                self.arp.valid.next = self.strip.out.valid.val() & self.to_arp.q.val();
                self.ipv4.valid.next = self.strip.out.valid.val() & self.to_ipv4.q.val();
                self.strip.out.ready.next = true;
                if self.to_arp.q.val() {
                    self.strip.out.ready.next = self.arp.ready.val();
                }
                if self.to_ipv4.q.val() {
                    self.strip.out.ready.next = self.ipv4.ready.val();
                }

                self.stat_frames.next = self.taken.val() & self.inp.data.val().last;
                self.stat_runt.next = self.strip.too_short.val();
                self.stat_not_for_us.next =
                    self.decide.val() & !self.strip.too_short.val() & !self.ours.val();
                self.stat_unknown_ethertype.next = self.decide.val()
                    & !self.strip.too_short.val()
                    & self.ours.val()
                    & !self.is_arp.val()
                    & !self.is_ipv4.val();
                self.busy.next = self.head.in_frame.val() | self.strip.out.valid.val();

                if self.reset.val() {
                    self.to_arp.d.next = false;
                    self.to_ipv4.d.next = false;
                }
            }
        }
    };
}
eth_rx!(Rx64, Beat64, Head64, Strip64);
eth_rx!(Rx512, Beat512, Head512, Strip512);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{ready, settle, tick};
    use crate::stream::bench::{Drain, Feed, PACES, Rng, beats, clocked, frames};

    clocked!(Rx64, Rx512);

    const MAC: u64 = 0x02_00_5e_10_20_30;

    fn frame(dmac: u64, smac: u64, ethertype: u16, payload: &[u8]) -> Vec<u8> {
        [&dmac.to_be_bytes()[2..], &smac.to_be_bytes()[2..], &ethertype.to_be_bytes(), payload].concat()
    }

    /// What must become of a frame: its payload on an output with source and broadcast, or a counter.
    #[derive(Debug, Clone, PartialEq)]
    enum Fate {
        Arp(Vec<u8>, u64, bool),
        Ipv4(Vec<u8>, u64, bool),
        Runt,
        NotForUs,
        Unknown,
    }

    fn fate(frame: &[u8]) -> Fate {
        if frame.len() <= 14 {
            return Fate::Runt;
        }
        let word = |range: std::ops::Range<usize>| frame[range].iter().fold(0, |a, b| a << 8 | u64::from(*b));
        let all = word(0..6) == 0xffff_ffff_ffff;
        let smac = word(6..12);
        let payload = frame[14..].to_vec();
        match word(12..14) {
            _ if word(0..6) != MAC && !all => Fate::NotForUs,
            0x0806 => Fate::Arp(payload, smac, all),
            0x0800 => Fate::Ipv4(payload, smac, all),
            _ => Fate::Unknown,
        }
    }

    macro_rules! check {
        ($block:ident, $beat:ident, $rng:expr, $work:expr) => {
            let work: Vec<Vec<u8>> = $work;
            for (gap, stall) in PACES {
                let mut uut = ready(Box::<$block>::default());
                uut.cfg.next = Config { mac: MAC.into(), enable: true, ..Default::default() };
                let items: Vec<$beat> = work.iter().flat_map(|frame| beats(frame, $rng)).collect();
                let total = items.len();
                let mut feed = Feed::new(items, gap);
                let (mut arp, mut ipv4) = (Drain::<$beat>::new(stall), Drain::<$beat>::new(stall));
                let mut got = vec![];
                let (mut quiet, mut cycles, mut seen, mut runts) = (0, 0, 0, 0);
                while quiet < 10 {
                    feed.drive(&mut uut.inp, $rng);
                    arp.drive(&mut uut.arp, $rng);
                    ipv4.drive(&mut uut.ipv4, $rng);
                    settle(&mut *uut);
                    let moved = feed.sample(&uut.inp).is_some();
                    for (drain, port, is_arp) in [(&mut arp, &uut.arp, true), (&mut ipv4, &uut.ipv4, false)] {
                        let Some(beat) = drain.sample(port) else { continue };
                        let (smac, all) = (uut.smac.val().to_u64(), uut.broadcast.val());
                        if beat.last {
                            let payload = frames(&std::mem::take(&mut drain.got)).remove(0);
                            got.push(if is_arp {
                                Fate::Arp(payload, smac, all)
                            } else {
                                Fate::Ipv4(payload, smac, all)
                            });
                        }
                    }
                    seen += usize::from(uut.stat_frames.val());
                    runts += usize::from(uut.stat_runt.val());
                    if uut.stat_not_for_us.val() {
                        got.push(Fate::NotForUs);
                    }
                    if uut.stat_unknown_ethertype.val() {
                        got.push(Fate::Unknown);
                    }
                    assert!(uut.busy.val() || !uut.arp.valid.val() && !uut.ipv4.valid.val());
                    quiet = if uut.busy.val() || moved || !feed.is_empty() { 0 } else { quiet + 1 };
                    tick(&mut *uut);
                    cycles += 1;
                    assert!(cycles < 20_000, "stuck");
                }
                // The counters pulse before a frame ahead of them is out: compare class by class.
                let want: Vec<Fate> = work.iter().map(|frame| fate(frame)).collect();
                let class = |list: &[Fate], which: fn(&Fate) -> bool| -> Vec<Fate> {
                    list.iter().filter(|fate| which(fate)).cloned().collect()
                };
                let payload = |fate: &Fate| matches!(fate, Fate::Arp(..) | Fate::Ipv4(..));
                assert_eq!(class(&got, payload), class(&want, payload));
                for which in [|fate: &Fate| *fate == Fate::NotForUs, |fate: &Fate| *fate == Fate::Unknown] {
                    assert_eq!(class(&got, which), class(&want, which));
                }
                assert_eq!(runts, class(&want, |fate| *fate == Fate::Runt).len());
                assert_eq!(seen, work.len());
                if (gap, stall) == (0, 0) {
                    assert!(cycles <= total + 12, "no bubbles: {cycles} cycles for {total} beats");
                }
            }
        };
    }

    fn work(rng: &mut Rng, max: u64) -> Vec<Vec<u8>> {
        let mut work: Vec<_> =
            (1..50).map(|len| frame(MAC, 7, 0x0800, &rng.bytes(50))[..len].to_vec()).collect();
        work.push(frame(0xffff_ffff_ffff, 0x02aa_bbcc_ddee, 0x0806, &rng.bytes(46)));
        for _ in 0..60 {
            let dmac = [MAC, MAC, 0xffff_ffff_ffff, MAC ^ 1 << rng.below(48), 0x01_00_5e_00_00_01];
            let ethertype = [0x0800, 0x0800, 0x0806, 0x8100, 0x86dd, 0x0800 ^ 1 << rng.below(16)];
            let len = rng.below(max) as usize;
            work.push(frame(
                dmac[rng.below(5) as usize],
                rng.next() & 0xffff_ffff_ffff,
                ethertype[rng.below(6) as usize],
                &rng.bytes(len),
            ));
        }
        work
    }

    #[test]
    fn sorts_frames_at_64_bits() {
        let mut rng = Rng::new(20);
        let work = work(&mut rng, 100);
        check!(Rx64, Beat64, &mut rng, work);
    }

    #[test]
    fn sorts_frames_at_512_bits() {
        let mut rng = Rng::new(21);
        let work = work(&mut rng, 200);
        check!(Rx512, Beat512, &mut rng, work);
    }
}
