// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask test`: what CI runs.

use crate::report;
use crate::run::{cargo, step};
use crate::setup;
use anyhow::Result;

/// Set-up, then formatting, lints and tests, in the order of how soon they fail; then the blocks' area against its limits.
pub fn run() -> Result<()> {
    setup::run(&setup::Args::default())?;
    step(&mut cargo(&["fmt", "--check"]))?;
    step(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    // The dev profile optimises a little (Cargo.toml says why) and models are always compiled at full optimisation, so
    // a release build would only cost time.
    step(&mut cargo(&["test", "--workspace"]))?;
    report::check()?;
    eprintln!("all tests passed");
    Ok(())
}
