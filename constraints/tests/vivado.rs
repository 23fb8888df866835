// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Vivado scripts, run by a Tcl interpreter with stand-ins for Vivado's commands: no slip in them, and their order and verdicts.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The boards that Vivado builds for, with their parts as AMD's and Digilent's own files name them.
const BOARDS: [(&str, &str); 7] = [
    ("arty-a7-35t", "xc7a35ticsg324-1L"),
    ("arty-a7-100t", "xc7a100tcsg324-1"),
    ("alveo-u50", "xcu50-fsvh2104-2-e"),
    ("alveo-u200", "xcu200-fsgd2104-2-e"),
    ("alveo-u250", "xcu250-figd2104-2L-e"),
    ("alveo-u280", "xcu280-fsvh2892-2L-e"),
    ("alveo-u55c", "xcu55c-fsvh2892-2L-e"),
];

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// tclsh, or the interpreter in Python's tkinter; None, and said, if there is neither.
fn interpreter() -> Option<(OsString, Vec<OsString>)> {
    if Command::new("tclsh").arg("/dev/null").output().is_ok_and(|output| output.status.success()) {
        return Some(("tclsh".into(), vec![]));
    }
    let script = "import sys, tkinter; t = tkinter.Tcl(); t.setvar('argv', t.call('list', *sys.argv[2:])); t.call('source', sys.argv[1])";
    if Command::new("python3")
        .args(["-c", "import tkinter"])
        .output()
        .is_ok_and(|output| output.status.success())
    {
        return Some(("python3".into(), vec!["-c".into(), script.into()]));
    }
    eprintln!("skipped: needs tclsh, or a Python with tkinter");
    None
}

/// Where a test builds, with a top in it.
struct Bench(PathBuf);

impl Bench {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("syncline-vivado-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(
            folder.join("top.v"),
            "// a comment\nmodule the_top (\n  input wire clk\n);\nendmodule\n",
        )
        .unwrap();
        Self(folder)
    }

    /// Runs a script behind the stand-ins.
    fn run(
        &self,
        (program, first): &(OsString, Vec<OsString>),
        script: &Path,
        hash: &str,
        slack: &str,
        worst: &str,
    ) -> Output {
        let main = self.0.join("main.tcl");
        let (stubs, script) = (here().join("tests/stubs.tcl"), script.display());
        std::fs::write(&main, format!("source {{{}}}\nsource {{{script}}}\n", stubs.display())).unwrap();
        Command::new(program)
            .args(first)
            .arg(&main)
            .args([self.0.join("top.v").as_os_str(), self.0.as_os_str(), hash.as_ref()])
            .env("SLACK", slack)
            .env("WORST", worst)
            .output()
            .unwrap()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn build(board: &str) -> PathBuf {
    here().join(board).join("build.tcl")
}

fn words(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn every_board_builds_in_order() {
    let Some(tcl) = interpreter() else { return };
    for (board, part) in BOARDS {
        let bench = Bench::new(board);
        let output = bench.run(&tcl, &build(board), "0123abcd", "0.01", "max");
        let text = words(&output);
        assert!(output.status.success(), "{board}: {text}");
        let calls: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("call ")).collect();
        let at = |start: &str| {
            let found = calls.iter().position(|call| call.starts_with(start));
            found.unwrap_or_else(|| panic!("{board}: no `{start}` in {text}"))
        };
        let order = [
            format!("create_project -in_memory -part {part}"),
            "read_verilog".into(),
            "read_xdc".into(),
            "create_clock".into(),
            "synth_design -top the_top".into(),
            "place_design".into(),
            "route_design".into(),
            "get_timing_paths -delay_type max".into(),
            "get_timing_paths -delay_type min".into(),
            "set_property BITSTREAM.CONFIG.USR_ACCESS 0x0123abcd".into(),
            "write_bitstream".into(),
        ];
        let places: Vec<_> = order.iter().map(|start| at(start)).collect();
        assert!(places.is_sorted(), "{board}: {order:?} at {places:?}");
        // Both constraint files were read.
        assert_eq!(calls.iter().filter(|call| call.starts_with("read_xdc")).count(), 2, "{board}");
        if board.starts_with("alveo") {
            let kind = if board.ends_with("200") || board.ends_with("250") {
                "pcie4_uscale_plus"
            } else {
                "pcie4c_uscale_plus"
            };
            assert!(at(&format!("create_ip -name {kind} ")) < at("read_verilog"), "{board}");
            assert!(at("create_ip -name cmac_usplus ") < at("read_verilog"), "{board}");
            at("set_property CFGBVS GND");
            at("set_property CONFIG_VOLTAGE 1.8");
        } else {
            at("set_property CFGBVS VCCO");
            at("set_property CONFIG_VOLTAGE 3.3");
        }
    }
}

#[test]
fn a_path_that_is_too_slow_gives_no_bitstream() {
    let Some(tcl) = interpreter() else { return };
    for (slack, worst, verdict) in [
        ("-0.001", "max", "setup is not met: -0.001 ns"),
        ("-0.2", "min", "hold is not met: -0.2 ns"),
        ("none", "max", "no path to check for setup"),
        ("{}", "max", "no slack for setup"),
    ] {
        let bench = Bench::new(&format!("slow{slack}{worst}").replace(['{', '}'], "e"));
        let output = bench.run(&tcl, &build("alveo-u50"), "0123abcd", slack, worst);
        let text = words(&output);
        assert!(!output.status.success() && text.contains(verdict), "{slack} {worst}: {text}");
        assert!(text.contains("call route_design") && !text.contains("call write_bitstream"), "{text}");
    }
}

#[test]
fn a_commit_that_is_none_is_refused() {
    let Some(tcl) = interpreter() else { return };
    for hash in ["", "0123abc", "0123ABCD", "0123abcg", "0123abcd0"] {
        let output = Bench::new(&format!("hash{hash}")).run(&tcl, &build("arty-a7-35t"), hash, "1", "max");
        assert!(
            !output.status.success() && words(&output).contains("not eight digits"),
            "`{hash}`: {}",
            words(&output)
        );
    }
}

/// The stand-ins themselves: a slip in a script does not pass.
#[test]
fn a_slip_is_found() {
    let Some(tcl) = interpreter() else { return };
    let bench = Bench::new("slip");
    let script = bench.0.join("slip.tcl");
    for (slip, verdict) in [
        ("rout_design", "invalid command name"),
        ("synth_design -tops the_top", "no option -tops"),
        ("synth_design -top", "-top without a value"),
        ("set_property -dict {A} [get_ports x]", "not pairs"),
        ("set_property A [get_ports x]", "not a name, a value"),
        ("set_false_path -from [get_ports {a b}", "missing close-bracket"),
        ("create_ip -name x y", "1 words"),
    ] {
        std::fs::write(&script, format!("{slip}\n")).unwrap();
        let output = bench.run(&tcl, &script, "0123abcd", "1", "max");
        assert!(!output.status.success() && words(&output).contains(verdict), "{slip}: {}", words(&output));
    }
}
