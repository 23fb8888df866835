// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every block of `app` is printed, linted and read by the synthesis tool.

use syncline_hdl::emit::bench::{lint_and_synthesise, print_block};

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

#[test]
fn blocks_lint_and_synthesise() {
    let designs = [
        print_block(Start::new(&PORTS), "start"),
        print_block(EventPoller::default(), "event_poller"),
        print_block(Receive::default(), "receive"),
        print_block(Transmit::default(), "transmit"),
        print_block(Commands::default(), "commands"),
        print_block(Agent::new(&PORTS), "agent"),
        print_block(HostJoin::default(), "host_join"),
        print_block(Echo::default(), "echo"),
        print_block(Discard::default(), "discard"),
        print_block(Chargen::default(), "chargen"),
        print_block(Services::default(), "services"),
    ];
    lint_and_synthesise(&designs);
}
