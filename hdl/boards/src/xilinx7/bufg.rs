// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Bufg`]: a clock from a pin to the global clock net.

use rust_hdl::prelude::*;

/// `BUFG`.
#[derive(LogicBlock, Default)]
pub struct Bufg {
    pub from: Signal<In, Clock>,
    pub to: Signal<Out, Clock>,
}

impl Logic for Bufg {
    syncline_hdl::module_name!();

    fn update(&mut self) {
        self.to.next = self.from.val();
    }
    fn connect(&mut self) {
        self.to.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Wrapper(Wrapper { cores: String::new(), code: "BUFG buffer (.I(from), .O(to));".into() })
    }
}
