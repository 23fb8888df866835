// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask lint-hdl`: what `#[hdl_gen]` drops or mistranslates without a word.
//!
//! The macro turns the *syntax* of an update function into Verilog and forgets some of it on the way: `..=`, match
//! guards, attributes, which conversion was called and what on. No printer can see what is gone, so this reads the source.

mod macros;
mod rules;

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// Something that means one thing in Rust and another in Verilog.
#[derive(Debug, PartialEq)]
pub struct Finding {
    pub line: usize,
    pub message: String,
}

/// Reads all hardware (`hdl/src`, `hdl/boards/src`) and fails with the findings.
pub fn run(workspace_root: &Path) -> Result<()> {
    let mut files = vec![];
    for folder in ["hdl/src", "hdl/boards/src"] {
        source_files(&workspace_root.join(folder), &mut files)?;
    }
    let (mut findings, mut functions) = (vec![], 0);
    for file in &files {
        let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        let (found, count) = scan(&text).with_context(|| format!("parsing {}", file.display()))?;
        let name = file.strip_prefix(workspace_root).unwrap_or(file).display();
        findings.extend(found.iter().map(|f| format!("{name}:{}: {}", f.line, f.message)));
        functions += count;
    }
    if !findings.is_empty() {
        bail!("{} finding(s):\n{}", findings.len(), findings.join("\n"));
    }
    println!("lint-hdl: {functions} update functions in {} files, nothing found", files.len());
    Ok(())
}

fn source_files(dir: &Path, out: &mut Vec<PathBuf>) -> Result<()> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(dir)
        .with_context(|| format!("reading {}", dir.display()))?
        .map(|e| e.map(|e| e.path()))
        .collect::<std::io::Result<_>>()?;
    entries.sort();
    for path in entries {
        if path.ends_with("hdl/src/emit") {
            continue; // the printer: its tests hold bad blocks on purpose
        }
        if path.is_dir() {
            source_files(&path, out)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
    Ok(())
}

/// The findings in one file, and how many update functions it has.
fn scan(text: &str) -> Result<(Vec<Finding>, usize)> {
    let file = syn::parse_file(text)?;
    let mut scan = Scan { findings: vec![], functions: 0, metavariables: vec![] };
    scan.visit_file(&file);
    scan.findings.sort_by_key(|f| f.line);
    Ok((scan.findings, scan.functions))
}

/// Looks for update functions, in macros too.
struct Scan {
    findings: Vec<Finding>,
    functions: usize,
    /// Names that stand for what a macro is called with.
    metavariables: Vec<String>,
}

impl Scan {
    fn function(&mut self, attrs: &[syn::Attribute], name: &syn::Ident, body: &syn::Block) {
        if attrs.iter().any(|a| a.path().segments.last().is_some_and(|s| s.ident == "hdl_gen")) {
            self.functions += 1;
            self.findings.extend(rules::check(body, &self.metavariables));
        } else if rules::IMITATED.contains(&name.to_string().as_str()) {
            self.findings.push(Finding {
                line: name.span().start().line,
                message: format!(
                    "`{name}` is a name that hdl_gen translates: call this function something else"
                ),
            });
        }
    }
}

impl<'ast> Visit<'ast> for Scan {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.attrs, &item.sig.ident, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.attrs, &item.sig.ident, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if call.tokens.to_string().contains("hdl_gen") {
            self.findings.push(Finding {
                line: call.path.span().start().line,
                message: "lint-hdl does not see hdl_gen in what a macro is called with".into(),
            });
        }
    }

    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        if !item.mac.path.is_ident("macro_rules") || !item.mac.tokens.to_string().contains("hdl_gen") {
            return visit::visit_item_macro(self, item);
        }
        for arm in macros::arms(item.mac.tokens.clone()) {
            match arm.parsed {
                Ok(file) => {
                    let outer = std::mem::replace(&mut self.metavariables, arm.metavariables);
                    self.visit_file(&file);
                    self.metavariables = outer;
                }
                Err(error) => self.findings.push(Finding {
                    line: arm.line,
                    message: format!("lint-hdl cannot read this macro with hdl_gen in it: {error}"),
                }),
            }
        }
    }
}

#[cfg(test)]
mod tests;
