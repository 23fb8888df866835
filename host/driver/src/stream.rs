// SPDX-License-Identifier: MIT OR Apache-2.0
//! A connection: `Read` and `Write`, half-close, close, abort.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use syncline_regs::code::{Opcode, State};

use crate::engine::{Engine, Handle};
use crate::info::{self, ConnectionInfo};
use crate::{Device, Error, Result};

/// Reads and writes wait this long unless told otherwise.
const DEFAULT_LIMIT: Duration = Duration::from_secs(300);

/// A TCP connection of the card. Dropped, it is closed as [`Stream::close`] does.
pub struct Stream {
    device: Device,
    handle: Handle,
    read_limit: Duration,
    write_limit: Duration,
    given_back: bool,
}

impl Stream {
    pub(crate) fn new(device: Device, handle: Handle) -> Self {
        Self { device, handle, read_limit: DEFAULT_LIMIT, write_limit: DEFAULT_LIMIT, given_back: false }
    }

    /// Waits until `step` gives something, a deadline at the latest.
    fn wait<T>(
        &self,
        what: &str,
        limit: Duration,
        mut step: impl FnMut(&mut Engine) -> Result<Option<T>>,
    ) -> Result<T> {
        let end = self.device.now() + limit;
        loop {
            let mut engine = self.device.engine();
            engine.pump()?;
            if let Some(value) = step(&mut engine)? {
                return Ok(value);
            }
            if engine.bar.now() >= end {
                // No event has come of a connection that waits for its first answer.
                let state = match engine.snapshot(&self.handle) {
                    Some(snapshot) => snapshot.state,
                    None => info::read(&mut engine, self.handle.flow)?.state,
                };
                return Err(Error::Deadline {
                    what: format!("{what} {}", self.handle.peer),
                    after: limit,
                    state: Some(state),
                });
            }
            engine.bar.relax(end)?;
        }
    }

    pub(crate) fn wait_open(&self, limit: Duration) -> Result<()> {
        self.wait("connecting to", limit, |engine| {
            let Some(snapshot) = engine.snapshot(&self.handle) else { return Ok(None) };
            match Engine::ended(&self.handle, &snapshot) {
                Some(error) => Err(error),
                None => Ok((!matches!(snapshot.state, State::SynSent | State::SynReceived)).then_some(())),
            }
        })
    }

    /// The peer's address.
    pub fn peer_addr(&self) -> SocketAddr {
        self.handle.peer
    }

    /// Our port.
    pub fn local_port(&self) -> u16 {
        self.handle.lport
    }

    /// The flow that the card has given to this connection.
    pub fn flow(&self) -> u16 {
        self.handle.flow
    }

    /// How long a read waits for the first byte.
    pub fn set_read_timeout(&mut self, limit: Duration) {
        self.read_limit = limit;
    }

    /// How long a write waits for room.
    pub fn set_write_timeout(&mut self, limit: Duration) {
        self.write_limit = limit;
    }

    /// The connection's state, from the latest news.
    ///
    /// # Errors
    /// The transport fails.
    pub fn state(&self) -> Result<State> {
        Ok(self.info()?.state)
    }

    /// The card's table entry of this connection.
    ///
    /// # Errors
    /// The transport fails.
    pub fn info(&self) -> Result<ConnectionInfo> {
        info::read(&mut self.device.engine(), self.handle.flow)
    }

    /// Reads what is there, without waiting. `None`: nothing yet; `Some(0)`: the peer has closed and all is read.
    ///
    /// # Errors
    /// The connection has ended badly, or the transport fails.
    pub fn try_read(&mut self, buffer: &mut [u8]) -> Result<Option<usize>> {
        let mut engine = self.device.engine();
        engine.pump()?;
        engine.receive(&self.handle, buffer)
    }

    /// Queues what fits, without waiting. `None`: no room yet.
    ///
    /// # Errors
    /// The connection has ended or this side is closed, or the transport fails.
    pub fn try_write(&mut self, data: &[u8]) -> Result<Option<usize>> {
        let mut engine = self.device.engine();
        engine.pump()?;
        engine.send(&self.handle, data)
    }

    /// Waits until the peer has acknowledged all that was written.
    ///
    /// # Errors
    /// The connection has ended badly, or the limit passed.
    pub fn wait_sent(&self, limit: Duration) -> Result<()> {
        self.wait("waiting for the acknowledgement of", limit, |engine| {
            Ok(engine.all_sent(&self.handle)?.then_some(()))
        })
    }

    /// Closes one side or both. `Write`: a FIN follows what is queued, and reading goes on. `Read` has no meaning in TCP: nothing is sent.
    ///
    /// # Errors
    /// This side is closed already, or the connection has ended.
    pub fn shutdown(&self, how: Shutdown) -> Result<()> {
        match how {
            Shutdown::Read => Ok(()),
            Shutdown::Write | Shutdown::Both => self.device.engine().command(&self.handle, Opcode::Shutdown),
        }
    }

    /// Gives the connection back: what is queued is still sent, then a FIN. With unread data the card sends an RST instead, so that
    /// the peer learns of the loss (RFC 9293, 3.6.1).
    ///
    /// # Errors
    /// The card refuses, or the transport fails.
    pub fn close(mut self) -> Result<()> {
        self.given_back = true;
        self.device.engine().command(&self.handle, Opcode::Close)
    }

    /// Sends an RST and gives the connection back.
    ///
    /// # Errors
    /// The card refuses, or the transport fails.
    pub fn abort(mut self) -> Result<()> {
        self.given_back = true;
        self.device.engine().command(&self.handle, Opcode::Abort)
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let handle = self.handle;
        Ok(self.wait("reading from", self.read_limit, |engine| engine.receive(&handle, buffer))?)
    }
}

impl Write for Stream {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let handle = self.handle;
        Ok(self.wait("writing to", self.write_limit, |engine| engine.send(&handle, data))?)
    }

    /// Nothing is buffered on this side: see [`Stream::wait_sent`].
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if !self.given_back
            && let Err(error) = self.device.engine().command(&self.handle, Opcode::Close)
        {
            tracing::debug!(%error, peer = %self.handle.peer, "closing a dropped connection");
        }
    }
}
