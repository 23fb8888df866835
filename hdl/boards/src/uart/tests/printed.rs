// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every block of `uart` is printed, linted and read by the synthesis tool.

use rust_hdl::prelude::*;
use syncline_hdl::emit::{check, emit_top};
use syncline_hdl::params::CORE64;

use crate::uart::bridge::UartBridge;
use crate::uart::faults::UartFaults;
use crate::uart::host::UartHost;
use crate::uart::rx::UartRx;
use crate::uart::tx::UartTx;
use crate::uart::uart_core64;

const CLOCK: u32 = 100_000_000;
const BAUD: u32 = 3_000_000;

fn print<B: Block>(block: B, name: &'static str) -> (String, &'static str) {
    (emit_top(Box::new(block), name).unwrap_or_else(|e| panic!("{name}: {e}")), name)
}

#[test]
fn blocks_lint_and_synthesise() {
    let designs = [
        print(UartRx::new(CLOCK, BAUD), "uart_rx"),
        print(UartTx::new(CLOCK, BAUD), "uart_tx"),
        print(UartFaults::default(), "uart_faults"),
        print(UartBridge::new(CLOCK / 10), "uart_bridge"),
        print(UartHost::new(CLOCK, BAUD), "uart_host"),
    ];
    for (text, top) in &designs {
        check::lints(text, top).unwrap_or_else(|e| panic!("{e}"));
    }
    let designs: Vec<(&str, &str)> = designs.iter().map(|(text, top)| (text.as_str(), *top)).collect();
    check::synthesise_all(&designs).unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn the_core_behind_a_uart_prints_and_lints() {
    let text = uart_core64::verilog(&CORE64, BAUD, CLOCK / 10).unwrap_or_else(|e| panic!("{e}"));
    check::lints(&text, "uart_core64").unwrap_or_else(|e| panic!("{e}"));
}
