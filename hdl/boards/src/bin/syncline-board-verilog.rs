// SPDX-License-Identifier: MIT OR Apache-2.0
//! Writes the Verilog of a board's top: `syncline-board-verilog --board arty-a7-35t --out DIR`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use syncline_boards::boards::{BOARDS, Board};

/// Writes the Verilog of a board.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// The board (see `--list`).
    #[arg(long, required_unless_present = "list")]
    board: Option<String>,
    /// Name the boards, and the top module of each.
    #[arg(long)]
    list: bool,
    /// Folder to write to; it is made if need be.
    #[arg(long, default_value = "target/verilog")]
    out: PathBuf,
}

fn run(cli: &Cli) -> Result<(), String> {
    let Some(name) = cli.board.as_ref().filter(|_| !cli.list) else {
        BOARDS.iter().for_each(|board| println!("{} {}", board.name, board.top));
        return Ok(());
    };
    let board: &Board =
        BOARDS.iter().find(|board| board.name == name).ok_or(format!("no board `{name}`: see --list"))?;
    let text = board.verilog().map_err(|e| e.to_string())?;
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
            eprintln!("syncline-board-verilog: {message}");
            ExitCode::FAILURE
        }
    }
}
