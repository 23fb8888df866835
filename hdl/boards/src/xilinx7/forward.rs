// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`ForwardClock`]: a clock for another part, at a pin.

use rust_hdl::prelude::*;

/// `ODDR` with a 1 for the clock's first half and a 0 for its second: the clock does not leave the clock net for it.
#[derive(LogicBlock, Default)]
pub struct ForwardClock {
    pub clock: Signal<In, Clock>,
    pub pin: Signal<Out, Bit>,
}

impl Logic for ForwardClock {
    syncline_hdl::module_name!();

    fn update(&mut self) {
        self.pin.next = self.clock.val().clk;
    }
    fn connect(&mut self) {
        self.pin.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Wrapper(Wrapper {
            cores: String::new(),
            code: "\
ODDR #(.DDR_CLK_EDGE(\"SAME_EDGE\"), .INIT(1'b0), .SRTYPE(\"SYNC\")) register (
  .C(clock), .CE(1'b1), .D1(1'b1), .D2(1'b0), .R(1'b0), .S(1'b0), .Q(pin)
);"
            .into(),
        })
    }
}
