// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask report`: area of every block and of the cores, ways between registers, clocks on an ECP5, as `docs/area-timing.md`.

mod area;
mod kept;
mod levels;
mod limits;
mod place;
mod ring;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, ensure};

use crate::run::{cargo, root, step};
use crate::setup;
use area::{Area, Family};

/// What to report.
#[derive(clap::Args)]
pub struct Args {
    /// Place and route nothing and leave out the 512-bit core, but for what an earlier run has measured of the same design.
    #[arg(long)]
    quick: bool,
    /// Only this block or configuration, printed and not written to the page (but kept for it).
    #[arg(long)]
    only: Option<String>,
    /// Only count the blocks that are quickly counted, and fail where one is above its limit.
    #[arg(long, conflicts_with_all = ["quick", "only"])]
    check: bool,
    /// Clock that place and route of the core is asked for, MHz.
    #[arg(long, default_value_t = 80)]
    mhz: u32,
}

const FOLDER: &str = "target/report";
/// Blocks on which, alone, ABC9 of the pinned Yosys aborts (`Gia_ManDupCollapse_rec`); the core, of which they are a part, is mapped.
const NOT_ALONE: &[&str] = &["event_arbiter"];
/// What is left of a chip's block RAMs and LUTs: a larger block is not placed.
const PLACED_AT_MOST: (u64, f64) = (60_000, 200.0);

/// Runs the tools and writes the page.
///
/// # Errors
/// When a tool fails, when the 512-bit core is above its limit, or with `--check` a block is.
pub fn run(args: &Args) -> Result<()> {
    if args.check {
        return check();
    }
    let folder = folder()?;
    let names = match &args.only {
        Some(only) if only == "core512" => vec![],
        Some(only) => vec![only.clone()],
        None => std::iter::once("core64".into())
            .chain(blocks()?)
            .filter(|name| !NOT_ALONE.contains(&name.as_str()))
            .collect(),
    };
    let mut page = Page::new();
    // The page is written after each line: the cores take a quarter of an hour and more, and an interrupted run leaves what it has measured.
    let tools = versions()?;
    for name in &names {
        print(name)?;
        // How it is mapped is ours to choose: another way is another result.
        let by = |family: Family| format!("{tools}; {}", family.synth(name));
        let xc7 = kept::or(&folder, name, "xc7", &by(Family::Xc7), || area::map(&folder, name, Family::Xc7))?;
        let ecp5 = kept::or(&folder, name, "ecp5", &tools, || area::map(&folder, name, Family::Ecp5))?;
        let alone: Option<f64> = match (name.starts_with("core"), args.quick) {
            (true, _) => None,
            (false, true) => kept::get(&folder, name, "alone", &tools)?.flatten(),
            (false, false) => kept::or(&folder, name, "alone", &tools, || alone(&folder, name, &ecp5))?,
        };
        page.line(name, &xc7, &ecp5, alone)?;
        if name == "core64" {
            let what = format!("placed-static-{}", args.mhz);
            let placed = || place::place_and_route(&folder, "core64-ecp5", args.mhz)?.describe(args.mhz);
            page.core = match args.quick {
                true => kept::get(&folder, name, &what, &tools)?.unwrap_or(page.core),
                false => kept::or(&folder, name, &what, &tools, placed)?,
            };
        }
        if args.only.is_none() {
            page.write()?;
        }
    }
    if args.only.as_deref().is_some_and(|only| only != "core512") {
        println!("{}\n{}", page.table, page.core);
        return Ok(());
    }
    print("core512")?;
    let by = format!("{tools}; {}", Family::Xcup.synth("core512"));
    let wide = match args.quick {
        true => kept::get(&folder, "core512", "xcup", &by)?,
        false => {
            Some(kept::or(&folder, "core512", "xcup", &by, || area::map(&folder, "core512", Family::Xcup))?)
        }
    };
    if let Some(wide) = &wide {
        page.wide(wide)?;
    }
    match args.only {
        Some(_) => println!("{}", page.wide),
        None => page.write()?,
    }
    within(&wide.map_or_else(Vec::new, |wide| limits::CORE512.exceeded(&wide)))
}

/// Fails with what is above its limit.
fn within(faults: &[String]) -> Result<()> {
    ensure!(faults.is_empty(), "above the limits of xtask/src/report/limits.rs:\n{}", faults.join("\n"));
    Ok(())
}

/// Sets the tools up and makes the folder that everything is measured in.
fn folder() -> Result<PathBuf> {
    setup::run(&setup::Args { wheels: true })?;
    let folder = root().join(FOLDER);
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    Ok(folder)
}

/// Counts the blocks that have a limit, two at a time.
///
/// # Errors
/// When a tool fails, or with the blocks that are above their limits.
pub fn check() -> Result<()> {
    let folder = folder()?;
    for limit in limits::LIMITS {
        print(limit.name)?;
    }
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(limit) = limits::LIMITS.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result =
                        area::map(&folder, limit.name, Family::Xc7).map(|area| limit.exceeded(&area));
                    results.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(result);
                }
            });
        }
    });
    let results = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut faults = Vec::new();
    for result in results {
        faults.extend(result?);
    }
    within(&faults)?;
    eprintln!("{} blocks are within their limits", limits::LIMITS.len());
    Ok(())
}

/// The clock that a block reaches alone, if the chip holds it.
fn alone(folder: &Path, name: &str, area: &Area) -> Result<Option<f64>> {
    if area.lut > PLACED_AT_MOST.0 || area.ram > PLACED_AT_MOST.1 {
        return Ok(None);
    }
    let file = folder.join(format!("{name}.v"));
    let verilog = std::fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
    let stem = format!("{name}_ring");
    let wrapper = ring::wrap(&verilog, name)?;
    std::fs::write(folder.join(format!("{stem}.v")), wrapper).with_context(|| format!("writing {stem}.v"))?;
    let script = format!("read_verilog {name}.v {stem}.v; synth_ecp5 -top {stem} -json {stem}.json");
    area::yosys(folder, &stem, &script)?;
    place::place_and_route(folder, &stem, 125)?.mhz().map(Some)
}

/// The page as it grows.
struct Page {
    table: String,
    core: String,
    wide: String,
}

impl Page {
    fn new() -> Self {
        Self {
            table: String::from(
                "| block | xc7 LUT | of these RAM | xc7 FF | RAMB36 | DSP | levels | chains | beside | ECP5 LUT4 | ECP5 FF | EBR | MHz alone |\n\
                 |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
            ),
            core: "Not run (`--quick`).\n".into(),
            wide: "Not run (`--quick`).\n".into(),
        }
    }

    fn line(&mut self, name: &str, xc7: &Area, ecp5: &Area, alone: Option<f64>) -> Result<()> {
        let line = format!(
            "| {name} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            xc7.lut + xc7.lutram,
            xc7.lutram,
            xc7.ff,
            xc7.ram,
            xc7.dsp,
            xc7.levels.luts,
            xc7.levels.chains,
            xc7.levels.beside,
            ecp5.lut + ecp5.lutram,
            ecp5.ff,
            ecp5.ram,
            alone.map_or_else(|| "-".into(), |mhz| format!("{mhz:.0}"))
        );
        eprintln!("{line}");
        Ok(writeln!(self.table, "{line}")?)
    }

    fn wide(&mut self, area: &Area) -> Result<()> {
        self.wide.clear();
        writeln!(
            self.wide,
            "{} LUT ({} of these RAM), {} FF, {} RAMB36, {} DSP; the longest way has {} LUT levels. {} inputs of registers are behind more than one carry chain, or behind one with more than {} LUTs beside it. With ways to ports the most are {} chains, and {} LUTs beside one.",
            area.lut + area.lutram,
            area.lutram,
            area.ff,
            area.ram,
            area.dsp,
            area.levels.luts,
            area.levels.deep,
            levels::BESIDE,
            area.levels.chains,
            area.levels.beside
        )?;
        eprintln!("{}", self.wide);
        Ok(())
    }

    fn write(&self) -> Result<()> {
        let page = format!(
            "# Area and timing\n\nWritten by `cargo xtask report`, with {}. Counts are those of synthesis (for xc7 with equal costs for LUTs of every width, see `xtask/src/xilinx.rs`; \
             `synth_ecp5`), each block alone, every port kept; inverters count as LUTs, and LUTs that serve as RAM with four for a RAM32M or \
             RAM64M. A carry cell of an ECP5 counts as two LUT4. *Levels*: LUTs on the longest way between two registers of the block (xc7); \
             *chains*: carry chains on the way that has most of them; *beside*: LUTs on the longest way through a chain, without the one in \
             front of the chain, which lies in its slice. *MHz alone*: placed and routed on an LFE5UM5G-85F, speed 8, with a \
             register at every port (`-`: larger than that chip, or the core, for which see below). `cargo xtask test` fails when a block exceeds the limits in \
             `xtask/src/report/limits.rs`, and the report when the 512-bit core does. Vivado and Diamond were not run.\n\n{}\n## Clock of the 64-bit core\n\n{}\n## The 512-bit core \
             (`synth_xilinx -family xcup`)\n\n{}",
            versions()?,
            self.table,
            self.core,
            self.wide
        );
        let file = root().join("docs/area-timing.md");
        std::fs::write(&file, page).with_context(|| format!("writing {}", file.display()))
    }
}

/// Names of the blocks that the generator can print alone.
fn blocks() -> Result<Vec<String>> {
    let list = generator().arg("--list-blocks").output().context("listing the blocks")?;
    ensure!(list.status.success(), "listing the blocks failed: {}", String::from_utf8_lossy(&list.stderr));
    Ok(String::from_utf8_lossy(&list.stdout).lines().map(str::to_owned).collect())
}

/// Prints a block or a configuration as Verilog.
fn print(name: &str) -> Result<()> {
    let kind = if name.starts_with("core") { "--config" } else { "--block" };
    step(generator().args([kind, name, "--out", FOLDER]))
}

fn generator() -> Command {
    let mut command =
        cargo(&["run", "--quiet", "--package", "syncline-hdl", "--bin", "syncline-verilog", "--"]);
    command.current_dir(root());
    command
}

fn tool(name: &str) -> Command {
    Command::new(root().join(PathBuf::from_iter([".tools", "venv", "bin", name])))
}

fn versions() -> Result<String> {
    let pins = include_str!("../../requirements.txt");
    let names: Vec<_> = pins.lines().filter(|l| l.starts_with("yowasp-")).collect();
    ensure!(!names.is_empty(), "no pinned synthesis tools in xtask/requirements.txt");
    Ok(names.join(", "))
}
