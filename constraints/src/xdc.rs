// SPDX-License-Identifier: MIT OR Apache-2.0
//! XDC in the dialect that both Vivado and nextpnr understand.
//!
//! nextpnr aborts on a space inside braces and on two ports in one list, refuses a `;` at the end, and passes over wildcards and
//! properties of the design with a warning. None of these is taken here.

use crate::{Clock, Constraints, Pin, Signal, Standard};

/// The properties a pin may have, with their values where there are few.
const PROPERTIES: [(&str, &[&str]); 6] = [
    ("PACKAGE_PIN", &[]),
    ("IOSTANDARD", &[]),
    ("SLEW", &["SLOW", "FAST"]),
    ("DRIVE", &["4", "8", "12", "16"]),
    ("PULLTYPE", &["PULLUP", "PULLDOWN", "NONE"]),
    ("DIFF_TERM", &["TRUE", "FALSE"]),
];

/// Reads a file, or says what is wrong with it, a fault a line.
pub fn read(text: &str) -> Result<Constraints, Vec<String>> {
    let mut all = Constraints::default();
    let mut faults = vec![];
    for (number, line) in (1..).zip(text.lines()) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Err(fault) = command(number, line, &mut all) {
            faults.push(format!("line {number}: {fault}: `{line}`"));
        }
    }
    if faults.is_empty() { Ok(all) } else { Err(faults) }
}

fn command(line: usize, text: &str, all: &mut Constraints) -> Result<(), String> {
    if let Some(rest) = text.strip_prefix("set_property -dict {") {
        let (properties, port) = rest.split_once("} ").ok_or("no `} ` behind the properties")?;
        let signal = port_of(port)?;
        let words: Vec<_> = properties.split(' ').collect();
        for pair in words.chunks(2) {
            let &[key, value] = pair else { return Err("a property without a value".into()) };
            property(line, &signal, key, value, all)?;
        }
        Ok(())
    } else if let Some(rest) = text.strip_prefix("create_clock -name ") {
        let words: Vec<_> = rest.splitn(4, ' ').collect();
        let &[name, "-period", period, port] = words.as_slice() else {
            return Err("not `create_clock -name NAME -period NS [get_ports PORT]`".into());
        };
        let signal = port_of(port)?;
        // nextpnr takes no names of clocks, so the name is the port's in both tools.
        if name != signal.port {
            return Err("the clock is not called as its port".into());
        }
        let period_ns = period.parse().map_err(|_| "the period is not a number")?;
        all.clocks.push(Clock { line, signal, period_ns });
        Ok(())
    } else {
        Err("not in the dialect that Vivado and nextpnr share".into())
    }
}

fn property(
    line: usize,
    signal: &Signal,
    key: &str,
    value: &str,
    all: &mut Constraints,
) -> Result<(), String> {
    let known = PROPERTIES.iter().find(|(name, _)| *name == key);
    let (_, values) = known.ok_or_else(|| format!("unknown property {key}"))?;
    if value.is_empty() || !value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(format!("`{value}` is not a value of {key}"));
    }
    if !values.is_empty() && !values.contains(&value) {
        return Err(format!("{key} is one of {}", values.join(", ")));
    }
    let signal = signal.clone();
    match key {
        "PACKAGE_PIN" => all.pins.push(Pin { line, signal, site: value.to_owned() }),
        "IOSTANDARD" => all.standards.push(Standard { line, signal, standard: value.to_owned() }),
        _ => {}
    }
    Ok(())
}

/// Reads `[get_ports clk]` or `[get_ports {led[0]}]`.
fn port_of(text: &str) -> Result<Signal, String> {
    let inner = text
        .strip_prefix("[get_ports ")
        .and_then(|text| text.strip_suffix(']'))
        .ok_or("no `[get_ports PORT]` at the end")?;
    let (name, braces) = match inner.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
        Some(name) => (name, true),
        None => (inner, false),
    };
    let signal = Signal::read(name).ok_or("not one port")?;
    // Without braces Tcl takes [0] for a command.
    if braces != signal.index.is_some() {
        Err("braces belong round a bit of a bus, and nowhere else".into())
    } else {
        Ok(signal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_standards_and_clocks_are_read() {
        let text = "# Clock\nset_property -dict {PACKAGE_PIN E3 IOSTANDARD LVCMOS33} [get_ports clk]\n\
                    create_clock -name clk -period 10.000 [get_ports clk]\n\n\
                    set_property -dict {PACKAGE_PIN H5 IOSTANDARD LVCMOS33 SLEW FAST DRIVE 12} [get_ports {led[0]}]\n";
        let all = read(text).unwrap();
        assert_eq!(
            all.pins.iter().map(|p| (p.signal.to_string(), p.site.as_str(), p.line)).collect::<Vec<_>>(),
            [("clk".into(), "E3", 2), ("led[0]".into(), "H5", 5)]
        );
        assert_eq!(all.standards.len(), 2);
        assert_eq!((all.clocks[0].signal.to_string(), all.clocks[0].period_ns), ("clk".into(), 10.0));
    }

    #[test]
    fn what_one_of_the_tools_would_not_take_is_a_fault() {
        for bad in [
            "set_property -dict {PACKAGE_PIN E3 IOSTANDARD LVCMOS33} [get_ports { clk }]",
            "set_property -dict { PACKAGE_PIN E3 } [get_ports clk]",
            "set_property -dict {PACKAGE_PIN E3} [get_ports {clk reset}]",
            "set_property -dict {PACKAGE_PIN E3} [get_ports {clk}]",
            "set_property -dict {PACKAGE_PIN E3} [get_ports led[0]]",
            "set_property -dict {PACKAGE_PIN E3} [get_ports {led[*]}]",
            "set_property -dict {PACKAGE_PIN E3} [get_ports clk];",
            "set_property -dict {PACKAGE_PIN E3} [get_ports clk] ;# the clock",
            "set_property -dict {PACKAGE_PIN} [get_ports clk]",
            "set_property -dict {PIN E3} [get_ports clk]",
            "set_property -dict {SLEW QUICK} [get_ports clk]",
            "set_property CFGBVS VCCO [current_design]",
            "set_property PACKAGE_PIN E3 [get_ports clk]",
            "set_false_path -from [get_ports clk]",
            "create_clock -period 10.000 [get_ports clk]",
            "create_clock -name other -period 10.000 [get_ports clk]",
            "create_clock -name clk -period ten [get_ports clk]",
            " set_property -dict {PACKAGE_PIN E3} [get_ports clk]",
        ] {
            let faults = read(bad).expect_err(bad);
            assert_eq!(faults.len(), 1, "{bad}");
            assert!(faults[0].starts_with("line 1: "), "{faults:?}");
        }
    }
}
