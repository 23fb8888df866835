// SPDX-License-Identifier: MIT OR Apache-2.0
//! `--tool vivado`: runs the board's Tcl in Vivado's batch mode.

use anyhow::{Result, bail};
use std::path::Path;
use std::process::Command;

use super::board::Board;
use super::{constraints, design};
use crate::run::step;

/// Writes the Verilog and lets Vivado build. Its script writes the reports and the bitstream, and fails if a path is too slow.
pub fn build(board: &Board, folder: &Path) -> Result<()> {
    let verilog = design::top(board, folder, true)?;
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
            .arg(design::git_hash()?),
    )
}
