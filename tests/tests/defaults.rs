// SPDX-License-Identifier: MIT OR Apache-2.0
//! The limits that the model begins with are those of a card after power-up: what is said of one holds for the other.

use syncline_model::tcb::Config;
use syncline_regs::{Reset, map};

#[test]
fn the_models_limits_are_the_cards() {
    // Every field by name: a new one does not compile before it is compared.
    let Config { mss, msl, rto_initial, rto_min, rto_max, syn_retries, data_retries, fin_wait_2 } =
        Config::default();
    for (offset, value) in [
        (map::MSS, mss.into()),
        (map::MSL_US, msl),
        (map::RTO_INITIAL_US, rto_initial),
        (map::RTO_MIN_US, rto_min),
        (map::RTO_MAX_US, rto_max),
        (map::SYN_RETRIES, syn_retries.into()),
        (map::DATA_RETRIES, data_retries.into()),
        (map::FIN_WAIT_2_US, fin_wait_2),
    ] {
        let register = map::register(offset).expect("in the table");
        assert_eq!(register.reset, Reset::Value(value), "{}", register.name);
    }
}
