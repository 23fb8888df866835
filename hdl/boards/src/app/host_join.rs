// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`HostJoin`]: one of two hosts has the core. Combinational.

use rust_hdl::prelude::*;
use syncline_hdl::host::bar::{Bar0In, Bar0Out, Bar2In, Bar2Out};

/// One of the hosts is in reset, and drives zeros. Gates instead of multiplexers: most of them vanish in the logic around.
#[derive(LogicBlock, Default)]
pub struct HostJoin {
    pub first_bar0: Bar0In,
    pub first_bar2: Bar2In<Bits<64>, Bits<8>>,
    pub second_bar0: Bar0In,
    pub second_bar2: Bar2In<Bits<64>, Bits<8>>,
    pub bar0: Bar0Out,
    pub bar2: Bar2Out<Bits<64>, Bits<8>>,
}

impl Logic for HostJoin {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        self.bar0.addr.next = self.first_bar0.addr.val() | self.second_bar0.addr.val();
        self.bar0.wdata.next = self.first_bar0.wdata.val() | self.second_bar0.wdata.val();
        self.bar0.write.next = self.first_bar0.write.val() | self.second_bar0.write.val();
        self.bar0.read.next = self.first_bar0.read.val() | self.second_bar0.read.val();
        self.bar2.waddr.next = self.first_bar2.waddr.val() | self.second_bar2.waddr.val();
        self.bar2.wdata.next = self.first_bar2.wdata.val() | self.second_bar2.wdata.val();
        self.bar2.wstrb.next = self.first_bar2.wstrb.val() | self.second_bar2.wstrb.val();
        self.bar2.wvalid.next = self.first_bar2.wvalid.val() | self.second_bar2.wvalid.val();
        self.bar2.raddr.next = self.first_bar2.raddr.val() | self.second_bar2.raddr.val();
        self.bar2.rvalid.next = self.first_bar2.rvalid.val() | self.second_bar2.rvalid.val();
        self.first_bar0.rdata.next = self.bar0.rdata.val();
        self.first_bar0.ack.next = self.bar0.ack.val();
        self.first_bar2.rdata.next = self.bar2.rdata.val();
        self.first_bar2.rdone.next = self.bar2.rdone.val();
        self.second_bar0.rdata.next = self.bar0.rdata.val();
        self.second_bar0.ack.next = self.bar0.ack.val();
        self.second_bar2.rdata.next = self.bar2.rdata.val();
        self.second_bar2.rdone.next = self.bar2.rdone.val();
    }
}
