// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `syncline` command: a card from a shell.

mod args;
mod attach;
mod exit;
mod interrupt;
mod run;
mod show;
mod transfer;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = args::Arguments::parse();
    let level = ["warn", "info", "debug", "trace"][usize::from(arguments.verbose.min(3))];
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(level))
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    match run::main(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read our output has seen enough.
        Err(error) if exit::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody may be there to read it; the exit code says it too.
            let _ = writeln!(io::stderr(), "syncline: {error:#}");
            ExitCode::from(exit::code(&error))
        }
    }
}
