// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`UartCore64`]: the 64-bit core with its host behind a UART: no pads and no MAC, for board tops and for the simulation.

use rust_hdl::prelude::*;
use syncline_hdl::core::Core64;
use syncline_hdl::emit::{EmitError, emit_top};
use syncline_hdl::generate::on_a_large_stack;
use syncline_hdl::host::bar::{Bar0Out, Bar2Out};
use syncline_hdl::params::Params;
use syncline_hdl::stream::{Beat64, StreamIn, StreamOut};

use super::host::UartHost;

/// The core's ports (`docs/design.md`, section 4) with two pins in place of the BARs.
#[derive(LogicBlock)]
pub struct UartCore64 {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// The pin that the host drives; not synchronous to the clock.
    pub uart_rx: Signal<In, Bit>,
    /// The pin that the host listens to.
    pub uart_tx: Signal<Out, Bit>,
    /// Microseconds.
    pub now: Signal<In, Bits<48>>,
    /// The MAC has a link.
    pub link: Signal<In, Bit>,
    pub idle: Signal<Out, Bit>,
    pub next_deadline: Signal<Out, Bits<48>>,
    pub deadline_valid: Signal<Out, Bit>,
    pub state_valid: Signal<Out, Bit>,
    pub state_flow: Signal<Out, Bits<16>>,
    pub state: Signal<Out, Bits<4>>,
    /// Frames from the MAC.
    pub rx: StreamIn<Beat64>,
    /// Frames to the MAC.
    pub tx: StreamOut<Beat64>,
    core: Core64,
    host: UartHost,
}

impl UartCore64 {
    /// # Panics
    /// When `params` are not of this core, or the host's baud rate is not one for the clock.
    pub fn new(params: &Params, host: UartHost) -> Self {
        Self {
            core: Core64::new(params),
            host,
            clock: Default::default(),
            reset: Default::default(),
            uart_rx: Default::default(),
            uart_tx: Default::default(),
            now: Default::default(),
            link: Default::default(),
            idle: Default::default(),
            next_deadline: Default::default(),
            deadline_valid: Default::default(),
            state_valid: Default::default(),
            state_flow: Default::default(),
            state: Default::default(),
            rx: Default::default(),
            tx: Default::default(),
        }
    }
}

/// The Verilog, with `uart_core64` as its top; `stall_cycles` as in [`UartHost::with_stall`].
///
/// # Errors
/// What the printer refuses.
///
/// # Panics
/// As [`UartCore64::new`].
pub fn verilog(params: &Params, baud: u32, stall_cycles: u32) -> Result<String, EmitError> {
    let params = *params;
    on_a_large_stack(move || {
        let host = UartHost::with_stall(params.clock_hz, baud, stall_cycles);
        emit_top(Box::new(UartCore64::new(&params, host)), "uart_core64")
    })
}

impl Logic for UartCore64 {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, core, host);
        self.core.reset.next = self.reset.val();
        self.host.reset.next = self.reset.val();
        self.host.rx.next = self.uart_rx.val();
        self.uart_tx.next = self.host.tx.val();

        self.core.now.next = self.now.val();
        self.core.link.next = self.link.val();
        self.idle.next = self.core.idle.val();
        self.next_deadline.next = self.core.next_deadline.val();
        self.deadline_valid.next = self.core.deadline_valid.val();
        self.state_valid.next = self.core.state_valid.val();
        self.state_flow.next = self.core.state_flow.val();
        self.state.next = self.core.state.val();
        StreamIn::<Beat64>::link(&mut self.rx, &mut self.core.rx);
        StreamOut::<Beat64>::link(&mut self.tx, &mut self.core.tx);

        Bar0Out::join(&mut self.host.bar0, &mut self.core.bar0);
        Bar2Out::<Bits<64>, Bits<8>>::join(&mut self.host.bar2, &mut self.core.bar2);
    }
}
