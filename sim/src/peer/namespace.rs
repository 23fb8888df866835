// SPDX-License-Identifier: MIT OR Apache-2.0
//! A network of a thread's own, for tests against the kernel's TCP: its devices, addresses and ports are not the machine's and go
//! with the thread.

use super::{TapPeer, sys};
use std::io::{self, ErrorKind, Write};
use std::marker::PhantomData;
use std::net::Ipv4Addr;

/// The network namespace of this thread, and of every thread and process that it starts.
#[derive(Debug)]
pub struct Namespace {
    /// It belongs to the thread.
    thread: PhantomData<*const ()>,
}

impl Namespace {
    /// Runs `work` on a thread of its own in a new namespace, in which the loopback device is up. A panic of `work` goes on here.
    ///
    /// # Errors
    /// We may not make one, which takes root's rights.
    pub fn run<T: Send>(work: impl FnOnce(&Namespace) -> T + Send) -> io::Result<T> {
        let inside = || {
            sys::new_network()?;
            sys::set_up("lo")?;
            Ok(work(&Namespace { thread: PhantomData }))
        };
        std::thread::scope(|scope| match scope.spawn(inside).join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    }

    /// Runs a test likewise. Where there are no rights or no TAP devices, says on standard error that it is skipped (also when the
    /// test's output is captured).
    ///
    /// # Panics
    /// As the test, or when it gives another error.
    pub fn test(test: impl FnOnce(&Namespace) -> io::Result<()> + Send) {
        let skip = match Namespace::run(test).and_then(|done| done) {
            Ok(()) => return,
            Err(error) if error.kind() == ErrorKind::PermissionDenied => format!("needs root ({error})"),
            Err(error) if error.kind() == ErrorKind::NotFound => error.to_string(),
            Err(error) => panic!("{error}"),
        };
        // Nobody may be there to read it.
        let _ = writeln!(io::stderr(), "skipped: {skip}");
    }

    /// Makes a TAP device, gives it an address of the kernel's and switches it on. It stays in the namespace when the peer is dropped:
    /// another process can then attach to it.
    ///
    /// # Errors
    /// The name or the address can't be, or the machine has no TAP devices.
    pub fn tap(&self, name: &str, address: Ipv4Addr, prefix: u8) -> io::Result<TapPeer> {
        // Attached first: a device that is switched on without anyone at its other end has no carrier, and drops the kernel's frames
        // until the kernel has noticed that it has one, in a thread of its own.
        let peer = TapPeer::open(name)?;
        peer.keep()?;
        sys::set_address(name, address, prefix)?;
        sys::set_up(name)?;
        Ok(peer)
    }
}
