# SPDX-License-Identifier: MIT OR Apache-2.0
# Stand-ins for the commands of Vivado that the builds use. Each says its call; options that the real one does not have are errors.
# A command that is not here is one that Tcl does not know, so a slip of the pen is an error as well.

proc say {name arguments} {
  puts "call $name $arguments"
}

# A command with these options that take a value, these that do not, and any number of words between least and most.
proc command {name valued plain least most {result ""}} {
  proc ::$name args "say $name \$args; parse $name {$valued} {$plain} $least $most \$args; return {$result}"
}

proc parse {name valued plain least most arguments} {
  set words {}
  while {[llength $arguments]} {
    set arguments [lassign $arguments word]
    if {$word in $valued} {
      if {![llength $arguments]} { error "$name: $word without a value" }
      set arguments [lassign $arguments value]
    } elseif {[string match -* $word] && ![string is double -strict $word]} {
      if {$word ni $plain} { error "$name: no option $word" }
    } else {
      lappend words $word
    }
  }
  if {[llength $words] < $least || [llength $words] > $most} { error "$name: [llength $words] words: $words" }
}

command create_project {-part} {-in_memory -force} 0 2
command current_project {} {} 0 0 project
command current_design {} {} 0 0 design
command create_ip {-name -vendor -library -module_name -dir -version} {} 0 0
command get_ips {} {} 1 1 ip
command generate_target {} {-force} 2 2
command synth_ip {} {-force} 1 1
command read_verilog {} {-sv} 1 1
command get_files {} {} 1 1 file
command synth_design {-top -part -generic} {} 0 0
command opt_design {} {} 0 0
command place_design {} {} 0 0
command phys_opt_design {} {} 0 0
command route_design {} {} 0 0
command write_checkpoint {} {-force} 1 1
command report_utilization {-file} {} 0 0
command report_timing_summary {-file} {-report_unconstrained} 0 0
command report_cdc {-file} {} 0 0
command report_drc {-file} {} 0 0
command write_bitstream {} {-force -bin_file} 1 1
command get_ports {} {} 1 1 port
command get_clocks {} {-include_generated_clocks} 1 1 clock
command create_clock {-name -period} {} 1 1
command set_input_delay {-clock} {-max -min} 2 2
command set_output_delay {-clock} {-max -min} 2 2
command set_max_delay {-from -to} {-datapath_only} 1 1
command set_false_path {-from -to} {} 0 0
command set_operating_conditions {-design_power_budget} {} 0 0

# A constraint file is a script as well.
proc read_xdc args {
  say read_xdc $args
  uplevel #0 [list source [lindex $args end]]
}

proc set_property args {
  say set_property $args
  if {[lindex $args 0] eq "-dict"} {
    if {[llength $args] != 3 || [llength [lindex $args 1]] % 2} { error "set_property: not pairs and objects: $args" }
  } elseif {[llength $args] != 3} {
    error "set_property: not a name, a value and objects: $args"
  }
}

proc get_timing_paths args {
  say get_timing_paths $args
  parse get_timing_paths {-delay_type -max_paths} {} 0 0 $args
  if {$::env(SLACK) eq "none"} { return {} }
  return [lindex $args [expr {[lsearch $args -delay_type] + 1}]]
}

# SLACK is that of the paths of the kind WORST; others have room.
proc get_property {name object} {
  if {$name ne "SLACK"} { error "get_property: $name" }
  return [expr {$object eq $::env(WORST) ? $::env(SLACK) : 1.5}]
}
