// SPDX-License-Identifier: MIT OR Apache-2.0
//! A peer outside this process: a Linux TAP device, so that the kernel's TCP and every program is at the other end.
//! Needs a simulation on wall-clock time.

use super::Peer;
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;

/// How often the device is looked at while the card is busy.
const INTERVAL: Duration = Duration::from_micros(50);
/// Room for any frame that the kernel gives.
const MAX_FRAME: usize = 65_536;

/// The peer behind the TAP device.
#[derive(Debug)]
pub struct TapPeer {
    device: File,
    buffer: Vec<u8>,
    /// Frames that the device did not take.
    lost: u64,
}

impl TapPeer {
    /// Attaches to the TAP device `name`, which is made if it is not there and we may.
    ///
    /// # Errors
    /// The name is too long, `/dev/net/tun` can't be opened, or the kernel refuses (no such device and no privilege).
    pub fn open(name: &str) -> io::Result<TapPeer> {
        let mut request = libc::ifreq {
            ifr_name: [0; libc::IFNAMSIZ],
            ifr_ifru: libc::__c_anonymous_ifr_ifru { ifru_flags: (libc::IFF_TAP | libc::IFF_NO_PI) as i16 },
        };
        // The name ends with a zero byte.
        if name.is_empty() || name.len() >= libc::IFNAMSIZ {
            return Err(io::Error::new(
                ErrorKind::InvalidInput,
                format!("`{name}` is no name of a TAP device"),
            ));
        }
        for (to, from) in request.ifr_name.iter_mut().zip(name.bytes()) {
            *to = from as libc::c_char;
        }
        let explain = |what: &str, e: io::Error| io::Error::new(e.kind(), format!("{what}: {e}"));
        let device = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC)
            .open("/dev/net/tun")
            .map_err(|e| explain("/dev/net/tun", e))?;
        // SAFETY: TUNSETIFF reads and writes one `ifreq`, which lives on our stack; the descriptor is open.
        if unsafe { libc::ioctl(device.as_raw_fd(), libc::TUNSETIFF as _, &mut request) } < 0 {
            return Err(explain(&format!("TAP device {name}"), io::Error::last_os_error()));
        }
        Ok(TapPeer { device, buffer: vec![0; MAX_FRAME], lost: 0 })
    }

    /// Frames that the device did not take (it is down, or its queue is full).
    pub fn lost(&self) -> u64 {
        self.lost
    }
}

impl Peer for TapPeer {
    fn poll(&mut self, _: Duration, received: &mut VecDeque<Vec<u8>>, send: &mut Vec<Vec<u8>>) {
        for frame in received.drain(..) {
            self.lost += u64::from(self.device.write(&frame).is_err());
        }
        // An error other than "nothing there" means that the device is down: also nothing there.
        while let Ok(length @ 1..) = self.device.read(&mut self.buffer) {
            send.push(self.buffer[..length].to_vec());
        }
    }

    fn deadline(&mut self, now: Duration) -> Option<Duration> {
        Some(now + INTERVAL)
    }

    fn wait(&mut self, limit: Duration) {
        let mut entry = libc::pollfd { fd: self.device.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        let limit = libc::timespec { tv_sec: limit.as_secs() as _, tv_nsec: limit.subsec_nanos() as _ };
        // SAFETY: one entry and one timespec on our stack, no signal mask. A failure (EINTR) is a short wait.
        unsafe { libc::ppoll(&mut entry, 1, &limit, std::ptr::null()) };
    }
}
