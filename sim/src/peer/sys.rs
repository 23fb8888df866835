// SPDX-License-Identifier: MIT OR Apache-2.0
//! The calls of Linux that `std` has not: everything `unsafe` about TAP devices and namespaces.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;

/// What an interface request carries beside the name.
type Payload = libc::__c_anonymous_ifr_ifru;

/// A call that reads and writes one `ifreq`. (The numbers have other types with other C libraries.)
struct Call(libc::Ioctl);

impl Call {
    const ATTACH: Call = Call(libc::TUNSETIFF as _);
    const SET_ADDRESS: Call = Call(libc::SIOCSIFADDR as _);
    const SET_NETMASK: Call = Call(libc::SIOCSIFNETMASK as _);
    const GET_FLAGS: Call = Call(libc::SIOCGIFFLAGS as _);
    const SET_FLAGS: Call = Call(libc::SIOCSIFFLAGS as _);
}

fn explain(what: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{what}: {error}"))
}

/// Gives what the kernel has written.
fn call(file: &impl AsRawFd, call: Call, name: &str, payload: Payload) -> io::Result<Payload> {
    check_name(name)?;
    let mut request = libc::ifreq { ifr_name: [0; libc::IFNAMSIZ], ifr_ifru: payload };
    for (to, from) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *to = from as libc::c_char;
    }
    // SAFETY: each `Call` reads and writes one `ifreq`, which lives on our stack; the descriptor is open.
    if unsafe { libc::ioctl(file.as_raw_fd(), call.0, &mut request) } < 0 {
        return Err(explain(&format!("network device {name}"), &io::Error::last_os_error()));
    }
    Ok(request.ifr_ifru)
}

/// Attaches to the TAP device `name`; it is made if it is not there and we may.
pub fn attach(name: &str) -> io::Result<File> {
    check_name(name)?;
    let device = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC)
        .open("/dev/net/tun")
        .map_err(|e| explain("/dev/net/tun", &e))?;
    let flags = Payload { ifru_flags: (libc::IFF_TAP | libc::IFF_NO_PI) as i16 };
    call(&device, Call::ATTACH, name, flags).map_err(|e| hint(name, e))?;
    Ok(device)
}

/// Adds what the kernel means: it has one word for each of the ways in which attaching can fail.
fn hint(name: &str, error: io::Error) -> io::Error {
    let hint = match error.kind() {
        ErrorKind::PermissionDenied => {
            format!("make it with `ip tuntap add {name} mode tap user USER`, or run as root")
        }
        ErrorKind::ResourceBusy => "another program is attached to it".to_owned(),
        ErrorKind::InvalidInput => "it is no TAP device".to_owned(),
        _ => return error,
    };
    io::Error::new(error.kind(), format!("{error}; {hint}"))
}

/// A name that the kernel can take, so that what it refuses is something else.
fn check_name(name: &str) -> io::Result<()> {
    // It ends with a zero byte.
    if name.is_empty() || name.len() >= libc::IFNAMSIZ {
        let why = format!("`{name}` is no name of a TAP device: it has 1 to {} bytes", libc::IFNAMSIZ - 1);
        return Err(io::Error::new(ErrorKind::InvalidInput, why));
    }
    Ok(())
}

/// Lets the device live on without anyone attached to it.
pub fn keep(device: &File) -> io::Result<()> {
    // SAFETY: TUNSETPERSIST takes a number and no pointer; the descriptor is open.
    if unsafe { libc::ioctl(device.as_raw_fd(), libc::TUNSETPERSIST as _, 1 as libc::c_ulong) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Sleeps until there is something to read, at most `limit`.
pub fn wait_readable(device: &File, limit: Duration) {
    let mut entry = libc::pollfd { fd: device.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let limit = libc::timespec { tv_sec: limit.as_secs() as _, tv_nsec: limit.subsec_nanos() as _ };
    // SAFETY: one entry and one timespec on our stack, no signal mask. A failure (EINTR) is a short wait.
    unsafe { libc::ppoll(&mut entry, 1, &limit, std::ptr::null()) };
}

/// Moves this thread into a new network namespace.
pub fn new_network() -> io::Result<()> {
    // SAFETY: no memory is involved; only this thread's view of the network changes.
    if unsafe { libc::unshare(libc::CLONE_NEWNET) } < 0 {
        return Err(explain("a new network namespace", &io::Error::last_os_error()));
    }
    Ok(())
}

/// Any IPv4 socket does to ask for changes of a device.
fn socket() -> io::Result<UdpSocket> {
    UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))
}

/// Gives a device an address and its network's prefix, 1 to 32.
pub fn set_address(name: &str, address: Ipv4Addr, prefix: u8) -> io::Result<()> {
    let mask = u32::MAX.checked_shl(32 - u32::from(prefix.min(32))).unwrap_or(0);
    let family = |ip: Ipv4Addr| {
        let mut payload = libc::sockaddr { sa_family: libc::AF_INET as _, sa_data: [0; 14] };
        // Behind the port of a `sockaddr_in`.
        for (to, from) in payload.sa_data[2..].iter_mut().zip(ip.octets()) {
            *to = from as libc::c_char;
        }
        payload
    };
    let socket = socket()?;
    call(&socket, Call::SET_ADDRESS, name, Payload { ifru_addr: family(address) })?;
    call(&socket, Call::SET_NETMASK, name, Payload { ifru_netmask: family(Ipv4Addr::from_bits(mask)) })?;
    Ok(())
}

/// Switches a device on.
pub fn set_up(name: &str) -> io::Result<()> {
    let socket = socket()?;
    let payload = call(&socket, Call::GET_FLAGS, name, Payload { ifru_flags: 0 })?;
    // SAFETY: SIOCGIFFLAGS has written this field.
    let flags = unsafe { payload.ifru_flags };
    call(&socket, Call::SET_FLAGS, name, Payload { ifru_flags: flags | libc::IFF_UP as i16 })?;
    Ok(())
}
