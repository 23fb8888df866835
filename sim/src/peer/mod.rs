// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is at the other end of the cable.

#[cfg(target_os = "linux")]
mod namespace;
mod smoltcp;
#[cfg(target_os = "linux")]
mod sys;
#[cfg(target_os = "linux")]
mod tap;

#[cfg(test)]
mod tests;

pub use self::smoltcp::{Connection, Service, SmoltcpConfig, SmoltcpPeer, TcpState};
#[cfg(target_os = "linux")]
pub use self::{namespace::Namespace, tap::TapPeer};

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The other end of the cable. To talk to a peer while it is plugged in, plug in an `Arc<Mutex<P>>` and keep a clone.
pub trait Peer {
    /// Called when frames have arrived, when the peer's deadline has passed, and now and then: takes what it wants from
    /// `received` (frames without FCS) and appends frames to `send`.
    fn poll(&mut self, now: Duration, received: &mut VecDeque<Vec<u8>>, send: &mut Vec<Vec<u8>>);

    /// When the peer wants to be polled again if no frame arrives; `None`: it need not be.
    fn deadline(&mut self, now: Duration) -> Option<Duration>;

    /// On wall-clock time and with nothing to do: sleeps until there may be frames, at most `limit`.
    fn wait(&mut self, limit: Duration) {
        std::thread::sleep(limit);
    }
}

impl<P: Peer> Peer for Arc<Mutex<P>> {
    fn poll(&mut self, now: Duration, received: &mut VecDeque<Vec<u8>>, send: &mut Vec<Vec<u8>>) {
        lock(self).poll(now, received, send);
    }

    fn deadline(&mut self, now: Duration) -> Option<Duration> {
        lock(self).deadline(now)
    }

    fn wait(&mut self, limit: Duration) {
        lock(self).wait(limit);
    }
}

/// A panic elsewhere does not make a peer unusable.
fn lock<P>(peer: &Mutex<P>) -> std::sync::MutexGuard<'_, P> {
    peer.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
