// SPDX-License-Identifier: MIT OR Apache-2.0
//! Prints the configurations of the core that are simulated, Verilates and links them.

use syncline_hdl::generate::{SIMULATED, core_verilog};
use syncline_verilate::{Options, Source, Trace, Verilator, link};

fn main() -> anyhow::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let wanted = std::env::var_os("CARGO_FEATURE_TRACE").is_some();
    let trace = if wanted { Verilator::find()?.best_trace() } else { Trace::Off };
    let extension = if trace == Trace::Fst { "fst" } else { "vcd" };
    println!("cargo::rustc-env=SYNCLINE_WAVEFORM={extension}");
    let options = Options { trace, ..Options::fast() };
    let mut sources = Vec::new();
    for params in SIMULATED {
        sources.push(Source::new(params.name, core_verilog(&params)?));
    }
    let glue = link(&sources, options)?;
    let out = std::env::var("OUT_DIR")?;
    Ok(std::fs::write(std::path::Path::new(&out).join("models.rs"), glue)?)
}
