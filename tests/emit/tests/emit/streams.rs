// SPDX-License-Identifier: MIT OR Apache-2.0
//! Clocked blocks of the data path: the Rust simulation and the Verilated print in lockstep.
//!
//! Every input is random in every cycle, so that no rule of the streams holds: whatever a block does then, both must do.

use num_bigint::BigUint;
use rust_hdl::prelude::*;
use syncline_hdl::memory::checksum::Checksum64;
use syncline_hdl::memory::lane_ring::LaneRing8;
use syncline_hdl::memory::row_ring::RowRing16;
use syncline_hdl::sim::{ready, settle};
use syncline_hdl::stream::arbiter::FrameArbiter64;
use syncline_hdl::stream::fifo::Fifo;
use syncline_hdl::stream::frame_fifo::FrameFifo64;
use syncline_hdl::stream::header_window::HeaderWindow64;
use syncline_hdl::stream::prepend::{Prepend64, Prepend512};
use syncline_hdl::stream::strip::{Strip64, Strip512};
use syncline_hdl::stream::trim::Trim64;
use syncline_hdl::stream::width::{Narrow64To8, Widen8To64};
use syncline_hdl::stream::{Beat8, Beat64, Beat512};
use syncline_verilate::{Model, Options, Source};

use crate::compare::Random;

/// A value on a port.
trait Wire: Synth {
    fn random(random: &mut Random) -> Self;
    fn number(self) -> BigUint;
}

impl Wire for Bit {
    fn random(random: &mut Random) -> Self {
        random.next() % 8 < 6
    }
    fn number(self) -> BigUint {
        u32::from(self).into()
    }
}

impl<const N: usize> Wire for Bits<N> {
    fn random(random: &mut Random) -> Self {
        (0..N).fold(Self::default(), |word, i| word.replace_bit(i, random.next().is_multiple_of(2)))
    }
    fn number(self) -> BigUint {
        self.into()
    }
}

macro_rules! beat {
    ($name:ident, $w:literal, $k:literal) => {
        impl Wire for $name {
            fn random(random: &mut Random) -> Self {
                let last = random.next().is_multiple_of(4);
                let lanes = if last { 1 + random.next() as usize % $k } else { $k };
                let keep = (0..lanes).fold(Bits::<$k>::default(), |keep, i| keep.replace_bit(i, true));
                Self { data: Wire::random(random), keep, last }
            }
            fn number(self) -> BigUint {
                self.data.number() | (self.keep.number() << $w) | (self.last.number() << ($w + $k))
            }
        }
    };
}
beat!(Beat64, 64, 8);
beat!(Beat512, 512, 64);

impl Wire for Beat8 {
    fn random(random: &mut Random) -> Self {
        Self { data: Wire::random(random), last: random.next().is_multiple_of(8) }
    }
    fn number(self) -> BigUint {
        self.data.number() | (self.last.number() << 8)
    }
}

/// Runs a block and its print side by side. Ports are named as in Rust.
macro_rules! lockstep {
    ($name:ident, $block:ty, $cycles:literal, in [$($($input:ident).+ $([$input_index:literal] . $input_rest:ident)?),+],
     out [$($($output:ident).+ $([$output_index:literal] . $output_rest:ident)?),+]) => {
        #[test]
        fn $name() {
            let mut random = Random::new();
            let mut block = ready(Box::<$block>::default());
            let top = stringify!($name);
            let text = syncline_hdl::emit::verilog(block.as_ref(), top).unwrap_or_else(|e| panic!("{e}"));
            let mut model = Model::build(&Source::new(top, text), Options::default()).expect("model builds");
            let port = |model: &Model, name: &str| model.port(&name.replace(['.', '['], "_").replace([' ', ']'], ""));
            let clock = port(&model, "clock").expect("clock");
            for cycle in 0..$cycles {
                $({
                    let value = Wire::random(&mut random);
                    block.$($input).+$([$input_index].$input_rest)?.next = value;
                    let name = concat!(stringify!($($input).+) $(, "_", $input_index, "_", stringify!($input_rest))?);
                    let input = port(&model, name).unwrap_or_else(|e| panic!("{name}: {e}"));
                    model.set_bytes(input, &value.number().to_bytes_le());
                })+
                settle(block.as_mut());
                model.eval();
                $({
                    let name = concat!(stringify!($($output).+) $(, "_", $output_index, "_", stringify!($output_rest))?);
                    let output = port(&model, name).unwrap_or_else(|e| panic!("{name}: {e}"));
                    let got = BigUint::from_bytes_le(model.get_bytes(output));
                    let want = block.$($output).+$([$output_index].$output_rest)?.val().number();
                    assert!(got == want, "cycle {cycle}, {name}: Rust {want:x}, Verilog {got:x}");
                })+
                for level in [true, false] {
                    block.clock.next = Clock { clk: level };
                    settle(block.as_mut());
                    model.set_bytes(clock, &[u8::from(level)]);
                    model.eval();
                }
            }
        }
    };
}

lockstep!(fifo, Fifo<Beat64, 3, 4>, 300, in [inp.data, inp.valid, out.ready],
    out [inp.ready, out.data, out.valid, level, almost_full]);
lockstep!(frame_fifo, FrameFifo64<3, 4>, 500, in [inp.data, inp.valid, out.ready, commit, drop],
    out [inp.ready, out.data, out.valid, undecided, overflow, frames]);
lockstep!(arbiter, FrameArbiter64<3>, 300,
    in [inp[0].data, inp[0].valid, inp[1].data, inp[1].valid, inp[2].data, inp[2].valid, out.ready],
    out [inp[0].ready, inp[1].ready, inp[2].ready, out.data, out.valid, select]);
lockstep!(header_window, HeaderWindow64<192, 3>, 300, in [inp.data, inp.valid, out.ready],
    out [inp.ready, out.data, out.valid, window, window_valid, window_new, window_len]);
lockstep!(strip_64, Strip64, 1000, in [inp.data, inp.valid, out.ready, length],
    out [inp.ready, out.data, out.valid, too_short]);
lockstep!(strip_512, Strip512, 200, in [inp.data, inp.valid, out.ready, length],
    out [inp.ready, out.data, out.valid, too_short]);
lockstep!(prepend_64, Prepend64<512>, 1000,
    in [inp.data, inp.valid, header.data, header.valid, has_payload, length, out.ready],
    out [inp.ready, header.ready, out.data, out.valid]);
lockstep!(prepend_512, Prepend512<512>, 200,
    in [inp.data, inp.valid, header.data, header.valid, has_payload, length, out.ready],
    out [inp.ready, header.ready, out.data, out.valid]);
lockstep!(trim, Trim64, 500, in [inp.data, inp.valid, out.ready, last_byte],
    out [inp.ready, out.data, out.valid, too_short]);
lockstep!(narrow, Narrow64To8, 300, in [inp.data, inp.valid, out.ready], out [inp.ready, out.data, out.valid]);
lockstep!(widen, Widen8To64, 500, in [inp.data, inp.valid, out.ready], out [inp.ready, out.data, out.valid]);
lockstep!(checksum, Checksum64, 500, in [beat, taken, seed], out [sum, sum_valid]);
lockstep!(row_ring_16, RowRing16<7, 3, 32>, 500, in [write_valid, write_addr, write_data, write_keep, read_addr],
    out [read_data]);
lockstep!(ring_8, LaneRing8<7, 4, 32>, 500, in [write_valid, write_addr, write_data, write_keep, read_addr],
    out [read_data]);
