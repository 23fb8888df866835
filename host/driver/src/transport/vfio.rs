// SPDX-License-Identifier: MIT OR Apache-2.0
//! A card that is bound to `vfio-pci`, by the crate `pci-driver`: the path without root, and the one that DMA and interrupts
//! will take.

use std::io;
use std::path::Path;
use std::time::Duration;

use pci_driver::backends::vfio::VfioPciDevice;
use pci_driver::device::PciDevice;
use pci_driver::regions::Permissions;

use super::{Bdf, Pause, is_there};
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
        let failed = |what: &str, error: io::Error| BarError::Io { what: format!("{bdf}: {what}"), error };
        let path = Path::new(DEVICES).join(bdf.to_string());
        is_there(&path, bdf)?;
        let device = VfioPciDevice::open(&path)
            .map_err(|e| failed(&format!("opening it through VFIO ({})", hint(&path)), e))?;
        let command = device.config().command();
        command.memory_space_enable().write(true).map_err(|e| failed("switching its memory on", e))?;
        let map = |index: u8| {
            let none =
                || failed(&format!("no Syncline card, without BAR{index}"), io::ErrorKind::NotFound.into());
            let region = device.bar(index.into()).ok_or_else(none)?;
            let mapped = region.map(.., Permissions::ReadWrite);
            Ok(Mapping::of_vfio(mapped.map_err(|e| failed(&format!("mapping BAR{index}"), e))?, index))
        };
        Ok(Self { registers: map(0)?, window: map(2)?, pause: Pause::new(), _device: device })
    }
}

/// What may be wrong, from the function's folder in sysfs: the kernel says "not found" to most of it.
fn hint(function: &Path) -> String {
    let name = |link: &str| {
        let target = std::fs::read_link(function.join(link)).ok()?;
        Some(target.file_name()?.to_string_lossy().into_owned())
    };
    match (name("iommu_group"), name("driver")) {
        (None, _) => "it is in no IOMMU group: is the IOMMU switched on?".to_owned(),
        (Some(_), None) => "it has no driver: bind vfio-pci to it".to_owned(),
        (Some(_), Some(driver)) if driver != "vfio-pci" => {
            format!("it is bound to {driver}, not to vfio-pci")
        }
        (Some(group), Some(_)) => format!("is /dev/vfio/{group} ours to open, and free?"),
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
    fn what_is_missing_for_vfio_is_said() {
        let folder = tempfile::tempdir().expect("a folder");
        let function = folder.path();
        let link = |target: &str, name: &str| {
            let at = function.join(name);
            let _ = std::fs::remove_file(&at);
            std::os::unix::fs::symlink(target, at).expect("a link");
        };
        assert!(hint(function).contains("no IOMMU group"));
        link("../../../kernel/iommu_groups/12", "iommu_group");
        assert!(hint(function).contains("has no driver"));
        link("../../../bus/pci/drivers/nvme", "driver");
        assert!(hint(function).contains("bound to nvme"));
        link("../../../bus/pci/drivers/vfio-pci", "driver");
        assert!(hint(function).contains("/dev/vfio/12"));
    }

    #[test]
    fn an_absent_function_is_named() {
        let bdf: Bdf = "ffff:ff:1f.7".parse().expect("an address");
        let error = Vfio::open(bdf).err().expect("no such function").to_string();
        assert!(error.contains("there is no PCI function ffff:ff:1f.7"), "{error}");
    }
}
