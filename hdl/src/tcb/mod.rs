// SPDX-License-Identifier: MIT OR Apache-2.0
//! The TCB processor: the only block that knows what a sequence number means, and the only writer of the TCB RAM.
//!
//! `docs/design.md`, section 2, defines every stage. A stage is a block with an [`Pass`] in and a registered one out; the
//! event, its TCB and the stages' notes travel together, one event a cycle, and nothing ever waits.

pub mod acceptability;
pub mod ack;
pub mod arbiter;
pub mod congestion;
pub mod differences;
pub mod fetch;
pub mod fin_state;
pub mod finish;
pub mod output;
pub mod pipeline;
pub mod processor;
pub mod reset_syn;
pub mod rtt;
pub mod text;

use crate::types::{Event, Tcb, Work};
use rust_hdl::prelude::*;

/// An event on its way into a stage.
#[derive(LogicInterface, Default)]
#[join = "PassOut"]
pub struct Pass {
    /// There is an event; otherwise the rest means nothing.
    pub valid: Signal<In, Bit>,
    /// The event.
    pub ev: Signal<In, Event>,
    /// The TCB of its flow, as far as the stages before have changed it.
    pub tcb: Signal<In, Tcb>,
    /// The notes of the stages before.
    pub work: Signal<In, Work>,
}

/// An event on its way out of a stage, in registers.
#[derive(LogicInterface, Default)]
#[join = "Pass"]
pub struct PassOut {
    /// There is an event; otherwise the rest means nothing.
    pub valid: Signal<Out, Bit>,
    /// The event.
    pub ev: Signal<Out, Event>,
    /// The TCB of its flow.
    pub tcb: Signal<Out, Tcb>,
    /// The notes of the stages so far.
    pub work: Signal<Out, Work>,
}

/// A record of zeros: RustHDL has no literal for one.
#[derive(LogicBlock)]
pub struct Zero<T: Synth> {
    /// All bits 0.
    pub value: Signal<Out, T>,
    zero: Constant<T>,
}

impl<T: Synth> Default for Zero<T> {
    fn default() -> Self {
        Self { value: Default::default(), zero: Constant::new(T::default()) }
    }
}

impl<T: Synth> Logic for Zero<T> {
    #[hdl_gen]
    fn update(&mut self) {
        self.value.next = self.zero.val();
    }
}

#[cfg(test)]
mod tests;
