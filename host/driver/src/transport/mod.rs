// SPDX-License-Identifier: MIT OR Apache-2.0
//! Transports to a card in a PCIe slot or behind a serial line. The simulation's is `syncline_sim::SimBar`.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::time::Instant;

use crate::BarError;

mod sysfs;
mod uart;
#[cfg(feature = "vfio")]
mod vfio;

pub use sysfs::Sysfs;
pub use uart::{BadLine, Line, Uart};
#[cfg(feature = "vfio")]
pub use vfio::Vfio;

/// Spins of a wait before the processor is given to somebody else.
const SPINS: u32 = 64;

/// A PCI function's address: domain, bus, device, function.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Bdf {
    domain: u16,
    bus: u8,
    device: u8,
    function: u8,
}

/// A text is no PCI address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no PCI address: write it as 0000:01:00.0 or 01:00.0")]
pub struct BadBdf(String);

impl FromStr for Bdf {
    type Err = BadBdf;

    fn from_str(text: &str) -> Result<Self, BadBdf> {
        let parse = || {
            let hex = |part: &str, digits: usize, most: u16| {
                let right = part.len() == digits && part.bytes().all(|b| b.is_ascii_hexdigit());
                right.then(|| u16::from_str_radix(part, 16).ok()).flatten().filter(|v| *v <= most)
            };
            let (rest, function) = text.rsplit_once('.')?;
            let (rest, device) = rest.rsplit_once(':')?;
            let (domain, bus) = rest.rsplit_once(':').unwrap_or(("0000", rest));
            Some(Bdf {
                domain: hex(domain, 4, u16::MAX)?,
                bus: hex(bus, 2, 0xff)? as u8,
                device: hex(device, 2, 0x1f)? as u8,
                function: hex(function, 1, 7)? as u8,
            })
        };
        parse().ok_or_else(|| BadBdf(text.to_owned()))
    }
}

impl fmt::Display for Bdf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}:{:02x}:{:02x}.{}", self.domain, self.bus, self.device, self.function)
    }
}

/// Says that a function is absent, before anything else of its folder in sysfs is.
fn is_there(folder: &Path, bdf: Bdf) -> Result<(), BarError> {
    folder.metadata().map(drop).map_err(|error| {
        let what = format!("there is no PCI function {bdf} ({})", folder.display());
        BarError::Io { what, error }
    })
}

/// How a driver waits for hardware: it spins, and now and then lets others run.
struct Pause {
    start: Instant,
    spins: u32,
}

impl Pause {
    fn new() -> Self {
        Pause { start: Instant::now(), spins: 0 }
    }

    fn relax(&mut self) {
        self.spins = (self.spins + 1) % SPINS;
        if self.spins == 0 {
            std::thread::yield_now();
        } else {
            std::hint::spin_loop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pci_addresses_are_read_strictly() {
        for (text, printed) in
            [("0000:01:00.0", "0000:01:00.0"), ("af:1f.7", "0000:af:1f.7"), ("10Ab:C0:02.1", "10ab:c0:02.1")]
        {
            assert_eq!(text.parse::<Bdf>().expect(text).to_string(), printed);
        }
        for text in [
            "",
            "1:2.3",
            "01:00",
            "01:00.8",
            "01:20.0",
            "../../x:00.0",
            "0000:01:00.0/..",
            "01:00.0 ",
            "+1:00.0",
            "00000:01:00.0",
        ] {
            assert_eq!(text.parse::<Bdf>(), Err(BadBdf(text.to_owned())));
        }
    }
}
