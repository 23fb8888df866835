// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every block of `stream` and `memory` is printed, linted and read by the synthesis tool.

use rust_hdl::prelude::*;

use super::arbiter::{FrameArbiter64, FrameArbiter512, RecordArbiter};
use super::fifo::Fifo;
use super::frame_fifo::{FrameFifo64, FrameFifo512};
use super::header_window::{HeaderWindow64, HeaderWindow512};
use super::one_fifo::OneFifo;
use super::prepend::{Prepend64, Prepend512};
use super::skid::{Skid, Stage};
use super::small_fifo::SmallFifo;
use super::strip::{Strip64, Strip512};
use super::trim::{Trim64, Trim512};
use super::width::{Narrow64To8, Widen8To64};
use super::{Beat64, Beat512};
use crate::emit::bench::{lint_and_synthesise, print};
use crate::memory::checksum::{Checksum64, Checksum512};
use crate::memory::lane_ring::{LaneRing8, LaneRing64};
use crate::memory::row_ring::RowRing16;

#[test]
fn blocks_lint_and_synthesise() {
    let designs = [
        print::<Skid<Beat64>>("skid"),
        print::<Stage<Beat64>>("stage"),
        print::<SmallFifo<Beat64, 4, 5>>("small_fifo"),
        print::<OneFifo<Beat64, 5>>("one_fifo"),
        print::<Fifo<Beat64, 9, 10>>("fifo"),
        print::<Fifo<Beat512, 9, 10>>("fifo_wide"),
        print::<FrameArbiter64<2>>("arbiter2"),
        print::<FrameArbiter64<3>>("arbiter3"),
        print::<FrameArbiter64<4>>("arbiter4"),
        print::<FrameArbiter512<2>>("arbiter_512"),
        print::<RecordArbiter<Bits<40>, 5>>("record_arbiter"),
        print::<FrameFifo64<9, 10>>("frame_fifo_64"),
        print::<FrameFifo512<9, 10>>("frame_fifo_512"),
        print::<Narrow64To8>("narrow_64_8"),
        print::<Widen8To64>("widen_8_64"),
        print::<HeaderWindow64<512, 8>>("window_64"),
        print::<HeaderWindow64<64, 1>>("window_64_one"),
        print::<HeaderWindow512<480>>("window_512"),
        print::<Strip64>("strip_64"),
        print::<Strip512>("strip_512"),
        print::<Strip64<true>>("strip_fixed_64"),
        print::<Prepend64<112>>("prepend_64"),
        print::<Prepend512<512>>("prepend_512"),
        print::<Trim64>("trim_64"),
        print::<Trim512>("trim_512"),
        print::<Checksum64>("checksum_64"),
        print::<Checksum512>("checksum_512"),
        print::<LaneRing8<16, 13, 4096>>("ring_8"),
        print::<RowRing16<16, 12, 4096>>("row_ring_16"),
        print::<LaneRing64<20, 14, 16384>>("ring_64"),
    ];
    lint_and_synthesise(&designs);
}
