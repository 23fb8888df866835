// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`GmiiRx`]: the receive side of the GMII (IEEE 802.3, clause 35.2), as an RGMII carries it: a byte a cycle.

use rust_hdl::prelude::*;

/// Where in a carrier event we are.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum Hearing {
    /// No carrier.
    Silence,
    /// Before the start frame delimiter.
    Preamble,
    /// Within the frame.
    Body,
    /// No frame (a false carrier): waits for the end of it.
    Noise,
}

/// On `RXC` at 125 MHz: 1000 Mbit/s and nothing else, as at the lower rates an RGMII carries a nibble a cycle. The pins go through a register
/// first.
#[derive(LogicBlock, Default)]
pub struct GmiiRx {
    /// `RXC`.
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// `RD` of the rising edge in the low nibble and of the falling edge in the high one.
    pub rxd: Signal<In, Bits<8>>,
    /// `RX_CTL` of the rising edge, which is `RX_DV`, ...
    pub rx_dv: Signal<In, Bit>,
    /// ... and of the falling edge, which is `RX_DV` xor `RX_ER` (RGMII 2.0, 3.4).
    pub rx_dv_xor_er: Signal<In, Bit>,
    /// To [`FrameRx`](super::frame_rx::FrameRx); all from registers.
    pub byte_valid: Signal<Out, Bit>,
    pub octet: Signal<Out, Bits<8>>,
    pub ends: Signal<Out, Bit>,
    pub error: Signal<Out, Bit>,
    byte: DFF<Bits<8>>,
    valid: DFF<Bit>,
    bad: DFF<Bit>,
    state: DFF<Hearing>,
    body: DFF<Bits<8>>,
    in_body: DFF<Bit>,
    over: DFF<Bit>,
    spoilt: DFF<Bit>,
    in_frame: Signal<Local, Bit>,
}

impl Logic for GmiiRx {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, byte, valid, bad, state, body, in_body, over, spoilt);
        self.byte.d.next = self.rxd.val();
        self.valid.d.next = self.rx_dv.val();
        self.bad.d.next = self.rx_dv.val() ^ self.rx_dv_xor_er.val();
        self.in_frame.next = self.state.q.val() == Hearing::Body;
        self.body.d.next = self.byte.q.val();
        self.in_body.d.next = self.valid.q.val() & self.in_frame.val();
        self.over.d.next = !self.valid.q.val() & self.in_frame.val();
        self.spoilt.d.next = self.valid.q.val() & self.bad.q.val() & self.in_frame.val();
        self.octet.next = self.body.q.val();
        self.byte_valid.next = self.in_body.q.val();
        self.ends.next = self.over.q.val();
        self.error.next = self.spoilt.q.val();
        if self.valid.q.val() {
            match self.state.q.val() {
                Hearing::Silence => {
                    self.state.d.next = Hearing::Noise;
                    // A PHY may have lost all of the preamble (35.2.3.2.2).
                    if self.byte.q.val() == 0x55 {
                        self.state.d.next = Hearing::Preamble;
                    } else if self.byte.q.val() == 0xd5 {
                        self.state.d.next = Hearing::Body;
                    }
                }
                Hearing::Preamble => {
                    if self.byte.q.val() == 0xd5 {
                        self.state.d.next = Hearing::Body;
                    } else if self.byte.q.val() != 0x55 {
                        self.state.d.next = Hearing::Noise;
                    }
                }
                _ => {}
            }
        } else {
            self.state.d.next = Hearing::Silence;
        }
        if self.reset.val() {
            self.state.d.next = Hearing::Noise;
            self.valid.d.next = true; // what is under way is not a frame's beginning
            self.in_body.d.next = false;
            self.over.d.next = false;
            self.spoilt.d.next = false;
        }
    }
}
