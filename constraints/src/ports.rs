// SPDX-License-Identifier: MIT OR Apache-2.0
//! The ports of the top of a Verilog file, as our printer writes them: all in the module's header.

use anyhow::{Context, Result, bail, ensure};
use std::collections::HashSet;

/// A port of the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    pub name: String,
    pub direction: Direction,
    /// Bits of a bus; None for a single wire.
    pub width: Option<u32>,
}

/// Seen from the chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Input,
    Output,
    Inout,
}

/// The ports of the one module that no other one contains.
pub fn top_ports(verilog: &str) -> Result<Vec<Port>> {
    let text = without_comments(verilog);
    let mut modules = vec![];
    for part in text.split("endmodule") {
        let Some((_, module)) = part.split_once("module ") else { continue };
        let (header, body) = module.split_once(';').context("a module without `;`")?;
        let (name, ports) = header.split_once('(').context("a module without ports")?;
        modules.push((name.trim(), ports.trim().strip_suffix(')').context("ports without `)`")?, body));
    }
    let names: HashSet<_> = modules.iter().map(|(name, ..)| *name).collect();
    let mut inside = HashSet::new();
    for (_, _, body) in &modules {
        // An instance: a module's name, a name, an open parenthesis.
        let mut before = [""; 2];
        for token in tokens(body) {
            if token == "(" && names.contains(before[0]) && before[1].starts_with(is_word) {
                inside.insert(before[0]);
            }
            before = [before[1], token];
        }
    }
    let tops: Vec<_> = modules.iter().filter(|(name, ..)| !inside.contains(name)).collect();
    let [(name, ports, _)] = tops.as_slice() else {
        bail!(
            "{} modules are in no other: {:?}",
            tops.len(),
            tops.iter().map(|(name, ..)| name).collect::<Vec<_>>()
        );
    };
    // A header with parameters would be read wrong.
    ensure!(!name.contains('#'), "the top {name} has parameters");
    ports
        .split(',')
        .map(|port| read(port).with_context(|| format!("port `{}` of {name}", port.trim())))
        .collect()
}

/// Words, and single characters between them.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let first = rest.chars().next()?;
        let length =
            if is_word(first) { rest.find(|c| !is_word(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
        let (token, after) = rest.split_at(length);
        rest = after;
        Some(token)
    })
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn read(text: &str) -> Result<Port> {
    let text = text.replace('[', " [").replace(']', "] ");
    let mut width = None;
    let mut words = vec![];
    for word in text.split_whitespace() {
        match word.strip_prefix('[') {
            Some(range) => {
                let high = range.strip_suffix(":0]").context("a range that is not [high:0]")?;
                width = Some(high.parse::<u32>().context("a range that is not [high:0]")? + 1);
            }
            None => words.push(word),
        }
    }
    words.retain(|word| !matches!(*word, "wire" | "reg"));
    let &[direction, name] = words.as_slice() else { bail!("not a direction and a name") };
    let direction = match direction {
        "input" => Direction::Input,
        "output" => Direction::Output,
        "inout" => Direction::Inout,
        other => bail!("`{other}` is not a direction"),
    };
    ensure!(name.chars().all(is_word), "`{name}` is not a name");
    Ok(Port { name: name.to_owned(), direction, width })
}

/// Also without attributes, which may stand before a module or a port.
fn without_comments(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut line = line.split("//").next().unwrap_or_default();
        while let Some((before, rest)) = line.split_once("(* ") {
            out.push_str(before);
            line = rest.split_once(" *)").map_or("", |(_, after)| after);
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_is_the_module_in_no_other() {
        let text = "// a comment; with module x (\nmodule inner (\n  input wire a\n);\nendmodule\n\
                    (* top *)\nmodule top (\n  input  wire clock, // the clock\n  output reg  [3:0] led,\n  (* keep *) inout wire mdio\n);\n\
                    wire x;\n  always @* begin\n    y = (x);\n  end\n  inner inner (\n    .a(x));\nendmodule\n";
        let port = |name: &str, direction, width| Port { name: name.into(), direction, width };
        assert_eq!(
            top_ports(text).unwrap(),
            [
                port("clock", Direction::Input, None),
                port("led", Direction::Output, Some(4)),
                port("mdio", Direction::Inout, None)
            ]
        );
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for bad in [
            "",
            "module a (input b); endmodule module c (input d); endmodule",
            "module a (b); endmodule",
            "module a (input [3:1] b); endmodule",
            "module a (input [N:0] b); endmodule",
            "module a #(parameter N = 1) (input b); endmodule",
        ] {
            assert!(top_ports(bad).is_err(), "{bad}");
        }
    }
}
