// SPDX-License-Identifier: MIT OR Apache-2.0
//! Distributed RAM, as far as nextpnr 0.11.1 gets it right on an Artix-7.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// Yosys' map of a cell that nextpnr aborts on.
pub const MAP: &str = include_str!("ram64x1s.v");

/// nextpnr looks for a RAM32M's contents under other names than Yosys gives them (INITA for INIT_A), so it forgets them: only RAMs that
/// begin as zeros can be built.
pub fn refuse_contents(netlist: &str) -> Result<()> {
    let netlist: Value = serde_json::from_str(netlist).context("Yosys' netlist")?;
    let modules = netlist["modules"].as_object().context("no modules in Yosys' netlist")?;
    let cells = modules.values().filter_map(|module| module["cells"].as_object()).flatten();
    let full: Vec<_> = cells.filter(|(_, cell)| has_contents(cell)).map(|(name, _)| name.as_str()).collect();
    ensure!(
        full.is_empty(),
        "distributed RAM with contents, which nextpnr would forget: {}",
        full.join(", ")
    );
    Ok(())
}

fn has_contents(cell: &Value) -> bool {
    let kind = cell["type"].as_str().is_some_and(|kind| matches!(kind, "RAM32M" | "RAM64M"));
    let parameters = cell["parameters"].as_object().into_iter().flatten();
    let mut contents = parameters.filter(|(name, _)| name.starts_with("INIT_"));
    kind && contents.any(|(_, value)| value.as_str().is_none_or(|bits| bits.contains('1')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn netlist(kind: &str, init: &str) -> String {
        format!(
            r#"{{"modules": {{"top": {{"cells": {{"ram": {{"type": "{kind}", "parameters": {{"INIT_A": "{init}", "IS_WCLK_INVERTED": "1"}}}}}}}}}}}}"#
        )
    }

    #[test]
    fn only_contents_that_would_be_forgotten_are_refused() {
        refuse_contents(&netlist("RAM32M", "0000")).unwrap();
        refuse_contents(&netlist("LUT2", "0110")).unwrap();
        let error = refuse_contents(&netlist("RAM64M", "0100")).unwrap_err().to_string();
        assert!(error.ends_with(": ram"), "{error}");
        assert!(refuse_contents("{}").is_err());
    }
}
