// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Micros`]: the core's clock of microseconds, made of any clock.

use rust_hdl::prelude::*;

/// Counts microseconds from power-up; a reset of the core does not stop it, so that initial sequence numbers go on (RFC 9293, 3.4.1).
///
/// It adds `step` a cycle and takes `whole` off when it can; the two are the clock's rate and that of the microseconds, without their
/// greatest common divisor: 62.5 MHz is 2 of 125.
#[derive(LogicBlock)]
pub struct Micros {
    pub clock: Signal<In, Clock>,
    pub now: Signal<Out, Bits<48>>,
    count: DFF<Bits<48>>,
    part: DFF<Bits<30>>,
    sum: Signal<Local, Bits<30>>,
    step: Constant<Bits<30>>,
    whole: Constant<Bits<30>>,
    /// The bits that `part` needs; synthesis leaves out the rest.
    mask: Constant<Bits<30>>,
}

impl Micros {
    /// # Panics
    /// When the clock is slower than 1 MHz or faster than 500 MHz.
    pub fn new(clock_hz: u32) -> Self {
        assert!((1_000_000..=500_000_000).contains(&clock_hz), "no microseconds of {clock_hz} Hz");
        let divisor = gcd(u64::from(clock_hz), 1_000_000);
        let (step, whole) = (1_000_000 / divisor, u64::from(clock_hz) / divisor);
        Self {
            step: Constant::new(step.into()),
            whole: Constant::new(whole.into()),
            mask: Constant::new(((step + whole).next_power_of_two() - 1).into()),
            clock: Default::default(),
            now: Default::default(),
            count: Default::default(),
            part: Default::default(),
            sum: Default::default(),
        }
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Logic for Micros {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, count, part);
        self.now.next = self.count.q.val();
        self.sum.next = (self.part.q.val() + self.step.val()) & self.mask.val();
        self.part.d.next = self.sum.val();
        if self.sum.val() >= self.whole.val() {
            self.part.d.next = (self.sum.val() - self.whole.val()) & self.mask.val();
            self.count.d.next = self.count.q.val() + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_hdl::clocked;
    use syncline_hdl::emit::{check, emit_top};
    use syncline_hdl::sim::{ready, tick};

    clocked!(Micros);

    #[test]
    fn a_microsecond_is_one_at_any_clock() {
        for clock_hz in [1_000_000, 62_500_000, 100_000_000, 125_000_000, 133_333_333] {
            let mut uut = ready(Box::new(Micros::new(clock_hz)));
            for cycle in 1..3_000_u64 {
                tick(&mut *uut);
                let want = cycle * 1_000_000 / u64::from(clock_hz);
                assert_eq!(uut.now.val().to_u64(), want, "{clock_hz} Hz, cycle {cycle}");
            }
        }
    }

    #[test]
    fn lints_and_synthesises() {
        let text = emit_top(Box::new(Micros::new(62_500_000)), "micros").expect("printable");
        check::lints(&text, "micros").unwrap_or_else(|e| panic!("{e}"));
        check::synthesises(&text, "micros").unwrap_or_else(|e| panic!("{e}"));
    }

    #[test]
    #[should_panic(expected = "no microseconds of 999999 Hz")]
    fn refuses_a_clock_that_is_too_slow() {
        let _ = Micros::new(999_999);
    }
}
