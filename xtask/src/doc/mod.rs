// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask doc`: the book and the API documentation.
//!
//! Two pages of the book are rendered from the sources. The tests that hold them fresh also write them, so there is one renderer and
//! one opinion of what is stale.

mod links;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

use crate::run::{cargo, root, step};
use crate::setup;

/// The tests that hold a page fresh: the page, and the arguments of `cargo test`.
const PAGES: [(&str, &[&str]); 2] = [
    ("docs/registers.md", &["--package", "syncline-regs", "--lib"]),
    ("docs/rfc-coverage.md", &["--package", "syncline-tests", "--test", "coverage"]),
];

/// What to do with it.
#[derive(clap::Args)]
pub struct Args {
    /// Open the API documentation in a browser.
    #[arg(long)]
    open: bool,
    /// Write no page of the book: fail if one is stale.
    #[arg(long)]
    check: bool,
}

/// Renders the pages, checks the links, builds the API documentation, and says where all of it is.
pub fn run(args: &Args) -> Result<()> {
    // Build scripts make models: without Verilator nothing compiles that leads to `sim`.
    setup::run(&setup::Args::default())?;
    for (page, test) in PAGES {
        let mut command = cargo(&["test", "--quiet"]);
        command.args(test);
        if !args.check {
            command.env("SYNCLINE_BLESS", "1");
        }
        step(&mut command).with_context(|| format!("rendering {page}"))?;
    }
    let pages = links::pages(root())?;
    let dead = links::dead(root(), &pages)?;
    ensure!(dead.is_empty(), "{} dead link(s):\n{}", dead.len(), dead.join("\n"));
    let mut command = cargo(&["doc", "--workspace", "--no-deps"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    if args.open {
        command.arg("--open");
    }
    step(&mut command)?;
    for page in pages {
        println!("{}", root().join(page).display());
    }
    for (index, description) in libraries()? {
        println!("{}  {description}", index.display());
    }
    Ok(())
}

/// The first page of each library's documentation, and what the library is.
fn libraries() -> Result<Vec<(PathBuf, String)>> {
    let output = metadata().output().context("running `cargo metadata`")?;
    ensure!(output.status.success(), "`cargo metadata` failed ({})", output.status);
    let workspace: Value = serde_json::from_slice(&output.stdout).context("reading `cargo metadata`")?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let folder = PathBuf::from(text(&workspace["target_directory"])).join("doc");
    let mut all = vec![];
    for package in list(&workspace["packages"]) {
        for target in list(&package["targets"]) {
            if list(&target["kind"]).contains(&"lib".into()) {
                let index = folder.join(text(&target["name"]).replace('-', "_")).join("index.html");
                ensure!(index.is_file(), "{} was not made", index.display());
                all.push((index, text(&package["description"])));
            }
        }
    }
    Ok(all)
}

fn metadata() -> Command {
    let mut command = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    command.current_dir(root());
    command
}
