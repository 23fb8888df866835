// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every block of `uart` is printed, linted and read by the synthesis tool.

use syncline_hdl::emit::bench::{lint_and_synthesise, print_block};
use syncline_hdl::emit::check;
use syncline_hdl::params::CORE64;

use crate::uart::bridge::UartBridge;
use crate::uart::faults::UartFaults;
use crate::uart::host::UartHost;
use crate::uart::rx::UartRx;
use crate::uart::tx::UartTx;
use crate::uart::uart_core64;

const CLOCK: u32 = 100_000_000;
const BAUD: u32 = 3_000_000;

#[test]
fn blocks_lint_and_synthesise() {
    let designs = [
        print_block(UartRx::new(CLOCK, BAUD), "uart_rx"),
        print_block(UartTx::new(CLOCK, BAUD), "uart_tx"),
        print_block(UartFaults::default(), "uart_faults"),
        print_block(UartBridge::new(CLOCK / 10), "uart_bridge"),
        print_block(UartHost::new(CLOCK, BAUD), "uart_host"),
    ];
    lint_and_synthesise(&designs);
}

#[test]
fn the_core_behind_a_uart_prints_and_lints() {
    let text = uart_core64::verilog(&CORE64, BAUD, CLOCK / 10).unwrap_or_else(|e| panic!("{e}"));
    check::lints(&text, "uart_core64").unwrap_or_else(|e| panic!("{e}"));
}
