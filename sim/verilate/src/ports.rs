// SPDX-License-Identifier: MIT OR Apache-2.0
//! The ports of a model, read from the `VL_IN`/`VL_OUT` lines of its generated header.

use anyhow::{Context, Result, bail};

/// Which way a port goes, from the model's view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The test bench drives it.
    Input,
    /// The model drives it.
    Output,
}

/// What is known of a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortInfo {
    /// Its name in the Verilog.
    pub name: String,
    /// Its width in bits.
    pub width: u32,
    /// Which way it goes.
    pub direction: Direction,
}

/// A port with its name in the C++ model.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CppPort {
    pub info: PortInfo,
    pub cpp_name: String,
    pub bytes: u32,
}

/// Every port of the header `text`, in its order: `VL_IN8(&clock,0,0);`, `VL_OUTW(&y,511,0,16);`.
pub(crate) fn parse(text: &str) -> Result<Vec<CppPort>> {
    let lines = text.lines().map(str::trim).filter(|l| l.starts_with("VL_IN") || l.starts_with("VL_OUT"));
    lines.map(|l| parse_line(l).with_context(|| format!("port line `{l}`"))).collect()
}

fn parse_line(line: &str) -> Result<CppPort> {
    let (kind, rest) = line.split_once("(&").context("no `(&`")?;
    let args: Vec<&str> =
        rest.trim_end_matches(';').trim_end_matches(')').split(',').map(str::trim).collect();
    let [cpp_name, msb, lsb, ..] = args[..] else { bail!("too few arguments") };
    let (msb, lsb): (u32, u32) = (msb.parse()?, lsb.parse()?);
    let (direction, size) = match kind.strip_prefix("VL_IN") {
        // `VL_INOUT` would read as an input of size `OUT`, and is refused below.
        Some(size) => (Direction::Input, size),
        None => (Direction::Output, kind.strip_prefix("VL_OUT").context("neither in nor out")?),
    };
    let bytes = match size {
        "8" => 1,
        "16" => 2,
        "" => 4,
        "64" => 8,
        "W" => 4 * args.get(3).context("no word count")?.parse::<u32>()?,
        other => bail!("unknown kind of port `{other}`"),
    };
    let width = msb.checked_sub(lsb).context("a descending range is needed")? + 1;
    let info = PortInfo { name: verilog_name(cpp_name), width, direction };
    Ok(CppPort { info, cpp_name: cpp_name.to_owned(), bytes })
}

/// Verilator writes what C++ would not take as `__0` and two hexadecimal digits, and puts `__SYM__` in front of keywords.
fn verilog_name(cpp: &str) -> String {
    let mut rest = cpp.strip_prefix("__SYM__").unwrap_or(cpp);
    let mut name = String::new();
    while let Some(at) = rest.find("__0") {
        let code = rest.get(at + 3..at + 5).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let Some(code) = code else { break };
        name.push_str(&rest[..at]);
        name.push(code as char);
        rest = &rest[at + 5..];
    }
    name + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_lines() {
        let header = "  VL_IN8(&clock,0,0);\n  VL_OUTW(&y,511,0,16);\n VL_IN(&a___05Fb,19,0);\n VL_IN64(&__SYM__do,47,0);";
        let ports = parse(header).unwrap();
        let short: Vec<_> = ports.iter().map(|p| (p.info.name.as_str(), p.info.width, p.bytes)).collect();
        assert_eq!(short, [("clock", 1, 1), ("y", 512, 64), ("a__b", 20, 4), ("do", 48, 8)]);
        assert_eq!(ports[1].info.direction, Direction::Output);
    }

    #[test]
    fn inout_is_refused() {
        assert!(parse("VL_INOUT8(&pad,0,0);").is_err());
    }

    #[test]
    fn escaped_names() {
        assert_eq!(verilog_name("rx__024data"), "rx$data");
        assert_eq!(verilog_name("plain_name"), "plain_name");
    }
}
