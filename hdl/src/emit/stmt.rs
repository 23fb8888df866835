// SPDX-License-Identifier: MIT OR Apache-2.0
//! Statements of the AST with loops unrolled, links turned into assignments and constant conditions decided.

use std::rc::Rc;

use rust_hdl::core::ast::{
    VerilogBlock, VerilogBlockOrConditional, VerilogConditional, VerilogExpression as Ast, VerilogLink,
    VerilogMatch, VerilogStatement,
};

use super::error::Problem;
use super::ir::{Expr, Node, Path, SigId, Stmt, StmtKind};
use super::scope::{Named, Role, Scope, integer};
use super::text;
use super::value::{constant, own_width, sized, value, width_of};

/// A problem and the line that it stands on.
pub(super) type Located = (Problem, String);
type Result<T> = std::result::Result<T, Located>;

/// Reads the update code of a module.
pub(super) fn read(scope: &mut Scope, block: &VerilogBlock) -> Result<Vec<Stmt>> {
    Reader { scope, next: 0, path: Rc::default() }.block(block)
}

struct Reader<'a> {
    scope: &'a mut Scope,
    next: usize,
    path: Path,
}

impl Reader<'_> {
    fn block(&mut self, block: &VerilogBlock) -> Result<Vec<Stmt>> {
        let mut out = vec![];
        for statement in block {
            self.statement(statement, &mut out)?;
        }
        Ok(out)
    }

    fn statement(&mut self, statement: &VerilogStatement, out: &mut Vec<Stmt>) -> Result<()> {
        let line = || text::of_statement(statement);
        match statement {
            VerilogStatement::Assignment(to, from) => {
                let kind = self.assignment(to, from).map_err(|p| (p, line()))?;
                self.push(kind, line(), out);
            }
            VerilogStatement::SliceAssignment { base, width, offset, replacement } => {
                let kind = self.field(base, *width, offset, replacement).map_err(|p| (p, line()))?;
                self.push(kind, line(), out);
            }
            VerilogStatement::If(c) => self.conditional(c, line(), out)?,
            VerilogStatement::Match(m) => self.case(m, line(), out)?,
            VerilogStatement::Loop(l) => {
                // The macro writes `self.i` and `i` the same.
                if self.scope.is_signal(&l.index) {
                    return Err((Problem::AmbiguousName(l.index.clone()), line()));
                }
                for i in l.from.as_usize()..l.to.as_usize() {
                    self.scope.loops.push((l.index.clone(), i as i128));
                    let block = self.block(&l.block);
                    self.scope.loops.pop();
                    out.extend(block?);
                }
            }
            VerilogStatement::Comment(_) => {}
            VerilogStatement::Link(links) => {
                for link in links {
                    if let VerilogLink::Bidirectional(l) = link {
                        let (outer, inner) = (end(&l.owner_name, &l.my_name), end(&l.other_name, &l.my_name));
                        self.scope.link_pads(&outer, &inner).map_err(|p| (p, line()))?;
                        continue;
                    }
                    let (to, from) = ends(link).map_err(|p| (p, line()))?;
                    let text = format!("{} = {};", to.replace('$', "."), from.replace('$', "."));
                    let (to, from) = (Ast::Signal(format!("{to}$next")), Ast::Signal(from));
                    let kind = self.assignment(&to, &from).map_err(|p| (p, text.clone()))?;
                    self.push(kind, text, out);
                }
            }
            VerilogStatement::Macro(block) => out.extend(self.block(block)?),
        }
        Ok(())
    }

    fn push(&mut self, kind: StmtKind, text: String, out: &mut Vec<Stmt>) {
        let id = self.take_id();
        out.push(Stmt { id, path: self.path.clone(), text: text.into(), kind });
    }

    fn take_id(&mut self) -> usize {
        self.next += 1;
        self.next
    }

    fn target(&self, to: &Ast) -> std::result::Result<SigId, Problem> {
        let Ast::Signal(name) = to else { return Err(Problem::NotAssignable(text::of(to))) };
        match self.scope.lookup(name)? {
            Named::Signal(id) => match self.scope.sigs[id].role {
                Role::Output | Role::Local | Role::ChildInput(_) => Ok(id),
                Role::Input | Role::ChildOutput(_) | Role::InOut | Role::ChildInOut(_) => {
                    Err(Problem::NotAssignable(text::of(to)))
                }
            },
            Named::Param(_) | Named::Integer(_) => Err(Problem::NotAssignable(text::of(to))),
        }
    }

    fn assignment(&self, to: &Ast, from: &Ast) -> std::result::Result<StmtKind, Problem> {
        if !matches!(to, Ast::Signal(name) if name.ends_with("$next")) {
            return Err(Problem::NotAssignable(text::of(to)));
        }
        let target = self.target(to)?;
        let width = self.scope.sigs[target].width;
        let value = self.whole(from, width, self.scope.sigs[target].signed)?;
        Ok(StmtKind::Assign { target, low: 0, value })
    }

    /// The right side of an assignment. `to_bits()` of a trait that widens and `signed_bit_cast` are not in the AST; as
    /// the whole right side (`lint-hdl` sees to that) they show as a difference in width. An operator without parentheses
    /// was not what they were called on.
    fn whole(&self, from: &Ast, width: usize, signed: bool) -> std::result::Result<Expr, Problem> {
        match width_of(self.scope, from)? {
            Some(own)
                if own < width && !matches!(from, Ast::Binary(..) | Ast::Unary(..))
                    || is_signed_cast(from) =>
            {
                let value = own_width(self.scope, from)?;
                let signed = signed && value.signed;
                Ok(value.with_sign(signed).resized(width))
            }
            _ => value(self.scope, from, width),
        }
    }

    fn field(
        &self,
        base: &Ast,
        width: usize,
        offset: &Ast,
        from: &Ast,
    ) -> std::result::Result<StmtKind, Problem> {
        let target = self.target(base)?;
        let low = constant(self.scope, offset)?
            .and_then(|v| usize::try_from(v).ok())
            .ok_or_else(|| Problem::NotConstant(text::of(offset)))?;
        let whole = self.scope.sigs[target].width;
        if low + width > whole {
            return Err(Problem::OutOfRange { of: text::of(base), width: whole, low, high: low + width - 1 });
        }
        Ok(StmtKind::Assign { target, low, value: self.whole(from, width, false)? })
    }

    /// A block inside of branch `arm` of statement `id`.
    fn branch(&mut self, id: usize, arm: usize, block: &VerilogBlock) -> Result<Vec<Stmt>> {
        let outer = self.path.clone();
        let mut path = outer.as_ref().clone();
        path.push((id, arm));
        self.path = Rc::new(path);
        let block = self.block(block);
        self.path = outer;
        block
    }

    fn conditional(&mut self, c: &VerilogConditional, line: String, out: &mut Vec<Stmt>) -> Result<()> {
        let known = constant(self.scope, &c.test).map_err(|p| (p, line.clone()))?;
        if known.is_some_and(|v| v != 0) {
            out.extend(self.block(&c.then)?);
            return Ok(());
        }
        let test = match known {
            Some(_) => None,
            None => Some(value(self.scope, &c.test, 1).map_err(|p| (p, line.clone()))?),
        };
        let id = self.take_id();
        let then = if test.is_some() { self.branch(id, 0, &c.then)? } else { vec![] };
        let other = match &c.otherwise {
            VerilogBlockOrConditional::Block(block) => self.branch(id, 1, block)?,
            VerilogBlockOrConditional::Conditional(nested) => {
                self.branch(id, 1, &vec![nested.as_ref().clone()])?
            }
            VerilogBlockOrConditional::None => vec![],
        };
        match test {
            None => out.extend(other),
            Some(test) => {
                let kind = StmtKind::If { test, then, other };
                out.push(Stmt { id, path: self.path.clone(), text: line.into(), kind });
            }
        }
        Ok(())
    }

    fn case(&mut self, m: &VerilogMatch, line: String, out: &mut Vec<Stmt>) -> Result<()> {
        let at = |p: Problem| (p, line.clone());
        if let Some(known) = constant(self.scope, &m.test).map_err(at)? {
            let arm =
                m.cases.iter().find(|c| c.condition == "default" || integer(&c.condition) == Some(known));
            if let Some(arm) = arm {
                out.extend(self.block(&arm.block)?);
            }
            return Ok(());
        }
        let test = own_width(self.scope, &m.test).map_err(at)?.with_sign(false);
        let id = self.take_id();
        let (mut arms, mut default, mut labels) = (vec![], None, 0);
        let mut variants = None;
        for (number, case) in m.cases.iter().enumerate() {
            let block = self.branch(id, number, &case.block)?;
            if case.condition == "default" {
                default = Some(block);
                break; // later arms are unreachable
            }
            let label = self.label(&case.condition, test.width).map_err(at)?;
            if matches!(label.node, Node::Param(_)) {
                variants = Some(self.scope.variants_of(&case.condition));
            }
            labels += 1;
            arms.push((label, block));
        }
        // Rust has checked that the arms cover the type: with all variants named, the last arm also takes the codes
        // that no variant has.
        let all = variants.or(1_usize.checked_shl(test.width as u32));
        let default = match default {
            Some(block) => block,
            None if all == Some(labels) => arms.pop().map(|(_, block)| block).unwrap_or_default(),
            None => vec![],
        };
        let kind = StmtKind::Case { test, arms, default };
        out.push(Stmt { id, path: self.path.clone(), text: line.into(), kind });
        Ok(())
    }

    fn label(&self, condition: &str, width: usize) -> std::result::Result<Expr, Problem> {
        let literal = match condition {
            "true" => Some(1),
            "false" => Some(0),
            other => integer(other),
        };
        if let Some(value) = literal {
            return sized(value.into(), width);
        }
        match self.scope.lookup(condition)? {
            Named::Param(p) if p.width == width => Ok(Expr::new(width, Node::Param(p.name))),
            Named::Param(p) => {
                Err(Problem::WidthMismatch { of: condition.to_string(), width: p.width, wanted: width })
            }
            Named::Signal(_) | Named::Integer(_) => Err(Problem::NotConstant(condition.to_string())),
        }
    }
}

/// `signed_bit_cast` loses its widths in the macro.
fn is_signed_cast(e: &Ast) -> bool {
    matches!(e, Ast::Signed(_))
}

/// The signal that a link drives and the one that it reads.
fn ends(link: &VerilogLink) -> std::result::Result<(String, String), Problem> {
    match link {
        VerilogLink::Forward(l) => Ok((end(&l.other_name, &l.my_name), end(&l.owner_name, &l.my_name))),
        VerilogLink::Backward(l) => Ok((end(&l.owner_name, &l.my_name), end(&l.other_name, &l.my_name))),
        VerilogLink::Bidirectional(l) => Err(Problem::InOut(end(&l.owner_name, &l.my_name))),
    }
}

/// One end of a link: a signal, or one within a bundle.
fn end(owner: &str, mine: &str) -> String {
    let mine = mine.trim_start_matches('.').replace('.', "$");
    if mine.is_empty() { owner.to_string() } else { format!("{owner}${mine}") }
}
