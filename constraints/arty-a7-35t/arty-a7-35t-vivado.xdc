# SPDX-License-Identifier: MIT OR Apache-2.0
# Digilent Arty A7-35T: what only Vivado takes. Not run in Vivado.

# Configuration: bank 0 at 3.3 V, quad SPI flash (Digilent's master constraints).
set_property CFGBVS VCCO [current_design]
set_property CONFIG_VOLTAGE 3.3 [current_design]
set_property CONFIG_MODE SPIx4 [current_design]
set_property BITSTREAM.CONFIG.SPI_BUSWIDTH 4 [current_design]
set_property BITSTREAM.CONFIG.CONFIGRATE 33 [current_design]
set_property BITSTREAM.GENERAL.COMPRESS TRUE [current_design]

# MII. The PHY gives receive data 10 ns of set-up and hold round the rising edge of its clock, and takes transmit data that are valid 0 to
# 25 ns after the edge. These are the figures of other makers' MII data sheets (Am79C978, MPC8541E); the DP83848J's were not found.
set_input_delay -clock eth_rx_clk -max 30.0 [get_ports {eth_rxd[*] eth_rx_dv eth_rxerr}]
set_input_delay -clock eth_rx_clk -min 10.0 [get_ports {eth_rxd[*] eth_rx_dv eth_rxerr}]
set_output_delay -clock eth_tx_clk -max 15.0 [get_ports {eth_txd[*] eth_tx_en}]
set_output_delay -clock eth_tx_clk -min 0.0 [get_ports {eth_txd[*] eth_tx_en}]

# Between the clocks there are only FIFOs with Gray-coded pointers, and synchronisers. The bits of a pointer may be apart by less than a
# period of the clock that sends it; 10 ns is less than any of them.
set core [get_clocks -include_generated_clocks clk]
set mii_rx [get_clocks eth_rx_clk]
set mii_tx [get_clocks eth_tx_clk]
set_max_delay -datapath_only -from $core -to $mii_rx 10.0
set_max_delay -datapath_only -from $core -to $mii_tx 10.0
set_max_delay -datapath_only -from $mii_rx -to $core 10.0
set_max_delay -datapath_only -from $mii_rx -to $mii_tx 10.0
set_max_delay -datapath_only -from $mii_tx -to $core 10.0
set_max_delay -datapath_only -from $mii_tx -to $mii_rx 10.0

# Slow, or sampled by a synchroniser.
set_false_path -from [get_ports {ck_rst sw[*] uart_txd_in eth_mdio}]
set_false_path -to [get_ports {led[*] uart_rxd_out eth_mdc eth_mdio eth_rstn eth_ref_clk}]
