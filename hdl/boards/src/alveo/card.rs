// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`AlveoCard`]: the card between the PCIe hard block and the 100G Ethernet hard block, without a vendor's part.

use rust_hdl::prelude::*;
use syncline_hdl::core::Core512;
use syncline_hdl::emit::{EmitError, emit_top};
use syncline_hdl::generate::on_a_large_stack;
use syncline_hdl::host::bar::{Bar0Out, Bar2Out};
use syncline_hdl::params::Params;
use syncline_hdl::stream::{Beat512, StreamOut};

use crate::cdc::synchroniser::Synchroniser;
use crate::cmac::port::CmacPort;
use crate::leds::Leds;
use crate::micros::Micros;
use crate::pcie::completer::Completer;

/// The core and its host on PCIe's `user_clk`; the CMAC's clock only [`CmacPort`] sees.
///
/// `CONTROL.reset` in mid-frame leaves the frame's beginning in [`CmacPort`], where the next frame joins it: a frame too many to go out
/// with a good FCS, which the peer's checks of lengths and sums refuse. The other boards' MACs drop it.
#[derive(LogicBlock)]
pub struct AlveoCard {
    /// `user_clk`, 250 MHz.
    pub clock: Signal<In, Clock>,
    /// `user_reset`: see [`Completer`].
    pub reset: Signal<In, Bit>,
    /// `m_axis_cq` and `s_axis_cc`: see [`Completer`].
    pub cq_data: Signal<In, Bits<512>>,
    pub cq_user: Signal<In, Bits<183>>,
    pub cq_last: Signal<In, Bit>,
    pub cq_valid: Signal<In, Bit>,
    pub cq_ready: Signal<Out, Bit>,
    pub np_req: Signal<Out, Bits<2>>,
    pub cc_data: Signal<Out, Bits<512>>,
    pub cc_keep: Signal<Out, Bits<16>>,
    pub cc_user: Signal<Out, Bits<81>>,
    pub cc_last: Signal<Out, Bit>,
    pub cc_valid: Signal<Out, Bit>,
    pub cc_ready: Signal<In, Bit>,
    /// The CMAC's: see [`CmacPort`].
    pub cmac_clock: Signal<In, Clock>,
    pub cmac_rx_data: Signal<In, Bits<512>>,
    pub cmac_rx_keep: Signal<In, Bits<64>>,
    pub cmac_rx_last: Signal<In, Bit>,
    pub cmac_rx_user: Signal<In, Bit>,
    pub cmac_rx_valid: Signal<In, Bit>,
    pub cmac_tx: StreamOut<Beat512>,
    /// `stat_rx_aligned`, on the CMAC's clock: all lanes are there.
    pub cmac_aligned: Signal<In, Bit>,
    /// Bit 0: there is a link. 1: blinks with frames. 2: a fault, for a second.
    pub lamps: Signal<Out, Bits<3>>,
    core: Core512,
    completer: Completer,
    port: CmacPort,
    micros: Micros,
    link: Synchroniser<Bit>,
    leds: Leds<24>,
    lit: Signal<Local, Bits<4>>,
    frame: DFF<Bit>,
    fault: DFF<Bit>,
}

impl AlveoCard {
    /// # Panics
    /// When `params` are not of the 512-bit core.
    pub fn new(params: &Params) -> Self {
        Self {
            core: Core512::new(params),
            micros: Micros::new(params.clock_hz),
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
            cmac_clock: Default::default(),
            cmac_rx_data: Default::default(),
            cmac_rx_keep: Default::default(),
            cmac_rx_last: Default::default(),
            cmac_rx_user: Default::default(),
            cmac_rx_valid: Default::default(),
            cmac_tx: Default::default(),
            cmac_aligned: Default::default(),
            lamps: Default::default(),
            completer: Default::default(),
            port: Default::default(),
            link: Default::default(),
            leds: Default::default(),
            lit: Default::default(),
            frame: Default::default(),
            fault: Default::default(),
        }
    }
}

/// The Verilog, with `alveo_card` as its top.
///
/// # Errors
/// What the printer refuses.
///
/// # Panics
/// As [`AlveoCard::new`].
pub fn verilog(params: &Params) -> Result<String, EmitError> {
    let params = *params;
    on_a_large_stack(move || emit_top(Box::new(AlveoCard::new(&params)), params.name))
}

impl Logic for AlveoCard {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, frame, fault);
        clock!(self, clock, core, completer, port, micros, link, leds);
        self.core.reset.next = self.reset.val();
        self.completer.reset.next = self.reset.val();
        self.port.reset.next = self.reset.val();
        self.leds.reset.next = self.reset.val();
        self.core.now.next = self.micros.now.val();

        self.completer.cq_data.next = self.cq_data.val();
        self.completer.cq_user.next = self.cq_user.val();
        self.completer.cq_last.next = self.cq_last.val();
        self.completer.cq_valid.next = self.cq_valid.val();
        self.cq_ready.next = self.completer.cq_ready.val();
        self.np_req.next = self.completer.np_req.val();
        self.cc_data.next = self.completer.cc_data.val();
        self.cc_keep.next = self.completer.cc_keep.val();
        self.cc_user.next = self.completer.cc_user.val();
        self.cc_last.next = self.completer.cc_last.val();
        self.cc_valid.next = self.completer.cc_valid.val();
        self.completer.cc_ready.next = self.cc_ready.val();
        Bar0Out::join(&mut self.completer.bar0, &mut self.core.bar0);
        Bar2Out::<Bits<512>, Bits<64>>::join(&mut self.completer.bar2, &mut self.core.bar2);

        self.port.cmac_clock.next = self.cmac_clock.val();
        self.port.cmac_rx_data.next = self.cmac_rx_data.val();
        self.port.cmac_rx_keep.next = self.cmac_rx_keep.val();
        self.port.cmac_rx_last.next = self.cmac_rx_last.val();
        self.port.cmac_rx_user.next = self.cmac_rx_user.val();
        self.port.cmac_rx_valid.next = self.cmac_rx_valid.val();
        StreamOut::<Beat512>::link(&mut self.cmac_tx, &mut self.port.cmac_tx);
        StreamOut::<Beat512>::join(&mut self.port.rx, &mut self.core.rx);
        StreamOut::<Beat512>::join(&mut self.core.tx, &mut self.port.tx);
        self.link.d.next = self.cmac_aligned.val();
        self.core.link.next = self.link.q.val();

        self.frame.d.next = (self.core.rx.valid.val() & self.core.rx.data.val().last)
            | (self.core.tx.valid.val() & self.core.tx.data.val().last);
        self.fault.d.next = self.port.stat_overflow.val()
            | self.port.stat_bad.val()
            | self.port.stat_too_long.val()
            | self.completer.dropped.val()
            | self.completer.discontinued.val()
            | self.completer.refused.val()
            | self.completer.partial.val();
        self.leds.link.next = self.link.q.val();
        self.leds.frame.next = self.frame.q.val();
        self.leds.fault.next = self.fault.q.val();
        self.leds.state_valid.next = false;
        self.leds.state_flow.next = 0.into();
        self.leds.state.next = 0.into();
        self.lit.next = self.leds.lamps.val();
        self.lamps.next = bit_cast::<3, 2>(self.lit.val().get_bits::<2>(0))
            | (bit_cast::<3, 1>(self.lit.val().get_bits::<1>(3)) << 2);
    }
}
