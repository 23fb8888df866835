// SPDX-License-Identifier: MIT OR Apache-2.0
//! Completions against the requests that wait for them.

use crate::card::Card;
use crate::host::{Host, Pending};
use syncline_pins::tlp::{CcBeat, Completion, Kind};

/// Read Completion Boundary of an endpoint (PCIe Base 2.3.1.1) and the smallest Max_Payload_Size.
const BOUNDARY: u64 = 128;

impl Host {
    pub fn take_completion(&mut self, offered: Option<CcBeat>) {
        if let Some(held) = self.held.take() {
            assert_eq!(offered.as_ref(), Some(&held), "offer withdrawn or changed");
        }
        let Some(beat) = offered else {
            assert!(self.beats.is_empty(), "tvalid falls inside of a completion");
            return;
        };
        if !self.inputs.cc_ready {
            self.held = Some(beat);
            return;
        }
        let last = beat.last;
        self.beats.push(beat);
        if last {
            let beats = std::mem::take(&mut self.beats);
            self.check_completion(&Completion::read(&beats));
        }
    }

    fn check_completion(&mut self, got: &Completion) {
        self.completions += 1;
        let mut pending = self.pending.remove(&got.tag).unwrap_or_else(|| panic!("nobody waits for {got:?}"));
        let request = &pending.request;
        let context = format!("{got:02x?}\nfor {request:02x?}");
        let reads = matches!(request.kind, Kind::MemoryRead | Kind::LockedRead);
        let atomic = matches!(request.kind, Kind::FetchAdd | Kind::Swap | Kind::CompareSwap);
        assert_eq!(got.requester, request.requester, "{context}");
        assert_eq!(got.function, request.function, "{context}");
        assert_eq!((got.class, got.attributes), (request.class, request.attributes), "{context}");
        assert_eq!(got.address_type, if reads || atomic { request.address_type } else { 0 }, "{context}");
        assert_eq!(got.locked, request.kind == Kind::LockedRead, "{context}");
        assert!(!got.poisoned && !got.id_enable && got.bus == 0 && !got.force_ecrc, "{context}");
        let lower = if reads { pending.next as u8 & 0x7f } else { 0 };
        assert_eq!(got.lower_address, lower, "{context}");

        let served =
            request.kind == Kind::MemoryRead && request.address_type & 1 == 0 && matches!(request.bar, 0 | 2);
        if !served {
            let count = match request.kind {
                Kind::MemoryRead | Kind::LockedRead => pending.bytes,
                Kind::FetchAdd | Kind::Swap => 4 * u64::from(request.dwords),
                Kind::CompareSwap => 2 * u64::from(request.dwords),
                _ => 4,
            };
            assert_eq!(u64::from(got.byte_count), count, "{context}");
            assert_eq!((got.status, got.dwords), (1, 0), "{context}");
            let hints = u32::from(request.steering) << 16
                | u32::from(request.hint_type) << 9
                | u32::from(request.hint_present) << 8
                | u32::from(request.last_be) << 4
                | u32::from(request.first_be);
            assert_eq!(got.payload, [&hints.to_le_bytes()[..], &request.descriptor()].concat(), "{context}");
            return;
        }

        assert_eq!(got.status, 0, "{context}");
        assert_eq!(u64::from(got.byte_count), pending.bytes, "{context}");
        assert_eq!(got.payload.len(), 4 * usize::from(got.dwords), "{context}");
        assert!(got.dwords > 0 && got.payload.len() as u64 <= BOUNDARY, "{context}");
        let bytes = (got.payload.len() as u64 - pending.next % 4).min(pending.bytes);
        let (start, end) = (pending.next, pending.next + bytes);
        if bytes < pending.bytes {
            assert_eq!(end % BOUNDARY, 0, "ends where no completion may: {context}");
        }
        assert!(u64::from(got.dwords) <= pending.dwords, "more than was asked for: {context}");
        pending.dwords -= u64::from(got.dwords);
        for byte in request.enabled() {
            let address = request.address + byte as u64;
            if (start..end).contains(&address) {
                let value = got.payload[(address - (start & !3)) as usize];
                self.check_byte(&pending, byte as u32, value, &context);
            }
        }
        pending.next = end;
        pending.bytes -= bytes;
        if pending.bytes > 0 {
            self.pending.insert(got.tag, pending);
        } else {
            assert_eq!(pending.dwords, 0, "dwords missing: {context}");
        }
    }

    /// A read sees every write before it, and may see those that overtook it.
    fn check_byte(&self, pending: &Pending, byte: u32, value: u8, context: &str) {
        let (bar, address) = (pending.request.bar, self.inside(&pending.request) + byte);
        let writes = self.history.get(&(bar, address)).map_or(&[][..], |list| list);
        let before =
            writes.iter().rfind(|w| w.0 < pending.order).map_or(Card::initial(bar, address), |w| w.1);
        let overtook = writes.iter().filter(|w| w.0 > pending.order).any(|w| w.1 == value);
        assert!(
            value == before || overtook,
            "BAR{bar} {address:#x}: {value:#04x}, not {before:#04x}: {context}"
        );
    }
}
