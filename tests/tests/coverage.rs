// SPDX-License-Identifier: MIT OR Apache-2.0
//! `docs/rfc-coverage.md` is what the tests say.

use std::{collections::HashSet, fs};

use syncline_tests::{coverage, transcripts};

/// Run with `SYNCLINE_BLESS=1` to write the page.
#[test]
fn page_is_fresh() {
    let root = coverage::root();
    let checklist = coverage::checklist(&root.join("docs/rfc-checklist.tsv")).expect("the checklist");
    let found = coverage::scan(&root).expect("the sources");
    let want = coverage::render(&checklist, &found);
    let page = root.join("docs/rfc-coverage.md");
    if std::env::var_os("SYNCLINE_BLESS").is_some() {
        fs::write(&page, &want).expect("write the page");
    }
    assert!(
        fs::read_to_string(&page).is_ok_and(|have| have == want),
        "docs/rfc-coverage.md is stale: run SYNCLINE_BLESS=1 cargo test -p syncline-tests --test coverage"
    );
}

#[test]
fn every_marker_names_a_line_that_is_not_excluded() {
    let root = coverage::root();
    let checklist = coverage::checklist(&root.join("docs/rfc-checklist.tsv")).expect("the checklist");
    for (id, tests) in coverage::scan(&root).expect("the sources") {
        let line = checklist.iter().find(|line| line.id == id);
        let line = line.unwrap_or_else(|| panic!("{id} of {tests:?} is not in the checklist"));
        assert!(!line.is_excluded(), "{id} is \"{}\", but {tests:?} covers it", line.note);
    }
}

#[test]
fn ids_are_unique() {
    let checklist =
        coverage::checklist(&coverage::root().join("docs/rfc-checklist.tsv")).expect("the checklist");
    let ids: HashSet<_> = checklist.iter().map(|line| &line.id).collect();
    assert_eq!(ids.len(), checklist.len());
}

/// A transcript that is in no list would look covered and never run.
#[test]
fn every_transcript_runs() {
    for (group, list) in transcripts::GROUPS {
        let file = coverage::root().join(format!("tests/src/transcripts/{group}.rs"));
        let text = fs::read_to_string(file).expect("the group's file");
        let written: HashSet<_> =
            text.lines().filter_map(|line| line.strip_prefix("pub fn ")?.split('(').next()).collect();
        let run: HashSet<_> = list.iter().map(|(name, _)| *name).collect();
        assert_eq!(written, run, "in {group}.rs");
    }
}

#[test]
fn every_line_is_tested_or_says_why_not() {
    let root = coverage::root();
    let found = coverage::scan(&root).expect("the sources");
    for line in coverage::checklist(&root.join("docs/rfc-checklist.tsv")).expect("the checklist") {
        let reason = line.note.strip_prefix("not yet").unwrap_or(&line.note);
        assert!(found.contains_key(&line.id) || !reason.is_empty(), "{}: no test, no reason", line.id);
    }
}
