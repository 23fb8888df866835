// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every block of `cmac` is printed, linted and read by the synthesis tool.

use rust_hdl::prelude::*;
use syncline_hdl::emit::{check, emit_top};

use super::pad::Pad512;
use super::port::CmacPort;
use super::rx::CmacRx;
use super::tx::CmacTx;

fn print<B: Block + Default>(name: &'static str) -> (String, &'static str) {
    (emit_top(Box::<B>::default(), name).unwrap_or_else(|e| panic!("{name}: {e}")), name)
}

#[test]
fn blocks_lint_and_synthesise() {
    let designs = [
        print::<Pad512>("pad_512"),
        print::<CmacRx<9, 10>>("cmac_rx"),
        print::<CmacTx<8, 9>>("cmac_tx"),
        print::<CmacPort>("cmac_port"),
    ];
    if let Some(dir) = std::env::var_os("SYNCLINE_VERILOG_DIR") {
        for (text, top) in &designs {
            let path = std::path::Path::new(&dir).join(format!("{top}.v"));
            std::fs::write(path, text).expect("directory of SYNCLINE_VERILOG_DIR is writable");
        }
    }
    for (text, top) in &designs {
        check::lints(text, top).unwrap_or_else(|e| panic!("{e}"));
    }
    let designs: Vec<(&str, &str)> = designs.iter().map(|(text, top)| (text.as_str(), *top)).collect();
    check::synthesise_all(&designs).unwrap_or_else(|e| panic!("{e}"));
}
