// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`MiiRx`]: the receive side of the MII (IEEE 802.3, clause 22.2): nibbles become bytes behind the start frame delimiter.

use rust_hdl::prelude::*;

/// Where in a carrier event we are.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum Hearing {
    /// No carrier.
    Silence,
    /// Before the start frame delimiter.
    Preamble,
    /// The low nibble of a byte comes next.
    Low,
    /// The high nibble of a byte comes next.
    High,
    /// No frame (a false carrier): waits for the end of it.
    Noise,
}

/// On `RX_CLK`. The pins go through a register first. A nibble too many at the end is ignored: the FCS tells whether a byte is missing.
#[derive(LogicBlock, Default)]
pub struct MiiRx {
    /// `RX_CLK`.
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// `RXD`, `RX_DV`, `RX_ER`.
    pub rxd: Signal<In, Bits<4>>,
    pub rx_dv: Signal<In, Bit>,
    pub rx_er: Signal<In, Bit>,
    /// To [`FrameRx`](super::frame_rx::FrameRx).
    pub byte_valid: Signal<Out, Bit>,
    pub octet: Signal<Out, Bits<8>>,
    pub ends: Signal<Out, Bit>,
    pub error: Signal<Out, Bit>,
    nibble: DFF<Bits<4>>,
    valid: DFF<Bit>,
    bad: DFF<Bit>,
    state: DFF<Hearing>,
    low: DFF<Bits<4>>,
    in_frame: Signal<Local, Bit>,
}

impl Logic for MiiRx {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, nibble, valid, bad, state, low);
        self.nibble.d.next = self.rxd.val();
        self.valid.d.next = self.rx_dv.val();
        self.bad.d.next = self.rx_er.val();
        self.low.d.next = self.nibble.q.val();
        self.in_frame.next = (self.state.q.val() == Hearing::Low) | (self.state.q.val() == Hearing::High);
        self.octet.next = (bit_cast::<8, 4>(self.nibble.q.val()) << 4) | bit_cast::<8, 4>(self.low.q.val());
        self.byte_valid.next = self.valid.q.val() & (self.state.q.val() == Hearing::High);
        self.ends.next = !self.valid.q.val() & self.in_frame.val();
        self.error.next = self.valid.q.val() & self.bad.q.val() & self.in_frame.val();
        if self.valid.q.val() {
            match self.state.q.val() {
                Hearing::Silence => {
                    self.state.d.next = Hearing::Noise;
                    if self.nibble.q.val() == 5 {
                        self.state.d.next = Hearing::Preamble;
                    }
                }
                Hearing::Preamble => {
                    // The low nibble of the delimiter, 0xd5, looks like the preamble's.
                    if self.nibble.q.val() == 0xd {
                        self.state.d.next = Hearing::Low;
                    } else if self.nibble.q.val() != 5 {
                        self.state.d.next = Hearing::Noise;
                    }
                }
                Hearing::Low => self.state.d.next = Hearing::High,
                Hearing::High => self.state.d.next = Hearing::Low,
                _ => {}
            }
        } else {
            self.state.d.next = Hearing::Silence;
        }
        if self.reset.val() {
            self.state.d.next = Hearing::Noise;
            self.valid.d.next = true; // what is under way is not a frame's beginning
        }
    }
}
