// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask demo`: a file goes through the simulated card and comes back, and the connection's states are told as they come.

mod client;
mod demo;
mod tell;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Parser;
use syncline_sim::Simulation;
use syncline_sim::peer::SmoltcpPeer;

use demo::Demo;

/// Bytes of the file that is made up.
const DEFAULT_BYTES: u64 = 1 << 20;

/// Sends a file through the simulated card to an echo server and back, then lets a client connect, then both with loss.
#[derive(Parser)]
struct Cli {
    /// File to send; 1 MiB made up by default.
    file: Option<PathBuf>,
    /// Data width of the card: 64 or 512.
    #[arg(long, default_value_t = 64)]
    width: u32,
    /// Folder for demo.pcapng, demo.svg and the waveform.
    #[arg(long, default_value = ".")]
    out: PathBuf,
    /// Write a waveform (a build with the feature `trace`).
    #[arg(long)]
    wave: bool,
    /// Share of the frames lost in the second half, each way: 0 to 1.
    #[arg(long, default_value_t = 0.02, value_parser = share)]
    loss: f64,
    /// Seed of the loss.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn share(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|e| format!("{e}"))?;
    if (0.0..=1.0).contains(&value) { Ok(value) } else { Err("0 to 1".into()) }
}

fn file(path: Option<&Path>) -> Result<Vec<u8>> {
    match path {
        Some(path) => std::fs::read(path).with_context(|| format!("reading {}", path.display())),
        None => Ok((0..DEFAULT_BYTES).map(SmoltcpPeer::pattern).collect()),
    }
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let file = file(cli.file.as_deref())?;
    std::fs::create_dir_all(&cli.out).with_context(|| format!("making the folder {}", cli.out.display()))?;
    let mut demo = Demo::new(&cli)?;
    let done = run(&mut demo, &cli, &file);
    // The recordings are wanted most when something went wrong.
    let recorded = demo.finish_recording();
    done.and(recorded)?;
    let out = cli.out.canonicalize().unwrap_or_else(|_| cli.out.clone());
    println!("\neverything came back as it went out");
    let wrote = |name: &str, what: &str| println!("wrote {}: {what}", out.join(name).display());
    wrote("demo.pcapng", "every frame, for Wireshark");
    wrote("demo.svg", "the ladder: every opening and closing, and the first losses");
    if cli.wave {
        wrote(&format!("demo.{}", Simulation::WAVEFORM_EXTENSION), "the waveform");
    }
    Ok(())
}

fn run(demo: &mut Demo, cli: &Cli, file: &[u8]) -> Result<()> {
    println!("{} bytes go out and come back, four times. {}", file.len(), demo.describe());
    demo.active(file)?;
    demo.passive(file)?;
    println!("\nthe same with {} % of the frames lost each way (seed {});", cli.loss * 100.0, cli.seed);
    println!("a time-out lasts 1 s at least (RFC 6298, 2.4), and the simulation's clock jumps over it");
    demo.lose(cli.loss);
    demo.active(file)?;
    demo.passive(file)
}
