// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every block of `tcp` and `flow`, the timers and the scheduler are printed, linted and read by the synthesis tool.

use super::placer::{Placer64, Placer512};
use super::rx::{Rx64, Rx512};
use super::tx::{Tx64, Tx512};
use crate::emit::bench::{lint_and_synthesise, print};
use crate::flow::lookup::Lookup;
use crate::sched::Sched;
use crate::timer::Timer;

#[test]
fn blocks_lint_and_synthesise() {
    let designs = [
        print::<Rx64>("tcp_rx64"),
        print::<Rx512>("tcp_rx512"),
        print::<Placer64<4, 12, 16>>("placer64"),
        print::<Placer512<6, 14, 20>>("placer512"),
        print::<Tx64<4, 12, 16>>("tcp_tx64"),
        print::<Tx512<6, 14, 20>>("tcp_tx512"),
        print::<Lookup<4, 5, 1>>("lookup16"),
        print::<Lookup<6, 7, 2>>("lookup64"),
        print::<Sched<4, 5>>("sched16"),
        print::<Timer<4, 5>>("timer16"),
    ];
    lint_and_synthesise(&designs);
}
