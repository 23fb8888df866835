// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who assigns what and who reads it when.
//!
//! In Rust a block's `update` runs again and again until nothing changes, and reading a Local or an output gives what was
//! assigned last, reading the input of a child gives what the previous run left. At rest that means: a read gives the
//! *final* value of a signal, unless the signal is assigned both before and after the read, which then gives the
//! *intermediate* value. So every signal can be computed by a process of its own that reads final values; only signals
//! whose intermediate values are read share a process with their readers.

use std::collections::{BTreeMap, BTreeSet};

use num_bigint::BigUint;

use super::error::Problem;
use super::ir::{Path, SigId, Stmt, StmtKind};
use super::literal::ones;
use super::scope::{Role, Scope};
use super::stmt::Located;

/// What a read gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Read {
    Final,
    Intermediate,
}

/// The assignments of a module.
pub(super) struct Flow<'a> {
    scope: &'a Scope,
    writes: BTreeMap<SigId, Vec<Write>>,
}

struct Write {
    id: usize,
    path: Path,
    whole: bool,
}

impl<'a> Flow<'a> {
    pub fn of(scope: &'a Scope, code: &[Stmt]) -> Flow<'a> {
        let mut writes: BTreeMap<SigId, Vec<Write>> = BTreeMap::new();
        visit(code, &mut |stmt| {
            if let StmtKind::Assign { target, low, value } = &stmt.kind {
                let whole = *low == 0 && value.width == scope.sigs[*target].width;
                writes.entry(*target).or_default().push(Write {
                    id: stmt.id,
                    path: stmt.path.clone(),
                    whole,
                });
            }
        });
        Flow { scope, writes }
    }

    pub fn is_written(&self, sig: SigId) -> bool {
        self.writes.contains_key(&sig)
    }

    /// What `stmt` gets when it reads `sig`.
    pub fn read(&self, sig: SigId, stmt: &Stmt) -> Result<Read, Problem> {
        let role = self.scope.sigs[sig].role;
        let Some(writes) = self.writes.get(&sig) else {
            return match role {
                Role::Input | Role::ChildOutput(_) => Ok(Read::Final),
                _ => Err(Problem::Undriven(self.scope.sigs[sig].path.clone())),
            };
        };
        if !matches!(role, Role::Output | Role::Local) {
            return Ok(Read::Final);
        }
        let meets = |w: &&Write| !exclusive(&w.path, &stmt.path);
        let mut after = writes.iter().filter(|w| w.id >= stmt.id).filter(meets);
        let before: Vec<&Write> = writes.iter().filter(|w| w.id < stmt.id).filter(meets).collect();
        let own = matches!(stmt.kind, StmtKind::Assign { target, .. } if target == sig);
        if after.next().is_none() || before.is_empty() && !own {
            return Ok(Read::Final);
        }
        if before.iter().any(|w| w.whole && stmt.path.starts_with(&w.path)) {
            return Ok(Read::Intermediate);
        }
        Err(Problem::ReadBeforeAssigned(self.scope.sigs[sig].path.clone()))
    }

    /// The signals in groups that must share a process, in the order of their first assignment.
    pub fn groups(&self, code: &[Stmt]) -> Result<Vec<BTreeSet<SigId>>, Located> {
        let mut group_of: BTreeMap<SigId, SigId> = self.writes.keys().map(|&id| (id, id)).collect();
        let mut failure = None;
        visit(code, &mut |stmt| {
            let mut reads = BTreeSet::new();
            stmt.exprs().iter().for_each(|e| e.reads(&mut |sig| reads.extend([sig])));
            for sig in reads {
                match self.read(sig, stmt) {
                    Ok(Read::Final) => {}
                    Ok(Read::Intermediate) => {
                        targets(stmt).into_iter().for_each(|t| merge(&mut group_of, sig, t))
                    }
                    Err(problem) => {
                        failure.get_or_insert((problem, stmt.text.to_string()));
                    }
                }
            }
        });
        if let Some(failure) = failure {
            return Err(failure);
        }
        let mut order: Vec<(usize, SigId)> =
            self.writes.iter().filter_map(|(&id, w)| w.first().map(|w| (w.id, id))).collect();
        order.sort_unstable();
        let mut groups: Vec<(SigId, BTreeSet<SigId>)> = vec![];
        for (_, id) in order {
            let root = root(&group_of, id);
            match groups.iter_mut().rev().find(|(r, _)| *r == root) {
                Some((_, members)) => drop(members.insert(id)),
                None => groups.push((root, BTreeSet::from([id]))),
            }
        }
        Ok(groups.into_iter().map(|(_, members)| members).collect())
    }

    /// Fails when a signal keeps its value on some path.
    pub fn check_latch(&self, sig: SigId, process: &[Stmt]) -> Result<(), Problem> {
        let all = ones(self.scope.sigs[sig].width);
        if assigned(sig, process) == all {
            Ok(())
        } else {
            Err(Problem::Latch(self.scope.sigs[sig].path.clone()))
        }
    }
}

/// The bits of a signal that a block assigns on every path.
fn assigned(sig: SigId, block: &[Stmt]) -> BigUint {
    let mut bits = BigUint::default();
    for stmt in block {
        match &stmt.kind {
            StmtKind::Assign { target, low, value } => {
                if *target == sig {
                    bits |= ones(value.width) << *low;
                }
            }
            StmtKind::If { .. } | StmtKind::Case { .. } => {
                bits |= stmt
                    .blocks()
                    .iter()
                    .map(|block| assigned(sig, block))
                    .reduce(|a, b| a & b)
                    .unwrap_or_default();
            }
        }
    }
    bits
}

/// The statements that assign the signals of a group, with the conditions around them.
pub(super) fn process(group: &BTreeSet<SigId>, code: &[Stmt]) -> Vec<Stmt> {
    let mut out: Vec<Stmt> = vec![];
    for stmt in code {
        let kind = match &stmt.kind {
            StmtKind::Assign { target, .. } if group.contains(target) => stmt.kind.clone(),
            StmtKind::Assign { .. } => continue,
            StmtKind::If { test, then, other } => {
                let (then, other) = (process(group, then), process(group, other));
                if then.is_empty() && other.is_empty() {
                    continue;
                }
                StmtKind::If { test: test.clone(), then, other }
            }
            StmtKind::Case { test, arms, default } => {
                let mut arms: Vec<_> =
                    arms.iter().map(|(l, block)| (l.clone(), process(group, block))).collect();
                let default = process(group, default);
                if default.is_empty() {
                    arms.retain(|(_, block)| !block.is_empty());
                    if arms.is_empty() {
                        continue;
                    }
                }
                StmtKind::Case { test: test.clone(), arms, default }
            }
        };
        if let (1, StmtKind::Assign { target, low: 0, value }) = (group.len(), &kind) {
            // What was assigned before is lost, unless it is read here or goes past what is assigned here.
            let mut keeps = false;
            value.reads(&mut |sig| keeps |= sig == *target);
            if stmt.path.is_empty() && !keeps && within(&out, value.width) {
                out.clear();
            }
        }
        out.push(Stmt { kind, ..stmt.clone() });
    }
    out
}

/// Whether no assignment in the block goes past `width`.
fn within(block: &[Stmt], width: usize) -> bool {
    let mut all = true;
    visit(block, &mut |s| {
        if let StmtKind::Assign { low, value, .. } = &s.kind {
            all &= low + value.width <= width;
        }
    });
    all
}

/// Calls `f` with every statement of a block, outer before inner.
pub(super) fn visit<'a>(block: &'a [Stmt], f: &mut dyn FnMut(&'a Stmt)) {
    for stmt in block {
        stmt.visit(f);
    }
}

/// Whether two places are in different branches of one `if` or `match`.
fn exclusive(a: &Path, b: &Path) -> bool {
    a.iter().zip(b.iter()).find(|(a, b)| a != b).is_some_and(|(a, b)| a.0 == b.0)
}

/// The signals that a statement assigns, with all inside of it.
fn targets(stmt: &Stmt) -> BTreeSet<SigId> {
    let mut out = BTreeSet::new();
    stmt.visit(&mut |s| {
        if let StmtKind::Assign { target, .. } = &s.kind {
            out.insert(*target);
        }
    });
    out
}

fn root(group_of: &BTreeMap<SigId, SigId>, mut id: SigId) -> SigId {
    while let Some(&up) = group_of.get(&id).filter(|&&up| up != id) {
        id = up;
    }
    id
}

fn merge(group_of: &mut BTreeMap<SigId, SigId>, a: SigId, b: SigId) {
    let (a, b) = (root(group_of, a), root(group_of, b));
    group_of.insert(a, b);
}
