// SPDX-License-Identifier: MIT OR Apache-2.0
//! The parts of a Xilinx 7-series device that a board top names: PLL, clock buffer, pads. A file each; UG953 describes them.
//!
//! They are black boxes: the text names the vendor's cell and no module is declared for it, because every tool that builds a bitstream
//! knows it. [`STUBS`] declares them for tools that do not. In the Rust simulation they pass levels on and nothing more.

pub mod bufg;
pub mod forward;
pub mod iobuf;
pub mod pll;

/// Ports of the cells, for lint.
pub const STUBS: &str = "
module BUFG (input wire I, output wire O);
  assign O = I;
endmodule
module IOBUF (input wire I, input wire T, output wire O, inout wire IO);
  assign IO = T ? 1'bz : I;
  assign O = IO;
endmodule
module ODDR #(parameter DDR_CLK_EDGE = \"OPPOSITE_EDGE\", parameter INIT = 1'b0, parameter SRTYPE = \"SYNC\") (
  input wire C, input wire CE, input wire D1, input wire D2, input wire R, input wire S, output wire Q
);
  assign Q = CE & ~R & ~S & (C ? D1 : D2);
endmodule
module PLLE2_BASE #(
  parameter BANDWIDTH = \"OPTIMIZED\", parameter CLKFBOUT_MULT = 5, parameter CLKIN1_PERIOD = 0.0,
  parameter CLKOUT0_DIVIDE = 1, parameter CLKOUT1_DIVIDE = 1, parameter DIVCLK_DIVIDE = 1,
  parameter STARTUP_WAIT = \"FALSE\"
) (
  input wire CLKIN1, input wire CLKFBIN, input wire PWRDWN, input wire RST,
  output wire CLKFBOUT, output wire CLKOUT0, output wire CLKOUT1, output wire LOCKED
);
  assign CLKFBOUT = CLKIN1 & CLKFBIN & ~PWRDWN;
  assign CLKOUT0 = CLKIN1;
  assign CLKOUT1 = CLKIN1;
  assign LOCKED = ~RST;
endmodule
";
