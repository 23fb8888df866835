// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every block of `app` is printed, linted and read by the synthesis tool.

use rust_hdl::prelude::*;
use syncline_hdl::emit::{check, emit_top};

use crate::app::agent::Agent;
use crate::app::chargen::Chargen;
use crate::app::commands::Commands;
use crate::app::discard::Discard;
use crate::app::echo::Echo;
use crate::app::events::EventPoller;
use crate::app::host_join::HostJoin;
use crate::app::receive::Receive;
use crate::app::services::{PORTS, Services};
use crate::app::start::Start;
use crate::app::transmit::Transmit;

fn print<B: Block>(block: B, name: &'static str) -> (String, &'static str) {
    (emit_top(Box::new(block), name).unwrap_or_else(|e| panic!("{name}: {e}")), name)
}

#[test]
fn blocks_lint_and_synthesise() {
    let designs = [
        print(Start::new(&PORTS), "start"),
        print(EventPoller::default(), "event_poller"),
        print(Receive::default(), "receive"),
        print(Transmit::default(), "transmit"),
        print(Commands::default(), "commands"),
        print(Agent::new(&PORTS), "agent"),
        print(HostJoin::default(), "host_join"),
        print(Echo::default(), "echo"),
        print(Discard::default(), "discard"),
        print(Chargen::default(), "chargen"),
        print(Services::default(), "services"),
    ];
    for (text, top) in &designs {
        check::lints(text, top).unwrap_or_else(|e| panic!("{e}"));
    }
    let designs: Vec<(&str, &str)> = designs.iter().map(|(text, top)| (text.as_str(), *top)).collect();
    check::synthesise_all(&designs).unwrap_or_else(|e| panic!("{e}"));
}
