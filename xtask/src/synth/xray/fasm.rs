// SPDX-License-Identifier: MIT OR Apache-2.0
//! FASM, as far as place and route writes it: features, rows of bits with binary, hexadecimal or decimal values, comments.

use anyhow::{Context, Result, bail, ensure};

/// One feature of a tile that is set, flattened: a row of bits is a `Line` for each bit that is 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'a> {
    /// Line of the file, from 1.
    pub number: usize,
    /// `INT_L_X0Y0`.
    pub tile: &'a str,
    /// `NL1BEG1.NN6END2`, without the tile and the index.
    pub feature: &'a str,
    /// Which bit of the row; 0 of a feature that is not a row.
    pub index: u32,
}

/// Reads a file.
pub fn lines(text: &str) -> Result<Vec<Line<'_>>> {
    let mut all = vec![];
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if !line.is_empty() {
            read(number, line, &mut all).with_context(|| format!("line {number} of the FASM: `{line}`"))?;
        }
    }
    Ok(all)
}

fn read<'a>(number: usize, line: &'a str, all: &mut Vec<Line<'a>>) -> Result<()> {
    let (name, value) = match line.split_once('=') {
        Some((name, value)) => (name.trim(), Some(value.trim())),
        None => (line, None),
    };
    let (name, range) = match name.split_once('[') {
        Some((name, range)) => (name, Some(range.strip_suffix(']').context("`[` without `]`")?)),
        None => (name, None),
    };
    let (tile, feature) = name.split_once('.').context("no feature behind the tile")?;
    ensure!(!tile.is_empty() && !feature.is_empty() && !name.contains(char::is_whitespace), "not a feature");
    let (high, low) = match range {
        None => (0, 0),
        Some(range) => {
            let (high, low) = range.split_once(':').unwrap_or((range, range));
            (high.parse::<u32>().context("index")?, low.parse::<u32>().context("index")?)
        }
    };
    ensure!(high >= low && high - low < 4096, "[{high}:{low}] is not a range");
    let width = high - low + 1;
    for offset in bits(value.unwrap_or("1"))? {
        ensure!(offset < width, "the value has more than {width} bits");
        all.push(Line { number, tile, feature, index: low + offset });
    }
    Ok(())
}

/// The positions of the ones in `64'b0101`, `8'hff`, `12`.
fn bits(value: &str) -> Result<Vec<u32>> {
    let (per_digit, digits) = match value.split_once('\'') {
        None => (0, value),
        Some((_, rest)) => match rest.split_at_checked(1) {
            Some(("b", digits)) => (1, digits),
            Some(("h", digits)) => (4, digits),
            Some(("d", digits)) => (0, digits),
            _ => bail!("`{value}` is not a value"),
        },
    };
    let digits: String = digits.chars().filter(|c| *c != '_').collect();
    ensure!(!digits.is_empty(), "`{value}` is not a value");
    if per_digit == 0 {
        let number: u128 = digits.parse().context("decimal value")?;
        return Ok((0..u128::BITS).filter(|bit| number >> bit & 1 == 1).collect());
    }
    let mut ones = vec![];
    for (position, digit) in (0..).step_by(per_digit as usize).zip(digits.chars().rev()) {
        let digit = digit.to_digit(1 << per_digit).with_context(|| format!("`{digit}` in a value"))?;
        ones.extend((0..per_digit).filter(|bit| digit >> bit & 1 == 1).map(|bit| position + bit));
    }
    Ok(ones)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str) -> Vec<(String, u32)> {
        lines(text)
            .unwrap()
            .iter()
            .map(|line| (format!("{}/{}", line.tile, line.feature), line.index))
            .collect()
    }

    #[test]
    fn a_feature_is_a_tile_and_a_name() {
        assert_eq!(read_all("\n# comment\n INT_L_X0Y0.A.B  # why\n"), [("INT_L_X0Y0/A.B".into(), 0)]);
    }

    #[test]
    fn rows_are_flattened_to_their_ones() {
        let row = |indices: &[u32]| indices.iter().map(|i| ("T/F".into(), *i)).collect::<Vec<_>>();
        assert_eq!(read_all("T.F[7:4] = 4'b1010"), row(&[5, 7]));
        assert_eq!(read_all("T.F[7:0]=8'h81"), row(&[0, 7]));
        assert_eq!(read_all("T.F[17:0] = 18'd5"), row(&[0, 2]));
        assert_eq!(read_all("T.F[3]"), row(&[3]));
        assert_eq!(read_all("T.F[3:0] = 4'b0_000"), row(&[]));
        let long = format!("T.F[255:0] = 256'b1{}", "0".repeat(255));
        assert_eq!(read_all(&long), row(&[255]));
    }

    #[test]
    fn what_is_no_feature_is_refused() {
        for bad in [
            "INT_L_X0Y0",
            "T.F[3",
            "T.F[0:3]",
            "T.F[1:0] = 3'b100",
            "T.F = 1'q0",
            "T.F = 2'b12",
            "T.F[a]",
            ".F",
            "T. F",
        ] {
            assert!(lines(bad).is_err(), "{bad}");
        }
    }
}
