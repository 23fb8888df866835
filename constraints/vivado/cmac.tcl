# SPDX-License-Identifier: MIT OR Apache-2.0
# The 100G Ethernet hard block (AMD PG203), as module `cmac_block`: four lanes of 25G, RS-FEC, AXI4-Stream of 512 bits at 322.265625 MHz.
# Its licence is free, but has to be asked for.

namespace eval syncline {
  # The site of the block, the column and first row of its four transceivers, its reference clock in MHz.
  proc cmac {site column row reference} {
    set lanes {}
    for {set lane 0} {$lane < 4} {incr lane} {
      lappend lanes CONFIG.LANE[expr {$lane + 1}]_GT_LOC ${column}Y[expr {$row + $lane}]
    }
    block cmac_usplus cmac_block [concat [list \
      CONFIG.CMAC_CAUI4_MODE 1 \
      CONFIG.NUM_LANES 4x25 \
      CONFIG.GT_REF_CLK_FREQ $reference \
      CONFIG.USER_INTERFACE AXIS \
      CONFIG.GT_DRP_CLK 100 \
      CONFIG.TX_FLOW_CONTROL 0 \
      CONFIG.RX_FLOW_CONTROL 0 \
      CONFIG.INCLUDE_RS_FEC 1 \
      CONFIG.ENABLE_PIPELINE_REG 1 \
      CONFIG.CMAC_CORE_SELECT $site \
      CONFIG.GT_GROUP_SELECT ${column}Y$row~${column}Y[expr {$row + 3}] \
    ] $lanes]
  }
}
