// SPDX-License-Identifier: MIT OR Apache-2.0
// A small design with the pins, the PLL and the clocks of the Arty tops: tries the tools in a minute.
module probe (
  input  wire clk,
  input  wire ck_rst,
  input  wire [3:0] sw,
  output wire [3:0] led,
  output wire uart_rxd_out,
  input  wire uart_txd_in,
  output wire eth_ref_clk,
  output wire eth_rstn,
  output wire eth_mdc,
  inout  wire eth_mdio,
  input  wire eth_rx_clk,
  input  wire eth_rx_dv,
  input  wire eth_rxerr,
  input  wire [3:0] eth_rxd,
  input  wire eth_tx_clk,
  output wire eth_tx_en,
  output wire [3:0] eth_txd
);
  wire feedback;
  wire core_raw;
  wire core;
  wire phy_raw;
  wire phy;
  wire rx;
  wire tx;
  wire locked;
  PLLE2_BASE #(
    .CLKIN1_PERIOD(10.0), .DIVCLK_DIVIDE(1), .CLKFBOUT_MULT(10), .CLKOUT0_DIVIDE(16), .CLKOUT1_DIVIDE(40)
  ) pll (
    .CLKIN1(clk), .CLKFBIN(feedback), .CLKFBOUT(feedback), .CLKOUT0(core_raw), .CLKOUT1(phy_raw),
    .RST(1'b0), .PWRDWN(1'b0), .LOCKED(locked)
  );
  BUFG core_buffer (.I(core_raw), .O(core));
  BUFG phy_buffer (.I(phy_raw), .O(phy));
  BUFG rx_buffer (.I(eth_rx_clk), .O(rx));
  BUFG tx_buffer (.I(eth_tx_clk), .O(tx));
  ODDR ref_clk (.C(phy), .CE(1'b1), .D1(1'b1), .D2(1'b0), .R(1'b0), .S(1'b0), .Q(eth_ref_clk));

  // A counter on the core's clock; a DSP and a RAM that it reads.
  reg [25:0] count = 0;
  always @(posedge core) count <= ck_rst && locked ? count + 1 : 0;
  reg [33:0] square = 0;
  always @(posedge core) square <= count[16:0] * count[16:0];

  // Nibbles stored on the receive clock, seen by the core.
  reg [4:0] store [0:4095];
  reg [11:0] place = 0;
  reg [4:0] seen = 0;
  always @(posedge rx) begin
    if (eth_rx_dv) begin
      store[place] <= {eth_rxerr, eth_rxd};
      place <= place + 1;
    end
  end
  always @(posedge core) seen <= store[count[11:0]];

  reg [3:0] txd = 0;
  reg en = 0;
  always @(posedge tx) begin
    txd <= txd + 3;
    en <= ~en;
  end
  assign eth_txd = txd;
  assign eth_tx_en = en;
  assign eth_rstn = locked;
  assign eth_mdc = count[5];
  wire mdio;
  IOBUF mdio_pad (.IO(eth_mdio), .I(count[24]), .T(count[23]), .O(mdio));
  assign uart_rxd_out = uart_txd_in;
  assign led = {count[25], ^seen, mdio ^ (^sw), square[33]};
endmodule
