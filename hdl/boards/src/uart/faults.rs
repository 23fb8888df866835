// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`UartFaults`]: the line's own counters (`syncline_regs::uart::LINE`).

use rust_hdl::prelude::*;
use syncline_regs::uart::LINE;

/// Counters.
const COUNT: usize = 4;

/// Counts pulses; 16 bits each, wrapping.
#[derive(LogicBlock)]
pub struct UartFaults {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// One bit a counter, in the order of the table.
    pub pulses: Signal<In, Bits<COUNT>>,
    /// Which counter `value` is, in the same cycle.
    pub index: Signal<In, Bits<2>>,
    pub value: Signal<Out, Bits<16>>,
    counters: [DFF<Bits<16>>; COUNT],
}

impl Default for UartFaults {
    fn default() -> Self {
        assert_eq!(LINE.len(), COUNT, "the table has another length");
        Self {
            clock: Default::default(),
            reset: Default::default(),
            pulses: Default::default(),
            index: Default::default(),
            value: Default::default(),
            counters: Default::default(),
        }
    }
}

impl Logic for UartFaults {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        self.value.next = 0.into();
        for i in 0..4 {
            self.counters[i].clock.next = self.clock.val();
            self.counters[i].d.next = self.counters[i].q.val();
            if self.pulses.val().get_bit(i) {
                self.counters[i].d.next = self.counters[i].q.val() + 1;
            }
            if self.reset.val() {
                self.counters[i].d.next = 0.into();
            }
            if self.index.val().index() == i {
                self.value.next = self.counters[i].q.val();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_hdl::sim::{ready, settle, tick};
    use syncline_hdl::stream::bench::clocked;

    clocked!(UartFaults);

    #[test]
    fn each_pulse_counts_once_in_its_own_counter() {
        let mut uut = ready(Box::<UartFaults>::default());
        for (i, times) in [3, 0, 65_537, 1_u32].into_iter().enumerate() {
            for _ in 0..times {
                uut.pulses.next = (1_u64 << i).into();
                tick(&mut *uut);
            }
        }
        uut.pulses.next = 0b1001_u64.into();
        tick(&mut *uut);
        uut.pulses.next = 0.into();
        let mut read = |i: u64| {
            uut.index.next = i.into();
            settle(&mut *uut);
            uut.value.val().index()
        };
        assert_eq!([read(0), read(1), read(2), read(3)], [4, 0, 1, 2]);
        uut.reset.next = true;
        tick(&mut *uut);
        settle(&mut *uut);
        assert_eq!(uut.value.val().index(), 0);
    }
}
