// SPDX-License-Identifier: MIT OR Apache-2.0
//! ARP: packets, and the resolver through its scenarios in time.

mod bench;
mod neighbours;
mod packets;
mod resolve;

use crate::types::Config;

const MAC: u64 = 0x0200_5e10_2030;
const ADDR: u64 = 0x0a01_0203;
const GATEWAY: u64 = 0x0a01_0201;
const PEER: u64 = 0x0a01_0209;
const HIS: u64 = 0x02aa_bbcc_ddee;
const SECOND: u64 = 1_000_000;

fn config() -> Config {
    Config {
        enable: true,
        mac: MAC.into(),
        addr: ADDR.into(),
        mask: 0xffff_ff00_u64.into(),
        gateway: GATEWAY.into(),
        ..Default::default()
    }
}
