// SPDX-License-Identifier: MIT OR Apache-2.0
//! A card that is bound to `vfio-pci`, by the crate `pci-driver`: the path without root, and the one that DMA and interrupts
//! will take.

use std::io;
use std::path::Path;
use std::time::Duration;

use pci_driver::backends::vfio::VfioPciDevice;
use pci_driver::device::PciDevice;
use pci_driver::regions::Permissions;

use super::{Bdf, DEVICES, Pause, check_sizes, folder};
use crate::mmio::Mapping;
use crate::{Bar, BarError};

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
        let folder = folder(Path::new(DEVICES), bdf)?;
        is_bound(&folder, bdf)?;
        let device = VfioPciDevice::open(&folder).map_err(|e| failed("opening it through VFIO", e))?;
        let command = device.config().command();
        command.memory_space_enable().write(true).map_err(|e| failed("switching its memory on", e))?;
        let map = |index: u8| {
            let none = || failed(&format!("BAR{index}"), io::ErrorKind::NotFound.into());
            let region = device.bar(index.into()).ok_or_else(none)?;
            let mapped = region.map(.., Permissions::ReadWrite);
            Ok(Mapping::of_vfio(mapped.map_err(|e| failed(&format!("mapping BAR{index}"), e))?, index))
        };
        let (registers, window) = (map(0)?, map(2)?);
        check_sizes(bdf, &registers, &window)?;
        Ok(Self { registers, window, pause: Pause::new(), _device: device })
    }
}

/// VFIO needs an IOMMU and the kernel's driver `vfio-pci`: says which is missing.
fn is_bound(folder: &Path, bdf: Bdf) -> Result<(), BarError> {
    let unusable = |why: String| Err(BarError::Unusable { what: bdf.to_string(), why });
    let driver = folder.join("driver").canonicalize().ok();
    match driver.as_deref().and_then(Path::file_name) {
        Some(name) if name == "vfio-pci" => {}
        Some(name) => {
            return unusable(format!("it is bound to {}, not to vfio-pci", name.display()));
        }
        None => return unusable("it is bound to no driver: bind it to vfio-pci".into()),
    }
    if !folder.join("iommu_group").exists() {
        return unusable("it is in no IOMMU group: is the IOMMU switched on?".into());
    }
    Ok(())
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
        assert!(error.starts_with("ffff:ff:1f.7: there is no such PCI function"), "{error}");
    }

    #[test]
    fn another_driver_and_a_missing_iommu_are_named() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let bdf: Bdf = "01:00.0".parse().expect("an address");
        let message = || is_bound(root.path(), bdf).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(message().contains("bound to no driver"), "{}", message());
        let link = root.path().join("driver");
        for (driver, expected) in [("xhci_hcd", "it is bound to xhci_hcd"), ("vfio-pci", "IOMMU group")] {
            let folder = root.path().join(driver);
            std::fs::create_dir(&folder).expect("a folder");
            std::fs::remove_file(&link).ok();
            std::os::unix::fs::symlink(&folder, &link).expect("a link");
            assert!(message().contains(expected), "{}", message());
        }
        std::fs::create_dir(root.path().join("iommu_group")).expect("a folder");
        is_bound(root.path(), bdf).expect("all is there");
    }
}
