// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Dispatch`]: one request after the other, writes to the write path, non-posted ones to the queue.

use rust_hdl::prelude::*;
use syncline_hdl::stream::{StreamIn, StreamOut};

use super::request::{Classify, Route};
use super::{CqBeat, Request, WriteBeat};

/// Places of the queue behind `queue`, and credits given to the hard block at first.
pub const PLACES: u64 = 16;

/// Keeps the order: a non-posted request enters the queue only when every write before it is done.
#[derive(LogicBlock)]
pub struct Dispatch {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub inp: StreamIn<CqBeat>,
    /// With every beat of a packet: discard it.
    pub bad: Signal<In, Bit>,
    pub write: StreamOut<WriteBeat>,
    /// Every write taken so far has reached the core's ports.
    pub write_idle: Signal<In, Bit>,
    /// A queue of [`PLACES`].
    pub queue: StreamOut<Request>,
    /// A request has left the queue, one cycle.
    pub freed: Signal<In, Bit>,
    /// `pcie_cq_np_req`: 1 in a cycle gives the hard block one more credit for a non-posted request. It begins with none
    /// and counts to 32 at most (PG213, Selective Flow Control for Non-Posted Requests).
    pub np_req: Signal<Out, Bits<2>>,
    /// A posted request that is not supported, one cycle.
    pub dropped: Signal<Out, Bit>,
    /// A request whose payload the hard block could not read, or an overlong one, one cycle.
    pub discontinued: Signal<Out, Bit>,
    classify: Classify,
    head: DFF<CqBeat>,
    head_valid: DFF<Bit>,
    head_bad: DFF<Bit>,
    head_non_posted: DFF<Bit>,
    head_route: DFF<Route>,
    /// Where the beats behind the first go.
    rest: DFF<Route>,
    started: DFF<Bit>,
    freed_late: DFF<Bit>,
    returned_late: DFF<Bit>,
    /// Credits to be given.
    grants: DFF<Bits<6>>,
    places: Constant<Bits<6>>,
    registers_mask: Constant<Bits<22>>,
    window_mask: Constant<Bits<22>>,
    data: Signal<Local, Bits<512>>,
    held: Signal<Local, Bits<512>>,
    first: Signal<Local, Bit>,
    route: Signal<Local, Route>,
    address: Signal<Local, Bits<22>>,
    is_write: Signal<Local, Bit>,
    is_queued: Signal<Local, Bit>,
    taken: Signal<Local, Bit>,
    begins: Signal<Local, Bit>,
    returned: Signal<Local, Bit>,
    with_freed: Signal<Local, Bits<6>>,
    with_returned: Signal<Local, Bits<6>>,
    granted: Signal<Local, Bit>,
}

impl Dispatch {
    /// Sizes of BAR0 and BAR2: the address bits above are the base that the host has given the BAR.
    ///
    /// # Panics
    /// When a size is not a power of two, or larger than the core's address (1 MiB, 16 MiB).
    pub fn new(bar0_bytes: u32, bar2_bytes: u32) -> Self {
        assert!(
            bar0_bytes.is_power_of_two() && bar0_bytes <= 1 << 20,
            "completer: BAR0 of {bar0_bytes} bytes"
        );
        assert!(
            bar2_bytes.is_power_of_two() && bar2_bytes <= 1 << 24,
            "completer: BAR2 of {bar2_bytes} bytes"
        );
        assert!(bar0_bytes >= 128 && bar2_bytes >= 128, "completer: a BAR below 128 bytes");
        let mask = |bytes: u32| Constant::new(Bits::<22>::from(u64::from(bytes / 4 - 1)));
        Self {
            clock: Default::default(),
            reset: Default::default(),
            inp: Default::default(),
            bad: Default::default(),
            write: Default::default(),
            write_idle: Default::default(),
            queue: Default::default(),
            freed: Default::default(),
            np_req: Default::default(),
            dropped: Default::default(),
            discontinued: Default::default(),
            classify: Default::default(),
            head: Default::default(),
            head_valid: Default::default(),
            head_bad: Default::default(),
            head_non_posted: Default::default(),
            head_route: Default::default(),
            rest: Default::default(),
            started: Default::default(),
            freed_late: Default::default(),
            returned_late: Default::default(),
            grants: Default::default(),
            places: Constant::new(PLACES.into()),
            registers_mask: mask(bar0_bytes),
            window_mask: mask(bar2_bytes),
            data: Default::default(),
            held: Default::default(),
            first: Default::default(),
            route: Default::default(),
            address: Default::default(),
            is_write: Default::default(),
            is_queued: Default::default(),
            taken: Default::default(),
            begins: Default::default(),
            returned: Default::default(),
            with_freed: Default::default(),
            with_returned: Default::default(),
            granted: Default::default(),
        }
    }
}

impl Logic for Dispatch {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, head, head_valid, head_bad, head_non_posted, head_route, rest);
        dff_setup!(self, clock, started, freed_late, returned_late, grants);
        self.first.next = self.head.q.val().first;
        self.route.next = self.rest.q.val();
        if self.first.val() {
            self.route.next = self.head_route.q.val();
        }
        self.is_write.next = false;
        self.is_queued.next = false;
        match self.route.val() {
            Route::Drop => {}
            Route::WriteRegisters => {
                self.is_write.next = true;
            }
            Route::WriteWindow => {
                self.is_write.next = true;
            }
            _ => {
                self.is_queued.next = true;
            }
        }
        if self.head_bad.q.val() | !self.head_valid.q.val() {
            self.is_write.next = false;
            self.is_queued.next = false;
        }
        self.taken.next = self.head_valid.q.val();
        if self.is_write.val() {
            self.taken.next = self.write.ready.val();
        }
        if self.is_queued.val() {
            self.taken.next = self.queue.ready.val() & self.write_idle.val();
        }
        // A register between the store and the decisions; the descriptor is looked at on the way in.
        self.data.next = self.inp.data.val().data;
        self.classify.descriptor.next = self.data.val().get_bits::<128>(0);
        self.inp.ready.next = !self.head_valid.q.val() | self.taken.val();
        if self.inp.ready.val() {
            self.head.d.next = self.inp.data.val();
            self.head_bad.d.next = self.bad.val();
            self.head_non_posted.d.next = self.classify.non_posted.val();
            self.head_route.d.next = self.classify.route.val();
            self.head_valid.d.next = self.inp.valid.val();
        }

        self.begins.next = self.taken.val() & self.first.val();
        if self.begins.val() {
            // What is queued has no payload worth keeping: of an AtomicOp, or of an I/O write.
            self.rest.d.next = Route::Drop;
            if self.is_write.val() {
                self.rest.d.next = self.head_route.q.val();
            }
        }

        self.held.next = self.head.q.val().data;
        self.address.next = self.held.val().get_bits::<22>(2) & self.registers_mask.val();
        self.write.data.next.window = false;
        if self.route.val() == Route::WriteWindow {
            self.write.data.next.window = true;
        }
        if (self.route.val() == Route::WriteWindow) | (self.route.val() == Route::ReadWindow) {
            self.address.next = self.held.val().get_bits::<22>(2) & self.window_mask.val();
        }
        self.write.valid.next = self.is_write.val();
        self.write.data.next.data = self.head.q.val().data;
        self.write.data.next.strobes = self.head.q.val().strobes;
        self.write.data.next.dword = self.address.val();
        self.write.data.next.first = self.first.val();
        self.write.data.next.last = self.head.q.val().last;
        self.queue.valid.next = self.is_queued.val() & self.write_idle.val();
        self.queue.data.next.descriptor = self.held.val().get_bits::<128>(0);
        self.queue.data.next.dword = self.address.val();
        self.queue.data.next.side = self.head.q.val().side;
        self.queue.data.next.route = self.head_route.q.val();

        self.dropped.next =
            self.begins.val() & !self.head_bad.q.val() & (self.head_route.q.val() == Route::Drop);
        self.discontinued.next = self.begins.val() & self.head_bad.q.val();

        // Only a non-posted request with a payload can be discontinued; it was delivered all the same.
        self.returned.next = self.discontinued.val() & self.head_non_posted.q.val();
        self.granted.next = self.started.q.val() & self.grants.q.val().any();
        self.np_req.next = 0.into();
        if self.granted.val() {
            self.np_req.next = 1.into();
        }
        self.freed_late.d.next = self.freed.val();
        self.returned_late.d.next = self.returned.val();
        self.with_freed.next = self.grants.q.val();
        if self.freed_late.q.val() {
            self.with_freed.next = self.grants.q.val() + 1;
        }
        self.with_returned.next = self.with_freed.val();
        if self.returned_late.q.val() {
            self.with_returned.next = self.with_freed.val() + 1;
        }
        self.grants.d.next = self.with_returned.val();
        if self.granted.val() {
            self.grants.d.next = self.with_returned.val() - 1;
        }
        self.started.d.next = true;
        if !self.started.q.val() {
            self.grants.d.next = self.places.val();
        }
        if self.reset.val() {
            self.head_valid.d.next = false;
            self.started.d.next = false;
            self.freed_late.d.next = false;
            self.returned_late.d.next = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_hdl::sim::{ready, settle, tick};
    use syncline_hdl::stream::bench::{PACES, Rng, clocked};

    clocked!(Dispatch);

    #[test]
    #[should_panic(expected = "BAR2 of 3000 bytes")]
    fn refuses_a_bar_that_is_no_power_of_two() {
        let _ = Dispatch::new(1 << 20, 3000);
    }

    struct Packet {
        kind: u64,
        bar: u64,
        beats: usize,
        bad: bool,
        tag: u64,
    }

    /// Packets of all kinds: each goes where it belongs, none out of order, and the credits are neither lost nor doubled.
    #[test]
    fn keeps_the_order_and_the_credits() {
        let mut rng = Rng::new(9);
        for (gap, stall) in PACES {
            let mut uut = ready(Box::new(Dispatch::new(1 << 20, 1 << 22)));
            let packets: Vec<Packet> = (0..150)
                .map(|i| {
                    let kind = [0, 1, 1, 0, 2, 4, 12][rng.below(7) as usize];
                    let beats = if kind == 1 { 1 + rng.below(4) as usize } else { 1 };
                    let bad = matches!(kind, 1 | 4) && rng.chance(20);
                    Packet { kind, bar: [0, 2, 2, 1][rng.below(4) as usize], beats, bad, tag: i }
                })
                .collect();
            let list: Vec<(usize, usize)> = packets
                .iter()
                .enumerate()
                .flat_map(|(p, packet)| (0..packet.beats).map(move |b| (p, b)))
                .collect();
            // What is seen at the three ways out, in one order; writes by beat.
            let [mut got, mut want]: [Vec<(&str, u64, u64)>; 2] = Default::default();
            for packet in &packets {
                let ours = matches!(packet.bar, 0 | 2);
                match packet.kind {
                    _ if packet.bad => want.push(("discontinued", 0, 0)),
                    1 if ours => want.extend((0..packet.beats as u64).map(|b| ("write", packet.tag, b))),
                    1 | 12 => want.push(("dropped", 0, 0)),
                    _ => want.push(("queue", packet.tag, u64::from(packet.kind == 0 && ours))),
                }
            }
            let (mut fed, mut offered, mut busy, mut queued, mut credits, mut cycles) =
                (0, false, 0, 0_u64, 0_u64, 0);
            let (mut returned, mut freed_all) = (0, 0);
            while got.len() < want.len() || cycles < 40 {
                offered = fed < list.len() && (offered || !rng.chance(gap));
                uut.inp.valid.next = offered;
                if let Some((p, b)) = list.get(fed) {
                    let packet = &packets[*p];
                    let high =
                        Bits::<512>::from(packet.kind << 11 | packet.tag << 32 | packet.bar << 48) << 64_u64;
                    let low = 0xfff0_0000 + 4 * packet.tag;
                    uut.inp.data.next = CqBeat {
                        data: if *b == 0 {
                            high | Bits::<512>::from(low)
                        } else {
                            Bits::<512>::from(*b as u64)
                        },
                        strobes: 0.into(),
                        side: packet.tag.into(),
                        first: *b == 0,
                        last: *b + 1 == packet.beats,
                    };
                    uut.bad.next = packet.bad;
                }
                uut.write.ready.next = !rng.chance(stall);
                uut.write_idle.next = busy == 0;
                uut.queue.ready.next = queued < PLACES && !rng.chance(stall);
                let freed = queued > 0 && rng.chance(30);
                uut.freed.next = freed;
                settle(uut.as_mut());
                busy = busy.max(1) - 1;
                if uut.write.valid.val() && uut.write.ready.val() {
                    let beat = uut.write.data.val();
                    let (dword, data) = (beat.dword.to_u64(), beat.data.get_bits::<32>(0).to_u64());
                    let number = if beat.first { 0 } else { data };
                    let tag = if beat.first { dword & 0xff } else { got.last().map_or(0, |last| last.1) };
                    // BAR2 is 4 MiB, BAR0 1 MiB: what is above is the BAR's base.
                    let base = (0xfff0_0000 / 4) & if beat.window { 0xf_ffff } else { 0x3_ffff };
                    assert!(!beat.first || dword == base + tag, "address {dword:#x}");
                    got.push(("write", tag, number));
                    busy = 3;
                }
                if uut.queue.valid.val() && uut.queue.ready.val() {
                    assert!(uut.write_idle.val(), "overtakes a write");
                    let request = uut.queue.data.val();
                    let served = matches!(request.route, Route::ReadRegisters | Route::ReadWindow);
                    got.push(("queue", request.side.to_u64(), u64::from(served)));
                    queued += 1;
                }
                if uut.dropped.val() {
                    got.push(("dropped", 0, 0));
                }
                if uut.discontinued.val() {
                    got.push(("discontinued", 0, 0));
                }
                queued -= u64::from(freed);
                freed_all += u64::from(freed);
                credits += uut.np_req.val().to_u64();
                if offered && uut.inp.ready.val() {
                    let packet = &packets[list[fed].0];
                    returned += u64::from(packet.bad && packet.kind == 4);
                    (fed, offered) = (fed + 1, false);
                }
                assert!(credits <= PLACES + freed_all + returned, "a credit too many");
                tick(uut.as_mut());
                cycles += 1;
                assert!(cycles < 5_000, "stuck");
            }
            assert_eq!(got, want);
            // All credits are given in the end.
            uut.inp.valid.next = false;
            uut.freed.next = false;
            for _ in 0..40 {
                settle(uut.as_mut());
                credits += uut.np_req.val().to_u64();
                tick(uut.as_mut());
            }
            assert_eq!(credits, PLACES + freed_all + returned);
        }
    }
}
