// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask bench`: what the core does in a cycle, against the wire's ceiling and the project's budgets.

mod bench;
mod host;
mod measure;
mod packet;
mod wire;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;
use comfy_table::Table;

use crate::measure::Figure;

/// Measures both widths in cycles of the Verilated core.
#[derive(Parser)]
struct Cli {
    /// Write the figures here too, as a JSON list.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Only this width (64 or 512).
    #[arg(long)]
    width: Option<u32>,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let mut figures = vec![];
    for config in bench::CONFIGS {
        if cli.width.is_none_or(|w| w == config.width) {
            figures.extend(measure::all(config).with_context(|| format!("core{}", config.width))?);
        }
    }
    println!("{}", table(&figures));
    println!("{}", measure::NOTES);
    if let Some(file) = cli.json {
        let text = serde_json::to_string_pretty(&figures)?;
        std::fs::write(&file, text).with_context(|| format!("writing {}", file.display()))?;
    }
    Ok(())
}

fn table(figures: &[Figure]) -> Table {
    let mut table = Table::new();
    table.load_preset(comfy_table::presets::UTF8_FULL_CONDENSED);
    table.set_header(["figure", "width", "value", "unit", "ceiling", "ratio", "budget", "meets"]);
    let number = |n: f64| if n.abs() >= 1000.0 { format!("{n:.0}") } else { format!("{n:.3}") };
    let maybe = |n: Option<f64>| n.map_or("-".into(), number);
    for f in figures {
        let meets = f.meets.map_or("-", |m| if m { "yes" } else { "NO" });
        table.add_row([
            f.name.clone(),
            f.width.to_string(),
            number(f.value),
            f.unit.to_owned(),
            maybe(f.ceiling),
            maybe(f.ratio),
            maybe(f.budget),
            meets.to_owned(),
        ]);
    }
    table
}
