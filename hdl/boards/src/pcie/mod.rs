// SPDX-License-Identifier: MIT OR Apache-2.0
//! The completer: the host's reads and writes of the BARs, from the PCIe hard block to the core's ports.
//!
//! ```text
//!          +--------+   +----------+ writes  +-----------+ line +-----------+  BAR2 writes
//!  CQ ---->| Intake |-->| Dispatch |-------->| WritePath |--+-->|           |------------->
//!          +--------+   +----------+         +-----------+  |   |           |
//!                            | reads, and what gets UR      +-->| Registers |<--> BAR0
//!                            v                              +-->|           |
//!                       +---------+   +--------+            |   +-----------+
//!                       |  queue  |-->| Reader |------------+------- BAR2 reads ----------->
//!                       +---------+   +--------+                                  |
//!          +--------+   +---------+        | headers                              |
//!  CC <----| Outlet |<--| Builder |<-------+<------------------- lines -----------+
//!          +--------+   +---------+
//! ```
//!
//! # What it does
//!
//! * The streams are those of the UltraScale+ block at 512 bits, dword-aligned, without straddling (AMD PG213).
//! * Memory writes of up to 1,024 bytes and reads of up to 1,024 dwords, with byte enables, at any address. BAR0 is a bus of
//!   32-bit registers: a longer access is done dword by dword, a write that does not enable all four bytes of a dword leaves
//!   that register alone and is counted, a read gives whole registers.
//! * Reads are answered in completions that end at addresses divisible by 128: the Read Completion Boundary of everything
//!   but a root complex (PCIe Base 2.3.1.1). 128 bytes is also the smallest Max_Payload_Size, so every setting is kept.
//! * Requests for another BAR, I/O, AtomicOps, locked reads, configuration requests and translation requests are not
//!   supported: the non-posted ones get a completion with status UR, posted ones and messages are dropped and counted.
//!
//! # Order
//!
//! Writes are done in the order in which they come. A read enters the queue when every write before it has reached the
//! core's ports, so it never overtakes a write, to whichever BAR. Writes do overtake queued reads, as they must be able to
//! (PCIe Base 2.4.1): a device takes posted requests whether or not its completions can leave. That is why the hard block
//! gets a credit (`np_req`) for every free place in the queue, and so never sends a non-posted request that would have to
//! wait in front of a write.
//!
//! # Sources
//!
//! AMD PG213, the tables for the 512-bit interface. What could be read of it here (docs.amd.com, version 1.3): the rules of
//! the CQ and CC streams, the credits, the UR packet, the Read Completion Boundary, and the descriptors' tables in part. The
//! positions of all other fields are from public code that follows those tables: cocotbext-pcie (`xilinx/us/tlp.py`,
//! `interface.py`: both descriptors, the side-bands but for the processing hints) and AMD's sample `BMD_AXIST` (the order of
//! all side-band fields, the UR packet). They agree but for one thing: in its UR completion the sample has 5 and 20 as Dword
//! Count and Byte Count, while PG213 wants a Dword Count of 0 there (table 58, as other public code quotes it); this is
//! followed here. What was found nowhere is said where it is used. Nothing here has met the hard block.

pub mod builder;
pub mod byte_enables;
pub mod completer;
pub mod describe;
pub mod dispatch;
pub mod intake;
pub mod lanes;
pub mod lowest;
pub mod outlet;
pub mod reader;
pub mod registers;
pub mod request;
pub mod room;
pub mod shape;
pub mod write;

#[cfg(test)]
mod printed;

use rust_hdl::prelude::*;

use request::Route;

/// A beat of a request as stored, with what the later blocks need of its side-band.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct CqBeat {
    /// Dword-aligned: the descriptor is in the low 128 bits of the first beat, the payload follows at once.
    pub data: Bits<512>,
    /// Bytes of the payload that are to be written. Never a byte of the descriptor.
    pub strobes: Bits<64>,
    /// With the first beat: `{tph_st_tag, tph_type, tph_present, last_be, first_be}`.
    pub side: Bits<19>,
    pub first: Bit,
    pub last: Bit,
}

/// A non-posted request in the queue.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Request {
    pub descriptor: Bits<128>,
    /// As in [`CqBeat`].
    pub side: Bits<19>,
    /// Address in dwords, inside of the BAR.
    pub dword: Bits<22>,
    pub route: Route,
}

/// A beat of a write.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct WriteBeat {
    pub data: Bits<512>,
    pub strobes: Bits<64>,
    /// With the first beat: where the payload goes, in dwords, inside of the BAR.
    pub dword: Bits<22>,
    /// BAR2, not BAR0.
    pub window: Bit,
    pub first: Bit,
    pub last: Bit,
}

/// What a completion is made of besides its lines.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Header {
    pub descriptor: Bits<96>,
    /// Lanes by which each line is turned: the payload's first lane comes to lane 3.
    pub turn: Bits<4>,
    /// The first line makes no beat by itself: its first dword moves down.
    pub prime: Bit,
    /// A second line follows.
    pub two_lines: Bit,
    /// What is left of the last line makes a beat of its own.
    pub flush: Bit,
    /// Last lane of the last beat.
    pub last_lane: Bits<4>,
}

/// A beat of a completion.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct CcBeat {
    pub data: Bits<512>,
    /// With the last beat: its last lane.
    pub last_lane: Bits<4>,
    pub first: Bit,
    pub last: Bit,
}

/// Widening in a loop: `#[hdl_gen]` drops the call, and the assignment extends with zeros.
trait Widen {
    fn to_bits<const M: usize>(self) -> Bits<M>;
}
impl<const N: usize> Widen for Bits<N> {
    fn to_bits<const M: usize>(self) -> Bits<M> {
        assert!(M >= N, "widening from {N} to {M} bits");
        bit_cast(self)
    }
}
