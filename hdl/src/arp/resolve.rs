// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Resolve`]: find the Ethernet address of a segment's next hop, ask for it, keep it fresh.

use rust_hdl::prelude::*;

use super::next_hop::NextHop;
use super::parked::Parked;
use super::rounds::Rounds;
use super::table::{ArpStatus, Table};
use super::{ArpSeen, ArpSend, ArpState};
use crate::stream::{StreamIn, StreamOut};
use crate::types::{Config, TxRequest, TxSegment};

/// What the engine does.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum ResolveState {
    /// Frees every entry after reset.
    Clear,
    /// Frees the last one.
    Cleared,
    /// Chooses an operation.
    Idle,
    /// Looks for its entry.
    Search,
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
    /// Look at one entry for a missing answer, or for its age.
    Visit,
}

/// Segments in, segments with the Ethernet address of their next hop out: three cycles later if it is known and was used last,
/// up to three more if another neighbour of its set was.
///
/// `S` and `E` are those of [`Table`], `F = E + 1`. Times are counted in units of 65,536 us:
///
/// * [`NextHop`] chooses the next hop. An impossible one costs the segment, and so does having none, which is reported.
/// * An unknown neighbour is asked for at once and then every 16 units (1.05 s), three times in all. Its latest segment is
///   [`Parked`] meanwhile (RFC 1122, 2.3.2.2) and goes on with the answer, or is given up and its flow reported unreachable.
/// * An entry is good for 912 units (60 s) after the neighbour was last heard of in ARP. Then it is still used, but asked
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
    choice: NextHop,
    neighbours: Table<S, E>,
    parked: Parked<E, F>,
    rounds: Rounds<E>,
    /// The address that the operation is about.
    target: DFF<Bits<32>>,
    next_target: Signal<Local, Bits<32>>,
    near: Signal<Local, Bits<32>>,
    far: Signal<Local, Bits<32>>,
    /// The segment in hand, or the parked one that was read.
    held: Signal<Local, TxRequest>,
    /// Its next hop is `dmac`.
    found: DFF<Bit>,
    dmac: DFF<Bits<48>>,
    // Outputs waiting to be taken.
    sending: DFF<Bit>,
    packet: DFF<ArpSend>,
    reporting: DFF<Bit>,
    reported: DFF<Bits<16>>,
    // The choice of an operation.
    idle: Signal<Local, Bit>,
    clearing: Signal<Local, Bit>,
    slot_free: Signal<Local, Bit>,
    learn_first: Signal<Local, Bit>,
    take: Signal<Local, Bit>,
    visits: Signal<Local, Bit>,
    // The operation.
    // It begins with what its entry says and what its address is, from registers.
    shown: Signal<Local, ArpStatus>,
    shown_age: Signal<Local, Bits<12>>,
    status: DFF<ArpStatus>,
    age: DFF<Bits<12>>,
    due: DFF<Bit>,
    old: DFF<Bit>,
    nowhere: DFF<Bit>,
    impossible: DFF<Bit>,
    last_try: Signal<Local, Bit>,
    incomplete: Signal<Local, Bit>,
    reachable: Signal<Local, Bit>,
    sent: Signal<Local, Bit>,
    ask: Signal<Local, Bit>,
    park: Signal<Local, Bit>,
    await_answer: Signal<Local, Bit>,
    use_it: Signal<Local, Bit>,
    give_up: Signal<Local, Bit>,
    reply: Signal<Local, Bit>,
    learns: Signal<Local, Bit>,
    can_send: Signal<Local, Bit>,
    can_report: Signal<Local, Bit>,
    ready: Signal<Local, Bit>,
}

impl<const S: usize, const E: usize, const F: usize> Logic for Resolve<S, E, F> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, op, target, found, dmac, sending, packet, reporting, reported);
        dff_setup!(self, clock, status, age, due, old, nowhere, impossible);
        clock!(self, clock, neighbours, parked, rounds);
        self.parked.reset.next = self.reset.val();
        self.rounds.reset.next = self.reset.val();

        // The outputs.
        self.held.next = self.parked.held.val();
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
        self.slot_free.next = !self.found.q.val() | self.segment.ready.val();
        if self.segment.ready.val() {
            self.found.d.next = false;
        }
        self.send.valid.next = self.sending.q.val();
        self.send.data.next = self.packet.q.val();
        // The ways from `ready` are long, and nothing is lost: both are rare.
        self.can_send.next = !self.sending.q.val();
        if self.send.ready.val() {
            self.sending.d.next = false;
        }
        self.sent.next = self.sending.q.val() & self.send.ready.val();
        self.stat_request.next = self.sent.val() & !self.packet.q.val().reply;
        self.stat_reply.next = self.sent.val() & self.packet.q.val().reply;
        self.unreachable.valid.next = self.reporting.q.val();
        self.unreachable.data.next = self.reported.q.val();
        self.can_report.next = !self.reporting.q.val();
        if self.unreachable.ready.val() {
            self.reporting.d.next = false;
        }

        // The choice: ARP packets and segments in turns, then visits.
        self.idle.next = self.state.q.val() == ResolveState::Idle;
        self.clearing.next =
            (self.state.q.val() == ResolveState::Clear) | (self.state.q.val() == ResolveState::Cleared);
        self.learn_first.next = self.seen.valid.val()
            & !((self.op.q.val() == ResolveOp::Learn) & self.request.valid.val() & self.slot_free.val());
        self.request.ready.next = self.idle.val() & self.slot_free.val() & !self.learn_first.val();
        self.take.next = self.request.valid.val() & self.request.ready.val();
        self.visits.next = self.idle.val() & !self.learn_first.val() & !self.take.val();
        self.parked.take.next = self.take.val();
        self.parked.request.next = self.request.data.val();

        // What it is about: the destination, the gateway, an ARP packet's sender, or the entry visited.
        self.choice.cfg.next = self.cfg.val();
        self.choice.raddr.next = self.request.data.val().raddr;
        self.choice.hop.next = self.target.q.val();
        // Whether it is off the link is known last.
        self.near.next = self.request.data.val().raddr;
        self.far.next = self.cfg.val().gateway;
        if !self.idle.val() {
            self.near.next = self.neighbours.addr.val();
            self.far.next = self.neighbours.addr.val();
        } else if self.learn_first.val() {
            self.near.next = self.seen.data.val().addr;
            self.far.next = self.seen.data.val().addr;
        }
        self.next_target.next = self.near.val();
        if self.choice.off_link.val() {
            self.next_target.next = self.far.val();
        }
        if self.idle.val()
            | ((self.state.q.val() == ResolveState::Search) & (self.op.q.val() == ResolveOp::Visit))
        {
            self.target.d.next = self.next_target.val();
        }
        self.neighbours.start.next = self.idle.val() | self.clearing.val();
        self.neighbours.by_index.next = self.clearing.val() | self.visits.val();
        self.neighbours.pick.next = self.rounds.visit.val();
        self.neighbours.set.next = self.next_target.val().get_bits::<S>(0);
        self.neighbours.target.next = self.target.q.val();
        self.neighbours.search.next =
            (self.state.q.val() == ResolveState::Search) & (self.op.q.val() != ResolveOp::Visit);

        // What the entry says: what it is shown for `Act` to begin with is shown a cycle before.
        self.shown.next = self.neighbours.status.val();
        self.shown_age.next = self.rounds.units.val() - self.shown.val().stamp;
        if self.state.q.val() == ResolveState::Search {
            self.status.d.next = self.shown.val();
            self.age.d.next = self.shown_age.val();
            self.due.d.next = self.shown_age.val().get_bits::<8>(4).any();
            self.old.d.next = self.shown_age.val() >= 912;
        }
        self.nowhere.d.next = self.choice.nowhere.val();
        self.impossible.d.next = self.choice.impossible.val();
        self.last_try.next = self.status.q.val().tries == 3;
        self.incomplete.next = self.status.q.val().state == ArpState::Incomplete;
        self.reachable.next = self.status.q.val().state == ArpState::Reachable;

        // By default an entry that is written has been asked for once more.
        self.neighbours.write_status.next = false;
        self.neighbours.write_addr.next = false;
        self.neighbours.write_mac.next = false;
        self.neighbours.new_mac.next = self.seen.data.val().mac;
        self.neighbours.new_status.next.state = ArpState::Incomplete;
        self.neighbours.new_status.next.tries = self.status.q.val().tries + 1;
        self.neighbours.new_status.next.stamp = self.rounds.units.val();

        self.ask.next = false;
        self.park.next = false;
        self.await_answer.next = false;
        self.use_it.next = false;
        self.give_up.next = false;
        self.reply.next = false;
        self.learns.next = false;
        self.ready.next = false;
        self.seen.ready.next = false;
        self.stat_dropped.next = false;
        self.parked.clear.next = self.clearing.val();
        self.parked.index.next = self.neighbours.index.val();
        self.parked.read_parked.next = false;
        self.parked.exchange.next = false;
        self.rounds.now.next = self.now.val();
        self.rounds.idle.next = self.visits.val();
        self.rounds.count.next = self.clearing.val();
        self.rounds.done.next = false;
        self.rounds.waits.next = self.incomplete.val() & !self.due.q.val();
        self.rounds.stamp.next = self.status.q.val().stamp;
        self.rounds.age.next = self.age.q.val();
        self.rounds.changed.next = false;

        match self.state.q.val() {
            ResolveState::Clear => {
                self.neighbours.write_status.next = true;
                self.neighbours.new_status.next.state = ArpState::Free;
                if self.rounds.visit.val().all() {
                    self.state.d.next = ResolveState::Cleared;
                }
            }
            ResolveState::Cleared => {
                self.neighbours.write_status.next = true;
                self.neighbours.new_status.next.state = ArpState::Free;
                self.state.d.next = ResolveState::Idle;
            }
            ResolveState::Idle => {
                if self.learn_first.val() {
                    self.op.d.next = ResolveOp::Learn;
                    self.state.d.next = ResolveState::Search;
                } else if self.take.val() {
                    self.op.d.next = ResolveOp::Lookup;
                    self.state.d.next = ResolveState::Search;
                } else if self.rounds.visiting.val() {
                    self.op.d.next = ResolveOp::Visit;
                    self.state.d.next = ResolveState::Search;
                }
            }
            ResolveState::Search => {
                if self.neighbours.settled.val() | (self.op.q.val() == ResolveOp::Visit) {
                    self.state.d.next = ResolveState::Act;
                }
            }
            ResolveState::Act => match self.op.q.val() {
                ResolveOp::Lookup => {
                    if self.nowhere.q.val() {
                        self.give_up.next = true;
                    } else if self.impossible.q.val() {
                        self.stat_dropped.next = true;
                        self.state.d.next = ResolveState::Idle;
                    } else if !self.neighbours.hit.val() {
                        self.await_answer.next = self.can_send.val();
                        self.stat_dropped.next = self.can_send.val() & self.incomplete.val();
                    } else if self.incomplete.val() {
                        self.park.next = true;
                    } else if self.reachable.val() & !self.old.q.val() {
                        self.use_it.next = true;
                    } else if self.due.q.val() & self.last_try.val() {
                        self.await_answer.next = self.can_send.val();
                    } else {
                        self.use_it.next = true;
                        self.ask.next =
                            self.can_send.val() & (self.due.q.val() | !self.status.q.val().tries.any());
                        self.neighbours.new_status.next.state = ArpState::Stale;
                    }
                }
                ResolveOp::Learn => {
                    self.reply.next = self.seen.data.val().request & self.seen.data.val().for_us;
                    self.ready.next = self.can_send.val() | !self.reply.val();
                    self.learns.next = self.seen.data.val().learn
                        & (self.neighbours.hit.val() | self.seen.data.val().for_us)
                        & self.ready.val();
                    self.neighbours.write_status.next = self.learns.val();
                    self.neighbours.write_addr.next = self.learns.val();
                    self.neighbours.write_mac.next = self.learns.val();
                    self.neighbours.new_status.next.state = ArpState::Reachable;
                    self.neighbours.new_status.next.tries = 0.into();
                    self.seen.ready.next = self.ready.val();
                    if self.ready.val() {
                        self.state.d.next = ResolveState::Idle;
                    }
                    if self.learns.val() & self.incomplete.val() {
                        self.rounds.changed.next = true;
                        self.stat_dropped.next = !self.neighbours.hit.val();
                        if self.neighbours.hit.val() {
                            self.state.d.next = ResolveState::Unpark;
                        }
                    }
                }
                _ => {
                    // The segment to be given up is read when the one in hand has gone.
                    self.parked.read_parked.next = !self.found.q.val();
                    self.ready.next = true;
                    if self.incomplete.val() & self.due.q.val() {
                        self.ready.next = self.can_send.val();
                        if self.last_try.val() {
                            self.ready.next = !self.found.q.val();
                        }
                    }
                    if self.ready.val() {
                        self.rounds.done.next = true;
                        self.state.d.next = ResolveState::Idle;
                        if self.incomplete.val() & self.due.q.val() {
                            if self.last_try.val() {
                                self.neighbours.write_status.next = true;
                                self.neighbours.new_status.next.state = ArpState::Free;
                                self.state.d.next = ResolveState::Fail;
                            } else {
                                self.ask.next = true;
                                self.rounds.changed.next = true;
                            }
                        }
                        if self.reachable.val() & self.old.q.val() {
                            self.neighbours.write_status.next = true;
                            self.neighbours.new_status.next.state = ArpState::Stale;
                            self.neighbours.new_status.next.tries = 0.into();
                        }
                    }
                }
            },
            ResolveState::Unpark => {
                // Not while `segment.ready` only says that the place will be free: that is a long way, and this is rare.
                if !self.found.q.val() {
                    self.parked.read_parked.next = true;
                    self.parked.exchange.next = true;
                    self.found.d.next = true;
                    self.state.d.next = ResolveState::Idle;
                }
            }
            _ => {
                self.parked.read_parked.next = true;
                self.give_up.next = true;
            }
        }

        // What the operation asks for.
        if self.give_up.val() & (self.can_report.val() | !self.held.val().has_flow) {
            if self.held.val().has_flow {
                self.reporting.d.next = true;
            }
            self.stat_dropped.next = true;
            self.state.d.next = ResolveState::Idle;
        }
        if self.use_it.val() {
            self.found.d.next = true;
        }
        if self.await_answer.val() {
            self.neighbours.write_addr.next = true;
            self.neighbours.new_status.next.tries = 1.into();
            self.rounds.changed.next = true;
        }
        if self.ask.val() | self.await_answer.val() {
            self.neighbours.write_status.next = true;
        }
        if self.park.val() | self.await_answer.val() {
            self.parked.exchange.next = true;
        }
        if self.use_it.val() | self.park.val() | self.await_answer.val() {
            self.state.d.next = ResolveState::Idle;
        }
        self.stat_replaced.next = self.park.val();
        self.neighbours.keep.next = self.use_it.val() | self.neighbours.write_addr.val();
        // What waits to be taken is written as long as nothing waits.
        if self.can_send.val() {
            self.packet.d.next.reply = self.op.q.val() == ResolveOp::Learn;
            self.packet.d.next.mac = self.seen.data.val().mac;
            self.packet.d.next.addr = self.target.q.val();
        }
        if self.can_report.val() {
            self.reported.d.next = self.held.val().flow;
        }
        if !self.found.q.val() {
            self.dmac.d.next = self.neighbours.mac.val();
        }
        if (self.ask.val() | self.await_answer.val() | self.reply.val()) & self.can_send.val() {
            self.sending.d.next = true;
        }

        self.next_deadline.next = self.rounds.next_deadline.val();
        self.deadline_valid.next = self.rounds.deadline_valid.val();
        self.busy.next = self.found.q.val()
            | self.sending.q.val()
            | self.reporting.q.val()
            | self.rounds.busy.val()
            | self.seen.valid.val()
            | self.request.valid.val()
            | !self.idle.val();

        if self.reset.val() {
            self.state.d.next = ResolveState::Clear;
            self.op.d.next = ResolveOp::Lookup;
            self.found.d.next = false;
            self.sending.d.next = false;
            self.reporting.d.next = false;
        }
    }
}
