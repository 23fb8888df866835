// SPDX-License-Identifier: MIT OR Apache-2.0
//! LPF, as nextpnr-ecp5 reads it.

use crate::{Clock, Constraints, Pin, Signal, Standard};

/// The properties of a pin beside its standard.
const PROPERTIES: [(&str, &[&str]); 4] = [
    ("PULLMODE", &["UP", "DOWN", "NONE"]),
    ("SLEWRATE", &["SLOW", "FAST"]),
    ("DRIVE", &["4", "8", "12", "16"]),
    ("DIFFRESISTOR", &["100", "OFF"]),
];

/// Reads a file, or says what is wrong with it, a fault a line.
pub fn read(text: &str) -> Result<Constraints, Vec<String>> {
    let mut all = Constraints::default();
    let mut faults = vec![];
    for (number, line) in (1..).zip(text.lines()) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Err(fault) = statement(number, line, &mut all) {
            faults.push(format!("line {number}: {fault}: `{line}`"));
        }
    }
    if faults.is_empty() { Ok(all) } else { Err(faults) }
}

fn statement(line: usize, text: &str, all: &mut Constraints) -> Result<(), String> {
    let text = text.strip_suffix(';').ok_or("no `;` at the end")?;
    match text.split(' ').collect::<Vec<_>>().as_slice() {
        ["LOCATE", "COMP", port, "SITE", site] => {
            all.pins.push(Pin { line, signal: signal(port)?, site: quoted(site)?.to_owned() });
        }
        ["IOBUF", "PORT", port, properties @ ..] if !properties.is_empty() => {
            let signal = signal(port)?;
            for property in properties {
                let (key, value) =
                    property.split_once('=').ok_or_else(|| format!("`{property}` is not KEY=VALUE"))?;
                if key == "IO_TYPE" {
                    all.standards.push(Standard { line, signal: signal.clone(), standard: value.to_owned() });
                } else if !PROPERTIES.iter().any(|(name, values)| *name == key && values.contains(&value)) {
                    return Err(format!("unknown property {property}"));
                }
            }
        }
        ["FREQUENCY", "PORT", port, mhz, "MHZ"] => {
            let mhz: f64 = mhz.parse().map_err(|_| "the frequency is not a number")?;
            all.clocks.push(Clock { line, signal: signal(port)?, period_ns: 1000.0 / mhz });
        }
        _ => return Err("not LOCATE, IOBUF or FREQUENCY".into()),
    }
    Ok(())
}

fn quoted(text: &str) -> Result<&str, String> {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    inner.filter(|inner| !inner.is_empty()).ok_or_else(|| format!("{text} is not in quotes"))
}

fn signal(text: &str) -> Result<Signal, String> {
    Signal::read(quoted(text)?).ok_or_else(|| format!("{text} is not a port"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_standards_and_clocks_are_read() {
        let text = "# Clock\nLOCATE COMP \"clk\" SITE \"P3\";\nIOBUF PORT \"clk\" IO_TYPE=LVDS;\nFREQUENCY PORT \"clk\" 100 MHZ;\n\
                    LOCATE COMP \"led[0]\" SITE \"E16\";\nIOBUF PORT \"led[0]\" IO_TYPE=LVCMOS25 PULLMODE=UP SLEWRATE=FAST;\n";
        let all = read(text).unwrap();
        assert_eq!(
            all.pins.iter().map(|p| (p.signal.to_string(), p.site.as_str())).collect::<Vec<_>>(),
            [("clk".into(), "P3"), ("led[0]".into(), "E16")]
        );
        assert_eq!(all.standards[1].standard, "LVCMOS25");
        assert_eq!(all.clocks[0].period_ns, 10.0);
    }

    #[test]
    fn anything_else_is_a_fault() {
        for bad in [
            "LOCATE COMP \"clk\" SITE \"P3\"",
            "LOCATE COMP clk SITE \"P3\";",
            "LOCATE COMP \"led[a]\" SITE \"P3\";",
            "IOBUF PORT \"clk\";",
            "IOBUF PORT \"clk\" LVDS;",
            "IOBUF PORT \"clk\" IO_TYPE=LVDS COLOUR=RED;",
            "FREQUENCY PORT \"clk\" fast MHZ;",
            "FREQUENCY NET \"clk\" 100 MHZ;",
            "BLOCK ASYNCPATHS;",
        ] {
            assert_eq!(read(bad).expect_err(bad).len(), 1, "{bad}");
        }
    }
}
