// SPDX-License-Identifier: MIT OR Apache-2.0
// nextpnr 0.11.1 aborts on RAM64X1S ("net->driver.cell == nullptr", its pull request 1805): a quarter of a RAM64M does the same.
module RAM64X1S (
  output wire O,
  input  wire A0,
  input  wire A1,
  input  wire A2,
  input  wire A3,
  input  wire A4,
  input  wire A5,
  input  wire D,
  input  wire WCLK,
  input  wire WE
);
  parameter [63:0] INIT = 64'h0;
  parameter [0:0] IS_WCLK_INVERTED = 1'b0;
  RAM64M #(
    .INIT_D(INIT), .IS_WCLK_INVERTED(IS_WCLK_INVERTED)
  ) _TECHMAP_REPLACE_ (
    .ADDRD({A5, A4, A3, A2, A1, A0}), .DID(D), .DOD(O), .WCLK(WCLK), .WE(WE)
  );
endmodule
