// SPDX-License-Identifier: MIT OR Apache-2.0
//! What blocks may take on an Artix-7, and the 512-bit core on an UltraScale+: a little above what they take, so that growth and a RAM
//! that no longer infers are noticed.

use super::area::Area;

/// The limits of a block.
pub struct Limit {
    /// As `syncline-verilog --block` calls it.
    pub name: &'static str,
    /// LUTs, those that serve as RAM among them.
    lut: u64,
    /// LUTs that serve as RAM.
    lutram: u64,
    /// Block RAMs of 36 Kbit.
    ram: f64,
    /// LUTs on a way between registers.
    levels: u32,
    /// Inputs of registers behind more than one carry chain, or behind one with more than four LUTs beside it.
    deep: u32,
}

/// Of the blocks that are counted in seconds.
pub const LIMITS: &[Limit] = &[
    limit("net64", 2050, 230, 1.5, 10, 24),
    limit("flow_lookup16", 1580, 110, 2.0, 7, 0),
    limit("tcp_tx64", 1320, 190, 2.0, 9, 33),
    limit("tcp_rx64", 910, 210, 1.5, 8, 4),
    limit("placer64", 275, 30, 0.0, 4, 0),
    limit("entries64", 135, 0, 1.0, 4, 0),
    limit("timer16", 220, 40, 0.0, 3, 0),
    limit("net512", 6850, 175, 11.5, 9, 0),
    limit("tcp_rx512", 4080, 160, 8.5, 7, 0),
    limit("tcp_tx512", 2080, 180, 7.5, 7, 0),
    limit("placer512", 345, 0, 0.5, 4, 0),
    limit("tcb_processor", 3950, 560, 0.0, 7, 2),
];

/// Of the 512-bit core, which takes minutes: the report asks it once it is written.
pub const CORE512: Limit = limit("core512", 28_500, 1250, 560.0, 10, 0);

const fn limit(name: &'static str, lut: u64, lutram: u64, ram: f64, levels: u32, deep: u32) -> Limit {
    Limit { name, lut, lutram, ram, levels, deep }
}

impl Limit {
    /// What is above the limit, a line each.
    pub fn exceeded(&self, area: &Area) -> Vec<String> {
        let counts = [
            ("LUT", (area.lut + area.lutram) as f64, self.lut as f64),
            ("LUT as RAM", area.lutram as f64, self.lutram as f64),
            ("RAMB36", area.ram, self.ram),
            ("levels", f64::from(area.levels.luts), f64::from(self.levels)),
            ("ends of deep ways", f64::from(area.levels.deep), f64::from(self.deep)),
        ];
        let above = counts.into_iter().filter(|(_, is, most)| is > most);
        above.map(|(what, is, most)| format!("{}: {is} {what}, at most {most}", self.name)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_count_has_its_limit() {
        let limit = limit("x", 10, 4, 0.5, 3, 1);
        let mut area = Area { lut: 6, lutram: 4, ram: 0.5, ..Area::default() };
        (area.levels.luts, area.levels.deep) = (3, 1);
        assert!(limit.exceeded(&area).is_empty());
        area.lut = 7;
        assert_eq!(limit.exceeded(&area), ["x: 11 LUT, at most 10"]);
        area = Area { lut: 1, lutram: 5, ram: 1.0, ..Area::default() };
        (area.levels.luts, area.levels.deep) = (4, 2);
        assert_eq!(limit.exceeded(&area).len(), 4);
    }

    #[test]
    fn no_way_of_the_wide_core_is_deep() {
        let mut area = Area::default();
        area.levels.luts = 10;
        assert!(CORE512.exceeded(&area).is_empty());
        (area.levels.luts, area.levels.deep) = (11, 1);
        let faults = ["core512: 11 levels, at most 10", "core512: 1 ends of deep ways, at most 0"];
        assert_eq!(CORE512.exceeded(&area), faults);
    }
}
