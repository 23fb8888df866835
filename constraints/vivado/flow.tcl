# SPDX-License-Identifier: MIT OR Apache-2.0
# A board's build in Vivado's non-project mode: vivado -mode batch -source build.tcl -tclargs VERILOG FOLDER GIT_HASH
# Nothing of this has been run in Vivado; a test runs it with stand-ins for Vivado's commands.

namespace eval syncline {
  variable board ""
  variable verilog ""
  variable folder ""
  variable hash ""
  variable constraints [file dirname [file dirname [file normalize [info script]]]]

  # Takes the arguments and opens an empty design of the part.
  proc begin {name part arguments} {
    variable board $name
    variable verilog
    variable folder
    variable hash
    if {[llength $arguments] != 3} {
      error "arguments: the top's Verilog, the folder to build in, eight digits of the git commit"
    }
    lassign $arguments verilog folder hash
    if {![regexp {^[0-9a-f]{8}$} $hash]} {
      error "`$hash` is not eight digits of a git commit"
    }
    file mkdir $folder
    create_project -in_memory -part $part
    set_property target_language Verilog [current_project]
  }

  # The top is the first module of the file.
  proc top {} {
    variable verilog
    set channel [open $verilog r]
    set text [read $channel]
    close $channel
    if {![regexp -line {^module (\w+)} $text whole name]} {
      error "no module in $verilog"
    }
    return $name
  }

  # Makes one of Vivado's own blocks: its kind, the module that the top instantiates, its properties.
  proc block {kind name properties} {
    variable folder
    create_ip -name $kind -vendor xilinx.com -library ip -module_name $name -dir $folder
    set_property -dict $properties [get_ips $name]
    generate_target all [get_ips $name]
    synth_ip [get_ips $name]
  }

  # Synthesis to bitstream. Too slow a path is an error, and then there is no bitstream.
  proc finish {} {
    variable board
    variable constraints
    variable verilog
    variable folder
    variable hash
    set top [top]
    read_verilog $verilog
    read_xdc [file join $constraints $board $board.xdc]
    # Exceptions name clocks that synthesis has not made yet.
    set exceptions [file join $constraints $board $board-vivado.xdc]
    read_xdc $exceptions
    set_property USED_IN_SYNTHESIS false [get_files $exceptions]
    synth_design -top $top
    report_utilization -file [file join $folder utilisation-synthesis.rpt]
    opt_design
    place_design
    phys_opt_design
    route_design
    write_checkpoint -force [file join $folder $board.dcp]
    report_utilization -file [file join $folder utilisation.rpt]
    report_timing_summary -report_unconstrained -file [file join $folder timing.rpt]
    report_cdc -file [file join $folder crossings.rpt]
    report_drc -file [file join $folder rules.rpt]
    met max "setup"
    met min "hold"
    # Readable in the fabric and through JTAG, beside the identity registers.
    set_property BITSTREAM.CONFIG.USR_ACCESS 0x$hash [current_design]
    set_property BITSTREAM.CONFIG.USERID 0x$hash [current_design]
    write_bitstream -force -bin_file [file join $folder $board.bit]
    puts "[file join $folder $board.bit]"
  }

  # Fails if the worst slack is negative, or if there is no path at all.
  proc met {kind word} {
    set paths [get_timing_paths -delay_type $kind -max_paths 1]
    if {[llength $paths] == 0} {
      error "no path to check for $word"
    }
    set slack [get_property SLACK [lindex $paths 0]]
    if {![string is double -strict $slack]} {
      error "no slack for $word: the paths are not constrained"
    }
    puts "worst slack, $word: $slack ns"
    if {$slack < 0} {
      error "$word is not met: $slack ns"
    }
  }
}
