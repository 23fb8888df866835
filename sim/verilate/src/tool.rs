// SPDX-License-Identifier: MIT OR Apache-2.0
//! Running a program and keeping what it says.

use anyhow::{Context, Result, bail};
use std::process::Command;

/// The C++ compiler: `$CXX` or `c++`.
pub(crate) fn compiler() -> Command {
    Command::new(std::env::var_os("CXX").unwrap_or_else(|| "c++".into()))
}

/// Runs `command`; its standard output, or an error with the command line and all that it printed.
pub(crate) fn run(command: &mut Command) -> Result<String> {
    let out = command.output().with_context(|| format!("running {command:?}"))?;
    let stdout = String::from_utf8_lossy(&out.stdout).into_owned();
    if !out.status.success() {
        bail!("{command:?}: {}\n{}{stdout}", out.status, String::from_utf8_lossy(&out.stderr));
    }
    Ok(stdout)
}
