// SPDX-License-Identifier: MIT OR Apache-2.0
//! The transcripts, by subject. A line `// covers:` in front of one names the requirements of `docs/rfc-checklist.tsv` that it
//! tests; `docs/rfc-coverage.md` is made from these lines.

pub mod arrival;
pub mod closing;
pub mod data;
pub mod handshake;
pub mod reset;
pub mod timers;
pub mod window;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{script::Script, subject::Subject};

/// A name and a conversation.
pub type Transcript = (&'static str, fn(&mut Script));

/// A list of transcripts under their own names.
macro_rules! list {
    ($($name:ident),* $(,)?) => { &[$((stringify!($name), $name)),*] };
}
use list;

/// All groups.
pub const GROUPS: &[(&str, &[Transcript])] = &[
    ("handshake", handshake::ALL),
    ("arrival", arrival::ALL),
    ("data", data::ALL),
    ("window", window::ALL),
    ("closing", closing::ALL),
    ("reset", reset::ALL),
    ("timers", timers::ALL),
];

/// Runs one group of transcripts, each on a new subject and for each of the peer's ISNs.
///
/// # Panics
/// With the names of all transcripts that failed; what each said is printed before. `SYNCLINE_TRANSCRIPT=name` runs one alone.
pub fn run(group: &[Transcript], isns: &[u32], mut subject: impl FnMut(u32) -> Box<dyn Subject>) {
    let only = std::env::var("SYNCLINE_TRANSCRIPT").ok();
    let mut failed = Vec::new();
    for (name, transcript) in
        group.iter().filter(|(name, _)| only.as_deref().is_none_or(|only| only == *name))
    {
        for &isn in isns {
            let subject = subject(isn);
            let run = AssertUnwindSafe(|| {
                let mut script = Script::new(subject, isn);
                transcript(&mut script);
                script.end();
            });
            if catch_unwind(run).is_err() {
                failed.push(format!("{name} (peer's ISN {isn:#x})"));
                break;
            }
        }
    }
    assert!(failed.is_empty(), "failed: {}", failed.join(", "));
}
