// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Bidirectional`]: a pad that is driven or listened to.

use rust_hdl::prelude::*;

/// `BB`. In the Rust simulation nobody else drives the pad, and a resistor pulls it up.
#[derive(LogicBlock, Default)]
pub struct Bidirectional {
    pub pad: Signal<InOut, Bit>,
    /// Drive `level`.
    pub drive: Signal<In, Bit>,
    pub level: Signal<In, Bit>,
    /// The pad's level.
    pub seen: Signal<Out, Bit>,
}

impl Logic for Bidirectional {
    syncline_hdl::module_name!();

    fn update(&mut self) {
        self.seen.next = !self.drive.val() | self.level.val();
    }
    fn connect(&mut self) {
        self.pad.connect();
        self.seen.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Wrapper(Wrapper {
            cores: String::new(),
            code: "BB buffer (.I(level), .T(~drive), .O(seen), .B(pad));".into(),
        })
    }
}
