// SPDX-License-Identifier: MIT OR Apache-2.0
//! For tests: blocks are printed, linted and read by the synthesis tool.

use rust_hdl::prelude::*;

use super::check::{YosysStat, lints, synthesise_all};
use super::emit_top;

/// A design and the name of its top module.
pub type Printed = (String, &'static str);

/// Prints a block as it is by default.
///
/// # Panics
/// When it can't be printed.
pub fn print<B: Block + Default>(name: &'static str) -> Printed {
    (emit_top(Box::<B>::default(), name).unwrap_or_else(|e| panic!("{name}: {e}")), name)
}

/// Prints a block that was made with parameters.
///
/// # Panics
/// When it can't be printed.
pub fn print_block<B: Block>(block: B, name: &'static str) -> Printed {
    (emit_top(Box::new(block), name).unwrap_or_else(|e| panic!("{name}: {e}")), name)
}

/// Every design lints and synthesises; what Yosys counts. The folder of `SYNCLINE_VERILOG_DIR`, if that is set, gets the Verilog.
///
/// # Panics
/// With what the tools said of the first that does not, when a tool is missing, or when the folder can't be written.
pub fn lint_and_synthesise(designs: &[Printed]) -> Vec<YosysStat> {
    if let Some(dir) = std::env::var_os("SYNCLINE_VERILOG_DIR") {
        for (text, top) in designs {
            let path = std::path::Path::new(&dir).join(format!("{top}.v"));
            std::fs::write(path, text).expect("directory of SYNCLINE_VERILOG_DIR is writable");
        }
    }
    for (text, top) in designs {
        lints(text, top).unwrap_or_else(|e| panic!("{e}"));
    }
    let designs: Vec<(&str, &str)> = designs.iter().map(|(text, top)| (text.as_str(), *top)).collect();
    synthesise_all(&designs).unwrap_or_else(|e| panic!("{e}"))
}
