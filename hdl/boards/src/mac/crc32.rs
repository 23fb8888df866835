// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Crc32`]: the frame check sequence of IEEE 802.3, clause 3.2.9, a byte at a time.

use rust_hdl::prelude::*;

/// The polynomial, least significant bit first.
pub const POLYNOMIAL: u64 = 0xedb8_8320;
/// What the register holds after a frame with its right FCS, when it began with all ones.
pub const RESIDUE: u64 = 0xdebb_20e3;

/// One byte further, without a register. The FCS is the complement of the register, low byte first.
#[derive(LogicBlock)]
pub struct Crc32 {
    pub crc: Signal<In, Bits<32>>,
    pub octet: Signal<In, Bits<8>>,
    pub after: Signal<Out, Bits<32>>,
    step: [Signal<Local, Bits<32>>; 9],
    feedback: [Signal<Local, Bit>; 8],
    polynomial: Constant<Bits<32>>,
}

impl Default for Crc32 {
    fn default() -> Self {
        Self {
            polynomial: Constant::new(POLYNOMIAL.into()),
            crc: Default::default(),
            octet: Default::default(),
            after: Default::default(),
            step: Default::default(),
            feedback: Default::default(),
        }
    }
}

impl Logic for Crc32 {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        self.step[0].next = self.crc.val();
        for i in 0..8 {
            self.feedback[i].next = self.step[i].val().get_bit(0) ^ self.octet.val().get_bit(i);
            self.step[i + 1].next = self.step[i].val() >> 1;
            if self.feedback[i].val() {
                self.step[i + 1].next = (self.step[i].val() >> 1) ^ self.polynomial.val();
            }
        }
        self.after.next = self.step[8].val();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_hdl::sim::{ready, settle};

    /// The check value of CRC-32 and the residue, from the catalogues: "123456789" gives cbf43926.
    #[test]
    fn check_value_and_residue() {
        let mut uut = ready(Box::<Crc32>::default());
        let mut crc = 0xffff_ffff_u64;
        let mut feed = |crc: u64, byte: u8| {
            uut.crc.next = crc.into();
            uut.octet.next = u64::from(byte).into();
            settle(&mut *uut);
            uut.after.val().to_u64()
        };
        for byte in b"123456789" {
            crc = feed(crc, *byte);
        }
        assert_eq!(crc ^ 0xffff_ffff, 0xcbf4_3926);
        for byte in 0xcbf4_3926_u32.to_le_bytes() {
            crc = feed(crc, byte);
        }
        assert_eq!(crc, RESIDUE);
    }
}
