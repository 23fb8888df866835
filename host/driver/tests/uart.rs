// SPDX-License-Identifier: MIT OR Apache-2.0
//! The driver over a serial line, with a card in software at the other end of a pseudo-terminal.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use syncline::regs::uart::{BAR2_AT, QUEUE_BYTES, READ, WRITE};
use syncline::regs::{ALL_ONES, MAGIC, map};
use syncline::testing::{self, FakeCard, UartCard};
use syncline::transport::{Line, Uart};
use syncline::{Bar, BarError, Config, Device, Error};

const LIMIT: Duration = Duration::from_secs(400);

/// Registers and a window without a meaning, but for the magic.
#[derive(Clone)]
struct Memory(Arc<Mutex<(Vec<u32>, Vec<u8>)>>);

impl Memory {
    fn new() -> Self {
        let mut registers = vec![0; 0x400];
        registers[map::MAGIC as usize / 4] = MAGIC;
        Memory(Arc::new(Mutex::new((registers, vec![0; 0x2000]))))
    }

    fn window(&self) -> Vec<u8> {
        self.0.lock().expect("no panic").1.clone()
    }
}

impl Bar for Memory {
    fn read32(&mut self, offset: u32) -> Result<u32, BarError> {
        Ok(self.0.lock().expect("no panic").0[offset as usize / 4])
    }

    fn write32(&mut self, offset: u32, value: u32) -> Result<(), BarError> {
        self.0.lock().expect("no panic").0[offset as usize / 4] = value;
        Ok(())
    }

    fn read_window(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), BarError> {
        bytes.copy_from_slice(&self.0.lock().expect("no panic").1[offset as usize..][..bytes.len()]);
        Ok(())
    }

    fn write_window(&mut self, offset: u32, bytes: &[u8]) -> Result<(), BarError> {
        self.0.lock().expect("no panic").1[offset as usize..][..bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn now(&mut self) -> Duration {
        Duration::ZERO
    }

    fn relax(&mut self, _: Duration) -> Result<(), BarError> {
        Ok(())
    }
}

fn line(card: &UartCard, baud: u32) -> Line {
    format!("{}:{baud}", card.path().display()).parse().expect("a line")
}

/// One whose errors come soon.
fn hasty(card: &UartCard) -> Line {
    Line { patience: Duration::from_millis(400), ..line(card, 3_000_000) }
}

fn open(card: &UartCard) -> Uart {
    Uart::open(&line(card, 3_000_000)).expect("a card")
}

/// The error of an opening, and how long it took.
fn refusal(line: &Line) -> (BarError, Duration) {
    let start = Instant::now();
    let error = Uart::open(line).err().expect("no card");
    (error, start.elapsed())
}

/// Waits for a condition.
fn until(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(10), "it does not happen");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i % 251) as u8 ^ (i >> 8) as u8).collect()
}

#[test]
fn registers_and_windows_hold_what_is_written() {
    let memory = Memory::new();
    let card = UartCard::new(memory.clone()).expect("a line");
    let mut uart = open(&card);
    assert_eq!(uart.read32(map::MAGIC).expect("a register"), MAGIC);
    uart.write32(0x100, 0x1234_5678).expect("a register");
    assert_eq!(uart.read32(0x100).expect("a register"), 0x1234_5678);
    let mut wanted = vec![0; 0x2000];
    for (start, len) in
        [(0, 0), (1, 1), (2, 9), (5, 2), (16, 3), (21, 64), (99, 1023), (0x800, 0x1000), (0x1fff, 1)]
    {
        let bytes = pattern(len + 7)[7..].to_vec();
        uart.write_window(start as u32, &bytes).expect("a window");
        wanted[start..start + len].copy_from_slice(&bytes);
        let mut back = vec![0xee; len];
        uart.read_window(start as u32, &mut back).expect("a window");
        assert!(back == bytes, "{start} {len}");
    }
    assert!(memory.window() == wanted);
    for (offset, len) in [(0x0100_0000, 1), (0x00ff_fffe, 3), (u32::MAX, 4)] {
        assert!(matches!(
            uart.read_window(offset, &mut vec![0; len]),
            Err(BarError::OutOfRange { bar: 2, .. })
        ));
        assert!(matches!(uart.write_window(offset, &vec![0; len]), Err(BarError::OutOfRange { bar: 2, .. })));
    }
    for offset in [2, 0x10_0000] {
        assert!(matches!(uart.read32(offset), Err(BarError::OutOfRange { bar: 0, .. })));
        assert!(matches!(uart.write32(offset, 0), Err(BarError::OutOfRange { bar: 0, .. })));
    }
}

/// Half of the time after which a bridge may give a frame up; and no more requests ahead than the card keeps.
#[test]
fn frames_are_short_and_requests_go_ahead_as_far_as_the_card_keeps_them() {
    let memory = Memory::new();
    for (baud, most) in [(115_200, 142), (3_000_000, 254)] {
        let card = UartCard::new(memory.clone()).expect("a line");
        let mut uart = Uart::open(&line(&card, baud)).expect("a card");
        uart.write_window(4, &pattern(0x1ff0)).expect("a window");
        let mut back = vec![0; 0x1ff0];
        uart.read_window(4, &mut back).expect("a window");
        assert!(back == pattern(0x1ff0));
        let wire = card.wire();
        for command in [WRITE, READ] {
            let in_window = |f: &&(u8, u8, u32)| f.0 == command && f.2 & BAR2_AT != 0;
            let counts: Vec<u8> = wire.frames.iter().filter(in_window).map(|f| f.1).collect();
            assert_eq!(counts.iter().max(), Some(&most), "{counts:?}");
            assert_eq!(counts.iter().map(|c| usize::from(*c)).sum::<usize>(), 0x1ff0 / 4);
        }
        assert!((6..=QUEUE_BYTES).contains(&wire.ahead), "{}", wire.ahead);
    }
}

#[test]
fn an_echo_comes_back_with_every_alignment_of_its_pieces() {
    let fake = FakeCard::default();
    let card = UartCard::new(fake.clone()).expect("a line");
    let device = Device::open(open(&card)).expect("a card");
    device.configure(&Config::default()).expect("a configuration");
    for seed in 0..3_usize {
        let data = pattern(9000 + seed);
        let peer = SocketAddr::from(([10, 0, 0, 2], testing::ECHO));
        let mut stream = device.connect(peer, LIMIT).expect("a connection");
        let (mut left, mut back) = (&data[..], vec![]);
        let mut part = [0; 700];
        while back.len() < data.len() {
            let piece = &left[..left.len().min(1 + (left.len() * 7 + seed) % 900)];
            let sent = stream.try_write(piece).expect("room or none").unwrap_or(0);
            left = &left[sent..];
            let count = stream.try_read(&mut part).expect("bytes or none").unwrap_or(0);
            back.extend_from_slice(&part[..count]);
        }
        assert!(back == data, "the echo differs");
        stream.shutdown(Shutdown::Write).expect("a half-close");
        assert_eq!(stream.read(&mut part).expect("an end"), 0);
        stream.close().expect("a close");
        assert_eq!(fake.in_use(), 0);
    }
}

/// What the former driver was about to write must not be completed by what this one sends.
#[test]
fn half_a_frame_of_a_former_driver_does_no_harm() {
    let memory = Memory::new();
    let (registers, window) = memory.0.lock().expect("no panic").clone();
    let card = UartCard::new(memory.clone()).expect("a line");
    let mut former = OpenOptions::new().write(true).open(card.path()).expect("the port");
    // The longer ones lack 1 to 6 bytes: less than a request.
    for cut in [1, 2, 5, 6, 8, 9, 10, 12, 13] {
        let frame = [WRITE, 2, 0, 0x40, 0, 0, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee];
        let (stalled, done) = (card.wire().stalled, memory.window());
        former.write_all(&frame[..cut]).expect("half a frame");
        // Opening the port throws away what has not left it.
        until(|| card.wire().begun == cut || card.wire().stalled != stalled);
        let mut uart = open(&card);
        assert_eq!(uart.read32(map::MAGIC).expect("a register"), MAGIC);
        assert_eq!(memory.window(), done, "cut after {cut} bytes");
        assert_eq!(card.wire().stalled, stalled + 1, "cut after {cut} bytes");
    }
    assert!(*memory.0.lock().expect("no panic") == (registers, window));
}

#[test]
fn answers_to_a_former_driver_are_thrown_away() {
    let card = UartCard::new(Memory::new()).expect("a line");
    let mut former = OpenOptions::new().write(true).open(card.path()).expect("the port");
    for _ in 0..3 {
        let frames = card.wire().frames.len();
        former.write_all(&[READ, 255, 0, 0x40, 0, 0]).expect("a request");
        until(|| card.wire().frames.len() != frames);
        let mut uart = open(&card);
        assert_eq!(uart.read32(map::MAGIC).expect("a register"), MAGIC);
    }
}

#[test]
fn a_silent_line_is_said_with_its_name_and_in_time() {
    let card = UartCard::new(Memory::new()).expect("a line");
    card.wire().deaf = true;
    let (error, took) = refusal(&hasty(&card));
    assert!(matches!(error, BarError::Silent { .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.contains(&card.path().display().to_string()), "{message}");
    assert!(message.contains("at 3000000 baud") && message.contains("nothing answers"), "{message}");
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[test]
fn garbage_is_said_whether_it_ends_or_not() {
    let card = UartCard::new(Memory::new()).expect("a line");
    // Another baud rate: now and then something comes back.
    card.wire().cut = Some(3);
    let (error, took) = refusal(&hasty(&card));
    assert!(
        matches!(error, BarError::Garbled { .. }) && took < Duration::from_secs(10),
        "{error:?} {took:?}"
    );
    assert!(error.to_string().contains("at 3000000 baud"), "{error}");
    card.wire().cut = None;
    card.wire().babble = b"login: ".to_vec();
    let (error, took) = refusal(&hasty(&card));
    assert!(
        matches!(error, BarError::Garbled { .. }) && took < Duration::from_secs(10),
        "{error:?} {took:?}"
    );
    card.wire().babble.clear();
    assert_eq!(open(&card).read32(map::MAGIC).expect("a register"), MAGIC);
}

#[test]
fn a_card_that_comes_out_of_its_reset_is_waited_for() {
    let card = UartCard::new(Memory::new()).expect("a line");
    card.wire().deaf = true;
    std::thread::scope(|scope| {
        let opening = scope.spawn(|| open(&card).read32(map::MAGIC));
        std::thread::sleep(Duration::from_millis(600));
        card.wire().deaf = false;
        assert_eq!(opening.join().expect("no panic").expect("a register"), MAGIC);
    });
}

#[test]
fn an_answer_that_stops_is_an_error_and_the_next_access_works() {
    let card = UartCard::new(Memory::new()).expect("a line");
    let mut uart = Uart::open(&hasty(&card)).expect("a card");
    uart.write_window(0, &pattern(1000)).expect("a window");
    for cut in [0, 1, 5, 999] {
        card.wire().cut = Some(cut);
        let mut back = vec![0; 1000];
        let start = Instant::now();
        let error = uart.read_window(0, &mut back).expect_err("half an answer");
        assert!(matches!(error, BarError::NoAnswer { bar: 2, offset: 0, .. }), "{error:?}");
        assert!(error.to_string().contains(&format!("after {cut} of 1000 bytes")), "{error}");
        assert!(start.elapsed() < Duration::from_secs(10));
        card.wire().cut = None;
        uart.read_window(0, &mut back).expect("a window");
        assert!(back == pattern(1000), "after {cut} bytes");
    }
}

#[test]
fn an_answer_that_comes_too_late_is_not_taken_for_the_next_one() {
    let card = UartCard::new(Memory::new()).expect("a line");
    let mut uart = Uart::open(&hasty(&card)).expect("a card");
    uart.write_window(0, &pattern(1000)).expect("a window");
    card.wire().hold = true;
    let error = uart.read32(map::MAGIC).expect_err("no answer");
    assert!(matches!(error, BarError::NoAnswer { bar: 0, offset: map::MAGIC, .. }), "{error:?}");
    assert_eq!(card.wire().held.len(), 4);
    card.wire().hold = false;
    until(|| card.wire().held.is_empty());
    let mut back = vec![0; 1000];
    uart.read_window(0, &mut back).expect("a window");
    assert!(back == pattern(1000));
}

#[test]
fn a_line_that_is_pulled_is_an_error_at_once() {
    let card = UartCard::new(FakeCard::default()).expect("a line");
    let path = card.path().display().to_string();
    let device = Device::open(open(&card)).expect("a card");
    drop(card);
    let start = Instant::now();
    for _ in 0..2 {
        let error = device.counters().expect_err("nobody there");
        assert!(matches!(&error, Error::Bar(BarError::Io { what, .. }) if what.contains(&path)), "{error:?}");
        let error = device.write_register(map::TTL, 1).expect_err("nobody there");
        assert!(matches!(&error, Error::Bar(BarError::Io { what, .. }) if what.contains(&path)), "{error:?}");
    }
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_line_belongs_to_one_driver() {
    let card = UartCard::new(Memory::new()).expect("a line");
    let first = open(&card);
    let (error, _) = refusal(&hasty(&card));
    assert!(error.to_string().contains("is in use by another driver"), "{error}");
    drop(first);
    open(&card);
}

#[test]
fn what_is_no_port_or_no_card_is_said() {
    let (error, _) = refusal(&"/no/such/port".parse().expect("a line"));
    assert!(error.to_string().starts_with("opening /no/such/port: "), "{error}");
    let file = tempfile::NamedTempFile::new().expect("a file");
    let (error, _) = refusal(&file.path().display().to_string().parse().expect("a line"));
    assert!(error.to_string().contains(&file.path().display().to_string()), "{error}");
    for magic in [0, 0x1234_5678, ALL_ONES] {
        let fake = FakeCard::default();
        fake.inside().magic = magic;
        let card = UartCard::new(fake).expect("a line");
        match Device::open(open(&card)) {
            Err(Error::DeviceGone) if magic == ALL_ONES => {}
            Err(Error::NotACard { magic: found }) if found == magic => {}
            other => panic!("{magic:x}: {:?}", other.err()),
        }
    }
}

#[test]
fn the_lines_counters_can_be_read() {
    let card = UartCard::new(Memory::new()).expect("a line");
    let mut uart = open(&card);
    card.wire().stalled = 3;
    let faults = uart.faults().expect("counters");
    assert_eq!(faults, [("framing", 0), ("overrun", 0), ("stalled", 3), ("unknown", 0)]);
}

/// On an Arty with jumper JP2 DTR's going on resets the card: it must not go off between two commands of a shell.
#[test]
fn the_port_is_raw_and_keeps_dtr_when_it_is_closed() {
    let card = UartCard::new(Memory::new()).expect("a line");
    let look = || {
        let port = serial2::SerialPort::open(card.path(), serial2::KeepSettings).expect("the port");
        let settings = port.get_configuration().expect("settings");
        let flags = settings.as_termios().c_cflag;
        (settings.get_baud_rate().expect("a baud rate"), flags & libc::HUPCL, flags & libc::CLOCAL)
    };
    let mut other = serial2::SerialPort::open(card.path(), 9600).expect("the port");
    let mut settings = other.get_configuration().expect("settings");
    settings.as_termios_mut().c_cflag |= libc::HUPCL;
    other.set_configuration(&settings).expect("settings");
    assert_eq!((look().0, look().1), (9600, libc::HUPCL));
    let uart = Uart::open(&line(&card, 921_600)).expect("a card");
    assert_eq!(look(), (921_600, 0, libc::CLOCAL));
    drop(uart);
    assert_eq!(look(), (921_600, 0, libc::CLOCAL));
}
