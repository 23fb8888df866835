// SPDX-License-Identifier: MIT OR Apache-2.0
//! The parts of a Lattice ECP5 that a board top names: PLL, pads, DDR registers. A file each; TN1263 (clocks), TN1265 (DDR registers) and the
//! open tools' cell library describe them.
//!
//! They are black boxes: the text names the vendor's cell and no module is declared for it, because every tool that builds a bitstream
//! knows it. [`STUBS`] declares them for tools that do not. In the Rust simulation the DDR registers do what they do and the rest passes levels
//! on. A clock from a pin needs no cell: the tools put it on the global net.

pub mod bidirectional;
pub mod ddr_in;
pub mod ddr_out;
pub mod pll;
pub mod rgmii_pads;

/// The cells for lint and for simulation. In front of a pin's registers is no delay: a simulation moves data between edges.
pub const STUBS: &str = "
module EHXPLLL #(
  parameter CLKI_DIV = 1, parameter CLKFB_DIV = 1, parameter CLKOP_DIV = 8, parameter CLKOS_DIV = 8,
  parameter CLKOP_CPHASE = 0, parameter CLKOS_CPHASE = 0, parameter CLKOP_FPHASE = 0, parameter CLKOS_FPHASE = 0,
  parameter CLKOP_ENABLE = \"ENABLED\", parameter CLKOS_ENABLE = \"DISABLED\", parameter FEEDBK_PATH = \"CLKOP\",
  parameter OUTDIVIDER_MUXA = \"DIVA\", parameter OUTDIVIDER_MUXB = \"DIVB\",
  parameter OUTDIVIDER_MUXC = \"DIVC\", parameter OUTDIVIDER_MUXD = \"DIVD\"
) (
  input wire CLKI, input wire CLKFB, input wire RST, input wire STDBY, input wire PHASESEL0, input wire PHASESEL1,
  input wire PHASEDIR, input wire PHASESTEP, input wire PHASELOADREG, input wire ENCLKOP, input wire ENCLKOS,
  output wire CLKOP, output wire CLKOS, output wire LOCK
);
  assign CLKOP = CLKI;
  assign CLKOS = CLKI;
  assign LOCK = ~RST;
endmodule
module IDDRX1F (input wire D, input wire SCLK, input wire RST, output reg Q0, output reg Q1);
  reg rise;
  reg fall;
  always @(posedge SCLK) begin
    rise <= D & ~RST;
    Q0 <= rise;
    Q1 <= fall;
  end
  always @(negedge SCLK) fall <= D & ~RST;
endmodule
module ODDRX1F (input wire D0, input wire D1, input wire SCLK, input wire RST, output wire Q);
  reg first;
  reg second;
  always @(posedge SCLK) begin
    first <= D0 & ~RST;
    second <= D1 & ~RST;
  end
  assign Q = SCLK ? first : second;
endmodule
module DELAYG #(parameter DEL_MODE = \"USER_DEFINED\", parameter DEL_VALUE = 0) (input wire A, output wire Z);
  assign Z = A;
endmodule
module BB (input wire I, input wire T, output wire O, inout wire B);
  assign B = T ? 1'bz : I;
  assign O = B;
endmodule
";

#[cfg(test)]
mod tests;
