// SPDX-License-Identifier: MIT OR Apache-2.0
//! From Verilog text to object files.

use crate::cache;
use crate::find::Verilator;
use crate::source::{Optimize, Options, Source, Trace};
use crate::{ports, shim, tool};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// C++ files above this many bytes in total are compiled in parallel.
const PARALLEL_FROM: u64 = 400_000;

/// Translates and compiles `source` in `work`; the object files of the model and its shim.
pub(crate) fn objects(source: &Source, options: Options, work: &Path) -> Result<Vec<PathBuf>> {
    let verilator = Verilator::find()?;
    let top = &source.top;
    let file = work.join(format!("{top}.v"));
    std::fs::write(&file, &source.text).with_context(|| format!("writing {}", file.display()))?;
    verilator.run(&arguments(source, options, &file, work)).with_context(|| format!("Verilating {top}"))?;

    let header = work.join(format!("V{top}.h"));
    let header = std::fs::read_to_string(&header).with_context(|| format!("reading {}", header.display()))?;
    let shim_file = format!("{top}_shim.cpp");
    std::fs::write(work.join(&shim_file), shim::text(top, &ports::parse(&header)?, options.trace))?;

    let makefile = work.join(format!("V{top}_classes.mk"));
    let makefile =
        std::fs::read_to_string(&makefile).with_context(|| format!("reading {}", makefile.display()))?;
    let files = |names: [&str; 2]| -> Vec<String> {
        names.iter().flat_map(|name| list(&makefile, name)).map(|name| name + ".cpp").collect()
    };
    let mut fast = files(["VM_CLASSES_FAST", "VM_SUPPORT_FAST"]);
    fast.push(shim_file);
    // What runs once (constructors, initial blocks) is half of the text: no time is spent on making it quick.
    let slow = files(["VM_CLASSES_SLOW", "VM_SUPPORT_SLOW"]);
    let once = Options { optimize: Optimize::O1, ..options };
    let mut objects = compile_all(&fast, &format!("{top}_fast"), options, work)?;
    objects.extend(compile_all(&slow, &format!("{top}_slow"), once, work)?);
    Ok(objects)
}

fn arguments(source: &Source, options: Options, file: &Path, work: &Path) -> Vec<String> {
    let mut args: Vec<String> =
        ["--cc", "-O3", "--no-timing", "-Wno-fatal", "--noassert"].map(String::from).to_vec();
    args.extend(["--top-module".into(), source.top.clone(), "--prefix".into(), format!("V{}", source.top)]);
    args.extend(["--Mdir".into(), work.display().to_string(), file.display().to_string()]);
    let x = if options.randomize_x { "unique" } else { "fast" };
    args.extend(["--x-assign".into(), x.into(), "--x-initial".into(), x.into()]);
    match options.trace {
        Trace::Off => {}
        Trace::Vcd => args.push("--trace".into()),
        Trace::Fst => args.push("--trace-fst".into()),
    }
    args
}

/// Verilator's own C++ (`verilated.cpp`, ...), compiled once for each set of flags.
pub(crate) fn runtime(options: Options) -> Result<Vec<PathBuf>> {
    let verilator = Verilator::find()?;
    let mut names = vec!["verilated", "verilated_threads"];
    match options.trace {
        Trace::Off => {}
        Trace::Vcd => names.push("verilated_vcd_c"),
        Trace::Fst => names.push("verilated_fst_c"),
    }
    let flags = Options { optimize: Optimize::O1, randomize_x: false, ..options };
    let key = (flags, &names, &verilator.version, &verilator.include, "runtime 1");
    let folder = cache::get("runtime", &key, |work| {
        for name in &names {
            let file = verilator.include.join(format!("{name}.cpp"));
            compile(&file, &work.join(format!("{name}.o")), flags)?;
        }
        Ok(())
    })?;
    Ok(names.iter().map(|name| folder.join(format!("{name}.o"))).collect())
}

/// Compiles `files` as one translation unit (their headers cost more than they do) or, if they are big, as one for each
/// processor.
fn compile_all(files: &[String], name: &str, options: Options, work: &Path) -> Result<Vec<PathBuf>> {
    let size = |file: &String| std::fs::metadata(work.join(file)).map_or(0, |m| m.len());
    let total: u64 = files.iter().map(size).sum();
    let processors = std::thread::available_parallelism().map_or(1, |n| n.get());
    let units = if total > PARALLEL_FROM { processors } else { 1 };
    let mut bins = vec![(0, String::new()); units];
    let mut by_size: Vec<_> = files.iter().collect();
    by_size.sort_by_key(|file| std::cmp::Reverse(size(file)));
    for file in by_size {
        let bin = bins.iter_mut().min_by_key(|bin| bin.0).context("no translation unit")?;
        bin.0 += size(file);
        bin.1 += &format!("#include \"{file}\"\n");
    }
    std::thread::scope(|scope| {
        let jobs: Vec<_> = bins
            .into_iter()
            .enumerate()
            .map(|(i, (_, text))| {
                scope.spawn(move || {
                    let unit = work.join(format!("{name}{i}.cpp"));
                    std::fs::write(&unit, text)?;
                    let object = unit.with_extension("o");
                    compile(&unit, &object, options)?;
                    Ok(object)
                })
            })
            .collect();
        jobs.into_iter().map(|job| job.join().expect("a compile thread panicked")).collect()
    })
}

fn compile(file: &Path, object: &Path, options: Options) -> Result<()> {
    let verilator = Verilator::find()?;
    let level = match options.optimize {
        Optimize::O1 => "-O1",
        Optimize::O3 => "-O3",
    };
    let on = |yes: bool| u8::from(yes);
    let mut command = tool::compiler();
    command.args(["-std=c++17", level, "-fPIC", "-w", "-c"]).arg(file).arg("-o").arg(object);
    command.arg("-I").arg(&verilator.include).arg("-I").arg(verilator.include.join("vltstd"));
    command.args(["-DVERILATOR=1", "-DVL_TIME_CONTEXT", "-DVM_SC=0", "-DVM_COVERAGE=0", "-DVM_TIMING=0"]);
    command.arg(format!("-DVM_TRACE={}", on(options.trace != Trace::Off)));
    command.arg(format!("-DVM_TRACE_VCD={}", on(options.trace == Trace::Vcd)));
    command.arg(format!("-DVM_TRACE_FST={}", on(options.trace == Trace::Fst)));
    tool::run(&mut command).map(drop)
}

/// The words of `name += \` in a makefile of Verilator.
fn list(makefile: &str, name: &str) -> Vec<String> {
    let Some((_, rest)) = makefile.split_once(&format!("{name} += \\\n")) else { return Vec::new() };
    let lines = rest.lines().map(str::trim).take_while(|line| !line.is_empty());
    lines.map(|line| line.trim_end_matches('\\').trim().to_owned()).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makefile_lists() {
        let text = "A = 1\nVM_FAST += \\\n\tVtop \\\n\tVtop__0 \\\n\nVM_SLOW += \\\n\n";
        assert_eq!(list(text, "VM_FAST"), ["Vtop", "Vtop__0"]);
        assert!(list(text, "VM_SLOW").is_empty());
        assert!(list(text, "VM_NONE").is_empty());
    }
}
