// SPDX-License-Identifier: MIT OR Apache-2.0
//! PCIe requests as AMD's hard block delivers them on CQ, and completions as it takes them on CC: the field tables of PG213 for the
//! 512-bit interface in plain Rust, written without a look at the hardware.

/// Request types (PG213, CQ descriptor, bits 78:75).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Memory read.
    MemoryRead = 0,
    /// Memory write: posted.
    MemoryWrite = 1,
    /// I/O read.
    IoRead = 2,
    /// I/O write.
    IoWrite = 3,
    /// AtomicOp.
    FetchAdd = 4,
    /// AtomicOp.
    Swap = 5,
    /// AtomicOp.
    CompareSwap = 6,
    /// Locked memory read.
    LockedRead = 7,
    /// Configuration read, type 0.
    ConfigRead0 = 8,
    /// Configuration read, type 1.
    ConfigRead1 = 9,
    /// Configuration write, type 0.
    ConfigWrite0 = 10,
    /// Configuration write, type 1.
    ConfigWrite1 = 11,
    /// Message.
    Message = 12,
    /// Vendor-defined message.
    VendorMessage = 13,
    /// Address translation message.
    AtsMessage = 14,
    /// Not defined.
    Reserved = 15,
}

impl Kind {
    /// Nobody waits for a completion.
    pub fn is_posted(self) -> bool {
        matches!(self, Kind::MemoryWrite) || self.is_message()
    }

    /// A message of any kind.
    pub fn is_message(self) -> bool {
        matches!(self, Kind::Message | Kind::VendorMessage | Kind::AtsMessage | Kind::Reserved)
    }
}

/// A request, field by field.
#[derive(Clone, Debug)]
pub struct Request {
    /// Request Type.
    pub kind: Kind,
    /// AT: 0 untranslated.
    pub address_type: u8,
    /// Of the first dword.
    pub address: u64,
    /// Dword Count.
    pub dwords: u16,
    /// Requester ID.
    pub requester: u16,
    /// Tag.
    pub tag: u8,
    /// Target Function.
    pub function: u8,
    /// BAR ID.
    pub bar: u8,
    /// BAR Aperture: the BAR has `2^aperture` bytes.
    pub aperture: u8,
    /// Transaction Class.
    pub class: u8,
    /// Attributes.
    pub attributes: u8,
    /// Enabled bytes of the first dword.
    pub first_be: u8,
    /// Enabled bytes of the last dword, 0 if it is the first.
    pub last_be: u8,
    /// Processing hint: there is one, ...
    pub hint_present: bool,
    /// ... its type, ...
    pub hint_type: u8,
    /// ... its steering tag.
    pub steering: u8,
    /// Whole dwords; empty for requests without data.
    pub payload: Vec<u8>,
    /// The hard block finds that it can't read the payload.
    pub discontinue: bool,
}

/// A beat of the CQ stream; `keep` is left out, nothing here needs it.
#[derive(Clone, Debug)]
pub struct CqBeat {
    /// `tdata`.
    pub data: [u8; 64],
    /// `tuser`, 183 bits.
    pub user: [u8; 23],
    /// `tlast`.
    pub last: bool,
}

/// Puts the low `width` bits of `value` at bit `low` of a little-endian bit string.
fn put(bits: &mut [u8], low: usize, width: usize, value: u64) {
    assert!(width == 64 || value >> width == 0, "{value:#x} does not fit {width} bits");
    for i in 0..width {
        let (byte, bit) = ((low + i) / 8, (low + i) % 8);
        bits[byte] = bits[byte] & !(1 << bit) | ((value >> i & 1) as u8) << bit;
    }
}

/// The bits `low` to `low + width` of a little-endian bit string.
///
/// # Panics
/// When it has no such bits.
pub fn get(bits: &[u8], low: usize, width: usize) -> u64 {
    (0..width).fold(0, |value, i| value | u64::from(bits[(low + i) / 8] >> ((low + i) % 8) & 1) << i)
}

impl Request {
    /// The first 16 bytes of the packet.
    pub fn descriptor(&self) -> [u8; 16] {
        let mut bits = [0; 16];
        put(&mut bits, 0, 2, self.address_type.into());
        put(&mut bits, 2, 62, self.address >> 2);
        put(&mut bits, 64, 11, self.dwords.into());
        put(&mut bits, 75, 4, self.kind as u64);
        put(&mut bits, 80, 16, self.requester.into());
        put(&mut bits, 96, 8, self.tag.into());
        put(&mut bits, 104, 8, self.function.into());
        put(&mut bits, 112, 3, self.bar.into());
        put(&mut bits, 115, 6, self.aperture.into());
        put(&mut bits, 121, 3, self.class.into());
        put(&mut bits, 124, 3, self.attributes.into());
        bits
    }

    /// The enabled bytes of the payload or of what is read, as offsets from the first dword's address.
    pub fn enabled(&self) -> Vec<usize> {
        let on = |byte: &usize| match byte / 4 {
            0 => self.first_be >> (byte % 4) & 1 == 1,
            dword if dword + 1 == usize::from(self.dwords) => self.last_be >> (byte % 4) & 1 == 1,
            _ => true,
        };
        (0..4 * usize::from(self.dwords)).filter(on).collect()
    }

    /// The packet; `noise` fills what has no meaning.
    ///
    /// # Panics
    /// When a field is wider than the descriptor has room for.
    pub fn beats(&self, mut noise: impl FnMut() -> u64) -> Vec<CqBeat> {
        let bytes = [&self.descriptor()[..], &self.payload].concat();
        let enabled = if self.payload.is_empty() { vec![] } else { self.enabled() };
        let count = bytes.len().div_ceil(64);
        let mut out = vec![];
        for beat in 0..count {
            let part = &bytes[64 * beat..bytes.len().min(64 * beat + 64)];
            let (mut data, mut user) = ([0; 64], [0; 23]);
            data.iter_mut().for_each(|byte| *byte = noise() as u8);
            data[..part.len()].copy_from_slice(part);
            // first_be and last_be mean something in the first beat alone, parity is not checked.
            let (first_be, last_be) = match beat {
                0 => (self.first_be.into(), self.last_be.into()),
                _ => (noise() & 15, noise() & 15),
            };
            put(&mut user, 0, 4, first_be);
            put(&mut user, 8, 4, last_be);
            for byte in &enabled {
                let at = 16 + byte;
                if at / 64 == beat {
                    put(&mut user, 16 + at % 64, 1, 1);
                }
            }
            let (first, last) = (beat == 0, beat + 1 == count);
            if first {
                // Of the descriptor's bytes; nothing may depend on them.
                put(&mut user, 16, 16, noise() & 0xffff);
            }
            put(&mut user, 80, 1, first.into()); // is_sop[0]; its pointer (83:82) is 0
            put(&mut user, 86, 1, last.into()); // is_eop[0]
            put(&mut user, 88, 4, if last { part.len() as u64 / 4 - 1 } else { 0 }); // is_eop0_ptr
            put(&mut user, 96, 1, (last && self.discontinue).into());
            if first {
                put(&mut user, 97, 1, self.hint_present.into());
                put(&mut user, 99, 2, self.hint_type.into());
                put(&mut user, 103, 8, self.steering.into());
            }
            put(&mut user, 119, 64, noise());
            out.push(CqBeat { data, user, last });
        }
        out
    }
}

/// A completion taken apart.
#[derive(Debug, PartialEq, Eq)]
pub struct Completion {
    /// Lower Address.
    pub lower_address: u8,
    /// AT.
    pub address_type: u8,
    /// Byte Count: what is still to come, this packet included.
    pub byte_count: u16,
    /// Locked Read Completion.
    pub locked: bool,
    /// Dword Count of the payload.
    pub dwords: u16,
    /// Completion Status: 0 successful, 1 unsupported request.
    pub status: u8,
    /// Poisoned Completion.
    pub poisoned: bool,
    /// Requester ID.
    pub requester: u16,
    /// Tag.
    pub tag: u8,
    /// Completer function.
    pub function: u8,
    /// Completer bus.
    pub bus: u8,
    /// Completer ID Enable.
    pub id_enable: bool,
    /// Transaction Class.
    pub class: u8,
    /// Attributes.
    pub attributes: u8,
    /// Force ECRC.
    pub force_ecrc: bool,
    /// What follows the descriptor.
    pub payload: Vec<u8>,
}

/// A beat of the CC stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CcBeat {
    /// `tdata`.
    pub data: [u8; 64],
    /// `tkeep`, a bit a dword.
    pub keep: u16,
    /// `tuser`, 81 bits.
    pub user: [u8; 11],
    /// `tlast`.
    pub last: bool,
}

impl Completion {
    /// Reads a packet, and refuses whatever breaks the rules of the stream.
    ///
    /// # Panics
    /// With the rule that is broken.
    pub fn read(beats: &[CcBeat]) -> Completion {
        let mut bytes = vec![];
        for (i, beat) in beats.iter().enumerate() {
            let (first, last) = (i == 0, i + 1 == beats.len());
            assert_eq!(beat.last, last, "tlast");
            let lanes = beat.keep.trailing_ones() as usize;
            assert_eq!(u32::from(beat.keep), (1_u32 << lanes) - 1, "tkeep has a hole");
            assert!(
                lanes == 16 || last && lanes > 0,
                "tkeep {:#x} in beat {i} of {}",
                beat.keep,
                beats.len()
            );
            assert_eq!(get(&beat.user, 0, 2), u64::from(first), "is_sop");
            assert_eq!(get(&beat.user, 2, 4), 0, "is_sop pointers");
            assert_eq!(get(&beat.user, 6, 2), u64::from(last), "is_eop");
            assert_eq!(get(&beat.user, 8, 4), if last { lanes as u64 - 1 } else { 0 }, "is_eop0_ptr");
            assert_eq!(get(&beat.user, 12, 4), 0, "is_eop1_ptr");
            assert_eq!(get(&beat.user, 16, 1), 0, "discontinue");
            bytes.extend_from_slice(&beat.data[..4 * lanes]);
        }
        assert!(bytes.len() >= 12, "no whole descriptor");
        let field = |low: usize, width: usize| get(&bytes, low, width);
        for reserved in [(7, 1), (10, 6), (30, 2), (47, 1)] {
            assert_eq!(field(reserved.0, reserved.1), 0, "reserved bits at {}", reserved.0);
        }
        Completion {
            lower_address: field(0, 7) as u8,
            address_type: field(8, 2) as u8,
            byte_count: field(16, 13) as u16,
            locked: field(29, 1) == 1,
            dwords: field(32, 11) as u16,
            status: field(43, 3) as u8,
            poisoned: field(46, 1) == 1,
            requester: field(48, 16) as u16,
            tag: field(64, 8) as u8,
            function: field(72, 8) as u8,
            bus: field(80, 8) as u8,
            id_enable: field(88, 1) == 1,
            class: field(89, 3) as u8,
            attributes: field(92, 3) as u8,
            force_ecrc: field(95, 1) == 1,
            payload: bytes[12..].to_vec(),
        }
    }
}
