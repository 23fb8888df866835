// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bytes between a connection and this side's files.

use std::io::{IsTerminal, Read, Write};
use std::net::Shutdown;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::time::Duration;

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use syncline::{Device, Error, Stream};

/// Bytes moved at a time.
const CHUNK: usize = 16 * 1024;
/// How long a wait for standard input lets the card stand still.
const LOOK: Duration = Duration::from_millis(1);

/// What went each way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Bytes to the peer.
    pub sent: u64,
    /// Bytes from the peer.
    pub received: u64,
}

/// Where the bytes to the peer come from.
pub enum Source {
    /// Nothing is sent: our side stays open until the peer has closed.
    Nothing,
    /// A file: it is always ready.
    File(Box<dyn Read>),
    /// Standard input, or what stands for it: it may keep us waiting.
    Slow(Box<dyn Read + Send>),
}

/// A bar on standard error, where that is a terminal.
pub fn progress(total: Option<u64>) -> ProgressBar {
    let bar = match total {
        Some(bytes) => ProgressBar::new(bytes),
        None => ProgressBar::new_spinner(),
    };
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    let look = if total.is_some() {
        "{bar:32} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} eta {eta}"
    } else {
        "{spinner} {binary_bytes} {binary_bytes_per_sec}"
    };
    bar.with_style(ProgressStyle::with_template(look).unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// The next bytes for the peer.
enum Next {
    Bytes(Vec<u8>),
    Later,
    End,
}

/// The source, read by a thread where it may block.
enum Feed {
    Nothing,
    File(Box<dyn Read>),
    Thread(mpsc::Receiver<std::io::Result<Vec<u8>>>),
    Ended,
}

impl Feed {
    fn new(source: Source) -> Self {
        match source {
            Source::Nothing => Feed::Nothing,
            Source::File(file) => Feed::File(file),
            Source::Slow(input) => {
                let (sender, receiver) = mpsc::sync_channel(2);
                // It ends with the input, or with the process.
                std::thread::spawn(move || pump(input, &sender));
                Feed::Thread(receiver)
            }
        }
    }

    fn next(&mut self, patience: Duration) -> Result<Next> {
        let what = "reading what to send";
        match self {
            Feed::Nothing | Feed::Ended => Ok(Next::Later),
            Feed::File(file) => {
                let mut bytes = vec![0; CHUNK];
                let count = file.read(&mut bytes).context(what)?;
                bytes.truncate(count);
                Ok(if count == 0 { self.end() } else { Next::Bytes(bytes) })
            }
            Feed::Thread(receiver) => match receiver.recv_timeout(patience) {
                Ok(bytes) => Ok(Next::Bytes(bytes.context(what)?)),
                Err(RecvTimeoutError::Timeout) => Ok(Next::Later),
                Err(RecvTimeoutError::Disconnected) => Ok(self.end()),
            },
        }
    }

    fn end(&mut self) -> Next {
        *self = Feed::Ended;
        Next::End
    }

    /// A user may take any time to type.
    fn may_wait(&self) -> bool {
        matches!(self, Feed::Thread(_))
    }
}

fn pump(mut input: Box<dyn Read + Send>, sender: &SyncSender<std::io::Result<Vec<u8>>>) {
    loop {
        let mut bytes = vec![0; CHUNK];
        let item = match input.read(&mut bytes) {
            Ok(0) => return,
            Ok(count) => {
                bytes.truncate(count);
                Ok(bytes)
            }
            Err(error) => Err(error),
        };
        let last = item.is_err();
        if sender.send(item).is_err() || last {
            return;
        }
    }
}

/// Moves bytes both ways until both sides have closed and the peer has acknowledged all: our FIN follows the end of the source (with
/// [`Source::Nothing`], the peer's). `limit` is how long nothing may happen, on the card's clock; it does not count while the source may still come.
pub fn relay(
    device: &Device,
    stream: &mut Stream,
    source: Source,
    sink: &mut dyn Write,
    limit: Duration,
    bar: &ProgressBar,
) -> Result<Totals> {
    let mut feed = Feed::new(source);
    let mut totals = Totals::default();
    let mut pending: Vec<u8> = Vec::new();
    let mut buffer = vec![0; CHUNK];
    let mut open = (true, true);
    let mut last = device.now();
    let mut patience = Duration::ZERO;
    while open.0 || open.1 {
        let mut moved = false;
        if open.0 && pending.is_empty() {
            match feed.next(patience)? {
                Next::Bytes(bytes) => pending = bytes,
                Next::Later => {}
                Next::End => {
                    stream.shutdown(Shutdown::Write)?;
                    (open.0, moved) = (false, true);
                }
            }
        }
        if !pending.is_empty()
            && let Some(count) = stream.try_write(&pending)?
        {
            pending.drain(..count);
            totals.sent += count as u64;
            moved = true;
        }
        if open.1 {
            match stream.try_read(&mut buffer)? {
                Some(0) => {
                    (open.1, moved) = (false, true);
                    if matches!(feed, Feed::Nothing) {
                        stream.shutdown(Shutdown::Write)?;
                        open.0 = false;
                    }
                }
                Some(count) => {
                    sink.write_all(&buffer[..count]).context("writing what came")?;
                    totals.received += count as u64;
                    moved = true;
                }
                None => {}
            }
        }
        bar.set_position(totals.sent.max(totals.received));
        if moved {
            sink.flush().context("writing what came")?;
            (last, patience) = (device.now(), Duration::ZERO);
            continue;
        }
        patience = LOOK;
        let waiting = pending.is_empty() && feed.may_wait();
        let now = device.now();
        let end = if waiting { now + LOOK } else { last + limit };
        if now >= end {
            let what = format!("transferring with {}", stream.peer_addr());
            return Err(Error::Deadline { what, after: limit, state: Some(stream.state()?) }.into());
        }
        device.poll(end)?;
    }
    bar.finish_and_clear();
    if totals.sent > 0 {
        // The end of it may still be in the card's ring: it is sent when the peer has it.
        stream.wait_sent(limit)?;
    }
    Ok(totals)
}
