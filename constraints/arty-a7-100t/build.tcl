# SPDX-License-Identifier: MIT OR Apache-2.0
# Arty A7-100T: vivado -mode batch -source build.tcl -tclargs VERILOG FOLDER GIT_HASH
set here [file dirname [file normalize [info script]]]
source [file join $here .. vivado flow.tcl]

syncline::begin arty-a7-100t xc7a100tcsg324-1 $argv
syncline::finish
