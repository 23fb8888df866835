// SPDX-License-Identifier: MIT OR Apache-2.0
//! Artix-7 with open tools: Yosys, nextpnr, our frames from its FASM, and Project X-Ray's `xc7frames2bit`.
//!
//! nextpnr calls the family experimental: its delays are measured ones without speed grades, and some arcs are not timed.

use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::Path;

use super::bitstream::bitstream;
use super::board::Board;
use super::debian::Debian;
use super::design::{Count, synthesise};
use super::timing::{Timing, UNCONSTRAINED};
use super::{constraints, logged, lutram, report, wheels};
use crate::xilinx;

/// Takes the clocks from their pads to the global buffers as Vivado does; says why.
const CLOCKS: &str = include_str!("clocks.py");

/// Builds the bitstream. The report is written whether the clocks are met or not, the bitstream only if they are.
pub fn build(
    board: &Board,
    part: &str,
    die: &str,
    room: (u64, u64, u64),
    folder: &Path,
    seed: u32,
) -> Result<()> {
    let debian = Debian::set_up()?;
    fs::write(folder.join("ram64x1s.v"), lutram::MAP).context("writing ram64x1s.v")?;
    let cells = synthesise(
        board,
        folder,
        &format!("{}; techmap -map ram64x1s.v; opt_clean", xilinx::synth("xc7", "")),
    )?;
    lutram::refuse_contents(
        &fs::read_to_string(folder.join("netlist.json")).context("reading Yosys' netlist")?,
    )?;
    let count = Count::of(&cells);
    let xdc = format!("xdc={}", constraints(board, &format!("{}.xdc", board.name)).display());
    fs::write(folder.join("clocks.py"), CLOCKS).context("writing clocks.py")?;
    logged(
        debian
            .program("nextpnr-himbaechel-xilinx")?
            .args(["--device", part, "--json", "netlist.json", "-o", &xdc, "-o", "fasm=design.fasm"])
            .args(["--pre-route", "clocks.py", "--report", "timing.json", "--timing-allow-fail"])
            .args(["--freq", &UNCONSTRAINED.to_string(), "--seed", &seed.to_string()])
            // The other placer moves flip-flops far away to find slices with their clock, enable and reset: three times the wire.
            .args(["--placer", "static"]),
        folder,
        "nextpnr.log",
    )?;
    let timing = fs::read_to_string(folder.join("timing.json")).context("reading nextpnr's report")?;
    let timing = Timing::read(&timing)?;
    let yosys = wheels().split(", ").find(|pin| pin.contains("yosys")).unwrap_or_default().to_owned();
    let tools = format!("{yosys}, {}", debian.versions()?);
    report(board, folder, &tools, &[timing.page(), count.page()])?;
    ensure!(
        count.lut <= room.0 && count.ff <= room.1 && count.ram <= room.2 as f64,
        "the part has {} LUTs, {} flip-flops and {} block RAMs, whatever the die has",
        room.0,
        room.1,
        room.2
    );
    timing.check()?;
    let bits = bitstream(&debian, board, part, die, folder)?;
    println!(
        "{} bits are set and were read back; {}",
        bits,
        folder.join(format!("{}.bit", board.name)).display()
    );
    Ok(())
}
