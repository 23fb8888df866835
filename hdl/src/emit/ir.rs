// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the printer works on: statements unrolled, names resolved, every expression with its width.

use std::rc::Rc;

use num_bigint::BigUint;

/// Index of a signal in [`super::scope::Scope`].
pub(super) type SigId = usize;

/// An expression of exactly `width` bits. Operands have the widths that their operator needs, so Verilog's rules of
/// widening by context have nothing to widen.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Expr {
    pub width: usize,
    /// A Rust `Signed`: compared, multiplied and widened with its sign.
    pub signed: bool,
    pub node: Node,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Lit(BigUint),
    /// A localparam.
    Param(String),
    Sig(SigId),
    /// `~` or `-` on the operand's width.
    Unary(char, Box<Expr>),
    /// `&`, `|` or `^` over all bits of the operand.
    Reduce(char, Box<Expr>),
    /// Operands of equal width and result of the same or, for comparisons, of one bit. For shifts the right operand has
    /// any width.
    Binary(&'static str, Box<Expr>, Box<Expr>),
    /// Bits from the given one upwards.
    Slice(Box<Expr>, usize),
    /// Bits from a computed one upwards, which never reaches past the top.
    Part(Box<Expr>, Box<Expr>),
    /// Widened with zeros, or with its sign when signed.
    Widen(Box<Expr>),
    /// From the highest to the lowest.
    Concat(Vec<Expr>),
}

impl Expr {
    pub fn lit(value: impl Into<BigUint>, width: usize) -> Expr {
        Expr { width, signed: false, node: Node::Lit(value.into()) }
    }

    pub fn new(width: usize, node: Node) -> Expr {
        Expr { width, signed: false, node }
    }

    pub fn with_sign(self, signed: bool) -> Expr {
        Expr { signed, ..self }
    }

    pub fn binary(width: usize, op: &'static str, left: Expr, right: Expr) -> Expr {
        Expr::new(width, Node::Binary(op, Box::new(left), Box::new(right)))
    }

    /// The expression cut or widened to a width.
    pub fn resized(self, width: usize) -> Expr {
        let signed = self.signed;
        if width == self.width {
            return self;
        }
        if width < self.width {
            return self.slice(0, width).with_sign(signed);
        }
        match self.node {
            Node::Lit(value) if !signed => Expr::lit(value, width),
            Node::Widen(inner) if !inner.signed && !signed => Expr::new(width, Node::Widen(inner)),
            _ => Expr { width, signed, node: Node::Widen(Box::new(self)) },
        }
    }

    /// `width` bits from `low` upwards; the caller has checked the range.
    pub fn slice(self, low: usize, width: usize) -> Expr {
        if low == 0 && width == self.width {
            return self.with_sign(false);
        }
        match self.node {
            Node::Lit(value) => Expr::lit((value >> low) & super::literal::ones(width), width),
            Node::Slice(inner, offset) => Expr::new(width, Node::Slice(inner, low + offset)),
            Node::Widen(inner) if low + width <= inner.width => inner.slice(low, width),
            node => Expr::new(
                width,
                Node::Slice(Box::new(Expr { width: self.width, signed: self.signed, node }), low),
            ),
        }
    }

    /// Calls `f` with every signal read, as often as it is read.
    pub fn reads(&self, f: &mut dyn FnMut(SigId)) {
        match &self.node {
            Node::Lit(_) | Node::Param(_) => {}
            Node::Sig(id) => f(*id),
            Node::Unary(_, a) | Node::Reduce(_, a) | Node::Slice(a, _) | Node::Widen(a) => a.reads(f),
            Node::Binary(_, a, b) | Node::Part(a, b) => {
                a.reads(f);
                b.reads(f);
            }
            Node::Concat(parts) => parts.iter().for_each(|p| p.reads(f)),
        }
    }
}

/// Where a statement stands: the number of each `if` or `match` around it and which of its branches.
pub(super) type Path = Rc<Vec<(usize, usize)>>;

#[derive(Debug, Clone)]
pub(super) struct Stmt {
    /// Position in the order of Rust.
    pub id: usize,
    pub path: Path,
    /// As it reads in Rust.
    pub text: Rc<str>,
    pub kind: StmtKind,
}

#[derive(Debug, Clone)]
pub(super) enum StmtKind {
    /// `width` bits of the target from `low` upwards.
    Assign {
        target: SigId,
        low: usize,
        value: Expr,
    },
    If {
        test: Expr,
        then: Vec<Stmt>,
        other: Vec<Stmt>,
    },
    /// The arms' labels are literals or localparams; no default means that nothing happens.
    Case {
        test: Expr,
        arms: Vec<(Expr, Vec<Stmt>)>,
        default: Vec<Stmt>,
    },
}

impl Stmt {
    /// The expressions that this statement itself reads.
    pub fn exprs(&self) -> Vec<&Expr> {
        match &self.kind {
            StmtKind::Assign { value, .. } => vec![value],
            StmtKind::If { test, .. } | StmtKind::Case { test, .. } => vec![test],
        }
    }

    /// The blocks inside.
    pub fn blocks(&self) -> Vec<&[Stmt]> {
        match &self.kind {
            StmtKind::Assign { .. } => vec![],
            StmtKind::If { then, other, .. } => vec![then, other],
            StmtKind::Case { arms, default, .. } => {
                arms.iter().map(|(_, block)| block.as_slice()).chain([default.as_slice()]).collect()
            }
        }
    }

    /// Calls `f` with this statement and all inside of it.
    pub fn visit<'a>(&'a self, f: &mut dyn FnMut(&'a Stmt)) {
        f(self);
        for block in self.blocks() {
            for stmt in block {
                stmt.visit(f);
            }
        }
    }
}
