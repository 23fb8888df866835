// SPDX-License-Identifier: MIT OR Apache-2.0
//! The entries of the three rings in BAR2: 64 bytes apart, of which the first 32 are used, little-endian words.
//!
//! Indexes are free-running and 16 bits wide; entry `i` is at `(i mod entries) * 64`. The phase bit of an entry that
//! the card has written is 1 in the even laps (`i / entries` even) and 0 in the odd ones, and a reset clears every
//! entry; so the host sees a new entry by its phase alone.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::code::{Opcode, Reason, State, Status};
use crate::connection::{self, Flags};
use crate::{ALL_ONES, ENTRY_WORDS, Field, Word, field};

/// The words of an entry.
pub type Words = [u32; ENTRY_WORDS];

/// The phase bit of the entry with this index.
pub const fn phase(index: u16, entries: u16) -> bool {
    (index / entries) & 1 == 0
}

/// Bits 7..0 of a submission's or completion's first word.
pub const OPCODE: Field = field("opcode", 7, 0, "What to do.");
/// Bits 15..8 of a submission's first word.
pub const OPTIONS: Field = field("flags", 15, 8, "OPEN: bit 8 nodelay (Nagle off). 0 otherwise.");
/// Bits 31..16 of a submission's first word.
pub const FLOW: Field = field("flow", 31, 16, "The flow; 0 for NOP, OPEN, LISTEN and UNLISTEN.");
/// Low half of a submission's second word.
pub const LPORT: Field =
    field("lport", 15, 0, "OPEN, LISTEN, UNLISTEN: our port. SHUTDOWN, CLOSE, ABORT: the generation.");
/// High half of a submission's second word.
pub const RPORT: Field = field("rport", 31, 16, "OPEN: the peer's port. 0 otherwise.");

/// Bits 15..8 of a completion's first word.
pub const STATUS: Field = field("status", 15, 8, "How it ended.");
/// Bits 19..16 of a completion's first word.
pub const DONE_STATE: Field = field("state", 19, 16, "The flow's state after the command.");
/// Bits 15..0 of a completion's second word.
pub const DONE_FLOW: Field = field("flow", 15, 0, "The flow.");
/// Bits 31..16 of a completion's second word.
pub const DONE_GENERATION: Field = field("generation", 31, 16, "Its generation.");

/// The submission entry.
pub const SUBMISSION: &[Word] = &[
    Word {
        offset: 0x00,
        name: "command",
        meaning: "What to do, and to which flow.",
        fields: &[OPCODE, OPTIONS, FLOW],
    },
    Word { offset: 0x04, name: "ports", meaning: "Ports, or the generation.", fields: &[LPORT, RPORT] },
    Word {
        offset: 0x08,
        name: "cookie_lo",
        meaning: "Comes back in the completion, bits 31..0.",
        fields: &[],
    },
    Word { offset: 0x0c, name: "cookie_hi", meaning: "... bits 63..32.", fields: &[] },
    Word {
        offset: 0x10,
        name: "raddr",
        meaning: "OPEN: the peer's address, 16 bytes (0x10 to 0x1f), network order, v4-mapped (::ffff:a.b.c.d).",
        fields: &[],
    },
];

/// The completion entry.
pub const COMPLETION: &[Word] = &[
    Word {
        offset: 0x00,
        name: "result",
        meaning: "What was done. Bits 30..20 are 0.",
        fields: &[OPCODE, STATUS, DONE_STATE, connection::PHASE],
    },
    Word {
        offset: 0x04,
        name: "handle",
        meaning: "Flow and generation, where there is a flow.",
        fields: &[DONE_FLOW, DONE_GENERATION],
    },
    Word { offset: 0x08, name: "cookie_lo", meaning: "The submission's cookie, bits 31..0.", fields: &[] },
    Word { offset: 0x0c, name: "cookie_hi", meaning: "... bits 63..32.", fields: &[] },
    Word {
        offset: 0x10,
        name: "snd_end",
        meaning: "The flow's `snd_end`: after OPEN, where the host's first byte goes.",
        fields: &[],
    },
    Word { offset: 0x14, name: "rcv_nxt", meaning: "The flow's `rcv_nxt`.", fields: &[] },
];

/// A command for the card.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// What to do.
    pub opcode: Opcode,
    /// Nagle off (`OPEN`).
    pub nodelay: bool,
    /// The flow (`SHUTDOWN`, `CLOSE`, `ABORT`).
    pub flow: u16,
    /// The flow's generation (`SHUTDOWN`, `CLOSE`, `ABORT`).
    pub generation: u16,
    /// Our port (`OPEN`, `LISTEN`, `UNLISTEN`).
    pub lport: u16,
    /// The peer's port (`OPEN`).
    pub rport: u16,
    /// The peer's address (`OPEN`).
    pub raddr: IpAddr,
    /// Comes back in the completion.
    pub cookie: u64,
}

impl Submission {
    /// A command without operands.
    pub const fn new(opcode: Opcode, cookie: u64) -> Self {
        let raddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        Submission { opcode, nodelay: false, flow: 0, generation: 0, lport: 0, rport: 0, raddr, cookie }
    }

    /// The entry's words.
    pub fn encode(&self) -> Words {
        let mut words = [0; ENTRY_WORDS];
        words[0] = OPCODE.set(words[0], self.opcode.code().into());
        words[0] = OPTIONS.set(words[0], self.nodelay.into());
        words[0] = FLOW.set(words[0], self.flow.into());
        match self.opcode {
            Opcode::Shutdown | Opcode::Close | Opcode::Abort => {
                words[1] = LPORT.set(0, self.generation.into())
            }
            Opcode::Nop | Opcode::Open | Opcode::Listen | Opcode::Unlisten => {
                words[1] = RPORT.set(LPORT.set(0, self.lport.into()), self.rport.into());
            }
        }
        words[2] = self.cookie as u32;
        words[3] = (self.cookie >> 32) as u32;
        if self.opcode == Opcode::Open {
            words[4..8].copy_from_slice(&address_words(self.raddr));
        }
        words
    }

    /// What an entry says, or the opcode that does not exist (for cards in software).
    pub fn decode(words: &Words) -> Result<Self, u8> {
        let code = OPCODE.get(words[0]) as u8;
        let opcode = Opcode::from_code(code).ok_or(code)?;
        let mut submission = Submission::new(opcode, u64::from(words[3]) << 32 | u64::from(words[2]));
        submission.nodelay = OPTIONS.get(words[0]) & 1 != 0;
        submission.flow = FLOW.get(words[0]) as u16;
        match opcode {
            Opcode::Shutdown | Opcode::Close | Opcode::Abort => {
                submission.generation = LPORT.get(words[1]) as u16
            }
            Opcode::Nop | Opcode::Open | Opcode::Listen | Opcode::Unlisten => {
                submission.lport = LPORT.get(words[1]) as u16;
                submission.rport = RPORT.get(words[1]) as u16;
            }
        }
        if opcode == Opcode::Open {
            submission.raddr = address([words[4], words[5], words[6], words[7]]);
        }
        Ok(submission)
    }
}

/// How a command ended.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The command's opcode, as a number: it may be one that does not exist.
    pub opcode: u8,
    /// How it ended; the number if the driver does not know it.
    pub status: Result<Status, u8>,
    /// The flow's state after the command.
    pub state: State,
    /// The flow.
    pub flow: u16,
    /// Its generation.
    pub generation: u16,
    /// The command's cookie.
    pub cookie: u64,
    /// The flow's `snd_end`.
    pub snd_end: u32,
    /// The flow's `rcv_nxt`.
    pub rcv_nxt: u32,
}

/// What the host finds where it looks for the next entry.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Slot<T> {
    /// Nothing yet: the phase is the last lap's.
    Empty,
    /// A new entry.
    Entry(T),
    /// All ones: the card is gone.
    Gone,
    /// A new entry with a value that this ABI does not have; its first word.
    Unknown(u32),
}

impl Completion {
    /// The entry's words.
    pub fn encode(&self, phase: bool) -> Words {
        let mut words = [0; ENTRY_WORDS];
        words[0] = OPCODE.set(words[0], self.opcode.into());
        let status = match self.status {
            Ok(status) => status.code(),
            Err(code) => code,
        };
        words[0] = STATUS.set(words[0], status.into());
        words[0] = DONE_STATE.set(words[0], self.state.code().into());
        words[0] = connection::PHASE.set(words[0], phase.into());
        words[1] = DONE_GENERATION.set(DONE_FLOW.set(0, self.flow.into()), self.generation.into());
        words[2] = self.cookie as u32;
        words[3] = (self.cookie >> 32) as u32;
        words[4] = self.snd_end;
        words[5] = self.rcv_nxt;
        words
    }

    /// What is in a slot of the completion ring, given the phase that a new entry has.
    pub fn decode(words: &Words, phase: bool) -> Slot<Self> {
        if words[0] == ALL_ONES {
            return Slot::Gone;
        }
        if (connection::PHASE.get(words[0]) != 0) != phase {
            return Slot::Empty;
        }
        let Some(state) = State::from_code(DONE_STATE.get(words[0]) as u8) else {
            return Slot::Unknown(words[0]);
        };
        let status = STATUS.get(words[0]) as u8;
        Slot::Entry(Completion {
            opcode: OPCODE.get(words[0]) as u8,
            status: Status::from_code(status).ok_or(status),
            state,
            flow: DONE_FLOW.get(words[1]) as u16,
            generation: DONE_GENERATION.get(words[1]) as u16,
            cookie: u64::from(words[3]) << 32 | u64::from(words[2]),
            snd_end: words[4],
            rcv_nxt: words[5],
        })
    }
}

/// The state of a flow as an event tells it, and as the first eight words of its connection table entry do.
///
/// It is a snapshot, not a change: a later one replaces all earlier ones of the same generation. A passive flow with
/// a generation that the host has not seen is a newly accepted connection.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The flow.
    pub flow: u16,
    /// State of RFC 9293.
    pub state: State,
    /// Why it ended.
    pub reason: Reason,
    /// Who owns it, and which FINs have passed.
    pub flags: Flags,
    /// Counts the uses of the flow.
    pub generation: u16,
    /// Our port.
    pub lport: u16,
    /// The peer's address.
    pub raddr: Ipv4Addr,
    /// The peer's port.
    pub rport: u16,
    /// Largest payload that we send, bytes.
    pub mss: u16,
    /// Oldest sequence number not acknowledged.
    pub snd_una: u32,
    /// Sequence number behind the last byte that can be read.
    pub placed: u32,
    /// Next sequence number expected from the peer.
    pub rcv_nxt: u32,
    /// The host has read up to here.
    pub rcv_user: u32,
}

impl Snapshot {
    /// The words, with the phase bit of an event (false in the connection table).
    pub fn encode(&self, phase: bool) -> Words {
        use connection as c;
        let mut state = c::FLOW.set(0, self.flow.into());
        state = c::TCP_STATE.set(state, self.state.code().into());
        state = c::REASON.set(state, self.reason.code().into());
        state = c::FLAGS.set(state, self.flags.bits());
        state = c::PHASE.set(state, phase.into());
        let handle = c::LPORT.set(c::GENERATION.set(0, self.generation.into()), self.lport.into());
        let ports = c::MSS.set(c::RPORT.set(0, self.rport.into()), self.mss.into());
        [state, handle, self.raddr.to_bits(), ports, self.snd_una, self.placed, self.rcv_nxt, self.rcv_user]
    }

    /// What is in a slot of the event ring, given the phase that a new entry has; for an entry of the connection
    /// table the phase is false.
    pub fn decode(words: &Words, phase: bool) -> Slot<Self> {
        use connection as c;
        if words[0] == ALL_ONES {
            return Slot::Gone;
        }
        if (c::PHASE.get(words[0]) != 0) != phase {
            return Slot::Empty;
        }
        let state = State::from_code(c::TCP_STATE.get(words[0]) as u8);
        let reason = Reason::from_code(c::REASON.get(words[0]) as u8);
        let (Some(state), Some(reason)) = (state, reason) else {
            return Slot::Unknown(words[0]);
        };
        Slot::Entry(Snapshot {
            flow: c::FLOW.get(words[0]) as u16,
            state,
            reason,
            flags: Flags::from_bits_truncate(c::FLAGS.get(words[0])),
            generation: c::GENERATION.get(words[1]) as u16,
            lport: c::LPORT.get(words[1]) as u16,
            raddr: Ipv4Addr::from_bits(words[2]),
            rport: c::RPORT.get(words[3]) as u16,
            mss: c::MSS.get(words[3]) as u16,
            snd_una: words[4],
            placed: words[5],
            rcv_nxt: words[6],
            rcv_user: words[7],
        })
    }
}

/// An entry as bytes, for a window.
pub fn to_bytes(words: &Words) -> [u8; crate::ENTRY_BYTES] {
    let mut bytes = [0; crate::ENTRY_BYTES];
    for (chunk, word) in bytes.chunks_exact_mut(4).zip(words) {
        chunk.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

/// An entry from the bytes of a window.
pub fn from_bytes(bytes: &[u8; crate::ENTRY_BYTES]) -> Words {
    let mut words = [0; ENTRY_WORDS];
    for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(4)) {
        *word = u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
    }
    words
}

/// An address as 16 bytes in network order, in little-endian words.
pub fn address_words(address: IpAddr) -> [u32; 4] {
    let octets = match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    };
    core::array::from_fn(|i| {
        u32::from_le_bytes([octets[4 * i], octets[4 * i + 1], octets[4 * i + 2], octets[4 * i + 3]])
    })
}

/// The address in 16 bytes of network order; an IPv4 address if v4-mapped.
pub fn address(words: [u32; 4]) -> IpAddr {
    let mut octets = [0; 16];
    for (chunk, word) in octets.chunks_exact_mut(4).zip(words) {
        chunk.copy_from_slice(&word.to_le_bytes());
    }
    Ipv6Addr::from(octets).to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn submission_survives_the_ring() {
        for &opcode in Opcode::ALL {
            let mut s = Submission::new(opcode, 0x0123_4567_89ab_cdef);
            match opcode {
                Opcode::Open => {
                    (s.lport, s.rport, s.nodelay) = (40000, 80, true);
                    s.raddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));
                }
                Opcode::Listen | Opcode::Unlisten => s.lport = 80,
                Opcode::Shutdown | Opcode::Close | Opcode::Abort => (s.flow, s.generation) = (65535, 0x8001),
                Opcode::Nop => {}
            }
            assert_eq!(Submission::decode(&from_bytes(&to_bytes(&s.encode()))), Ok(s));
        }
        assert_eq!(Submission::decode(&[0x99; 8]), Err(0x99));
    }

    #[test]
    fn open_is_laid_out_as_documented() {
        let mut s = Submission::new(Opcode::Open, 7);
        (s.lport, s.rport, s.raddr) = (0x1234, 0x5678, IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2)));
        let bytes = to_bytes(&s.encode());
        assert_eq!(bytes[0..8], [1, 0, 0, 0, 0x34, 0x12, 0x78, 0x56]);
        assert_eq!(bytes[16..32], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 2]);
    }

    #[test]
    fn completion_survives_the_ring_and_knows_its_phase() {
        let c = Completion {
            opcode: 1,
            status: Ok(Status::Full),
            state: State::SynSent,
            flow: 0xffff,
            generation: 0xffff,
            cookie: u64::MAX,
            snd_end: 1,
            rcv_nxt: 2,
        };
        for phase in [false, true] {
            assert_eq!(Completion::decode(&c.encode(phase), phase), Slot::Entry(c));
            assert_eq!(Completion::decode(&c.encode(phase), !phase), Slot::Empty);
            assert_eq!(Completion::decode(&[ALL_ONES; 8], phase), Slot::Gone);
        }
        let odd = Completion { status: Err(0x77), ..c };
        assert_eq!(Completion::decode(&odd.encode(true), true), Slot::Entry(odd));
    }

    #[test]
    fn snapshot_survives_the_ring() {
        let s = Snapshot {
            flow: 63,
            state: State::TimeWait,
            reason: Reason::Aborted,
            flags: Flags::all(),
            generation: 0xabcd,
            lport: 5000,
            raddr: Ipv4Addr::new(10, 0, 0, 2),
            rport: 80,
            mss: 1460,
            snd_una: 1,
            placed: 2,
            rcv_nxt: 3,
            rcv_user: 4,
        };
        for phase in [false, true] {
            assert_eq!(Snapshot::decode(&s.encode(phase), phase), Slot::Entry(s));
            assert_eq!(Snapshot::decode(&s.encode(phase), !phase), Slot::Empty);
            assert_eq!(Snapshot::decode(&[ALL_ONES; 8], phase), Slot::Gone);
        }
        assert_eq!(s.encode(false)[2], 0x0a00_0002);
    }

    #[test]
    fn phase_flips_each_lap_and_across_the_index_wrap() {
        for entries in [2u16, 16, 64, 32768] {
            assert!(phase(0, entries) && phase(entries - 1, entries));
            assert!(!phase(entries, entries) && !phase(u16::MAX, entries));
        }
    }
}
