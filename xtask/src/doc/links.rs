// SPDX-License-Identifier: MIT OR Apache-2.0
//! The links between the pages of the book and into the sources.

use anyhow::{Context, Result};
use pulldown_cmark::{Event, Options, Parser, Tag};
use std::path::{Path, PathBuf};

/// Where pages are, from the project's root.
const FOLDERS: [&str; 3] = ["", "docs", "constraints"];

/// The pages, from the project's root.
pub fn pages(root: &Path) -> Result<Vec<PathBuf>> {
    let mut pages = vec![];
    for folder in FOLDERS {
        let entries = std::fs::read_dir(root.join(folder)).with_context(|| format!("reading {folder}"))?;
        for entry in entries {
            let page = Path::new(folder).join(entry?.file_name());
            if page.extension().is_some_and(|extension| extension == "md") {
                pages.push(page);
            }
        }
    }
    pages.sort();
    Ok(pages)
}

/// The links to files that are not there.
pub fn dead(root: &Path, pages: &[PathBuf]) -> Result<Vec<String>> {
    let mut dead = vec![];
    for page in pages {
        let text = std::fs::read_to_string(root.join(page)).with_context(|| page.display().to_string())?;
        dead.extend(dead_in(root, page, &text));
    }
    Ok(dead)
}

fn dead_in(root: &Path, page: &Path, text: &str) -> Vec<String> {
    let folder = root.join(page).parent().map(Path::to_path_buf).unwrap_or_default();
    relative(text)
        .into_iter()
        .filter(|(_, target)| !folder.join(target).exists())
        .map(|(line, target)| format!("{}:{line}: {target}", page.display()))
        .collect()
}

/// Links and images that lead to another file of the project, with their lines.
fn relative(text: &str) -> Vec<(usize, String)> {
    let events = Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter();
    events
        .filter_map(|(event, range)| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                let line = text[..range.start].matches('\n').count() + 1;
                let file = dest_url.split('#').next().unwrap_or_default();
                let elsewhere = file.is_empty() || file.contains("://") || file.starts_with("mailto:");
                (!elsewhere).then(|| (line, file.to_owned()))
            }
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::root;

    #[test]
    fn links_into_the_project_are_found() {
        let text = "[a](one.md) and [web](https://example.org/x.md), [here](#part)\n\n\
                    | t |\n|---|\n| [`code`](../two.rs#L3) |\n\n![picture](p.svg)\n\n\
                    `[no](link.md)`\n\n```\n[no](link.md)\n```\n[r]\n\n[r]: three.md\n";
        let want = [(1, "one.md"), (5, "../two.rs"), (7, "p.svg"), (14, "three.md")];
        assert_eq!(relative(text), want.map(|(line, file)| (line, file.to_owned())));
    }

    #[test]
    fn a_link_to_nowhere_is_named_with_its_line() {
        let page = Path::new("docs/made-up.md");
        let text = "[design](design.md), [source](../hdl/src/core.rs)\n[gone](../no/such.rs)\n";
        assert_eq!(dead_in(root(), page, text), ["docs/made-up.md:2: ../no/such.rs"]);
    }

    #[test]
    fn every_link_of_the_book_leads_somewhere() {
        let pages = pages(root()).expect("the pages");
        assert!(pages.contains(&"README.md".into()) && pages.contains(&"docs/design.md".into()), "{pages:?}");
        assert_eq!(dead(root(), &pages).expect("the pages"), [""; 0]);
    }
}
