// SPDX-License-Identifier: MIT OR Apache-2.0
//! Driving a block in the Rust simulation from a unit test: no threads and no channels.
//!
//! Poke `next` of an input, call [`tick`] for one clock cycle, read outputs with `val()`.

use rust_hdl::prelude::*;

/// Turns of the combinational logic allowed before [`settle`] reports a loop.
const MAX_DELTAS: usize = 100;

/// A block with one clock.
pub trait Clocked: Block {
    /// The clock input.
    fn clk(&mut self) -> &mut Signal<In, Clock>;
}

/// Lets inputs reach outputs without a clock edge.
///
/// # Panics
/// When the combinational logic does not come to rest.
pub fn settle<D: Block>(block: &mut D) {
    assert!(simulate(block, MAX_DELTAS), "combinational logic did not settle");
}

/// One clock cycle: inputs poked before the call are sampled by the rising edge, and on return outputs show the new state.
pub fn tick<D: Clocked>(block: &mut D) {
    settle(block);
    for level in [true, false] {
        block.clk().next = Clock { clk: level };
        settle(block);
    }
}

/// Connects the block and checks its structure (every signal driven once, no loops).
///
/// Boxed: a design with 512-bit buses is a Rust struct of 100 kB and more.
///
/// # Panics
/// When a signal is not connected.
pub fn ready<D: Block>(mut block: Box<D>) -> Box<D> {
    block.connect_all();
    check_all(block.as_ref()).expect("structural check");
    block
}
