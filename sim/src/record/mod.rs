// SPDX-License-Identifier: MIT OR Apache-2.0
//! Recorders: files about what went over the cable.

mod ladder;
mod pcapng;
mod summary;

pub use ladder::Ladder;
pub use pcapng::Pcapng;
pub use summary::summarize;

use crate::mac::{Frame, Stamp};
use std::io;

/// Which way a frame goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Into the card.
    ToCard,
    /// Out of the card.
    FromCard,
}

/// Something that is told of every frame at the card's port. A frame that the cable loses on its way to the card is
/// told of when it is lost.
pub trait Recorder: Send {
    /// A frame has passed (`frame.last` is now).
    fn frame(&mut self, way: Way, frame: &Frame);

    /// A remark, after the frames before it.
    fn note(&mut self, at: Stamp, text: &str);

    /// Completes the file.
    ///
    /// # Errors
    /// The file can't be written.
    fn finish(&mut self) -> io::Result<()>;
}
