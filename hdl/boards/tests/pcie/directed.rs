// SPDX-License-Identifier: MIT OR Apache-2.0
//! Requests one by one, from beginning to end, in every combination that counts; and what needs a scene of its own.

use syncline_hdl::stream::bench::Rng;

use crate::card::Card;
use crate::draw::{any, enabled, span};
use crate::dut::Dut;
use crate::host::Host;
use syncline_pins::tlp::Kind::{self, MemoryRead, MemoryWrite};

fn host(seed: u64) -> Host {
    Host::new(Dut::new(false), Card::new(4, 2), Rng::new(seed))
}

/// A write and the read of the same bytes, each compared when it is done.
fn write_and_read(host: &mut Host, bar: u8, start: u64, dwords: u64, first_be: u8, last_be: u8) {
    for kind in [MemoryWrite, MemoryRead] {
        let request = enabled(&mut host.rng, kind, bar, start, dwords, first_be, last_be);
        host.alone(request);
    }
}

#[test]
fn every_byte_enable_of_one_dword() {
    let mut host = host(300);
    for bar in [0, 2] {
        for lane in 0..16 {
            for first_be in 0..16 {
                write_and_read(&mut host, bar, 0x1000 + 4 * lane, 1, first_be, 0);
            }
        }
    }
    assert_eq!(host.completions, 2 * 16 * 16);
}

#[test]
fn every_byte_enable_of_two_dwords() {
    let mut host = host(301);
    for bar in [0, 2] {
        for lane in 0..16 {
            for enables in 0..=255_u8 {
                let (first_be, last_be) = (enables & 15, enables >> 4);
                if first_be != 0 && last_be != 0 {
                    write_and_read(&mut host, bar, 0x2000 + 4 * lane, 2, first_be, last_be);
                }
            }
        }
    }
    assert_eq!(host.completions, 2 * 16 * 15 * 15);
}

/// From every byte of a line, ends up to beyond the next one: so every start with every end, inside and across.
#[test]
fn every_start_and_end() {
    let mut host = host(302);
    for start in 0..64 {
        for bytes in 0..=72 {
            for kind in [MemoryWrite, MemoryRead] {
                let request = span(&mut host.rng, kind, 2, 0x3000 + start, bytes);
                host.alone(request);
            }
            if bytes <= 12 {
                for kind in [MemoryWrite, MemoryRead] {
                    let request = span(&mut host.rng, kind, 0, 0x3000 + start, bytes);
                    host.alone(request);
                }
            }
        }
    }
}

/// All lengths that make another number of beats, lines or completions, at the pages' edges and around the boundaries of 128 bytes.
#[test]
fn lengths_and_pages() {
    let mut host = host(303);
    let lengths =
        [1, 2, 12, 13, 14, 16, 28, 29, 30, 31, 32, 33, 44, 60, 64, 65, 127, 128, 129, 255, 256, 508, 1024];
    for bar in [0, 2] {
        for dwords in lengths {
            let last_be = if dwords > 1 { 0x3 } else { 0 };
            let end = 4096 - 4 * dwords;
            let starts = [0, end, (end / 2) & !0x7f, ((end / 2) & !0x7f) + 4, ((end / 2) & !0x7f) + 124];
            for start in starts.into_iter().filter(|start| *start <= end) {
                for kind in [MemoryWrite, MemoryRead] {
                    if kind == MemoryRead || dwords <= 508 {
                        let request = enabled(&mut host.rng, kind, bar, 0x4000 + start, dwords, 0xe, last_be);
                        host.alone(request);
                    }
                }
            }
        }
    }
    // The last bytes of both BARs, and the first.
    for (bar, size) in [(0, crate::draw::BAR0), (2, crate::draw::BAR2)] {
        for start in [0, size - 64, size - 8] {
            write_and_read(&mut host, bar, start, 2, 0xf, 0xf);
        }
    }
}

/// Every type with every BAR and Address Type: what is not supported is refused or dropped, and what follows is done.
#[test]
fn unsupported_requests() {
    let mut host = host(304);
    let kinds = [
        Kind::MemoryRead,
        Kind::MemoryWrite,
        Kind::IoRead,
        Kind::IoWrite,
        Kind::FetchAdd,
        Kind::Swap,
        Kind::CompareSwap,
        Kind::LockedRead,
        Kind::ConfigRead0,
        Kind::ConfigRead1,
        Kind::ConfigWrite0,
        Kind::ConfigWrite1,
        Kind::Message,
        Kind::VendorMessage,
        Kind::AtsMessage,
        Kind::Reserved,
    ];
    for kind in kinds {
        for bar in 0..8 {
            for address_type in 0..4 {
                let dwords =
                    if kind == Kind::CompareSwap { 4 } else { 1 + u64::from(kind == Kind::FetchAdd) };
                let last_be = if dwords > 1 { 0xf } else { 0 };
                let mut request = enabled(&mut host.rng, kind, bar, 0x128, dwords, 0xf, last_be);
                request.address_type = address_type;
                host.alone(request);
            }
        }
        write_and_read(&mut host, 2, 0x128, 2, 0xf, 0xf);
    }
}

/// Requests whose payload is not good leave no trace but a count, whatever their length; nor does one that is longer than the store.
#[test]
fn discontinued_requests() {
    let mut host = host(305);
    for dwords in [1, 2, 12, 13, 28, 29, 64, 256, 508] {
        for kind in [MemoryWrite, Kind::Message, Kind::Swap] {
            for bar in [0, 2] {
                let mut request = enabled(&mut host.rng, kind, bar, 0x200, dwords, 0xf, 0xf);
                request.discontinue = true;
                host.alone(request);
            }
        }
        write_and_read(&mut host, 2, 0x200, 2, 0xf, 0xf);
    }
    for dwords in [509, 512, 1000, 1020, 1021, 1024] {
        let request = enabled(&mut host.rng, MemoryWrite, 2, 0, dwords, 0xf, 0xf);
        host.queue.push_back(request);
        write_and_read(&mut host, 2, 0x200, 2, 0xf, 0xf);
    }
}

/// Completions can't leave: reads pile up where they are, and writes still go through (PCIe Base 2.4.1).
#[test]
fn writes_pass_while_completions_wait() {
    let mut host = host(306);
    host.stall = 100;
    for i in 0..100 {
        let bar = if i % 3 == 0 { 0 } else { 2 };
        let mut request = enabled(&mut host.rng, MemoryRead, bar, 0x40 * i, 40, 0xf, 0xf);
        request.tag = i as u8;
        host.queue.push_back(request);
    }
    for i in 0..200 {
        let bar = if i % 5 == 0 { 0 } else { 2 };
        let request = enabled(&mut host.rng, MemoryWrite, bar, 0x1000 + 0x40 * i, 16, 0xf, 0xf);
        host.queue.push_back(request);
    }
    for _ in 0..20_000 {
        host.cycle();
    }
    assert_eq!(host.completions, 0);
    assert!(host.outstanding() >= 16, "only {} reads were taken", host.outstanding());
    assert!(host.queue.iter().all(|request| request.kind == MemoryRead), "a write is stuck");
    assert_eq!(host.card.written.len(), host.want_written.len(), "a write is not done");
    host.stall = 0;
    host.settle();
}

/// A read waits for the writes before it, however slow the registers are, to whichever BAR.
#[test]
fn reads_do_not_overtake_writes() {
    let mut host = Host::new(Dut::new(false), Card::new(1, 60), Rng::new(307));
    for round in 0..60 {
        let bars = [[0, 2], [2, 0], [0, 0], [2, 2]][round % 4];
        for (bar, dwords) in [(bars[0], 24), (bars[1], 9)] {
            let request = enabled(&mut host.rng, MemoryWrite, bar, 0x700, dwords, 0xf, 0xf);
            host.queue.push_back(request);
        }
        for (i, bar) in [bars[1], bars[0]].into_iter().enumerate() {
            let mut request = enabled(&mut host.rng, MemoryRead, bar, 0x700, 24, 0xf, 0xf);
            request.tag = i as u8;
            host.queue.push_back(request);
        }
        host.settle();
    }
}

/// Reset in the middle of anything, and everything works again.
#[test]
fn reset_at_any_time() {
    let mut host = host(308);
    for round in 0..150 {
        (host.gap, host.stall) = (host.rng.below(2) * 30, host.rng.below(2) * 60);
        for tag in 0..20 {
            let mut request = any(&mut host.rng);
            request.tag = tag;
            host.queue.push_back(request);
        }
        for _ in 0..host.rng.below(200) {
            host.cycle();
        }
        host.reset_to(Card::new(1 + round % 5, 2));
        host.stall = 0;
        write_and_read(&mut host, 2, 0x100, 40, 0xf, 0xf);
        write_and_read(&mut host, 0, 0x100, 2, 0xf, 0xf);
    }
}

/// What it takes: bursts of write-combined stores, single reads, long reads. No promise, but a loss would be seen.
#[test]
fn rates() {
    let mut host = host(309);
    let mut cycles = |count: u64, kind: Kind, bar: u8, dwords: u64| {
        for i in 0..count {
            let last_be = if dwords > 1 { 0xf } else { 0 };
            let mut request = enabled(&mut host.rng, kind, bar, (64 * i) % 4096, dwords, 0xf, last_be);
            request.tag = i as u8;
            host.queue.push_back(request);
        }
        let start = host.cycles;
        while !(host.queue.is_empty()
            && host.outstanding() == 0
            && host.card.written.len() >= host.want_written.len())
        {
            host.cycle();
        }
        let taken = host.cycles - start;
        host.settle();
        println!("{count} {kind:?} of {dwords} dwords, BAR{bar}: {taken} cycles");
        taken
    };
    assert!(cycles(200, MemoryWrite, 2, 16) <= 410, "two beats a burst");
    assert!(cycles(1, MemoryRead, 2, 1) <= 22, "a read");
    assert!(cycles(200, MemoryRead, 2, 1) <= 200 * 6, "single reads");
    assert!(cycles(4, MemoryRead, 2, 1024) <= 4 * 32 * 6, "long reads");
    assert!(cycles(1, MemoryWrite, 0, 1) <= 14, "a doorbell");
}
