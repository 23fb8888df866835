// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Describe`]: the descriptor of a completion, and the payload of one without data.

use rust_hdl::prelude::*;

use super::Request;
use super::request::Route;

/// Combinational. Descriptor of a completer completion (PG213, Completer Completion Descriptor Format):
///
/// | bits | field | here |
/// |---|---|---|
/// | 6:0 | Lower Address | first byte of the payload; 0 for all but memory reads |
/// | 9:8 | Address Type | the request's, for memory requests and AtomicOps |
/// | 28:16 | Byte Count | bytes left with this completion; AtomicOps: size of the operand; others: 4 (PCIe Base 2.2.9) |
/// | 29 | Locked Read Completion | of a locked read, which is never done |
/// | 42:32 | Dword Count | payload; 0 with status UR |
/// | 45:43 | Completion Status | 0 successful, 1 unsupported request |
/// | 46 | Poisoned Completion | 0 |
/// | 63:48 | Requester ID | the request's |
/// | 71:64 | Tag | the request's |
/// | 79:72 | Target Function | the request's |
/// | 87:80, 88 | Completer Bus Number, Completer ID Enable | 0: the hard block fills it in |
/// | 91:89 | Transaction Class | the request's |
/// | 94:92 | Attributes | the request's |
/// | 95 | Force ECRC | 0 |
///
/// Tags are of 8 bits: AMD's newer blocks keep two more in bits that are reserved in PG213.
#[derive(LogicBlock, Default)]
pub struct Describe {
    pub request: Signal<In, Request>,
    /// What is left of a memory read: next dword, first byte in it, bytes.
    pub dword: Signal<In, Bits<22>>,
    pub offset: Signal<In, Bits<2>>,
    pub bytes: Signal<In, Bits<13>>,
    /// Dwords in this completion.
    pub take: Signal<In, Bits<6>>,
    pub out: Signal<Out, Bits<96>>,
    /// Goes behind the descriptor when the status is UR, for the hard block's error log (PG213, Completions with Error
    /// Status): byte enables and hints, then the request's descriptor. The positions of the hints in the first dword are
    /// those of AMD's sample.
    pub log: Signal<Out, Bits<512>>,
    asked: Signal<Local, Bits<128>>,
    side: Signal<Local, Bits<19>>,
    kind: Signal<Local, Bits<4>>,
    length: Signal<Local, Bits<13>>,
    refused: Signal<Local, Bit>,
    reads: Signal<Local, Bit>,
    lower: Signal<Local, Bits<7>>,
    address_type: Signal<Local, Bits<2>>,
    count: Signal<Local, Bits<13>>,
    locked: Signal<Local, Bits<1>>,
    dwords: Signal<Local, Bits<11>>,
    status: Signal<Local, Bits<3>>,
    low: Signal<Local, Bits<96>>,
    middle: Signal<Local, Bits<96>>,
    steering: Signal<Local, Bits<32>>,
    enables: Signal<Local, Bits<32>>,
    first: Signal<Local, Bits<32>>,
}

impl Logic for Describe {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        self.asked.next = self.request.val().descriptor;
        self.side.next = self.request.val().side;
        self.kind.next = self.asked.val().get_bits::<4>(75);
        self.length.next = bit_cast::<13, 11>(self.asked.val().get_bits::<11>(64));
        self.refused.next = self.request.val().route == Route::Refuse;

        self.reads.next = false;
        self.address_type.next = 0.into();
        self.count.next = 4.into();
        self.locked.next = 0.into();
        match self.kind.val().index() {
            0 => {
                self.reads.next = true;
                self.address_type.next = self.asked.val().get_bits::<2>(0);
                self.count.next = self.bytes.val();
            }
            // Fetch and Add, Swap: one operand.
            4 => {
                self.address_type.next = self.asked.val().get_bits::<2>(0);
                self.count.next = self.length.val() << 2;
            }
            5 => {
                self.address_type.next = self.asked.val().get_bits::<2>(0);
                self.count.next = self.length.val() << 2;
            }
            // Compare and Swap: two operands.
            6 => {
                self.address_type.next = self.asked.val().get_bits::<2>(0);
                self.count.next = self.length.val() << 1;
            }
            7 => {
                self.reads.next = true;
                self.address_type.next = self.asked.val().get_bits::<2>(0);
                self.count.next = self.bytes.val();
                self.locked.next = 1.into();
            }
            _ => {}
        }
        self.lower.next = 0.into();
        if self.reads.val() {
            self.lower.next = (bit_cast::<7, 5>(self.dword.val().get_bits::<5>(0)) << 2)
                | bit_cast::<7, 2>(self.offset.val());
        }
        self.dwords.next = bit_cast::<11, 6>(self.take.val());
        self.status.next = 0.into();
        if self.refused.val() {
            self.dwords.next = 0.into();
            self.status.next = 1.into();
        }

        self.low.next = bit_cast::<96, 7>(self.lower.val())
            | (bit_cast::<96, 2>(self.address_type.val()) << 8)
            | (bit_cast::<96, 13>(self.count.val()) << 16)
            | (bit_cast::<96, 1>(self.locked.val()) << 29);
        self.middle.next = (bit_cast::<96, 11>(self.dwords.val()) << 32)
            | (bit_cast::<96, 3>(self.status.val()) << 43)
            | (bit_cast::<96, 16>(self.asked.val().get_bits::<16>(80)) << 48);
        // Tag and Target Function stand side by side in both descriptors, and so do Transaction Class and Attributes.
        self.out.next = self.low.val()
            | self.middle.val()
            | (bit_cast::<96, 16>(self.asked.val().get_bits::<16>(96)) << 64)
            | (bit_cast::<96, 6>(self.asked.val().get_bits::<6>(121)) << 89);

        self.steering.next = bit_cast::<32, 8>(self.side.val().get_bits::<8>(11)) << 16;
        self.enables.next = bit_cast::<32, 11>(self.side.val().get_bits::<11>(0));
        self.first.next = self.steering.val() | self.enables.val();
        self.log.next =
            bit_cast::<512, 32>(self.first.val()) | (bit_cast::<512, 128>(self.asked.val()) << 32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_hdl::sim::{ready, settle};
    use syncline_hdl::stream::bench::{Rng, bits_of, bytes_of};

    /// Each field by its position in the table.
    #[test]
    fn every_field_in_its_place() {
        let mut rng = Rng::new(10);
        let mut uut = ready(Box::<Describe>::default());
        for round in 0..400 {
            let mut descriptor = rng.bytes(16);
            let (kind, refused) = (round % 16, round % 3 == 0);
            let length = 1 + rng.below(8);
            descriptor[8] = length as u8;
            descriptor[9] = (kind << 3) as u8;
            let asked = u128::from_le_bytes(descriptor.clone().try_into().expect("16 bytes"));
            let of = |low: u32, bits: u32| (asked >> low) as u64 & ((1 << bits) - 1);
            let side = rng.below(1 << 19);
            let (dword, offset, bytes, take) =
                (rng.below(1 << 22), rng.below(4), rng.below(4096), 1 + rng.below(32));
            uut.request.next = Request {
                descriptor: bits_of(&descriptor),
                side: side.into(),
                dword: rng.below(1 << 22).into(),
                route: if refused { Route::Refuse } else { Route::ReadWindow },
            };
            uut.dword.next = dword.into();
            uut.offset.next = offset.into();
            uut.bytes.next = bytes.into();
            uut.take.next = take.into();
            settle(uut.as_mut());
            let reads = matches!(kind, 0 | 7);
            let (count, translated) = match kind {
                0 | 7 => (bytes, true),
                4 | 5 => (4 * length, true),
                6 => (2 * length, true),
                _ => (4, false),
            };
            let fields = [
                (0, 7, if reads { (4 * dword + offset) & 0x7f } else { 0 }),
                (8, 2, if translated { of(0, 2) } else { 0 }),
                (16, 13, count),
                (29, 1, u64::from(kind == 7)),
                (32, 11, if refused { 0 } else { take }),
                (43, 3, u64::from(refused)),
                (48, 16, of(80, 16)),
                (64, 8, of(96, 8)),
                (72, 8, of(104, 8)),
                (89, 3, of(121, 3)),
                (92, 3, of(124, 3)),
            ];
            let want = fields.iter().fold(0_u128, |all, (low, _, value)| all | u128::from(*value) << low);
            let got = bytes_of(bit_cast::<128, 96>(uut.out.val()), 16);
            assert_eq!(u128::from_le_bytes(got.try_into().expect("16 bytes")), want, "type {kind}");
            let hints = (side & 0x7ff | side >> 11 << 16) as u32;
            let log = [&hints.to_le_bytes()[..], &descriptor].concat();
            assert_eq!(bytes_of(uut.log.val(), 20), log);
        }
    }
}
