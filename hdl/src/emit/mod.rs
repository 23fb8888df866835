// SPDX-License-Identifier: MIT OR Apache-2.0
//! A Verilog printer that keeps what Rust means.
//!
//! RustHDL's own `generate_verilog` loses Rust's precedence and widths without a word. This printer works on the same
//! public syntax tree, but gives every operator the width that it has in Rust, sizes every literal, and refuses what it
//! cannot print truly ([`EmitError`]). `#[hdl_gen]` itself drops some things before any printer can see them;
//! `cargo xtask lint-hdl` looks for those in the source.
//!
//! * A signal is computed by one `assign` or one `always @(*)` of its own that reads the final values of other signals,
//!   so that `valid` and `ready` of a stream do not look like a loop; see `flow`.
//! * A flip-flop is a register in its parent, equal modules are printed once, `inp$data` is called `inp_data`.
//! * A module is called after its type with [`module_name!`](crate::module_name), otherwise after its field.

#[doc(hidden)]
pub mod bench;
pub mod check;
mod error;
mod flow;
mod fold;
mod index;
mod ir;
mod leaf;
mod literal;
mod module;
mod names;
mod print_expr;
mod process;
mod scope;
mod stmt;
mod text;
mod tree;
mod value;

use std::collections::{BTreeMap, BTreeSet};

use rust_hdl::core::ast::Verilog;
use rust_hdl::prelude::*;

pub use error::{EmitError, Problem};
use module::Child;
use stmt::Located;
use tree::Module;

/// Calls a block's module after its Rust type: put `crate::module_name!();` into `impl Logic`.
#[macro_export]
macro_rules! module_name {
    () => {
        fn timing(&self) -> Vec<rust_hdl::prelude::TimingInfo> {
            $crate::emit::type_name_of::<Self>()
        }
    };
}

/// What [`module_name!`](crate::module_name) puts into a block: RustHDL has no other place for a type's name.
pub fn type_name_of<B>() -> Vec<TimingInfo> {
    vec![TimingInfo {
        name: names::of_type(std::any::type_name::<B>()),
        clock: tree::TYPE_NAME_MARK.into(),
        inputs: vec![],
        outputs: vec![],
    }]
}

/// Prints a design, after `connect_all`, with its top module called `name`.
///
/// # Errors
/// When the design has no true Verilog: latches, unassigned signals, unknown names and so on.
pub fn verilog<B: Block>(top: &B, name: &str) -> Result<String, EmitError> {
    let located = |problem: Problem| EmitError { module: name.into(), line: String::new(), problem };
    let tree = tree::read(top, name)
        .ok_or_else(|| located(Problem::Unsupported("a signal or an interface as the top".into())))?;
    if !matches!(tree.code, Verilog::Combinatorial(_) | Verilog::Custom(_) | Verilog::Wrapper(_)) {
        return Err(located(Problem::Unsupported("a top without logic".into())));
    }
    let mut design = Design::default();
    let top = design.add(&tree, name)?;
    design.print(&top, name).map_err(located)
}

/// Connects and prints a block. Boxed: wide designs are too large for the stack.
///
/// # Errors
/// As [`verilog`].
pub fn emit_top<B: Block>(mut top: Box<B>, name: &str) -> Result<String, EmitError> {
    top.connect_all();
    verilog(top.as_ref(), name)
}

/// The distinct modules of a design.
#[derive(Default)]
struct Design {
    modules: Vec<Distinct>,
    /// Body to index in `modules`.
    known: BTreeMap<String, usize>,
    /// Texts of black boxes, each once.
    foreign: BTreeSet<String>,
    foreign_names: BTreeSet<String>,
}

struct Distinct {
    body: String,
    /// Type names, or field names of the instances where there are none.
    type_names: BTreeSet<String>,
    instances: Vec<String>,
}

/// Stands for a module's name until all names are known.
fn placeholder(index: usize) -> String {
    format!("\u{1}{index}\u{1}")
}

impl Design {
    /// Adds a module and all below; gives the placeholder of its name.
    fn add(&mut self, module: &Module, path: &str) -> Result<String, EmitError> {
        let located = |(problem, line): Located| EmitError { module: path.into(), line, problem };
        let here = |problem: Problem| EmitError { module: path.into(), line: String::new(), problem };
        let mut children = vec![];
        for child in &module.children {
            children.push(self.child(child, &format!("{path}.{}", child.instance))?);
        }
        let is_leaf = module.children.is_empty();
        let body = match &module.code {
            Verilog::Combinatorial(block) => module::print(module, block, &children).map_err(located)?,
            Verilog::Custom(code) if is_leaf => module::custom(module, code, false).map_err(here)?,
            Verilog::Wrapper(wrapper) if is_leaf => {
                if !wrapper.cores.trim().is_empty() {
                    self.foreign.insert(wrapper.cores.trim().to_string());
                }
                module::custom(module, &wrapper.code, true).map_err(here)?
            }
            _ => {
                return Err(here(Problem::Unsupported(
                    "a module without code, or text around children".into(),
                )));
            }
        };
        let index = *self.known.entry(body.clone()).or_insert_with(|| {
            self.modules.push(Distinct { body, type_names: BTreeSet::new(), instances: vec![] });
            self.modules.len() - 1
        });
        let distinct = &mut self.modules[index];
        distinct.type_names.extend(module.type_name.clone());
        distinct.instances.push(module.instance.clone());
        Ok(placeholder(index))
    }

    fn child(&mut self, child: &Module, path: &str) -> Result<Child, EmitError> {
        if let Some(reset) = module::register(child) {
            return Ok(Child::Register(reset));
        }
        let has_output = child.atoms.iter().any(|a| a.kind == AtomKind::OutputParameter);
        match &child.code {
            Verilog::Empty if !has_output => Ok(Child::Nothing),
            Verilog::Blackbox(b) => {
                self.foreign.insert(b.code.trim().to_string());
                self.foreign_names.insert(b.name.clone());
                Ok(Child::Instance(b.name.clone()))
            }
            _ => Ok(Child::Instance(self.add(child, path)?)),
        }
    }

    /// All modules, the top first.
    fn print(&self, top: &str, name: &str) -> Result<String, Problem> {
        let mut used: BTreeSet<String> = self.foreign_names.clone();
        let mut final_names = vec![String::new(); self.modules.len()];
        for (index, module) in self.modules.iter().enumerate().rev() {
            let wanted = match module.type_names.iter().next() {
                _ if placeholder(index) == top => names::plain(name)?,
                Some(type_name) => type_name.clone(),
                None => names::common(&module.instances),
            };
            let wanted = names::plain(&wanted).unwrap_or_else(|_| format!("{wanted}_block"));
            let mut unique = wanted.clone();
            let mut n = 2;
            while !used.insert(unique.clone()) {
                unique = format!("{wanted}_{n}");
                n += 1;
            }
            final_names[index] = unique;
        }
        let mut out = format!(
            "// {name}: printed from RustHDL by syncline-hdl {}. Do not edit.\n",
            env!("CARGO_PKG_VERSION")
        );
        for (index, module) in self.modules.iter().enumerate().rev() {
            out.push_str(&format!("\nmodule {}", final_names[index]));
            let mut parts = module.body.split('\u{1}');
            out.push_str(parts.next().unwrap_or_default());
            while let (Some(index), Some(text)) = (parts.next(), parts.next()) {
                out.push_str(index.parse().ok().and_then(|i: usize| final_names.get(i)).map_or("", |n| n));
                out.push_str(text);
            }
        }
        for text in &self.foreign {
            out.push_str(&format!("\n{text}\n"));
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests;
