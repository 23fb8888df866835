// SPDX-License-Identifier: MIT OR Apache-2.0
//! Lines of the AST as they read in Rust, for error messages.

use rust_hdl::core::ast::{VerilogExpression, VerilogOp, VerilogOpUnary, VerilogStatement};

use super::literal;

/// The statement's own line, without the blocks inside of it.
pub(super) fn of_statement(statement: &VerilogStatement) -> String {
    match statement {
        VerilogStatement::Assignment(to, value) => format!("{} = {};", of(to), of(value)),
        VerilogStatement::SliceAssignment { base, width, offset, replacement } => {
            format!("{}[{width} bits from {}] = {};", of(base), of(offset), of(replacement))
        }
        VerilogStatement::If(c) => format!("if {} {{ .. }}", of(&c.test)),
        VerilogStatement::Match(m) => format!("match {} {{ .. }}", of(&m.test)),
        VerilogStatement::Loop(l) => format!("for {} in {}..{}", l.index, l.from.as_usize(), l.to.as_usize()),
        VerilogStatement::Comment(text) => format!("// {text}"),
        VerilogStatement::Link(_) => "link or join".into(),
        VerilogStatement::Macro(_) => "macro".into(),
    }
}

/// An expression; `val()`, `into()`, `index()` and `to_bits()` are not in the AST.
pub(super) fn of(e: &VerilogExpression) -> String {
    match e {
        VerilogExpression::Signal(name) => name.replace('$', "."),
        VerilogExpression::Literal(l) => {
            let (value, bits) = literal::parse(l);
            if bits == 1 { (value == 1.into()).to_string() } else { value.to_string() }
        }
        VerilogExpression::Cast(a, bits) => format!("bit_cast::<{bits}>({})", of(a)),
        VerilogExpression::Signed(a) => format!("signed({})", of(a)),
        VerilogExpression::Unsigned(a) => format!("unsigned({})", of(a)),
        VerilogExpression::Paren(a) => format!("({})", of(a)),
        VerilogExpression::Binary(a, op, b) => format!("{} {} {}", of(a), operator(op), of(b)),
        VerilogExpression::Unary(op, a) => match op {
            VerilogOpUnary::Not => format!("!{}", of(a)),
            VerilogOpUnary::Neg => format!("-{}", of(a)),
            VerilogOpUnary::All => format!("{}.all()", of(a)),
            VerilogOpUnary::Any => format!("{}.any()", of(a)),
            VerilogOpUnary::Xor => format!("{}.xor()", of(a)),
        },
        VerilogExpression::Index(a, i) => format!("{}.get_bit({})", of(a), of(i)),
        VerilogExpression::Slice(a, width, i) => format!("{}.get_bits::<{width}>({})", of(a), of(i)),
        VerilogExpression::IndexReplace(a, i, v) => format!("{}.replace_bit({}, {})", of(a), of(i), of(v)),
    }
}

/// The operator as it is written, in Verilog as in Rust.
pub(super) fn operator(op: &VerilogOp) -> &'static str {
    match op {
        VerilogOp::Add => "+",
        VerilogOp::Sub => "-",
        VerilogOp::Mul => "*",
        VerilogOp::LogicalAnd => "&&",
        VerilogOp::LogicalOr => "||",
        VerilogOp::BitXor => "^",
        VerilogOp::BitAnd => "&",
        VerilogOp::BitOr => "|",
        VerilogOp::Shl => "<<",
        VerilogOp::Shr => ">>",
        VerilogOp::Eq => "==",
        VerilogOp::Lt => "<",
        VerilogOp::Le => "<=",
        VerilogOp::Ne => "!=",
        VerilogOp::Ge => ">=",
        VerilogOp::Gt => ">",
    }
}
