// SPDX-License-Identifier: MIT OR Apache-2.0
//! ARP packets against hand-written bytes.

use rust_hdl::prelude::*;

use super::{ADDR, GATEWAY, MAC, config};
use crate::arp::{ArpSeen, ArpSend, rx, tx};
use crate::sim::{ready, settle, tick};
use crate::stream::bench::{Drain, Feed, PACES, Rng, beats, clocked, frames};
use crate::stream::{Beat64, Beat512};

clocked!(rx::Rx64, rx::Rx512, tx::Tx64, tx::Tx512);

/// An ARP packet as RFC 826 lays it out.
fn packet(operation: u8, sha: u64, spa: u64, tha: u64, tpa: u64) -> Vec<u8> {
    [
        &[0, 1, 8, 0, 6, 4, 0, operation][..],
        &sha.to_be_bytes()[2..],
        &spa.to_be_bytes()[4..],
        &tha.to_be_bytes()[2..],
        &tpa.to_be_bytes()[4..],
    ]
    .concat()
}

macro_rules! reads {
    ($block:ty, $beat:ident, $rng:expr) => {
        const PEER: u64 = 0x0a01_0209;
        const HIS: u64 = 0x02aa_bbcc_ddee;
        let seen = |request, for_us, mac: u64, addr: u64| {
            Some(ArpSeen { request, for_us, learn: addr != 0, mac: mac.into(), addr: addr.into() })
        };
        let good = packet(1, HIS, PEER, 0, ADDR);
        let mut work: Vec<(Vec<u8>, Option<ArpSeen>)> = vec![
            (good.clone(), seen(true, true, HIS, PEER)),
            (packet(2, HIS, PEER, MAC, ADDR), seen(false, true, HIS, PEER)),
            (packet(1, HIS, PEER, 7, GATEWAY), seen(true, false, HIS, PEER)),
            (packet(1, HIS, 0, 0, ADDR), seen(true, true, HIS, 0)),
            (packet(1, HIS, ADDR, 0, GATEWAY), None), // conflict
            (packet(3, HIS, PEER, 0, ADDR), None),
            (packet(0, HIS, PEER, 0, ADDR), None),
            (packet(1, 0, PEER, 0, ADDR), None),
            (packet(1, 0xffff_ffff_ffff, PEER, 0, ADDR), None),
            (packet(1, 0x0100_5e00_0001, PEER, 0, ADDR), None),
            (packet(1, HIS, 0xffff_ffff, 0, ADDR), None),
            (packet(1, HIS, 0xe000_0001, 0, ADDR), None),
        ];
        for bit in 0..56 {
            let mut flipped = good.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            work.push((flipped, None));
        }
        work.extend((1..28).map(|len| (good[..len].to_vec(), None)));
        for pad in 0..60 {
            work.push(([good.clone(), $rng.bytes(pad)].concat(), seen(true, true, HIS, PEER)));
        }
        let mut uut = ready(Box::<$block>::default());
        uut.cfg.next = config();
        let (mut bad, mut conflicts) = (0, 0);
        let mut want_bad = 0;
        for (packet, want) in &work {
            let mut feed = Feed::new(beats::<$beat>(packet, $rng), 30);
            let mut drain = Drain::new(50);
            want_bad += usize::from(want.is_none());
            for cycle in 0.. {
                feed.drive(&mut uut.inp, $rng);
                drain.drive(&mut uut.out, $rng);
                settle(&mut *uut);
                assert!(uut.inp.ready.val());
                let moved = feed.sample(&uut.inp).is_some();
                drain.sample(&uut.out);
                bad += usize::from(uut.stat_bad.val());
                conflicts += usize::from(uut.stat_conflict.val());
                assert!(!uut.stat_overrun.val());
                let idle = feed.is_empty() && !moved && !uut.busy.val();
                tick(&mut *uut);
                if idle && cycle > 2 {
                    break;
                }
                assert!(cycle < 500, "stuck");
            }
            assert_eq!(drain.got, want.iter().copied().collect::<Vec<_>>(), "{packet:x?}");
        }
        assert_eq!(conflicts, 1);
        assert_eq!(bad, want_bad - 1);

        // Without a gap: each bad one is counted, and the good ones among them are read.
        let mut items = vec![];
        for (packet, _) in &work {
            items.extend(beats::<$beat>(packet, $rng));
        }
        let mut feed = Feed::new(items, 0);
        let mut drain = Drain::new(0);
        let (mut bad, mut conflicts) = (0, 0);
        for _ in 0..1_500 {
            feed.drive(&mut uut.inp, $rng);
            drain.drive(&mut uut.out, $rng);
            settle(&mut *uut);
            feed.sample(&uut.inp);
            drain.sample(&uut.out);
            bad += usize::from(uut.stat_bad.val());
            conflicts += usize::from(uut.stat_conflict.val());
            assert!(!uut.stat_overrun.val());
            tick(&mut *uut);
        }
        assert!(feed.is_empty() && !uut.busy.val());
        assert_eq!(drain.got, work.iter().filter_map(|(_, want)| *want).collect::<Vec<_>>());
        assert_eq!((bad, conflicts), (want_bad - 1, 1));

        // Two packets, and nobody takes the first record.
        let two =
            [beats::<$beat>(&good, $rng), beats::<$beat>(&packet(2, 4, PEER, MAC, ADDR), $rng)].concat();
        let mut feed = Feed::new(two, 0);
        let mut overruns = 0;
        uut.out.ready.next = false;
        for _ in 0..12 {
            feed.drive(&mut uut.inp, $rng);
            settle(&mut *uut);
            feed.sample(&uut.inp);
            overruns += usize::from(uut.stat_overrun.val());
            tick(&mut *uut);
        }
        assert_eq!(overruns, 1);
        assert_eq!(Some(uut.out.data.val()), seen(true, true, HIS, PEER));
    };
}

// covers: NET-6
#[test]
fn reads_packets_at_64_bits() {
    let mut rng = Rng::new(40);
    reads!(rx::Rx64, Beat64, &mut rng);
}

// covers: NET-6
#[test]
fn reads_packets_at_512_bits() {
    let mut rng = Rng::new(41);
    reads!(rx::Rx512, Beat512, &mut rng);
}

macro_rules! builds {
    ($block:ty, $beat:ident, $rng:expr) => {
        for (gap, stall) in PACES {
            let mut uut = ready(Box::<$block>::default());
            uut.cfg.next = config();
            let sends: Vec<ArpSend> = (0..20_u64)
                .map(|i| ArpSend {
                    reply: i % 3 == 0,
                    mac: (0x0222_0000_0000 + i).into(),
                    addr: (GATEWAY + i).into(),
                })
                .collect();
            let (mut feed, mut drain) = (Feed::new(sends.clone(), gap), Drain::<$beat>::new(stall));
            let mut dmacs = vec![];
            for _ in 0..1_000 {
                feed.drive(&mut uut.inp, $rng);
                drain.drive(&mut uut.out, $rng);
                settle(&mut *uut);
                feed.sample(&uut.inp);
                if drain.sample(&uut.out).is_some_and(|beat| beat.last) {
                    dmacs.push(uut.dmac.val().to_u64());
                }
                tick(&mut *uut);
            }
            let want: Vec<_> = sends
                .iter()
                .map(|send| {
                    let (mac, addr) = (send.mac.to_u64(), send.addr.to_u64());
                    if send.reply {
                        (mac, packet(2, MAC, ADDR, mac, addr))
                    } else {
                        (0xffff_ffff_ffff, packet(1, MAC, ADDR, 0, addr))
                    }
                })
                .collect();
            assert_eq!(dmacs.into_iter().zip(frames(&drain.got)).collect::<Vec<_>>(), want);
        }
    };
}

#[test]
fn builds_packets_at_64_bits() {
    let mut rng = Rng::new(42);
    builds!(tx::Tx64, Beat64, &mut rng);
}

#[test]
fn builds_packets_at_512_bits() {
    let mut rng = Rng::new(43);
    builds!(tx::Tx512, Beat512, &mut rng);
}
