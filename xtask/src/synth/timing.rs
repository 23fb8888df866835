// SPDX-License-Identifier: MIT OR Apache-2.0
//! What place and route reached: nextpnr's report, its clocks held against what was asked.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::fmt::Write;

/// The frequency that is asked for clocks that nothing constrains, in MHz: none reaches it, so that none is forgotten.
pub const UNCONSTRAINED: u32 = 999;

/// Clocks and cells of a routed design.
pub struct Timing {
    pub clocks: Vec<Clock>,
    /// Kind of cell, used, available; of those that are used.
    pub cells: Vec<(String, u64, u64)>,
    pub paths: Vec<Path>,
}

/// A clock, in MHz.
pub struct Clock {
    pub name: String,
    pub reached: f64,
    pub asked: f64,
}

/// The longest path within a clock or from one to another.
pub struct Path {
    pub clocks: (String, String),
    pub cells: (String, String),
    pub delay: f64,
    pub logic: usize,
}

impl Timing {
    /// Reads the report.
    pub fn read(text: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(text).context("nextpnr's report")?;
        let mut clocks = vec![];
        for (name, figures) in value["fmax"].as_object().context("no `fmax` in nextpnr's report")? {
            let number =
                |key: &str| figures[key].as_f64().with_context(|| format!("no `{key}` of clock {name}"));
            clocks.push(Clock {
                name: name.clone(),
                reached: number("achieved")?,
                asked: number("constraint")?,
            });
        }
        let mut cells = vec![];
        for (kind, count) in
            value["utilization"].as_object().context("no `utilization` in nextpnr's report")?
        {
            let number = |key: &str| count[key].as_u64().with_context(|| format!("no `{key}` of {kind}"));
            if number("used")? > 0 {
                cells.push((kind.clone(), number("used")?, number("available")?));
            }
        }
        let paths = value["critical_paths"].as_array().into_iter().flatten().filter_map(path).collect();
        Ok(Self { clocks, cells, paths })
    }

    /// Fails if a clock is too slow or was not asked for anything.
    pub fn check(&self) -> Result<()> {
        ensure!(!self.clocks.is_empty(), "nextpnr reports no clock: is the design empty?");
        let mut faults = vec![];
        for Clock { name, reached, asked } in &self.clocks {
            if (asked - f64::from(UNCONSTRAINED)).abs() < 0.5 {
                faults.push(format!("nothing constrains the clock {name}"));
            } else if reached < asked {
                faults.push(format!("the clock {name} reaches {reached:.1} MHz of {asked:.1}"));
            }
        }
        ensure!(faults.is_empty(), "{}", faults.join("; "));
        Ok(())
    }

    /// For a reader.
    pub fn page(&self) -> String {
        let mut page = String::from("| clock | reached, MHz | asked, MHz | |\n|---|--:|--:|---|\n");
        for Clock { name, reached, asked } in &self.clocks {
            let verdict = if reached < asked { "**not met**" } else { "met" };
            write(&mut page, format_args!("| `{name}` | {reached:.1} | {asked:.1} | {verdict} |"));
        }
        write(
            &mut page,
            format_args!("\n| longest path | ns | cells of logic | from | to |\n|---|--:|--:|---|---|"),
        );
        for path in &self.paths {
            let ((from, to), (first, last)) = (&path.clocks, &path.cells);
            write(
                &mut page,
                format_args!(
                    "| {from} to {to} | {:.2} | {} | `{first}` | `{last}` |",
                    path.delay, path.logic
                ),
            );
        }
        write(&mut page, format_args!("\n| cells, as placed | used | of |\n|---|--:|--:|"));
        for (kind, used, available) in &self.cells {
            write(&mut page, format_args!("| {kind} | {used} | {available} |"));
        }
        page
    }
}

fn write(page: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(page, "{line}").expect("a String takes everything");
}

fn path(value: &Value) -> Option<Path> {
    let steps = value["path"].as_array()?;
    let (first, last) = (steps.first()?, steps.last()?);
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    Some(Path {
        clocks: (text(&value["from"]), text(&value["to"])),
        cells: (text(&first["from"]["cell"]), text(&last["to"]["cell"])),
        delay: steps.iter().filter_map(|step| step["delay"].as_f64()).sum(),
        logic: steps.iter().filter(|step| step["type"] == "logic").count(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(reached: f64, asked: f64) -> String {
        format!(
            r#"{{"fmax": {{"core": {{"achieved": {reached}, "constraint": {asked}}}}},
                "utilization": {{"LUT": {{"used": 7, "available": 10}}, "DSP": {{"used": 0, "available": 3}}}},
                "critical_paths": [{{"from": "posedge core", "to": "posedge core", "path": [
                    {{"delay": 0.5, "type": "clk-to-q", "from": {{"cell": "a"}}, "to": {{"cell": "a"}}}},
                    {{"delay": 1.25, "type": "logic", "from": {{"cell": "b"}}, "to": {{"cell": "c"}}}}]}}]}}"#
        )
    }

    #[test]
    fn clocks_cells_and_paths_are_read() {
        let timing = Timing::read(&report(70.0, 62.5)).unwrap();
        timing.check().unwrap();
        assert_eq!(timing.cells, [("LUT".to_owned(), 7, 10)]);
        let path = &timing.paths[0];
        assert_eq!(
            (path.delay, path.logic, path.cells.0.as_str(), path.cells.1.as_str()),
            (1.75, 1, "a", "c")
        );
        assert!(timing.page().contains("| `core` | 70.0 | 62.5 | met |"), "{}", timing.page());
    }

    #[test]
    fn a_slow_clock_fails() {
        let timing = Timing::read(&report(62.4, 62.5)).unwrap();
        assert_eq!(timing.check().unwrap_err().to_string(), "the clock core reaches 62.4 MHz of 62.5");
        assert!(timing.page().contains("**not met**"));
    }

    #[test]
    fn a_clock_without_a_constraint_fails() {
        let error = Timing::read(&report(2000.0, 999.0)).unwrap().check().unwrap_err().to_string();
        assert_eq!(error, "nothing constrains the clock core");
    }

    #[test]
    fn a_report_without_clocks_fails() {
        assert!(Timing::read(r#"{"fmax": {}, "utilization": {}}"#).unwrap().check().is_err());
        assert!(Timing::read("{}").is_err());
    }
}
