// SPDX-License-Identifier: MIT OR Apache-2.0
//! Signals that are computed from constants only: `always @(*)` would never run, so their value is computed here.

use num_bigint::BigUint;

use super::ir::{Expr, Node, SigId, Stmt, StmtKind};
use super::literal::ones;
use super::scope::Scope;

/// What a process without signals gives the one signal it assigns, if it is simple enough to tell.
pub(super) fn process(scope: &Scope, sig: SigId, code: &[Stmt]) -> Option<BigUint> {
    let mut bits = BigUint::default();
    block(scope, sig, code, &mut bits)?;
    Some(bits)
}

fn block(scope: &Scope, sig: SigId, code: &[Stmt], bits: &mut BigUint) -> Option<()> {
    for stmt in code {
        match &stmt.kind {
            StmtKind::Assign { target, low, value } if *target == sig => {
                let field = ones(value.width) << *low;
                *bits = (&*bits | &field) ^ &field | expr(scope, value)? << *low;
            }
            StmtKind::Assign { .. } => return None,
            StmtKind::If { test, then, other } => {
                let taken = if expr(scope, test)? == BigUint::default() { other } else { then };
                block(scope, sig, taken, bits)?;
            }
            StmtKind::Case { test, arms, default } => {
                let test = expr(scope, test)?;
                let arm = arms.iter().find(|(label, _)| expr(scope, label).as_ref() == Some(&test));
                block(scope, sig, arm.map_or(default, |(_, block)| block), bits)?;
            }
        }
    }
    Some(())
}

/// The value of an expression without signals.
fn expr(scope: &Scope, e: &Expr) -> Option<BigUint> {
    let all = ones(e.width);
    Some(match &e.node {
        Node::Lit(value) => value.clone(),
        Node::Param(name) => scope.params().find(|p| p.name == *name)?.value.clone(),
        Node::Unary('~', a) => expr(scope, a)? ^ all,
        Node::Slice(a, low) => (expr(scope, a)? >> *low) & all,
        Node::Widen(a) if !a.signed => expr(scope, a)?,
        Node::Concat(parts) => parts
            .iter()
            .try_fold(BigUint::default(), |bits, part| Some((bits << part.width) | expr(scope, part)?))?,
        Node::Binary(op, a, b) => {
            let (a, b) = (expr(scope, a)?, expr(scope, b)?);
            match *op {
                "+" => (a + b) & all,
                "&" | "&&" => a & b,
                "|" | "||" => a | b,
                "^" => a ^ b,
                "==" => u32::from(a == b).into(),
                "!=" => u32::from(a != b).into(),
                _ => return None,
            }
        }
        _ => return None,
    })
}
