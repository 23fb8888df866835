// SPDX-License-Identifier: MIT OR Apache-2.0
//! A serial line: its name, and bytes over it with deadlines.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::{Duration, Instant};

use serial2::SerialPort;

use crate::BarError;

/// Baud rate unless told otherwise.
const BAUD: u32 = 115_200;
/// Baud rates that make sense: below, a frame of two words takes longer than the card may wait; above, no adapter goes.
const BAUDS: std::ops::RangeInclusive<u32> = 9600..=12_000_000;
/// How long a line may be silent when an answer is due.
const PATIENCE: Duration = Duration::from_secs(1);
/// How far a port's real baud rate may be off, per cent: what the two ends' receivers stand.
const OFF_PERCENT: u32 = 2;
/// Bytes that may be on their way out: less than a serial driver of Linux keeps, so that no frame waits for room halfway.
const AHEAD: u32 = 2048;

/// A serial line to a card: `/dev/ttyUSB1`, or `/dev/ttyUSB1:3000000` with its baud rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The port's device file.
    pub path: PathBuf,
    /// Baud rate; 115,200 unless set.
    pub baud: u32,
    /// How long the line may be silent when an answer is due; a second unless set.
    pub patience: Duration,
}

/// A text is no serial line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no serial line: write it as /dev/ttyUSB1 or /dev/ttyUSB1:3000000 (9600 to 12000000 baud)")]
pub struct BadLine(String);

impl FromStr for Line {
    type Err = BadLine;

    fn from_str(text: &str) -> Result<Self, BadLine> {
        // A path may have colons too (`/dev/serial/by-path`), but none before a number.
        let number = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let (path, baud) = match text.rsplit_once(':').filter(|(_, last)| number(last)) {
            Some((path, baud)) => (path, baud.parse().ok()),
            None => (text, Some(BAUD)),
        };
        match baud {
            Some(baud) if BAUDS.contains(&baud) && !path.is_empty() && !path.ends_with(':') => {
                Ok(Line { path: path.into(), baud, patience: PATIENCE })
            }
            _ => Err(BadLine(text.to_owned())),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {} baud", self.path.display(), self.baud)
    }
}

impl Line {
    /// How long so many bytes take.
    pub(super) fn time(&self, bytes: usize) -> Duration {
        Duration::from_nanos(bytes as u64 * 10 * 1_000_000_000 / u64::from(self.baud))
    }

    pub(super) fn failed(&self, doing: &str, error: io::Error) -> BarError {
        BarError::Io { what: format!("{doing} {}", self.path.display()), error }
    }
}

/// An open line. No call waits longer than its deadline.
pub(super) struct Port {
    pub line: Line,
    port: SerialPort,
    /// When all that was written will have left.
    drained: Instant,
    /// Holds the lock that keeps a second driver away.
    _lock: File,
}

impl Port {
    /// Opens the line for this process alone, 8N1 and raw.
    pub fn open(line: &Line) -> Result<Self, BarError> {
        let failed = |error| line.failed("opening", error);
        let mut options = OpenOptions::new();
        // Without waiting for a carrier, and not as the terminal of this process.
        options.read(true).write(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
        let lock = options.open(&line.path).map_err(failed)?;
        lock.try_lock().map_err(|e| match e {
            TryLockError::WouldBlock => {
                let what = format!("{} is in use by another driver of Syncline", line.path.display());
                BarError::Io { what, error: ErrorKind::ResourceBusy.into() }
            }
            TryLockError::Error(error) => failed(error),
        })?;
        let settings = |mut settings: serial2::Settings| {
            settings.set_raw();
            settings.set_baud_rate(line.baud)?;
            let flags = &mut settings.as_termios_mut().c_cflag;
            *flags |= libc::CLOCAL | libc::CREAD;
            // DTR stays on when the port is closed: on an Arty with jumper JP2 its going on resets the card, and the next program
            // wants the card as this one leaves it.
            *flags &= !libc::HUPCL;
            Ok(settings)
        };
        let port = SerialPort::open(&line.path, settings).map_err(failed)?;
        let baud = port.get_configuration().and_then(|s| s.get_baud_rate()).map_err(failed)?;
        if baud.abs_diff(line.baud) > line.baud / 100 * OFF_PERCENT {
            let why = format!("it makes {baud} of {} baud", line.baud);
            return Err(failed(io::Error::other(why)));
        }
        port.discard_buffers().map_err(failed)?;
        Ok(Port { line: line.clone(), port, drained: Instant::now(), _lock: lock })
    }

    /// Lets DTR go. False if the port has none, as a pseudo-terminal.
    pub fn release_dtr(&self) -> bool {
        self.port.set_dtr(false).is_ok()
    }

    /// When all that was written will have left.
    pub fn drained(&self) -> Instant {
        self.drained.max(Instant::now())
    }

    /// Hands a frame to the port, at once: it must not stop halfway.
    pub fn write(&mut self, frame: &[u8]) -> Result<(), BarError> {
        let ahead = self.line.time(AHEAD as usize - frame.len().min(AHEAD as usize));
        let now = Instant::now();
        std::thread::sleep(self.drained.saturating_duration_since(now).saturating_sub(ahead));
        let failed = |line: &Line, error| line.failed("writing to", error);
        self.port.set_write_timeout(self.line.patience).map_err(|e| failed(&self.line, e))?;
        let mut rest = frame;
        while !rest.is_empty() {
            match self.port.write(rest) {
                Ok(0) => return Err(failed(&self.line, ErrorKind::WriteZero.into())),
                Ok(count) => rest = &rest[count..],
                Err(e) if matches!(e.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
                Err(e) => return Err(failed(&self.line, e)),
            }
        }
        self.drained = self.drained() + self.line.time(frame.len());
        Ok(())
    }

    /// Reads what is there, waiting for the first byte until a moment; 0 if none came.
    pub fn read(&mut self, bytes: &mut [u8], until: Instant) -> Result<usize, BarError> {
        let failed = |line: &Line, error| line.failed("reading from", error);
        loop {
            // Whole milliseconds, upwards.
            let left = until.saturating_duration_since(Instant::now());
            let limit = left + Duration::from_micros(999);
            self.port.set_read_timeout(limit).map_err(|e| failed(&self.line, e))?;
            match self.port.read(bytes) {
                Ok(0) => {
                    return Err(failed(
                        &self.line,
                        io::Error::new(ErrorKind::UnexpectedEof, "it was hung up"),
                    ));
                }
                Ok(count) => return Ok(count),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if matches!(e.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) => {
                    if left.is_zero() {
                        return Ok(0);
                    }
                }
                Err(e) => return Err(failed(&self.line, e)),
            }
        }
    }

    /// Throws away what comes until nothing has come for `silence`, since all that was written has left; gives the bytes. `None` if there is
    /// no end of it.
    pub fn hush(&mut self, silence: Duration, limit: Duration) -> Result<Option<usize>, BarError> {
        let (start, mut since) = (self.drained(), self.drained());
        let mut count = 0;
        let mut part = [0; 256];
        while since < start + limit {
            match self.read(&mut part, since + silence)? {
                0 => return Ok(Some(count)),
                n => count += n,
            }
            since = self.drained();
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_strictly() {
        for (text, path, baud) in [
            ("/dev/ttyUSB1", "/dev/ttyUSB1", 115_200),
            ("/dev/ttyUSB1:3000000", "/dev/ttyUSB1", 3_000_000),
            ("/dev/serial/by-path/usb-0:1:1.1-port0", "/dev/serial/by-path/usb-0:1:1.1-port0", 115_200),
            ("/dev/serial/by-path/usb-0:1:1.1-port0:9600", "/dev/serial/by-path/usb-0:1:1.1-port0", 9600),
        ] {
            let line: Line = text.parse().expect(text);
            assert_eq!((line.path, line.baud), (PathBuf::from(path), baud));
        }
        for text in
            ["", ":115200", "/dev/ttyUSB1:", "/dev/ttyUSB1:0", "/dev/ttyUSB1:9599", "/dev/x:99999999999"]
        {
            assert_eq!(text.parse::<Line>(), Err(BadLine(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_byte_takes_ten_bits() {
        let line: Line = "/dev/x:1000000".parse().expect("a line");
        assert_eq!(line.time(1000), Duration::from_millis(10));
    }
}
