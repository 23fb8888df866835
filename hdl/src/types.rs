// SPDX-License-Identifier: MIT OR Apache-2.0
//! The records that cross the borders between blocks.
//!
//! Sequence numbers, windows and byte counts are 32 bits, modulo 2^32. Addresses are `Bits<32>` with the first
//! byte of the dotted quad in the top bits (`10.0.0.1` is `0x0a000001`). Times are microseconds. Flags are the
//! TCP header's byte: FIN 0, SYN 1, RST 2, PSH 3, ACK 4, URG 5, ECE 6, CWR 7.

use rust_hdl::prelude::*;

/// The eleven states of RFC 9293, section 3.3.2; the encoding is the ABI's (`syncline_regs`), 4 bits.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum TcpState {
    /// No connection: the power-up value.
    Closed,
    /// Never stored in a TCB: listening is a bitmap over ports.
    Listen,
    /// An active open has sent its SYN.
    SynSent,
    /// A SYN has come and a SYN has been sent.
    SynReceived,
    /// Data flows both ways.
    Established,
    /// The host has closed its sending side; the FIN is not acknowledged yet.
    FinWait1,
    /// Our FIN is acknowledged, the peer still sends.
    FinWait2,
    /// The peer has closed its sending side.
    CloseWait,
    /// Both sides have closed; our FIN is not acknowledged yet.
    Closing,
    /// The peer closed first, then the host; our FIN is not acknowledged yet.
    LastAck,
    /// Waiting 2 MSL after an active close.
    TimeWait,
}

/// What happened to a connection.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum EventKind {
    /// Nothing (power-up value; never enters the processor).
    Nothing,
    /// A segment with a right checksum has arrived.
    Segment,
    /// A host command: see [`Op`].
    Command,
    /// The flow's retransmission-class deadline has passed.
    Timer,
    /// The flow may transmit one segment.
    Turn,
    /// The host moved a ring pointer: `ack` is the new `snd_end` if `flags` bit 0 is set, `seq` the new `rcv_user`
    /// if `flags` bit 1 is set.
    Doorbell,
    /// Read the TCB for the host: changes nothing.
    Peek,
    /// The neighbour of this flow does not answer ARP.
    Unreachable,
}

/// Host commands that reach the processor.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum Op {
    /// Active open (RFC 9293, 3.10.1); `new` is set and `isn` is valid.
    Open,
    /// Close the sending side (3.10.4): FIN after the queued data.
    Shutdown,
    /// Shut down and give the flow back: the card frees it when it is CLOSED.
    Close,
    /// RST and give the flow back (3.10.5).
    Abort,
}

/// Why a connection ended; the encoding is the ABI's, 3 bits.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum Reason {
    /// Not ended, or ended normally.
    Normal,
    /// RST in answer to our SYN.
    Refused,
    /// RST from the peer.
    Reset,
    /// R2 passed without an acknowledgement (RFC 9293, 3.8.3).
    TimedOut,
    /// The next hop does not answer ARP.
    Unreachable,
    /// Aborted by the host, or reset by the card because data came after `Close`.
    Aborted,
}

/// A received TCP segment: checksum verified, options parsed. A segment with `len > 0` has its payload waiting in the
/// staging FIFO, in the order of the segments.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Segment {
    /// Source (peer) address.
    pub raddr: Bits<32>,
    /// Source (peer) port.
    pub rport: Bits<16>,
    /// Destination (our) port.
    pub lport: Bits<16>,
    /// SEG.SEQ.
    pub seq: Bits<32>,
    /// SEG.ACK.
    pub ack: Bits<32>,
    /// SEG.SEQ + payload length + SYN + FIN.
    pub end: Bits<32>,
    /// The flags byte.
    pub flags: Bits<8>,
    /// SEG.WND as sent.
    pub wnd: Bits<16>,
    /// Payload bytes.
    pub len: Bits<16>,
    /// MSS option of a SYN, 0 when absent.
    pub mss: Bits<16>,
}

/// One event for the TCB processor.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// For `Command`.
    pub op: Op,
    /// The flow; meaningful when `hit`.
    pub flow: Bits<16>,
    /// The event belongs to `flow`; a segment without a flow is answered statelessly.
    pub hit: Bit,
    /// `flow` was allocated for this event (SYN to a listening port, or `Open`): the TCB is to be initialised.
    pub new: Bit,
    /// The destination port is listening (segments).
    pub listen: Bit,
    /// Peer address (segments, `Open`).
    pub raddr: Bits<32>,
    /// Peer port.
    pub rport: Bits<16>,
    /// Our port.
    pub lport: Bits<16>,
    /// SEG.SEQ; `Doorbell`: new `rcv_user`.
    pub seq: Bits<32>,
    /// SEG.ACK; `Doorbell`: new `snd_end`.
    pub ack: Bits<32>,
    /// SEG.SEQ + SEG.LEN.
    pub end: Bits<32>,
    /// TCP flags; `Doorbell`: bit 0 `ack` is valid, bit 1 `seq` is valid; `Open`: bit 0 is `nodelay`.
    pub flags: Bits<8>,
    /// SEG.WND.
    pub wnd: Bits<16>,
    /// Payload bytes.
    pub len: Bits<16>,
    /// MSS option, 0 when absent.
    pub mss: Bits<16>,
    /// Initial sequence number, when `new`.
    pub isn: Bits<32>,
}

/// The transmission control block. Only the TCB processor writes it.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Tcb {
    /// Connection state.
    pub state: TcpState,
    /// Why it ended.
    pub reason: Reason,
    /// Counts the uses of this flow, so that a stale handle is seen.
    pub generation: Bits<16>,
    /// Opened by `Open` (RFC 9293, MUST-11).
    pub active: Bit,
    /// The host knows of it: opened by the host, or reported as accepted.
    pub owned: Bit,
    /// The host has given it back; the card frees it at CLOSED.
    pub released: Bit,
    /// The host has closed its sending side: a FIN follows `snd_end`.
    pub fin_queued: Bit,
    /// The peer's FIN has been received in order.
    pub fin_received: Bit,
    /// Nagle is off.
    pub nodelay: Bit,
    /// Peer address.
    pub raddr: Bits<32>,
    /// Peer port.
    pub rport: Bits<16>,
    /// Our port.
    pub lport: Bits<16>,
    /// ISS.
    pub iss: Bits<32>,
    /// SND.UNA.
    pub snd_una: Bits<32>,
    /// SND.NXT.
    pub snd_nxt: Bits<32>,
    /// Highest SND.NXT so far (a timeout moves `snd_nxt` back).
    pub snd_max: Bits<32>,
    /// End of the bytes that the host has queued.
    pub snd_end: Bits<32>,
    /// SND.WND: 16 bits, there is no window scale.
    pub snd_wnd: Bits<16>,
    /// Largest SND.WND seen (sender's silly-window avoidance, RFC 5961 section 5).
    pub max_wnd: Bits<16>,
    /// SND.WL1.
    pub snd_wl1: Bits<32>,
    /// SND.WL2.
    pub snd_wl2: Bits<32>,
    /// IRS.
    pub irs: Bits<32>,
    /// RCV.NXT.
    pub rcv_nxt: Bits<32>,
    /// Right edge of the window as advertised; never moves left.
    pub rcv_adv: Bits<32>,
    /// The host has read up to here.
    pub rcv_user: Bits<32>,
    /// Largest payload that we send (peer's MSS option, or 536, and our own limit).
    pub mss: Bits<16>,
    /// Congestion window.
    pub cwnd: Bits<32>,
    /// Slow start threshold.
    pub ssthresh: Bits<32>,
    /// Bytes acknowledged since the last growth of `cwnd` in congestion avoidance (RFC 3465).
    pub bytes_acked: Bits<32>,
    /// Duplicate ACKs in a row, up to 3.
    pub dup_acks: Bits<2>,
    /// In fast recovery.
    pub recovery: Bit,
    /// RFC 6582's `recover`.
    pub recover: Bits<32>,
    /// Smoothed round-trip time, 1/8 us.
    pub srtt: Bits<32>,
    /// Round-trip time variation, 1/4 us; 0 with `srtt` 0 means: no sample yet.
    pub rttvar: Bits<32>,
    /// Retransmission time-out, us, backed off.
    pub rto: Bits<32>,
    /// A round trip is being timed.
    pub rtt_busy: Bit,
    /// ... for the byte before this sequence number.
    pub rtt_seq: Bits<32>,
    /// ... since this time.
    pub rtt_time: Bits<32>,
    /// Expiries of the retransmission timer since the last progress.
    pub retries: Bits<4>,
    /// The retransmission-class timer runs.
    pub timer_on: Bit,
    /// Retransmitted segments, for the host.
    pub retransmits: Bits<16>,
}

/// What the payload placer shall do with the oldest staged payload.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Verdict {
    /// The flow.
    pub flow: Bits<16>,
    /// A staged payload belongs to this verdict (the segment had `len > 0`).
    pub staged: Bit,
    /// Write it to the ring; otherwise discard it.
    pub place: Bit,
    /// Bytes to skip at the front of the payload.
    pub skip: Bits<16>,
    /// Bytes to write.
    pub take: Bits<16>,
    /// Sequence number of the first byte written: ring offset = `seq` mod ring size.
    pub seq: Bits<32>,
    /// When done, everything below this sequence number can be read by the host. Valid when `place` or `start`.
    pub placed: Bits<32>,
    /// The flow starts: set the host's read limit to `placed` (no payload).
    pub start: Bit,
}

/// A segment to be sent. The payload is read from the flow's transmit ring at `seq` mod ring size.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct TxRequest {
    /// The flow, for the payload and for reporting an unreachable neighbour.
    pub flow: Bits<16>,
    /// `flow` is meaningful (not a stateless RST).
    pub has_flow: Bit,
    /// Peer address.
    pub raddr: Bits<32>,
    /// Peer port.
    pub rport: Bits<16>,
    /// Our port.
    pub lport: Bits<16>,
    /// SEG.SEQ.
    pub seq: Bits<32>,
    /// SEG.ACK.
    pub ack: Bits<32>,
    /// The flags byte.
    pub flags: Bits<8>,
    /// SEG.WND.
    pub wnd: Bits<16>,
    /// Payload bytes.
    pub len: Bits<16>,
    /// Value of the MSS option, which a SYN has and nothing else.
    pub mss: Bits<16>,
}

/// A `TxRequest` whose next hop is known.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct TxSegment {
    /// Next hop's MAC address, first byte on the wire in the top bits.
    pub dmac: Bits<48>,
    /// The flow.
    pub flow: Bits<16>,
    /// Peer address.
    pub raddr: Bits<32>,
    /// Peer port.
    pub rport: Bits<16>,
    /// Our port.
    pub lport: Bits<16>,
    /// SEG.SEQ.
    pub seq: Bits<32>,
    /// SEG.ACK.
    pub ack: Bits<32>,
    /// The flags byte.
    pub flags: Bits<8>,
    /// SEG.WND.
    pub wnd: Bits<16>,
    /// Payload bytes.
    pub len: Bits<16>,
    /// Value of the MSS option, which a SYN has and nothing else.
    pub mss: Bits<16>,
}

/// What a received IPv4 packet's payload came with; stable from the first to the last beat of the payload.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Ipv4Meta {
    /// Source address.
    pub src: Bits<32>,
    /// Destination address.
    pub dst: Bits<32>,
    /// Payload bytes (total length minus header).
    pub len: Bits<16>,
    /// The Ethernet source address.
    pub smac: Bits<48>,
    /// The frame or the packet was addressed to a broadcast or multicast address.
    pub broadcast: Bit,
}

/// An IPv4 packet to be sent: given with the first beat of its payload and stable to the last.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Ipv4Send {
    /// Next hop's MAC address.
    pub dmac: Bits<48>,
    /// Destination address.
    pub dst: Bits<32>,
    /// Protocol number.
    pub protocol: Bits<8>,
    /// Payload bytes.
    pub len: Bits<16>,
}

/// The card's own addresses and TCP limits: registers, stable while traffic flows.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Config {
    /// Receive and transmit are on.
    pub enable: Bit,
    /// Own MAC address.
    pub mac: Bits<48>,
    /// Own IPv4 address.
    pub addr: Bits<32>,
    /// Network mask.
    pub mask: Bits<32>,
    /// Default gateway, 0 for none.
    pub gateway: Bits<32>,
    /// TTL of sent packets.
    pub ttl: Bits<8>,
    /// MSS that we advertise and never exceed (MTU - 40).
    pub mss: Bits<16>,
    /// MSL, us.
    pub msl: Bits<32>,
    /// First RTO, us (RFC 6298, 2.1).
    pub rto_initial: Bits<32>,
    /// Least RTO, us (2.4).
    pub rto_min: Bits<32>,
    /// Greatest RTO, us (2.5).
    pub rto_max: Bits<32>,
    /// Retransmissions of a SYN before giving up.
    pub syn_retries: Bits<4>,
    /// Retransmissions of data before giving up (R2).
    pub data_retries: Bits<4>,
    /// How long a released connection may stay in FIN-WAIT-2, us.
    pub fin_wait_2: Bits<32>,
    /// Key of the ISN's PRF (RFC 6528), 128 bits.
    pub isn_key: Bits<128>,
}

/// What the stages of the TCB processor tell one another about the event in flight. `docs/design.md` defines each
/// field; the reference model's `Work` has the same names.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Work {
    /// The time at which the event was fetched, us.
    pub now: Bits<48>,
    /// The TCB was SYN-RECEIVED from a passive open when fetched: counted as half-open.
    pub half_open: Bit,
    // -- differences --
    /// SEG.SEQ - RCV.NXT.
    pub d_seq: Bits<32>,
    /// SEG.END - RCV.NXT.
    pub d_end: Bits<32>,
    /// SEG.ACK - SND.UNA.
    pub d_una: Bits<32>,
    /// `snd_max` - SEG.ACK.
    pub d_max: Bits<32>,
    /// `rcv_adv` - RCV.NXT: what the peer may still send.
    pub d_wnd: Bits<32>,
    /// SEG.ACK - `snd_end`.
    pub d_fin: Bits<32>,
    /// SEG.ACK - `recover`.
    pub d_rec: Bits<32>,
    /// `snd_max` - SND.UNA.
    pub flight: Bits<32>,
    /// SEG.SEQ - `rcv_user` of a doorbell; of other events SEG.SEQ - SND.WL1.
    pub d_user: Bits<32>,
    /// `now` - `rtt_time`.
    pub rtt: Bits<32>,
    /// The timed byte is covered by SEG.ACK.
    pub rtt_covered: Bit,
    /// SND.WL1 < SEG.SEQ, or equal and SND.WL2 <= SEG.ACK.
    pub wl_new: Bit,
    /// The host has not read everything below RCV.NXT (for a `Close`).
    pub unread: Bit,
    /// The segment's MSS option (536 without) within our own limits; for a command our own.
    pub mss: Bits<16>,
    /// A connection begins with this event: SND.UNA, SND.NXT and all that goes with them start at `isn`.
    pub begins: Bit,
    /// The peer's SYN is taken: RCV.NXT and all that goes with it start behind SEG.SEQ.
    pub takes_syn: Bit,
    // -- decisions --
    /// Nothing later looks at the segment's ACK, text or FIN.
    pub drop: Bit,
    /// The segment's text and FIN may be taken (in order, inside the window).
    pub text_ok: Bit,
    /// Payload bytes to skip (already received).
    pub skip: Bits<16>,
    /// Payload bytes to take.
    pub take: Bits<16>,
    /// The segment's FIN is next in order.
    pub fin_ok: Bit,
    /// SND.UNA moved.
    pub ack_new: Bit,
    /// ... and SND.NXT was not beyond it: it follows.
    pub nxt_behind: Bit,
    /// `bytes_acked` with what the segment acknowledges.
    pub bytes: Bits<32>,
    /// MSS and what the segment acknowledges; of an ACK that ends a recovery, MSS and what is still in flight.
    pub more: Bits<24>,
    /// A duplicate ACK (RFC 5681, section 2).
    pub ack_dup: Bit,
    /// Our FIN is acknowledged.
    pub fin_acked: Bit,
    /// The handshake is complete with this event.
    pub opened: Bit,
    /// An ACK is owed at once.
    pub ack_now: Bit,
    /// A SYN (SYN-SENT) or SYN-ACK (SYN-RECEIVED) is to be sent, at `iss`.
    pub syn_now: Bit,
    /// An RST is to be sent.
    pub rst_now: Bit,
    /// ... with SEQ 0, ACK = SEG.END (no ACK bit came) ...
    pub rst_ack: Bit,
    /// ... or with a number of our own; otherwise SEQ = SEG.ACK. No ACK.
    pub rst_own: Bit,
    /// Send one segment from SND.UNA whatever the window says (fast retransmit, partial ACK).
    pub retransmit: Bit,
    /// Send one byte (or the FIN) beyond the window (zero-window probe).
    pub probe: Bit,
    /// The timer has expired (it no longer runs).
    pub expired: Bit,
    /// TIME-WAIT starts, or starts again.
    pub time_wait: Bit,
    /// The connection ends: state becomes CLOSED, the lookup entry goes.
    pub delete: Bit,
    /// The host shall look at this flow.
    pub notify: Bit,
    /// The command or doorbell was not possible in this state.
    pub bad: Bit,
}
