// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Verilog of a whole configuration.

use crate::core::{Core64, Core64x8, Core512};
use crate::emit::{EmitError, emit_top};
use crate::flow::lookup::Lookup;
use crate::host::counters::Counters;
use crate::host::doorbell::Doorbells;
use crate::host::entries::{Entries64, Entries512};
use crate::host::peek::Peeker;
use crate::host::ring::CardRing;
use crate::host::snapshot::Snapshot;
use crate::host::submission::Submission;
use crate::host::window::{Window64, Window512};
use crate::memory::lane_ring::{LaneRing8, LaneRing64};
use crate::memory::row_ring::RowRing16;
use crate::net::{Net64, Net512};
use crate::params::{CORE64, CORE64X8, CORE512, Params};
use crate::sched::Sched;
use crate::tcb::arbiter::EventArbiter;
use crate::tcb::processor::Processor;
use crate::tcp::placer::{Placer64, Placer512};
use crate::tcp::rx::{Rx64, Rx512};
use crate::tcp::tx::{Tx64, Tx512};
use crate::timer::Timer;

/// The configurations that are printed, by name.
pub const CONFIGURATIONS: [Params; 3] = [CORE64, CORE64X8, CORE512];
/// The ones that are simulated: a model of one more would take minutes, and differ from the first in sizes only.
pub const SIMULATED: [Params; 2] = [CORE64, CORE512];

/// A design of this size is a Rust value of many megabytes, which passes over the stack while it is built.
const STACK: usize = 1 << 30;

/// The Verilog of a core, with `params.name` as its top module.
///
/// # Errors
/// What the printer refuses.
///
/// # Panics
/// When the sizes are not those of a core type.
pub fn core_verilog(params: &Params) -> Result<String, EmitError> {
    let params = *params;
    let build = move || match (params.width, params.flow_bits) {
        (64, 3) => emit_top(Box::new(Core64x8::new(&params)), params.name),
        (64, _) => emit_top(Box::new(Core64::new(&params)), params.name),
        _ => emit_top(Box::new(Core512::new(&params)), params.name),
    };
    on_a_large_stack(build)
}

/// Runs `work` where a whole core fits on the stack; for board tops too.
pub fn on_a_large_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(work).expect("a thread can be started");
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// A block of the core, for reports and for a look at it alone.
pub struct Block {
    /// Name of its Verilog module.
    pub name: &'static str,
    print: fn(&str) -> Result<String, EmitError>,
}

impl Block {
    /// Its Verilog.
    ///
    /// # Errors
    /// What the printer refuses.
    pub fn verilog(&self) -> Result<String, EmitError> {
        let (print, name) = (self.print, self.name);
        on_a_large_stack(move || print(name))
    }
}

macro_rules! blocks {
    ($($name:literal: $type:ty,)*) => {
        vec![$(Block { name: $name, print: |name| emit_top(Box::<$type>::default(), name) },)*]
    };
}

/// The blocks of the two cores, from the MAC inwards.
pub fn blocks() -> Vec<Block> {
    blocks! {
        "net64": Net64,
        "net512": Net512,
        "tcp_rx64": Rx64,
        "tcp_rx512": Rx512,
        "tcp_tx64": Tx64<4, 12, 16>,
        "tcp_tx512": Tx512<6, 14, 20>,
        "placer64": Placer64<4, 12, 16>,
        "placer512": Placer512<6, 14, 20>,
        "flow_lookup16": Lookup<4, 5, 1>,
        "flow_lookup64": Lookup<6, 7, 2>,
        "event_arbiter": EventArbiter,
        "tcb_processor": Processor<4>,
        "timer16": Timer<4, 5>,
        "sched16": Sched<4, 5>,
        "rx_ring64": LaneRing8<16, 13, 4096>,
        "tx_ring64": RowRing16<16, 12, 4096>,
        "ring512": LaneRing64<20, 14, 16384>,
        "submission": Submission<5>,
        "card_ring": CardRing<5>,
        "entries64": Entries64<5, 8>,
        "entries512": Entries512<5, 6>,
        "window64": Window64<5, 7>,
        "window512": Window512<5, 5>,
        "doorbells16": Doorbells<4, 16>,
        "counters": Counters,
        "snapshot": Snapshot,
        "peeker": Peeker,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::check::synthesise_all;

    #[test]
    fn every_block_prints_and_synthesises() {
        let texts: Vec<_> = blocks().iter().map(|b| (b.verilog().expect(b.name), b.name)).collect();
        let designs: Vec<_> = texts.iter().map(|(text, name)| (text.as_str(), *name)).collect();
        synthesise_all(&designs).unwrap_or_else(|e| panic!("{e}"));
    }

    #[test]
    fn every_core_prints() {
        for params in CONFIGURATIONS {
            let text = core_verilog(&params).unwrap_or_else(|e| panic!("{}: {e}", params.name));
            assert!(text.contains(&format!("module {}", params.name)));
        }
    }
}
