// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask bench`: what the core does in a cycle, with ceilings and budgets.

use anyhow::Result;

use crate::run::{cargo, step};
use crate::setup;

/// What to measure.
#[derive(clap::Args)]
pub struct Args {
    /// Write the figures to this file too, as a JSON list.
    #[arg(long)]
    json: Option<String>,
    /// Only this width: 64 or 512.
    #[arg(long)]
    width: Option<u32>,
}

/// Sets up, builds and measures.
pub fn run(args: &Args) -> Result<()> {
    setup::run(&setup::Args::default())?;
    let mut command = cargo(&["run", "--package", "syncline-sim", "--bin", "syncline-bench", "--"]);
    if let Some(file) = &args.json {
        command.args(["--json", file]);
    }
    if let Some(width) = args.width {
        command.args(["--width", &width.to_string()]);
    }
    step(&mut command)
}
