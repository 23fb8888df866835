// SPDX-License-Identifier: MIT OR Apache-2.0
//! Several streams into one: [`FrameArbiter64`] and [`FrameArbiter512`] for frames, [`RecordArbiter`] for records.

use rust_hdl::prelude::*;

use super::{Beat64, Beat512, StreamIn, StreamOut};

/// Round-robin choice among `N` requests.
///
/// `select` is one-hot, the first request after the one that had the last turn, and zero without a request. It stays
/// on its choice until `done`, so that an offer made is never withdrawn.
#[derive(LogicBlock)]
pub struct RoundRobin<const N: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub request: Signal<In, Bits<N>>,
    /// The turn of the selected request ends with this cycle.
    pub done: Signal<In, Bit>,
    pub select: Signal<Out, Bits<N>>,
    /// The requests above the last selected one.
    above: DFF<Bits<N>>,
    locked: DFF<Bit>,
    choice: DFF<Bits<N>>,
    next: Signal<Local, Bits<N>>,
    // By bit: one below it is set. Gates, because carries of so few bits take longer.
    next_below: [Signal<Local, Bit>; N],
    any_below: [Signal<Local, Bit>; N],
    selected_below: [Signal<Local, Bit>; N],
    next_first: [Signal<Local, Bits<N>>; N],
    any_first: [Signal<Local, Bits<N>>; N],
    behind: [Signal<Local, Bits<N>>; N],
    zero: Constant<Bits<N>>,
    selected: Signal<Local, Bits<N>>,
    some: Signal<Local, Bit>,
}

impl<const N: usize> Default for RoundRobin<N> {
    fn default() -> Self {
        Self {
            zero: Constant::new(0.into()),
            clock: Default::default(),
            reset: Default::default(),
            request: Default::default(),
            done: Default::default(),
            select: Default::default(),
            above: Default::default(),
            locked: Default::default(),
            choice: Default::default(),
            next: Default::default(),
            next_below: std::array::from_fn(|_| Default::default()),
            any_below: std::array::from_fn(|_| Default::default()),
            selected_below: std::array::from_fn(|_| Default::default()),
            next_first: std::array::from_fn(|_| Default::default()),
            any_first: std::array::from_fn(|_| Default::default()),
            behind: std::array::from_fn(|_| Default::default()),
            selected: Default::default(),
            some: Default::default(),
        }
    }
}

impl<const N: usize> Logic for RoundRobin<N> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, above, locked, choice);
        self.next.next = self.request.val() & self.above.q.val();
        self.next_below[0].next = false;
        self.any_below[0].next = false;
        self.next_first[0].next = self.zero.val().replace_bit(0, self.next.val().get_bit(0));
        self.any_first[0].next = self.zero.val().replace_bit(0, self.request.val().get_bit(0));
        self.selected.next = self.any_first[0].val();
        for i in 1..N {
            self.next_below[i].next = self.next_below[i - 1].val() | self.next.val().get_bit(i - 1);
            self.any_below[i].next = self.any_below[i - 1].val() | self.request.val().get_bit(i - 1);
            self.next_first[i].next = self.next_first[i - 1]
                .val()
                .replace_bit(i, self.next.val().get_bit(i) & !self.next_below[i].val());
            self.any_first[i].next = self.any_first[i - 1]
                .val()
                .replace_bit(i, self.request.val().get_bit(i) & !self.any_below[i].val());
            self.selected.next = self.any_first[i].val();
            if self.next.val().any() {
                self.selected.next = self.next_first[i].val();
            }
        }
        if self.locked.q.val() {
            self.selected.next = self.choice.q.val();
        }
        self.some.next = self.locked.q.val() | self.request.val().any();
        self.select.next = self.selected.val();
        self.choice.d.next = self.selected.val();
        self.locked.d.next = self.some.val() & !self.done.val();

        self.selected_below[0].next = false;
        self.behind[0].next = self.zero.val();
        for i in 1..N {
            self.selected_below[i].next =
                self.selected_below[i - 1].val() | self.selected.val().get_bit(i - 1);
            self.behind[i].next = self.behind[i - 1].val().replace_bit(i, self.selected_below[i].val());
            if self.some.val() {
                self.above.d.next = self.behind[i].val();
            }
        }
        if self.reset.val() {
            self.locked.d.next = false;
            self.above.d.next = 0.into();
        }
    }
}

macro_rules! frame_arbiter {
    ($name:ident, $beat:ident) => {
        /// Round-robin arbiter of `N` frame streams (2 to 4): a frame goes out whole before another input has its turn.
        ///
        /// No bubble between frames, no register in the data path. Whose turn it is stands in a register: while nobody asks it is
        /// input 0's, whose frame goes out at once; another's then waits for a cycle.
        #[derive(LogicBlock)]
        pub struct $name<const N: usize> {
            pub clock: Signal<In, Clock>,
            pub reset: Signal<In, Bit>,
            pub inp: [StreamIn<$beat>; N],
            pub out: StreamOut<$beat>,
            /// The input that `out` shows, one-hot.
            pub select: Signal<Out, Bits<N>>,
            /// `select` with bit 0 inverted.
            turn: DFF<Bits<N>>,
            in_frame: DFF<Bit>,
            first: Constant<Bits<N>>,
            shown: Signal<Local, Bits<N>>,
            request: [Signal<Local, Bits<N>>; N],
            others: Signal<Local, Bits<N>>,
            shown_less_one: Signal<Local, Bits<N>>,
            upto: Signal<Local, Bits<N>>,
            next: Signal<Local, Bits<N>>,
            next_less_one: Signal<Local, Bits<N>>,
            others_less_one: Signal<Local, Bits<N>>,
            chosen: Signal<Local, Bits<N>>,
            beat: Signal<Local, $beat>,
            valid: Signal<Local, Bit>,
            taken: Signal<Local, Bit>,
        }

        impl<const N: usize> Default for $name<N> {
            fn default() -> Self {
                assert!((2..=4).contains(&N), "arbiter: 2 to 4 inputs, not {N}");
                Self {
                    first: Constant::new(1.into()),
                    clock: Default::default(),
                    reset: Default::default(),
                    inp: std::array::from_fn(|_| Default::default()),
                    out: Default::default(),
                    select: Default::default(),
                    turn: Default::default(),
                    in_frame: Default::default(),
                    shown: Default::default(),
                    request: std::array::from_fn(|_| Default::default()),
                    others: Default::default(),
                    shown_less_one: Default::default(),
                    upto: Default::default(),
                    next: Default::default(),
                    next_less_one: Default::default(),
                    others_less_one: Default::default(),
                    chosen: Default::default(),
                    beat: Default::default(),
                    valid: Default::default(),
                    taken: Default::default(),
                }
            }
        }

        impl<const N: usize> Logic for $name<N> {
            crate::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                dff_setup!(self, clock, turn, in_frame);
                self.shown.next = self.turn.q.val() ^ self.first.val();
                self.select.next = self.shown.val();
                self.request[0].next = 0.into();
                if self.inp[0].valid.val() {
                    self.request[0].next = 1.into();
                }
                self.beat.next = self.inp[0].data.val();
                self.valid.next = self.shown.val().get_bit(0) & self.inp[0].valid.val();
                self.inp[0].ready.next = self.shown.val().get_bit(0) & self.out.ready.val();
                self.others.next = self.request[0].val() & !self.shown.val();
                for i in 1..N {
                    self.request[i].next = self.request[i - 1].val().replace_bit(i, self.inp[i].valid.val());
                    self.others.next = self.request[i].val() & !self.shown.val();
                    self.inp[i].ready.next = self.shown.val().get_bit(i) & self.out.ready.val();
                    if self.shown.val().get_bit(i) {
                        self.beat.next = self.inp[i].data.val();
                        self.valid.next = self.inp[i].valid.val();
                    }
                }
                self.out.data.next = self.beat.val();
                self.out.valid.next = self.valid.val();

                // The first of the others behind the one that has the turn. x & !(x - 1) is the lowest bit set in x.
                self.shown_less_one.next = self.shown.val() - 1;
                self.upto.next = self.shown.val() | self.shown_less_one.val();
                self.next.next = self.others.val() & !self.upto.val();
                self.next_less_one.next = self.next.val() - 1;
                self.others_less_one.next = self.others.val() - 1;
                self.chosen.next = self.others.val() & !self.others_less_one.val();
                if self.next.val().any() {
                    self.chosen.next = self.next.val() & !self.next_less_one.val();
                }
                self.taken.next = self.valid.val() & self.out.ready.val();
                if self.taken.val() {
                    self.in_frame.d.next = !self.beat.val().last;
                }
                if (self.taken.val() & self.beat.val().last) | (!self.in_frame.q.val() & !self.valid.val()) {
                    if self.others.val().any() {
                        self.turn.d.next = self.chosen.val() ^ self.first.val();
                    } else if !self.valid.val() {
                        self.turn.d.next = 0.into();
                    }
                }
                if self.reset.val() {
                    self.turn.d.next = 0.into();
                    self.in_frame.d.next = false;
                }
            }
        }
    };
}
frame_arbiter!(FrameArbiter64, Beat64);
frame_arbiter!(FrameArbiter512, Beat512);

/// Round-robin arbiter of `N` record streams (2 to 8), an item per cycle, no register in the data path.
#[derive(LogicBlock)]
pub struct RecordArbiter<T: Synth, const N: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub inp: [StreamIn<T>; N],
    pub out: StreamOut<T>,
    /// The input that `out` shows, one-hot.
    pub select: Signal<Out, Bits<N>>,
    turn: RoundRobin<N>,
    request: [Signal<Local, Bits<N>>; N],
}

impl<T: Synth, const N: usize> Default for RecordArbiter<T, N> {
    fn default() -> Self {
        assert!((2..=8).contains(&N), "arbiter: 2 to 8 inputs, not {N}");
        Self {
            clock: Default::default(),
            reset: Default::default(),
            inp: std::array::from_fn(|_| Default::default()),
            out: Default::default(),
            select: Default::default(),
            turn: Default::default(),
            request: std::array::from_fn(|_| Default::default()),
        }
    }
}

impl<T: Synth, const N: usize> Logic for RecordArbiter<T, N> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, turn);
        self.turn.reset.next = self.reset.val();
        self.request[0].next = 0.into();
        if self.inp[0].valid.val() {
            self.request[0].next = 1.into();
        }
        self.out.data.next = self.inp[0].data.val();
        self.inp[0].ready.next = self.turn.select.val().get_bit(0) & self.out.ready.val();
        for i in 1..N {
            self.request[i].next = self.request[i - 1].val().replace_bit(i, self.inp[i].valid.val());
            self.turn.request.next = self.request[i].val();
            self.inp[i].ready.next = self.turn.select.val().get_bit(i) & self.out.ready.val();
            if self.turn.select.val().get_bit(i) {
                self.out.data.next = self.inp[i].data.val();
            }
        }
        self.select.next = self.turn.select.val();
        self.out.valid.next = self.turn.select.val().any();
        self.turn.done.next = self.out.ready.val();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::sim::{ready, settle, tick};
    use crate::stream::bench::{Beat, Drain, Feed, PACES, Rng, beats, clocked};

    clocked!(FrameArbiter64<2>, FrameArbiter64<3>, FrameArbiter64<4>, FrameArbiter512<2>);
    clocked!(RecordArbiter<Bits<16>, 3>);

    /// Frames `[input, number, ...]` through every input: each comes out whole, and those of an input in order.
    macro_rules! frames_stay_whole {
        ($block:ident, $beat:ident, $n:literal) => {
            let mut rng = Rng::new(7);
            for (gap, stall) in PACES {
                let mut uut = ready(Box::<$block<$n>>::default());
                let mut sent: Vec<VecDeque<Vec<u8>>> = vec![VecDeque::new(); $n];
                let mut feeds = vec![];
                for (input, frames) in sent.iter_mut().enumerate() {
                    let mut items = vec![];
                    for _ in 0..20 {
                        let len = rng.below(4 * <$beat>::LANES as u64) as usize;
                        let frame = [vec![input as u8], rng.bytes(len)].concat();
                        items.extend(beats::<$beat>(&frame, &mut rng));
                        frames.push_back(frame);
                    }
                    feeds.push(Feed::new(items, gap));
                }
                let total: usize =
                    sent.iter().flatten().map(|frame| frame.len().div_ceil(<$beat>::LANES)).sum();
                let mut drain = Drain::<$beat>::new(stall);
                let mut cycles = 0;
                while drain.got.len() < total {
                    for (feed, port) in feeds.iter_mut().zip(&mut uut.inp) {
                        feed.drive(port, &mut rng);
                    }
                    drain.drive(&mut uut.out, &mut rng);
                    settle(&mut *uut);
                    for (feed, port) in feeds.iter_mut().zip(&uut.inp) {
                        feed.sample(port);
                    }
                    drain.sample(&uut.out);
                    tick(&mut *uut);
                    cycles += 1;
                    assert!(cycles < 10_000, "stuck");
                }
                if (gap, stall) == (0, 0) {
                    assert_eq!(cycles, total, "no bubbles");
                }
                let mut turns = vec![];
                for frame in crate::stream::bench::frames(&drain.got) {
                    let input = usize::from(frame[0]);
                    assert_eq!(Some(frame), sent[input].pop_front());
                    turns.push(input);
                }
                if gap == 0 {
                    // Everybody always asks: turns go round.
                    assert!(turns.iter().enumerate().all(|(i, input)| *input == i % $n), "{turns:?}");
                }
            }
        };
    }

    #[test]
    fn frames_of_two_three_and_four_inputs_stay_whole() {
        frames_stay_whole!(FrameArbiter64, Beat64, 2);
        frames_stay_whole!(FrameArbiter64, Beat64, 3);
        frames_stay_whole!(FrameArbiter64, Beat64, 4);
    }

    #[test]
    fn frames_of_512_bits_stay_whole() {
        frames_stay_whole!(FrameArbiter512, Beat512, 2);
    }

    /// Items `input * 1000 + number` through three inputs: none lost, those of an input in order.
    #[test]
    fn records_go_round() {
        let mut rng = Rng::new(8);
        for (gap, stall) in PACES {
            let mut uut = ready(Box::<RecordArbiter<Bits<16>, 3>>::default());
            let items = |input: u64| (0..30).map(move |i| Bits::<16>::from(input * 1000 + i));
            let mut feeds: Vec<_> = (0..3).map(|input| Feed::new(items(input), gap)).collect();
            let mut drain = Drain::new(stall);
            let mut cycles = 0;
            while drain.got.len() < 90 {
                for (feed, port) in feeds.iter_mut().zip(&mut uut.inp) {
                    feed.drive(port, &mut rng);
                }
                drain.drive(&mut uut.out, &mut rng);
                settle(&mut *uut);
                for (feed, port) in feeds.iter_mut().zip(&uut.inp) {
                    feed.sample(port);
                }
                drain.sample(&uut.out);
                tick(&mut *uut);
                cycles += 1;
                assert!(cycles < 2_000, "stuck");
            }
            let mut next = [0; 3];
            let mut turns = vec![];
            for item in drain.got {
                let (input, number) = (item.index() / 1000, item.index() % 1000);
                assert_eq!(number, next[input]);
                next[input] += 1;
                turns.push(input);
            }
            if gap == 0 {
                assert!(turns.iter().enumerate().all(|(i, input)| *input == i % 3), "{turns:?}");
            }
        }
    }

    /// An input that asks alone is served at once, whatever had the last turn.
    #[test]
    fn nobody_waits_for_the_silent() {
        let mut uut = ready(Box::<RecordArbiter<Bits<16>, 3>>::default());
        uut.out.ready.next = true;
        for input in [2, 2, 0, 2, 1, 1] {
            (0..3).for_each(|i| uut.inp[i].valid.next = i == input);
            settle(&mut *uut);
            assert!(uut.out.valid.val() && uut.inp[input].ready.val());
            tick(&mut *uut);
        }
    }
}
