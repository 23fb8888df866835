// SPDX-License-Identifier: MIT OR Apache-2.0
//! The rules for the body of one update function.
//!
//! What they rest on, in `rust-hdl-macros`: `hdl_for_loop` ignores the kind of range; `hdl_match` ignores guards and
//! takes any name as a label; no function looks at attributes; `hdl_call` goes by how the call's text starts and keeps
//! one argument, for `signed_bit_cast` not even the width; `hdl_method` drops `val`, `into`, `index` and `to_bits`;
//! `hdl_map_path` writes any path down as a signal's name.

use super::Finding;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{BinOp, Expr, Pat, RangeLimits};

/// Functions that hdl_gen knows by name: one of ours with such a name would pass as the real one.
pub const IMITATED: &[&str] = &[
    "bits",
    "bit_cast",
    "signed_cast",
    "unsigned_cast",
    "signed_bit_cast",
    "val",
    "index",
    "any",
    "all",
    "xor",
    "get_bit",
    "get_bits",
    "replace_bit",
    "to_signed_bits",
];

/// The calls that hdl_gen translates truly.
const CASTS: &[&str] = &["bit_cast", "bits", "signed_cast", "unsigned_cast", "signed_bit_cast"];

/// The findings in an update function; `metavariables` are names that a macro replaces by literals.
pub fn check(body: &syn::Block, metavariables: &[String]) -> Vec<Finding> {
    let mut rules =
        Rules { findings: vec![], loops: metavariables.to_vec(), whole: None, index_is_fine: false };
    rules.visit_block(body);
    rules.findings
}

struct Rules {
    findings: Vec<Finding>,
    /// Loop variables in scope, and metavariables.
    loops: Vec<String>,
    /// The right side of the assignment being looked at.
    whole: Option<*const Expr>,
    /// Inside of the argument of `get_bit`, `get_bits` or `replace_bit`, where `usize` arithmetic is meant.
    index_is_fine: bool,
}

impl Rules {
    fn find(&mut self, at: &impl Spanned, message: impl Into<String>) {
        self.findings.push(Finding { line: at.span().start().line, message: message.into() });
    }

    fn is_whole(&self, e: &Expr) -> bool {
        self.whole == Some(std::ptr::from_ref(e))
    }

    fn call(&mut self, e: &Expr, call: &syn::ExprCall) {
        let Expr::Path(path) = call.func.as_ref() else {
            return self.find(call, "hdl_gen takes no calls but of named functions");
        };
        let names: Vec<String> = path.path.segments.iter().map(|s| s.ident.to_string()).collect();
        let name = names.last().map(String::as_str).unwrap_or_default();
        let is_link = names.len() > 1 && matches!(name, "join" | "link") && call.args.len() == 2;
        let is_cast = names.len() == 1 && CASTS.contains(&name) && call.args.len() == 1;
        if !is_link && !is_cast {
            let starts = ["bits", "Bits", "bit_cast", "signed_cast", "signed_bit_cast", "unsigned_cast"];
            let known = starts.iter().any(|s| names[0].starts_with(s));
            let why = if known { "hdl_gen would take it for a cast" } else { "hdl_gen has no functions" };
            self.find(call, format!("`{}` is not translated: {why}", names.join("::")));
        }
        if is_cast && name == "signed_bit_cast" && !self.is_whole(e) {
            self.find(
                call,
                "`signed_bit_cast` loses its width: make it the whole right side of an assignment",
            );
        }
    }

    fn method(&mut self, e: &Expr, call: &syn::ExprMethodCall) {
        match call.method.to_string().as_str() {
            "to_bits" if !self.is_whole(e) && !self.is_integer(&call.receiver) => {
                self.find(
                    &call.method,
                    "`to_bits` is dropped: make it the whole right side of an assignment",
                );
            }
            "index" if !self.index_is_fine => {
                self.find(
                    &call.method,
                    "`index` is dropped: use it only in get_bit, get_bits, replace_bit, or as all that is matched or compared",
                );
            }
            "index" if is_arithmetic(&call.receiver) => {
                self.find(
                    &call.method,
                    "`index` of an expression: its carry would be kept, assign it to a Local first",
                );
            }
            _ => {}
        }
    }

    /// Looks at an expression where `index` does no harm.
    fn index(&mut self, e: &Expr) {
        let outer = std::mem::replace(&mut self.index_is_fine, true);
        self.visit_expr(e);
        self.index_is_fine = outer;
    }

    /// Literals and loop variables, whose width comes from the context anyway.
    fn is_integer(&self, e: &Expr) -> bool {
        match e {
            Expr::Lit(_) => true,
            Expr::Path(p) => p.path.get_ident().is_some_and(|i| self.loops.contains(&i.to_string())),
            Expr::Paren(p) => self.is_integer(&p.expr),
            Expr::Binary(b) => self.is_integer(&b.left) && self.is_integer(&b.right),
            _ => false,
        }
    }

    fn pattern(&mut self, pattern: &Pat) {
        match pattern {
            Pat::Guard(guard) => {
                self.find(pattern, "the guard of this arm is dropped: use an `if` inside of the arm");
                self.pattern(&guard.pat);
            }
            Pat::Ident(name) => self.find(
                pattern,
                format!(
                    "`{}` binds or is a constant; hdl_gen would look for a signal of that name",
                    name.ident
                ),
            ),
            Pat::Lit(_) | Pat::Path(_) | Pat::Wild(_) => {}
            _ => self.find(pattern, "only literals, enum variants and `_` are translated"),
        }
    }
}

/// Whether an expression is `x.index()` and nothing more.
fn is_index(e: &Expr) -> bool {
    matches!(e, Expr::MethodCall(call) if call.method == "index" && call.args.is_empty())
}

/// Whether an expression can carry out of its width.
fn is_arithmetic(e: &Expr) -> bool {
    match e {
        Expr::Paren(p) => is_arithmetic(&p.expr),
        Expr::Binary(_) | Expr::Unary(_) => true,
        _ => false,
    }
}

impl<'ast> Visit<'ast> for Rules {
    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        self.find(attribute, "hdl_gen does not see attributes");
    }

    fn visit_expr_assign(&mut self, assign: &'ast syn::ExprAssign) {
        self.visit_expr(&assign.left);
        self.whole = Some(std::ptr::from_ref(assign.right.as_ref()));
        self.visit_expr(&assign.right);
        self.whole = None;
    }

    fn visit_expr_match(&mut self, m: &'ast syn::ExprMatch) {
        match m.expr.as_ref() {
            e if is_index(e) => self.index(e),
            other => self.visit_expr(other),
        }
        for arm in &m.arms {
            arm.attrs.iter().for_each(|a| self.visit_attribute(a));
            self.pattern(&arm.pat);
            self.visit_expr(&arm.body);
        }
    }

    fn visit_expr_binary(&mut self, b: &'ast syn::ExprBinary) {
        let compares = matches!(
            b.op,
            BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_)
        );
        let (left, right) = (is_index(&b.left), is_index(&b.right));
        if compares
            && (left || right)
            && (left || self.is_integer(&b.left))
            && (right || self.is_integer(&b.right))
        {
            self.index(&b.left);
            self.index(&b.right);
        } else {
            visit::visit_expr_binary(self, b);
        }
    }

    fn visit_expr_for_loop(&mut self, l: &'ast syn::ExprForLoop) {
        match l.expr.as_ref() {
            Expr::Range(range) => {
                if let RangeLimits::Closed(dots) = &range.limits {
                    self.find(dots, "hdl_gen reads `..=` as `..` and loses the last turn");
                }
            }
            other => self.find(other, "hdl_gen takes only ranges"),
        }
        let Pat::Ident(name) = l.pat.as_ref() else {
            return self.find(&l.pat, "hdl_gen takes only a plain loop variable");
        };
        let name = name.ident.to_string();
        if self.loops.contains(&name) {
            self.find(&l.pat, format!("`{name}` hides another loop variable"));
        }
        self.loops.push(name);
        self.visit_block(&l.body);
        self.loops.pop();
    }

    fn visit_expr(&mut self, e: &'ast Expr) {
        match e {
            Expr::Call(call) => {
                self.call(e, call);
                call.args.iter().for_each(|a| self.visit_expr(a));
            }
            Expr::MethodCall(call) => {
                self.method(e, call);
                self.visit_expr(&call.receiver);
                let outer = self.index_is_fine;
                let name = call.method.to_string();
                for (n, argument) in call.args.iter().enumerate() {
                    self.index_is_fine =
                        n == 0 && matches!(name.as_str(), "get_bit" | "get_bits" | "replace_bit");
                    self.visit_expr(argument);
                }
                self.index_is_fine = outer;
            }
            // The macro copies what stands in brackets; the printer reads it.
            Expr::Index(index) => self.visit_expr(&index.expr),
            Expr::Path(path) => {
                if let Some(name) = path.path.get_ident() {
                    let name = name.to_string();
                    if name != "self" && !self.loops.contains(&name) {
                        self.find(
                            path,
                            format!(
                                "`{name}` is not a signal: constants and const generics need a `Constant`"
                            ),
                        );
                    }
                }
            }
            _ => visit::visit_expr(self, e),
        }
    }

    fn visit_macro(&mut self, _: &'ast syn::Macro) {}
}
