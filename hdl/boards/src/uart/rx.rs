// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`UartRx`]: from the line to bytes.

use rust_hdl::prelude::*;

use super::{PHASE_BITS, rate};

/// What the line is in.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum Step {
    /// After power-up and after a stop bit that was low (a break): no start bit before the line has been high.
    Settle,
    Idle,
    Start,
    Data,
    Stop,
}

/// The receiver: 8 data bits, the least significant first, no parity, one stop bit.
///
/// Each bit is the majority of three samples round its middle. The middles are counted in fractions of a bit time from the start bit's
/// edge on, so a bit need not be a whole number of cycles, and the error does not grow along the byte. A byte is out in the middle of its
/// stop bit, so the next start bit may come early: at 8 cycles a bit the other end's clock may be 3 % off either way, 4 % at 20 cycles.
#[derive(LogicBlock)]
pub struct UartRx {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// The pin, high while idle; not synchronous to the clock.
    pub line: Signal<In, Bit>,
    /// For one cycle: `data` is a byte that has come. It waits for nobody.
    pub valid: Signal<Out, Bit>,
    pub data: Signal<Out, Bits<8>>,
    /// For one cycle: a byte was lost, because its stop bit was low.
    pub framing: Signal<Out, Bit>,

    /// The first two are the synchroniser.
    samples: [DFF<Bit>; 4],
    level: Signal<Local, Bit>,
    step: DFF<Step>,
    phase: DFF<Bits<PHASE_BITS>>,
    sum: Signal<Local, Bits<25>>,
    /// The middle of a bit.
    middle: Signal<Local, Bit>,
    count: DFF<Bits<3>>,
    shift: DFF<Bits<8>>,
    moved: Signal<Local, Bits<8>>,
    rate: Constant<Bits<PHASE_BITS>>,
    half: Constant<Bits<PHASE_BITS>>,
}

impl UartRx {
    /// # Panics
    /// When the baud rate is not one for the clock; see [`rate`].
    pub fn new(clock_hz: u32, baud: u32) -> Self {
        Self {
            rate: Constant::new(rate(clock_hz, baud).into()),
            half: Constant::new((1_u64 << (PHASE_BITS - 1)).into()),
            clock: Default::default(),
            reset: Default::default(),
            line: Default::default(),
            valid: Default::default(),
            data: Default::default(),
            framing: Default::default(),
            samples: Default::default(),
            level: Default::default(),
            step: Default::default(),
            phase: Default::default(),
            sum: Default::default(),
            middle: Default::default(),
            count: Default::default(),
            shift: Default::default(),
            moved: Default::default(),
        }
    }
}

impl Logic for UartRx {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, step, phase, count, shift);
        for i in 0..4 {
            self.samples[i].clock.next = self.clock.val();
        }
        self.samples[0].d.next = self.line.val();
        for i in 1..4 {
            self.samples[i].d.next = self.samples[i - 1].q.val();
        }
        self.level.next = (self.samples[1].q.val() & self.samples[2].q.val())
            | (self.samples[1].q.val() & self.samples[3].q.val())
            | (self.samples[2].q.val() & self.samples[3].q.val());

        self.sum.next = bit_cast::<25, 24>(self.phase.q.val()) + bit_cast::<25, 24>(self.rate.val());
        self.middle.next = self.sum.val().get_bit(24);
        self.phase.d.next = self.sum.val().get_bits::<24>(0);
        self.moved.next = self.shift.q.val() >> 1;
        self.data.next = self.shift.q.val();
        self.valid.next = false;
        self.framing.next = false;
        match self.step.q.val() {
            Step::Settle => {
                if self.level.val() {
                    self.step.d.next = Step::Idle;
                }
            }
            Step::Idle => {
                self.phase.d.next = self.half.val();
                self.count.d.next = 0.into();
                if !self.level.val() {
                    self.step.d.next = Step::Start;
                }
            }
            Step::Start => {
                if self.middle.val() {
                    self.step.d.next = Step::Data;
                    // A glitch.
                    if self.level.val() {
                        self.step.d.next = Step::Idle;
                    }
                }
            }
            Step::Data => {
                if self.middle.val() {
                    self.shift.d.next = self.moved.val().replace_bit(7, self.level.val());
                    self.count.d.next = self.count.q.val() + 1;
                    if self.count.q.val() == 7 {
                        self.step.d.next = Step::Stop;
                    }
                }
            }
            _ => {
                if self.middle.val() {
                    self.step.d.next = Step::Settle;
                    self.framing.next = true;
                    if self.level.val() {
                        self.step.d.next = Step::Idle;
                        self.framing.next = false;
                        self.valid.next = true;
                    }
                }
            }
        }
        if self.reset.val() {
            self.step.d.next = Step::Settle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_hdl::sim::{ready, settle, tick};
    use syncline_hdl::stream::bench::{Rng, clocked};
    use syncline_pins::Uart;

    clocked!(UartRx);

    const CLOCK: u32 = 100_000_000;

    /// The receiver and what has come out of it.
    struct Bench {
        uut: Box<UartRx>,
        line: Uart,
        got: Vec<u8>,
        framing: u32,
    }

    impl Bench {
        /// `bit`: cycles a bit of the receiver; `off`: how much longer the sender's are.
        fn new(bit: f64, off: f64) -> Self {
            let uut = ready(Box::new(UartRx::new(CLOCK, (f64::from(CLOCK) / bit) as u32)));
            let mut bench = Bench { uut, line: Uart::new(bit * (1.0 + off)), got: vec![], framing: 0 };
            bench.run(20);
            bench
        }

        fn run(&mut self, cycles: u64) {
            for _ in 0..cycles {
                self.uut.line.next = self.line.cycle(true);
                settle(&mut *self.uut);
                if self.uut.valid.val() {
                    self.got.push(self.uut.data.val().index() as u8);
                }
                self.framing += u32::from(self.uut.framing.val());
                tick(&mut *self.uut);
            }
        }

        /// Until all is sent and a bit longer.
        fn finish(&mut self) {
            while !self.line.is_idle() {
                self.run(100);
            }
            self.run(100);
        }
    }

    /// Every ratio of the boards (fractional ones too), with the sender's clock off either way, bytes without a gap.
    #[test]
    fn bytes_come_at_every_ratio_and_from_a_clock_that_is_off() {
        let mut rng = Rng::new(1);
        for (bit, most) in [(8.0, 0.03), (8.6, 0.03), (20.833, 0.04), (52.083, 0.045), (868.06, 0.045)] {
            for off in [-most, -most / 2.0, 0.0, most / 2.0, most] {
                let mut bench = Bench::new(bit, off);
                let bytes =
                    [vec![0x00, 0xff, 0x55, 0xaa, 0x80, 0x01], rng.bytes(if bit > 100.0 { 4 } else { 40 })]
                        .concat();
                bench.line.send(&bytes);
                bench.finish();
                assert_eq!((&bench.got, bench.framing), (&bytes, 0), "{bit} cycles a bit, off by {off}");
            }
        }
    }

    #[test]
    fn a_byte_may_come_at_any_time() {
        let mut rng = Rng::new(2);
        let mut bench = Bench::new(10.5, 0.0);
        let bytes = rng.bytes(100);
        for byte in &bytes {
            bench.line.send(&[*byte]);
            let gap = rng.below(40) as f64 / 10.0;
            bench.line.level(true, gap);
        }
        bench.finish();
        assert_eq!((bench.got, bench.framing), (bytes, 0));
    }

    #[test]
    fn a_glitch_is_no_start_bit() {
        let mut bench = Bench::new(16.0, 0.0);
        for tenths in 1..=4 {
            bench.line.level(false, f64::from(tenths) / 10.0);
            bench.line.level(true, 3.0);
            bench.line.send(&[tenths]);
            bench.line.level(true, 1.0);
        }
        bench.finish();
        assert_eq!((bench.got, bench.framing), (vec![1, 2, 3, 4], 0));
    }

    /// A spike of one sample anywhere in a byte is outvoted.
    #[test]
    fn one_bad_sample_does_no_harm() {
        let byte = 0b1011_0010_u8;
        let level = |cycle: usize| match cycle / 16 {
            0 => false,
            i @ 1..=8 => byte >> (i - 1) & 1 != 0,
            _ => true,
        };
        for spike in 2..158 {
            let mut bench = Bench::new(16.0, 0.0);
            for cycle in 0..200 {
                // An edge may be a cycle off instead: that is a slower sender and another test.
                let inside = level(spike - 1) == level(spike) && level(spike + 1) == level(spike);
                bench.line.level(level(cycle) ^ (cycle == spike && inside), 1.0 / 16.0);
            }
            bench.finish();
            assert_eq!((bench.got, bench.framing), (vec![byte], 0), "spike in cycle {spike}");
        }
    }

    #[test]
    fn a_low_stop_bit_is_counted_and_a_break_once() {
        let mut bench = Bench::new(9.3, 0.0);
        bench.line.send(b"a");
        bench.line.level(false, 1.0);
        (0..8).for_each(|_| bench.line.level(true, 1.0));
        bench.line.level(false, 2.0);
        bench.line.level(true, 1.0);
        bench.line.send(b"b");
        bench.line.level(false, 100.0);
        bench.line.level(true, 1.0);
        bench.line.send(b"c");
        bench.finish();
        assert_eq!((bench.got, bench.framing), (b"abc".to_vec(), 2));
    }

    #[test]
    fn nothing_comes_before_the_line_has_been_high() {
        let mut bench = Bench::new(12.0, 0.0);
        bench.uut.reset.next = true;
        bench.line.level(false, 40.0);
        bench.run(200);
        bench.uut.reset.next = false;
        bench.line.level(true, 2.0);
        bench.line.send(b"x");
        bench.finish();
        assert_eq!((bench.got, bench.framing), (b"x".to_vec(), 0));
    }
}
