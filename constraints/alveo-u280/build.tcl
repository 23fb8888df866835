# SPDX-License-Identifier: MIT OR Apache-2.0
# Alveo U280: vivado -mode batch -source build.tcl -tclargs VERILOG FOLDER GIT_HASH
set here [file dirname [file normalize [info script]]]
source [file join $here .. vivado flow.tcl]
source [file join $here .. vivado pcie.tcl]
source [file join $here .. vivado cmac.tcl]

syncline::begin alveo-u280 xcu280-fsvh2892-2L-e $argv
syncline::pcie pcie4c_uscale_plus
syncline::cmac CMACE4_X0Y6 X0 40 156.25
syncline::finish
