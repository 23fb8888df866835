// SPDX-License-Identifier: MIT OR Apache-2.0
//! The longest way between two registers of a mapped netlist: in LUTs, and in carry chains.
//!
//! A LUT, and a read of distributed RAM, is one level. The wide multiplexers behind LUTs and the carry cells are none, but a way is
//! also charged for every chain it enters. The LUT in front of the first chain lies in its slice and is part of it; the others of a
//! way are beside it. Registers, block RAMs and ports begin and end a way.

use std::collections::HashMap;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest ways.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Levels {
    /// LUTs on the way that has most of them.
    pub luts: u32,
    /// Carry chains on the way that has most of them.
    pub chains: u32,
    /// LUTs beside the chains, on the way through a chain that has most of them.
    pub beside: u32,
    /// Inputs of registers behind more than one chain, or behind one with more than [`BESIDE`] LUTs beside it.
    pub deep: u32,
}

/// LUTs that a way may have beside its carry chain: with 32 bits of chain, what a cycle of the 512-bit core's clock is thought to hold.
pub const BESIDE: u32 = 4;

/// What a cell is to a way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// One level.
    Lut,
    /// No level.
    Wide,
    /// Part of a chain.
    Carry,
    /// Ends the way and begins the next.
    End,
}

fn kind(name: &str) -> Kind {
    match name {
        "LUT1" | "LUT2" | "LUT3" | "LUT4" | "LUT5" | "LUT6" => Kind::Lut,
        "RAM32M" | "RAM64M" | "RAM32M16" | "RAM64M8" | "RAM64X1D" | "RAM32X1D" | "RAM64X1S" | "RAM32X1S"
        | "TRELLIS_DPR16X4" => Kind::Lut,
        "INV" | "MUXF7" | "MUXF8" | "MUXF9" | "PFUMX" | "L6MUX21" => Kind::Wide,
        "CARRY4" | "CARRY8" | "CCU2C" => Kind::Carry,
        _ => Kind::End,
    }
}

/// Inputs of a RAM that are clocked: they end a way.
fn clocked(cell: Kind, name: &str, port: &str) -> bool {
    if cell != Kind::Lut || name.starts_with("LUT") {
        return false;
    }
    // The write side; port D of a RAM32M or RAM64M (H of the larger ones) has the write address.
    let write_address = match name {
        "RAM32M" | "RAM64M" => "ADDRD",
        "RAM32M16" | "RAM64M8" => "ADDRH",
        "TRELLIS_DPR16X4" => "WAD",
        _ => "",
    };
    port == write_address || port.starts_with("DI") || matches!(port, "WCLK" | "WE" | "WCK" | "WRE" | "D")
}

struct Cell {
    kind: Kind,
    inputs: Vec<u64>,
}

/// The longest ways through the cells of a module, as Yosys' `write_json` has them.
///
/// # Errors
/// When the netlist is not one, or has a combinational loop.
pub fn longest(cells: &Value) -> Result<Levels> {
    let mut driver: HashMap<u64, usize> = HashMap::new();
    let mut all = Vec::new();
    let mut ends: Vec<u64> = Vec::new();
    for cell in cells.as_object().context("no cells")?.values() {
        let name = cell["type"].as_str().context("a cell without a type")?;
        let this = kind(name);
        let mut inputs = Vec::new();
        for (port, bits) in cell["connections"].as_object().context("a cell without connections")? {
            let bits = bits.as_array().into_iter().flatten().filter_map(Value::as_u64);
            if cell["port_directions"][port] == "output" {
                if this != Kind::End {
                    driver.extend(bits.map(|bit| (bit, all.len())));
                }
            } else if this == Kind::End || clocked(this, name, port) {
                ends.extend(bits);
            } else {
                inputs.extend(bits);
            }
        }
        all.push(Cell { kind: this, inputs });
    }
    // Ways to outputs of the module count as well: whatever nothing reads is none.
    let mut walk =
        Walk { cells: &all, driver: &driver, found: vec![None; all.len()], open: vec![false; all.len()] };
    let mut most = Levels::default();
    for index in 0..all.len() {
        let there = walk.visit(index)?;
        most.luts = most.luts.max(there.luts);
        most.chains = most.chains.max(there.chains);
        most.beside = most.beside.max(there.beside.unwrap_or_default());
    }
    let behind = ends.iter().filter_map(|bit| driver.get(bit)).filter_map(|&cell| walk.found[cell]);
    let deep = behind.filter(|way| way.chains > 1 || way.beside > Some(BESIDE)).count();
    most.deep = u32::try_from(deep).context("too many ends")?;
    Ok(most)
}

/// The longest ways to a cell's outputs, each figure by itself.
#[derive(Clone, Copy, Default)]
struct Way {
    luts: u32,
    chains: u32,
    /// If one goes through a chain.
    beside: Option<u32>,
}

struct Walk<'a> {
    cells: &'a [Cell],
    driver: &'a HashMap<u64, usize>,
    found: Vec<Option<Way>>,
    open: Vec<bool>,
}

impl Walk<'_> {
    /// The longest ways to the outputs of a cell. Without recursion: a chain through a wide core is deeper than a thread's stack.
    fn visit(&mut self, start: usize) -> Result<Way> {
        let mut stack = vec![start];
        while let Some(&index) = stack.last() {
            if self.found[index].is_some() {
                stack.pop();
                continue;
            }
            let before = stack.len();
            let cell = &self.cells[index];
            if cell.kind != Kind::End {
                for bit in &cell.inputs {
                    if let Some(&from) = self.driver.get(bit)
                        && self.found[from].is_none()
                    {
                        stack.push(from);
                    }
                }
            }
            if stack.len() > before {
                if self.open[index] {
                    bail!("a combinational loop");
                }
                self.open[index] = true;
                continue;
            }
            let mut here = Way::default();
            if cell.kind == Kind::Carry {
                here = Way { chains: 1, beside: Some(0), ..here };
            }
            for bit in &cell.inputs {
                let Some(&from) = self.driver.get(bit) else { continue };
                let Some(there) = self.found[from] else { continue };
                let before = self.cells[from].kind;
                let enters = cell.kind == Kind::Carry && before != Kind::Carry;
                here.luts = here.luts.max(there.luts);
                here.chains = here.chains.max(there.chains + u32::from(enters));
                here.beside = here.beside.max(there.beside);
                if enters {
                    let own = u32::from(before == Kind::Lut);
                    here.beside = here.beside.max(Some(there.luts - own));
                }
            }
            if cell.kind == Kind::Lut {
                here.luts += 1;
                here.beside = here.beside.map(|beside| beside + 1);
            }
            self.found[index] = Some(if cell.kind == Kind::End { Way::default() } else { here });
            stack.pop();
        }
        Ok(self.found[start].unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cell(kind: &str, inputs: &[u64], outputs: &[u64]) -> Value {
        json!({"type": kind, "port_directions": {"I": "input", "O": "output"}, "connections": {"I": inputs, "O": outputs}})
    }

    #[test]
    fn counts_luts_between_registers() {
        let cells = json!({
            "r": cell("FDRE", &[9], &[1]), "a": cell("LUT4", &[1, 2], &[3]), "b": cell("LUT6", &[3], &[4]), "c": cell("MUXF7", &[4], &[5]),
            "d": cell("FDRE", &[5], &[6]), "e": cell("LUT2", &[6], &[7]),
        });
        assert_eq!(longest(&cells).expect("a netlist"), Levels { luts: 2, ..Levels::default() });
    }

    #[test]
    fn counts_a_chain_once() {
        let cells = json!({
            "a": cell("LUT2", &[1], &[2]), "b": cell("CARRY4", &[2], &[3]), "c": cell("CARRY4", &[3], &[4]), "d": cell("LUT2", &[4], &[5]),
            "e": cell("CARRY4", &[5], &[6]),
        });
        assert_eq!(longest(&cells).expect("a netlist"), Levels { luts: 2, chains: 2, beside: 1, deep: 0 });
    }

    /// A chain behind `front` LUTs and in front of `behind`, between registers.
    fn through_a_chain(front: u64, behind: u64) -> Levels {
        let mut cells = serde_json::Map::new();
        for i in (1..=front).chain(front + 2..front + 2 + behind) {
            cells.insert(format!("l{i}"), cell("LUT6", &[i], &[i + 1]));
        }
        cells.insert("c".into(), cell("CARRY4", &[front + 1], &[front + 2]));
        cells.insert("r".into(), cell("FDRE", &[front + behind + 2], &[1]));
        longest(&Value::Object(cells)).expect("a netlist")
    }

    #[test]
    fn the_lut_in_front_of_a_chain_is_part_of_it() {
        for (front, behind, beside, deep) in
            [(0, 0, 0, 0), (1, 0, 0, 0), (0, 1, 1, 0), (1, 4, 4, 0), (3, 2, 4, 0), (1, 5, 5, 1), (6, 0, 5, 1)]
        {
            let luts = (front + behind) as u32;
            assert_eq!(through_a_chain(front, behind), Levels { luts, chains: 1, beside, deep });
        }
    }

    #[test]
    fn refuses_a_loop() {
        let cells = json!({"a": cell("LUT2", &[1], &[2]), "b": cell("LUT2", &[2], &[1])});
        assert!(longest(&cells).is_err());
    }

    #[test]
    fn the_write_side_of_a_ram_ends_a_way() {
        let ram = json!({
            "type": "RAM32M",
            "port_directions": {"ADDRA": "input", "ADDRD": "input", "DIA": "input", "DOA": "output"},
            "connections": {"ADDRA": [10], "ADDRD": [3], "DIA": [3], "DOA": [4]},
        });
        let cells = json!({"a": cell("LUT4", &[1], &[2]), "b": cell("LUT4", &[2], &[3]), "m": ram, "c": cell("LUT4", &[4], &[5])});
        assert_eq!(longest(&cells).expect("a netlist"), Levels { luts: 2, ..Levels::default() });
    }
}
