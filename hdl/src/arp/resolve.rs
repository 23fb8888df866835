// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Resolve`]: find the Ethernet address of a segment's next hop, ask for it, keep it fresh.

use rust_hdl::prelude::*;

use super::table::Table;
use super::{ArpSeen, ArpSend, ArpState};
use crate::ram::{Bram, Lutram};
use crate::stream::{StreamIn, StreamOut};
use crate::types::{Config, TxRequest, TxSegment};

/// What the engine does.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum ResolveState {
    /// Frees every entry after reset.
    Clear,
    /// Frees the last one.
    Cleared,
    /// Chooses an operation and looks its entry up.
    Idle,
    /// Carries it out.
    Act,
    /// A neighbour has answered: its parked segment goes on.
    Unpark,
    /// A neighbour doesn't answer: its parked segment is given up.
    Fail,
}

/// The operation being carried out.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum ResolveOp {
    /// Find the next hop of the segment in hand.
    Lookup,
    /// Take in what an ARP packet said.
    Learn,
    /// Look at one entry for a missing answer.
    Visit,
}

/// Segments in, segments with the Ethernet address of their next hop out: three cycles later if it is known.
///
/// `S` and `E` are those of [`Table`], `F = E + 1`. Times are counted in units of 65,536 us:
///
/// * The next hop is the destination if it is on our network, else the gateway (RFC 1122, 3.3.1.1).
/// * An unknown neighbour is asked for at once and then every 16 units (1.05 s), three times in all. Its latest segment is
///   parked meanwhile (RFC 1122, 2.3.2.2) and goes on with the answer, or is given up and its flow reported unreachable.
/// * An entry is good for 916 units (60 s) after the neighbour was last heard of in ARP. Then it is still used, but asked
///   for when used, at most every 16 units; after three requests without an answer it is unknown again.
/// * An ARP packet renews an entry that is there, and makes one only if we are its target (RFC 826).
#[derive(LogicBlock, Default)]
pub struct Resolve<const S: usize, const E: usize, const F: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub cfg: Signal<In, Config>,
    /// Microseconds.
    pub now: Signal<In, Bits<48>>,
    pub request: StreamIn<TxRequest>,
    pub segment: StreamOut<TxSegment>,
    /// Flows whose next hop can't be reached.
    pub unreachable: StreamOut<Bits<16>>,
    /// From received ARP packets.
    pub seen: StreamIn<ArpSeen>,
    /// ARP packets to send.
    pub send: StreamOut<ArpSend>,
    /// Microseconds: when the next answer is overdue.
    pub next_deadline: Signal<Out, Bits<48>>,
    /// An answer is awaited; settled while `busy` is low.
    pub deadline_valid: Signal<Out, Bit>,
    /// Something is inside or to be done now; parked segments do not count.
    pub busy: Signal<Out, Bit>,
    /// A request was sent.
    pub stat_request: Signal<Out, Bit>,
    /// A reply was sent.
    pub stat_reply: Signal<Out, Bit>,
    /// A parked segment was replaced by a later one to the same neighbour.
    pub stat_replaced: Signal<Out, Bit>,
    /// A segment was dropped: no route, no answer, an impossible next hop, or its neighbour was evicted.
    pub stat_dropped: Signal<Out, Bit>,
    state: DFF<ResolveState>,
    op: DFF<ResolveOp>,
    neighbours: Table<S, E>,
    // One RAM has a place for each neighbour's parked segment and one for the segment in hand. To park a segment, or to go on
    // with it, is to exchange two places: nothing is moved, and the segment in hand is what was read.
    segments: Bram<TxRequest, F>,
    /// The place of each neighbour.
    places: Lutram<Bits<F>, E>,
    place: Signal<Local, Bits<F>>,
    /// Its segment is read, not the one in hand.
    read_parked: Signal<Local, Bit>,
    exchange: Signal<Local, Bit>,
    in_hand: DFF<Bits<F>>,
    // The segment in hand, or the parked one that was read.
    held: Signal<Local, TxRequest>,
    /// Its next hop is to be found.
    waiting: DFF<Bit>,
    /// Its next hop is `dmac`.
    found: DFF<Bit>,
    dmac: DFF<Bits<48>>,
    hop: DFF<Bits<32>>,
    no_route: DFF<Bit>,
    bad_hop: DFF<Bit>,
    // Outputs waiting to be taken.
    sending: DFF<Bit>,
    packet: DFF<ArpSend>,
    reporting: DFF<Bit>,
    reported: DFF<Bits<16>>,
    // The visit to all entries that finds the earliest deadline.
    visiting: DFF<Bit>,
    /// The deadline may have changed.
    changed: DFF<Bit>,
    visit: DFF<Bits<E>>,
    deadline: DFF<Bits<32>>,
    armed: DFF<Bit>,
    // Next hop.
    addr: Signal<Local, Bits<32>>,
    mask: Signal<Local, Bits<32>>,
    raddr: Signal<Local, Bits<32>>,
    differs: Signal<Local, Bits<32>>,
    subnet_broadcast: DFF<Bits<32>>,
    has_broadcast: DFF<Bit>,
    take: Signal<Local, Bit>,
    slot_free: Signal<Local, Bit>,
    // The operation.
    units: Signal<Local, Bits<32>>,
    age: Signal<Local, Bits<32>>,
    due: Signal<Local, Bit>,
    old: Signal<Local, Bit>,
    last_try: Signal<Local, Bit>,
    incomplete: Signal<Local, Bit>,
    reachable: Signal<Local, Bit>,
    sent: Signal<Local, Bit>,
    ask: Signal<Local, Bit>,
    able: Signal<Local, Bit>,
    park: Signal<Local, Bit>,
    await_answer: Signal<Local, Bit>,
    use_it: Signal<Local, Bit>,
    give_up: Signal<Local, Bit>,
    reply: Signal<Local, Bit>,
    learns: Signal<Local, Bit>,
    can_send: Signal<Local, Bit>,
    can_report: Signal<Local, Bit>,
    target: Signal<Local, Bits<32>>,
    entry_deadline: Signal<Local, Bits<32>>,
    overdue: Signal<Local, Bit>,
}

impl<const S: usize, const E: usize, const F: usize> Logic for Resolve<S, E, F> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, state, op, in_hand, waiting, found, dmac, hop, no_route, bad_hop, sending, packet
        );
        dff_setup!(self, clock, reporting, reported, visiting, changed, visit, deadline, armed);
        dff_setup!(self, clock, subnet_broadcast, has_broadcast);
        clock!(self, clock, neighbours, segments, places);

        // The segment in hand and its next hop.
        self.addr.next = self.cfg.val().addr;
        self.mask.next = self.cfg.val().mask;
        self.raddr.next = self.request.data.val().raddr;
        self.differs.next = (self.raddr.val() ^ self.addr.val()) & self.mask.val();
        self.slot_free.next = !self.found.q.val() | self.segment.ready.val();
        self.request.ready.next = self.slot_free.val()
            & !self.waiting.q.val()
            & (self.state.q.val() == ResolveState::Idle)
            & !self.seen.valid.val();
        self.take.next = self.request.valid.val() & self.request.ready.val();
        if self.segment.ready.val() {
            self.found.d.next = false;
        }
        if self.take.val() {
            self.waiting.d.next = true;
            self.no_route.d.next = false;
            self.hop.d.next = self.raddr.val();
            if self.differs.val().any() {
                self.hop.d.next = self.cfg.val().gateway;
                self.no_route.d.next = self.cfg.val().gateway == 0;
            }
        }
        self.subnet_broadcast.d.next = self.addr.val() | !self.mask.val();
        self.has_broadcast.d.next = !self.mask.val().get_bits::<2>(0).any();
        self.bad_hop.d.next = (self.hop.q.val() == self.addr.val())
            | self.hop.q.val().get_bits::<3>(29).all()
            | (self.has_broadcast.q.val() & (self.hop.q.val() == self.subnet_broadcast.q.val()));

        self.held.next = self.segments.read_data.val();
        self.segment.valid.next = self.found.q.val();
        self.segment.data.next.dmac = self.dmac.q.val();
        self.segment.data.next.flow = self.held.val().flow;
        self.segment.data.next.raddr = self.held.val().raddr;
        self.segment.data.next.rport = self.held.val().rport;
        self.segment.data.next.lport = self.held.val().lport;
        self.segment.data.next.seq = self.held.val().seq;
        self.segment.data.next.ack = self.held.val().ack;
        self.segment.data.next.flags = self.held.val().flags;
        self.segment.data.next.wnd = self.held.val().wnd;
        self.segment.data.next.len = self.held.val().len;
        self.segment.data.next.mss = self.held.val().mss;

        self.send.valid.next = self.sending.q.val();
        self.send.data.next = self.packet.q.val();
        self.can_send.next = !self.sending.q.val() | self.send.ready.val();
        if self.send.ready.val() {
            self.sending.d.next = false;
        }
        self.sent.next = self.sending.q.val() & self.send.ready.val();
        self.stat_request.next = self.sent.val() & !self.packet.q.val().reply;
        self.stat_reply.next = self.sent.val() & self.packet.q.val().reply;
        self.unreachable.valid.next = self.reporting.q.val();
        self.unreachable.data.next = self.reported.q.val();
        self.can_report.next = !self.reporting.q.val() | self.unreachable.ready.val();
        if self.unreachable.ready.val() {
            self.reporting.d.next = false;
        }

        // Choice and look-up.
        self.neighbours.look.next =
            (self.state.q.val() == ResolveState::Idle) | (self.state.q.val() == ResolveState::Clear);
        self.neighbours.by_index.next = false;
        self.neighbours.pick.next = self.visit.q.val();
        self.neighbours.addr.next = self.hop.q.val();
        if !self.waiting.q.val() {
            self.neighbours.addr.next = self.seen.data.val().addr;
            self.neighbours.by_index.next = !self.seen.valid.val();
        }
        if self.state.q.val() == ResolveState::Clear {
            self.neighbours.by_index.next = true;
        }

        // What the entry says.
        self.units.next = self.now.val().get_bits::<32>(16);
        self.age.next = self.units.val() - self.neighbours.body.val().stamp;
        self.due.next = self.age.val() >= 16;
        self.old.next = self.age.val() >= 916;
        self.last_try.next = self.neighbours.body.val().tries == 3;
        self.incomplete.next = self.neighbours.key.val().state == ArpState::Incomplete;
        self.reachable.next = self.neighbours.key.val().state == ArpState::Reachable;
        self.entry_deadline.next = self.neighbours.body.val().stamp + 16;

        // By default an entry that is written is asked for now.
        self.neighbours.write.next = false;
        self.neighbours.new_key.next.addr = self.hop.q.val();
        self.neighbours.new_key.next.state = ArpState::Incomplete;
        self.neighbours.new_body.next.mac = self.neighbours.body.val().mac;
        self.neighbours.new_body.next.tries = 1.into();
        self.neighbours.new_body.next.stamp = self.units.val();

        self.ask.next = false;
        self.target.next = self.hop.q.val();
        self.able.next = false;
        self.park.next = false;
        self.await_answer.next = false;
        self.use_it.next = false;
        self.give_up.next = false;
        self.reply.next = false;
        self.learns.next = false;
        self.read_parked.next = false;
        self.exchange.next = false;
        self.seen.ready.next = false;
        self.stat_replaced.next = false;
        self.stat_dropped.next = false;
        self.overdue.next = self.armed.q.val() & (self.units.val() >= self.deadline.q.val());

        match self.state.q.val() {
            ResolveState::Clear => {
                self.neighbours.write.next = true;
                self.neighbours.new_key.next.state = ArpState::Free;
                self.visit.d.next = self.visit.q.val() + 1;
                if self.visit.q.val().all() {
                    self.state.d.next = ResolveState::Cleared;
                }
            }
            ResolveState::Cleared => {
                self.neighbours.write.next = true;
                self.neighbours.new_key.next.state = ArpState::Free;
                self.state.d.next = ResolveState::Idle;
            }
            ResolveState::Idle => {
                if self.waiting.q.val() {
                    self.op.d.next = ResolveOp::Lookup;
                    self.state.d.next = ResolveState::Act;
                } else if self.seen.valid.val() {
                    self.op.d.next = ResolveOp::Learn;
                    self.state.d.next = ResolveState::Act;
                } else if self.visiting.q.val() {
                    self.op.d.next = ResolveOp::Visit;
                    self.state.d.next = ResolveState::Act;
                } else if self.changed.q.val() | self.overdue.val() {
                    self.visiting.d.next = true;
                    self.changed.d.next = false;
                    self.armed.d.next = false;
                    self.visit.d.next = 0.into();
                }
            }
            ResolveState::Act => match self.op.q.val() {
                ResolveOp::Lookup => {
                    if self.no_route.q.val() {
                        self.give_up.next = true;
                    } else if self.bad_hop.q.val() {
                        self.stat_dropped.next = true;
                        self.waiting.d.next = false;
                        self.state.d.next = ResolveState::Idle;
                    } else if !self.neighbours.hit.val() {
                        self.await_answer.next = self.can_send.val();
                        if self.can_send.val() & self.incomplete.val() {
                            self.stat_dropped.next = true;
                            self.changed.d.next = true;
                        }
                    } else if self.incomplete.val() {
                        self.park.next = true;
                        self.stat_replaced.next = true;
                    } else if self.reachable.val() {
                        self.use_it.next = true;
                        if self.old.val() & self.can_send.val() {
                            self.ask.next = true;
                            self.neighbours.write.next = true;
                            self.neighbours.new_key.next.state = ArpState::Stale;
                        }
                    } else if self.due.val() & self.last_try.val() {
                        self.await_answer.next = self.can_send.val();
                    } else {
                        self.use_it.next = true;
                        if self.due.val() & self.can_send.val() {
                            self.ask.next = true;
                            self.neighbours.write.next = true;
                            self.neighbours.new_key.next.state = ArpState::Stale;
                            self.neighbours.new_body.next.tries = self.neighbours.body.val().tries + 1;
                        }
                    }
                }
                ResolveOp::Learn => {
                    self.reply.next = self.seen.data.val().request & self.seen.data.val().for_us;
                    self.neighbours.new_key.next.addr = self.seen.data.val().addr;
                    self.neighbours.new_key.next.state = ArpState::Reachable;
                    self.neighbours.new_body.next.mac = self.seen.data.val().mac;
                    self.neighbours.new_body.next.tries = 0.into();
                    self.target.next = self.seen.data.val().addr;
                    self.learns.next = self.seen.data.val().learn
                        & (self.neighbours.hit.val() | self.seen.data.val().for_us);
                    if self.can_send.val() | !self.reply.val() {
                        self.neighbours.write.next = self.learns.val();
                        self.seen.ready.next = true;
                        self.state.d.next = ResolveState::Idle;
                        if self.learns.val() & self.incomplete.val() {
                            self.changed.d.next = true;
                            self.stat_dropped.next = !self.neighbours.hit.val();
                            if self.neighbours.hit.val() {
                                self.seen.ready.next = false;
                                self.state.d.next = ResolveState::Unpark;
                            }
                        }
                    }
                }
                _ => {
                    self.target.next = self.neighbours.key.val().addr;
                    self.neighbours.new_key.next.addr = self.neighbours.key.val().addr;
                    self.neighbours.new_body.next.tries = self.neighbours.body.val().tries + 1;
                    // The segment to be given up is read when the one in hand has gone.
                    self.read_parked.next = !self.found.q.val();
                    self.able.next = self.can_send.val();
                    if self.last_try.val() {
                        self.able.next = !self.found.q.val();
                    }
                    if !self.incomplete.val() | !self.due.val() | self.able.val() {
                        self.state.d.next = ResolveState::Idle;
                        self.visit.d.next = self.visit.q.val() + 1;
                        self.visiting.d.next = !self.visit.q.val().all();
                        if self.incomplete.val() {
                            if self.due.val() {
                                self.neighbours.write.next = true;
                                if self.last_try.val() {
                                    self.neighbours.new_key.next.state = ArpState::Free;
                                    self.state.d.next = ResolveState::Fail;
                                } else {
                                    self.ask.next = true;
                                    self.entry_deadline.next = self.units.val() + 16;
                                }
                            }
                            if !self.due.val() | !self.last_try.val() {
                                self.armed.d.next = true;
                                if !self.armed.q.val() | (self.entry_deadline.val() < self.deadline.q.val()) {
                                    self.deadline.d.next = self.entry_deadline.val();
                                }
                            }
                        }
                    }
                }
            },
            ResolveState::Unpark => {
                // `waiting` is low: nothing was taken since the operation began.
                if self.slot_free.val() {
                    self.read_parked.next = true;
                    self.exchange.next = true;
                    self.dmac.d.next = self.seen.data.val().mac;
                    self.found.d.next = true;
                    self.seen.ready.next = true;
                    self.state.d.next = ResolveState::Idle;
                }
            }
            _ => {
                self.read_parked.next = true;
                self.give_up.next = true;
            }
        }

        // What the operation asks for.
        if self.give_up.val() & (self.can_report.val() | !self.held.val().has_flow) {
            if self.held.val().has_flow {
                self.reporting.d.next = true;
                self.reported.d.next = self.held.val().flow;
            }
            self.stat_dropped.next = true;
            self.state.d.next = ResolveState::Idle;
            // A segment that was taken just before a visit still waits.
            if self.op.q.val() == ResolveOp::Lookup {
                self.waiting.d.next = false;
            }
        }
        if self.use_it.val() {
            self.dmac.d.next = self.neighbours.body.val().mac;
            self.found.d.next = true;
        }
        if self.await_answer.val() {
            self.neighbours.write.next = true;
            if !self.armed.q.val() {
                self.armed.d.next = true;
                self.deadline.d.next = self.units.val() + 16;
            }
        }
        if self.park.val() | self.await_answer.val() {
            self.exchange.next = true;
        }
        if self.use_it.val() | self.park.val() | self.await_answer.val() {
            self.waiting.d.next = false;
            self.state.d.next = ResolveState::Idle;
        }

        // The places: at first the upper half, and 0 for the segment in hand.
        self.places.read_addr.next = self.neighbours.index.val();
        self.place.next = self.places.read_data.val();
        self.places.write_en.next = self.exchange.val();
        self.places.write_addr.next = self.neighbours.index.val();
        self.places.write_data.next = self.in_hand.q.val();
        if (self.state.q.val() == ResolveState::Clear) | (self.state.q.val() == ResolveState::Cleared) {
            self.places.write_en.next = true;
            self.places.write_data.next = !bit_cast::<F, E>(self.neighbours.index.val());
        }
        if self.exchange.val() {
            self.in_hand.d.next = self.place.val();
        }
        self.segments.read_addr.next = self.in_hand.q.val();
        if self.read_parked.val() {
            self.segments.read_addr.next = self.place.val();
        }
        self.segments.write_en.next = self.take.val();
        self.segments.write_addr.next = self.in_hand.q.val();
        self.segments.write_data.next = self.request.data.val();

        self.packet.d.next = self.packet.q.val();
        if (self.ask.val() | self.await_answer.val() | self.reply.val()) & self.can_send.val() {
            self.sending.d.next = true;
            self.packet.d.next.reply = self.reply.val();
            self.packet.d.next.mac = self.seen.data.val().mac;
            self.packet.d.next.addr = self.target.val();
        }

        self.next_deadline.next = bit_cast::<48, 32>(self.deadline.q.val()) << 16;
        self.deadline_valid.next = self.armed.q.val();
        self.busy.next = self.waiting.q.val()
            | self.found.q.val()
            | self.sending.q.val()
            | self.reporting.q.val()
            | self.visiting.q.val()
            | self.changed.q.val()
            | self.overdue.val()
            | self.seen.valid.val()
            | self.request.valid.val()
            | (self.state.q.val() != ResolveState::Idle);

        if self.reset.val() {
            self.state.d.next = ResolveState::Clear;
            self.visit.d.next = 0.into();
            self.in_hand.d.next = 0.into();
            self.waiting.d.next = false;
            self.found.d.next = false;
            self.sending.d.next = false;
            self.reporting.d.next = false;
            self.visiting.d.next = false;
            self.changed.d.next = false;
            self.armed.d.next = false;
        }
    }
}
