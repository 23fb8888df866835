// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reading Verilog text written by hand in leaf modules, as far as the printer needs.

use num_bigint::BigUint;

/// The power-up value in the text of RustHDL's `DFF`.
pub(super) fn flip_flop_reset(code: &str) -> Option<BigUint> {
    let words: Vec<&str> = code.split_whitespace().collect();
    let [head @ .., value] = words.get(..5)? else { return None };
    let rest = ["end", "always", "@(posedge", "clock)", "begin", "q", "<=", "d;", "end"];
    if head != ["initial", "begin", "q", "="] || words.get(5..)? != rest {
        return None;
    }
    let (_, digits) = value.strip_suffix(';')?.split_once("'h")?;
    BigUint::parse_bytes(digits.as_bytes(), 16)
}

/// Whether the text has `assign name`.
pub(super) fn is_assigned_as_net(code: &str, name: &str) -> bool {
    let words: Vec<&str> = code.split_whitespace().collect();
    words.windows(2).any(|w| w[0] == "assign" && w[1].split(['[', '=']).next() == Some(name))
}

/// Replaces a whole identifier.
pub(super) fn rename(code: &str, from: &str, to: &str) -> String {
    if from == to {
        return code.to_string();
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let (mut out, mut rest) = (String::new(), code);
    while let Some(at) = rest.find(from) {
        let (before, found) = rest.split_at(at);
        let after = &found[from.len()..];
        out.push_str(before);
        let whole = !before.ends_with(is_word) && !after.starts_with(is_word);
        out.push_str(if whole { to } else { from });
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_hdl::prelude::*;

    #[test]
    fn the_stock_flip_flop_is_known() {
        let Verilog::Custom(code) = DFF::<Bits<70>>::default().hdl() else { panic!("not a leaf") };
        assert_eq!(flip_flop_reset(&code), Some(0_u32.into()));
        assert_eq!(flip_flop_reset(&code.replace("<=", "=")), None);
        assert_eq!(flip_flop_reset("assign q = d;"), None);
    }

    #[test]
    fn nets_and_names_are_found_in_text() {
        assert!(is_assigned_as_net("wire x;\nassign q = d;", "q"));
        assert!(!is_assigned_as_net("assign qq = d; q = 1;", "q"));
        assert_eq!(
            rename("inp$data <= inp$data2 + a$inp$data;", "inp$data", "inp_data"),
            "inp_data <= inp$data2 + a$inp$data;"
        );
    }
}
