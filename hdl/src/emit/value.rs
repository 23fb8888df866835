// SPDX-License-Identifier: MIT OR Apache-2.0
//! Expressions of the AST with the widths that Rust gives them.
//!
//! The AST keeps Rust's precedence (it is a tree) but no types. They come back from the declared signals: a literal takes
//! the width of the other operand or of the target, everything else has one width of its own.

use num_bigint::Sign;
use num_traits::ToPrimitive;
use rust_hdl::core::ast::{VerilogExpression as Ast, VerilogOp as Op, VerilogOpUnary as UnaryOp};

use super::error::Problem;
use super::index::{self, Index};
use super::ir::{Expr, Node};
use super::literal;
use super::scope::{Named, Scope};
use super::text;

type Result<T> = std::result::Result<T, Problem>;

/// The value of an expression of literals and loop variables.
pub(super) fn constant(scope: &Scope, e: &Ast) -> Result<Option<i128>> {
    Ok(match e {
        Ast::Literal(l) => literal::parse(l).0.to_i128(),
        Ast::Paren(a) => constant(scope, a)?,
        Ast::Signal(name) => match scope.lookup(name)? {
            Named::Integer(value) => Some(value),
            Named::Signal(_) | Named::Param(_) => None,
        },
        Ast::Unary(UnaryOp::Neg, a) => constant(scope, a)?.map(|v| -v),
        Ast::Unary(UnaryOp::Not, a) if width_of(scope, a)? == Some(1) => constant(scope, a)?.map(|v| 1 - v),
        Ast::Binary(a, op, b) => match (constant(scope, a)?, constant(scope, b)?) {
            (Some(a), Some(b)) => fold(a, op, b),
            _ => None,
        },
        _ => None,
    })
}

fn fold(a: i128, op: &Op, b: i128) -> Option<i128> {
    match op {
        Op::Add => a.checked_add(b),
        Op::Sub => a.checked_sub(b),
        Op::Mul => a.checked_mul(b),
        Op::LogicalAnd | Op::BitAnd => Some(a & b),
        Op::LogicalOr | Op::BitOr => Some(a | b),
        Op::BitXor => Some(a ^ b),
        Op::Shl => u32::try_from(b).ok().filter(|b| *b < 64).map(|b| a << b),
        Op::Shr => u32::try_from(b).ok().filter(|b| *b < 64).map(|b| a >> b),
        Op::Eq => Some((a == b).into()),
        Op::Ne => Some((a != b).into()),
        Op::Lt => Some((a < b).into()),
        Op::Le => Some((a <= b).into()),
        Op::Gt => Some((a > b).into()),
        Op::Ge => Some((a >= b).into()),
    }
}

/// The width that Rust's type gives an expression, or nothing for a literal that takes what its context has.
pub(super) fn width_of(scope: &Scope, e: &Ast) -> Result<Option<usize>> {
    Ok(match e {
        Ast::Signal(name) => match scope.lookup(name)? {
            Named::Signal(id) => Some(scope.sigs[id].width),
            Named::Param(param) => Some(param.width),
            Named::Integer(_) => None,
        },
        Ast::Literal(l) => Some(literal::parse(l).1).filter(|bits| *bits == 1),
        Ast::Cast(_, bits) => Some(*bits),
        Ast::Signed(a) | Ast::Unsigned(a) | Ast::Paren(a) => width_of(scope, a)?,
        Ast::Binary(a, op, b) => match op {
            Op::Add | Op::Sub | Op::BitAnd | Op::BitOr | Op::BitXor => {
                width_of(scope, a)?.map_or_else(|| width_of(scope, b), |w| Ok(Some(w)))?
            }
            // `u64 << Bits<N>` is `Bits<64>`.
            Op::Shl | Op::Shr => {
                width_of(scope, a)?.or(if constant(scope, b)?.is_none() { Some(64) } else { None })
            }
            Op::Mul => width_of(scope, a)?.and(width_of(scope, b)?).map(|_| 32),
            _ => Some(1),
        },
        Ast::Unary(UnaryOp::Not | UnaryOp::Neg, a) => width_of(scope, a)?,
        Ast::Unary(..) | Ast::Index(..) => Some(1),
        Ast::Slice(_, width, _) => Some(*width),
        Ast::IndexReplace(a, ..) => width_of(scope, a)?,
    })
}

/// An expression with the width that Rust gives it.
pub(super) fn own_width(scope: &Scope, e: &Ast) -> Result<Expr> {
    let width = width_of(scope, e)?.ok_or_else(|| Problem::NoWidth(text::of(e)))?;
    value(scope, e, width)
}

/// An expression where `width` bits are wanted. Rust has checked the types, so only what the macro loses can differ.
pub(super) fn value(scope: &Scope, e: &Ast, width: usize) -> Result<Expr> {
    if let Some(own) = width_of(scope, e)?.filter(|own| *own != width) {
        return Err(Problem::WidthMismatch { of: text::of(e), width: own, wanted: width });
    }
    if let Some(constant) = constant(scope, e)? {
        return sized(constant.into(), width);
    }
    match e {
        Ast::Signal(name) => Ok(match scope.lookup(name)? {
            Named::Signal(id) => Expr::new(width, Node::Sig(id)).with_sign(scope.sigs[id].signed),
            Named::Param(param) => Expr::new(width, Node::Param(param.name)).with_sign(param.signed),
            Named::Integer(value) => sized(value.into(), width)?,
        }),
        Ast::Literal(l) => sized(literal::parse(l).0, width),
        // `bits::<16>(5)` and `bit_cast::<16, 8>(x)` look the same.
        Ast::Cast(a, _) => match width_of(scope, a)? {
            None => value(scope, a, width),
            Some(own) => Ok(value(scope, a, own)?.with_sign(false).resized(width)),
        },
        Ast::Signed(a) => Ok(value(scope, a, width)?.with_sign(true)),
        Ast::Unsigned(a) => Ok(value(scope, a, width)?.with_sign(false)),
        Ast::Paren(a) => value(scope, a, width),
        Ast::Binary(a, op, b) => binary(scope, a, op, b, width),
        Ast::Unary(UnaryOp::Not, a) => Ok(unary('~', value(scope, a, width)?)),
        Ast::Unary(UnaryOp::Neg, a) => {
            let a = value(scope, a, width)?;
            let signed = a.signed;
            Ok(unary('-', a).with_sign(signed))
        }
        Ast::Unary(op, a) => {
            let op = match op {
                UnaryOp::All => '&',
                UnaryOp::Any => '|',
                _ => '^',
            };
            let a = own_width(scope, a)?;
            // A reduction of one bit is that bit.
            Ok(if a.width == 1 { a.with_sign(false) } else { Expr::new(1, Node::Reduce(op, Box::new(a))) })
        }
        Ast::Index(a, i) => index::select(scope, a, 1, i),
        Ast::Slice(a, width, i) => index::select(scope, a, *width, i),
        Ast::IndexReplace(a, i, v) => replaced(scope, a, i, v),
    }
}

/// A literal, checked against its width.
pub(super) fn sized(value: num_bigint::BigInt, width: usize) -> Result<Expr> {
    let bits = value.bits() as usize;
    match value.sign() {
        Sign::Minus if ((-&value - 1_u32).bits() as usize) < width => {
            let wrapped = (num_bigint::BigInt::from(1_u32) << width) + value;
            Ok(Expr::lit(wrapped.magnitude().clone(), width).with_sign(true))
        }
        Sign::NoSign | Sign::Plus if bits <= width => Ok(Expr::lit(value.magnitude().clone(), width)),
        _ => Err(Problem::LiteralTooLarge { value: format!("{value:#x}"), width }),
    }
}

fn unary(op: char, a: Expr) -> Expr {
    Expr::new(a.width, Node::Unary(op, Box::new(a)))
}

fn binary(scope: &Scope, a: &Ast, op: &Op, b: &Ast, width: usize) -> Result<Expr> {
    let symbol = text::operator(op);
    let (own_a, own_b) = (width_of(scope, a)?, width_of(scope, b)?);
    match op {
        Op::LogicalAnd | Op::LogicalOr => {
            Ok(Expr::binary(1, symbol, value(scope, a, 1)?, value(scope, b, 1)?))
        }
        Op::Shl | Op::Shr => {
            let a = value(scope, a, width)?;
            let by = match constant(scope, b)? {
                Some(by) => sized(by.into(), 32)?,
                None => own_width(scope, b)?,
            };
            Ok(shift(symbol, a, by))
        }
        Op::Add if own_b == Some(1) && width > 1 => {
            // `Bits<N> + bool`
            let b = value(scope, b, 1)?.with_sign(false);
            Ok(Expr::binary(width, "+", value(scope, a, width)?, b.resized(width)))
        }
        Op::Add | Op::Sub | Op::BitAnd | Op::BitOr | Op::BitXor => {
            let (a, b) = (value(scope, a, width)?, value(scope, b, width)?);
            let signed = a.signed && b.signed;
            Ok(Expr::binary(width, symbol, a, b).with_sign(signed))
        }
        Op::Mul => {
            let (a, b) = (value(scope, a, 16)?, value(scope, b, 16)?);
            let signed = a.signed && b.signed;
            let (a, b) = (a.with_sign(signed).resized(32), b.with_sign(signed).resized(32));
            Ok(Expr::binary(32, "*", a, b).with_sign(signed))
        }
        Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge => {
            let operands = own_a.or(own_b).ok_or_else(|| Problem::NoWidth(text::of(a)))?;
            Ok(Expr::binary(1, symbol, value(scope, a, operands)?, value(scope, b, operands)?))
        }
    }
}

/// A shift by any amount; what falls out is gone and zeros come in, as in Rust.
pub(super) fn shift(symbol: &'static str, a: Expr, by: Expr) -> Expr {
    let width = a.width;
    if let Node::Lit(by) = &by.node {
        match by.to_usize() {
            Some(0) => return a,
            Some(by) if by < width => {}
            _ => return Expr::lit(0_u32, width),
        }
    }
    Expr::binary(width, symbol, a.with_sign(false), by.with_sign(false))
}

fn replaced(scope: &Scope, a: &Ast, i: &Ast, v: &Ast) -> Result<Expr> {
    let of = text::of(a);
    let a = own_width(scope, a)?;
    let width = a.width;
    let v = value(scope, v, 1)?;
    match Index::of(scope, i)? {
        Index::Constant(low) if low >= width => Err(Problem::OutOfRange { of, width, low, high: low }),
        Index::Constant(low) => {
            let mut parts = vec![];
            if low + 1 < width {
                parts.push(a.clone().slice(low + 1, width - low - 1));
            }
            parts.push(v);
            if low > 0 {
                parts.push(a.slice(0, low));
            }
            Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::new(width, Node::Concat(parts)) })
        }
        computed => {
            let by = computed.precise();
            let hole = unary('~', shift("<<", Expr::lit(1_u32, width), by.clone()));
            Ok(Expr::binary(width, "|", Expr::binary(width, "&", a, hole), shift("<<", v.resized(width), by)))
        }
    }
}
