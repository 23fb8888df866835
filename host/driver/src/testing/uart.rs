// SPDX-License-Identifier: MIT OR Apache-2.0
//! A serial line with a card in software at its other end: a pseudo-terminal, and a bridge written from `docs/registers.md`.

use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serial2::SerialPort;
use syncline_regs::uart::{
    BAR0_AT, BAR2_AT, LINE_AT, READ, READ_FIXED, STALL_MS, WRITE, WRITE_BYTES, WRITE_FIXED,
};
use syncline_regs::{BAR0_BYTES, map};

use crate::Bar;

/// How long the bridge looks for bytes before it looks whether it is to end.
const MOMENT: Duration = Duration::from_millis(2);

/// How the line behaves, and what it has seen. Change it before the driver opens the line, or while it waits.
#[derive(Debug, Default)]
pub struct Wire {
    /// What comes is lost, as with a card in reset or another baud rate.
    pub deaf: bool,
    /// Sent without end, as by another device.
    pub babble: Vec<u8>,
    /// Only so many bytes of answers still go out.
    pub cut: Option<usize>,
    /// Answers wait in `held`.
    pub hold: bool,
    /// Answers that wait until `hold` is over.
    pub held: Vec<u8>,
    /// Command, count or strobes, and byte address of each frame.
    pub frames: Vec<(u8, u8, u32)>,
    /// Bytes of a frame that is not complete.
    pub begun: usize,
    /// Frames that were forgotten because they stalled.
    pub stalled: u32,
    /// Bytes that waited while an answer was under way, at most.
    pub ahead: usize,
}

/// The card's end of the line. The line is there until this is dropped.
pub struct UartCard {
    path: PathBuf,
    wire: Arc<Mutex<Wire>>,
    end: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl UartCard {
    /// A line with `card` behind it.
    ///
    /// # Errors
    /// The system gives no pseudo-terminal.
    pub fn new(card: impl Bar + 'static) -> io::Result<Self> {
        let (ours, mut theirs) = SerialPort::pair()?;
        // Until the driver opens its end: what comes in must not go back, nor be edited.
        let mut settings = theirs.get_configuration()?;
        settings.set_raw();
        theirs.set_configuration(&settings)?;
        let path = std::fs::read_link(format!("/proc/self/fd/{}", theirs.as_raw_fd()))?;
        let (wire, end) = (Arc::new(Mutex::new(Wire::default())), Arc::new(AtomicBool::new(false)));
        let bridge = Bridge {
            card: Box::new(card),
            port: ours,
            _theirs: theirs,
            inbox: Vec::new(),
            since: Instant::now(),
            wire: wire.clone(),
        };
        let ended = end.clone();
        let thread = std::thread::spawn(move || bridge.run(&ended));
        Ok(UartCard { path, wire, end, thread: Some(thread) })
    }

    /// The port's device file, for the driver.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How the line behaves. It stands still while this is held.
    pub fn wire(&self) -> MutexGuard<'_, Wire> {
        lock(&self.wire)
    }
}

impl Drop for UartCard {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        let ended = self.thread.take().map(JoinHandle::join);
        if let Some(Err(panic)) = ended
            && !std::thread::panicking()
        {
            std::panic::resume_unwind(panic);
        }
    }
}

fn lock(wire: &Mutex<Wire>) -> MutexGuard<'_, Wire> {
    wire.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Bridge {
    card: Box<dyn Bar>,
    port: SerialPort,
    /// Open, so that the line outlives the driver's end.
    _theirs: SerialPort,
    inbox: Vec<u8>,
    /// When the last byte came.
    since: Instant,
    wire: Arc<Mutex<Wire>>,
}

impl Bridge {
    fn run(mut self, end: &AtomicBool) {
        while !end.load(Ordering::Relaxed) {
            self.take(MOMENT);
            while let Some(length) = self.frame() {
                let frame: Vec<u8> = self.inbox.drain(..length).collect();
                self.obey(&frame);
            }
            let mut wire = lock(&self.wire);
            wire.begun = self.inbox.len();
            let babble = wire.babble.clone();
            if !wire.hold {
                self.port.write_all(&std::mem::take(&mut wire.held)).expect("the card's end of the line");
            }
            drop(wire);
            self.send(&babble);
        }
    }

    /// Takes what comes within a moment. Before that it forgets a frame that has stalled, however late this thread looks.
    fn take(&mut self, moment: Duration) {
        let mut part = [0; 4096];
        let mut limit = moment;
        loop {
            self.port.set_read_timeout(limit).expect("a limit");
            match self.port.read(&mut part) {
                Ok(count) => {
                    if limit == moment {
                        self.forget();
                    }
                    self.since = Instant::now();
                    if !lock(&self.wire).deaf {
                        self.inbox.extend(&part[..count]);
                    }
                    limit = Duration::ZERO;
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if matches!(e.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) => {
                    return self.forget();
                }
                Err(e) => panic!("the card's end of the line: {e}"),
            }
        }
    }

    fn forget(&mut self) {
        if !self.inbox.is_empty() && self.since.elapsed() > Duration::from_millis(STALL_MS.into()) {
            self.inbox.clear();
            lock(&self.wire).stalled += 1;
        }
    }

    /// The length of the frame that is complete, if one is.
    fn frame(&mut self) -> Option<usize> {
        let noise = self.inbox.iter().take_while(|byte| !(WRITE..=WRITE_BYTES).contains(byte)).count();
        self.inbox.drain(..noise);
        let words = match self.inbox[..] {
            [WRITE | WRITE_FIXED, count, ..] => count.into(),
            [WRITE_BYTES, ..] => 1,
            _ => 0,
        };
        let length = 6 + 4 * words;
        (self.inbox.len() >= length).then_some(length)
    }

    fn obey(&mut self, frame: &[u8]) {
        let (command, second) = (frame[0], frame[1]);
        let address = u32::from_be_bytes([frame[2], frame[3], frame[4], frame[5]]).wrapping_mul(4);
        lock(&self.wire).frames.push((command, second, address));
        match command {
            READ | READ_FIXED => self.answer(second.into(), address, if command == READ { 4 } else { 0 }),
            WRITE_BYTES => self.write_bytes(address, second, &little(&frame[6..])),
            _ => {
                let (bytes, step) = (little(&frame[6..]), if command == WRITE { 4 } else { 0 });
                if command == WRITE && address & 0xff00_0000 == BAR2_AT {
                    self.write_window(address, &bytes);
                } else {
                    for (i, word) in (0..).zip(bytes.chunks(4)) {
                        self.write_bytes(address + i * step, 0xf, word);
                    }
                }
            }
        }
        let now = self.card.now();
        self.card.relax(now + Duration::from_secs(1)).expect("a card in software");
    }

    /// Words of one frame: two that make an aligned 64-bit word are one write.
    fn write_window(&mut self, address: u32, bytes: &[u8]) {
        let (mut at, mut rest) = (address - BAR2_AT, bytes);
        while !rest.is_empty() {
            let count = (8 - at as usize % 8).min(rest.len());
            // The submission ring takes no less.
            if at >= self.after_submissions() || count == 8 {
                self.card.write_window(at, &rest[..count]).expect("a card in software");
            }
            (at, rest) = (at + count as u32, &rest[count..]);
        }
    }

    fn write_bytes(&mut self, address: u32, strobes: u8, word: &[u8]) {
        let (page, offset) = (address & 0xff00_0000, address & 0x00ff_ffff);
        if page == BAR0_AT && offset < BAR0_BYTES && strobes & 0xf == 0xf {
            let value = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
            self.card.write32(offset, value).expect("a card in software");
        }
        if page == BAR2_AT && offset >= self.after_submissions() {
            for lane in (0..4).filter(|lane| strobes >> lane & 1 != 0) {
                let byte = &word[lane..lane + 1];
                self.card.write_window(offset + lane as u32, byte).expect("a card in software");
            }
        }
    }

    fn after_submissions(&mut self) -> u32 {
        self.card.read32(map::BAR2_CQ).expect("a card in software")
    }

    fn answer(&mut self, count: u32, address: u32, step: u32) {
        for i in 0..count {
            let at = address.wrapping_add(i * step);
            let (page, offset) = (at & 0xff00_0000, at & 0x00ff_ffff);
            let mut word = [0; 4];
            if page == BAR0_AT && offset < BAR0_BYTES {
                word = self.card.read32(offset).expect("a card in software").to_le_bytes();
            } else if page == BAR2_AT {
                self.card.read_window(offset, &mut word).expect("a card in software");
            } else if at == LINE_AT + 8 {
                word = lock(&self.wire).stalled.to_le_bytes();
            }
            word.reverse();
            self.send(&word);
            // A long answer takes its time; what comes meanwhile waits.
            if i == count / 2 && count > 8 {
                self.take(MOMENT);
                let mut wire = lock(&self.wire);
                wire.ahead = wire.ahead.max(self.inbox.len());
            }
        }
    }

    fn send(&mut self, bytes: &[u8]) {
        let mut wire = lock(&self.wire);
        let count = wire.cut.map_or(bytes.len(), |left| left.min(bytes.len()));
        wire.cut = wire.cut.map(|left| left - count);
        if wire.hold {
            wire.held.extend(&bytes[..count]);
            return;
        }
        drop(wire);
        match self.port.write_all(&bytes[..count]) {
            // Nobody listens to what has no end.
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            other => other.expect("the card's end of the line"),
        }
    }
}

/// The bytes of words that came most significant byte first.
fn little(words: &[u8]) -> Vec<u8> {
    words.chunks(4).flat_map(|word| word.iter().rev().copied()).collect()
}
