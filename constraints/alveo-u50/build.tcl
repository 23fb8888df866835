# SPDX-License-Identifier: MIT OR Apache-2.0
# Alveo U50: vivado -mode batch -source build.tcl -tclargs VERILOG FOLDER GIT_HASH
set here [file dirname [file normalize [info script]]]
source [file join $here .. vivado flow.tcl]
source [file join $here .. vivado pcie.tcl]
source [file join $here .. vivado cmac.tcl]

syncline::begin alveo-u50 xcu50-fsvh2104-2-e $argv
syncline::pcie pcie4c_uscale_plus
syncline::cmac CMACE4_X0Y4 X0 28 161.1328125
syncline::finish
