// SPDX-License-Identifier: MIT OR Apache-2.0
//! The names that a module's code can use: its signals, its children's ports, enum variants, constants, loop variables.

use std::collections::BTreeMap;

use num_bigint::BigUint;
use rust_hdl::prelude::{AtomKind, TypeDescriptor, TypeKind, clog2};

use super::error::Problem;
use super::ir::SigId;
use super::names::Names;
use super::tree::{Leaf, Module};

/// What a signal is to the module.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Role {
    Input,
    Output,
    Local,
    /// Input of the child with this index: assigned here, and read back as what it finally gets.
    ChildInput(usize),
    /// Output of the child with this index.
    ChildOutput(usize),
    /// A pad: linked to one port of one child, and nothing else.
    InOut,
    /// Pad of the child with this index.
    ChildInOut(usize),
}

#[derive(Debug, Clone)]
pub(super) struct Sig {
    /// RustHDL's name: `s$0$inp$data`.
    pub path: String,
    /// Verilog's name: `s_0_inp_data`.
    pub name: String,
    pub width: usize,
    pub signed: bool,
    pub role: Role,
    /// Name of a child's port in the child, empty for the rest.
    pub port: String,
}

/// A localparam.
#[derive(Debug, Clone)]
pub(super) struct Param {
    pub name: String,
    pub value: BigUint,
    pub width: usize,
    pub signed: bool,
}

#[derive(Default)]
pub(super) struct Scope {
    pub sigs: Vec<Sig>,
    pub names: Names,
    /// Instance names of the children.
    pub instances: Vec<String>,
    /// Pads of children, and the pads of this module that they are linked to.
    pub pads: BTreeMap<SigId, SigId>,
    by_path: BTreeMap<String, SigId>,
    constants: BTreeMap<String, Param>,
    /// `Type$Variant` to its value, or nothing when two types disagree.
    variants: BTreeMap<String, Option<Param>>,
    /// The loops around the statement being read, innermost last.
    pub loops: Vec<(String, i128)>,
}

/// What a name stands for.
#[derive(Clone)]
pub(super) enum Named {
    Signal(SigId),
    Param(Param),
    Integer(i128),
}

impl Scope {
    pub fn of(module: &Module) -> Result<Scope, Problem> {
        let mut scope = Scope::default();
        let is_port = |l: &&Leaf| port_role(l.kind).is_some();
        for leaf in module.atoms.iter().filter(is_port) {
            let Some(role) = port_role(leaf.kind) else { continue };
            let name = scope.names.port(&leaf.name)?;
            scope.add(leaf, leaf.name.clone(), name, role)?;
        }
        for leaf in module.atoms.iter().filter(|l| !is_port(l)) {
            match leaf.kind {
                AtomKind::LocalSignal => {
                    let name = scope.names.inner(&leaf.name);
                    scope.add(leaf, leaf.name.clone(), name, Role::Local)?;
                }
                AtomKind::Constant => scope.add_constant(leaf),
                _ => {}
            }
        }
        for (index, child) in module.children.iter().enumerate() {
            let instance = scope.names.inner(&child.instance);
            scope.instances.push(instance);
            for leaf in &child.atoms {
                let role = match leaf.kind {
                    AtomKind::InputParameter => Role::ChildInput(index),
                    AtomKind::OutputParameter => Role::ChildOutput(index),
                    AtomKind::InOutParameter => Role::ChildInOut(index),
                    _ => continue,
                };
                let path = format!("{}${}", child.instance, leaf.name);
                let name = scope.names.inner(&path);
                scope.add(leaf, path, name, role)?;
            }
        }
        Ok(scope)
    }

    fn add(&mut self, leaf: &Leaf, path: String, name: String, role: Role) -> Result<(), Problem> {
        if leaf.width == 0 {
            return Err(Problem::NoBits(path));
        }
        self.add_variants(&leaf.ty);
        self.by_path.insert(path.clone(), self.sigs.len());
        let port = match role {
            // A clash between the ports of the child is found in the child.
            Role::ChildInput(_) | Role::ChildOutput(_) | Role::ChildInOut(_) => leaf.name.replace('$', "_"),
            _ => String::new(),
        };
        self.sigs.push(Sig { path, name, width: leaf.width, signed: leaf.signed, role, port });
        Ok(())
    }

    fn add_constant(&mut self, leaf: &Leaf) {
        self.add_variants(&leaf.ty);
        let name = self.names.upper(&leaf.name);
        let param = Param { name, value: leaf.value.clone(), width: leaf.width, signed: leaf.signed };
        self.constants.insert(leaf.name.clone(), param);
    }

    fn add_variants(&mut self, ty: &TypeDescriptor) {
        match &ty.kind {
            TypeKind::Enum(labels) => {
                for (value, label) in labels.iter().enumerate() {
                    let path = label.replace("::", "$");
                    let width = clog2(labels.len());
                    match self.variants.get_mut(&path) {
                        None => {
                            let name = self.names.upper(label);
                            let param = Param { name, value: value.into(), width, signed: false };
                            self.variants.insert(path, Some(param));
                        }
                        Some(known) => {
                            if known.as_ref().is_some_and(|k| k.value != value.into() || k.width != width) {
                                *known = None;
                            }
                        }
                    }
                }
            }
            TypeKind::Composite(fields) => fields.iter().for_each(|f| self.add_variants(&f.kind)),
            TypeKind::Bits(_) | TypeKind::Signed(_) => {}
        }
    }

    /// Number of variants of the enum that a variant belongs to.
    pub fn variants_of(&self, variant: &str) -> usize {
        let ty = variant.rsplit('$').nth(1).unwrap_or_default();
        self.variants.keys().filter(|k| k.split('$').next() == Some(ty)).count()
    }

    /// Whether a signal or a constant has this name.
    pub fn is_signal(&self, path: &str) -> bool {
        self.by_path.contains_key(path) || self.constants.contains_key(path)
    }

    /// All localparams that the module could use.
    pub fn params(&self) -> impl Iterator<Item = &Param> {
        self.constants.values().chain(self.variants.values().flatten())
    }

    /// Looks up a name as the macro writes it: `s[i + 1]$inp$data$next`.
    pub fn lookup(&self, text: &str) -> Result<Named, Problem> {
        if let Some((_, value)) = self.loops.iter().rev().find(|(name, _)| name == text) {
            return Ok(Named::Integer(*value));
        }
        let path = self.path(text)?;
        if let Some(&id) = self.by_path.get(&path) {
            return match self.sigs[id].role {
                Role::InOut | Role::ChildInOut(_) => Err(Problem::InOut(path)),
                _ => Ok(Named::Signal(id)),
            };
        }
        if let Some(param) = self.constants.get(&path) {
            return Ok(Named::Param(param.clone()));
        }
        let words: Vec<&str> = path.rsplitn(3, '$').collect();
        if let [variant, ty, ..] = words[..] {
            match self.variants.get(&format!("{ty}${variant}")) {
                Some(Some(param)) => return Ok(Named::Param(param.clone())),
                Some(None) => return Err(Problem::AmbiguousName(path)),
                None => {}
            }
        }
        Err(Problem::UnknownName(text.to_string()))
    }

    /// Links a pad of this module to one of a child.
    pub fn link_pads(&mut self, outer: &str, inner: &str) -> Result<(), Problem> {
        let (outer_path, inner_path) = (self.path(outer)?, self.path(inner)?);
        let pad = |path: &str| self.by_path.get(path).map(|id| (*id, self.sigs[*id].role));
        match (pad(&outer_path), pad(&inner_path)) {
            (Some((own, Role::InOut)), Some((child, Role::ChildInOut(_))))
                if !self.pads.contains_key(&child) && !self.pads.values().any(|pad| *pad == own) =>
            {
                self.pads.insert(child, own);
                Ok(())
            }
            _ => Err(Problem::InOut(outer_path)),
        }
    }

    /// `s[i+1].inp$data$next` as `s$1$inp$data`.
    fn path(&self, text: &str) -> Result<String, Problem> {
        let text = text.trim_start_matches('.').replace('.', "$").replace("::", "$");
        let text = text.strip_suffix("$next").unwrap_or(&text);
        let mut path = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('[') {
            let (index, after) =
                after.split_once(']').ok_or_else(|| Problem::UnknownName(text.to_string()))?;
            path.push_str(before);
            path.push_str(&format!("${}", self.array_index(index)?));
            rest = after;
        }
        path.push_str(rest);
        Ok(path)
    }

    /// The value of an array index: integers, loop variables, `+ - * / %` and parentheses.
    fn array_index(&self, text: &str) -> Result<usize, Problem> {
        let mut parser = IndexText { scope: self, text, rest: text };
        let value = parser.sum()?;
        if parser.rest.is_empty() {
            usize::try_from(value).map_err(|_| parser.bad())
        } else {
            Err(parser.bad())
        }
    }
}

/// What a port of this kind is to its module.
fn port_role(kind: AtomKind) -> Option<Role> {
    match kind {
        AtomKind::InputParameter => Some(Role::Input),
        AtomKind::OutputParameter => Some(Role::Output),
        AtomKind::InOutParameter => Some(Role::InOut),
        _ => None,
    }
}

struct IndexText<'a> {
    scope: &'a Scope,
    text: &'a str,
    rest: &'a str,
}

impl IndexText<'_> {
    fn bad(&self) -> Problem {
        Problem::NotConstant(self.text.to_string())
    }

    fn eat(&mut self, c: char) -> bool {
        match self.rest.strip_prefix(c) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn sum(&mut self) -> Result<i128, Problem> {
        let mut value = self.product()?;
        loop {
            if self.eat('+') {
                value += self.product()?;
            } else if self.eat('-') {
                value -= self.product()?;
            } else {
                return Ok(value);
            }
        }
    }

    fn product(&mut self) -> Result<i128, Problem> {
        let mut value = self.atom()?;
        loop {
            if self.eat('*') {
                value *= self.atom()?;
            } else if self.eat('/') {
                value = value.checked_div(self.atom()?).ok_or_else(|| self.bad())?;
            } else if self.eat('%') {
                value = value.checked_rem(self.atom()?).ok_or_else(|| self.bad())?;
            } else {
                return Ok(value);
            }
        }
    }

    fn atom(&mut self) -> Result<i128, Problem> {
        if self.eat('(') {
            let value = self.sum()?;
            return if self.eat(')') { Ok(value) } else { Err(self.bad()) };
        }
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        integer(word)
            .or_else(|| self.scope.loops.iter().rev().find(|(name, _)| name == word).map(|(_, v)| *v))
            .ok_or_else(|| self.bad())
    }
}

/// A Rust integer literal: `12`, `0x1f_u8`, `0b11`.
pub(super) fn integer(text: &str) -> Option<i128> {
    let text = text.replace('_', "");
    let (digits, radix) = match text.get(..2) {
        Some("0x") => (&text[2..], 16),
        Some("0b") => (&text[2..], 2),
        Some("0o") => (&text[2..], 8),
        _ => (text.as_str(), 10),
    };
    let suffixes = ["usize", "u128", "u64", "u32", "u16", "u8", "i64", "i32"];
    let digits = suffixes.iter().find_map(|s| digits.strip_suffix(s)).unwrap_or(digits);
    i128::from_str_radix(digits, radix).ok()
}
