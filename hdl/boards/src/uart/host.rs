// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`UartHost`]: the pins of a UART on one side, the core's BAR ports on the other.

use rust_hdl::prelude::*;
use syncline_hdl::host::bar::{Bar0Out, Bar2Out};
use syncline_hdl::stream::StreamOut;
use syncline_hdl::stream::small_fifo::SmallFifo;
use syncline_regs::uart::{QUEUE_BYTES, STALL_MS};

use super::bridge::UartBridge;
use super::faults::UartFaults;
use super::rx::UartRx;
use super::tx::UartTx;

/// Receiver, queue, bridge, transmitter and the line's counters. Its BAR ports are the other ends of the core's.
#[derive(LogicBlock)]
pub struct UartHost {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// The pin that the host drives; not synchronous to the clock.
    pub rx: Signal<In, Bit>,
    /// The pin that the host listens to, from a flip-flop.
    pub tx: Signal<Out, Bit>,
    pub bar0: Bar0Out,
    pub bar2: Bar2Out<Bits<64>, Bits<8>>,
    receiver: UartRx,
    queue: SmallFifo<Bits<8>, 4, 5>,
    bridge: UartBridge,
    transmitter: UartTx,
    faults: UartFaults,
    pulses: Signal<Local, Bits<4>>,
    overrun: Signal<Local, Bit>,
}

impl UartHost {
    /// A frame is forgotten when it stalls for `STALL_MS`.
    ///
    /// # Panics
    /// When the baud rate is not one for the clock; see [`super::rate`].
    pub fn new(clock_hz: u32, baud: u32) -> Self {
        Self::with_stall(clock_hz, baud, clock_hz / 1000 * STALL_MS)
    }

    /// The same with another limit, for simulations.
    ///
    /// # Panics
    /// As [`UartHost::new`], and when the limit is less than two bytes or does not fit into 28 bits.
    pub fn with_stall(clock_hz: u32, baud: u32, stall_cycles: u32) -> Self {
        assert_eq!(QUEUE_BYTES, 1 << 4, "the queue has another length");
        let two_bytes = 20 * u64::from(clock_hz) / u64::from(baud.max(1));
        assert!(u64::from(stall_cycles) >= two_bytes, "a byte takes longer than {stall_cycles} cycles");
        Self {
            receiver: UartRx::new(clock_hz, baud),
            bridge: UartBridge::new(stall_cycles),
            transmitter: UartTx::new(clock_hz, baud),
            clock: Default::default(),
            reset: Default::default(),
            rx: Default::default(),
            tx: Default::default(),
            bar0: Default::default(),
            bar2: Default::default(),
            queue: Default::default(),
            faults: Default::default(),
            pulses: Default::default(),
            overrun: Default::default(),
        }
    }
}

impl Logic for UartHost {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, receiver, queue, bridge, transmitter, faults);
        self.receiver.reset.next = self.reset.val();
        self.queue.reset.next = self.reset.val();
        self.bridge.reset.next = self.reset.val();
        self.transmitter.reset.next = self.reset.val();
        self.faults.reset.next = self.reset.val();

        self.receiver.line.next = self.rx.val();
        self.queue.inp.data.next = self.receiver.data.val();
        self.queue.inp.valid.next = self.receiver.valid.val();
        self.overrun.next = self.receiver.valid.val() & !self.queue.inp.ready.val();
        StreamOut::<Bits<8>>::join(&mut self.queue.out, &mut self.bridge.inp);
        StreamOut::<Bits<8>>::join(&mut self.bridge.out, &mut self.transmitter.inp);
        self.tx.next = self.transmitter.line.val();

        self.pulses.next = bits::<4>(0)
            .replace_bit(0, self.receiver.framing.val())
            .replace_bit(1, self.overrun.val())
            .replace_bit(2, self.bridge.stalled.val())
            .replace_bit(3, self.bridge.unknown.val());
        self.faults.pulses.next = self.pulses.val();
        self.faults.index.next = self.bridge.line_index.val();
        self.bridge.line_value.next = self.faults.value.val();

        Bar0Out::link(&mut self.bar0, &mut self.bridge.bar0);
        Bar2Out::<Bits<64>, Bits<8>>::link(&mut self.bar2, &mut self.bridge.bar2);
    }
}
