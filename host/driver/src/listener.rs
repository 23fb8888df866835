// SPDX-License-Identifier: MIT OR Apache-2.0
//! A listening port.

use std::collections::VecDeque;
use std::time::Duration;

use syncline_regs::code::Opcode;

use crate::{Device, Error, Result, Stream};

/// Accepts connections; dropped, the port listens no more and connections that nobody accepted are reset.
pub struct Listener {
    device: Device,
    port: u16,
}

impl Listener {
    pub(crate) fn new(device: Device, port: u16) -> Result<Self> {
        if port == 0 {
            return Err(Error::BadPort { port, why: "it is no port" });
        }
        let mut engine = device.engine();
        if engine.pending.contains_key(&port) {
            return Err(Error::BadPort { port, why: "there is a listener already" });
        }
        engine.pending.insert(port, VecDeque::new());
        if let Err(error) = engine.listen(port, true) {
            engine.pending.remove(&port);
            return Err(error);
        }
        drop(engine);
        Ok(Self { device, port })
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The next connection, without waiting.
    ///
    /// # Errors
    /// The transport fails.
    pub fn try_accept(&self) -> Result<Option<Stream>> {
        let mut engine = self.device.engine();
        engine.pump()?;
        let handle = engine.pending.get_mut(&self.port).and_then(VecDeque::pop_front);
        drop(engine);
        Ok(handle.map(|handle| Stream::new(self.device.clone(), handle)))
    }

    /// The next connection.
    ///
    /// # Errors
    /// The limit passed, or the transport fails.
    pub fn accept(&self, limit: Duration) -> Result<Stream> {
        let end = self.device.now() + limit;
        loop {
            if let Some(stream) = self.try_accept()? {
                return Ok(stream);
            }
            let mut engine = self.device.engine();
            if engine.bar.now() >= end {
                let what = format!("waiting for a connection to port {}", self.port);
                return Err(Error::Deadline { what, after: limit, state: None });
            }
            engine.bar.relax(end)?;
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut engine = self.device.engine();
        if let Err(error) = engine.listen(self.port, false) {
            tracing::debug!(%error, port = self.port, "closing a dropped listener");
        }
        for handle in engine.pending.remove(&self.port).unwrap_or_default() {
            if let Err(error) = engine.command(&handle, Opcode::Abort) {
                tracing::debug!(%error, peer = %handle.peer, "resetting a connection that nobody accepted");
            }
        }
    }
}
