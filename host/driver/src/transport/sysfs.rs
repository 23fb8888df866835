// SPDX-License-Identifier: MIT OR Apache-2.0
//! A card by its files in sysfs: registers and windows, no DMA and no interrupts, no IOMMU needed. Needs the right to open
//! `resource0` and `resource2` (root, or a udev rule).

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

use super::{Bdf, Pause, is_there};
use crate::mmio::Mapping;
use crate::{Bar, BarError};

/// Where the kernel shows PCI functions.
const DEVICES: &str = "/sys/bus/pci/devices";
/// Bit 1 of the PCI command register: the function answers memory accesses.
const MEMORY_SPACE: u8 = 1 << 1;
/// Offset of the PCI command register.
const COMMAND: u64 = 4;

/// A card in a slot, by sysfs.
pub struct Sysfs {
    registers: Mapping,
    window: Mapping,
    pause: Pause,
    /// Holds the lock that keeps a second driver away.
    _lock: File,
}

impl Sysfs {
    /// Maps BAR0 and BAR2 of the function, for this process alone.
    ///
    /// # Errors
    /// There is no such function, it may not be opened, its memory is switched off, or another driver has it.
    pub fn open(bdf: Bdf) -> Result<Self, BarError> {
        Self::open_in(Path::new(DEVICES), bdf, true)
    }

    /// The same without keeping others away: for programs that read only.
    ///
    /// # Errors
    /// As [`Sysfs::open`], but for another driver.
    pub fn observe(bdf: Bdf) -> Result<Self, BarError> {
        Self::open_in(Path::new(DEVICES), bdf, false)
    }

    fn open_in(devices: &Path, bdf: Bdf, alone: bool) -> Result<Self, BarError> {
        let folder = devices.join(bdf.to_string());
        is_there(&folder, bdf)?;
        memory_is_on(&folder.join("config"))?;
        let (first, registers) = map(&folder, bdf, 0)?;
        let (_, window) = map(&folder, bdf, 2)?;
        if alone {
            let taken = |error| failed(format!("{bdf} is in use by another driver of Syncline"), error);
            first.try_lock().map_err(|e| match e {
                TryLockError::WouldBlock => taken(io::ErrorKind::ResourceBusy.into()),
                TryLockError::Error(error) => taken(error),
            })?;
        }
        Ok(Self { registers, window, pause: Pause::new(), _lock: first })
    }
}

fn failed(what: String, error: io::Error) -> BarError {
    BarError::Io { what, error }
}

/// A function whose memory is off reads as all ones: say so before anybody takes it for a card that is gone.
fn memory_is_on(config: &Path) -> Result<(), BarError> {
    use std::os::unix::fs::FileExt;
    let what = || format!("opening {}", config.display());
    let file = File::open(config).map_err(|e| failed(what(), e))?;
    let mut command = [0];
    file.read_exact_at(&mut command, COMMAND).map_err(|e| failed(what(), e))?;
    if command[0] & MEMORY_SPACE == 0 {
        let why = "memory accesses are switched off: write 1 to the function's file `enable`";
        return Err(failed(what(), io::Error::other(why)));
    }
    Ok(())
}

fn map(folder: &Path, bdf: Bdf, bar: u8) -> Result<(File, Mapping), BarError> {
    let path = folder.join(format!("resource{bar}"));
    let what = |doing: &str| format!("{doing} {}", path.display());
    let file = OpenOptions::new().read(true).write(true).open(&path).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => failed(format!("{bdf} is no Syncline card: it has no BAR{bar}"), e),
        io::ErrorKind::PermissionDenied => {
            failed(format!("opening {} (root may, and who a udev rule says)", path.display()), e)
        }
        _ => failed(what("opening"), e),
    })?;
    let bytes = file.metadata().map_err(|e| failed(what("opening"), e))?.len();
    let bytes = usize::try_from(bytes).map_err(|e| failed(what("mapping"), io::Error::other(e)))?;
    let mapping = Mapping::of_file(&file, bytes, bar).map_err(|e| failed(what("mapping"), e))?;
    Ok((file, mapping))
}

impl Bar for Sysfs {
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
    use std::fs;

    /// Files as sysfs has them.
    fn slot(memory_on: bool) -> (tempfile::TempDir, Bdf) {
        let devices = tempfile::tempdir().expect("a temporary folder");
        let bdf: Bdf = "01:00.0".parse().expect("an address");
        let folder = devices.path().join(bdf.to_string());
        fs::create_dir(&folder).expect("a folder");
        fs::write(folder.join("config"), [0, 0, 0, 0, u8::from(memory_on) << 1, 0]).expect("a file");
        for name in ["resource0", "resource2"] {
            let file = File::create(folder.join(name)).expect("a file");
            file.set_len(1 << 20).expect("space");
        }
        (devices, bdf)
    }

    fn message(result: Result<Sysfs, BarError>) -> String {
        result.err().expect("an error").to_string()
    }

    #[test]
    fn bar0_and_bar2_are_mapped() {
        let (devices, bdf) = slot(true);
        let mut card = Sysfs::open_in(devices.path(), bdf, true).expect("a card");
        card.write32(0, syncline_regs::MAGIC).expect("a register");
        card.write_window(5, b"abc").expect("a window");
        let folder = devices.path().join(bdf.to_string());
        assert_eq!(
            fs::read(folder.join("resource0")).expect("a file")[..4],
            syncline_regs::MAGIC.to_le_bytes()
        );
        assert_eq!(fs::read(folder.join("resource2")).expect("a file")[5..8], *b"abc");
        assert!(card.now() <= card.now());
    }

    #[test]
    fn a_wrong_address_and_memory_off_are_said() {
        let (devices, _) = slot(true);
        let other: Bdf = "02:00.0".parse().expect("an address");
        let absent = message(Sysfs::open_in(devices.path(), other, true));
        assert!(absent.contains("there is no PCI function 0000:02:00.0"), "{absent}");
        let (devices, bdf) = slot(true);
        fs::remove_file(devices.path().join(bdf.to_string()).join("resource2")).expect("a file");
        let other = message(Sysfs::open_in(devices.path(), bdf, true));
        assert!(other.contains("0000:01:00.0 is no Syncline card: it has no BAR2"), "{other}");
        let (devices, bdf) = slot(false);
        assert!(message(Sysfs::open_in(devices.path(), bdf, true)).contains("switched off"));
    }

    #[test]
    fn a_second_driver_is_refused_and_an_observer_is_not() {
        let (devices, bdf) = slot(true);
        let card = Sysfs::open_in(devices.path(), bdf, true).expect("a card");
        assert!(message(Sysfs::open_in(devices.path(), bdf, true)).contains("in use"));
        Sysfs::open_in(devices.path(), bdf, false).expect("an observer");
        drop(card);
        Sysfs::open_in(devices.path(), bdf, true).expect("free again");
    }
}
