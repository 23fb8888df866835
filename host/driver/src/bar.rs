// SPDX-License-Identifier: MIT OR Apache-2.0
//! The card as the driver sees it: registers (BAR0), windows (BAR2), a clock, and a way to wait.

use std::io;
use std::time::Duration;

/// What is wrong with an access.
#[derive(Debug, thiserror::Error)]
pub enum BarError {
    /// The access does not fit into the BAR, or a register access is not aligned.
    #[error("BAR{bar}: an access of {len} bytes at 0x{offset:x} is outside or not aligned")]
    OutOfRange {
        /// Which BAR.
        bar: u8,
        /// Offset of the access.
        offset: u32,
        /// Its length, bytes.
        len: usize,
    },
    /// The link to the card did not carry the access out (a simulation that hangs, a serial line that is cut).
    #[error("BAR{bar}: the access at 0x{offset:x} was not answered: {why}")]
    NoAnswer {
        /// Which BAR.
        bar: u8,
        /// Offset of the access.
        offset: u32,
        /// What the transport saw.
        why: String,
    },
    /// From [`Bar::relax`], after it has waited: the program is to stop. What waited gives up; only commands still wait for their
    /// completion, without which a flow would have no owner.
    #[error("interrupted")]
    Interrupted,
    /// Nothing answers on a serial line.
    #[error(
        "{line}: nothing answers within {after:.1?}: is the board configured, is this its UART, and is this its baud rate (uart:PATH:BAUD)?"
    )]
    Silent {
        /// Which line, and its baud rate.
        line: String,
        /// How long it was asked.
        after: Duration,
    },
    /// Something comes over a serial line, but no answers.
    #[error(
        "{line}: bytes come, but no answers: is this the board's baud rate (uart:PATH:BAUD), and is it a Syncline card?"
    )]
    Garbled {
        /// Which line, and its baud rate.
        line: String,
    },
    /// The operating system refused something.
    #[error("{what}: {error}")]
    Io {
        /// What was tried, and on what.
        what: String,
        /// Why it failed. (Not the error's source: the message says it already.)
        error: io::Error,
    },
}

/// What a transport offers beyond registers and windows.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Host memory can be mapped for the card.
    pub dma: bool,
    /// Interrupt vectors.
    pub vectors: u16,
}

/// A transport: how registers and windows of one card are reached.
///
/// No read has a side effect, so an implementation may read more than it was asked for.
pub trait Bar: Send {
    /// Reads the register at a byte offset of BAR0 (a multiple of 4).
    fn read32(&mut self, offset: u32) -> Result<u32, BarError>;

    /// Writes the register at a byte offset of BAR0 (a multiple of 4). It takes effect after every earlier write to
    /// a window.
    fn write32(&mut self, offset: u32, value: u32) -> Result<(), BarError>;

    /// Reads bytes from BAR2, at any offset.
    fn read_window(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), BarError>;

    /// Writes bytes to BAR2, at any offset.
    fn write_window(&mut self, offset: u32, bytes: &[u8]) -> Result<(), BarError>;

    /// The transport's clock: wall-clock time since any fixed moment for a card, virtual time in a simulation. Every
    /// deadline of the driver is measured with it. It never goes back.
    fn now(&mut self) -> Duration;

    /// Waits for a moment: every loop of the driver that waits calls it. It returns when something may have happened
    /// and at the latest when [`now`](Bar::now) has reached `until`: a spin hint for a card; for a simulation in the
    /// same thread, clock cycles, and a jump over idle time.
    fn relax(&mut self, until: Duration) -> Result<(), BarError>;

    /// What the transport offers beyond registers and windows.
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }
}

impl<B: Bar + ?Sized> Bar for Box<B> {
    fn read32(&mut self, offset: u32) -> Result<u32, BarError> {
        (**self).read32(offset)
    }

    fn write32(&mut self, offset: u32, value: u32) -> Result<(), BarError> {
        (**self).write32(offset, value)
    }

    fn read_window(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), BarError> {
        (**self).read_window(offset, bytes)
    }

    fn write_window(&mut self, offset: u32, bytes: &[u8]) -> Result<(), BarError> {
        (**self).write_window(offset, bytes)
    }

    fn now(&mut self) -> Duration {
        (**self).now()
    }

    fn relax(&mut self, until: Duration) -> Result<(), BarError> {
        (**self).relax(until)
    }

    fn capabilities(&self) -> Capabilities {
        (**self).capabilities()
    }
}
