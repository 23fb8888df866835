// SPDX-License-Identifier: MIT OR Apache-2.0
//! The design as a tree of modules, read off the blocks with a [`Probe`].

use num_bigint::BigUint;
use rust_hdl::core::ast::Verilog;
use rust_hdl::prelude::*;

use super::literal;

/// A module instance: its signals, its children and its code.
#[derive(Debug)]
pub(super) struct Module {
    /// Field name in the parent, `s$0` for an array element.
    pub instance: String,
    /// Type name from `module_name!`, if the block has one.
    pub type_name: Option<String>,
    pub atoms: Vec<Leaf>,
    pub children: Vec<Module>,
    pub code: Verilog,
}

/// A signal or constant.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    /// Name within its module: `inp$data`, `t$3`.
    pub name: String,
    pub kind: AtomKind,
    pub width: usize,
    pub signed: bool,
    /// Value of a constant.
    pub value: BigUint,
    pub ty: TypeDescriptor,
}

/// Clock name that marks a [`TimingInfo`] as the type name of a block (see `module_name!`).
pub(super) const TYPE_NAME_MARK: &str = "\u{1}type";

/// Reads a block. Call `connect_all` before.
pub(super) fn read<B: Block>(top: &B, name: &str) -> Option<Module> {
    let mut reader = Reader::default();
    top.accept(name, &mut reader);
    reader.done
}

#[derive(Default)]
struct Reader {
    /// The modules being visited, each with its open interfaces.
    open: Vec<(Module, Vec<String>)>,
    done: Option<Module>,
}

impl Probe for Reader {
    fn visit_start_scope(&mut self, name: &str, node: &dyn Block) {
        let type_name = node.timing().into_iter().find(|t| t.clock == TYPE_NAME_MARK).map(|t| t.name);
        let module = Module {
            instance: name.to_string(),
            type_name,
            atoms: vec![],
            children: vec![],
            code: node.hdl(),
        };
        self.open.push((module, vec![]));
    }

    fn visit_start_namespace(&mut self, name: &str, _node: &dyn Block) {
        if let Some((_, namespace)) = self.open.last_mut() {
            namespace.push(name.to_string());
        }
    }

    fn visit_atom(&mut self, name: &str, signal: &dyn Atom) {
        let Some((module, namespace)) = self.open.last_mut() else { return };
        let mut path = namespace.clone();
        path.push(name.to_string());
        let (value, _) = literal::parse(&signal.verilog());
        module.atoms.push(Leaf {
            name: path.join("$"),
            kind: signal.kind(),
            width: signal.bits(),
            signed: matches!(signal.descriptor().kind, TypeKind::Signed(_)),
            value: value.to_biguint().unwrap_or_default(),
            ty: signal.descriptor(),
        });
    }

    fn visit_end_namespace(&mut self, _name: &str, _node: &dyn Block) {
        if let Some((_, namespace)) = self.open.last_mut() {
            namespace.pop();
        }
    }

    fn visit_end_scope(&mut self, _name: &str, _node: &dyn Block) {
        let Some((module, _)) = self.open.pop() else { return };
        match self.open.last_mut() {
            Some((parent, _)) => parent.children.push(module),
            None => self.done = Some(module),
        }
    }
}
