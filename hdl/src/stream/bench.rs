// SPDX-License-Identifier: MIT OR Apache-2.0
//! Test bench pieces for blocks with stream ports: a source with gaps, a sink with stalls, frames as bytes.

use std::collections::VecDeque;

use rust_hdl::prelude::*;

use super::{Beat8, Beat64, Beat512, StreamIn, StreamOut};

/// Implements [`Clocked`](crate::sim::Clocked) for blocks whose clock input is called `clock`.
#[macro_export]
macro_rules! clocked {
    ($($block:ty),+ $(,)?) => {$(
        impl $crate::sim::Clocked for $block {
            fn clk(&mut self) -> &mut Signal<In, Clock> {
                &mut self.clock
            }
        }
    )+};
}
pub use clocked;

/// The (input gap, output stall) percentages every stream test runs through.
pub const PACES: [(u64, u64); 4] = [(0, 0), (40, 0), (0, 40), (50, 50)];

/// A small random generator (SplitMix64). The seed is printed, and is taken from `SYNCLINE_SEED` if that is set.
pub struct Rng(u64);

impl Rng {
    pub fn new(default_seed: u64) -> Self {
        let seed = match std::env::var("SYNCLINE_SEED") {
            Ok(text) => text.parse().expect("SYNCLINE_SEED is a decimal number"),
            Err(_) => default_seed,
        };
        println!("SYNCLINE_SEED={seed}");
        Self(seed)
    }

    #[allow(clippy::should_implement_trait)] // endless, and no adapter would help
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `0..bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// True `percent` times in a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next() as u8).collect()
    }
}

/// The bits of a little-endian byte string.
pub fn bits_of<const N: usize>(bytes: &[u8]) -> Bits<N> {
    let mut word = Bits::<N>::default();
    for (i, byte) in bytes.iter().enumerate() {
        word.set_bits::<8>(i * 8, u64::from(*byte).into());
    }
    word
}

/// The first `len` bytes of a word, the lowest first.
pub fn bytes_of<const N: usize>(word: Bits<N>, len: usize) -> Vec<u8> {
    (0..len).map(|i| word.get_bits::<8>(i * 8).to_u8()).collect()
}

/// A beat of any width.
pub trait Beat: Synth {
    const LANES: usize;
    /// `bytes` fills the lanes from lane 0; lanes beyond `len` are not valid.
    fn new(bytes: &[u8], len: usize, last: bool) -> Self;
    fn is_last(&self) -> bool;
    /// The valid bytes. Refuses a `keep` with holes.
    fn bytes(&self) -> Vec<u8>;
}

macro_rules! beat {
    ($name:ident, $keep:literal) => {
        impl Beat for $name {
            const LANES: usize = $keep;
            fn new(bytes: &[u8], len: usize, last: bool) -> Self {
                let mut keep = Bits::<$keep>::default();
                (0..len).for_each(|i| keep = keep.replace_bit(i, true));
                Self { data: bits_of(bytes), keep, last }
            }
            fn is_last(&self) -> bool {
                self.last
            }
            fn bytes(&self) -> Vec<u8> {
                let len = (0..$keep).take_while(|i| self.keep.get_bit(*i)).count();
                assert!((len..$keep).all(|i| !self.keep.get_bit(i)), "keep has a hole: {:?}", self.keep);
                assert!(len == $keep || self.last, "short beat that is not the last: {:?}", self.keep);
                bytes_of(self.data, len)
            }
        }
    };
}
beat!(Beat64, 8);
beat!(Beat512, 64);

impl Beat for Beat8 {
    const LANES: usize = 1;
    fn new(bytes: &[u8], _len: usize, last: bool) -> Self {
        Self { data: bits_of(bytes), last }
    }
    fn is_last(&self) -> bool {
        self.last
    }
    fn bytes(&self) -> Vec<u8> {
        bytes_of(self.data, 1)
    }
}

/// The beats of a frame, with noise in the unused lanes.
pub fn beats<T: Beat>(frame: &[u8], rng: &mut Rng) -> Vec<T> {
    let count = frame.len().div_ceil(T::LANES);
    let chunks = frame.chunks(T::LANES).enumerate();
    chunks
        .map(|(i, chunk)| {
            let noise = rng.bytes(T::LANES - chunk.len());
            T::new(&[chunk, &noise].concat(), chunk.len(), i + 1 == count)
        })
        .collect()
}

/// The frames in a list of beats. Refuses empty beats and an unfinished frame.
pub fn frames<T: Beat>(beats: &[T]) -> Vec<Vec<u8>> {
    let mut done = vec![];
    let mut frame = vec![];
    for beat in beats {
        let bytes = beat.bytes();
        assert!(!bytes.is_empty(), "beat without a byte");
        frame.extend(bytes);
        if beat.is_last() {
            done.push(std::mem::take(&mut frame));
        }
    }
    assert!(frame.is_empty(), "unfinished frame of {} bytes", frame.len());
    done
}

/// Compares the frames in a list of beats with those wanted, and shows the first that differs.
pub fn assert_frames<T: Beat>(got: &[T], want: &[Vec<u8>]) {
    let got = frames(got);
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        assert!(got == want, "frame {i}:\n got {got:02x?}\nwant {want:02x?}");
    }
    assert_eq!(got.len(), want.len(), "number of frames");
}

/// Offers items to a [`StreamIn`], with gaps. While nothing is offered the data lines still show an item.
pub struct Feed<T> {
    items: VecDeque<T>,
    gap: u64,
    offered: bool,
}

impl<T: Synth> Feed<T> {
    pub fn new(items: impl IntoIterator<Item = T>, gap: u64) -> Self {
        Self { items: items.into_iter().collect(), gap, offered: false }
    }

    /// Sets the inputs of this cycle.
    pub fn drive(&mut self, port: &mut StreamIn<T>, rng: &mut Rng) {
        self.offered = !self.items.is_empty() && (self.offered || !rng.chance(self.gap));
        port.valid.next = self.offered;
        port.data.next = self.items.front().copied().unwrap_or_default();
    }

    /// Looks at the settled outputs of this cycle: the item moved, if one did.
    pub fn sample(&mut self, port: &StreamIn<T>) -> Option<T> {
        if !(self.offered && port.ready.val()) {
            return None;
        }
        self.offered = false;
        self.items.pop_front()
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

/// Takes items from a [`StreamOut`], with stalls, and refuses an offer that is withdrawn or changed.
pub struct Drain<T> {
    pub got: Vec<T>,
    stall: u64,
    held: Option<T>,
}

impl<T: Synth> Drain<T> {
    pub fn new(stall: u64) -> Self {
        Self { got: vec![], stall, held: None }
    }

    /// Sets the input of this cycle.
    pub fn drive(&mut self, port: &mut StreamOut<T>, rng: &mut Rng) {
        port.ready.next = !rng.chance(self.stall);
    }

    /// Looks at the settled outputs of this cycle: the item moved, if one did.
    pub fn sample(&mut self, port: &StreamOut<T>) -> Option<T> {
        if let Some(held) = self.held {
            assert!(port.valid.val(), "offer withdrawn");
            assert_eq!(port.data.val(), held, "offer changed");
        }
        self.held = None;
        if !port.valid.val() {
            return None;
        }
        let item = port.data.val();
        if !port.ready.val() {
            self.held = Some(item);
            return None;
        }
        self.got.push(item);
        Some(item)
    }
}

/// Runs a block with one input and one output for one cycle. `$d` is the block, `inp` and `out` are its ports.
#[macro_export]
macro_rules! cycle {
    ($d:expr, $feed:expr, $drain:expr, $rng:expr) => {{
        $feed.drive(&mut $d.inp, $rng);
        $drain.drive(&mut $d.out, $rng);
        $crate::sim::settle(&mut *$d);
        let moved = ($feed.sample(&$d.inp), $drain.sample(&$d.out));
        $crate::sim::tick(&mut *$d);
        moved
    }};
}
pub use cycle;
