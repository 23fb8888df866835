// SPDX-License-Identifier: MIT OR Apache-2.0
//! Two ways to reach a model: a shared object loaded at run time, a static library linked by a build script.

use crate::find::Verilator;
use crate::source::{Options, Source, Trace};
use crate::{cache, compile, shim, tool};
use anyhow::{Context, Result};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Increase when this crate changes what it makes of the same text.
const RECIPE: u32 = 1;

fn libraries(trace: Trace) -> Result<Vec<&'static str>> {
    match trace {
        Trace::Off | Trace::Vcd => Ok(Vec::new()),
        Trace::Fst if Verilator::find()?.fst_needs_lz4() => Ok(vec!["z", "lz4"]),
        Trace::Fst => Ok(vec!["z"]),
    }
}

/// The shared object of `source`, built or taken from the cache.
pub(crate) fn shared(source: &Source, options: Options) -> Result<PathBuf> {
    let key = (source, options, &Verilator::find()?.version, RECIPE, "shared");
    let folder = cache::get(&source.top, &key, |work| {
        let mut objects = compile::objects(source, options, work)?;
        objects.extend(compile::runtime(options)?);
        let mut command = tool::compiler();
        command.args(["-shared", "-pthread", "-o"]).arg(work.join("model.so")).args(objects);
        command.args(libraries(options.trace)?.iter().map(|name| format!("-l{name}")));
        tool::run(&mut command).with_context(|| format!("linking {}", source.top))?;
        keep(work, &["model.so"])
    })?;
    Ok(folder.join("model.so"))
}

/// For build scripts: builds every source, prints what cargo must link, and returns Rust text with a constructor for each
/// model (`pub fn <top>() -> syncline_verilate::Model`), to be written into `OUT_DIR` and included.
pub fn link(sources: &[Source], options: Options) -> Result<String> {
    let mut folders = Vec::new();
    for source in sources {
        let key = (source, options, &Verilator::find()?.version, RECIPE, "static");
        let library = format!("lib{}.a", source.top);
        folders.push(cache::get(&source.top, &key, |work| {
            let objects = compile::objects(source, options, work)?;
            archive(&work.join(&library), &objects)?;
            keep(work, &[&library])
        })?);
    }
    let objects = compile::runtime(options)?;
    let key = (options, &objects, RECIPE, "static runtime");
    let runtime = cache::get("libverilated", &key, |work| archive(&work.join("libverilated.a"), &objects))?;

    let mut glue = String::new();
    for (source, folder) in sources.iter().zip(&folders) {
        println!("cargo::rustc-link-search=native={}", folder.display());
        println!("cargo::rustc-link-lib=static={}", source.top);
        let (top, symbol) = (&source.top, shim::entry_symbol(&source.top));
        write!(
            glue,
            "/// A new `{top}` model.\n\
             pub fn {top}() -> ::syncline_verilate::Model {{\n    \
                 // SAFETY: the shim of syncline-verilate defines this constant.\n    \
                 unsafe extern \"C\" {{\n        #[link_name = \"{symbol}\"]\n        \
                 safe static ENTRY: ::syncline_verilate::Entry;\n    }}\n    \
                 ::syncline_verilate::Model::linked(&ENTRY)\n}}\n\n"
        )?;
    }
    println!("cargo::rustc-link-search=native={}", runtime.display());
    println!("cargo::rustc-link-lib=static=verilated");
    libraries(options.trace)?.iter().for_each(|name| println!("cargo::rustc-link-lib={name}"));
    let cpp = if cfg!(target_os = "macos") { "c++" } else { "stdc++" };
    println!("cargo::rustc-link-lib={cpp}");
    ["VERILATOR", "VERILATOR_ROOT", "CXX"].iter().for_each(|v| println!("cargo::rerun-if-env-changed={v}"));
    Ok(glue)
}

fn archive(library: &Path, objects: &[PathBuf]) -> Result<()> {
    let ar = std::env::var_os("AR").unwrap_or_else(|| "ar".into());
    tool::run(Command::new(ar).arg("crs").arg(library).args(objects)).map(drop)
}

/// Removes all files of `folder` but `names`: objects and C++ are big.
fn keep(folder: &Path, names: &[&str]) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if !names.iter().any(|name| entry.file_name() == *name) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
