// SPDX-License-Identifier: MIT OR Apache-2.0
//! A card that is bound to `vfio-pci`, by the crate `pci-driver`: the path without root, and the one that DMA and interrupts
//! will take.

use std::io;
use std::path::Path;
use std::time::Duration;

use pci_driver::backends::vfio::VfioPciDevice;
use pci_driver::device::PciDevice;
use pci_driver::regions::Permissions;

use super::{Bdf, Pause};
use crate::mmio::Mapping;
use crate::{Bar, BarError};

/// Where the kernel shows PCI functions.
const DEVICES: &str = "/sys/bus/pci/devices";

/// A card in a slot, by VFIO.
pub struct Vfio {
    registers: Mapping,
    window: Mapping,
    pause: Pause,
    /// Keeps the group open.
    _device: VfioPciDevice,
}

impl Vfio {
    /// Maps BAR0 and BAR2 of the function.
    ///
    /// # Errors
    /// The function is not there, not bound to `vfio-pci`, or in use.
    pub fn open(bdf: Bdf) -> Result<Self, BarError> {
        let failed = |what: &str, source: io::Error| BarError::Io { what: format!("{bdf}: {what}"), source };
        let path = Path::new(DEVICES).join(bdf.to_string());
        let device = VfioPciDevice::open(&path)
            .map_err(|e| failed("opening it through VFIO (is it bound to vfio-pci?)", e))?;
        let command = device.config().command();
        command.memory_space_enable().write(true).map_err(|e| failed("switching its memory on", e))?;
        let map = |index: u8| {
            let none = || failed(&format!("BAR{index}"), io::ErrorKind::NotFound.into());
            let region = device.bar(index.into()).ok_or_else(none)?;
            let mapped = region.map(.., Permissions::ReadWrite);
            Ok(Mapping::of_vfio(mapped.map_err(|e| failed(&format!("mapping BAR{index}"), e))?, index))
        };
        Ok(Self { registers: map(0)?, window: map(2)?, pause: Pause::new(), _device: device })
    }
}

impl Bar for Vfio {
    fn read32(&mut self, offset: u32) -> Result<u32, BarError> {
        self.registers.read32(offset)
    }

    fn write32(&mut self, offset: u32, value: u32) -> Result<(), BarError> {
        self.registers.write32(offset, value)
    }

    fn read_window(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), BarError> {
        self.window.read(offset, bytes)
    }

    fn write_window(&mut self, offset: u32, bytes: &[u8]) -> Result<(), BarError> {
        self.window.write(offset, bytes)
    }

    fn now(&mut self) -> Duration {
        self.pause.start.elapsed()
    }

    fn relax(&mut self, _until: Duration) -> Result<(), BarError> {
        self.pause.relax();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_function_is_named() {
        let bdf: Bdf = "ffff:ff:1f.7".parse().expect("an address");
        let error = Vfio::open(bdf).err().expect("no such function").to_string();
        assert!(error.contains("ffff:ff:1f.7") && error.contains("vfio-pci"), "{error}");
    }
}
