// SPDX-License-Identifier: MIT OR Apache-2.0
//! A folder of built things below `target/`, safe for tests that run in parallel in many processes.

use anyhow::{Context, Result};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// `<target>/verilate`, where `<target>` is cargo's folder of the running program (it holds `CACHEDIR.TAG`),
/// else the system's folder for temporary files.
fn root() -> Result<PathBuf> {
    let program = std::env::current_exe().context("where this program is")?;
    let target = program.ancestors().skip(1).find(|folder| folder.join("CACHEDIR.TAG").is_file());
    let root = target.map_or_else(std::env::temp_dir, Path::to_path_buf).join("verilate");
    std::fs::create_dir_all(&root).with_context(|| format!("creating {}", root.display()))?;
    Ok(root)
}

/// A folder for one use, removed when dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left behind is in target/: no harm.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A new, empty folder.
pub(crate) fn scratch(what: &str) -> Result<Scratch> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("tmp-{what}-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let path = root()?.join(name);
    std::fs::create_dir_all(&path).with_context(|| format!("creating {}", path.display()))?;
    Ok(Scratch(path))
}

/// The folder `<what>-<hash of key>`, filled by `make` if it is not there yet. `make` works in a scratch folder that is
/// renamed when it is complete; a file lock makes others wait instead of making the same thing again.
pub(crate) fn get(what: &str, key: &impl Hash, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    let folder = root()?.join(format!("{what}-{:016x}", hasher.finish()));
    if folder.is_dir() {
        return Ok(folder);
    }
    let lock_path = folder.with_extension("lock");
    let lock =
        std::fs::File::create(&lock_path).with_context(|| format!("creating {}", lock_path.display()))?;
    lock.lock().with_context(|| format!("locking {}", lock_path.display()))?;
    if !folder.is_dir() {
        let work = scratch(what)?;
        make(work.path())?;
        std::fs::rename(work.path(), &folder).with_context(|| format!("naming {}", folder.display()))?;
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    #[test]
    fn made_once_by_many_threads() {
        let key = (std::process::id(), std::time::SystemTime::now());
        let made = AtomicUsize::new(0);
        let one = || {
            get("cache-test", &key, |folder| {
                made.fetch_add(1, Ordering::SeqCst);
                Ok(std::fs::write(folder.join("file"), "x")?)
            })
            .unwrap()
        };
        std::thread::scope(|s| (0..4).for_each(|_| drop(s.spawn(one))));
        assert_eq!(made.load(Ordering::SeqCst), 1);
        let folder = one();
        assert!(folder.join("file").is_file());
        std::fs::remove_dir_all(&folder).unwrap();
        std::fs::remove_file(folder.with_extension("lock")).unwrap();
    }

    #[test]
    fn a_failure_leaves_nothing() {
        let key = (std::process::id(), std::time::SystemTime::now(), "failure");
        assert!(get("cache-test", &key, |_| anyhow::bail!("no")).is_err());
        let folder = get("cache-test", &key, |_| Ok(())).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        std::fs::remove_file(folder.with_extension("lock")).unwrap();
    }
}
