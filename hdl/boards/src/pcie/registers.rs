// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`RegisterPort`]: lines of 64 bytes, written to and read from the core's 32-bit register bus.

use rust_hdl::prelude::*;
use syncline_hdl::host::bar::Bar0Out;

use super::Widen;
use super::lowest::LowestLane;

/// Does the writes of a line and the reads of a line in the order of their addresses, one access at a time. While a write
/// and a read wait they take turns, so neither can hold up the other for ever.
#[derive(LogicBlock, Default)]
pub struct RegisterPort {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// A line to write: held, with what follows, until `write_done`.
    pub write_valid: Signal<In, Bit>,
    pub write_line: Signal<In, Bits<14>>,
    pub write_data: Signal<In, Bits<512>>,
    /// Dwords with four strobes are written; dwords with one to three are not, and `partial` pulses.
    pub write_strobes: Signal<In, Bits<64>>,
    pub write_done: Signal<Out, Bit>,
    /// A line to read: held, with what follows, until `read_done`.
    pub read_valid: Signal<In, Bit>,
    pub read_line: Signal<In, Bits<14>>,
    /// The dwords wanted. The others of the answer mean nothing.
    pub read_lanes: Signal<In, Bits<16>>,
    /// With `read_done`.
    pub read_data: Signal<Out, Bits<512>>,
    pub read_done: Signal<Out, Bit>,
    pub partial: Signal<Out, Bit>,
    /// The core's register bus: `write` or `read` is held until `ack`, then low for a cycle.
    pub bar0: Bar0Out,
    writing: DFF<Bit>,
    reading: DFF<Bit>,
    /// Lanes still to be done.
    write_todo: DFF<Bits<16>>,
    read_todo: DFF<Bits<16>>,
    /// The line is done, and the next one is looked at in the next cycle.
    write_over: DFF<Bit>,
    read_over: DFF<Bit>,
    /// The last access was a write.
    wrote: DFF<Bit>,
    addr: DFF<Bits<20>>,
    wdata: DFF<Bits<32>>,
    write: DFF<Bit>,
    read: DFF<Bit>,
    /// Lane of the access on the bus.
    lane: DFF<Bits<16>>,
    answer: [DFF<Bits<32>>; 16],
    strobe: [Signal<Local, Bits<4>>; 16],
    whole: [Signal<Local, Bits<16>>; 17],
    broken: [Signal<Local, Bits<16>>; 17],
    next_write: LowestLane,
    next_read: LowestLane,
    write_waits: Signal<Local, Bit>,
    read_waits: Signal<Local, Bit>,
    idle: Signal<Local, Bit>,
    take_write: Signal<Local, Bit>,
    take_read: Signal<Local, Bit>,
    amount: Signal<Local, Bits<9>>,
    moved: Signal<Local, Bits<512>>,
    write_addr: Signal<Local, Bits<20>>,
    read_addr: Signal<Local, Bits<20>>,
    word: [Signal<Local, Bits<512>>; 16],
    joined: [Signal<Local, Bits<512>>; 16],
}

impl Logic for RegisterPort {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, writing, reading, write_todo, read_todo, write_over, read_over);
        dff_setup!(self, clock, wrote, addr, wdata, write, read, lane);
        self.whole[0].next = 0.into();
        self.broken[0].next = 0.into();
        for i in 0..16 {
            self.strobe[i].next = self.write_strobes.val().get_bits::<4>(i * 4);
            self.whole[i + 1].next = self.whole[i].val().replace_bit(i, self.strobe[i].val().all());
            self.broken[i + 1].next =
                self.broken[i].val().replace_bit(i, self.strobe[i].val().any() & !self.strobe[i].val().all());
        }

        // What is to be done is listed when a line comes, and the line is done when the list is empty.
        self.partial.next = false;
        self.write_over.d.next =
            self.writing.q.val() & !self.write_todo.q.val().any() & !self.write_over.q.val();
        self.read_over.d.next =
            self.reading.q.val() & !self.read_todo.q.val().any() & !self.read_over.q.val();
        self.write_done.next = self.write_over.q.val();
        self.read_done.next = self.read_over.q.val();
        if !self.writing.q.val() & self.write_valid.val() {
            self.writing.d.next = true;
            self.write_todo.d.next = self.whole[16].val();
            self.partial.next = self.broken[16].val().any();
        }
        if self.write_over.q.val() {
            self.writing.d.next = false;
        }
        if !self.reading.q.val() & self.read_valid.val() {
            self.reading.d.next = true;
            self.read_todo.d.next = self.read_lanes.val();
        }
        if self.read_over.q.val() {
            self.reading.d.next = false;
        }

        // One access. The bus is low in the cycle in which the next one is chosen.
        self.next_write.set.next = self.write_todo.q.val();
        self.next_read.set.next = self.read_todo.q.val();
        self.write_waits.next = self.writing.q.val() & self.write_todo.q.val().any();
        self.read_waits.next = self.reading.q.val() & self.read_todo.q.val().any();
        self.idle.next = !self.write.q.val() & !self.read.q.val();
        self.take_write.next =
            self.idle.val() & self.write_waits.val() & !(self.wrote.q.val() & self.read_waits.val());
        self.take_read.next = self.idle.val() & self.read_waits.val() & !self.take_write.val();
        self.write_addr.next = (bit_cast::<20, 14>(self.write_line.val()) << 6)
            | (bit_cast::<20, 4>(self.next_write.index.val()) << 2);
        self.read_addr.next = (bit_cast::<20, 14>(self.read_line.val()) << 6)
            | (bit_cast::<20, 4>(self.next_read.index.val()) << 2);
        self.amount.next = bit_cast::<9, 4>(self.next_write.index.val()) << 5;
        self.moved.next = self.write_data.val() >> self.amount.val();
        if self.idle.val() {
            self.wdata.d.next = self.moved.val().get_bits::<32>(0);
            self.addr.d.next = self.read_addr.val();
            self.lane.d.next = self.next_read.only.val();
            if self.take_write.val() {
                self.addr.d.next = self.write_addr.val();
                self.lane.d.next = self.next_write.only.val();
            }
        }
        if self.take_write.val() {
            self.write.d.next = true;
            self.wrote.d.next = true;
        }
        if self.take_read.val() {
            self.read.d.next = true;
            self.wrote.d.next = false;
        }
        if self.bar0.ack.val() {
            self.write.d.next = false;
            self.read.d.next = false;
        }
        if self.bar0.ack.val() & self.write.q.val() {
            self.write_todo.d.next = self.write_todo.q.val() & !self.lane.q.val();
        }
        if self.bar0.ack.val() & self.read.q.val() {
            self.read_todo.d.next = self.read_todo.q.val() & !self.lane.q.val();
        }
        for i in 0..16 {
            self.answer[i].clock.next = self.clock.val();
            self.answer[i].d.next = self.answer[i].q.val();
            if self.lane.q.val().get_bit(i) & self.read.q.val() {
                self.answer[i].d.next = self.bar0.rdata.val();
            }
            self.word[i].next = self.answer[i].q.val().to_bits();
        }
        self.joined[0].next = self.word[15].val();
        for i in 1..16 {
            self.joined[i].next = (self.joined[i - 1].val() << 32) | self.word[15 - i].val();
        }
        self.read_data.next = self.joined[15].val();
        self.bar0.addr.next = self.addr.q.val();
        self.bar0.wdata.next = self.wdata.q.val();
        self.bar0.write.next = self.write.q.val();
        self.bar0.read.next = self.read.q.val();
        if self.reset.val() {
            self.writing.d.next = false;
            self.reading.d.next = false;
            self.write_over.d.next = false;
            self.read_over.d.next = false;
            self.write.d.next = false;
            self.read.d.next = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_hdl::sim::{ready, settle, tick};
    use syncline_hdl::stream::bench::{Rng, bits_of, bytes_of, clocked};

    clocked!(RegisterPort);

    /// The bus: acknowledges after some cycles, and checks the rules for `write` and `read`.
    struct Bus {
        wait: Option<u64>,
        low: bool,
        held: (u64, u64, bool),
        done: Vec<(bool, u64, u64)>,
    }

    impl Bus {
        fn value(addr: u64) -> u64 {
            addr.wrapping_mul(0x9e37_79b9) & 0xffff_ffff
        }

        fn cycle(&mut self, uut: &mut RegisterPort, rng: &mut Rng) {
            let (write, read) = (uut.bar0.write.val(), uut.bar0.read.val());
            uut.bar0.ack.next = false;
            uut.bar0.rdata.next = rng.below(1 << 32).into();
            if !write && !read {
                assert!(self.wait.is_none(), "request dropped before its acknowledgement");
                self.low = true;
                return;
            }
            let now = (uut.bar0.addr.val().to_u64(), uut.bar0.wdata.val().to_u64(), write);
            let Some(wait) = self.wait else {
                assert!(write != read && self.low, "two at once, or no low cycle between");
                (self.wait, self.held) = (Some(rng.below(4)), now);
                return;
            };
            assert_eq!(now, self.held, "request changed");
            if wait > 0 {
                self.wait = Some(wait - 1);
                return;
            }
            (self.wait, self.low) = (None, false);
            uut.bar0.ack.next = true;
            if read {
                uut.bar0.rdata.next = Self::value(now.0).into();
            }
            self.done.push((write, now.0, if write { now.1 } else { 0 }));
        }
    }

    /// Writes and reads of any lanes at once: each in its own order, all of them, and turn by turn.
    #[test]
    fn lines_become_accesses() {
        let mut rng = Rng::new(4);
        let mut uut = ready(Box::<RegisterPort>::default());
        let mut bus = Bus { wait: None, low: true, held: (0, 0, false), done: vec![] };
        let (mut partials, mut want_partials) = (0, 0);
        for round in 0..60 {
            let strobes = match round % 4 {
                0 => rng.next(),
                1 => 0xff_u64 << (4 * rng.below(15)),
                2 => 0,
                _ => u64::MAX,
            };
            let lanes = if round % 3 == 0 { 1 << rng.below(16) } else { 1 + rng.below(0xffff) };
            let (data, write_line, read_line) = (rng.bytes(64), rng.below(1 << 14), rng.below(1 << 14));
            uut.write_valid.next = true;
            uut.write_line.next = write_line.into();
            uut.write_data.next = bits_of(&data);
            uut.write_strobes.next = strobes.into();
            let (mut writing, mut reading) = (true, round % 5 != 0);
            uut.read_valid.next = reading;
            uut.read_line.next = read_line.into();
            uut.read_lanes.next = lanes.into();
            let of_lane = |lane: u64| strobes >> (4 * lane) & 15;
            want_partials += u64::from((0..16).any(|lane| !matches!(of_lane(lane), 0 | 15)));
            let word = |lane: u64| {
                let at = 4 * lane as usize;
                u64::from(u32::from_le_bytes(data[at..at + 4].try_into().expect("4 bytes")))
            };
            let mut wants: Vec<Vec<(bool, u64, u64)>> = vec![vec![], vec![]];
            for lane in 0..16 {
                if of_lane(lane) == 15 {
                    wants[0].push((true, write_line << 6 | lane << 2, word(lane)));
                }
                if reading && lanes >> lane & 1 == 1 {
                    wants[1].push((false, read_line << 6 | lane << 2, 0));
                }
            }
            for cycle in 0.. {
                assert!(cycle < 400, "stuck");
                settle(uut.as_mut());
                bus.cycle(uut.as_mut(), &mut rng);
                settle(uut.as_mut());
                partials += u64::from(uut.partial.val());
                if uut.write_done.val() {
                    assert!(std::mem::replace(&mut writing, false), "done twice");
                    uut.write_valid.next = false;
                    assert_eq!(bus.done.iter().filter(|a| a.0).count(), wants[0].len(), "done too early");
                }
                if uut.read_done.val() {
                    assert!(std::mem::replace(&mut reading, false), "done twice");
                    uut.read_valid.next = false;
                    let line = bytes_of(uut.read_data.val(), 64);
                    for lane in (0..16).filter(|lane| lanes >> lane & 1 == 1) {
                        let value = Bus::value(read_line << 6 | lane << 2) as u32;
                        assert_eq!(line[4 * lane as usize..][..4], value.to_le_bytes());
                    }
                }
                tick(uut.as_mut());
                if !writing && !reading {
                    break;
                }
            }
            let done = std::mem::take(&mut bus.done);
            let (writes, reads): (Vec<_>, Vec<_>) = done.iter().copied().partition(|access| access.0);
            assert_eq!([writes, reads], [wants[0].clone(), wants[1].clone()]);
            // While both have work, they alternate.
            let both = 2 * wants[0].len().min(wants[1].len());
            let (first, rest) = (done.first(), done.iter().take(both.saturating_sub(1)));
            for (i, access) in rest.enumerate() {
                assert_eq!(Some(access.0 == (i % 2 == 0)), first.map(|f| f.0), "not in turn");
            }
        }
        assert_eq!(partials, want_partials);
        assert!(partials > 5);
    }
}
