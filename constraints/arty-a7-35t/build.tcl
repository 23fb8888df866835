# SPDX-License-Identifier: MIT OR Apache-2.0
# Arty A7-35T: vivado -mode batch -source build.tcl -tclargs VERILOG FOLDER GIT_HASH
set here [file dirname [file normalize [info script]]]
source [file join $here .. vivado flow.tcl]

syncline::begin arty-a7-35t xc7a35ticsg324-1L $argv
syncline::finish
