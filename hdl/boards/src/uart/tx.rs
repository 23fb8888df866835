// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`UartTx`]: from bytes to the line.

use rust_hdl::prelude::*;
use syncline_hdl::stream::StreamIn;

use super::{PHASE_BITS, rate};

/// The transmitter: 8 data bits, the least significant first, no parity, one stop bit.
///
/// A bit that is not a whole number of cycles is one cycle longer now and then, so that no edge is more than a cycle late, however long
/// bytes follow one another. They do so without a gap as long as `inp` has one.
#[derive(LogicBlock)]
pub struct UartTx {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub inp: StreamIn<Bits<8>>,
    /// The pin, from a flip-flop; high while idle.
    pub line: Signal<Out, Bit>,

    /// The bits to send, inverted, so that what is shifted in and what is there at power-up is an idle line.
    shift: DFF<Bits<9>>,
    /// Bits to send, with the stop bit.
    left: DFF<Bits<4>>,
    phase: DFF<Bits<PHASE_BITS>>,
    sum: Signal<Local, Bits<25>>,
    over: Signal<Local, Bit>,
    busy: Signal<Local, Bit>,
    last: Signal<Local, Bit>,
    inverted: Signal<Local, Bits<8>>,
    rate: Constant<Bits<PHASE_BITS>>,
}

impl UartTx {
    /// # Panics
    /// When the baud rate is not one for the clock; see [`rate`].
    pub fn new(clock_hz: u32, baud: u32) -> Self {
        Self {
            rate: Constant::new(rate(clock_hz, baud).into()),
            clock: Default::default(),
            reset: Default::default(),
            inp: Default::default(),
            line: Default::default(),
            shift: Default::default(),
            left: Default::default(),
            phase: Default::default(),
            sum: Default::default(),
            over: Default::default(),
            busy: Default::default(),
            last: Default::default(),
            inverted: Default::default(),
        }
    }
}

impl Logic for UartTx {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, shift, left, phase);
        self.line.next = !self.shift.q.val().get_bit(0);
        self.busy.next = self.left.q.val() != 0;
        self.sum.next = bit_cast::<25, 24>(self.phase.q.val()) + bit_cast::<25, 24>(self.rate.val());
        self.over.next = self.sum.val().get_bit(24);
        self.phase.d.next = self.sum.val().get_bits::<24>(0);
        if !self.busy.val() {
            self.phase.d.next = 0.into();
        }
        self.last.next = self.over.val() & (self.left.q.val() == 1);
        self.inp.ready.next = !self.busy.val() | self.last.val();
        if self.busy.val() & self.over.val() {
            self.shift.d.next = self.shift.q.val() >> 1;
            self.left.d.next = self.left.q.val() - 1;
        }
        self.inverted.next = !self.inp.data.val();
        if self.inp.valid.val() & self.inp.ready.val() {
            self.shift.d.next = (bit_cast::<9, 8>(self.inverted.val()) << 1) | 1;
            self.left.d.next = 10.into();
        }
        if self.reset.val() {
            self.shift.d.next = 0.into();
            self.left.d.next = 0.into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_hdl::sim::{ready, settle, tick};
    use syncline_hdl::stream::bench::{Feed, Rng, clocked};
    use syncline_pins::Uart;

    clocked!(UartTx);

    const CLOCK: u32 = 100_000_000;

    #[test]
    fn bytes_go_without_a_gap_and_every_edge_is_in_its_place() {
        let mut rng = Rng::new(1);
        for bit in [8.0, 8.6, 20.833, 868.06] {
            for gap in [0, 99] {
                let count = if bit > 100.0 { 4 } else { 60 };
                let bytes = [vec![0x00, 0xff, 0x55], rng.bytes(count)].concat();
                let mut uut = ready(Box::new(UartTx::new(CLOCK, (f64::from(CLOCK) / bit) as u32)));
                let mut feed = Feed::new(bytes.iter().map(|b| Bits::<8>::from(u64::from(*b))), gap);
                let (mut line, mut got, mut cycles) = (Uart::new(bit), vec![], 0_u64);
                while got.len() < bytes.len() {
                    feed.drive(&mut uut.inp, &mut rng);
                    settle(&mut *uut);
                    feed.sample(&uut.inp);
                    line.cycle(uut.line.val());
                    got.extend(line.receive());
                    tick(&mut *uut);
                    cycles += 1;
                    assert!(cycles < 1_000_000, "stuck");
                }
                assert_eq!((&got, line.faults()), (&bytes, &[][..]), "{bit} cycles a bit");
                // The last byte is there in the middle of its stop bit.
                let least = (bytes.len() as f64 * 10.0 - 0.5) * bit;
                if gap == 0 {
                    assert!((cycles as f64 - least).abs() < 4.0, "{cycles} cycles instead of {least}");
                }
            }
        }
    }

    #[test]
    fn the_line_is_high_from_the_beginning_and_after_a_reset() {
        let mut uut = ready(Box::new(UartTx::new(CLOCK, 10_000_000)));
        settle(&mut *uut);
        assert!(uut.line.val() && uut.inp.ready.val());
        uut.inp.valid.next = true;
        tick(&mut *uut);
        uut.inp.valid.next = false;
        assert!(!uut.line.val(), "a start bit");
        uut.reset.next = true;
        tick(&mut *uut);
        assert!(uut.line.val() && uut.inp.ready.val());
    }
}
