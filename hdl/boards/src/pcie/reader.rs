// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Reader`]: answers the requests of the queue, one after the other.
//!
//! A read is split into completions that end at addresses divisible by 128 (see [`super`]); for each, the reader asks for the
//! one or two lines it needs and gives the builder its header. What is not supported becomes a completion without data.

use rust_hdl::prelude::*;
use syncline_hdl::stream::{StreamIn, StreamOut};

use super::byte_enables::ByteEnables;
use super::describe::Describe;
use super::request::Route;
use super::room::Room;
use super::shape::Shape;
use super::{Header, Request};

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum Step {
    Idle,
    /// The request is in its register.
    Begin,
    /// How much goes into the next completion?
    Split,
    /// ... and in which shape?
    Form,
    /// BAR2: a line is asked for in each cycle.
    Window,
    /// BAR0: a line at a time.
    Registers,
    /// No line: the request itself is the payload.
    Refuse,
}

/// What a completion asks for comes back in order; a request of another kind waits until everything is back.
#[derive(LogicBlock, Default)]
pub struct Reader {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub queue: StreamIn<Request>,
    /// A request has left the queue, one cycle.
    pub freed: Signal<Out, Bit>,
    /// The core's window read port.
    pub bar2_raddr: Signal<Out, Bits<24>>,
    pub bar2_rvalid: Signal<Out, Bit>,
    pub bar2_rdata: Signal<In, Bits<512>>,
    pub bar2_rdone: Signal<In, Bit>,
    /// A line of registers: held until `register_done`.
    pub register_valid: Signal<Out, Bit>,
    pub register_line: Signal<Out, Bits<14>>,
    pub register_lanes: Signal<Out, Bits<16>>,
    pub register_data: Signal<In, Bits<512>>,
    pub register_done: Signal<In, Bit>,
    /// To the builder.
    pub header: StreamOut<Header>,
    pub line: Signal<Out, Bits<512>>,
    pub line_valid: Signal<Out, Bit>,
    /// A beat has left the outlet's store, one cycle.
    pub beat_freed: Signal<In, Bit>,
    /// A request gets status UR, one cycle.
    pub refused: Signal<Out, Bit>,
    enables: ByteEnables,
    shape: Shape,
    room: Room,
    step: DFF<Step>,
    request: DFF<Request>,
    trim: DFF<Bits<3>>,
    none: DFF<Bit>,
    /// Next dword, bytes and dwords that are left.
    dword: DFF<Bits<22>>,
    bytes: DFF<Bits<13>>,
    left: DFF<Bits<11>>,
    /// First byte in the next dword.
    offset: DFF<Bits<2>>,
    /// Of the next completion.
    take: DFF<Bits<6>>,
    ends: DFF<Bit>,
    form: DFF<Header>,
    cycles: DFF<Bits<2>>,
    beats: DFF<Bits<2>>,
    lanes: DFF<Bits<32>>,
    /// Lines asked for, for this completion.
    asked: DFF<Bits<2>>,
    /// Lines of BAR2 on the way.
    pending: DFF<Bits<6>>,
    raddr: DFF<Bits<18>>,
    rvalid: DFF<Bit>,
    rdata: DFF<Bits<512>>,
    rdone: DFF<Bit>,
    describe: Describe,
    descriptor: Signal<Local, Bits<128>>,
    length: Signal<Local, Bits<13>>,
    coming: Signal<Local, Bits<128>>,
    coming_side: Signal<Local, Bits<19>>,
    refuses: Signal<Local, Bit>,
    position: Signal<Local, Bits<5>>,
    space: Signal<Local, Bits<6>>,
    low: Signal<Local, Bits<6>>,
    fits: Signal<Local, Bit>,
    sent: Signal<Local, Bits<13>>,
    here: Signal<Local, Bits<18>>,
    quiet: Signal<Local, Bit>,
    may_start: Signal<Local, Bit>,
    starts: Signal<Local, Bit>,
    completes: Signal<Local, Bit>,
    asks: Signal<Local, Bit>,
    next_asked: Signal<Local, Bits<2>>,
    back: Signal<Local, Bits<6>>,
}

impl Logic for Reader {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, step, request, trim, none, dword, bytes, left, offset, take, ends);
        dff_setup!(self, clock, form, cycles, beats, lanes);
        dff_setup!(self, clock, asked, pending, raddr, rvalid, rdata, rdone);
        clock!(self, clock, room);
        self.queue.ready.next = self.step.q.val() == Step::Idle;
        self.freed.next = self.queue.ready.val() & self.queue.valid.val();
        self.descriptor.next = self.request.q.val().descriptor;
        self.refuses.next = self.request.q.val().route == Route::Refuse;
        self.length.next = bit_cast::<13, 11>(self.descriptor.val().get_bits::<11>(64)) << 2;

        // Byte enables are looked at on the way in.
        self.coming.next = self.queue.data.val().descriptor;
        self.coming_side.next = self.queue.data.val().side;
        self.enables.dwords.next = self.coming.val().get_bits::<11>(64);
        self.enables.first.next = self.coming_side.val().get_bits::<4>(0);
        self.enables.last.next = self.coming_side.val().get_bits::<4>(4);

        // A completion ends with the request, or where the address is divisible by 32 dwords.
        self.position.next = self.dword.q.val().get_bits::<5>(0);
        self.space.next = bits::<6>(32) - bit_cast::<6, 5>(self.position.val());
        self.low.next = self.left.q.val().get_bits::<6>(0);
        self.fits.next = !self.left.q.val().get_bits::<5>(6).any() & (self.low.val() <= self.space.val());
        self.sent.next = bit_cast::<13, 6>(self.take.q.val()) << 2;

        self.shape.lane.next = self.dword.q.val().get_bits::<4>(0);
        if self.refuses.val() {
            self.shape.lane.next = 0.into();
        }
        self.shape.dwords.next = self.take.q.val();
        self.describe.request.next = self.request.q.val();
        self.describe.dword.next = self.dword.q.val();
        self.describe.offset.next = self.offset.q.val();
        self.describe.bytes.next = self.bytes.q.val();
        self.describe.take.next = self.take.q.val();

        // Nothing of BAR2 is on the way, and the builder has had a cycle for what was left of the last line.
        self.quiet.next = !self.pending.q.val().any() & !self.rdone.q.val();
        self.may_start.next = false;
        if !self.asked.q.val().any() {
            match self.step.q.val() {
                Step::Window => {
                    self.may_start.next = true;
                }
                Step::Registers => {
                    self.may_start.next = self.quiet.val();
                }
                Step::Refuse => {
                    self.may_start.next = self.quiet.val();
                }
                _ => {}
            }
        }
        self.header.valid.next = self.may_start.val() & self.room.enough.val();
        self.header.data.next = self.form.q.val();
        self.starts.next = self.header.valid.val() & self.header.ready.val();
        self.room.reset.next = self.reset.val();
        self.room.promise.next = self.starts.val();
        self.room.beats.next = self.beats.q.val();
        self.room.freed.next = self.beat_freed.val();
        self.register_valid.next = false;
        self.asks.next = false;
        self.completes.next = false;
        self.refused.next = false;
        self.here.next = self.dword.q.val().get_bits::<18>(4);
        self.next_asked.next = self.asked.q.val();
        self.line.next = self.rdata.q.val();
        self.line_valid.next = self.rdone.q.val();
        match self.step.q.val() {
            Step::Idle => {
                self.request.d.next = self.queue.data.val();
                self.trim.d.next = self.enables.trim.val();
                self.none.d.next = self.enables.none.val();
                self.offset.d.next = self.enables.offset.val();
                if self.queue.valid.val() {
                    self.step.d.next = Step::Begin;
                }
            }
            Step::Begin => {
                self.dword.d.next = self.request.q.val().dword;
                self.bytes.d.next = self.length.val() - bit_cast::<13, 3>(self.trim.q.val());
                if self.none.q.val() {
                    self.bytes.d.next = 1.into();
                }
                self.left.d.next = self.descriptor.val().get_bits::<11>(64);
                self.step.d.next = Step::Split;
            }
            Step::Split => {
                self.take.d.next = self.space.val();
                if self.fits.val() {
                    self.take.d.next = self.low.val();
                }
                self.ends.d.next = self.fits.val() | self.refuses.val();
                if self.refuses.val() {
                    self.take.d.next = 5.into();
                }
                self.step.d.next = Step::Form;
            }
            Step::Form => {
                self.form.d.next.descriptor = self.describe.out.val();
                self.form.d.next.turn = self.shape.turn.val();
                self.form.d.next.prime = self.shape.prime.val();
                self.form.d.next.two_lines = self.shape.two_lines.val();
                self.form.d.next.flush = self.shape.flush.val();
                self.form.d.next.last_lane = self.shape.last_lane.val();
                self.cycles.d.next = self.shape.cycles.val();
                self.beats.d.next = self.shape.beats.val();
                self.lanes.d.next = self.shape.lanes.val();
                self.asked.d.next = 0.into();
                self.step.d.next = Step::Refuse;
                if self.request.q.val().route == Route::ReadWindow {
                    self.step.d.next = Step::Window;
                }
                if self.request.q.val().route == Route::ReadRegisters {
                    self.step.d.next = Step::Registers;
                }
            }
            Step::Window => {
                if self.starts.val() {
                    self.asks.next = true;
                }
                if self.asked.q.val() == 1 {
                    self.asks.next = self.form.q.val().two_lines;
                    self.here.next = self.dword.q.val().get_bits::<18>(4) | 1;
                }
                if self.starts.val() | self.asked.q.val().any() {
                    self.next_asked.next = self.asked.q.val() + 1;
                }
                self.completes.next = self.next_asked.val() == self.cycles.q.val();
            }
            Step::Registers => {
                if self.starts.val() {
                    self.next_asked.next = 1.into();
                }
                if self.asked.q.val() == 2 {
                    self.here.next = self.dword.q.val().get_bits::<18>(4) | 1;
                }
                self.register_valid.next = self.asked.q.val().any();
                if self.register_done.val() {
                    self.line.next = self.register_data.val();
                    self.line_valid.next = true;
                    self.next_asked.next = 2.into();
                    self.completes.next = (self.asked.q.val() == 2) | !self.form.q.val().two_lines;
                }
            }
            _ => {
                if self.starts.val() {
                    self.next_asked.next = 1.into();
                }
                if self.asked.q.val().any() {
                    self.line.next = self.describe.log.val();
                    self.line_valid.next = true;
                    self.completes.next = true;
                    self.refused.next = true;
                }
            }
        }
        self.asked.d.next = self.next_asked.val();
        if self.step.q.val() == Step::Form {
            self.asked.d.next = 0.into();
        }
        if self.completes.val() {
            self.dword.d.next = self.dword.q.val() + bit_cast::<22, 6>(self.take.q.val());
            self.left.d.next = self.left.q.val() - bit_cast::<11, 6>(self.take.q.val());
            self.bytes.d.next = self.bytes.q.val() - self.sent.val() + bit_cast::<13, 2>(self.offset.q.val());
            self.offset.d.next = 0.into();
            self.step.d.next = Step::Split;
            if self.ends.q.val() {
                self.step.d.next = Step::Idle;
            }
        }

        self.register_line.next = self.here.val().get_bits::<14>(0);
        self.register_lanes.next = self.lanes.q.val().get_bits::<16>(0);
        if self.asked.q.val() == 2 {
            self.register_lanes.next = self.lanes.q.val().get_bits::<16>(16);
        }

        // BAR2, with registers on both sides.
        self.rvalid.d.next = self.asks.val();
        self.raddr.d.next = self.here.val();
        self.bar2_rvalid.next = self.rvalid.q.val();
        self.bar2_raddr.next = bit_cast::<24, 18>(self.raddr.q.val()) << 6;
        self.rdata.d.next = self.bar2_rdata.val();
        self.rdone.d.next = self.bar2_rdone.val();
        self.back.next = self.pending.q.val();
        if self.bar2_rdone.val() {
            self.back.next = self.pending.q.val() - 1;
        }
        self.pending.d.next = self.back.val();
        if self.asks.val() {
            self.pending.d.next = self.back.val() + 1;
        }

        if self.reset.val() {
            self.step.d.next = Step::Idle;
            self.pending.d.next = 0.into();
            self.rvalid.d.next = false;
            self.rdone.d.next = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_hdl::sim::{ready, settle, tick};
    use syncline_hdl::stream::bench::{Rng, clocked};

    clocked!(Reader);

    /// Long reads of BAR2 with an outlet that is slow, then stands, then runs: every line is asked for once and in order, each completion
    /// has its header, and no more beats are under way than the outlet stores.
    #[test]
    fn asks_for_what_has_room() {
        let mut rng = Rng::new(11);
        let mut uut = ready(Box::<Reader>::default());
        let reads = [(0_u64, 1024_u64), (31, 33), (100, 924), (5, 1), (16, 16), (0, 1024)];
        let (mut want_lines, mut want_beats) = (vec![], vec![]);
        for (start, dwords) in reads {
            let mut at = start;
            while at < start + dwords {
                let take = (32 - at % 32).min(start + dwords - at);
                want_lines.extend((at / 16..=(at + take - 1) / 16).map(|line| 64 * line));
                want_beats.push((3 + take).div_ceil(16));
                at += take;
            }
        }
        let (mut next, mut lines, mut headers, mut freed, mut returned) = (0, vec![], 0, 0, 0);
        let mut answers = std::collections::VecDeque::from(vec![false; 3]);
        let mut cycles = 0;
        while returned < want_lines.len() {
            uut.queue.valid.next = next < reads.len();
            if let Some((start, dwords)) = reads.get(next) {
                let high = Bits::<128>::from(*dwords | 2 << 48) << 64_u64;
                uut.queue.data.next = Request {
                    descriptor: high | Bits::<128>::from(4 * start),
                    side: if *dwords == 1 { 0xf } else { 0xff }.into(),
                    dword: (*start).into(),
                    route: Route::ReadWindow,
                };
            }
            uut.header.ready.next = rng.chance(90);
            let promised: u64 = want_beats[..headers].iter().sum();
            let pace = [10, 0, 100][(cycles / 300) % 3];
            let free = freed < promised && rng.chance(pace);
            uut.beat_freed.next = free;
            uut.bar2_rdone.next = answers.pop_front().unwrap_or_default();
            settle(uut.as_mut());
            next += usize::from(uut.freed.val());
            headers += usize::from(uut.header.valid.val() && uut.header.ready.val());
            freed += u64::from(free);
            assert!(want_beats[..headers].iter().sum::<u64>() - freed <= crate::pcie::outlet::BEATS);
            answers.push_back(uut.bar2_rvalid.val());
            if uut.bar2_rvalid.val() {
                lines.push(uut.bar2_raddr.val().to_u64());
            }
            returned += usize::from(uut.line_valid.val());
            tick(uut.as_mut());
            cycles += 1;
            assert!(cycles < 20_000, "stuck after {} lines", lines.len());
        }
        assert_eq!(lines, want_lines);
        assert_eq!((headers, next), (want_beats.len(), reads.len()));
    }
}
