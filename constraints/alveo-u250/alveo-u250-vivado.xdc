# SPDX-License-Identifier: MIT OR Apache-2.0
# AMD Alveo U250: what only Vivado takes. Not run in Vivado.

# Configuration: bank 0 at 1.8 V, quad SPI flash with 32-bit addresses.
set_property CFGBVS GND [current_design]
set_property CONFIG_VOLTAGE 1.8 [current_design]
set_property CONFIG_MODE SPIx4 [current_design]
set_property BITSTREAM.CONFIG.SPI_BUSWIDTH 4 [current_design]
set_property BITSTREAM.CONFIG.SPI_32BIT_ADDR YES [current_design]
set_property BITSTREAM.CONFIG.SPI_FALL_EDGE YES [current_design]
set_property BITSTREAM.CONFIG.CONFIGRATE 63.8 [current_design]
set_property BITSTREAM.CONFIG.OVERTEMPSHUTDOWN ENABLE [current_design]
set_property BITSTREAM.GENERAL.COMPRESS TRUE [current_design]

# The card's budget, in watts.
set_operating_conditions -design_power_budget 160

# The hard block synchronises its reset; the rest is slow.
set_false_path -from [get_ports {pcie_perst_n qsfp0_modprsl qsfp0_intl}]
set_false_path -to [get_ports {led[*] qsfp0_modsell qsfp0_resetl qsfp0_lpmode}]

# Between the hard blocks' clocks there are only FIFOs with Gray-coded pointers, and synchronisers. The bits of a pointer may be apart by less
# than a period of the clock that sends it; 3 ns is less than either.
set pcie [get_clocks -include_generated_clocks pcie_refclk_p]
set ethernet [get_clocks -include_generated_clocks qsfp0_refclk_p]
set_max_delay -datapath_only -from $pcie -to $ethernet 3.0
set_max_delay -datapath_only -from $ethernet -to $pcie 3.0
