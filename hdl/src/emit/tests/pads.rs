// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ports that go both ways: a pad of the top, linked to the leaf that drives it.

use rust_hdl::prelude::*;

use crate::emit::{EmitError, Problem, check, emit_top};

#[derive(LogicBlock, Default)]
struct Pad {
    pad: Signal<InOut, Bit>,
    drive: Signal<In, Bit>,
    level: Signal<Out, Bit>,
}

impl Logic for Pad {
    fn update(&mut self) {}
    fn connect(&mut self) {
        self.pad.connect();
        self.level.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Custom("assign pad = drive ? 1'b0 : 1'bz;\nassign level = pad;".into())
    }
}

macro_rules! top {
    ($name:ident, $($update:tt)*) => {
        #[derive(LogicBlock, Default)]
        struct $name {
            line: Signal<InOut, Bit>,
            pull: Signal<In, Bit>,
            seen: Signal<Out, Bit>,
            inner: Pad,
        }
        impl Logic for $name {
            $($update)*
        }
    };
}

top!(
    Linked,
    #[hdl_gen]
    fn update(&mut self) {
        Signal::<InOut, Bit>::link(&mut self.line, &mut self.inner.pad);
        self.inner.drive.next = self.pull.val();
        self.seen.next = self.inner.level.val();
    }
);
top!(
    Loose,
    #[hdl_gen]
    fn update(&mut self) {
        self.inner.drive.next = self.pull.val();
        self.seen.next = self.inner.level.val();
    }
);
top!(
    Read,
    #[hdl_gen]
    fn update(&mut self) {
        Signal::<InOut, Bit>::link(&mut self.line, &mut self.inner.pad);
        self.inner.drive.next = self.pull.val();
        self.seen.next = self.line.val();
    }
);

#[test]
fn a_pad_is_linked_through() {
    let text = emit_top(Box::<Linked>::default(), "pads").expect("printable");
    assert!(text.contains("inout  wire line") && text.contains(".pad(line)"), "{text}");
    check::lints(&text, "pads").unwrap_or_else(|e| panic!("{e}\n{text}"));
}

#[test]
fn anything_else_is_refused() {
    let problem = |e: Result<String, EmitError>| e.expect_err("refused").problem;
    assert_eq!(problem(emit_top(Box::<Read>::default(), "read")), Problem::InOut("line".into()));
    assert_eq!(problem(emit_top(Box::<Loose>::default(), "loose")), Problem::Undriven("line".into()));
}
