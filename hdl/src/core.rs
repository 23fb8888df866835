// SPDX-License-Identifier: MIT OR Apache-2.0
//! The core: every block of `docs/design.md`, section 1, wired. Board tops and the simulation drive its plain ports (section 4).

use rust_hdl::prelude::*;

use crate::flow::lookup::{ListenRequest, Lookup, OpenRequest};

use crate::host::bar::{Bar0In, Bar2In};
use crate::host::counters::{Counters, USED as COUNTERS};
use crate::host::doorbell::Doorbells;
use crate::host::entries::{Entries64, Entries512};
use crate::host::events::Events;
use crate::host::peek::Peeker;
use crate::host::registers::Registers;
use crate::host::ring::CardRing;
use crate::host::snapshot::Snapshot;
use crate::host::submission::Submission;
use crate::host::watch::Watch;
use crate::host::window::{Window64, Window512};
use crate::memory::lane_ring::{LaneRing8, LaneRing64};
use crate::memory::row_ring::RowRing16;
use crate::net::{Net64, Net64x8, Net512, NetStats};
use crate::params::{CORE64, CORE64X8, CORE512, Params};
use crate::sched::Sched;
use crate::stream::arbiter::RecordArbiter;
use crate::stream::one_fifo::OneFifo;
use crate::stream::small_fifo::SmallFifo;
use crate::stream::{Beat64, Beat512, StreamIn, StreamOut};
use crate::tcb::arbiter::EventArbiter;
use crate::tcb::processor::Processor;
use crate::tcp::placer::{Placer64, Placer512};
use crate::tcp::rx::{Rx64, Rx512};
use crate::tcp::tx::{Tx64, Tx64x8, Tx512};
use crate::timer::Timer;
use crate::types::{Event, EventKind, Segment, TxRequest, TxSegment, Verdict};

// What the processor says to send, and where to put a payload.
type Requests = SmallFifo<TxRequest, 5, 6>;
type Verdicts = SmallFifo<Verdict, 5, 6>;
type RequestOne = OneFifo<TxRequest, 6>;
type VerdictOne = OneFifo<Verdict, 6>;

macro_rules! core {
    ($name:ident, $beat:ident, $w:tt, $k:tt, $a:tt, $c:tt, $n:tt, $r:tt, $m:tt, $params:ident,
     $net:ident, $rx:ident, $placer:ident, $tx:ident, $window:ident $sq:tt, $entries:ident $eb:tt,
     queues $requests:ident $verdicts:ident half $half:tt, isn $isn:tt, rx $rx_ring:ident $rx_rows:tt, tx $tx_ring:ident $tx_rows:tt, ring $ring:tt) => {
        /// The core; its ports are the table of `docs/design.md`, section 4.
        #[derive(LogicBlock)]
        pub struct $name {
            pub clock: Signal<In, Clock>,
            pub reset: Signal<In, Bit>,
            /// Microseconds.
            pub now: Signal<In, Bits<48>>,
            /// The MAC has a link.
            pub link: Signal<In, Bit>,
            /// Nothing is in flight, and `next_deadline` is up to date.
            pub idle: Signal<Out, Bit>,
            pub next_deadline: Signal<Out, Bits<48>>,
            pub deadline_valid: Signal<Out, Bit>,
            /// One cycle: the flow `state_flow` enters the state with the code `state`.
            pub state_valid: Signal<Out, Bit>,
            pub state_flow: Signal<Out, Bits<16>>,
            pub state: Signal<Out, Bits<4>>,
            /// The core is being reset, by `reset` or by `CONTROL.reset`: a frame that is on its way out ends here, without its last beat.
            pub core_reset: Signal<Out, Bit>,
            /// Frames from the MAC.
            pub rx: StreamIn<$beat>,
            /// Frames to the MAC.
            pub tx: StreamOut<$beat>,
            pub bar0: Bar0In,
            pub bar2: Bar2In<Bits<$w>, Bits<$k>>,

            registers: Registers,
            window: $window<5, $sq>,
            submission: Submission<5>,
            /// Of a completion six words are in use.
            completions: CardRing<5>,
            events: CardRing<5>,
            entries: $entries<5, $eb>,
            event_writer: Events,
            peeker: Peeker,
            snapshot: Snapshot,
            doorbells: Doorbells<$a, $n>,
            counters: Counters,
            /// What is counted, a cycle later: it comes from the ends of long ways.
            pulse: [DFF<Bit>; COUNTERS],
            watch: Watch<$a>,
            news: [Sched<$a, $c>; 2],
            any_news: RecordArbiter<Bits<16>, 2>,

            net: $net,
            tcp_rx: $rx,
            placer: $placer<$a, $r, $m>,
            tcp_tx: $tx<$a, $r, $m>,
            lookup: Lookup<$a, $c, $isn>,
            arbiter: EventArbiter,
            processor: Processor<$a>,
            timer: Timer<$a, $c>,
            turns: Sched<$a, $c>,
            requests: $requests,
            verdicts: $verdicts,
            rx_ring: $rx_ring<$m, $rx_rows, $ring>,
            tx_ring: $tx_ring<$m, $tx_rows, $ring>,

            ring_bytes: Constant<Bits<32>>,
            single_event: Constant<Bit>,
            /// How full the queues behind the processor may be for another event to enter: what is in the pipeline must fit on top.
            queue_half: Constant<Bits<6>>,
            flows: Constant<Bits<16>>,
            blank: Constant<Event>,
            placed_flow: Signal<Local, Bits<16>>,
            calm: DFF<Bits<4>>,
            was_active: DFF<Bit>,
            net_was_active: DFF<Bit>,
            was_settled: DFF<Bit>,
            active: Signal<Local, Bit>,
            net_active: Signal<Local, Bit>,
            reset_here: Signal<Local, Bit>,
            stats: Signal<Local, NetStats>,
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new(&$params)
            }
        }

        impl $name {
            /// The core for a board: `params` must have this type's sizes.
            ///
            /// # Panics
            /// When a size is another one.
            pub fn new(params: &Params) -> Self {
                assert_eq!(
                    (
                        params.width,
                        params.flow_bits,
                        params.ring_bits,
                        params.entry_bits,
                        params.single_event
                    ),
                    ($w, $a, $r, 5, $params.single_event),
                    "{}: the sizes of the core are fixed by its type",
                    params.name
                );
                Self {
                    registers: Registers::new(&params.identity()),
                    ring_bytes: Constant::new(u64::from(params.ring_bytes()).into()),
                    single_event: Constant::new(params.single_event),
                    queue_half: Constant::new($half.into()),
                    flows: Constant::new(u64::from(params.flows()).into()),
                    blank: Constant::new(Event::default()),
                    clock: Default::default(),
                    reset: Default::default(),
                    now: Default::default(),
                    link: Default::default(),
                    idle: Default::default(),
                    next_deadline: Default::default(),
                    deadline_valid: Default::default(),
                    rx: Default::default(),
                    tx: Default::default(),
                    bar0: Default::default(),
                    bar2: Default::default(),
                    window: Default::default(),
                    submission: Default::default(),
                    completions: Default::default(),
                    events: Default::default(),
                    entries: Default::default(),
                    event_writer: Default::default(),
                    peeker: Default::default(),
                    snapshot: Default::default(),
                    doorbells: Default::default(),
                    counters: Default::default(),
                    pulse: std::array::from_fn(|_| Default::default()),
                    watch: Default::default(),
                    state_valid: Default::default(),
                    state_flow: Default::default(),
                    state: Default::default(),
                    core_reset: Default::default(),
                    news: Default::default(),
                    any_news: Default::default(),
                    net: Default::default(),
                    tcp_rx: Default::default(),
                    placer: Default::default(),
                    tcp_tx: Default::default(),
                    lookup: Default::default(),
                    arbiter: Default::default(),
                    processor: Default::default(),
                    timer: Default::default(),
                    turns: Default::default(),
                    requests: Default::default(),
                    verdicts: Default::default(),
                    rx_ring: Default::default(),
                    tx_ring: Default::default(),
                    placed_flow: Default::default(),
                    calm: Default::default(),
                    was_active: Default::default(),
                    net_was_active: Default::default(),
                    was_settled: Default::default(),
                    active: Default::default(),
                    net_active: Default::default(),
                    reset_here: Default::default(),
                    stats: Default::default(),
                }
            }
        }

        impl Logic for $name {
            #[hdl_gen]
            fn update(&mut self) {
                dff_setup!(self, clock, calm, was_active, net_was_active, was_settled);
                clock!(
                    self,
                    clock,
                    registers,
                    window,
                    submission,
                    completions,
                    events,
                    entries,
                    event_writer,
                    peeker,
                    snapshot,
                    doorbells,
                    counters,
                    watch,
                    any_news,
                    net,
                    tcp_rx,
                    placer,
                    tcp_tx,
                    lookup,
                    arbiter,
                    processor,
                    timer,
                    turns,
                    requests,
                    verdicts,
                    rx_ring,
                    tx_ring
                );
                self.registers.reset.next = self.reset.val();
                self.reset_here.next = self.registers.core_reset.val();
                self.core_reset.next = self.reset_here.val();
                self.submission.reset.next = self.reset_here.val();
                self.completions.reset.next = self.reset_here.val();
                self.events.reset.next = self.reset_here.val();
                self.entries.reset.next = self.reset_here.val();
                self.event_writer.reset.next = self.reset_here.val();
                self.peeker.reset.next = self.reset_here.val();
                self.doorbells.reset.next = self.reset_here.val();
                self.counters.reset.next = self.reset_here.val();
                self.watch.reset.next = self.reset_here.val();
                self.any_news.reset.next = self.reset_here.val();
                for i in 0..2 {
                    self.news[i].clock.next = self.clock.val();
                    self.news[i].reset.next = self.reset_here.val();
                }
                self.net.reset.next = self.reset_here.val();
                self.tcp_rx.reset.next = self.reset_here.val();
                self.placer.reset.next = self.reset_here.val();
                self.tcp_tx.reset.next = self.reset_here.val();
                self.lookup.reset.next = self.reset_here.val();
                self.arbiter.reset.next = self.reset_here.val();
                self.processor.reset.next = self.reset_here.val();
                self.timer.reset.next = self.reset_here.val();
                self.turns.reset.next = self.reset_here.val();
                self.requests.reset.next = self.reset_here.val();
                self.verdicts.reset.next = self.reset_here.val();

                // -- from the MAC to the look-up: while the card is off, frames are swallowed --
                self.net.cfg.next = self.registers.cfg.val();
                self.net.now.next = self.now.val();
                self.net.mac_rx.data.next = self.rx.data.val();
                self.net.mac_rx.valid.next = self.rx.valid.val() & self.registers.cfg.val().enable;
                self.rx.ready.next = self.net.mac_rx.ready.val() | !self.registers.cfg.val().enable;
                StreamOut::<$beat>::link(&mut self.tx, &mut self.net.mac_tx);
                StreamOut::<$beat>::join(&mut self.net.tcp_rx, &mut self.tcp_rx.inp);
                self.tcp_rx.meta.next = self.net.tcp_rx_meta.val();
                StreamOut::<Segment>::join(&mut self.tcp_rx.segment, &mut self.lookup.segment);

                // -- the look-up --
                self.lookup.key.next = self.registers.cfg.val().isn_key;
                self.lookup.laddr.next = self.registers.cfg.val().addr;
                self.lookup.now.next = self.now.val();
                StreamOut::<OpenRequest>::join(&mut self.submission.open, &mut self.lookup.open);
                self.submission.open_ok.next = self.lookup.open_ok.val();
                self.submission.open_in_use.next = self.lookup.open_in_use.val();
                StreamOut::<ListenRequest>::join(&mut self.submission.listen, &mut self.lookup.listen);
                self.lookup.remove_valid.next = self.processor.remove_valid.val();
                self.lookup.remove_flow.next = self.processor.remove_flow.val();
                self.lookup.free_valid.next = self.processor.free_valid.val();
                self.lookup.free_flow.next = self.processor.remove_flow.val();
                self.lookup.half_open_dec.next = self.processor.half_open_dec.val();

                // -- events --
                StreamOut::<Event>::join(&mut self.lookup.event, &mut self.arbiter.inp[0]);
                StreamOut::<Event>::join(&mut self.submission.event, &mut self.arbiter.inp[1]);
                self.arbiter.inp[2].data.next = self.blank.val();
                self.arbiter.inp[2].data.next.kind = EventKind::Timer;
                self.arbiter.inp[2].data.next.hit = true;
                self.arbiter.inp[2].data.next.flow = self.timer.expiry.data.val();
                self.arbiter.inp[2].valid.next = self.timer.expiry.valid.val();
                self.timer.expiry.ready.next = self.arbiter.inp[2].ready.val();
                self.arbiter.inp[3].data.next = self.blank.val();
                self.arbiter.inp[3].data.next.kind = EventKind::Unreachable;
                self.arbiter.inp[3].data.next.hit = true;
                self.arbiter.inp[3].data.next.flow = self.net.unreachable.data.val();
                self.arbiter.inp[3].valid.next = self.net.unreachable.valid.val();
                self.net.unreachable.ready.next = self.arbiter.inp[3].ready.val();
                StreamOut::<Event>::join(&mut self.doorbells.event, &mut self.arbiter.inp[4]);
                StreamOut::<Event>::join(&mut self.peeker.event, &mut self.arbiter.inp[5]);
                // Turns only while the segments' queue is nearly empty: data must not keep ACKs out of it.
                self.arbiter.inp[6].data.next = self.blank.val();
                self.arbiter.inp[6].data.next.kind = EventKind::Turn;
                self.arbiter.inp[6].data.next.hit = true;
                self.arbiter.inp[6].data.next.flow = self.turns.out.data.val();
                self.arbiter.inp[6].valid.next = self.turns.out.valid.val() & (self.requests.level.val() < 4);
                self.turns.out.ready.next = self.arbiter.inp[6].ready.val();
                self.arbiter.inp[7].data.next = self.blank.val();
                self.arbiter.inp[7].valid.next = false;
                StreamOut::<Event>::join(&mut self.arbiter.out, &mut self.processor.ev);

                // -- the processor --
                self.processor.cfg.next = self.registers.cfg.val();
                self.processor.now.next = self.now.val();
                self.processor.ring.next = self.ring_bytes.val();
                self.processor.single.next = self.single_event.val();
                self.processor.room.next = (self.requests.level.val() <= self.queue_half.val())
                    & (self.verdicts.level.val() <= self.queue_half.val());
                self.requests.inp.data.next = self.processor.tx.val();
                self.requests.inp.valid.next = self.processor.tx_valid.val();
                self.verdicts.inp.data.next = self.processor.verdict.val();
                self.verdicts.inp.valid.next = self.processor.verdict_valid.val();
                self.timer.now.next = self.now.val();
                self.timer.set_valid.next = self.processor.timer_valid.val();
                self.timer.set_flow.next = self.processor.timer_flow.val();
                self.timer.set_on.next = self.processor.timer_set.val();
                self.timer.set_deadline.next = self.processor.timer_deadline.val();
                self.turns.set_valid.next = self.processor.turn_valid.val();
                self.turns.set_flow.next = self.processor.turn_flow.val();

                // -- payload to the rings --
                StreamOut::<Verdict>::join(&mut self.verdicts.out, &mut self.placer.verdict);
                StreamOut::<$beat>::join(&mut self.tcp_rx.payload, &mut self.placer.payload);
                self.rx_ring.write_valid.next = self.placer.ring_valid.val();
                self.rx_ring.write_addr.next = self.placer.ring_addr.val();
                self.rx_ring.write_data.next = self.placer.ring_data.val();
                self.rx_ring.write_keep.next = self.placer.ring_keep.val();
                self.rx_ring.read_addr.next = self.window.rx_addr.val().get_bits::<$m>(0);
                self.window.rx_data.next = self.rx_ring.read_data.val();

                // -- segments to the MAC --
                StreamOut::<TxRequest>::join(&mut self.requests.out, &mut self.net.request);
                StreamOut::<TxSegment>::join(&mut self.net.segment, &mut self.tcp_tx.inp);
                self.tcp_tx.laddr.next = self.registers.cfg.val().addr;
                self.tx_ring.read_addr.next = self.tcp_tx.ring_addr.val();
                self.tcp_tx.ring_data.next = self.tx_ring.read_data.val();
                self.tx_ring.write_valid.next = self.window.tx_write.val();
                self.tx_ring.write_addr.next = self.window.tx_addr.val().get_bits::<$m>(0);
                self.tx_ring.write_data.next = self.window.tx_data.val();
                self.tx_ring.write_keep.next = self.window.tx_strb.val();
                StreamOut::<$beat>::join(&mut self.tcp_tx.out, &mut self.net.tcp_tx);
                self.net.tcp_tx_send.next = self.tcp_tx.send.val();

                // -- registers --
                self.registers.addr.next = self.bar0.addr.val();
                self.registers.wdata.next = self.bar0.wdata.val();
                self.registers.write.next = self.bar0.write.val();
                self.registers.read.next = self.bar0.read.val();
                self.bar0.rdata.next = self.registers.rdata.val();
                self.bar0.ack.next = self.registers.ack.val();
                self.registers.now.next = self.now.val();
                self.registers.link.next = self.link.val();
                self.registers.idle.next = self.calm.q.val().all();
                self.registers.ready.next = self.entries.ready.val()
                    & !self.lookup.busy.val()
                    & !self.timer.busy.val()
                    & !self.processor.initialising.val()
                    & self.counters.ready.val();
                self.registers.sq_head.next = self.submission.head.val();
                self.registers.cq_tail.next = self.completions.tail.val();
                self.registers.eq_tail.next = self.events.tail.val();
                self.registers.counter_value.next = self.counters.read_value.val();
                self.counters.read.next = self.registers.counter_read.val();
                self.counters.read_index.next = self.registers.counter_index.val();
                self.registers.table_done.next = self.peeker.table_done.val();
                self.registers.table_value.next = self.snapshot.word.val();
                self.snapshot.index.next = self.registers.table_word.val();

                // -- commands --
                self.submission.cfg.next = self.registers.cfg.val();
                self.submission.tail.next = self.registers.sq_tail.val();
                self.submission.flows.next = self.flows.val();
                self.submission.entry.next = self.window.sq_data.val();
                self.window.sq_addr.next = self.submission.entry_addr.val();
                self.window.sq_word.next = self.submission.entry_word.val();
                self.doorbells.ask.next = self.submission.flow_asked.val();
                self.submission.pointer_pending.next = self.doorbells.pending.val();
                self.submission.done_valid.next = self.processor.done_valid.val();
                self.submission.done_ok.next = self.processor.done_ok.val();
                self.submission.done_flow.next = self.processor.done_flow.val();
                self.submission.done_tcb.next = self.processor.done_tcb.val();
                self.submission.room.next = self.completions.room.val();
                self.entries.cq_valid.next = self.submission.completion_valid.val();
                self.entries.cq_entry.next = self.submission.completion.val();
                self.entries.cq_slot.next = self.completions.slot.val();
                self.entries.cq_phase.next = self.completions.phase.val();
                self.submission.completion_stored.next = self.entries.cq_stored.val();
                self.completions.stored.next = self.entries.cq_stored.val();
                self.completions.head.next = self.registers.cq_head.val();
                self.doorbells.write.next = self.registers.doorbell.val();
                self.doorbells.flow.next = self.registers.doorbell_flow.val();
                self.doorbells.receive.next = self.registers.doorbell_receive.val();
                self.doorbells.pointer.next = self.registers.doorbell_pointer.val();

                // -- snapshots: the processor's news and the placer's --
                self.peeker.table_request.next = self.registers.table_request.val();
                self.peeker.table_flow.next = self.registers.table_flow.val();
                self.peeker.notify_request.next = self.event_writer.request.val();
                self.peeker.notify_flow.next = self.event_writer.flow.val();
                self.peeker.peek_valid.next = self.processor.peek_valid.val();
                self.peeker.peek_flow.next = self.processor.peek_flow.val();
                self.peeker.peek_tcb.next = self.processor.peek_tcb.val();
                self.snapshot.tcb.next = self.peeker.tcb.val();
                self.snapshot.flow.next = self.peeker.flow.val();
                self.snapshot.laddr.next = self.registers.cfg.val().addr;
                self.placed_flow.next = self.peeker.looking.val();
                self.placer.placed_flow.next = self.placed_flow.val().get_bits::<$a>(0);
                self.snapshot.placed.next = self.placer.placed.val();
                self.news[0].set_valid.next = self.processor.notify_valid.val();
                self.news[0].set_flow.next = self.processor.notify_flow.val();
                self.news[1].set_valid.next = self.placer.notify_valid.val();
                self.news[1].set_flow.next = self.placer.notify_flow.val();
                for i in 0..2 {
                    StreamOut::<Bits<16>>::join(&mut self.news[i].out, &mut self.any_news.inp[i]);
                }
                self.event_writer.done.next = self.peeker.notify_done.val();
                StreamOut::<Bits<16>>::join(&mut self.any_news.out, &mut self.event_writer.news);
                self.event_writer.room.next = self.events.room.val();
                self.event_writer.words.next = self.snapshot.words.val();
                self.entries.eq_valid.next = self.event_writer.valid.val();
                self.entries.eq_entry.next = self.event_writer.entry.val();
                self.entries.eq_slot.next = self.events.slot.val();
                self.entries.eq_phase.next = self.events.phase.val();
                self.event_writer.stored.next = self.entries.eq_stored.val();
                self.events.stored.next = self.entries.eq_stored.val();
                self.events.head.next = self.registers.eq_head.val();
                self.entries.raddr.next = self.bar2.raddr.val();
                self.window.entry.next = self.entries.data.val();
                self.window.waddr.next = self.bar2.waddr.val();
                self.window.wdata.next = self.bar2.wdata.val();
                self.window.wstrb.next = self.bar2.wstrb.val();
                self.window.wvalid.next = self.bar2.wvalid.val();
                self.window.raddr.next = self.bar2.raddr.val();
                self.window.rvalid.next = self.bar2.rvalid.val();
                self.bar2.rdata.next = self.window.rdata.val();
                self.bar2.rdone.next = self.window.rdone.val();

                self.watch.wrote.next = self.processor.wrote.val();
                self.watch.flow.next = self.processor.done_flow.val();
                self.watch.tcb.next = self.processor.done_tcb.val();
                self.state_valid.next = self.watch.state_valid.val();
                self.state_flow.next = self.watch.state_flow.val();
                self.state.next = self.watch.state.val();

                // -- counters, by slot --
                for i in 0..43 {
                    self.pulse[i].clock.next = self.clock.val();
                    self.counters.pulse[i].next = self.pulse[i].q.val();
                }
                self.stats.next = self.net.stats.val();
                self.pulse[0].d.next = self.stats.val().rx_frames;
                self.pulse[1].d.next = self.stats.val().runt;
                self.pulse[2].d.next = self.stats.val().not_for_us;
                self.pulse[3].d.next = self.stats.val().unknown_ethertype;
                self.pulse[4].d.next = self.stats.val().arp_request;
                self.pulse[5].d.next = self.stats.val().arp_reply;
                self.pulse[6].d.next = self.stats.val().arp_bad | self.stats.val().arp_overrun;
                self.pulse[7].d.next = self.stats.val().arp_conflict;
                self.pulse[8].d.next = self.stats.val().arp_replaced;
                self.pulse[9].d.next = self.stats.val().arp_dropped;
                self.pulse[10].d.next = self.stats.val().ip_bad_header;
                self.pulse[11].d.next = self.stats.val().ip_bad_checksum;
                self.pulse[12].d.next = self.stats.val().ip_bad_length | self.stats.val().ip_truncated;
                self.pulse[13].d.next = self.stats.val().ip_fragment;
                self.pulse[14].d.next = self.stats.val().ip_bad_source;
                self.pulse[15].d.next = self.stats.val().ip_not_for_us;
                self.pulse[16].d.next = self.stats.val().ip_unknown_protocol;
                self.pulse[17].d.next = self.stats.val().icmp_echo;
                self.pulse[18].d.next =
                    self.stats.val().icmp_bad | self.stats.val().icmp_ignored | self.stats.val().icmp_full;
                self.pulse[19].d.next = self.tcp_rx.stat_checksum.val();
                self.pulse[20].d.next = self.tcp_rx.stat_malformed.val();
                self.pulse[21].d.next = self.tcp_rx.stat_bad_option.val();
                self.pulse[22].d.next = self.tcp_rx.stat_broadcast.val();
                self.pulse[23].d.next = self.tcp_rx.stat_overflow.val();
                self.pulse[24].d.next = self.tcp_rx.segment.valid.val() & self.tcp_rx.segment.ready.val();
                self.pulse[25].d.next = self.net.segment.valid.val() & self.net.segment.ready.val();
                self.pulse[26].d.next = self.lookup.stat_no_listener.val();
                self.pulse[27].d.next = self.lookup.stat_card_full.val();
                self.pulse[28].d.next = self.lookup.stat_half_open_limit.val();
                self.pulse[29].d.next = self.watch.opened.val();
                self.pulse[30].d.next = self.watch.accepted.val();
                self.pulse[31].d.next = self.processor.stat_challenge_ack.val();
                self.pulse[32].d.next = self.processor.stat_retransmit.val();
                self.pulse[33].d.next = self.processor.stat_fast_retransmit.val();
                self.pulse[34].d.next = self.processor.stat_timeout.val();
                self.pulse[35].d.next = self.processor.stat_rst_in.val();
                self.pulse[36].d.next = self.processor.stat_rst_out.val();
                self.pulse[37].d.next = self.processor.stat_dup_ack_in.val();
                self.pulse[38].d.next = self.processor.stat_out_of_order.val();
                self.pulse[39].d.next = self.processor.stat_out_of_window.val();
                self.pulse[40].d.next = self.processor.stat_ack_invalid.val();
                self.pulse[41].d.next = self.registers.bad_doorbell.val() | self.processor.bad_doorbell.val();
                self.pulse[42].d.next = self.stats.val().tx_frames;

                // -- time: the earlier of TCP's deadline and ARP's --
                self.deadline_valid.next = self.timer.deadline_valid.val() | self.net.deadline_valid.val();
                self.next_deadline.next = self.timer.next_deadline.val();
                if !self.timer.deadline_valid.val()
                    | (self.net.deadline_valid.val()
                        & (self.net.next_deadline.val() < self.timer.next_deadline.val()))
                {
                    self.next_deadline.next = self.net.next_deadline.val();
                }
                // Two clocks, ARP's and the retransmission timer's, compare times: each is in a part of its own.
                self.net_active.next = (self.rx.valid.val() & self.registers.cfg.val().enable)
                    | self.tx.valid.val()
                    | self.net.busy.val();
                // News that wait for room in the event ring are not activity: only the host can make room.
                self.active.next = !self.tcp_rx.idle.val()
                    | !self.placer.idle.val()
                    | !self.tcp_tx.idle.val()
                    | !self.lookup.idle.val()
                    | self.lookup.busy.val()
                    | self.arbiter.out.valid.val()
                    | self.processor.busy.val()
                    | self.processor.initialising.val()
                    | self.requests.level.val().any()
                    | self.verdicts.level.val().any()
                    | !self.turns.idle.val()
                    | self.turns.busy.val()
                    | self.submission.busy.val()
                    | self.doorbells.busy.val()
                    | self.event_writer.busy.val()
                    | self.bar0.read.val()
                    | self.bar0.write.val()
                    | self.bar2.wvalid.val()
                    | self.bar2.rvalid.val()
                    | self.counters.busy.val()
                    | self.reset_here.val();
                // A pulse may be between two blocks for a cycle or two.
                self.idle.next = self.calm.q.val().all();
                if !self.calm.q.val().all() {
                    self.calm.d.next = self.calm.q.val() + 1;
                }
                self.was_active.d.next = self.active.val();
                self.was_settled.d.next = self.timer.settled.val();
                self.net_was_active.d.next = self.net_active.val();
                if self.was_active.q.val() | self.net_was_active.q.val() | !self.was_settled.q.val() {
                    self.calm.d.next = 0.into();
                    self.idle.next = false;
                }
                if self.active.val() | self.net_active.val() | !self.timer.settled.val() {
                    self.idle.next = false;
                }
            }
        }
    };
}
core!(Core64, Beat64, 64, 8, 4, 5, 16, 12, 16, CORE64, Net64, Rx64, Placer64, Tx64, Window64 7, Entries64 8,
      queues Requests Verdicts half 16, isn 1, rx LaneRing8 13, tx RowRing16 12, ring 4096);
core!(Core64x8, Beat64, 64, 8, 3, 4, 8, 12, 15, CORE64X8, Net64x8, Rx64, Placer64, Tx64x8, Window64 7, Entries64 8,
      queues RequestOne VerdictOne half 0, isn 0, rx LaneRing8 12, tx RowRing16 11, ring 4096);
core!(Core512, Beat512, 512, 64, 6, 7, 64, 14, 20, CORE512, Net512, Rx512, Placer512, Tx512, Window512 5, Entries512 6,
      queues Requests Verdicts half 16, isn 2, rx LaneRing64 14, tx LaneRing64 14, ring 16384);
