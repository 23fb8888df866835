// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ctrl-C: what waits gives up, the connection is given back to the card, and recordings are completed. A card in a slot lives on
//! after the command, and must not keep a flow for nobody.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use syncline::{Bar, BarError, Capabilities};

/// The exit code: 128 and the number of SIGINT, as shells have it.
pub const CODE: u8 = 130;

/// Set by the first signal. A second one ends the process at once.
pub fn catch() -> io::Result<Arc<AtomicBool>> {
    let caught = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // In this order: it looks whether an earlier signal has set the flag.
        flag::register_conditional_shutdown(signal, CODE.into(), caught.clone())?;
        flag::register(signal, caught.clone())?;
    }
    Ok(caught)
}

/// A transport whose waits say that the flag is set. The driver gives up what it waited for, but for a command's completion.
pub struct Interruptible<B> {
    bar: B,
    caught: Arc<AtomicBool>,
}

impl<B: Bar> Interruptible<B> {
    /// Around a transport.
    pub fn new(bar: B, caught: Arc<AtomicBool>) -> Self {
        Interruptible { bar, caught }
    }
}

impl<B: Bar> Bar for Interruptible<B> {
    fn read32(&mut self, offset: u32) -> Result<u32, BarError> {
        self.bar.read32(offset)
    }

    fn write32(&mut self, offset: u32, value: u32) -> Result<(), BarError> {
        self.bar.write32(offset, value)
    }

    fn read_window(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), BarError> {
        self.bar.read_window(offset, bytes)
    }

    fn write_window(&mut self, offset: u32, bytes: &[u8]) -> Result<(), BarError> {
        self.bar.write_window(offset, bytes)
    }

    fn now(&mut self) -> Duration {
        self.bar.now()
    }

    fn relax(&mut self, until: Duration) -> Result<(), BarError> {
        self.bar.relax(until)?;
        if self.caught.load(Ordering::Relaxed) { Err(BarError::Interrupted) } else { Ok(()) }
    }

    fn capabilities(&self) -> Capabilities {
        self.bar.capabilities()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline::testing::{self, FakeCard};
    use syncline::{Config, Device, Error};

    #[test]
    fn a_wait_ends_and_the_flow_is_free_again() {
        let card = FakeCard::default();
        let caught = Arc::new(AtomicBool::new(false));
        let device = Device::open(Interruptible::new(card.clone(), caught.clone())).expect("a card");
        device.configure(&Config::default()).expect("a configuration");
        let connect = |port| device.connect(([10, 0, 0, 2], port).into(), Duration::from_secs(10));
        let stream = connect(testing::STALLS).expect("a connection");
        caught.store(true, Ordering::Relaxed);
        let before = card.inside().now();
        assert!(matches!(connect(testing::SILENT), Err(Error::Bar(BarError::Interrupted))));
        assert!(card.inside().now() - before < Duration::from_secs(1), "it did not wait");
        // The flow of that attempt has been given back, and so is that of the other.
        assert_eq!(card.in_use(), 1);
        drop(stream);
        assert_eq!(card.in_use(), 0);
    }
}
