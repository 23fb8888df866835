// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every block of `cmac` is printed, linted and read by the synthesis tool.

use syncline_hdl::emit::bench::{lint_and_synthesise, print};

use super::pad::Pad512;
use super::port::CmacPort;
use super::rx::CmacRx;
use super::tx::CmacTx;

#[test]
fn blocks_lint_and_synthesise() {
    let designs = [
        print::<Pad512>("pad_512"),
        print::<CmacRx<9, 10>>("cmac_rx"),
        print::<CmacTx<8, 9>>("cmac_tx"),
        print::<CmacPort>("cmac_port"),
    ];
    lint_and_synthesise(&designs);
}
