// SPDX-License-Identifier: MIT OR Apache-2.0
//! Writes the Verilog of a configuration, or of one block: `syncline-verilog --config core64 --out DIR`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use syncline_hdl::generate::{CONFIGURATIONS, blocks, core_verilog};

/// Writes Syncline's Verilog.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// core64, core64x8 or core512.
    #[arg(long, required_unless_present_any = ["block", "list_blocks"])]
    config: Option<String>,
    /// A single block of the core instead (see `--list-blocks`).
    #[arg(long, conflicts_with = "config")]
    block: Option<String>,
    /// Name the blocks.
    #[arg(long)]
    list_blocks: bool,
    /// Folder to write to; it is made if need be.
    #[arg(long, default_value = "target/verilog")]
    out: PathBuf,
}

fn run(cli: &Cli) -> Result<(), String> {
    if cli.list_blocks {
        blocks().iter().for_each(|block| println!("{}", block.name));
        return Ok(());
    }
    let (name, text) = if let Some(name) = &cli.block {
        let all = blocks();
        let block =
            all.iter().find(|b| b.name == name).ok_or(format!("no block `{name}`: see --list-blocks"))?;
        (name, block.verilog().map_err(|e| e.to_string())?)
    } else {
        let name = cli.config.as_ref().ok_or("--config is missing")?;
        let names: Vec<_> = CONFIGURATIONS.iter().map(|c| c.name).collect();
        let params = CONFIGURATIONS.iter().find(|c| c.name == name);
        let params = params.ok_or(format!("no configuration `{name}`: there are {}", names.join(", ")))?;
        (name, core_verilog(params).map_err(|e| e.to_string())?)
    };
    let file = cli.out.join(format!("{name}.v"));
    let write = std::fs::create_dir_all(&cli.out).and_then(|()| std::fs::write(&file, text));
    write.map_err(|e| format!("writing {}: {e}", file.display()))?;
    println!("{}", file.display());
    Ok(())
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("syncline-verilog: {message}");
            ExitCode::FAILURE
        }
    }
}
