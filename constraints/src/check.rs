// SPDX-License-Identifier: MIT OR Apache-2.0
//! The rules that a board's constraints keep.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{Constraints, Direction, Port, Signal};

/// Ports of transceivers. Their pins have no IO standard: the transceiver is the standard.
const TRANSCEIVERS: [&str; 9] = [
    "pcie_rx",
    "pcie_tx",
    "pcie_refclk",
    "qsfp0_rx",
    "qsfp0_tx",
    "qsfp0_refclk",
    "qsfp1_rx",
    "qsfp1_tx",
    "qsfp1_refclk",
];

/// What is wrong, in words; without a top, as far as the file alone goes.
pub fn faults(all: &Constraints, top: Option<&[Port]>) -> Vec<String> {
    let mut faults = vec![];
    let pins = once(all.pins.iter().map(|pin| (&pin.signal, pin.line)), "pins", &mut faults);
    let standards = once(
        all.standards.iter().map(|standard| (&standard.signal, standard.line)),
        "standards",
        &mut faults,
    );
    let clocks = once(all.clocks.iter().map(|clock| (&clock.signal, clock.line)), "clocks", &mut faults);
    sites(all, &mut faults);
    for signal in &pins {
        let transceiver = TRANSCEIVERS.iter().any(|prefix| signal.port.starts_with(prefix));
        match (standards.contains(signal), transceiver) {
            (false, false) => faults.push(format!("{signal} has a pin and no standard")),
            (true, true) => faults.push(format!("{signal} belongs to a transceiver and has a standard")),
            _ => {}
        }
    }
    for signal in standards.difference(&pins) {
        faults.push(format!("{signal} has a standard and no pin"));
    }
    for signal in clocks.difference(&pins) {
        faults.push(format!("the clock {signal} has no pin"));
    }
    for clock in &all.clocks {
        if !(clock.period_ns.is_finite() && clock.period_ns > 0.0) {
            faults.push(format!("line {}: the clock {} has no period", clock.line, clock.signal));
        }
    }
    let widths = buses(&pins, &mut faults);
    if let Some(top) = top {
        against(top, &widths, &clocks, &mut faults);
    }
    faults
}

/// The signals of a list, with a fault for each that is there again.
fn once<'a>(
    list: impl Iterator<Item = (&'a Signal, usize)>,
    what: &str,
    faults: &mut Vec<String>,
) -> BTreeSet<&'a Signal> {
    let mut seen = BTreeMap::new();
    for (signal, line) in list {
        if let Some(before) = seen.insert(signal, line) {
            faults.push(format!("{signal} has two {what}: lines {before} and {line}"));
        }
    }
    seen.into_keys().collect()
}

/// No pin is used twice.
fn sites(all: &Constraints, faults: &mut Vec<String>) {
    let mut used = HashMap::new();
    for pin in &all.pins {
        if let Some(before) = used.insert(&pin.site, &pin.signal).filter(|before| **before != pin.signal) {
            faults.push(format!("the pin {} is that of {before} and of {}", pin.site, pin.signal));
        }
    }
}

/// A port is a wire or a bus whose bits 0 to its highest are all there: the ports, with the width of a bus.
fn buses<'a>(pins: &BTreeSet<&'a Signal>, faults: &mut Vec<String>) -> BTreeMap<&'a str, Option<u32>> {
    let mut bits: BTreeMap<&str, BTreeSet<Option<u32>>> = BTreeMap::new();
    for signal in pins {
        bits.entry(&signal.port).or_default().insert(signal.index);
    }
    let mut widths = BTreeMap::new();
    for (port, indices) in bits {
        let width = indices.iter().flatten().max().map(|highest| highest + 1);
        match width {
            Some(_) if indices.contains(&None) => faults.push(format!("{port} is a wire and a bus")),
            Some(width) => {
                for index in (0..width).filter(|index| !indices.contains(&Some(*index))) {
                    faults.push(format!("{port}[{index}] has no pin, but {port}[{}] has", width - 1));
                }
            }
            None => {}
        }
        widths.insert(port, width);
    }
    widths
}

/// The top has these ports and no others, and every clock that comes in is constrained.
fn against(
    top: &[Port],
    widths: &BTreeMap<&str, Option<u32>>,
    clocks: &BTreeSet<&Signal>,
    faults: &mut Vec<String>,
) {
    for port in top {
        match widths.get(port.name.as_str()) {
            None => faults.push(format!("the top's port {} has no pin", port.name)),
            Some(width) if *width != port.width => {
                let say =
                    |width: Option<u32>| width.map_or("a wire".to_owned(), |width| format!("{width} bits"));
                faults.push(format!(
                    "{} is {} in the top, and {} here",
                    port.name,
                    say(port.width),
                    say(*width)
                ));
            }
            Some(_) => {}
        }
        // The negative side of a pair follows from the positive one.
        let clock =
            port.direction == Direction::Input && port.name.contains("clk") && !port.name.ends_with("_n");
        if clock && !clocks.iter().any(|clock| clock.port == port.name) {
            faults.push(format!("the clock {} has no period", port.name));
        }
    }
    for port in widths.keys() {
        if !top.iter().any(|other| other.name == **port) {
            faults.push(format!("{port} is not a port of the top"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{top_ports, xdc};

    const TOP: &str =
        "module top (input wire clk, input wire pcie_refclk_p, output wire [1:0] led); endmodule";
    const GOOD: &str = "\
set_property -dict {PACKAGE_PIN E3 IOSTANDARD LVCMOS33} [get_ports clk]
create_clock -name clk -period 10.000 [get_ports clk]
set_property -dict {PACKAGE_PIN AF9} [get_ports pcie_refclk_p]
create_clock -name pcie_refclk_p -period 10.000 [get_ports pcie_refclk_p]
set_property -dict {PACKAGE_PIN H5 IOSTANDARD LVCMOS33} [get_ports {led[0]}]
set_property -dict {PACKAGE_PIN J5 IOSTANDARD LVCMOS33} [get_ports {led[1]}]
";

    fn check(text: &str) -> Vec<String> {
        faults(&xdc::read(text).unwrap(), Some(&top_ports(TOP).unwrap()))
    }

    /// The good file with one deliberate fault has exactly that one.
    #[track_caller]
    fn one(from: &str, to: &str, fault: &str) {
        assert!(GOOD.contains(from), "{from}");
        assert_eq!(check(&GOOD.replacen(from, to, 1)), [fault]);
    }

    #[test]
    fn a_good_file_has_no_fault() {
        assert_eq!(check(GOOD), [""; 0]);
    }

    #[test]
    fn a_pin_used_twice_is_found() {
        one("PACKAGE_PIN J5", "PACKAGE_PIN H5", "the pin H5 is that of led[0] and of led[1]");
    }

    #[test]
    fn a_port_with_two_pins_is_found() {
        let second = "set_property -dict {PACKAGE_PIN A1} [get_ports clk]\n";
        assert_eq!(check(&format!("{GOOD}{second}")), ["clk has two pins: lines 1 and 7"]);
    }

    #[test]
    fn a_port_with_two_standards_is_found() {
        let second = "set_property -dict {IOSTANDARD LVCMOS18} [get_ports clk]\n";
        assert_eq!(check(&format!("{GOOD}{second}")), ["clk has two standards: lines 1 and 7"]);
    }

    #[test]
    fn a_missing_standard_is_found() {
        one("PACKAGE_PIN H5 IOSTANDARD LVCMOS33", "PACKAGE_PIN H5", "led[0] has a pin and no standard");
    }

    #[test]
    fn a_missing_pin_is_found() {
        let found = check(&GOOD.replacen("PACKAGE_PIN J5 ", "", 1));
        assert_eq!(found, ["led[1] has a standard and no pin", "led is 2 bits in the top, and 1 bits here"]);
    }

    #[test]
    fn a_transceiver_with_a_standard_is_found() {
        one(
            "PACKAGE_PIN AF9",
            "PACKAGE_PIN AF9 IOSTANDARD LVDS",
            "pcie_refclk_p belongs to a transceiver and has a standard",
        );
    }

    #[test]
    fn a_hole_in_a_bus_is_found() {
        let found = check(&GOOD.replacen("{led[0]}", "{led[2]}", 1));
        assert_eq!(found, ["led[0] has no pin, but led[2] has", "led is 2 bits in the top, and 3 bits here"]);
    }

    #[test]
    fn a_bus_of_the_wrong_width_is_found() {
        let third = "set_property -dict {PACKAGE_PIN T9 IOSTANDARD LVCMOS33} [get_ports {led[2]}]\n";
        assert_eq!(check(&format!("{GOOD}{third}")), ["led is 2 bits in the top, and 3 bits here"]);
    }

    #[test]
    fn a_port_that_is_not_constrained_is_found() {
        let text: String =
            GOOD.lines().filter(|line| !line.contains("led")).map(|line| format!("{line}\n")).collect();
        assert_eq!(check(&text), ["the top's port led has no pin"]);
    }

    #[test]
    fn a_port_that_the_top_does_not_have_is_found() {
        let more = "set_property -dict {PACKAGE_PIN C2 IOSTANDARD LVCMOS33} [get_ports reset]\n";
        assert_eq!(check(&format!("{GOOD}{more}")), ["reset is not a port of the top"]);
    }

    #[test]
    fn a_clock_without_a_period_is_found() {
        one("create_clock -name clk -period 10.000 [get_ports clk]\n", "", "the clock clk has no period");
        one("clk -period 10.000", "clk -period 0", "line 2: the clock clk has no period");
    }

    #[test]
    fn a_clock_of_no_pin_is_found() {
        let text = format!("{GOOD}create_clock -name other -period 8.000 [get_ports other]\n");
        assert_eq!(check(&text), ["the clock other has no pin"]);
    }

    #[test]
    fn a_wire_that_is_a_bus_too_is_found() {
        let more = "set_property -dict {PACKAGE_PIN C2 IOSTANDARD LVCMOS33} [get_ports led]\n";
        assert_eq!(check(&format!("{GOOD}{more}")), ["led is a wire and a bus"]);
    }
}
