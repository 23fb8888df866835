// SPDX-License-Identifier: MIT OR Apache-2.0
//! A ring of registers round a block, so that it can be placed alone: every input comes from a register, every output goes to one, and
//! all hang on two pins. Without it, a block with more ports than the chip has pins can't be placed, ways from ports to registers
//! don't count, and what no pin needs is optimised away.

use std::fmt::Write;

use anyhow::{Context, Result, ensure};

/// A port: name, and width in bits.
type Port = (String, usize);

/// The Verilog of a module `<name>_ring` round the module `name` of `verilog`, which our printer wrote.
///
/// # Errors
/// When the module is not found or its ports are not as the printer writes them.
pub fn wrap(verilog: &str, name: &str) -> Result<String> {
    let (inputs, outputs) = ports(verilog, name)?;
    ensure!(inputs.iter().any(|(port, _)| port == "clock"), "{name} has no `clock`");
    let inputs: Vec<Port> = inputs.into_iter().filter(|(port, _)| port != "clock").collect();
    let (n, m) = (bits(&inputs).max(1), bits(&outputs).max(1));
    let mut text = String::new();
    writeln!(
        text,
        "module {name}_ring(input wire clock, input wire load, input wire feed, output wire drain);"
    )?;
    // The outputs are loaded, or shifted out; what is shifted out and what is fed goes into the inputs.
    writeln!(text, "  reg [{}:0] into;\n  reg [{}:0] out;\n  wire [{}:0] now;", n - 1, m - 1, m - 1)?;
    writeln!(text, "  assign drain = out[0];")?;
    writeln!(text, "  always @(posedge clock) begin")?;
    writeln!(
        text,
        "    into <= {{into, feed ^ out[0]}};\n    out <= load ? now : {{1'b0, out}} >> 1;\n  end"
    )?;
    writeln!(text, "  {name} block(.clock(clock)")?;
    for (ports, bus) in [(&inputs, "into"), (&outputs, "now")] {
        let mut low = 0;
        for (port, width) in ports {
            writeln!(text, "    , .{port}({bus}[{low} +: {width}])")?;
            low += width;
        }
    }
    writeln!(text, "  );\nendmodule")?;
    Ok(text)
}

fn bits(ports: &[Port]) -> usize {
    ports.iter().map(|(_, width)| width).sum()
}

/// Inputs and outputs of a module, a port to a line.
fn ports(verilog: &str, name: &str) -> Result<(Vec<Port>, Vec<Port>)> {
    let start = format!("module {name} (");
    let mut lines = verilog.lines().skip_while(|line| *line != start).skip(1).peekable();
    ensure!(lines.peek().is_some(), "no module {name}");
    let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
    for line in lines.take_while(|line| *line != ");") {
        let words: Vec<&str> = line.trim().trim_end_matches(',').split_whitespace().collect();
        let (port, width) = match words[..] {
            [_, _, port] => (port, 1),
            [_, _, range, port] => {
                let high = range.strip_prefix('[').and_then(|r| r.strip_suffix(":0]"));
                (
                    port,
                    high.and_then(|high| high.parse::<usize>().ok())
                        .with_context(|| format!("range of `{line}`"))?
                        + 1,
                )
            }
            _ => anyhow::bail!("no port in `{line}`"),
        };
        match words[0] {
            "input" => inputs.push((port.to_owned(), width)),
            "output" => outputs.push((port.to_owned(), width)),
            other => anyhow::bail!("direction {other} in `{line}`"),
        }
    }
    Ok((inputs, outputs))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: &str = "module other (\n);\nendmodule\nmodule b (\n  input  wire clock,\n  input  wire [7:0] x,\n  output reg  y,\n  output wire [2:0] z\n);\nendmodule\n";

    #[test]
    fn every_port_hangs_on_the_ring() {
        let text = wrap(BLOCK, "b").expect("a ring");
        for part in [
            "module b_ring(",
            "reg [7:0] into;",
            "reg [3:0] out;",
            ".x(into[0 +: 8])",
            ".y(now[0 +: 1])",
            ".z(now[1 +: 3])",
        ] {
            assert!(text.contains(part), "{part} is not in:\n{text}");
        }
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        assert!(wrap(BLOCK, "c").is_err());
        assert!(wrap(BLOCK, "other").is_err(), "no clock");
        assert!(wrap(&BLOCK.replace("[7:0]", "[8:1]"), "b").is_err());
    }
}
