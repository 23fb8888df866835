// SPDX-License-Identifier: MIT OR Apache-2.0
//! One process (a group of signals that are computed together) as Verilog text.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::error::Problem;
use super::flow::{Flow, Read};
use super::fold;
use super::ir::{Expr, Node, SigId, Stmt, StmtKind};
use super::literal::sized;
use super::names::Names;
use super::print_expr::{bare, part};
use super::scope::Scope;
use super::stmt::Located;

/// What processes share: the module's names and the wires that they ask for.
pub(super) struct Context<'a> {
    pub scope: &'a Scope,
    pub flow: &'a Flow<'a>,
    pub names: &'a mut Names,
    /// Wires for intermediate results: name, width, value.
    pub wires: Vec<(String, usize, String)>,
    /// Signals whose final value a process of their own reads: the signal and the wire that repeats it.
    pub finals: Vec<(SigId, String)>,
    /// Localparams used.
    pub params: BTreeSet<String>,
}

/// A process as text.
pub(super) struct Process {
    /// `assign` for one unconditional assignment, otherwise an `always` block.
    pub is_assign: bool,
    pub text: String,
    /// Registers that the process uses within itself: name and width.
    pub regs: Vec<(String, usize)>,
}

pub(super) struct Printer<'c, 'a> {
    pub context: &'c mut Context<'a>,
    pub group: &'c BTreeSet<SigId>,
    /// The statement whose expressions are being printed.
    pub stmt: Option<Stmt>,
    pub regs: Vec<(String, usize)>,
    /// Assignments to `regs` that come before the statement.
    pub before: Vec<String>,
    pub reads_signals: bool,
}

/// Prints the process of a group.
pub(super) fn print(
    context: &mut Context<'_>,
    group: &BTreeSet<SigId>,
    code: &[Stmt],
) -> std::result::Result<Process, Located> {
    let scope = context.scope;
    let mut printer =
        Printer { context, group, stmt: None, regs: vec![], before: vec![], reads_signals: false };
    if let [Stmt { kind: StmtKind::Assign { target, low: 0, value }, text, .. }] = code {
        let sig = &scope.sigs[*target];
        if value.width == sig.width {
            printer.stmt = Some(code[0].clone());
            let value = printer.expr(value).map_err(|p| (p, text.to_string()))?;
            return Ok(Process {
                is_assign: true,
                text: format!("assign {} = {};\n", sig.name, bare(&value)),
                regs: vec![],
            });
        }
    }
    let mut body = String::new();
    printer.block(code, 1, &mut body)?;
    if !printer.reads_signals {
        let Some(&id) = group.first() else { return Err((Problem::Undriven(String::new()), String::new())) };
        let sig = &scope.sigs[id];
        return match fold::process(scope, id, code) {
            Some(value) => Ok(Process {
                is_assign: true,
                text: format!("assign {} = {};\n", sig.name, sized(&value, sig.width)),
                regs: vec![],
            }),
            None => {
                let line = code.last().map(|s| s.text.to_string()).unwrap_or_default();
                Err((Problem::ConstantProcess(sig.path.clone()), line))
            }
        };
    }
    let mut text = String::from("always @(*) begin\n");
    for (name, width) in &printer.regs {
        let _ = writeln!(text, "  {name} = {};", sized(&0_u32.into(), *width));
    }
    text.push_str(&body);
    text.push_str("end\n");
    Ok(Process { is_assign: false, text, regs: printer.regs })
}

/// The value of a single unconditional assignment when it is a plain signal, a literal or a localparam.
pub(super) fn plain_value(code: &[Stmt], width: usize) -> Option<&Expr> {
    match code {
        [Stmt { kind: StmtKind::Assign { low: 0, value, .. }, .. }]
            if value.width == width && matches!(value.node, Node::Sig(_) | Node::Lit(_) | Node::Param(_)) =>
        {
            Some(value)
        }
        _ => None,
    }
}

impl Printer<'_, '_> {
    fn block(&mut self, block: &[Stmt], depth: usize, out: &mut String) -> std::result::Result<(), Located> {
        for stmt in block {
            self.statement(stmt, depth, false, out)?;
        }
        Ok(())
    }

    fn statement(
        &mut self,
        stmt: &Stmt,
        depth: usize,
        after_else: bool,
        out: &mut String,
    ) -> std::result::Result<(), Located> {
        let pad = "  ".repeat(depth);
        let at = |p: Problem| (p, stmt.text.to_string());
        self.stmt = Some(stmt.clone());
        let mut line = String::new();
        match &stmt.kind {
            StmtKind::Assign { target, low, value } => {
                let name = self.part_name(*target, *low, value.width);
                let value = self.expr(value).map_err(at)?;
                self.flush(&pad, out);
                let _ = writeln!(out, "{pad}{name} = {};", bare(&value));
            }
            StmtKind::If { test, then, other } => {
                let mut test = bare(&self.expr(test).map_err(at)?).to_string();
                self.flush(&pad, out);
                let (mut then, mut other) = (then, other);
                if then.is_empty() {
                    let word = test.chars().all(|c| c.is_alphanumeric() || c == '_');
                    test = if word { format!("!{test}") } else { format!("!({test})") };
                    std::mem::swap(&mut then, &mut other);
                }
                let first = if after_else { "" } else { &pad };
                let _ = writeln!(line, "{first}if ({test}) begin");
                out.push_str(&line);
                self.block(then, depth + 1, out)?;
                if let [nested @ Stmt { kind: StmtKind::If { .. }, .. }] = &other[..]
                    && self.needs_no_reg(nested)
                {
                    let _ = write!(out, "{pad}end else ");
                    return self.statement(nested, depth, true, out);
                }
                if !other.is_empty() {
                    let _ = writeln!(out, "{pad}end else begin");
                    self.block(other, depth + 1, out)?;
                }
                let _ = writeln!(out, "{pad}end");
            }
            StmtKind::Case { test, arms, default } => {
                let test = self.expr(test).map_err(at)?;
                let mut labels = vec![];
                for (label, _) in arms {
                    labels.push(self.expr(label).map_err(at)?);
                }
                self.flush(&pad, out);
                let _ = writeln!(out, "{pad}case ({})", bare(&test));
                for (label, (_, block)) in labels.iter().zip(arms) {
                    self.arm(label, block, depth + 1, out)?;
                }
                self.arm("default", default, depth + 1, out)?;
                let _ = writeln!(out, "{pad}endcase");
            }
        }
        Ok(())
    }

    fn arm(
        &mut self,
        label: &str,
        block: &[Stmt],
        depth: usize,
        out: &mut String,
    ) -> std::result::Result<(), Located> {
        let pad = "  ".repeat(depth);
        if block.is_empty() {
            let _ = writeln!(out, "{pad}{label}: ;");
            return Ok(());
        }
        let _ = writeln!(out, "{pad}{label}: begin");
        self.block(block, depth + 1, out)?;
        let _ = writeln!(out, "{pad}end");
        Ok(())
    }

    fn flush(&mut self, pad: &str, out: &mut String) {
        for line in self.before.drain(..) {
            let _ = writeln!(out, "{pad}{line}");
        }
    }

    /// Whether a nested `if` can follow `else` on its line: its condition reads no intermediate values.
    fn needs_no_reg(&self, stmt: &Stmt) -> bool {
        let StmtKind::If { test, .. } = &stmt.kind else { return false };
        let mut none = true;
        test.reads(&mut |sig| none &= !self.is_intermediate(sig, stmt));
        none
    }

    pub(super) fn is_intermediate(&self, sig: SigId, stmt: &Stmt) -> bool {
        self.group.contains(&sig) && self.context.flow.read(sig, stmt) == Ok(Read::Intermediate)
    }

    /// `name[high:low]`, or `name` when that is all of it.
    fn part_name(&self, sig: SigId, low: usize, width: usize) -> String {
        let sig = &self.context.scope.sigs[sig];
        part(&sig.name, sig.width, low, width)
    }
}
