# SPDX-License-Identifier: MIT OR Apache-2.0
# Alveo U55C: vivado -mode batch -source build.tcl -tclargs VERILOG FOLDER GIT_HASH
set here [file dirname [file normalize [info script]]]
source [file join $here .. vivado flow.tcl]
source [file join $here .. vivado pcie.tcl]
source [file join $here .. vivado cmac.tcl]

syncline::begin alveo-u55c xcu55c-fsvh2892-2L-e $argv
syncline::pcie pcie4c_uscale_plus
syncline::cmac CMACE4_X0Y3 X0 24 161.1328125
syncline::finish
