// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bit and part selects: the index is a `usize` in Rust, so its arithmetic does not wrap at the signals' widths.

use num_traits::ToPrimitive;
use rust_hdl::core::ast::{VerilogExpression as Ast, VerilogOp as Op};

use super::error::Problem;
use super::ir::{Expr, Node};
use super::scope::Scope;
use super::text;
use super::value::{constant, own_width, shift};

type Result<T> = std::result::Result<T, Problem>;

/// An index, as `usize` arithmetic over signals.
pub(super) enum Index {
    Constant(usize),
    Signal(Expr),
    Binary(&'static str, Box<Index>, Box<Index>),
}

impl Index {
    pub fn of(scope: &Scope, e: &Ast) -> Result<Index> {
        if let Some(value) = constant(scope, e)? {
            return usize::try_from(value)
                .map(Index::Constant)
                .map_err(|_| Problem::NotConstant(text::of(e)));
        }
        match e {
            Ast::Paren(a) => Index::of(scope, a),
            Ast::Binary(a, op @ (Op::Add | Op::Sub | Op::Mul | Op::Shl), b) => Ok(Index::Binary(
                text::operator(op),
                Box::new(Index::of(scope, a)?),
                Box::new(Index::of(scope, b)?),
            )),
            _ => {
                let signal = own_width(scope, e)?;
                // Rust's `index()` panics above 32 bits.
                if signal.width > 32 {
                    return Err(Problem::WidthMismatch { of: text::of(e), width: signal.width, wanted: 32 });
                }
                Ok(Index::Signal(signal.with_sign(false)))
            }
        }
    }

    /// The largest value, if it is not absurd.
    fn max(&self) -> Option<usize> {
        match self {
            Index::Constant(value) => Some(*value),
            Index::Signal(e) => match &e.node {
                Node::Lit(value) => value.to_usize(),
                _ => 1_usize.checked_shl(e.width as u32).map(|v| v - 1),
            },
            Index::Binary(op, a, b) => {
                let (a, b) = (a.max()?, b.max()?);
                match *op {
                    "+" => a.checked_add(b),
                    "-" => Some(a),
                    "*" => a.checked_mul(b),
                    _ => 1_usize.checked_shl(u32::try_from(b).ok()?).and_then(|m| a.checked_mul(m)),
                }
            }
        }
    }

    /// Its value modulo `2^width`.
    fn modulo(&self, width: usize) -> Expr {
        match self {
            Index::Constant(value) => Expr::lit(*value, usize::BITS as usize).resized(width),
            Index::Signal(e) => e.clone().resized(width),
            Index::Binary("*", a, b) => match (a.as_ref(), b.as_ref()) {
                (x, Index::Constant(c)) | (Index::Constant(c), x) if c.is_power_of_two() => {
                    shift("<<", x.modulo(width), Expr::lit(c.trailing_zeros(), 32))
                }
                _ => Expr::binary(width, "*", a.modulo(width), b.modulo(width)),
            },
            Index::Binary("<<", a, b) => shift("<<", a.modulo(width), b.precise()),
            Index::Binary(op, a, b) => Expr::binary(width, op, a.modulo(width), b.modulo(width)),
        }
    }

    /// Its value with all the bits that it may need.
    pub fn precise(&self) -> Expr {
        let width =
            self.max().map_or(32, |max| (max + 1).next_power_of_two().trailing_zeros().max(1) as usize);
        self.modulo(width)
    }
}

/// `a.get_bits::<width>(i)`: like Rust, zeros come in from above the top when the index is computed.
pub(super) fn select(scope: &Scope, a: &Ast, width: usize, i: &Ast) -> Result<Expr> {
    let of = text::of(a);
    let base = own_width(scope, a)?;
    let signed = base.signed && width > 1;
    let n = base.width;
    let out_of_range =
        |low: usize| Problem::OutOfRange { of: of.clone(), width: n, low, high: (low + width).max(1) - 1 };
    if width == 0 || width > n {
        return Err(out_of_range(0));
    }
    let at = match Index::of(scope, i)? {
        Index::Constant(low) if low + width > n => return Err(out_of_range(low)),
        Index::Constant(low) => return Ok(base.slice(low, width).with_sign(signed)),
        computed => computed,
    };
    if at.max().is_some_and(|max| max + width <= n) && n > 1 {
        let position = n.next_power_of_two().trailing_zeros() as usize;
        let part = Node::Part(Box::new(base), Box::new(at.modulo(position)));
        return Ok(Expr::new(width, part).with_sign(signed));
    }
    Ok(shift(">>", base, at.precise()).slice(0, width).with_sign(signed))
}
