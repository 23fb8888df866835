// SPDX-License-Identifier: MIT OR Apache-2.0
//! Results of earlier runs: a whole report takes an hour, so what was measured of the very same Verilog with the same tools is taken again.
//! Who changes how it is measured removes `target/report`.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Kept<T> {
    of: u64,
    result: T,
}

/// The result `what` of the design in `<name>.v`: the one in the folder if it is of this Verilog and these `tools`, or that of `measure`.
///
/// # Errors
/// Those of `measure`, or when a file can't be read or written.
pub fn or<T: Serialize + DeserializeOwned>(
    folder: &Path,
    name: &str,
    what: &str,
    tools: &str,
    measure: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let file = folder.join(format!("{name}.v"));
    let verilog = std::fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
    let mut hasher = DefaultHasher::new();
    (verilog, what, tools).hash(&mut hasher);
    let of = hasher.finish();
    let file = folder.join(format!("{name}-{what}.kept"));
    if let Ok(text) = std::fs::read_to_string(&file)
        && let Ok(kept) = serde_json::from_str::<Kept<T>>(&text)
        && kept.of == of
    {
        return Ok(kept.result);
    }
    let kept = Kept { of, result: measure()? };
    std::fs::write(&file, serde_json::to_string(&kept)?)
        .with_context(|| format!("writing {}", file.display()))?;
    Ok(kept.result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_again_when_the_design_or_the_tools_change() {
        let folder = std::env::temp_dir().join(format!("syncline-kept-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let verilog = |text: &str| std::fs::write(folder.join("a.v"), text).expect("a file");
        let measure = |what: &str, tools: &str, value: u32| {
            or(&folder, "a", what, tools, || Ok(value)).expect("a result")
        };
        verilog("module a;");
        assert_eq!(measure("xc7", "1", 1), 1);
        assert_eq!(measure("xc7", "1", 2), 1, "kept");
        assert_eq!(measure("ecp5", "1", 3), 3);
        assert_eq!(measure("xc7", "2", 4), 4);
        verilog("module b;");
        assert_eq!(measure("xc7", "2", 5), 5);
        std::fs::remove_dir_all(&folder).expect("the folder goes");
    }
}
