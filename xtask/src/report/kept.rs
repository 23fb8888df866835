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

/// The result `what` of the design in `<name>.v`, with these `tools`, if it was kept in the folder.
///
/// # Errors
/// When the Verilog can't be read.
pub fn get<T: DeserializeOwned>(folder: &Path, name: &str, what: &str, tools: &str) -> Result<Option<T>> {
    let of = identity(folder, name, what, tools)?;
    let Ok(text) = std::fs::read_to_string(folder.join(format!("{name}-{what}.kept"))) else {
        return Ok(None);
    };
    let kept = serde_json::from_str::<Kept<T>>(&text).ok();
    Ok(kept.filter(|kept| kept.of == of).map(|kept| kept.result))
}

/// The kept result, or that of `measure`, which is kept.
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
    if let Some(result) = get(folder, name, what, tools)? {
        return Ok(result);
    }
    let kept = Kept { of: identity(folder, name, what, tools)?, result: measure()? };
    let file = folder.join(format!("{name}-{what}.kept"));
    std::fs::write(&file, serde_json::to_string(&kept)?)
        .with_context(|| format!("writing {}", file.display()))?;
    Ok(kept.result)
}

/// Of a measurement: the design, what is measured of it and by what.
fn identity(folder: &Path, name: &str, what: &str, tools: &str) -> Result<u64> {
    let file = folder.join(format!("{name}.v"));
    let verilog = std::fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
    let mut hasher = DefaultHasher::new();
    (verilog, what, tools).hash(&mut hasher);
    Ok(hasher.finish())
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
