// SPDX-License-Identifier: MIT OR Apache-2.0
//! The records of the TCB processor, with the hardware's field names (`hdl/src/types.rs`).
//!
//! Sequence numbers, windows and byte counts are modulo 2^32, times are microseconds.

/// The bits of the TCP header's flags byte.
pub mod flags {
    /// No more data from the sender.
    pub const FIN: u8 = 0x01;
    /// Synchronise sequence numbers.
    pub const SYN: u8 = 0x02;
    /// Reset the connection.
    pub const RST: u8 = 0x04;
    /// Push.
    pub const PSH: u8 = 0x08;
    /// The acknowledgement field is significant.
    pub const ACK: u8 = 0x10;
    /// The urgent pointer is significant.
    pub const URG: u8 = 0x20;
}

/// The eleven states of RFC 9293, section 3.3.2.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Default, Hash)]
#[allow(missing_docs)]
pub enum State {
    #[default]
    Closed,
    Listen,
    SynSent,
    SynReceived,
    Established,
    FinWait1,
    FinWait2,
    CloseWait,
    Closing,
    LastAck,
    TimeWait,
}

impl State {
    /// Every state in the encoding's order.
    pub const ALL: [State; 11] = [
        State::Closed,
        State::Listen,
        State::SynSent,
        State::SynReceived,
        State::Established,
        State::FinWait1,
        State::FinWait2,
        State::CloseWait,
        State::Closing,
        State::LastAck,
        State::TimeWait,
    ];

    /// SYN-RECEIVED or later: RFC 9293, section 3.10.7.4 applies.
    pub fn has_peer(self) -> bool {
        !matches!(self, State::Closed | State::Listen | State::SynSent)
    }

    /// The peer may still send data.
    pub fn receives(self) -> bool {
        matches!(self, State::Established | State::FinWait1 | State::FinWait2)
    }

    /// Queued data or our FIN may still be on its way.
    pub fn sends(self) -> bool {
        matches!(
            self,
            State::Established | State::CloseWait | State::FinWait1 | State::Closing | State::LastAck
        )
    }
}

impl Tcb {
    /// The sequence number of an RST of our own: SND.NXT of the RFC, which never goes back; but when the peer's window is closed
    /// a probe may stand beyond it, where the peer would not take the RST.
    pub fn rst_seq(&self) -> u32 {
        if self.snd_wnd == 0 { self.snd_una } else { self.snd_max }
    }
}

impl std::fmt::Display for State {
    /// The RFC's name.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            State::Closed => "CLOSED",
            State::Listen => "LISTEN",
            State::SynSent => "SYN-SENT",
            State::SynReceived => "SYN-RECEIVED",
            State::Established => "ESTABLISHED",
            State::FinWait1 => "FIN-WAIT-1",
            State::FinWait2 => "FIN-WAIT-2",
            State::CloseWait => "CLOSE-WAIT",
            State::Closing => "CLOSING",
            State::LastAck => "LAST-ACK",
            State::TimeWait => "TIME-WAIT",
        })
    }
}

/// What happened to a connection.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Default)]
pub enum EventKind {
    /// Nothing: never enters the processor.
    #[default]
    Nothing,
    /// A segment with a right checksum has arrived.
    Segment,
    /// A host command.
    Command,
    /// The flow's deadline has passed.
    Timer,
    /// The flow may transmit one segment.
    Turn,
    /// The host moved a ring pointer: `ack` is the new `snd_end` if `flags` bit 0 is set, `seq` the new `rcv_user` if
    /// bit 1 is set.
    Doorbell,
    /// Read the TCB: changes nothing.
    Peek,
    /// The neighbour of this flow does not answer ARP.
    Unreachable,
}

/// Host commands.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Default)]
pub enum Op {
    /// Active open (RFC 9293, section 3.10.1).
    #[default]
    Open,
    /// Close the sending side (section 3.10.4).
    Shutdown,
    /// Close and give the flow back.
    Close,
    /// Reset and give the flow back (section 3.10.5).
    Abort,
}

/// Why a connection ended.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Default)]
pub enum Reason {
    /// Not ended, or ended normally.
    #[default]
    Normal,
    /// RST in answer to our SYN.
    Refused,
    /// RST from the peer.
    Reset,
    /// R2 passed without an acknowledgement.
    TimedOut,
    /// The next hop does not answer ARP.
    Unreachable,
    /// Aborted by the host, or reset because data came after `Close`.
    Aborted,
}

/// One event for the processor.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct Event {
    pub kind: EventKind,
    pub op: Op,
    pub flow: u16,
    pub hit: bool,
    pub new: bool,
    pub listen: bool,
    pub raddr: u32,
    pub rport: u16,
    pub lport: u16,
    pub seq: u32,
    pub ack: u32,
    pub end: u32,
    pub flags: u8,
    pub wnd: u16,
    pub len: u16,
    pub mss: u16,
    pub isn: u32,
}

impl Event {
    /// A flag of the TCP header is set.
    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// A segment that belongs to a flow.
    pub fn is_segment(&self) -> bool {
        self.kind == EventKind::Segment && self.hit
    }
}

/// The transmission control block.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct Tcb {
    pub state: State,
    pub reason: Reason,
    pub generation: u16,
    pub active: bool,
    pub owned: bool,
    pub released: bool,
    pub fin_queued: bool,
    pub fin_received: bool,
    pub nodelay: bool,
    pub raddr: u32,
    pub rport: u16,
    pub lport: u16,
    pub iss: u32,
    pub snd_una: u32,
    pub snd_nxt: u32,
    pub snd_max: u32,
    pub snd_end: u32,
    pub snd_wnd: u32,
    pub max_wnd: u32,
    pub snd_wl1: u32,
    pub snd_wl2: u32,
    pub irs: u32,
    pub rcv_nxt: u32,
    pub rcv_adv: u32,
    pub rcv_user: u32,
    pub mss: u16,
    pub cwnd: u32,
    pub ssthresh: u32,
    pub bytes_acked: u32,
    pub dup_acks: u8,
    pub recovery: bool,
    pub recover: u32,
    pub srtt: u32,
    pub rttvar: u32,
    pub rto: u32,
    pub rtt_busy: bool,
    pub rtt_seq: u32,
    pub rtt_time: u32,
    pub retries: u8,
    pub timer_on: bool,
    pub retransmits: u16,
}

/// What the payload placer shall do with the oldest staged payload.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct Verdict {
    pub flow: u16,
    pub staged: bool,
    pub place: bool,
    pub skip: u16,
    pub take: u16,
    pub seq: u32,
    pub placed: u32,
    pub start: bool,
}

/// A segment to be sent.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct TxRequest {
    pub flow: u16,
    pub has_flow: bool,
    pub raddr: u32,
    pub rport: u16,
    pub lport: u16,
    pub seq: u32,
    pub ack: u32,
    pub flags: u8,
    pub wnd: u16,
    pub len: u16,
    pub mss: u16,
}

/// TCP limits. Of the hardware's `Config` only what TCP itself needs.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Config {
    pub mss: u16,
    pub msl: u32,
    pub rto_initial: u32,
    pub rto_min: u32,
    pub rto_max: u32,
    pub syn_retries: u8,
    pub data_retries: u8,
    pub fin_wait_2: u32,
}

impl Default for Config {
    /// The values that the RFCs recommend, and that the card has after power-up (`regs/src/map.rs`): RTO 1 s to 60 s (RFC 6298),
    /// R2 as a number of retransmissions (RFC 9293, 3.8.3).
    fn default() -> Self {
        Config {
            mss: 1460,
            msl: 30_000_000,
            rto_initial: 1_000_000,
            rto_min: 1_000_000,
            rto_max: 60_000_000,
            // 1 + 2 + 4 + 8 + 16 + 32 + 60 + 60 = 183 s: the fewest that last the 3 minutes of MUST-23.
            syn_retries: 7,
            // 60 s more, 243 s, counted from the least RTO: at least the 100 s of SHLD-11 and the 3 retransmissions of
            // SHLD-10, and no less than the SYN gets, so that a peer that could be reached is not given up sooner.
            data_retries: 8,
            fin_wait_2: 60_000_000,
        }
    }
}

/// What the stages tell one another about the event in flight.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct Work {
    pub now: u32,
    pub d_seq: u32,
    pub d_end: u32,
    pub d_una: u32,
    pub d_max: u32,
    pub d_wnd: u32,
    pub d_fin: u32,
    pub d_rec: u32,
    pub flight: u32,
    pub d_user: u32,
    pub rtt: u32,
    pub rtt_covered: bool,
    pub wl_new: bool,
    pub drop: bool,
    pub text_ok: bool,
    pub skip: u16,
    pub take: u16,
    pub fin_ok: bool,
    pub ack_new: bool,
    pub acked: u32,
    pub ack_dup: bool,
    pub fin_acked: bool,
    pub opened: bool,
    pub ack_now: bool,
    pub syn_now: bool,
    pub rst_now: bool,
    pub rst_ack: bool,
    pub rst_own: bool,
    pub retransmit: bool,
    pub probe: bool,
    pub expired: bool,
    pub time_wait: bool,
    pub delete: bool,
    pub notify: bool,
    pub bad: bool,
}

/// What happens to the flow's one deadline.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Default)]
pub enum TimerAction {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is set to so many microseconds after the event's `now`.
    Set(u32),
    /// It is cancelled.
    Clear,
}

/// The answer to a host command.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Default)]
pub struct Completion {
    /// The flow.
    pub flow: u16,
    /// The command was not possible and changed nothing.
    pub bad: bool,
    /// State after the command.
    pub state: State,
    /// The flow's generation.
    pub generation: u16,
    /// End of the queued bytes.
    pub snd_end: u32,
    /// RCV.NXT.
    pub rcv_nxt: u32,
}

/// What the look-up shall do with the flow.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Default)]
pub struct Removal {
    /// The entry of the 4-tuple goes.
    pub remove: bool,
    /// The flow can be allocated again.
    pub free: bool,
}
