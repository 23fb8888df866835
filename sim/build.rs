// SPDX-License-Identifier: MIT OR Apache-2.0
//! Verilates both configurations of the core and links them.

use syncline_verilate::{Options, Source, Trace, Verilator, link};

fn main() -> anyhow::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=tests/loopback.v");
    let wanted = std::env::var_os("CARGO_FEATURE_TRACE").is_some();
    let trace = if wanted { Verilator::find()?.best_trace() } else { Trace::Off };
    let extension = if trace == Trace::Fst { "fst" } else { "vcd" };
    println!("cargo::rustc-env=SYNCLINE_WAVEFORM={extension}");
    let options = Options { trace, ..Options::fast() };
    let sources = ["core64", "core512"].map(|name| Source::new(name, verilog(name)));
    let glue = link(&sources, options)?;
    let out = std::env::var("OUT_DIR")?;
    Ok(std::fs::write(std::path::Path::new(&out).join("models.rs"), glue)?)
}

fn verilog(name: &str) -> String {
    let text = include_str!("tests/loopback.v").replace("module loopback", &format!("module {name}"));
    let width = name.trim_start_matches("core").parse::<u32>().expect("a width");
    text.replace("W = 64", &format!("W = {width}")).replace("K = 8", &format!("K = {}", width / 8))
}
