// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Verilated host side at its pins, bit by bit, against [`super::reference`]; and how many bytes a second that makes.

use std::collections::VecDeque;

use syncline_hdl::emit::emit_top;
use syncline_hdl::stream::bench::Rng;
use syncline_pins::Uart;
use syncline_regs::uart::{BAR0_AT, BAR2_AT, HEADER_BYTES, LINE_AT, QUEUE_BYTES, WORDS_MAX};
use syncline_verilate::{Model, Options, Port, Source};

use super::reference::{Access, Frame, register, window};
use crate::uart::host::UartHost;

/// Cycles without progress, in bytes' times.
const STALL_BYTES: f64 = 30.0;
/// Cycles from a window read to its answer, as the 64-bit core has it.
const LATENCY: usize = 3;

struct Ports {
    clock: Port,
    rx: Port,
    tx: Port,
    bar0_addr: Port,
    bar0_wdata: Port,
    bar0_write: Port,
    bar0_read: Port,
    bar0_rdata: Port,
    bar0_ack: Port,
    bar2_waddr: Port,
    bar2_wdata: Port,
    bar2_wstrb: Port,
    bar2_wvalid: Port,
    bar2_raddr: Port,
    bar2_rvalid: Port,
    bar2_rdata: Port,
    bar2_rdone: Port,
}

/// The model, a core that remembers what it was asked, and the two ends of the line: one sends, the other listens, so that the sender's
/// clock can be off and the listener be strict.
struct Bench {
    model: Model,
    ports: Ports,
    sender: Uart,
    listener: Uart,
    rng: Rng,
    accesses: Vec<Access>,
    /// Cycles until BAR0 answers.
    busy: u64,
    window: VecDeque<Option<u32>>,
    bit: f64,
    cycles: u64,
}

impl Bench {
    /// `off`: how much longer the sender's bits are.
    fn new(clock_hz: u32, baud: u32, off: f64) -> Self {
        let bit = f64::from(clock_hz) / f64::from(baud);
        let host = UartHost::with_stall(clock_hz, baud, (STALL_BYTES * 10.0 * bit) as u32);
        let text = emit_top(Box::new(host), "uart_host").unwrap_or_else(|e| panic!("{e}"));
        let mut model = Model::build(&Source::new("uart_host", text), Options::default()).expect("a model");
        model.eval();
        let port = |name| model.port(name).unwrap_or_else(|e| panic!("{e}"));
        let ports = Ports {
            clock: port("clock"),
            rx: port("rx"),
            tx: port("tx"),
            bar0_addr: port("bar0_addr"),
            bar0_wdata: port("bar0_wdata"),
            bar0_write: port("bar0_write"),
            bar0_read: port("bar0_read"),
            bar0_rdata: port("bar0_rdata"),
            bar0_ack: port("bar0_ack"),
            bar2_waddr: port("bar2_waddr"),
            bar2_wdata: port("bar2_wdata"),
            bar2_wstrb: port("bar2_wstrb"),
            bar2_wvalid: port("bar2_wvalid"),
            bar2_raddr: port("bar2_raddr"),
            bar2_rvalid: port("bar2_rvalid"),
            bar2_rdata: port("bar2_rdata"),
            bar2_rdone: port("bar2_rdone"),
        };
        let mut bench = Bench {
            model,
            ports,
            sender: Uart::new(bit * (1.0 + off)),
            listener: Uart::new(bit),
            rng: Rng::new(3),
            accesses: vec![],
            busy: 0,
            window: VecDeque::from([None; LATENCY]),
            bit,
            cycles: 0,
        };
        bench.run(20);
        bench
    }

    fn run(&mut self, cycles: u64) {
        for _ in 0..cycles {
            self.cycle();
        }
    }

    fn cycle(&mut self) {
        let (m, p) = (&mut self.model, &self.ports);
        let tx = m.get_bool(p.tx);
        m.set_bool(p.rx, self.sender.cycle(true));
        self.listener.cycle(tx);
        m.eval();
        let write = m.get_bool(p.bar0_write);
        let asks = write || m.get_bool(p.bar0_read);
        if asks && self.busy == 0 {
            self.busy = 2 + self.rng.below(20);
        }
        self.busy = self.busy.saturating_sub(1);
        let ack = asks && self.busy == 0;
        let address = m.get_u64(p.bar0_addr) as u32;
        m.set_bool(p.bar0_ack, ack);
        m.set_u64(p.bar0_rdata, if ack { register(address).into() } else { 0xdead_beef });
        if ack {
            let value = m.get_u64(p.bar0_wdata) as u32;
            let access = if write { Access::Register(address, value) } else { Access::ReadRegister(address) };
            self.accesses.push(access);
        }
        if m.get_bool(p.bar2_wvalid) {
            let (data, strobes) = (m.get_u64(p.bar2_wdata).to_le_bytes(), m.get_u64(p.bar2_wstrb));
            let bytes = std::array::from_fn(|i| (strobes >> i & 1 != 0).then_some(data[i]));
            self.accesses.push(Access::Window(m.get_u64(p.bar2_waddr) as u32, bytes));
        }
        let asked = m.get_bool(p.bar2_rvalid).then(|| m.get_u64(p.bar2_raddr) as u32);
        self.accesses.extend(asked.map(Access::ReadWindow));
        self.window.push_back(asked);
        let answer = self.window.pop_front().flatten();
        m.set_bool(p.bar2_rdone, answer.is_some());
        let beat: [u8; 8] = std::array::from_fn(|i| answer.map_or(0xee, |at| window(at + i as u32)));
        m.set_u64(p.bar2_rdata, u64::from_le_bytes(beat));
        m.edge(p.clock);
        self.cycles += 1;
    }

    /// Until `wanted` bytes have come and all is sent and done; gives the bytes.
    fn answer(&mut self, wanted: usize) -> Vec<u8> {
        let mut got = vec![];
        let mut quiet = 0.0;
        while got.len() < wanted || !self.sender.is_idle() {
            self.cycle();
            got.extend(self.listener.receive());
            quiet = if self.sender.is_idle() { quiet + 1.0 } else { 0.0 };
            assert!(
                quiet < (wanted + 30) as f64 * 10.0 * self.bit,
                "{} bytes instead of {wanted}",
                got.len()
            );
        }
        self.run((self.bit * 12.0) as u64);
        got.extend(self.listener.received());
        got
    }

    fn check(&mut self, frame: &Frame, line: [u16; 4]) {
        let (accesses, answer) = frame.effect(line);
        self.accesses.clear();
        self.sender.send(&frame.bytes());
        assert_eq!(self.answer(answer.len()), answer, "{frame:x?}");
        assert_eq!(self.accesses, accesses, "{frame:x?}");
        assert_eq!(self.listener.faults(), []);
    }
}

#[test]
fn frames_have_the_effect_of_the_reference_at_every_baud_rate() {
    let cases = [
        (156_250_000, 19_531_250, &[-0.03, 0.0, 0.03][..], 60),
        (62_500_000, 3_000_000, &[-0.04, 0.0, 0.04], 40),
        (62_500_000, 115_200, &[0.045], 4),
    ];
    for (clock, baud, offs, frames) in cases {
        for off in offs {
            let mut bench = Bench::new(clock, baud, *off);
            for _ in 0..frames {
                let frame = Frame::random(&mut bench.rng);
                bench.check(&frame, [0; 4]);
            }
            bench.check(&Frame::read(LINE_AT, 4), [0; 4]);
        }
    }
}

#[test]
fn what_is_wrong_on_the_line_is_counted_and_does_no_more_harm() {
    let mut bench = Bench::new(100_000_000, 10_000_000, 0.0);
    // A break, a byte without a stop bit, a glitch.
    bench.sender.level(false, 50.0);
    bench.sender.level(true, 3.0);
    bench.sender.level(false, 11.0);
    bench.sender.level(true, 3.0);
    bench.sender.level(false, 0.3);
    bench.sender.level(true, 3.0);
    // No commands.
    bench.sender.send(&[0x00, 0xaa, 0x06]);
    bench.check(&Frame::read(LINE_AT, 4), [2, 0, 0, 3]);
    // A frame that ends too early, and a byte that is lost in the middle of one.
    bench.sender.send(&Frame::write(BAR2_AT, &[1, 2, 3]).bytes()[..11]);
    bench.sender.level(true, STALL_BYTES * 10.0 + 20.0);
    bench.check(&Frame::read(LINE_AT, 4), [2, 0, 1, 3]);
    bench.sender.send(&Frame::write(BAR0_AT, &[1]).bytes()[..4]);
    bench.sender.level(false, 10.0);
    bench.sender.level(true, STALL_BYTES * 10.0 + 20.0);
    bench.accesses.clear();
    bench.answer(0);
    assert_eq!(bench.accesses, []);
    bench.check(&Frame::read(LINE_AT, 4), [3, 0, 2, 3]);
    // Two requests beyond the one that is answered are kept, and of a third the part that the queue holds.
    let ask = Frame::read(BAR0_AT, WORDS_MAX as u8);
    (0..3).for_each(|_| bench.sender.send(&ask.bytes()));
    let answer = ask.effect([0; 4]).1;
    assert_eq!(bench.answer(3 * answer.len()), answer.repeat(3));
    bench.check(&Frame::read(LINE_AT, 4), [3, 0, 2, 3]);
    (0..4).for_each(|_| bench.sender.send(&ask.bytes()));
    assert_eq!(bench.answer(3 * answer.len()), answer.repeat(3));
    bench.run((bench.bit * 10.0 * (STALL_BYTES + 2.0)) as u64);
    let lost = (4 * HEADER_BYTES - HEADER_BYTES - QUEUE_BYTES) as u16;
    bench.check(&Frame::read(LINE_AT, 4), [3, lost, 3, 3]);
}

/// Payload bytes a second of long transfers: all but the frames' heads is payload.
#[test]
fn the_line_is_never_idle_in_long_transfers() {
    for (clock, baud, bytes) in [(62_500_000, 3_000_000, 16_384), (62_500_000, 115_200, 2048)] {
        let ideal = f64::from(baud) / 10.0;
        let rate = |cycles: u64| f64::from(bytes) / (cycles as f64 / f64::from(clock));
        let chunks =
            || (0..bytes as usize / 4).collect::<Vec<_>>().chunks(254).map(|c| c.len()).collect::<Vec<_>>();
        let frames = chunks().len();

        let mut bench = Bench::new(clock, baud, 0.0);
        let start = bench.cycles;
        for words in chunks() {
            bench.sender.send(&Frame::write(BAR2_AT, &vec![0x5a5a_1234; words]).bytes());
        }
        while !bench.sender.is_idle() {
            bench.cycle();
        }
        let written = rate(bench.cycles - start);
        let head = (HEADER_BYTES * frames) as f64;
        let computed = ideal * f64::from(bytes) / (f64::from(bytes) + head);
        println!("{baud} baud, write: {written:.0} bytes/s, computed {computed:.0}");
        assert!((written / computed - 1.0).abs() < 0.001, "{written} instead of {computed}");
        bench.run(1000);
        assert_eq!(bench.accesses.len(), bytes as usize / 8);

        // Two requests ahead, as the driver does.
        let (mut asked, mut got) = (0, 0);
        let (start, counts) = (bench.cycles, chunks());
        while got < bytes as usize {
            while asked < counts.len() && 4 * counts[..asked].iter().sum::<usize>() < got + 4 * 254 + 1 {
                bench.sender.send(&Frame::read(BAR2_AT, counts[asked] as u8).bytes());
                asked += 1;
            }
            bench.cycle();
            got += bench.listener.received().len();
        }
        let read = rate(bench.cycles - start);
        println!("{baud} baud, read: {read:.0} bytes/s, computed {ideal:.0} without the first request");
        assert!((0.985..1.0).contains(&(read / ideal)) && bench.listener.faults().is_empty(), "{read}");
    }
}
