// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `syncline` command: a card from a shell.

mod args;
mod attach;
mod exit;
mod run;
mod show;
mod transfer;

use std::io::{self, IsTerminal};
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
        Err(error) => {
            eprintln!("syncline: {error:#}");
            ExitCode::from(exit::code(&error))
        }
    }
}
