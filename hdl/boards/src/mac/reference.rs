// SPDX-License-Identifier: MIT OR Apache-2.0
//! The wire as IEEE 802.3 describes it, in software: written from the standard and not from the blocks.

/// The FCS, bit by bit (clause 3.2.9): the remainder of the frame with its first 32 bits complemented, complemented.
pub fn fcs(frame: &[u8]) -> [u8; 4] {
    let mut remainder = 0xffff_ffff_u32;
    for byte in frame {
        for bit in 0..8 {
            let carry = (remainder >> 31) as u8 ^ (byte >> bit & 1);
            remainder = remainder << 1 ^ if carry == 1 { 0x04c1_1db7 } else { 0 };
        }
    }
    // The highest coefficient is sent first, and so ends in the lowest bit of the first byte.
    (!remainder).reverse_bits().to_le_bytes()
}

/// What goes over the wire for a frame: preamble, delimiter, frame, padding, FCS.
pub fn on_the_wire(frame: &[u8]) -> Vec<u8> {
    let mut padded = frame.to_vec();
    padded.resize(frame.len().max(60), 0);
    let check = fcs(&padded);
    [&[0x55; 7][..], &[0xd5], &padded, &check].concat()
}

/// Bytes as the MII's nibbles.
pub fn nibbles(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| [byte & 15, byte >> 4]).collect()
}

#[test]
fn a_known_frame() {
    // Against the usual reflected algorithm, and the check value of the catalogues.
    let mut crc = 0xffff_ffff_u32;
    let frame: Vec<u8> = (0..60_u8).map(|i| i.wrapping_mul(7).wrapping_add(3)).collect();
    for byte in &frame {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
        }
    }
    assert_eq!(fcs(&frame), (!crc).to_le_bytes());
    assert_eq!(fcs(b"123456789"), 0xcbf4_3926_u32.to_le_bytes());
}
