// SPDX-License-Identifier: MIT OR Apache-2.0
//! The TCP path, the look-up, the timers and the scheduler: the Rust simulation and the Verilated print in lockstep.

use num_bigint::BigUint;
use rust_hdl::prelude::*;
use syncline_hdl::flow::lookup::Lookup;
use syncline_hdl::sched::Sched;
use syncline_hdl::sim::{ready, settle};
use syncline_hdl::stream::{Beat64, Beat512};
use syncline_hdl::tcp::placer::{Placer64, Placer512};
use syncline_hdl::tcp::rx::{Rx64, Rx512};
use syncline_hdl::tcp::tx::{Tx64, Tx512};
use syncline_hdl::timer::Timer;
use syncline_verilate::{Model, Options, Source};

/// SplitMix64, from `SYNCLINE_SEED` or 1.
struct Random(u64);

impl Random {
    fn new() -> Self {
        let seed = std::env::var("SYNCLINE_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
        println!("SYNCLINE_SEED={seed}");
        Self(seed)
    }
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
    fn bits<const N: usize>(&mut self) -> Bits<N> {
        (0..N).fold(Bits::default(), |word, i| word.replace_bit(i, self.next().is_multiple_of(2)))
    }
}

/// A value as Verilog packs it.
fn number<T: Synth>(value: T) -> BigUint {
    let text = value.verilog().to_string();
    let (_, digits) = text.split_once('\'').expect("sized literal");
    let radix = if digits.starts_with('b') { 2 } else { 16 };
    BigUint::parse_bytes(&digits.as_bytes()[1..], radix).expect("digits")
}

/// Runs a block and its print side by side; `drive` pokes the inputs of a cycle.
macro_rules! lockstep {
    ($name:ident, $block:ty, $cycles:literal, $setup:expr, $drive:expr,
     in [$($($input:ident).+),+], out [$($($output:ident).+),+]) => {
        #[test]
        fn $name() {
            let mut random = Random::new();
            let mut block = ready(Box::<$block>::default());
            let top = stringify!($name);
            let text = syncline_hdl::emit::verilog(block.as_ref(), top).unwrap_or_else(|e| panic!("{e}"));
            let mut model = Model::build(&Source::new(top, text), Options::default()).expect("model builds");
            let port = |model: &Model, name: &str| model.port(&name.replace('.', "_").replace(' ', "")).expect("port");
            let clock = port(&model, "clock");
            #[allow(clippy::redundant_closure_call)]
            let mut state = $setup(&mut random);
            for cycle in 0..$cycles {
                #[allow(clippy::redundant_closure_call)]
                $drive(&mut *block, &mut state, &mut random);
                settle(block.as_mut());
                $(
                    let input = port(&model, stringify!($($input).+));
                    model.set_bytes(input, &number(block.$($input).+.val()).to_bytes_le());
                )+
                model.eval();
                $(
                    let output = port(&model, stringify!($($output).+));
                    let got = BigUint::from_bytes_le(model.get_bytes(output));
                    let want = number(block.$($output).+.val());
                    let name = stringify!($($output).+);
                    assert!(got == want, "cycle {cycle}, {name}: Rust {want:x}, Verilog {got:x}");
                )+
                for level in [true, false] {
                    block.clock.next = Clock { clk: level };
                    settle(block.as_mut());
                    model.set_bytes(clock, &[u8::from(level)]);
                    model.eval();
                }
            }
        }
    };
}

/// TCP segments as (src, dst, length by IPv4's account, broadcast, bytes), mostly right.
fn segments(random: &mut Random) -> Vec<(u64, u64, u64, bool, Vec<u8>)> {
    let mut out = vec![];
    for _ in 0..100 {
        let words = [5, 5, 6, 10, 15][random.below(5) as usize];
        let len = words * 4 + [0, 1, random.below(150)][random.below(3) as usize];
        let mut bytes: Vec<u8> = (0..len).map(|_| random.next() as u8).collect();
        bytes[12] = (words as u8) << 4;
        for byte in &mut bytes[20..words as usize * 4] {
            *byte = [1, 1, 2, 4, 4][random.below(5) as usize];
        }
        let (src, dst) = (random.below(1 << 32), random.below(1 << 32));
        bytes[16..18].fill(0);
        let mut sum = (src >> 16) + (src & 0xffff) + (dst >> 16) + (dst & 0xffff) + 6 + len;
        for pair in bytes.chunks(2) {
            sum += u64::from(pair[0]) * 256 + u64::from(pair.get(1).copied().unwrap_or(0));
        }
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        bytes[16..18].copy_from_slice(&(!sum as u16).to_be_bytes());
        match random.below(12) {
            0 => bytes[12] = (random.below(16) << 4) as u8,
            1 => bytes.truncate(1 + random.below(len) as usize),
            2 => bytes[4] ^= 0x10,
            _ => {}
        }
        out.push((src, dst, len, random.chance(5), bytes));
    }
    out.reverse();
    out
}

/// The segments still to come, the one under way, and how far it is.
type Sending = (Vec<(u64, u64, u64, bool, Vec<u8>)>, Option<(u64, u64, u64, bool, Vec<u8>)>, usize);

macro_rules! drive_rx {
    ($block:ty, $beat:ident, $k:literal) => {
        |block: &mut $block, state: &mut Sending, random: &mut Random| {
            if block.inp.valid.val() && block.inp.ready.val() {
                state.2 += $k;
                if state.1.as_ref().is_some_and(|s| state.2 >= s.4.len()) {
                    state.1 = None;
                }
            }
            if state.1.is_none() {
                (state.1, state.2) = (state.0.pop(), 0);
            }
            let held = block.inp.valid.val() && !block.inp.ready.val();
            block.inp.valid.next = state.1.is_some() && (held || random.chance(85));
            if let Some((src, dst, len, broadcast, bytes)) = &state.1 {
                block.meta.next.src = (*src).into();
                block.meta.next.dst = (*dst).into();
                block.meta.next.len = (*len).into();
                block.meta.next.broadcast = *broadcast;
                let part = &bytes[state.2..bytes.len().min(state.2 + $k)];
                let mut beat = $beat { last: state.2 + $k >= bytes.len(), ..Default::default() };
                for (i, byte) in part.iter().enumerate() {
                    beat.data.set_bits::<8>(8 * i, u64::from(*byte).into());
                    beat.keep = beat.keep.replace_bit(i, true);
                }
                block.inp.data.next = beat;
            }
            block.segment.ready.next = random.chance(60);
            block.payload.ready.next = random.chance(60);
        }
    };
}
lockstep!(rx_64, Rx64, 2500, |random| (segments(random), None, 0), drive_rx!(Rx64, Beat64, 8),
    in [inp.data, inp.valid, meta, segment.ready, payload.ready],
    out [inp.ready, segment.data, segment.valid, payload.data, payload.valid, idle, stat_checksum, stat_malformed,
         stat_bad_option, stat_broadcast, stat_overflow]);
lockstep!(rx_512, Rx512, 600, |random| (segments(random), None, 0), drive_rx!(Rx512, Beat512, 64),
    in [inp.data, inp.valid, meta, segment.ready, payload.ready],
    out [inp.ready, segment.data, segment.valid, payload.data, payload.valid, idle, stat_checksum, stat_malformed,
         stat_bad_option, stat_broadcast, stat_overflow]);

macro_rules! drive_placer {
    ($block:ty, $k:literal) => {
        |block: &mut $block, _: &mut (), random: &mut Random| {
            block.verdict.valid.next = random.chance(80);
            block.verdict.data.next.flow = random.below(4).into();
            block.verdict.data.next.staged = random.chance(80);
            block.verdict.data.next.place = random.chance(80);
            block.verdict.data.next.start = random.chance(20);
            block.verdict.data.next.skip = random.below(2 * $k).into();
            block.verdict.data.next.take = random.below(4 * $k).into();
            block.verdict.data.next.seq = random.bits();
            block.verdict.data.next.placed = random.bits();
            block.payload.valid.next = random.chance(80);
            block.payload.data.next.data = random.bits();
            block.payload.data.next.last = random.chance(30);
            block.placed_flow.next = random.bits();
        }
    };
}
lockstep!(placer_64, Placer64<2, 7, 9>, 1500, |_| (), drive_placer!(Placer64<2, 7, 9>, 8),
    in [verdict.data, verdict.valid, payload.data, payload.valid, placed_flow],
    out [verdict.ready, payload.ready, ring_valid, ring_addr, ring_data, ring_keep, placed, notify_valid, notify_flow, idle]);
lockstep!(placer_512, Placer512<2, 7, 9>, 300, |_| (), drive_placer!(Placer512<2, 7, 9>, 64),
    in [verdict.data, verdict.valid, payload.data, payload.valid, placed_flow],
    out [verdict.ready, payload.ready, ring_valid, ring_addr, ring_data, ring_keep, placed, notify_valid, notify_flow, idle]);

macro_rules! drive_tx {
    ($block:ty) => {
        |block: &mut $block, _: &mut (), random: &mut Random| {
            let option = random.chance(20);
            block.laddr.next = 0xc0a8_0102_u64.into();
            block.inp.valid.next = random.chance(70);
            block.inp.data.next.dmac = random.bits();
            block.inp.data.next.flow = random.below(4).into();
            block.inp.data.next.raddr = random.bits();
            block.inp.data.next.rport = random.bits();
            block.inp.data.next.lport = random.bits();
            block.inp.data.next.seq = random.bits();
            block.inp.data.next.ack = random.bits();
            block.inp.data.next.flags = random.bits();
            block.inp.data.next.wnd = random.bits();
            block.inp.data.next.len = if option || random.chance(30) { 0 } else { random.below(200) }.into();
            block.inp.data.next.mss = u64::from(option).into();
            block.ring_data.next = random.bits();
            block.out.ready.next = random.chance(75);
        }
    };
}
lockstep!(tx_64, Tx64<2, 12, 14>, 2000, |_| (), drive_tx!(Tx64<2, 12, 14>),
    in [inp.data, inp.valid, laddr, ring_data, out.ready],
    out [inp.ready, ring_read, ring_addr, out.data, out.valid, send, idle]);
lockstep!(tx_512, Tx512<2, 12, 14>, 400, |_| (), drive_tx!(Tx512<2, 12, 14>),
    in [inp.data, inp.valid, laddr, ring_data, out.ready],
    out [inp.ready, ring_read, ring_addr, out.data, out.valid, send, idle]);

/// Flows in use, cycles, and the key.
type Used = (Vec<u64>, u64, Bits<128>);

fn drive_lookup(block: &mut Lookup<3, 4, 2>, state: &mut Used, random: &mut Random) {
    let new = block.event.valid.val() && block.event.ready.val() && block.event.data.val().new;
    if new {
        state.0.push(block.event.data.val().flow.to_u64());
    }
    state.1 += 1;
    block.key.next = state.2;
    block.laddr.next = 0x0a00_0001_u64.into();
    block.now.next = (state.1 * 7).into();
    block.event.ready.next = random.chance(70);
    if !block.segment.valid.val() || block.segment.ready.val() {
        block.segment.valid.next = random.chance(60);
        block.segment.data.next.raddr = (0x0a00_0010 + random.below(4)).into();
        block.segment.data.next.rport = random.below(4).into();
        block.segment.data.next.lport = (80 + random.below(2)).into();
        block.segment.data.next.flags = [2, 2, 16, 18][random.below(4) as usize].into();
        block.segment.data.next.seq = random.bits();
        block.segment.data.next.len = random.bits();
    }
    if !block.open.valid.val() || block.open.ready.val() {
        block.open.valid.next = random.chance(10);
        block.open.data.next.raddr = (0x0a00_0010 + random.below(4)).into();
        block.open.data.next.rport = random.below(4).into();
        block.open.data.next.lport = (80 + random.below(2)).into();
        block.open.data.next.nodelay = random.chance(50);
    }
    if !block.listen.valid.val() || block.listen.ready.val() {
        block.listen.valid.next = random.chance(5);
        block.listen.data.next.port = (80 + random.below(2)).into();
        block.listen.data.next.on = random.chance(85);
    }
    let deletes = !state.0.is_empty() && random.chance(8);
    block.remove_valid.next = deletes;
    block.free_valid.next = deletes;
    block.half_open_dec.next = deletes && random.chance(70);
    if deletes {
        let at = random.below(state.0.len() as u64) as usize;
        let flow = state.0.swap_remove(at);
        block.remove_flow.next = flow.into();
        block.free_flow.next = flow.into();
    }
}
lockstep!(lookup, Lookup<3, 4, 2>, 5000, |random: &mut Random| (vec![], 0, random.bits()), drive_lookup,
    in [key, laddr, now, segment.data, segment.valid, open.data, open.valid, listen.data, listen.valid, event.ready,
        remove_valid, remove_flow, free_valid, free_flow, half_open_dec],
    out [segment.ready, open.ready, open_ok, open_in_use, open_flow, listen.ready, event.data, event.valid, busy, idle,
         used, half_open, stat_no_listener, stat_card_full, stat_half_open_limit]);

lockstep!(timer, Timer<3, 4>, 3000, |_| 1_000_u64, |block: &mut Timer<3, 4>, now: &mut u64, random: &mut Random| {
        *now += random.below(3);
        block.now.next = (*now).into();
        block.set_valid.next = random.chance(10);
        block.set_flow.next = random.below(8).into();
        block.set_on.next = random.chance(80);
        block.set_deadline.next = (*now + random.below(60)).into();
        block.expiry.ready.next = random.chance(50);
    },
    in [now, set_valid, set_flow, set_on, set_deadline, expiry.ready],
    out [expiry.data, expiry.valid, next_deadline, deadline_valid, settled, busy]);

lockstep!(sched, Sched<3, 4>, 2000, |_| (), |block: &mut Sched<3, 4>, _: &mut (), random: &mut Random| {
        block.set_valid.next = random.chance(50) && !block.busy.val();
        block.set_flow.next = random.below(8).into();
        block.out.ready.next = random.chance(40);
    },
    in [set_valid, set_flow, out.ready], out [out.data, out.valid, idle, busy]);
