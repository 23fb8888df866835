// SPDX-License-Identifier: MIT OR Apache-2.0
//! `--tool vivado`: runs the board's Tcl in Vivado's batch mode.

use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;

use super::board::Board;
use super::{constraints, design};
use crate::run::{root, step};

/// Writes the Verilog and lets Vivado build. Its script writes the reports and the bitstream, and fails if a path is too slow.
pub fn build(board: &Board, folder: &Path) -> Result<()> {
    let verilog = design::top(board, folder)?;
    design::check_constraints(board, &verilog)?;
    let script = constraints(board, "build.tcl");
    let vivado = std::env::var_os("VIVADO").unwrap_or_else(|| "vivado".into());
    if Command::new(&vivado).arg("-version").output().is_err() {
        bail!("no Vivado: put `vivado` on the PATH or its path into VIVADO ({} is ready)", verilog.display());
    }
    step(
        Command::new(&vivado)
            .args(["-mode", "batch", "-nojournal", "-log"])
            .arg(folder.join("vivado.log"))
            .arg("-source")
            .arg(&script)
            .args(["-tclargs"])
            .arg(&verilog)
            .arg(folder)
            .arg(git_hash()?),
    )
}

/// The first eight digits of the commit, for the identity registers.
fn git_hash() -> Result<String> {
    let output = Command::new("git").args(["rev-parse", "--short=8", "HEAD"]).current_dir(root()).output();
    let output = output.context("running git")?;
    let hash = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if hash.len() == 8 && hash.chars().all(|c| c.is_ascii_hexdigit()) {
        Ok(hash)
    } else {
        Ok("00000000".into())
    }
}
