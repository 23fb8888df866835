// SPDX-License-Identifier: MIT OR Apache-2.0
//! `docs/rfc-coverage.md`: which test covers which line of `docs/rfc-checklist.tsv`.
//!
//! A comment `// covers: MUST-8, E-12` in front of a function, in any crate, says what it tests. The page is made from these comments.

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
};

/// Where tests are looked for, from the workspace's root.
const SOURCES: [&str; 6] = ["regs", "model", "hdl", "host", "sim", "tests"];

/// A line of the checklist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// `MUST-8`: RFC 9293's own name in its appendix B, or one of ours.
    pub id: String,
    /// MUST, SHOULD, ...; a dash where the RFC uses none of these words.
    pub level: String,
    /// RFC and section.
    pub section: String,
    /// The requirement in short.
    pub text: String,
    /// Why it is not tested, or what is different.
    pub note: String,
}

impl Requirement {
    /// It is left out on purpose.
    pub fn is_excluded(&self) -> bool {
        self.note.starts_with("not applicable") || self.note.starts_with("not taken")
    }
}

/// A function that covers something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Test {
    /// Its file, from the workspace's root.
    pub file: PathBuf,
    /// Its name.
    pub name: String,
}

/// The tests of each requirement.
pub type Coverage = BTreeMap<String, Vec<Test>>;

/// The workspace's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Reads the checklist.
///
/// # Errors
/// When the file can't be read, or a line has not five columns.
pub fn checklist(path: &Path) -> io::Result<Vec<Requirement>> {
    let text = fs::read_to_string(path)?;
    text.lines()
        .skip(1)
        .map(|line| match line.split('\t').collect::<Vec<_>>()[..] {
            [id, level, section, text, note] => Ok(Requirement {
                id: id.into(),
                level: level.into(),
                section: section.into(),
                text: text.into(),
                note: note.into(),
            }),
            _ => Err(io::Error::other(format!("{}: not five columns: {line}", path.display()))),
        })
        .collect()
}

/// Looks through every source file.
///
/// # Errors
/// When a file can't be read, or a comment stands in front of no function.
pub fn scan(root: &Path) -> io::Result<Coverage> {
    let mut coverage = Coverage::new();
    for source in SOURCES {
        scan_folder(root, Path::new(source), &mut coverage)?;
    }
    for tests in coverage.values_mut() {
        tests.sort();
        tests.dedup();
    }
    Ok(coverage)
}

fn scan_folder(root: &Path, folder: &Path, coverage: &mut Coverage) -> io::Result<()> {
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            if entry.file_name() != "target" {
                scan_folder(root, &path, coverage)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            scan_file(&fs::read_to_string(root.join(&path))?, &path, coverage)?;
        }
    }
    Ok(())
}

fn scan_file(text: &str, path: &Path, coverage: &mut Coverage) -> io::Result<()> {
    let mut ids: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim_start) {
        if let Some(list) = line.strip_prefix("// covers:") {
            ids.extend(list.split(',').map(|id| id.trim().to_string()));
        } else if let Some(name) = function(line) {
            for id in ids.drain(..) {
                coverage.entry(id).or_default().push(Test { file: path.into(), name: name.into() });
            }
        }
    }
    if ids.is_empty() {
        Ok(())
    } else {
        Err(io::Error::other(format!("{}: no function after `covers: {}`", path.display(), ids.join(", "))))
    }
}

/// The name, if a function begins here.
fn function(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("pub ").unwrap_or(line).strip_prefix("fn ")?;
    rest.split(['(', '<']).next()
}

/// The page.
pub fn render(checklist: &[Requirement], coverage: &Coverage) -> String {
    let mut page = String::from(
        "<!-- Rendered by the crate syncline-tests; a test fails when it is stale. Do not edit. -->\n\
         # RFC coverage\n\n\
         Each line of [`rfc-checklist.tsv`](rfc-checklist.tsv) with the tests that cover it: functions behind a comment\n\
         `// covers: ID`. The transcripts (`tests/src/transcripts`) run on the reference model and, where the core is built, on the\n\
         Verilated core.\n\n",
    );
    page += "| | lines | tested | not applicable, not taken | not yet |\n|---|---|---|---|---|\n";
    for (name, prefix) in [
        ("all", ""),
        ("MUST of RFC 9293", "MUST-"),
        ("SHOULD of RFC 9293", "SHLD-"),
        ("segment arrival", "E-"),
    ] {
        let lines: Vec<_> = checklist.iter().filter(|line| line.id.starts_with(prefix)).collect();
        let tested = lines.iter().filter(|line| coverage.contains_key(&line.id)).count();
        let excluded = lines.iter().filter(|line| line.is_excluded()).count();
        let missing = lines.len() - tested - excluded;
        let _ = writeln!(page, "| {name} | {} | {tested} | {excluded} | {missing} |", lines.len());
    }
    page += "\n| ID | level | RFC | requirement | tests |\n|---|---|---|---|---|\n";
    for requirement in checklist {
        let mut cells: Vec<String> = coverage.get(&requirement.id).into_iter().flatten().map(link).collect();
        if !requirement.note.is_empty() {
            cells.push(requirement.note.clone());
        }
        if cells.is_empty() {
            cells.push("not yet".into());
        }
        let text = requirement.text.replace('|', "\\|").replace('<', "&lt;");
        let Requirement { id, level, section, .. } = requirement;
        let _ = writeln!(page, "| {id} | {level} | {section} | {text} | {} |", cells.join("; "));
    }
    page
}

fn link(test: &Test) -> String {
    let file = test.file.to_string_lossy().replace('\\', "/");
    let stem = test.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    format!("[`{stem}::{}`](../{file})", test.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_belongs_to_the_next_function() {
        let mut coverage = Coverage::new();
        let text = "// covers: A-1, B-2\n/// Text.\n#[test]\nfn one() {}\nfn two() {}\n    // covers: A-1\n    pub fn three<T>() {}\n";
        scan_file(text, Path::new("x.rs"), &mut coverage).expect("it is right");
        let names = |id: &str| coverage[id].iter().map(|test| test.name.as_str()).collect::<Vec<_>>();
        assert_eq!(names("A-1"), ["one", "three"]);
        assert_eq!(names("B-2"), ["one"]);
    }

    #[test]
    fn a_comment_without_a_function_is_an_error() {
        let mut coverage = Coverage::new();
        assert!(scan_file("fn one() {}\n// covers: A-1\n", Path::new("x.rs"), &mut coverage).is_err());
    }
}
