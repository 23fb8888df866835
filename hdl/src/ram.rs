// SPDX-License-Identifier: MIT OR Apache-2.0
//! Memory leaves with one write port and one read port: [`Bram`] (block RAM) and [`Lutram`] (distributed RAM).
//!
//! Both hold `2^A` words of type `T`. The contents at power-up are zero in simulation and must not be relied on in hardware.

use rust_hdl::prelude::*;

/// Block RAM: the word at `read_addr` appears on `read_data` one clock later. Up to 32 words are distributed RAM with a register
/// behind it: 4 LUT for each 6 bits instead of a block for each 72.
///
/// A read and a write of the same address in the same cycle: hardware gives an unknown word (`no_rw_check` keeps synthesis from building
/// a bypass: 788 flip-flops for a 388-bit RAM on ECP5), both simulations the default (zero), which is neither the old nor the new one.
/// The user forwards the new word or does not look.
#[derive(LogicBlock, Default)]
pub struct Bram<T: Synth, const A: usize> {
    pub clock: Signal<In, Clock>,
    pub read_addr: Signal<In, Bits<A>>,
    pub read_data: Signal<Out, T>,
    pub write_en: Signal<In, Bit>,
    pub write_addr: Signal<In, Bits<A>>,
    pub write_data: Signal<In, T>,
    _mem: Vec<T>,
}

impl<T: Synth, const A: usize> Logic for Bram<T, A> {
    crate::module_name!();

    fn update(&mut self) {
        if self.clock.pos_edge() {
            self._mem.resize(1 << A, T::default());
            self.read_data.next = self._mem[self.read_addr.val().index()];
            if self.write_en.val() {
                self._mem[self.write_addr.val().index()] = self.write_data.val();
                if self.write_addr.val() == self.read_addr.val() {
                    self.read_data.next = T::default();
                }
            }
        }
    }
    fn connect(&mut self) {
        self.read_data.connect();
    }
    fn hdl(&self) -> Verilog {
        // So few words would leave a block RAM of 512 nearly empty: a lookup table holds 32 of them.
        let style = if A <= 5 { "distributed" } else { "block" };
        Verilog::Custom(format!(
            "\
(* ram_style = \"{style}\", no_rw_check *) reg [{}:0] mem [0:{}];
always @(posedge clock) begin
  read_data <= mem[read_addr];
  if (write_en) mem[write_addr] <= write_data;
`ifdef VERILATOR
  if (write_en && write_addr == read_addr) read_data <= {{{}{{1'b0}}}};
`endif
end",
            T::BITS - 1,
            (1_usize << A) - 1,
            T::BITS
        ))
    }
}

/// Distributed RAM: `read_data` follows `read_addr` without a clock; a written word is readable after the edge.
#[derive(LogicBlock, Default)]
pub struct Lutram<T: Synth, const A: usize> {
    pub clock: Signal<In, Clock>,
    pub read_addr: Signal<In, Bits<A>>,
    pub read_data: Signal<Out, T>,
    pub write_en: Signal<In, Bit>,
    pub write_addr: Signal<In, Bits<A>>,
    pub write_data: Signal<In, T>,
    _mem: Vec<T>,
}

impl<T: Synth, const A: usize> Logic for Lutram<T, A> {
    crate::module_name!();

    fn update(&mut self) {
        self._mem.resize(1 << A, T::default());
        if self.clock.pos_edge() && self.write_en.val() {
            self._mem[self.write_addr.val().index()] = self.write_data.val();
        }
        self.read_data.next = self._mem[self.read_addr.val().index()];
    }
    fn connect(&mut self) {
        self.read_data.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Custom(format!(
            "\
(* ram_style = \"distributed\" *) reg [{}:0] mem [0:{}];
always @(posedge clock) if (write_en) mem[write_addr] <= write_data;
always @(*) read_data = mem[read_addr];",
            T::BITS - 1,
            (1_usize << A) - 1
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Clocked, settle, tick};

    type B = Bram<Bits<40>, 3>;
    type L = Lutram<Bits<40>, 3>;

    impl Clocked for B {
        fn clk(&mut self) -> &mut Signal<In, Clock> {
            &mut self.clock
        }
    }
    impl Clocked for L {
        fn clk(&mut self) -> &mut Signal<In, Clock> {
            &mut self.clock
        }
    }

    fn word0() -> Bits<40> {
        0.into()
    }

    fn word(i: u64) -> Bits<40> {
        (0x12_3456_0000 + i * 17).into()
    }

    #[test]
    fn bram_reads_one_clock_later() {
        let mut uut = B::default();
        uut.connect_all();
        uut.write_en.next = true;
        for i in 0..8 {
            uut.write_addr.next = i.into();
            uut.write_data.next = word(i);
            tick(&mut uut);
        }
        uut.write_en.next = false;
        uut.write_data.next = 0.into(); // must not be written
        for i in [3, 7, 0, 5] {
            let before = uut.read_data.val();
            uut.read_addr.next = i.into();
            settle(&mut uut);
            assert_eq!(uut.read_data.val(), before, "no data before the edge");
            tick(&mut uut);
            assert_eq!(uut.read_data.val(), word(i));
        }
    }

    #[test]
    fn bram_gives_neither_word_on_a_collision() {
        let mut uut = B::default();
        uut.connect_all();
        uut.write_en.next = true;
        for i in 1..4 {
            uut.write_data.next = word(i);
            tick(&mut uut);
            assert_eq!(uut.read_data.val(), word0());
        }
        uut.write_en.next = false;
        tick(&mut uut);
        assert_eq!(uut.read_data.val(), word(3), "but the word is written");
    }

    #[test]
    fn lutram_reads_without_a_clock() {
        let mut uut = L::default();
        uut.connect_all();
        uut.write_en.next = true;
        for i in 0..8 {
            uut.write_addr.next = i.into();
            uut.write_data.next = word(i);
            uut.read_addr.next = i.into();
            settle(&mut uut);
            assert_eq!(uut.read_data.val(), word0(), "not written before the edge");
            tick(&mut uut);
            assert_eq!(uut.read_data.val(), word(i), "written word readable after the edge");
        }
        uut.write_en.next = false;
        for i in [6, 1, 4] {
            uut.read_addr.next = i.into();
            settle(&mut uut);
            assert_eq!(uut.read_data.val(), word(i));
        }
    }
}
