// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`AsyncFifo`]: a small FIFO between two clocks, an item a cycle on either side.

use rust_hdl::prelude::*;
use syncline_hdl::ram::Lutram;
use syncline_hdl::stream::{StreamIn, StreamOut};

use super::synchroniser::Synchroniser;

/// `2^A` items; `C = A + 1`. The pointers cross as Gray codes (Cummings, SNUG 2002), two edges each way, so that a FIFO of 16 keeps up an
/// item a cycle between clocks of about one rate.
///
/// Both sides are reset together, each by a reset of its own clock, and neither is used until both are out of it.
#[derive(LogicBlock)]
pub struct AsyncFifo<T: Synth, const A: usize, const C: usize> {
    pub write_clock: Signal<In, Clock>,
    pub write_reset: Signal<In, Bit>,
    /// On `write_clock`.
    pub inp: StreamIn<T>,
    pub read_clock: Signal<In, Clock>,
    pub read_reset: Signal<In, Bit>,
    /// On `read_clock`.
    pub out: StreamOut<T>,
    /// Written on `write_clock` and read without one: what is read was written two edges of `read_clock` before at least.
    ram: Lutram<T, A>,
    write: DFF<Bits<C>>,
    write_gray: DFF<Bits<C>>,
    read: DFF<Bits<C>>,
    read_gray: DFF<Bits<C>>,
    to_writer: Synchroniser<Bits<C>>,
    to_reader: Synchroniser<Bits<C>>,
    top_two: Constant<Bits<C>>,
    full_at: Signal<Local, Bits<C>>,
    full: Signal<Local, Bit>,
    empty: Signal<Local, Bit>,
    write_next: Signal<Local, Bits<C>>,
    read_next: Signal<Local, Bits<C>>,
}

impl<T: Synth, const A: usize, const C: usize> Default for AsyncFifo<T, A, C> {
    fn default() -> Self {
        assert_eq!(C, A + 1, "AsyncFifo: the pointers need one bit more than the address");
        assert!((2..=5).contains(&A), "AsyncFifo: 4 to 32 items, not 2^{A}");
        Self {
            top_two: Constant::new((3_u64 << (C - 2)).into()),
            write_clock: Default::default(),
            write_reset: Default::default(),
            inp: Default::default(),
            read_clock: Default::default(),
            read_reset: Default::default(),
            out: Default::default(),
            ram: Default::default(),
            write: Default::default(),
            write_gray: Default::default(),
            read: Default::default(),
            read_gray: Default::default(),
            to_writer: Default::default(),
            to_reader: Default::default(),
            full_at: Default::default(),
            full: Default::default(),
            empty: Default::default(),
            write_next: Default::default(),
            read_next: Default::default(),
        }
    }
}

impl<T: Synth, const A: usize, const C: usize> Logic for AsyncFifo<T, A, C> {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, write_clock, write, write_gray);
        dff_setup!(self, read_clock, read, read_gray);
        clock!(self, write_clock, ram, to_writer);
        clock!(self, read_clock, to_reader);
        self.to_writer.d.next = self.read_gray.q.val();
        self.to_reader.d.next = self.write_gray.q.val();

        // Full: the writer is a whole round ahead, which in Gray code turns the top two bits over.
        self.full_at.next = self.to_writer.q.val() ^ self.top_two.val();
        self.full.next = self.write_gray.q.val() == self.full_at.val();
        self.inp.ready.next = !self.full.val();
        self.write_next.next = self.write.q.val();
        if self.inp.valid.val() & !self.full.val() {
            self.write_next.next = self.write.q.val() + 1;
        }
        self.write.d.next = self.write_next.val();
        self.write_gray.d.next = self.write_next.val() ^ (self.write_next.val() >> 1);
        self.ram.write_en.next = self.inp.valid.val() & !self.full.val();
        self.ram.write_addr.next = self.write.q.val().get_bits::<A>(0);
        self.ram.write_data.next = self.inp.data.val();

        self.empty.next = self.read_gray.q.val() == self.to_reader.q.val();
        self.out.valid.next = !self.empty.val();
        self.ram.read_addr.next = self.read.q.val().get_bits::<A>(0);
        self.out.data.next = self.ram.read_data.val();
        self.read_next.next = self.read.q.val();
        if self.out.ready.val() & !self.empty.val() {
            self.read_next.next = self.read.q.val() + 1;
        }
        self.read.d.next = self.read_next.val();
        self.read_gray.d.next = self.read_next.val() ^ (self.read_next.val() >> 1);

        if self.write_reset.val() {
            self.inp.ready.next = false;
            self.write.d.next = 0.into();
            self.write_gray.d.next = 0.into();
        }
        if self.read_reset.val() {
            self.out.valid.next = false;
            self.read.d.next = 0.into();
            self.read_gray.d.next = 0.into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_hdl::emit::{check, emit_top};
    use syncline_hdl::sim::{ready, settle};
    use syncline_hdl::stream::bench::{Drain, Feed, Rng};

    type Uut = AsyncFifo<Bits<9>, 4, 5>;

    /// Clocks with periods in picoseconds; what goes in comes out, in order, whatever their ratio.
    fn run(rng: &mut Rng, periods: [u64; 2], gap: u64, stall: u64, count: u64) -> u64 {
        let mut uut = ready(Box::<Uut>::default());
        let items: Vec<Bits<9>> = (0..count).map(|_| rng.below(512).into()).collect();
        let mut feed = Feed::new(items.clone(), gap);
        let mut drain = Drain::new(stall);
        let mut next = [periods[0], periods[1] / 3];
        let mut levels = [false; 2];
        let mut edges = 0;
        while drain.got.len() < items.len() {
            let now = next[0].min(next[1]);
            let due = [next[0] == now, next[1] == now];
            // What a side does for its next rising edge, it does before either clock moves.
            let rises = [due[0] && !levels[0], due[1] && !levels[1]];
            if rises[0] {
                feed.drive(&mut uut.inp, rng);
            }
            if rises[1] {
                drain.drive(&mut uut.out, rng);
                edges += 1;
            }
            settle(&mut *uut);
            if rises[0] {
                feed.sample(&uut.inp);
            }
            if rises[1] {
                drain.sample(&uut.out);
            }
            for side in 0..2 {
                if due[side] {
                    levels[side] = !levels[side];
                    next[side] += periods[side] / 2;
                }
            }
            uut.write_clock.next = Clock { clk: levels[0] };
            uut.read_clock.next = Clock { clk: levels[1] };
            settle(&mut *uut);
            assert!(edges < 100_000, "stuck");
        }
        assert_eq!(drain.got, items);
        edges
    }

    #[test]
    fn nothing_is_lost_at_any_ratio() {
        let mut rng = Rng::new(300);
        for periods in
            [[16_000, 80_000], [80_000, 16_000], [10_000, 10_002], [10_002, 10_000], [8_000, 12_500]]
        {
            for (gap, stall) in [(0, 0), (40, 0), (0, 40), (50, 50)] {
                run(&mut rng, periods, gap, stall, 300);
            }
        }
    }

    #[test]
    fn an_item_a_cycle_of_the_slower_clock() {
        let mut rng = Rng::new(301);
        let edges = run(&mut rng, [8_000, 8_002], 0, 0, 1_000);
        assert!(edges < 1_020, "{edges} edges for 1000 items");
    }

    #[test]
    fn lints_and_synthesises() {
        let text = emit_top(Box::<Uut>::default(), "async_fifo").expect("printable");
        check::lints(&text, "async_fifo").unwrap_or_else(|e| panic!("{e}"));
        check::synthesises(&text, "async_fifo").unwrap_or_else(|e| panic!("{e}"));
    }

    #[test]
    #[should_panic(expected = "4 to 32 items")]
    fn refuses_what_does_not_fit_distributed_ram() {
        let _ = AsyncFifo::<Bits<9>, 6, 7>::default();
    }
}
