# SPDX-License-Identifier: MIT OR Apache-2.0
# Alveo U250: vivado -mode batch -source build.tcl -tclargs VERILOG FOLDER GIT_HASH
set here [file dirname [file normalize [info script]]]
source [file join $here .. vivado flow.tcl]
source [file join $here .. vivado pcie.tcl]
source [file join $here .. vivado cmac.tcl]

syncline::begin alveo-u250 xcu250-figd2104-2L-e $argv
syncline::pcie pcie4_uscale_plus
syncline::cmac CMACE4_X0Y8 X1 44 156.25
syncline::finish
