// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every board's folder: its files, their rules, and the ports of a top.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use syncline_constraints::{Constraints, Port, faults, lpf, top_ports, xdc};

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The boards: folders that are neither the crate's own nor what boards share.
fn boards() -> Vec<String> {
    let mut all: Vec<_> = fs::read_dir(here())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter(|name| !["src", "tests", "vivado", "probe", "target"].contains(&name.as_str()))
        .collect();
    all.sort();
    all
}

fn text(file: PathBuf) -> String {
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn constraints(board: &str) -> Constraints {
    let folder = here().join(board);
    let lattice = folder.join(format!("{board}.lpf"));
    let read = if lattice.exists() {
        lpf::read(&text(lattice))
    } else {
        xdc::read(&text(folder.join(format!("{board}.xdc"))))
    };
    read.unwrap_or_else(|faults| panic!("{board}:\n{}", faults.join("\n")))
}

/// The ports of the small design that has the board's pins.
fn probe(board: &str) -> Option<Vec<Port>> {
    let name = if board.starts_with("arty") { "arty-a7" } else { board };
    let file = here().join("probe").join(format!("{name}.v"));
    file.exists().then(|| top_ports(&text(file)).unwrap())
}

#[test]
fn there_are_nine_boards() {
    let names = [
        "alveo-u200",
        "alveo-u250",
        "alveo-u280",
        "alveo-u50",
        "alveo-u55c",
        "arty-a7-100t",
        "arty-a7-35t",
        "colorlight-i5",
        "versa-ecp5",
    ];
    assert_eq!(boards(), names);
}

#[test]
fn every_file_keeps_the_rules() {
    for board in boards() {
        let all = constraints(&board);
        assert!(all.pins.len() >= 20 && all.clocks.len() >= 2, "{board}: {} pins", all.pins.len());
        assert_eq!(faults(&all, None), [""; 0], "{board}");
    }
}

#[test]
fn every_open_board_fits_its_probe() {
    let with = boards().into_iter().filter(|board| !board.starts_with("alveo"));
    for board in with {
        let ports = probe(&board).unwrap_or_else(|| panic!("{board} has no probe"));
        assert_eq!(faults(&constraints(&board), Some(&ports)), [""; 0], "{board}");
    }
}

/// The tops that are written, as our generator prints them.
#[test]
fn every_top_fits_its_board() {
    for board in syncline_boards::boards::BOARDS {
        let ports = top_ports(&board.verilog().unwrap()).unwrap();
        assert_eq!(faults(&constraints(board.name), Some(&ports)), [""; 0], "{}", board.name);
        // The probe stands for the top.
        if let Some(probe) = probe(board.name) {
            let sorted =
                |ports: &[Port]| ports.iter().map(|port| format!("{port:?}")).collect::<BTreeSet<_>>();
            assert_eq!(sorted(&probe), sorted(&ports), "{}", board.name);
        }
    }
}

/// A wrong name there is a warning in a log of thousands.
#[test]
fn vivados_file_names_ports_of_the_other() {
    for board in boards().into_iter().filter(|board| here().join(board).join("build.tcl").exists()) {
        let ports: BTreeSet<_> = constraints(&board).pins.into_iter().map(|pin| pin.signal.port).collect();
        let text = text(here().join(&board).join(format!("{board}-vivado.xdc")));
        let lists = text.split("[get_ports {").skip(1).map(|rest| rest.split_once('}').unwrap().0);
        let named: BTreeSet<_> =
            lists.flat_map(str::split_whitespace).map(|name| name.trim_end_matches("[*]")).collect();
        assert!(!named.is_empty(), "{board}");
        for name in named {
            assert!(ports.contains(name), "{board}: no port {name}");
        }
    }
}

#[test]
fn every_board_says_how_it_is_used() {
    for board in boards() {
        let page = text(here().join(&board).join("README.md"));
        for heading in ["## Build", "## Load", "## What to see", "## Not verified", "## Sources"] {
            assert!(page.contains(heading), "{board}: no `{heading}`");
        }
        let shared = text(here().join("README.md"));
        assert!(shared.contains(&format!("({board}")), "{board} is not on the list");
    }
}
