// SPDX-License-Identifier: MIT OR Apache-2.0
//! Expressions as Verilog text.

use super::error::Problem;
use super::flow::Read;
use super::ir::{Expr, Node, SigId};
use super::literal::sized;
use super::process::Printer;

type Result<T> = std::result::Result<T, Problem>;

impl Printer<'_, '_> {
    /// The text of an expression, in parentheses unless it is one word.
    pub(super) fn expr(&mut self, e: &Expr) -> Result<String> {
        Ok(match &e.node {
            Node::Lit(value) => sized(value, e.width),
            Node::Param(name) => {
                self.context.params.insert(name.clone());
                name.clone()
            }
            Node::Sig(id) => self.signal(*id)?,
            Node::Unary(op, a) | Node::Reduce(op, a) => format!("({op}{})", self.expr(a)?),
            Node::Binary(op @ ("<<" | ">>"), a, by) => {
                let by = match &by.node {
                    Node::Lit(by) => by.to_string(),
                    _ => self.expr(by)?,
                };
                format!("({} {op} {by})", self.expr(a)?)
            }
            Node::Binary(op, a, b) => {
                // Equality is the same for both; the rest of the comparisons and products have a sign.
                let signed = a.signed && b.signed && matches!(*op, "<" | "<=" | ">" | ">=" | "*");
                let (a, b) = (self.expr(a)?, self.expr(b)?);
                match signed {
                    true if *op == "*" => format!("$unsigned($signed({}) * $signed({}))", bare(&a), bare(&b)),
                    true => format!("($signed({}) {op} $signed({}))", bare(&a), bare(&b)),
                    false => format!("({a} {op} {b})"),
                }
            }
            Node::Slice(a, low) => {
                let name = self.named(a)?;
                part(&name, a.width, *low, e.width)
            }
            Node::Part(a, at) => {
                let name = self.named(a)?;
                let at = self.expr(at)?;
                if e.width == 1 {
                    format!("{name}[{}]", bare(&at))
                } else {
                    format!("{name}[{at} +: {}]", e.width)
                }
            }
            Node::Widen(a) if a.signed => {
                let name = self.named(a)?;
                let sign = part(&name, a.width, a.width - 1, 1);
                format!("{{{{{}{{{sign}}}}}, {name}}}", e.width - a.width)
            }
            Node::Widen(a) => {
                let text = self.expr(a)?;
                format!("{{{}, {}}}", sized(&0_u32.into(), e.width - a.width), bare(&text))
            }
            Node::Concat(parts) => {
                let parts: Result<Vec<String>> = parts.iter().map(|p| self.expr(p)).collect();
                format!("{{{}}}", parts?.iter().map(|p| bare(p)).collect::<Vec<_>>().join(", "))
            }
        })
    }

    /// A signal as the statement sees it.
    fn signal(&mut self, id: SigId) -> Result<String> {
        self.reads_signals = true;
        let name = self.context.scope.sigs[id].name.clone();
        if !self.group.contains(&id) {
            return Ok(name);
        }
        let Some(stmt) = &self.stmt else { return Ok(name) };
        if self.context.flow.read(id, stmt)? == Read::Intermediate {
            return Ok(name);
        }
        // The process must wake up when the final value changes, and not see what it assigns on the way.
        if let Some((_, wire)) = self.context.finals.iter().find(|(sig, _)| *sig == id) {
            return Ok(wire.clone());
        }
        let wire = self.context.names.fresh(&format!("{name}_final"));
        self.context.finals.push((id, wire.clone()));
        Ok(wire)
    }

    /// A name that bits can be selected from: Verilog has no selects of expressions.
    fn named(&mut self, e: &Expr) -> Result<String> {
        if matches!(e.node, Node::Sig(_)) {
            return self.expr(e);
        }
        let value = self.expr(e)?;
        let value = bare(&value).to_string();
        let mut intermediate = false;
        let stmt = self.stmt.clone();
        e.reads(&mut |sig| intermediate |= stmt.as_ref().is_some_and(|s| self.is_intermediate(sig, s)));
        if intermediate {
            let name = self.context.names.fresh("step");
            self.regs.push((name.clone(), e.width));
            self.before.push(format!("{name} = {value};"));
            return Ok(name);
        }
        if let Some((name, ..)) =
            self.context.wires.iter().find(|(_, width, v)| *width == e.width && *v == value)
        {
            return Ok(name.clone());
        }
        let name = self.context.names.fresh("part");
        self.context.wires.push((name.clone(), e.width, value));
        Ok(name)
    }
}

/// `name[high:low]`, `name[low]` or `name`.
pub(super) fn part(name: &str, of: usize, low: usize, width: usize) -> String {
    match (of, width) {
        (of, width) if of == width => name.to_string(),
        (_, 1) => format!("{name}[{low}]"),
        _ => format!("{name}[{}:{low}]", low + width - 1),
    }
}

/// Without the outer parentheses.
pub(super) fn bare(text: &str) -> &str {
    let Some(inner) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) else { return text };
    let mut depth = 0;
    for c in inner.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return text;
        }
    }
    inner
}
