// SPDX-License-Identifier: MIT OR Apache-2.0
//! Literals of the AST: their fields are private, so they are read back from their text.

use num_bigint::{BigInt, BigUint, Sign};
use rust_hdl::prelude::VerilogLiteral;

/// Value and width (1 for `bool`, otherwise the width of the Rust integer type) of a literal.
pub(super) fn parse(literal: &VerilogLiteral) -> (BigInt, usize) {
    let text = format!("{literal:x}");
    let (bits, digits) = text.split_once("'h").unwrap_or(("32", &text));
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(rest) => (Sign::Minus, rest),
        None => (Sign::Plus, digits),
    };
    let magnitude = BigUint::parse_bytes(digits.as_bytes(), 16).unwrap_or_default();
    (BigInt::from_biguint(sign, magnitude), bits.parse().unwrap_or(32))
}

/// `2^width - 1`.
pub(super) fn ones(width: usize) -> BigUint {
    (BigUint::from(1_u32) << width) - 1_u32
}

/// A sized Verilog literal: decimal when short, hexadecimal otherwise.
pub(super) fn sized(value: &BigUint, width: usize) -> String {
    if *value < BigUint::from(10_u32) { format!("{width}'d{value}") } else { format!("{width}'h{value:x}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_come_back_from_their_text() {
        assert_eq!(parse(&true.into()), (1.into(), 1));
        assert_eq!(parse(&300_i32.into()), (300.into(), 32));
        assert_eq!(parse(&u128::MAX.into()), (u128::MAX.into(), 128));
        assert_eq!(parse(&(-5_i32).into()), ((-5).into(), 32));
    }

    #[test]
    fn literals_are_printed_with_their_width() {
        assert_eq!(sized(&7_u32.into(), 3), "3'd7");
        assert_eq!(sized(&0xabcd_u32.into(), 16), "16'habcd");
        assert_eq!(ones(65).to_str_radix(16), "1ffffffffffffffff");
    }
}
