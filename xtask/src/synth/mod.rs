// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask synth`: a board's bitstream, and a report of its clocks and area, in `target/synth/<board>/`.

mod artix7;
mod bitstream;
mod board;
mod debian;
mod design;
mod ecp5;
mod lutram;
mod timing;
mod vivado;
mod xray;

use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::root;
use crate::setup;
use board::{BOARDS, Board, Chip};

/// What to build.
#[derive(clap::Args)]
pub struct Args {
    /// arty-a7-35t, arty-a7-100t, versa-ecp5, colorlight-i5; with Vivado also alveo-u50, -u200, -u250, -u280, -u55c.
    #[arg(long, required_unless_present_any = ["all", "decode"])]
    board: Option<String>,
    /// Every board that the open tools can build, one after the other.
    #[arg(long, conflicts_with = "board")]
    all: bool,
    /// The open tools, or Vivado where there is one.
    #[arg(long, value_enum, default_value_t = Tool::Open)]
    tool: Tool,
    /// A small design with the board's pins and clocks instead of its top: tries the tools and the constraints in a minute.
    #[arg(long)]
    probe: bool,
    /// This Verilog instead of the board's top; its ports have to be the same.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["probe", "all"])]
    verilog: Option<PathBuf>,
    /// Put the git commit into the identity registers (compiles the hardware description anew). Always so with Vivado.
    #[arg(long)]
    identify: bool,
    /// Seed of the placement [default: 1, colorlight-i5: 3].
    #[arg(long)]
    seed: Option<u32>,
    /// Instead of building: write the features that the bits of an Artix-7 bitstream mean, and count the bits that mean none.
    #[arg(long, value_name = "FILE", requires = "board")]
    decode: Option<PathBuf>,
}

/// Who builds.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Tool {
    Open,
    Vivado,
}

/// Builds one board or all of them.
pub fn run(args: &Args) -> Result<()> {
    if args.all {
        let written = if args.probe { None } else { Some(design::tops()?) };
        let mut open = BOARDS.iter().filter(|board| !matches!(board.chip, Chip::UltraScalePlus));
        return open.try_for_each(|board| {
            if written.as_ref().is_none_or(|tops| tops.iter().any(|top| top == board.name)) {
                return one(board, args);
            }
            eprintln!("{}: no top yet", board.name);
            Ok(())
        });
    }
    let board = board::find(args.board.as_deref().unwrap_or_default())?;
    match &args.decode {
        Some(file) => bitstream::decode_file(board, file),
        None => one(board, args),
    }
}

fn one(board: &Board, args: &Args) -> Result<()> {
    let folder = root().join("target/synth").join(if args.probe {
        format!("{}-probe", board.name)
    } else {
        board.name.to_owned()
    });
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    if args.tool == Tool::Vivado {
        ensure!(!args.probe, "--probe is for the open tools");
        return vivado::build(board, &folder);
    }
    if matches!(board.chip, Chip::UltraScalePlus) {
        bail!("open tools can't build for {}: use --tool vivado", board.name);
    }
    setup::run(&setup::Args { wheels: true })?;
    let verilog = match &args.verilog {
        Some(file) => design::copy(board, file, &folder)?,
        None if args.probe => design::copy(board, &design::probe(board), &folder)?,
        None => design::top(board, &folder, args.identify)?,
    };
    design::check_constraints(board, &verilog)?;
    match &board.chip {
        Chip::Ecp5 { device, speed, package, tight, seed } => {
            let device = [device, "--speed", speed, "--package", package];
            ecp5::build(board, &device, *tight, &folder, args.seed.unwrap_or(*seed))
        }
        Chip::Artix7 { part, die, room } => {
            artix7::build(board, part, die, *room, &folder, args.seed.unwrap_or(1))
        }
        Chip::UltraScalePlus => unreachable!("refused above"),
    }
}

/// The file of a board's constraints.
fn constraints(board: &Board, file: &str) -> PathBuf {
    root().join("constraints").join(board.name).join(file)
}

/// A tool of the wheels.
fn wheel(name: &str) -> Command {
    Command::new(root().join(".tools/venv/bin").join(name))
}

/// Runs a tool in the folder, with its output in a file there, which can be followed; says which tool, and what it said if it failed.
fn logged(command: &mut Command, folder: &Path, log: &str) -> Result<()> {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let line = words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    eprintln!("> {line}");
    let log = folder.join(log);
    let file = fs::File::create(&log).with_context(|| format!("making {}", log.display()))?;
    command.current_dir(folder).stdout(file.try_clone().context("the log")?).stderr(file);
    let status = command.status().with_context(|| format!("running `{line}`"))?;
    if !status.success() {
        let text = String::from_utf8_lossy(&fs::read(&log).context("reading the log")?).into_owned();
        let errors: Vec<_> =
            text.lines().filter(|line| line.contains("ERROR") || line.contains("rror:")).collect();
        let tail: Vec<_> = text.lines().rev().take(5).collect();
        let shown = if errors.is_empty() { tail.into_iter().rev().collect() } else { errors };
        bail!("`{line}` failed ({status}), see {}:\n{}", log.display(), shown.join("\n"));
    }
    Ok(())
}

/// The pinned wheels that build, for a report.
fn wheels() -> String {
    let pins = include_str!("../../requirements.txt").lines().filter(|line| line.starts_with("yowasp-"));
    pins.map(|pin| pin.replace("==", " ")).collect::<Vec<_>>().join(", ")
}

/// Writes the report and shows it.
fn report(board: &Board, folder: &Path, tools: &str, sections: &[String]) -> Result<()> {
    let page = format!("# {}\n\n{}\nMade with {tools}.\n", board.name, sections.join("\n"));
    let file = folder.join("report.md");
    fs::write(&file, &page).with_context(|| format!("writing {}", file.display()))?;
    println!("{page}\n{}", file.display());
    Ok(())
}
