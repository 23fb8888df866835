# SPDX-License-Identifier: MIT OR Apache-2.0
# The PCIe hard block (AMD PG213), Gen3 x16: 512 bits at 250 MHz, as module `pcie_block`. The completer needs its CQ and CC streams only.
# BAR0 has 1 MiB of registers, BAR2 4 MiB of windows (docs/registers.md). 1234 is no assigned vendor; 5c01 is in no table of drivers known.

namespace eval syncline {
  # The kind is pcie4_uscale_plus or, on cards with HBM, pcie4c_uscale_plus.
  proc pcie {kind} {
    block $kind pcie_block [list \
      CONFIG.PL_LINK_CAP_MAX_LINK_SPEED 8.0_GT/s \
      CONFIG.PL_LINK_CAP_MAX_LINK_WIDTH X16 \
      CONFIG.AXISTEN_IF_EXT_512_RQ_STRADDLE false \
      CONFIG.axisten_if_width 512_bit \
      CONFIG.axisten_freq 250 \
      CONFIG.mode_selection Advanced \
      CONFIG.vendor_id 1234 \
      CONFIG.PF0_DEVICE_ID 5c01 \
      CONFIG.PF0_SUBSYSTEM_VENDOR_ID 1234 \
      CONFIG.PF0_SUBSYSTEM_ID 5c01 \
      CONFIG.PF0_CLASS_CODE 020000 \
      CONFIG.pf0_bar0_64bit true \
      CONFIG.pf0_bar0_prefetchable false \
      CONFIG.pf0_bar0_scale Megabytes \
      CONFIG.pf0_bar0_size 1 \
      CONFIG.pf0_bar2_enabled true \
      CONFIG.pf0_bar2_64bit true \
      CONFIG.pf0_bar2_prefetchable false \
      CONFIG.pf0_bar2_scale Megabytes \
      CONFIG.pf0_bar2_size 4 \
    ]
  }
}
