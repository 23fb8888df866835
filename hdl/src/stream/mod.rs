// SPDX-License-Identifier: MIT OR Apache-2.0
//! Streams of frames, and the blocks that carry, cut and join them.
//!
//! # Contract
//!
//! A stream is a [`StreamOut`] joined to a [`StreamIn`]. One item of type `T` moves on every rising clock
//! edge at which `valid` and `ready` are both high. The rules are those of AXI4-Stream:
//!
//! * `valid` never waits for `ready`. `ready` may depend on `valid`.
//! * Once `valid` is high, `valid` and `data` hold until the edge at which `ready` is high.
//! * While `valid` is low, `data` means nothing.
//!
//! `T` may be any `Synth` type (a record stream), or one of the beats below (a frame stream). Frames have
//! further rules:
//!
//! * The first byte of a frame is in lane 0, that is `data[7:0]`, the next in lane 1: the order of the wire.
//! * `keep` has a bit per lane and is contiguous from lane 0. All lanes are valid on every beat but the last.
//! * The last beat has `last` set and at least one valid lane: no frame is empty, unless a port says so.
//! * Lanes outside `keep` hold any value, which may change while the beat waits.
//!
//! Reset empties every block: frames inside are lost, and the next beat in is the first of a frame.

pub mod arbiter;
pub mod beat_ram;
pub mod fifo;
pub mod frame_fifo;
pub mod header_window;
pub mod keep_count;
pub mod one_fifo;
pub mod prepend;
pub mod skid;
pub mod small_fifo;
pub mod strip;
pub mod trim;
pub mod width;

#[doc(hidden)]
pub mod bench;
#[cfg(test)]
mod printed;

use rust_hdl::prelude::*;

/// One beat of an 8-bit frame stream: one byte, so it needs no `keep`.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Beat8 {
    /// The byte.
    pub data: Bits<8>,
    /// The beat is the frame's last.
    pub last: Bit,
}

/// One beat of a 64-bit frame stream.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Beat64 {
    /// Eight bytes, the first on the wire in bits 7..0.
    pub data: Bits<64>,
    /// One bit per valid byte lane, contiguous from lane 0.
    pub keep: Bits<8>,
    /// The beat is the frame's last.
    pub last: Bit,
}

/// One beat of a 512-bit frame stream.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Beat512 {
    /// Sixty-four bytes, the first on the wire in bits 7..0.
    pub data: Bits<512>,
    /// One bit per valid byte lane, contiguous from lane 0.
    pub keep: Bits<64>,
    /// The beat is the frame's last.
    pub last: Bit,
}

/// The consumer's end of a stream. See the [contract](self).
#[derive(LogicInterface, Default)]
#[join = "StreamOut"]
pub struct StreamIn<T: Synth> {
    /// The item, meaningful while `valid` is high.
    pub data: Signal<In, T>,
    /// The producer offers an item.
    pub valid: Signal<In, Bit>,
    /// The consumer takes the item at the next rising edge.
    pub ready: Signal<Out, Bit>,
}

/// The producer's end of a stream. See the [contract](self).
#[derive(LogicInterface, Default)]
#[join = "StreamIn"]
pub struct StreamOut<T: Synth> {
    /// The item, meaningful while `valid` is high.
    pub data: Signal<Out, T>,
    /// The producer offers an item.
    pub valid: Signal<Out, Bit>,
    /// The consumer takes the item at the next rising edge.
    pub ready: Signal<In, Bit>,
}
