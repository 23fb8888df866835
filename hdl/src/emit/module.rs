// SPDX-License-Identifier: MIT OR Apache-2.0
//! The text of one module: ports, declarations, children and processes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use rust_hdl::core::ast::{Verilog, VerilogBlock};
use rust_hdl::prelude::AtomKind;

use super::error::Problem;
use super::flow::{self, Flow};
use super::ir::{Expr, Node, SigId, Stmt};
use super::leaf;
use super::literal::sized;
use super::names::Names;
use super::process::{self, Context, Process};
use super::scope::{Role, Scope};
use super::stmt::{self, Located};
use super::tree::Module;

/// How a child is printed in its parent.
pub(super) enum Child {
    /// An instance of the module that this placeholder stands for.
    Instance(String),
    /// A register in the parent itself, with its value at power-up.
    Register(num_bigint::BigUint),
    /// Nothing: simulation only.
    Nothing,
}

/// What a parent connects to the ports of its children: the port's signal to an expression.
type Connections = BTreeMap<SigId, Expr>;

/// Prints everything from the port list to `endmodule`.
pub(super) fn print(module: &Module, block: &VerilogBlock, children: &[Child]) -> Result<String, Located> {
    let here = |p: Problem| (p, String::new());
    let mut scope = Scope::of(module).map_err(here)?;
    let code = stmt::read(&mut scope, block)?;
    let mut names = std::mem::take(&mut scope.names);
    let flow = Flow::of(&scope, &code);
    check_driven(&scope, &flow, children).map_err(here)?;

    let groups = flow.groups(&code)?;
    let read = reads(&code);
    let mut connections = Connections::new();
    let mut processes: Vec<(BTreeSet<SigId>, Process)> = vec![];
    let mut context = Context {
        scope: &scope,
        flow: &flow,
        names: &mut names,
        wires: vec![],
        finals: vec![],
        params: BTreeSet::new(),
    };
    for group in groups {
        let statements = flow::process(&group, &code);
        for &sig in &group {
            flow.check_latch(sig, &statements).map_err(|p| (p, last_text(&statements)))?;
        }
        if let (1, Some(&sig)) = (group.len(), group.first()) {
            let is_pin = matches!(scope.sigs[sig].role, Role::ChildInput(_)) && !read.contains(&sig);
            if let (true, Some(value)) = (is_pin, process::plain_value(&statements, scope.sigs[sig].width)) {
                if let Node::Param(name) = &value.node {
                    context.params.insert(name.clone());
                }
                connections.insert(sig, value.clone());
                continue;
            }
        }
        let process = process::print(&mut context, &group, &statements)?;
        processes.push((group, process));
    }
    let Context { wires, finals, params, .. } = context;

    let mut regs: BTreeSet<SigId> = BTreeSet::new();
    for (group, process) in &processes {
        if !process.is_assign {
            regs.extend(group);
        }
    }
    let mut out = ports(&scope, &regs);
    localparams(&scope, &params, &mut out);
    declarations(&scope, &flow, children, &connections, &regs, &mut out);
    for (sig, name) in &finals {
        let sig = &scope.sigs[*sig];
        let _ = writeln!(out, "  wire {}{name} = {};", range(sig.width), sig.name);
    }
    for (name, width, value) in &wires {
        let _ = writeln!(out, "  wire {}{name} = {value};", range(*width));
    }
    for (_, process) in &processes {
        for (name, width) in &process.regs {
            let _ = writeln!(out, "  reg {}{name};", range(*width));
        }
    }
    for (_, process) in &processes {
        if !process.is_assign {
            out.push('\n');
        }
        for line in process.text.lines() {
            let _ = writeln!(out, "  {line}");
        }
    }
    for (index, child) in children.iter().enumerate() {
        instance(&scope, index, child, &connections, &mut out);
    }
    out.push_str("endmodule\n");
    Ok(out)
}

fn last_text(code: &[Stmt]) -> String {
    code.last().map(|s| s.text.to_string()).unwrap_or_default()
}

/// Every output, every local and every input of a child must be assigned.
fn check_driven(scope: &Scope, flow: &Flow<'_>, children: &[Child]) -> Result<(), Problem> {
    for (id, sig) in scope.sigs.iter().enumerate() {
        let must = match sig.role {
            Role::Output | Role::Local => true,
            Role::ChildInput(index) => !matches!(children[index], Child::Nothing),
            Role::InOut | Role::ChildInOut(_) => {
                let linked = scope.pads.contains_key(&id) || scope.pads.values().any(|pad| *pad == id);
                if !linked {
                    return Err(Problem::Undriven(sig.path.clone()));
                }
                false
            }
            Role::Input | Role::ChildOutput(_) => false,
        };
        if must && !flow.is_written(id) {
            return Err(Problem::Undriven(sig.path.clone()));
        }
    }
    Ok(())
}

fn reads(code: &[Stmt]) -> BTreeSet<SigId> {
    let mut out = BTreeSet::new();
    flow::visit(code, &mut |s| s.exprs().iter().for_each(|e| e.reads(&mut |sig| out.extend([sig]))));
    out
}

/// `[7:0] `, or nothing for one bit.
pub(super) fn range(width: usize) -> String {
    if width == 1 { String::new() } else { format!("[{}:0] ", width - 1) }
}

fn ports(scope: &Scope, regs: &BTreeSet<SigId>) -> String {
    let mut lines = vec![];
    for (id, sig) in scope.sigs.iter().enumerate() {
        let kind = match sig.role {
            Role::Input => "input  wire",
            Role::Output if regs.contains(&id) => "output reg ",
            Role::Output => "output wire",
            Role::InOut => "inout  wire",
            _ => continue,
        };
        lines.push(format!("  {kind} {}{}", range(sig.width), sig.name));
    }
    port_list(&lines)
}

fn port_list(lines: &[String]) -> String {
    if lines.is_empty() { " ();\n".into() } else { format!(" (\n{}\n);\n", lines.join(",\n")) }
}

fn localparams(scope: &Scope, used: &BTreeSet<String>, out: &mut String) {
    for param in scope.params().filter(|p| used.contains(&p.name)) {
        let _ = writeln!(
            out,
            "  localparam {}{} = {};",
            range(param.width),
            param.name,
            sized(&param.value, param.width)
        );
    }
}

fn declarations(
    scope: &Scope,
    flow: &Flow<'_>,
    children: &[Child],
    connections: &Connections,
    regs: &BTreeSet<SigId>,
    out: &mut String,
) {
    for (id, sig) in scope.sigs.iter().enumerate() {
        let kind = match sig.role {
            Role::Input | Role::Output | Role::InOut | Role::ChildInOut(_) => continue,
            Role::ChildInput(index) if matches!(children[index], Child::Nothing) && !flow.is_written(id) => {
                continue;
            }
            Role::ChildInput(_) if connections.contains_key(&id) => continue,
            Role::ChildOutput(index) if matches!(children[index], Child::Nothing) => continue,
            Role::ChildOutput(index) if matches!(children[index], Child::Register(_)) => "reg",
            _ if regs.contains(&id) => "reg",
            _ => "wire",
        };
        let _ = writeln!(out, "  {kind} {}{};", range(sig.width), sig.name);
    }
}

fn instance(scope: &Scope, index: usize, child: &Child, connections: &Connections, out: &mut String) {
    let ports: Vec<(SigId, String)> = (scope.sigs.iter().enumerate())
        .filter(|(_, s)| matches!(s.role, Role::ChildInput(i) | Role::ChildOutput(i) | Role::ChildInOut(i) if i == index))
        .map(|(id, s)| (id, s.port.clone()))
        .collect();
    let connected = |id: SigId| match connections.get(&id).map(|e| (&e.node, e.width)) {
        Some((Node::Sig(from), _)) => scope.sigs[*from].name.clone(),
        Some((Node::Lit(value), width)) => sized(value, width),
        Some((Node::Param(name), _)) => name.clone(),
        _ => scope.sigs[*scope.pads.get(&id).unwrap_or(&id)].name.clone(),
    };
    match child {
        Child::Nothing => {}
        Child::Register(reset) => {
            let pin = |name: &str| {
                ports.iter().find(|(_, port)| port == name).map(|(id, _)| connected(*id)).unwrap_or_default()
            };
            let width = ports.iter().find(|(_, p)| p == "q").map_or(1, |(id, _)| scope.sigs[*id].width);
            let q = pin("q");
            let _ = writeln!(out, "\n  initial {q} = {};", sized(reset, width));
            let _ = writeln!(out, "  always @(posedge {}) {q} <= {};", pin("clock"), pin("d"));
        }
        Child::Instance(module) => {
            let _ = writeln!(out, "\n  {module} {} (", scope.instances[index]);
            let lines: Vec<String> =
                ports.iter().map(|(id, port)| format!("    .{port}({})", connected(*id))).collect();
            let _ = writeln!(out, "{}\n  );", lines.join(",\n"));
        }
    }
}

/// A module whose text is written by hand: `$` of the port names becomes `_` in it.
pub(super) fn custom(module: &Module, code: &str, outputs_are_nets: bool) -> Result<String, Problem> {
    let mut names = Names::default();
    let mut lines = vec![];
    let mut text = code.to_string();
    for port in &module.atoms {
        let kind = match port.kind {
            AtomKind::InputParameter => "input  wire",
            AtomKind::OutputParameter => {
                let name = port.name.replace('$', "_");
                let net = outputs_are_nets || leaf::is_assigned_as_net(code, &port.name);
                if net || leaf::is_assigned_as_net(code, &name) { "output wire" } else { "output reg " }
            }
            AtomKind::InOutParameter => "inout  wire",
            _ => continue,
        };
        if port.width == 0 {
            return Err(Problem::NoBits(port.name.clone()));
        }
        let name = names.port(&port.name)?;
        text = leaf::rename(&text, &port.name, &name);
        lines.push(format!("  {kind} {}{name}", range(port.width)));
    }
    let mut out = port_list(&lines);
    for line in text.lines() {
        let _ = writeln!(out, "  {line}");
    }
    out.push_str("endmodule\n");
    Ok(out)
}

/// The value at power-up when a module is a flip-flop of RustHDL.
pub(super) fn register(module: &Module) -> Option<num_bigint::BigUint> {
    let Verilog::Custom(code) = &module.code else { return None };
    let ports: Vec<&str> = module.atoms.iter().map(|a| a.name.as_str()).collect();
    if ports != ["d", "q", "clock"] || !module.children.is_empty() {
        return None;
    }
    leaf::flip_flop_reset(code)
}
