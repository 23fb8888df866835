// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`NextHop`]: where a segment goes first.

use rust_hdl::prelude::*;

use crate::types::Config;

/// The next hop is the destination if it is on our network, else the gateway (RFC 1122, 3.3.1.1).
#[derive(LogicBlock, Default)]
pub struct NextHop {
    pub cfg: Signal<In, Config>,
    /// A segment's destination.
    pub raddr: Signal<In, Bits<32>>,
    /// It is not on our network: the gateway is the next hop.
    pub off_link: Signal<Out, Bit>,
    /// A next hop.
    pub hop: Signal<In, Bits<32>>,
    /// It is 0, which the gateway is when there is none.
    pub nowhere: Signal<Out, Bit>,
    /// It is no station of our network: ourselves, of class D or E, or with a host part of ones (a broadcast address).
    pub impossible: Signal<Out, Bit>,
    addr: Signal<Local, Bits<32>>,
    mask: Signal<Local, Bits<32>>,
    differs: Signal<Local, Bits<32>>,
    masked: Signal<Local, Bits<32>>,
    has_broadcast: Signal<Local, Bit>,
}

impl Logic for NextHop {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        self.addr.next = self.cfg.val().addr;
        self.mask.next = self.cfg.val().mask;
        self.differs.next = (self.raddr.val() ^ self.addr.val()) & self.mask.val();
        self.off_link.next = self.differs.val().any();
        self.nowhere.next = !self.hop.val().any();
        self.masked.next = self.hop.val() | self.mask.val();
        // A network of two addresses has no broadcast address (RFC 3021).
        self.has_broadcast.next = !self.mask.val().get_bits::<2>(0).any();
        self.impossible.next = (self.hop.val() == self.addr.val())
            | self.hop.val().get_bits::<3>(29).all()
            | (self.has_broadcast.val() & self.masked.val().all());
    }
}
