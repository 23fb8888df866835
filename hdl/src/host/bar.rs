// SPDX-License-Identifier: MIT OR Apache-2.0
//! The host's two windows as bundles of ports: what a bridge (UART, PCIe) drives and the core answers. `docs/design.md`, section 4, has the rules.

use rust_hdl::prelude::*;

/// BAR0, the registers, at the core's end: one access at a time.
#[derive(LogicInterface, Default)]
#[join = "Bar0Out"]
pub struct Bar0In {
    pub addr: Signal<In, Bits<20>>,
    pub wdata: Signal<In, Bits<32>>,
    /// Held until `ack`.
    pub write: Signal<In, Bit>,
    /// Held until `ack`, with which `rdata` comes.
    pub read: Signal<In, Bit>,
    pub rdata: Signal<Out, Bits<32>>,
    pub ack: Signal<Out, Bit>,
}

/// BAR0 at the host's end.
#[derive(LogicInterface, Default)]
#[join = "Bar0In"]
pub struct Bar0Out {
    pub addr: Signal<Out, Bits<20>>,
    pub wdata: Signal<Out, Bits<32>>,
    pub write: Signal<Out, Bit>,
    pub read: Signal<Out, Bit>,
    pub rdata: Signal<In, Bits<32>>,
    pub ack: Signal<In, Bit>,
}

/// BAR2, the rings, at the core's end: `D` is a line of data, `S` a bit a byte of it.
#[derive(LogicInterface, Default)]
#[join = "Bar2Out"]
pub struct Bar2In<D: Synth, S: Synth> {
    pub waddr: Signal<In, Bits<24>>,
    pub wdata: Signal<In, D>,
    pub wstrb: Signal<In, S>,
    /// Taken in any cycle.
    pub wvalid: Signal<In, Bit>,
    pub raddr: Signal<In, Bits<24>>,
    pub rvalid: Signal<In, Bit>,
    /// With `rdone`, the answers in the order of the reads.
    pub rdata: Signal<Out, D>,
    pub rdone: Signal<Out, Bit>,
}

/// BAR2 at the host's end.
#[derive(LogicInterface, Default)]
#[join = "Bar2In"]
pub struct Bar2Out<D: Synth, S: Synth> {
    pub waddr: Signal<Out, Bits<24>>,
    pub wdata: Signal<Out, D>,
    pub wstrb: Signal<Out, S>,
    pub wvalid: Signal<Out, Bit>,
    pub raddr: Signal<Out, Bits<24>>,
    pub rvalid: Signal<Out, Bit>,
    pub rdata: Signal<In, D>,
    pub rdone: Signal<In, Bit>,
}
