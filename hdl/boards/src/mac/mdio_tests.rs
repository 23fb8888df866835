// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Mdio`], Verilated, against a PHY that follows the standard and complains of what does not.

use syncline_hdl::emit::{check, emit_top};
use syncline_pins::MdioPhy;
use syncline_verilate::{Model, Options, Port, Source};

use super::mdio::{ANLPAR, BMSR, GIGABIT_STATUS, Mdio};

const CLOCK_HZ: u32 = 62_500_000;
const CYCLE_NS: f64 = 1e9 / CLOCK_HZ as f64;
/// A frame and the pause behind it, clock cycles.
const FRAME: u64 = 128 * 2 * 13;

struct Bench {
    model: Model,
    clock: Port,
    reset: Port,
    mdc: Port,
    mdio_in: Port,
    mdio_out: Port,
    mdio_drive: Port,
    shown: [Port; 5],
    thousand: Port,
    phy: MdioPhy,
}

/// What the block tells: found, address, link, fast, full.
type Shown = (bool, u64, bool, bool, bool);

impl Bench {
    fn new(address: u8, delay: f64) -> Self {
        Self::of(Mdio::new(CLOCK_HZ), address, delay)
    }

    fn of(mdio: Mdio, address: u8, delay: f64) -> Self {
        let text = emit_top(Box::new(mdio), "mdio").unwrap_or_else(|e| panic!("{e}"));
        let model = Model::build(&Source::new("mdio", text), Options::default()).expect("a model");
        let port = |name| model.port(name).unwrap_or_else(|e| panic!("{e}"));
        let shown = ["found", "address", "link", "fast", "full"].map(port);
        let thousand = port("thousand");
        let (clock, reset, mdc) = (port("clock"), port("reset"), port("mdc"));
        let (mdio_in, mdio_out, mdio_drive) = (port("mdio_in"), port("mdio_out"), port("mdio_drive"));
        let mut phy = MdioPhy::new(address);
        phy.delay = delay;
        let mut bench =
            Bench { model, clock, reset, mdc, mdio_in, mdio_out, mdio_drive, shown, thousand, phy };
        bench.model.set_bool(bench.reset, true);
        bench.run(20);
        bench.model.set_bool(bench.reset, false);
        bench
    }

    fn run(&mut self, cycles: u64) {
        for _ in 0..cycles {
            let m = &mut self.model;
            m.eval();
            let level = m.get_bool(self.mdio_drive).then(|| m.get_bool(self.mdio_out));
            let wire = self.phy.step(CYCLE_NS, m.get_bool(self.mdc), level);
            m.set_bool(self.mdio_in, wire);
            m.edge(self.clock);
        }
        self.model.eval();
    }

    fn shown(&self) -> Shown {
        let [found, address, link, fast, full] = self.shown;
        let bit = |port| self.model.get_bool(port);
        (bit(found), self.model.get_u64(address), bit(link), bit(fast), bit(full))
    }
}

#[test]
fn the_phy_is_found_at_any_address() {
    for (address, delay) in [(0, 0.0), (1, 300.0), (17, 150.0), (31, 300.0)] {
        let mut bench = Bench::new(address, delay);
        bench.phy.registers[BMSR as usize] = 0x7829;
        bench.run(FRAME * (u64::from(address) + 3));
        let shown = bench.shown();
        assert_eq!((shown.0, shown.1, shown.2), (true, address.into(), false));
        assert_eq!(bench.phy.faults(), []);
        let registers: Vec<_> = bench.phy.accesses.iter().map(|(register, _)| *register).collect();
        assert_eq!(registers[..2], [BMSR as u8, ANLPAR as u8]);
        assert!(bench.phy.accesses.iter().all(|(_, written)| written.is_none()));
    }
    // Nobody there.
    let mut bench = Bench::new(0, 0.0);
    bench.phy = MdioPhy::new(40);
    bench.run(FRAME * 34);
    assert!(!bench.shown().0 && !bench.shown().2);
}

#[test]
fn the_link_is_what_both_ends_can_do() {
    let mut bench = Bench::new(1, 200.0);
    // What the partner can do (table 22-7: bits 5 to 8 are 10, 10 full, 100, 100 full), our status, and what comes of it.
    let (down, up, up_without_100) = (0x7829, 0x782d, 0x182d);
    for (partner, status, want) in [
        (0x41e1, down, (false, None)),
        (0x41e1, up, (true, Some((true, true)))),
        (0x40e1, up, (true, Some((true, false)))),
        (0x4061, up, (true, Some((false, true)))),
        (0x4021, up, (true, Some((false, false)))),
        (0x41e1, up_without_100, (true, Some((false, true)))),
        (0x0081, up, (true, Some((true, false)))),
        (0x41e1, down, (false, None)),
    ] {
        bench.phy.registers[BMSR as usize] = status;
        bench.phy.registers[ANLPAR as usize] = partner;
        bench.run(FRAME * 4);
        let (found, _, link, fast, full) = bench.shown();
        assert_eq!((found, link), (true, want.0), "{partner:x} {status:x}");
        if let Some(mode) = want.1 {
            assert_eq!((fast, full), mode, "{partner:x} {status:x}");
        }
    }
    // It is pulled out, and comes back elsewhere.
    let before = std::mem::replace(&mut bench.phy, MdioPhy::new(3));
    assert_eq!(before.faults(), []);
    bench.run(FRAME * 2);
    assert!(!bench.shown().0 && !bench.shown().2);
    bench.run(FRAME * 3);
    assert_eq!((bench.shown().0, bench.shown().1), (true, 3));
}

/// Bits of the status of 1000BASE-T (table 40-3): 13 and 12 are our receiver and theirs, 11 and 10 what the partner can do.
#[test]
fn a_gigabit_is_one_when_both_receivers_are_in_order() {
    let mut bench = Bench::of(Mdio::gigabit(CLOCK_HZ), 2, 200.0);
    bench.phy.registers[ANLPAR as usize] = 0x41e1;
    let (down, up) = (0x7829, 0x782d);
    for (thousand, status, want) in [
        (0x3c00, down, (false, None)),
        (0x3c00, up, (true, Some(true))),
        (0x3800, up, (true, Some(true))),
        (0x3400, up, (true, Some(false))),
        (0x0c00, up, (true, Some(false))),
        (0x2c00, up, (true, Some(false))),
        (0x1c00, up, (true, Some(false))),
        (0x7c00, up, (true, Some(true))),
        (0x0000, up, (true, Some(false))),
    ] {
        bench.phy.registers[BMSR as usize] = status;
        bench.phy.registers[GIGABIT_STATUS as usize] = thousand;
        bench.run(FRAME * 6);
        assert_eq!(bench.shown().2, want.0, "{thousand:x} {status:x}");
        if let Some(gigabit) = want.1 {
            assert_eq!(bench.model.get_bool(bench.thousand), gigabit, "{thousand:x} {status:x}");
        }
    }
    assert_eq!(bench.phy.faults(), []);
    assert!(bench.phy.accesses.iter().all(|(_, written)| written.is_none()));
}

#[test]
fn lints_and_synthesises() {
    for mdio in [Mdio::new(CLOCK_HZ), Mdio::gigabit(CLOCK_HZ)] {
        let text = emit_top(Box::new(mdio), "mdio").unwrap_or_else(|e| panic!("{e}"));
        check::lints(&text, "mdio").unwrap_or_else(|e| panic!("{e}"));
        check::synthesises(&text, "mdio").unwrap_or_else(|e| panic!("{e}"));
    }
}
