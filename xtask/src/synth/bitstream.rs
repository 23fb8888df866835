// SPDX-License-Identifier: MIT OR Apache-2.0
//! From nextpnr's FASM to an Artix-7 bitstream, and back: nothing is believed that was not read again.

use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;

use super::board::{Board, Chip};
use super::debian::Debian;
use super::logged;
use super::xray::{Database, Frames, Line, Place, assemble, decode, lines};

/// From FASM to a bitstream, which is then read back: every bit has to be as assembled.
pub fn bitstream(debian: &Debian, board: &Board, part: &str, die: &str, folder: &Path) -> Result<usize> {
    let fasm = fs::read_to_string(folder.join("design.fasm")).context("reading nextpnr's FASM")?;
    let (features, dropped) = without_bitless(lines(&fasm)?);
    for line in &dropped {
        eprintln!(
            "note: {}.{} has no bits: it is the position of the multiplexer that is all zero",
            line.tile, line.feature
        );
    }
    refuse_stepdown(&features)?;
    let pins = debian.artix7().join(part).join("package_pins.csv");
    let pull_up = pull_up(&fs::read_to_string(&pins).context("reading the package's pins")?, &features)?;
    let features = [features, lines(&pull_up)?].concat();
    eprintln!("> frames of {} features", features.len());
    let database = Database::load(&debian.artix7(), die)?;
    let frames = assemble(&database, &features)?;
    fs::write(folder.join("design.frm"), frames.frm()).context("writing the frames")?;
    let part_file = debian.artix7().join(part).join("part.yaml");
    let bit = format!("{}.bit", board.name);
    logged(
        debian
            .program("xc7frames2bit")?
            .args(["--part_name", part, "--frm_file", "design.frm", "--output_file", &bit, "--part_file"])
            .arg(&part_file),
        folder,
        "xc7frames2bit.log",
    )?;
    let back = read_back(debian, part, &folder.join(&bit), folder)?;
    let (ours, theirs) = (ones(&frames), ones(&back));
    if let Some(place) =
        ours.iter().find(|place| !back.has(**place)).or(theirs.iter().find(|place| !frames.has(**place)))
    {
        bail!("the bitstream differs from its frames at bit {} of frame {:#010x}", place.bit, place.frame);
    }
    Ok(ours.len())
}

/// The bits of a bitstream, as `bitread` finds them.
fn read_back(debian: &Debian, part: &str, bitstream: &Path, folder: &Path) -> Result<Frames> {
    logged(
        debian
            .program("bitread")?
            .args(["-y", "-z", "-o", "design.bits", "-part_file"])
            .arg(debian.artix7().join(part).join("part.yaml"))
            .arg(bitstream),
        folder,
        "bitread.log",
    )?;
    let text = fs::read_to_string(folder.join("design.bits")).context("reading bitread's bits")?;
    Frames::from_bitread(&text).context("bitread's bits")
}

/// The ones, but for the 13 bits of each frame's check sum, which `xc7frames2bit` adds (UG470: word 50 of the frame).
fn ones(frames: &Frames) -> Vec<Place> {
    frames.ones().filter(|place| !(50 * 32..50 * 32 + 13).contains(&place.bit)).collect()
}

/// Takes out the four connections of an IO column's clock row that nextpnr knows and the database does not: the positions of the
/// DMUX multiplexers with no bit set (found by openXC7, nextpnr-xilinx issue 149). Anything else that is unknown stays an error.
fn without_bitless(features: Vec<Line<'_>>) -> (Vec<Line<'_>>, Vec<Line<'_>>) {
    let bitless = |line: &Line<'_>| {
        line.tile.starts_with("HCLK_IOI")
            && (0..4).any(|clock| {
                let from =
                    line.feature.strip_prefix(&format!("HCLK_IOI_IO_PLL_CLK{clock}_DMUX.HCLK_IOI_I2IOCLK_"));
                from.is_some_and(|end| matches!(end, "TOP0" | "TOP1" | "BOT0" | "BOT1"))
            })
    };
    features.into_iter().partition(|line| !bitless(line))
}

/// A bank with a standard of 1.2 to 1.8 V wants a feature in its unused pads too, which we don't set. Our boards have no such pads.
fn refuse_stepdown(features: &[Line<'_>]) -> Result<()> {
    match features.iter().find(|line| line.feature.ends_with(".STEPDOWN")) {
        Some(line) => bail!("{}.{}: standards below 2.5 V are not supported", line.tile, line.feature),
        None => Ok(()),
    }
}

/// Features of a pull-up at the PUDC_B pin, if the design does not use it, as Vivado sets it: the pin must not float while the device is
/// configured again (UG470, table "Configuration Pin Definitions").
fn pull_up(pins: &str, features: &[Line<'_>]) -> Result<String> {
    let pin = pins.lines().find(|line| line.contains("_PUDC_B_")).context("the package has no PUDC_B pin")?;
    let pad = pad(pin).with_context(|| format!("`{pin}` is not a pin"))?;
    let (tile, site) = pad.split_once('.').context("a pad without a site")?;
    if features.iter().any(|line| line.tile == tile && line.feature.starts_with(&format!("{site}."))) {
        return Ok(String::new());
    }
    let input = "LVCMOS12_LVCMOS15_LVCMOS18_LVCMOS25_LVCMOS33_LVDS_25_LVTTL_SSTL135_SSTL15_TMDS_33.IN_ONLY";
    Ok(format!("{pad}.{input}\n{pad}.LVCMOS25_LVCMOS33_LVTTL.IN\n{pad}.PULLTYPE.PULLUP\n"))
}

/// The pad of a line of `package_pins.csv` (pin, bank, site, tile, function), as features call it: `LIOB33_X0Y111.IOB_Y1`.
fn pad(line: &str) -> Option<String> {
    let &[_, _, site, tile, _] = line.split(',').collect::<Vec<_>>().as_slice() else { return None };
    let y: u32 = site.rsplit_once('Y')?.1.parse().ok()?;
    Some(format!("{tile}.IOB_Y{}", y % 2))
}

/// `--decode`: what a bitstream's bits mean.
pub fn decode_file(board: &Board, file: &Path) -> Result<()> {
    let Chip::Artix7 { part, die, .. } = board.chip else { bail!("{} is not an Artix-7", board.name) };
    let debian = Debian::set_up()?;
    let folder = crate::run::root().join("target/synth").join(format!("{}-decode", board.name));
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let file = file.canonicalize().with_context(|| format!("no {}", file.display()))?;
    let frames = read_back(&debian, part, &file, &folder)?;
    let (features, left) = decode(&Database::load(&debian.artix7(), die)?, &frames);
    println!("{}", features.join("\n"));
    let sums = left.len() - left.iter().filter(|place| !(50 * 32..50 * 32 + 13).contains(&place.bit)).count();
    eprintln!(
        "{} features; {} bits without one, {sums} of them check sums of frames",
        features.len(),
        left.len()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn only_the_bitless_positions_are_dropped() {
        let text = "HCLK_IOI3_X1Y78.HCLK_IOI_IO_PLL_CLK2_DMUX.HCLK_IOI_I2IOCLK_BOT0\n\
                    HCLK_IOI3_X1Y78.HCLK_IOI_IO_PLL_CLK2_DMUX.HCLK_IOI_IOCLK_PLL2\n\
                    HCLK_IOI3_X1Y78.HCLK_IOI_IO_PLL_CLK4_DMUX.HCLK_IOI_I2IOCLK_BOT0\n\
                    INT_L_X0Y0.HCLK_IOI_IO_PLL_CLK2_DMUX.HCLK_IOI_I2IOCLK_BOT0\n";
        let (kept, dropped) = without_bitless(lines(text).unwrap());
        assert_eq!(kept.iter().map(|line| line.number).collect::<Vec<_>>(), [2, 3, 4]);
        assert_eq!(dropped.iter().map(|line| line.number).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn low_standards_are_refused() {
        let text = "LIOB33_X0Y1.IOB_Y1.LVCMOS12_LVCMOS15_LVCMOS18_SSTL135_SSTL15.STEPDOWN";
        assert!(refuse_stepdown(&lines(text).unwrap()).is_err());
        assert!(refuse_stepdown(&lines("LIOB33_X0Y1.IOB_Y1.PULLTYPE.NONE").unwrap()).is_ok());
    }

    const PINS: &str = "pin,bank,site,tile,pin_function\nA1,35,IOB_X1Y81,RIOB33_X43Y81,IO_L9N_T1_35\n\
                        L16,14,IOB_X0Y44,LIOB33_X0Y43,IO_L3P_T0_DQS_PUDC_B_14\n";

    #[test]
    fn an_unused_pudc_b_is_pulled_up() {
        let other = lines("LIOB33_X0Y43.IOB_Y1.PULLTYPE.NONE").unwrap();
        let text = pull_up(PINS, &other).unwrap();
        let set = lines(&text).unwrap();
        assert_eq!(set.len(), 3);
        assert!(set.iter().all(|line| line.tile == "LIOB33_X0Y43" && line.feature.starts_with("IOB_Y0.")));
        assert!(set.iter().any(|line| line.feature == "IOB_Y0.PULLTYPE.PULLUP"));
        let used = lines("LIOB33_X0Y43.IOB_Y0.PULLTYPE.NONE").unwrap();
        assert_eq!(pull_up(PINS, &used).unwrap(), "");
        assert!(pull_up("pin,bank,site,tile,pin_function\n", &other).is_err());
    }

    /// Bitstreams that Vivado made come with the database: what our reading of them finds is held against what their makers say is in
    /// them. That proves the reading of the database without a line of ours on the other side.
    #[test]
    fn vivados_bitstreams_are_understood() {
        let Some(debian) = Debian::found() else {
            return eprintln!("skipped: needs the Artix-7 tools (`cargo xtask synth --board arty-a7-35t`)");
        };
        let database = Database::load(&debian.artix7(), "xc7a50t").unwrap();
        let csv = fs::read_to_string(debian.artix7().join("xc7a35tcsg324-1/package_pins.csv")).unwrap();
        let pads: HashMap<_, _> =
            csv.lines().filter_map(|line| Some((line.split(',').next()?, pad(line)?))).collect();
        let folder = std::env::temp_dir().join(format!("syncline-harness-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for design in ["arty-a7/uart", "arty-a7/swbut", "arty-a7/pmod"] {
            let harness = debian.artix7().join("harness").join(design);
            let frames = read_back(&debian, "xc7a35tcsg324-1", &harness.join("design.bit"), &folder).unwrap();
            let (features, left) = decode(&database, &frames);
            let left: Vec<_> =
                left.iter().filter(|place| !(50 * 32..50 * 32 + 13).contains(&place.bit)).collect();
            assert_eq!(left.len(), 0, "{design}: bits without a feature: {left:?}");
            // Each line of the list names a net's node as TILE/WIRE and its pin. Something drives a wire of the interconnect (the clock's
            // is not one, and has no bits), and the pad of the pin is set up.
            let list = fs::read_to_string(harness.join("design.txt")).unwrap();
            let nets: Vec<Vec<_>> =
                list.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
            assert!(nets.len() >= 5, "{design}: {list}");
            for net in nets {
                let &[name, node, pin, ..] = net.as_slice() else { panic!("{design}: {net:?}") };
                let driven = format!("{}.", node.replace('/', "."));
                let found = |start: &str| features.iter().any(|feature| feature.starts_with(start));
                assert!(name == "clk" || found(&driven), "{design}: nothing drives {node}");
                assert!(found(&format!("{}.", pads[pin])), "{design}: nothing is set at the pad of {pin}");
            }
            // Its makers don't use PUDC_B: what we would set there is what Vivado set.
            let set = pull_up(&csv, &[]).unwrap();
            assert!(set.lines().all(|line| features.contains(&format!("{line}[0]"))), "{design}: {set}");
            // And back: the features, as FASM, make the same bits.
            let text = features.join("\n");
            let again = assemble(&database, &lines(&text).unwrap()).unwrap();
            assert_eq!(ones(&again), ones(&frames), "{design}");
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
