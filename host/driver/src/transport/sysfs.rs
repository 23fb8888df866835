// SPDX-License-Identifier: MIT OR Apache-2.0
//! A card by its files in sysfs: registers and windows, no DMA and no interrupts, no IOMMU needed. Needs the right to open
//! `resource0` and `resource2` (root, or a udev rule).

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Bdf, DEVICES, Pause, check_sizes, folder};
use crate::mmio::Mapping;
use crate::{Bar, BarError};

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
        let folder = folder(devices, bdf)?;
        memory_is_on(&folder)?;
        let (first, registers) = map(folder.join("resource0"), 0)?;
        let (_, window) = map(folder.join("resource2"), 2)?;
        check_sizes(bdf, &registers, &window)?;
        if alone {
            let taken = |source| failed(format!("{bdf} is in use by another driver of Syncline"), source);
            first.try_lock().map_err(|e| match e {
                TryLockError::WouldBlock => taken(io::ErrorKind::ResourceBusy.into()),
                TryLockError::Error(source) => taken(source),
            })?;
        }
        Ok(Self { registers, window, pause: Pause::new(), _lock: first })
    }
}

fn failed(what: String, source: io::Error) -> BarError {
    BarError::Io { what, source }
}

/// Adds what to do about it where that is known.
fn explain(path: &Path, source: io::Error) -> BarError {
    let what = path.display().to_string();
    let why = match source.kind() {
        io::ErrorKind::PermissionDenied => {
            "permission denied: run as root, or let a udev rule give you the file"
        }
        io::ErrorKind::NotFound => "the function has no such BAR",
        _ => return BarError::Io { what, source },
    };
    BarError::Unusable { what, why: why.into() }
}

/// A function whose memory is off reads as all ones: say so before anybody takes it for a card that is gone.
fn memory_is_on(folder: &Path) -> Result<(), BarError> {
    use std::os::unix::fs::FileExt;
    let path = folder.join("config");
    let mut command = [0];
    let read = File::open(&path).and_then(|file| file.read_exact_at(&mut command, COMMAND));
    read.map_err(|source| failed(path.display().to_string(), source))?;
    if command[0] & MEMORY_SPACE == 0 {
        let why = format!("its memory space is disabled: write 1 to {}", folder.join("enable").display());
        return Err(BarError::Unusable { what: folder.display().to_string(), why });
    }
    Ok(())
}

fn map(path: PathBuf, bar: u8) -> Result<(File, Mapping), BarError> {
    let map = || {
        let file = OpenOptions::new().read(true).write(true).open(&path)?;
        let bytes = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
        if bytes == 0 {
            return Err(io::ErrorKind::NotFound.into());
        }
        let mapping = Mapping::of_file(&file, bytes, bar)?;
        Ok((file, mapping))
    };
    map().map_err(|source| explain(&path, source))
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
        for bar in [0, 2] {
            resize(devices.path(), bdf, bar, 1 << 20);
        }
        (devices, bdf)
    }

    fn resize(devices: &Path, bdf: Bdf, bar: u8, bytes: u64) {
        let path = devices.join(bdf.to_string()).join(format!("resource{bar}"));
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path).expect("a file");
        file.set_len(bytes).expect("space");
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
    fn a_wrong_address_and_disabled_memory_are_said() {
        let (devices, _) = slot(true);
        let other: Bdf = "02:00.0".parse().expect("an address");
        let text = message(Sysfs::open_in(devices.path(), other, true));
        assert!(text.starts_with("0000:02:00.0: there is no such PCI function"), "{text}");
        let (devices, bdf) = slot(false);
        let text = message(Sysfs::open_in(devices.path(), bdf, true));
        assert!(text.contains("memory space is disabled: write 1 to"), "{text}");
    }

    #[test]
    fn bars_that_are_absent_or_too_small_are_said() {
        let (devices, bdf) = slot(true);
        let text = || message(Sysfs::open_in(devices.path(), bdf, true));
        resize(devices.path(), bdf, 2, 0);
        assert!(text().ends_with("resource2: the function has no such BAR"), "{}", text());
        resize(devices.path(), bdf, 0, 4096);
        resize(devices.path(), bdf, 2, 4096);
        assert_eq!(text(), "0000:01:00.0: BAR0 has 4096 bytes, a Syncline card's has 1048576");
        resize(devices.path(), bdf, 0, 1 << 20);
        let mut card = Sysfs::open_in(devices.path(), bdf, true).expect("no magic, so no size is known");
        card.write32(syncline_regs::map::MAGIC, syncline_regs::MAGIC).expect("a register");
        card.write32(syncline_regs::map::BAR2_BYTES, 1 << 20).expect("a register");
        drop(card);
        assert_eq!(text(), "0000:01:00.0: BAR2 has 4096 bytes, a Syncline card's has 1048576");
    }

    #[test]
    fn a_missing_right_says_what_to_do() {
        let error = explain(Path::new("/x/resource0"), io::ErrorKind::PermissionDenied.into());
        assert!(error.to_string().starts_with("/x/resource0: permission denied: run as root"), "{error}");
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
