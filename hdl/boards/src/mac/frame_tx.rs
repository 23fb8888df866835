// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`FrameTx`]: preamble, padding, FCS and gap around a frame to be sent.

use rust_hdl::prelude::*;
use syncline_hdl::stream::{Beat8, StreamIn};

use super::crc32::Crc32;

/// What is on the wire.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum Sending {
    /// Nothing; a frame may begin.
    Idle,
    Preamble,
    /// The start frame delimiter.
    Delimiter,
    Data,
    /// Zeros up to the least frame.
    Pad,
    /// The frame check sequence.
    Fcs,
    /// The gap between frames.
    Gap,
}

/// On the PHY's transmit clock; a byte at each `advance`.
///
/// Once a frame has begun its bytes must follow: `inp.valid` low within a frame is an underflow, which spoils the frame's FCS so that
/// nobody takes it for good.
#[derive(LogicBlock)]
pub struct FrameTx {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// The PHY takes the next byte.
    pub advance: Signal<In, Bit>,
    /// Frames without padding and FCS. A byte is taken with `advance` alone.
    pub inp: StreamIn<Beat8>,
    /// From registers, until the next `advance`.
    pub active: Signal<Out, Bit>,
    pub octet: Signal<Out, Bits<8>>,
    /// Pulse: an underflow.
    pub stat_underflow: Signal<Out, Bit>,
    state: DFF<Sending>,
    count: DFF<Bits<6>>,
    broken: DFF<Bit>,
    /// The byte on its way to the second step, and what it is: nothing, one that the FCS covers, one of the FCS itself.
    chosen: DFF<Bits<8>>,
    something: DFF<Bit>,
    covered: DFF<Bit>,
    check: DFF<Bit>,
    crc: DFF<Bits<32>>,
    active_reg: DFF<Bit>,
    byte_reg: DFF<Bits<8>>,
    next_crc: Crc32,
    fcs: Signal<Local, Bits<8>>,
    enough: Signal<Local, Bit>,
    ones: Constant<Bits<32>>,
}

impl Default for FrameTx {
    fn default() -> Self {
        Self {
            ones: Constant::new(0xffff_ffff_u64.into()),
            clock: Default::default(),
            reset: Default::default(),
            advance: Default::default(),
            inp: Default::default(),
            active: Default::default(),
            octet: Default::default(),
            stat_underflow: Default::default(),
            state: Default::default(),
            count: Default::default(),
            broken: Default::default(),
            chosen: Default::default(),
            something: Default::default(),
            covered: Default::default(),
            check: Default::default(),
            crc: Default::default(),
            active_reg: Default::default(),
            byte_reg: Default::default(),
            next_crc: Default::default(),
            fcs: Default::default(),
            enough: Default::default(),
        }
    }
}

impl Logic for FrameTx {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, state, count, broken, chosen, something, covered, check, crc, active_reg, byte_reg
        );
        self.active.next = self.active_reg.q.val();
        self.octet.next = self.byte_reg.q.val();
        self.inp.ready.next = false;
        self.stat_underflow.next = false;
        // 60 bytes, and the four of the FCS, with the one of this cycle.
        self.enough.next = self.count.q.val() >= 59;

        // The first step chooses the byte.
        if self.advance.val() {
            self.something.d.next = true;
            self.covered.d.next = false;
            self.check.d.next = false;
            self.chosen.d.next = 0x55.into();
            self.count.d.next = self.count.q.val() + 1;
            match self.state.q.val() {
                Sending::Idle => {
                    self.something.d.next = false;
                    self.count.d.next = 0.into();
                    self.broken.d.next = false;
                    if self.inp.valid.val() {
                        self.state.d.next = Sending::Preamble;
                    }
                }
                Sending::Preamble => {
                    if self.count.q.val() == 6 {
                        self.state.d.next = Sending::Delimiter;
                    }
                }
                Sending::Delimiter => {
                    self.chosen.d.next = 0xd5.into();
                    self.count.d.next = 0.into();
                    self.state.d.next = Sending::Data;
                }
                Sending::Data => {
                    self.inp.ready.next = true;
                    self.chosen.d.next = self.inp.data.val().data;
                    self.covered.d.next = true;
                    if self.enough.val() {
                        self.count.d.next = self.count.q.val();
                    }
                    if self.inp.valid.val() {
                        if self.inp.data.val().last {
                            self.state.d.next = Sending::Pad;
                            if self.enough.val() {
                                self.state.d.next = Sending::Fcs;
                                self.count.d.next = 0.into();
                            }
                        }
                    } else {
                        self.broken.d.next = true;
                        self.stat_underflow.next = !self.broken.q.val();
                    }
                }
                Sending::Pad => {
                    self.chosen.d.next = 0.into();
                    self.covered.d.next = true;
                    if self.enough.val() {
                        self.state.d.next = Sending::Fcs;
                        self.count.d.next = 0.into();
                    }
                }
                Sending::Fcs => {
                    self.check.d.next = true;
                    if self.count.q.val() == 3 {
                        self.state.d.next = Sending::Gap;
                        self.count.d.next = 0.into();
                    }
                }
                // Twelve bytes, the one in which the next frame is seen to wait included.
                _ => {
                    self.something.d.next = false;
                    if self.count.q.val() == 10 {
                        self.state.d.next = Sending::Idle;
                    }
                }
            }
        }

        // The second one sums it up, or puts the sum in its place. `broken` lasts until the gap is over.
        self.next_crc.crc.next = self.crc.q.val();
        self.next_crc.octet.next = self.chosen.q.val();
        // A frame that went wrong gets the FCS without its complement.
        self.fcs.next = !self.crc.q.val().get_bits::<8>(0);
        if self.broken.q.val() {
            self.fcs.next = self.crc.q.val().get_bits::<8>(0);
        }
        if self.advance.val() {
            self.active_reg.d.next = self.something.q.val();
            self.byte_reg.d.next = self.chosen.q.val();
            self.crc.d.next = self.ones.val();
            if self.covered.q.val() {
                self.crc.d.next = self.next_crc.after.val();
            }
            if self.check.q.val() {
                self.byte_reg.d.next = self.fcs.val();
                self.crc.d.next = self.crc.q.val() >> 8;
            }
        }
        if self.reset.val() {
            self.state.d.next = Sending::Idle;
            self.something.d.next = false;
            self.active_reg.d.next = false;
        }
    }
}
