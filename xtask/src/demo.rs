// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask demo`: a file goes through the simulated card and comes back.

use anyhow::Result;
use std::path::PathBuf;

use crate::run::{cargo, step};
use crate::setup;

/// What to show.
#[derive(clap::Args)]
pub struct Args {
    /// File to send; 1 MiB made up by default.
    file: Option<PathBuf>,
    /// Write a waveform too (slow, and the first build takes long).
    #[arg(long)]
    wave: bool,
    /// Data width of the card: 64 or 512.
    #[arg(long, default_value_t = 64)]
    width: u32,
}

/// Sets up, builds and runs the demo.
pub fn run(args: &Args) -> Result<()> {
    setup::run(&setup::Args::default())?;
    let mut command = cargo(&["run", "--package", "syncline-sim", "--bin", "syncline-demo"]);
    if args.wave {
        command.args(["--features", "trace"]);
    }
    command.args(["--", "--width", &args.width.to_string()]);
    if args.wave {
        command.arg("--wave");
    }
    if let Some(file) = &args.file {
        // The demo runs in the root of the project, its user perhaps not.
        command.arg(std::path::absolute(file)?);
    }
    step(&mut command)
}
