// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Classify`]: what is to be done with a request, from its descriptor.

use rust_hdl::prelude::*;

/// Where a request goes.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum Route {
    /// Posted and not for us, or a message: dropped.
    Drop,
    /// Memory write to BAR0, to BAR2.
    WriteRegisters,
    WriteWindow,
    /// Memory read from BAR0, from BAR2.
    ReadRegisters,
    ReadWindow,
    /// Non-posted and not supported: a completion with status UR.
    Refuse,
}

/// Combinational. Descriptor of a completer request (PG213, Completer Request Descriptor Formats):
///
/// | bits | field |
/// |---|---|
/// | 1:0 | Address Type |
/// | 63:2 | Address, in dwords |
/// | 74:64 | Dword Count |
/// | 78:75 | Request Type |
/// | 95:80 | Requester ID |
/// | 103:96 | Tag |
/// | 111:104 | Target Function |
/// | 114:112 | BAR ID |
/// | 120:115 | BAR Aperture |
/// | 123:121 | Transaction Class |
/// | 126:124 | Attributes |
///
/// A poisoned request can't be told by it: bit 79, where the requester's descriptor has the poisoned bit, is reserved here,
/// and what the hard block does with a poisoned request was not found in PG213.
#[derive(LogicBlock, Default)]
pub struct Classify {
    pub descriptor: Signal<In, Bits<128>>,
    pub route: Signal<Out, Route>,
    /// The hard block took a non-posted credit for it.
    pub non_posted: Signal<Out, Bit>,
    kind: Signal<Local, Bits<4>>,
    bar: Signal<Local, Bits<3>>,
    untranslated: Signal<Local, Bit>,
    registers: Signal<Local, Bit>,
    window: Signal<Local, Bit>,
}

impl Logic for Classify {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        self.kind.next = self.descriptor.val().get_bits::<4>(75);
        self.bar.next = self.descriptor.val().get_bits::<3>(112);
        // 00 and 10 (translated) are plain accesses; to answer 01, a translation request, with data would be a lie.
        self.untranslated.next = !self.descriptor.val().get_bit(0);
        self.registers.next = self.untranslated.val() & (self.bar.val() == 0);
        self.window.next = self.untranslated.val() & (self.bar.val() == 2);
        self.route.next = Route::Refuse;
        self.non_posted.next = true;
        match self.kind.val().index() {
            // Memory read.
            0 => {
                if self.registers.val() {
                    self.route.next = Route::ReadRegisters;
                }
                if self.window.val() {
                    self.route.next = Route::ReadWindow;
                }
            }
            // Memory write.
            1 => {
                self.non_posted.next = false;
                self.route.next = Route::Drop;
                if self.registers.val() {
                    self.route.next = Route::WriteRegisters;
                }
                if self.window.val() {
                    self.route.next = Route::WriteWindow;
                }
            }
            // Messages: any but those below, vendor-defined, ATS. 15 is reserved, and what it is nobody can say: a completion
            // that nobody waits for does more harm than none.
            12 => {
                self.non_posted.next = false;
                self.route.next = Route::Drop;
            }
            13 => {
                self.non_posted.next = false;
                self.route.next = Route::Drop;
            }
            14 => {
                self.non_posted.next = false;
                self.route.next = Route::Drop;
            }
            15 => {
                self.non_posted.next = false;
                self.route.next = Route::Drop;
            }
            // I/O read and write (2, 3), AtomicOps (4 to 6), locked read (7), configuration (8 to 11).
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_hdl::sim::{ready, settle};

    #[test]
    fn every_type_and_bar() {
        let mut uut = ready(Box::<Classify>::default());
        for kind in 0..16_u64 {
            for bar in 0..8_u64 {
                for address_type in 0..4_u64 {
                    let high = Bits::<128>::from(kind << 11 | bar << 48) << 64_u64;
                    uut.descriptor.next = high | Bits::<128>::from(0x1234_5670 | address_type);
                    settle(uut.as_mut());
                    let ours = (address_type == 0 || address_type == 2).then_some(bar);
                    let route = match (kind, ours) {
                        (0, Some(0)) => Route::ReadRegisters,
                        (0, Some(2)) => Route::ReadWindow,
                        (1, Some(0)) => Route::WriteRegisters,
                        (1, Some(2)) => Route::WriteWindow,
                        (1 | 12..=15, _) => Route::Drop,
                        _ => Route::Refuse,
                    };
                    assert_eq!(uut.route.val(), route, "type {kind}, BAR {bar}, AT {address_type}");
                    assert_eq!(uut.non_posted.val(), !matches!(kind, 1 | 12..=15), "type {kind}");
                }
            }
        }
    }
}
