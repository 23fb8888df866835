// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Completer`]: the blocks of [`super`] together.

use rust_hdl::prelude::*;
use syncline_hdl::host::bar::{Bar0Out, Bar2Out};
use syncline_hdl::host::window;
use syncline_hdl::stream::StreamOut;
use syncline_hdl::stream::small_fifo::SmallFifo;

use super::builder::Builder;
use super::dispatch::{Dispatch, PLACES};
use super::intake::Intake;
use super::outlet::Outlet;
use super::reader::Reader;
use super::registers::RegisterPort;
use super::write::WritePath;
use super::{CqBeat, Header, Request, WriteBeat};

/// Between the hard block's completer streams and the ports of the 512-bit core, all in one clock (the hard block's `user_clk`).
///
/// `reset` is to be the hard block's `user_reset`, so that the credits for non-posted requests begin anew on both sides. It must
/// last longer than a window read: an answer that comes later would be taken for that of another one.
#[derive(LogicBlock)]
pub struct Completer {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,

    /// `m_axis_cq`, without `tkeep`.
    pub cq_data: Signal<In, Bits<512>>,
    pub cq_user: Signal<In, Bits<183>>,
    pub cq_last: Signal<In, Bit>,
    pub cq_valid: Signal<In, Bit>,
    pub cq_ready: Signal<Out, Bit>,
    /// `pcie_cq_np_req`.
    pub np_req: Signal<Out, Bits<2>>,
    /// `s_axis_cc`; `cc_ready` is bit 0 of `tready`.
    pub cc_data: Signal<Out, Bits<512>>,
    pub cc_keep: Signal<Out, Bits<16>>,
    pub cc_user: Signal<Out, Bits<81>>,
    pub cc_last: Signal<Out, Bit>,
    pub cc_valid: Signal<Out, Bit>,
    pub cc_ready: Signal<In, Bit>,

    /// The core's ports (`docs/design.md`, section 4).
    pub bar0: Bar0Out,
    pub bar2: Bar2Out<Bits<512>, Bits<64>>,

    /// For counters, one cycle each: a posted request that is not supported, or a message.
    pub dropped: Signal<Out, Bit>,
    /// A request whose payload was not good.
    pub discontinued: Signal<Out, Bit>,
    /// A request was answered with status UR.
    pub refused: Signal<Out, Bit>,
    /// A write to BAR0 left out a register, because it did not enable all four bytes.
    pub partial: Signal<Out, Bit>,

    intake: Intake,
    dispatch: Dispatch,
    write: WritePath,
    registers: RegisterPort,
    queue: SmallFifo<Request, 4, 5>,
    reader: Reader,
    headers: SmallFifo<Header, 4, 5>,
    builder: Builder,
    outlet: Outlet,
}

impl Completer {
    /// Sizes in bytes that the hard block's BAR0 and BAR2 are configured with.
    ///
    /// # Panics
    /// See [`Dispatch::new`].
    pub fn new(bar0_bytes: u32, bar2_bytes: u32) -> Self {
        assert_eq!(PLACES, 1 << 4, "completer: the queue has not the places that are promised");
        Self {
            clock: Default::default(),
            reset: Default::default(),
            cq_data: Default::default(),
            cq_user: Default::default(),
            cq_last: Default::default(),
            cq_valid: Default::default(),
            cq_ready: Default::default(),
            np_req: Default::default(),
            cc_data: Default::default(),
            cc_keep: Default::default(),
            cc_user: Default::default(),
            cc_last: Default::default(),
            cc_valid: Default::default(),
            cc_ready: Default::default(),
            bar0: Default::default(),
            bar2: Default::default(),
            dropped: Default::default(),
            discontinued: Default::default(),
            refused: Default::default(),
            partial: Default::default(),
            intake: Default::default(),
            write: Default::default(),
            registers: Default::default(),
            queue: Default::default(),
            reader: Default::default(),
            headers: Default::default(),
            builder: Default::default(),
            outlet: Default::default(),
            dispatch: Dispatch::new(bar0_bytes, bar2_bytes),
        }
    }
}

/// The sizes of the core's BARs.
impl Default for Completer {
    fn default() -> Self {
        Self::new(syncline_regs::BAR0_BYTES, window::BYTES)
    }
}

impl Logic for Completer {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, intake, dispatch, write, registers, queue, reader, headers, builder, outlet);
        self.intake.reset.next = self.reset.val();
        self.dispatch.reset.next = self.reset.val();
        self.write.reset.next = self.reset.val();
        self.registers.reset.next = self.reset.val();
        self.queue.reset.next = self.reset.val();
        self.reader.reset.next = self.reset.val();
        self.headers.reset.next = self.reset.val();
        self.builder.reset.next = self.reset.val();
        self.outlet.reset.next = self.reset.val();

        self.intake.cq_data.next = self.cq_data.val();
        self.intake.cq_user.next = self.cq_user.val();
        self.intake.cq_last.next = self.cq_last.val();
        self.intake.cq_valid.next = self.cq_valid.val();
        self.cq_ready.next = self.intake.cq_ready.val();
        StreamOut::<CqBeat>::join(&mut self.intake.out, &mut self.dispatch.inp);
        self.dispatch.bad.next = self.intake.bad.val();
        self.np_req.next = self.dispatch.np_req.val();
        self.dropped.next = self.dispatch.dropped.val();
        self.discontinued.next = self.dispatch.discontinued.val();

        StreamOut::<WriteBeat>::join(&mut self.dispatch.write, &mut self.write.inp);
        self.dispatch.write_idle.next = self.write.idle.val();
        self.bar2.waddr.next = bit_cast::<24, 18>(self.write.line.val()) << 6;
        self.bar2.wdata.next = self.write.data.val();
        self.bar2.wstrb.next = self.write.strobes.val();
        self.bar2.wvalid.next = self.write.window_valid.val();

        self.registers.write_valid.next = self.write.register_valid.val();
        self.registers.write_line.next = self.write.line.val().get_bits::<14>(0);
        self.registers.write_data.next = self.write.data.val();
        self.registers.write_strobes.next = self.write.strobes.val();
        self.write.register_done.next = self.registers.write_done.val();
        self.registers.read_valid.next = self.reader.register_valid.val();
        self.registers.read_line.next = self.reader.register_line.val();
        self.registers.read_lanes.next = self.reader.register_lanes.val();
        self.reader.register_data.next = self.registers.read_data.val();
        self.reader.register_done.next = self.registers.read_done.val();
        self.partial.next = self.registers.partial.val();
        Bar0Out::link(&mut self.bar0, &mut self.registers.bar0);

        StreamOut::<Request>::join(&mut self.dispatch.queue, &mut self.queue.inp);
        StreamOut::<Request>::join(&mut self.queue.out, &mut self.reader.queue);
        self.dispatch.freed.next = self.reader.freed.val();
        self.refused.next = self.reader.refused.val();
        self.bar2.raddr.next = self.reader.bar2_raddr.val();
        self.bar2.rvalid.next = self.reader.bar2_rvalid.val();
        self.reader.bar2_rdata.next = self.bar2.rdata.val();
        self.reader.bar2_rdone.next = self.bar2.rdone.val();

        StreamOut::<Header>::join(&mut self.reader.header, &mut self.headers.inp);
        StreamOut::<Header>::join(&mut self.headers.out, &mut self.builder.header);
        self.builder.line.next = self.reader.line.val();
        self.builder.line_valid.next = self.reader.line_valid.val();
        self.outlet.beat.next = self.builder.beat.val();
        self.outlet.beat_valid.next = self.builder.beat_valid.val();
        self.reader.beat_freed.next = self.outlet.freed.val();
        self.cc_data.next = self.outlet.cc_data.val();
        self.cc_keep.next = self.outlet.cc_keep.val();
        self.cc_user.next = self.outlet.cc_user.val();
        self.cc_last.next = self.outlet.cc_last.val();
        self.cc_valid.next = self.outlet.cc_valid.val();
        self.outlet.cc_ready.next = self.cc_ready.val();
    }
}
