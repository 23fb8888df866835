// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask verilog`: writes a configuration's Verilog.

use anyhow::Result;

use crate::run::{cargo, step};

/// What to write.
#[derive(clap::Args)]
pub struct Args {
    /// core64, core64x8 or core512.
    #[arg(long, default_value = "core64")]
    config: String,
    /// Folder to write to.
    #[arg(long, default_value = "target/verilog")]
    out: String,
}

/// Builds the hardware description and lets it print itself.
pub fn run(args: &Args) -> Result<()> {
    let verilog = ["run", "--quiet", "--package", "syncline-hdl", "--bin", "syncline-verilog", "--"];
    step(cargo(&verilog).args(["--config", &args.config, "--out", &args.out]))
}
