// SPDX-License-Identifier: MIT OR Apache-2.0
//! The flow look-up: turns a [`Segment`] or an open request into an [`Event`], and allocates flows.

use rust_hdl::prelude::*;

use crate::stream::{StreamIn, StreamOut};
use crate::types::{Event, Segment};

/// The host wants an active open.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct OpenRequest {
    /// Peer address.
    pub raddr: Bits<32>,
    /// Peer port.
    pub rport: Bits<16>,
    /// Our port.
    pub lport: Bits<16>,
    /// Nagle is off.
    pub nodelay: Bit,
}

/// The host starts or stops listening on a port.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct ListenRequest {
    /// The port.
    pub port: Bits<16>,
    /// Listen, or stop listening.
    pub on: Bit,
}

/// The look-up for `2^A` flows; `C = A + 1`.
#[derive(LogicBlock, Default)]
pub struct Lookup<const A: usize, const C: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Secret key of the ISN function and of the table's hash; may change only while no flow is used.
    pub key: Signal<In, Bits<128>>,
    /// Own IPv4 address.
    pub laddr: Signal<In, Bits<32>>,
    /// Microseconds.
    pub now: Signal<In, Bits<48>>,
    pub segment: StreamIn<Segment>,
    /// An open request is answered in the cycle in which it is taken: see `open_ok`.
    pub open: StreamIn<OpenRequest>,
    /// With `open.ready`: the flow `open_flow` was allocated and its event is on the way.
    pub open_ok: Signal<Out, Bit>,
    /// With `open.ready`: the 4-tuple is in use already. Neither this nor `open_ok`: the card is full.
    pub open_in_use: Signal<Out, Bit>,
    pub open_flow: Signal<Out, Bits<16>>,
    pub listen: StreamIn<ListenRequest>,
    pub event: StreamOut<Event>,
    /// Pulse: take the flow `remove_flow` out of the table.
    pub remove_valid: Signal<In, Bit>,
    pub remove_flow: Signal<In, Bits<16>>,
    /// Pulse: the flow `free_flow` can be used again. Its removal comes before, or in the same cycle.
    pub free_valid: Signal<In, Bit>,
    pub free_flow: Signal<In, Bits<16>>,
    /// Pulse: a flow that was opened by a peer's SYN is no longer half open.
    pub half_open_dec: Signal<In, Bit>,
    /// The tables are being cleared after reset; nothing is taken meanwhile.
    pub busy: Signal<Out, Bit>,
    /// Nothing is between the inputs and `event`, and nothing waits for removal.
    pub idle: Signal<Out, Bit>,
    /// Flows in use.
    pub used: Signal<Out, Bits<C>>,
    /// Flows half open by a peer's SYN.
    pub half_open: Signal<Out, Bits<C>>,
    /// Pulse: a SYN came for a port that nobody listens on.
    pub stat_no_listener: Signal<Out, Bit>,
    /// Pulse: a SYN to a listening port, or an open request, found no free flow.
    pub stat_card_full: Signal<Out, Bit>,
    /// Pulse: a SYN to a listening port found too many half-open flows.
    pub stat_half_open_limit: Signal<Out, Bit>,
}

impl<const A: usize, const C: usize> Logic for Lookup<A, C> {
    #[hdl_gen]
    fn update(&mut self) {
        self.segment.ready.next = true;
        self.open.ready.next = true;
        self.open_ok.next = false;
        self.open_in_use.next = false;
        self.open_flow.next = 0.into();
        self.listen.ready.next = true;
        self.event.valid.next = false;
        self.event.data.next.raddr = self.segment.data.val().raddr;
        self.busy.next = false;
        self.idle.next = true;
        self.used.next = 0.into();
        self.half_open.next = 0.into();
        self.stat_no_listener.next = false;
        self.stat_card_full.next = false;
        self.stat_half_open_limit.next = false;
    }
}
