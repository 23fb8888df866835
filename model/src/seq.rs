// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sequence number arithmetic, modulo 2^32 (RFC 9293, section 3.4): the only place where it wraps.

/// `a - b`, read as two's complement: negative when `a` is before `b`.
pub fn signed(a: u32, b: u32) -> i32 {
    a.wrapping_sub(b) as i32
}

/// `a` is before `b`.
pub fn before(a: u32, b: u32) -> bool {
    signed(a, b) < 0
}

/// `a` is after `b`.
pub fn after(a: u32, b: u32) -> bool {
    signed(a, b) > 0
}

/// The later of two.
pub fn max(a: u32, b: u32) -> u32 {
    if before(a, b) { b } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_holds_across_the_wrap() {
        for base in [0u32, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ff00, 0xffff_ffff] {
            for step in [1u32, 2, 1000, 0x7fff_ffff] {
                let next = base.wrapping_add(step);
                assert!(before(base, next) && after(next, base), "{base:#x} + {step:#x}");
                assert_eq!(max(base, next), next);
                assert_eq!(max(next, base), next);
            }
            assert!(!before(base, base) && !after(base, base));
        }
    }
}
