// SPDX-License-Identifier: MIT OR Apache-2.0
// A small design with the pins, a PLL and the DDR registers of the Versa top: tries the tools in a minute.
module probe (
  input  wire clk,
  input  wire rst_n,
  output wire [7:0] led,
  input  wire uart_rx,
  output wire uart_tx,
  output wire eth0_tx_clk,
  output wire eth0_tx_ctl,
  output wire [3:0] eth0_txd,
  input  wire eth0_rx_clk,
  input  wire eth0_rx_ctl,
  input  wire [3:0] eth0_rxd,
  output wire eth0_mdc,
  inout  wire eth0_mdio,
  output wire eth0_rst_n
);
  // 125 MHz for what is sent.
  wire tx;
  wire locked;
  EHXPLLL #(
    .CLKI_DIV(4), .CLKFB_DIV(5), .CLKOP_DIV(5), .CLKOP_ENABLE("ENABLED"), .CLKOP_CPHASE(2), .FEEDBK_PATH("CLKOP"),
    .OUTDIVIDER_MUXA("DIVA"), .OUTDIVIDER_MUXB("DIVB"), .OUTDIVIDER_MUXC("DIVC"), .OUTDIVIDER_MUXD("DIVD")
  ) pll (
    .CLKI(clk), .CLKFB(tx), .CLKOP(tx), .RST(1'b0), .STDBY(1'b0), .PHASESEL0(1'b0), .PHASESEL1(1'b0), .PHASEDIR(1'b0),
    .PHASESTEP(1'b0), .PHASELOADREG(1'b0), .ENCLKOP(1'b1), .LOCK(locked)
  );

  reg [25:0] count = 0;
  always @(posedge clk) count <= rst_n && locked ? count + 1 : 0;

  // Bytes stored on the receive clock, seen by the transmitter.
  wire [9:0] pair;
  genvar i;
  generate
    for (i = 0; i < 5; i = i + 1) begin : rx_pad
      wire pin;
      if (i == 4) assign pin = eth0_rx_ctl;
      else assign pin = eth0_rxd[i];
      IDDRX1F ddr (.D(pin), .SCLK(eth0_rx_clk), .RST(1'b0), .Q0(pair[i]), .Q1(pair[i + 5]));
    end
  endgenerate
  reg [9:0] store [0:2047];
  reg [10:0] place = 0;
  reg [10:0] from = 0;
  reg [9:0] seen = 0;
  reg [9:0] sent = 0;
  always @(posedge eth0_rx_clk) begin
    store[place] <= pair;
    place <= place + 1;
  end
  always @(posedge tx) begin
    from <= from + 1;
    seen <= store[from];
    sent <= seen;
  end
  generate
    for (i = 0; i < 5; i = i + 1) begin : tx_pad
      wire pin;
      ODDRX1F ddr (.D0(sent[i]), .D1(sent[i + 5]), .SCLK(tx), .RST(1'b0), .Q(pin));
      if (i == 4) assign eth0_tx_ctl = pin;
      else assign eth0_txd[i] = pin;
    end
  endgenerate
  ODDRX1F clock_out (.D0(1'b1), .D1(1'b0), .SCLK(tx), .RST(1'b0), .Q(eth0_tx_clk));

  wire mdio;
  TRELLIS_IO #(.DIR("BIDIR")) mdio_pad (.B(eth0_mdio), .I(count[24]), .T(count[23]), .O(mdio));
  assign eth0_mdc = count[5];
  assign eth0_rst_n = locked;
  assign uart_tx = uart_rx;
  assign led = {mdio, count[25:19]};
endmodule
