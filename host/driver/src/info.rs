// SPDX-License-Identifier: MIT OR Apache-2.0
//! A connection as the card's table has it.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use syncline_regs::code::{Reason, State};
use syncline_regs::connection as entry;
use syncline_regs::map;

use crate::engine::Engine;
use crate::{Error, Result};

/// Reads of an entry that changed under way before the last one is taken as it is.
const TRIES: usize = 4;

/// A consistent reading of a connection table entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionInfo {
    /// The flow's number.
    pub flow: u16,
    /// Counts the uses of the flow.
    pub generation: u16,
    /// State of RFC 9293.
    pub state: State,
    /// Why it ended.
    pub reason: Reason,
    /// It is a host's, not yet given back.
    pub owned: bool,
    /// Opened by this side.
    pub active: bool,
    /// Nagle's algorithm is off.
    pub nodelay: bool,
    /// Own address and port.
    pub local: SocketAddr,
    /// The peer's address and port.
    pub peer: SocketAddr,
    /// Largest payload of a sent segment, bytes.
    pub mss: u16,
    /// Bytes queued and not acknowledged.
    pub send_queue: u32,
    /// Bytes received and not read.
    pub receive_queue: u32,
    /// The peer's window, bytes.
    pub send_window: u32,
    /// Our window, bytes.
    pub receive_window: u32,
    /// Congestion window, bytes.
    pub cwnd: u32,
    /// Slow start threshold, bytes.
    pub ssthresh: u32,
    /// Smoothed round-trip time; `None` before the first sample.
    pub srtt: Option<Duration>,
    /// Round-trip time variation.
    pub rttvar: Duration,
    /// Retransmission time-out.
    pub rto: Duration,
    /// Segments retransmitted, modulo 2^16.
    pub retransmits: u16,
}

/// Reads an entry until its handle word stays the same.
pub(crate) fn read(engine: &mut Engine, flow: u16) -> Result<ConnectionInfo> {
    let base = engine.limits.table + u32::from(flow) * engine.limits.table_stride;
    let mut read = |offset: u32| engine.read(base + offset);
    let mut last = None;
    for _ in 0..TRIES {
        let handle = read(entry::HANDLE)?;
        let state = read(entry::STATE)?;
        let code = entry::TCP_STATE.get(state) as u8;
        let reason = entry::REASON.get(state) as u8;
        let bad = Error::BadEntry { ring: "connection table", word: state };
        let (Some(tcp_state), Some(reason)) = (State::from_code(code), Reason::from_code(reason)) else {
            return Err(bad);
        };
        let flags = entry::Flags::from_bits_truncate(entry::FLAGS.get(state));
        let ports = read(entry::PORTS)?;
        let peer =
            SocketAddrV4::new(Ipv4Addr::from_bits(read(entry::RADDR)?), entry::RPORT.get(ports) as u16);
        let srtt = read(entry::SRTT)?;
        let (rcv_nxt, rcv_adv) = (read(entry::RCV_NXT)?, read(entry::RCV_ADV)?);
        let distance = |end: u32, start: u32| (end.wrapping_sub(start) as i32).max(0) as u32;
        let info = ConnectionInfo {
            flow,
            generation: entry::GENERATION.get(handle) as u16,
            state: tcp_state,
            reason,
            owned: flags.contains(entry::Flags::OWNED),
            active: flags.contains(entry::Flags::ACTIVE),
            nodelay: flags.contains(entry::Flags::NODELAY),
            local: SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, entry::LPORT.get(handle) as u16).into(),
            peer: peer.into(),
            mss: entry::MSS.get(ports) as u16,
            send_queue: distance(read(entry::SND_END)?, read(entry::SND_UNA)?),
            receive_queue: distance(read(entry::PLACED)?, read(entry::RCV_USER)?),
            send_window: read(entry::SND_WND)?,
            receive_window: distance(rcv_adv, rcv_nxt),
            cwnd: read(entry::CWND)?,
            ssthresh: read(entry::SSTHRESH)?,
            srtt: (srtt != 0).then(|| Duration::from_nanos(u64::from(srtt) * 125)),
            rttvar: Duration::from_nanos(u64::from(read(entry::RTTVAR)?) * 250),
            rto: Duration::from_micros(read(entry::RTO)?.into()),
            retransmits: read(entry::RETRANSMITS)? as u16,
        };
        let same = read(entry::STATE)? == state && read(entry::HANDLE)? == handle;
        last = Some(info);
        if same {
            break;
        }
    }
    let mut info = last.ok_or(Error::Unresponsive { what: "give a table entry", after: Duration::ZERO })?;
    let own = Ipv4Addr::from_bits(engine.read(map::IPV4_ADDR)?);
    info.local.set_ip(own.into());
    Ok(info)
}
