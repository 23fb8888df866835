// SPDX-License-Identifier: MIT OR Apache-2.0
//! RFC 6298: what the round-trip estimate becomes if this event ends a measurement.

use crate::types::Config;
use rust_hdl::prelude::*;

/// The estimator (5 cycles, one event a cycle). It starts with what `differences` has found and is ready when the ACK has
/// been judged; whether its results count is decided there.
#[derive(LogicBlock, Default)]
pub struct Rtt {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// The limits of the RTO.
    pub cfg: Signal<In, Config>,
    /// The measured round trip, us.
    pub measured: Signal<In, Bits<32>>,
    /// SRTT so far, 1/8 us.
    pub srtt: Signal<In, Bits<32>>,
    /// RTTVAR so far, 1/4 us.
    pub rttvar: Signal<In, Bits<32>>,
    /// New SRTT.
    pub new_srtt: Signal<Out, Bits<32>>,
    /// New RTTVAR.
    pub new_rttvar: Signal<Out, Bits<32>>,
    /// New RTO, us.
    pub new_rto: Signal<Out, Bits<32>>,
    sample: Signal<Local, Bits<32>>,
    // 1: the error, and three quarters of the variation.
    first1: DFF<Bit>,
    error1: DFF<Bits<32>>,
    rest1: DFF<Bits<32>>,
    srtt1: DFF<Bits<32>>,
    // 2: the new estimates.
    srtt_step: Signal<Local, Bits<32>>,
    rttvar_step: Signal<Local, Bits<32>>,
    step_x2: Signal<Local, Bits<33>>,
    step_x2_1: Signal<Local, Bits<33>>,
    rest_x2: Signal<Local, Bits<33>>,
    rttvar_x2: Signal<Local, Bits<33>>,
    srtt2: DFF<Bits<32>>,
    rttvar2: DFF<Bits<32>>,
    // 3: their sum.
    srtt3: DFF<Bits<32>>,
    rttvar3: DFF<Bits<32>>,
    rto3: DFF<Bits<32>>,
    spread: Signal<Local, Bits<32>>,
    // 4 and 5: the limits.
    srtt4: DFF<Bits<32>>,
    rttvar4: DFF<Bits<32>>,
    rto4: DFF<Bits<32>>,
    less4: DFF<Bit>,
    over4: DFF<Bit>,
    srtt5: DFF<Bits<32>>,
    rttvar5: DFF<Bits<32>>,
    rto5: DFF<Bits<32>>,
}

impl Logic for Rtt {
    crate::module_name!();
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, first1, error1, rest1, srtt1, srtt2, rttvar2);
        dff_setup!(
            self, clock, srtt3, rttvar3, rto3, srtt4, rttvar4, rto4, less4, over4, srtt5, rttvar5, rto5
        );

        self.sample.next = self.measured.val();
        if self.measured.val() > 0x0400_0000 {
            self.sample.next = 0x0400_0000.into(); // 67 s: a greater one means nothing
        }
        self.first1.d.next = (self.srtt.val() == 0) & (self.rttvar.val() == 0);
        self.error1.d.next = self.sample.val() - (self.srtt.val() >> 3);
        self.rest1.d.next = self.rttvar.val() - (self.rttvar.val() >> 2);
        self.srtt1.d.next = self.srtt.val();

        // The first measurement finds zeros: srtt = 8 R, rttvar = 4 R/2.
        self.srtt_step.next = self.error1.q.val();
        self.rttvar_step.next = self.error1.q.val();
        if self.error1.q.val().get_bit(31) {
            self.rttvar_step.next = !self.error1.q.val(); // and 1 more
        }
        if self.first1.q.val() {
            self.srtt_step.next = self.error1.q.val() << 3;
            self.rttvar_step.next = self.error1.q.val() << 1;
        }
        self.srtt2.d.next = self.srtt1.q.val() + self.srtt_step.val();
        // The 1 is carried in below the lowest bit.
        self.step_x2.next = bit_cast::<33, 32>(self.rttvar_step.val()) << 1;
        self.step_x2_1.next = self.step_x2.val().replace_bit(0, self.error1.q.val().get_bit(31));
        self.rest_x2.next = (bit_cast::<33, 32>(self.rest1.q.val()) << 1) | 1;
        self.rttvar_x2.next = self.rest_x2.val() + self.step_x2_1.val();
        self.rttvar2.d.next = self.rttvar_x2.val().get_bits::<32>(1);

        self.spread.next = self.rttvar2.q.val();
        if self.rttvar2.q.val() < 1000 {
            self.spread.next = 1000.into(); // G = 1 ms
        }
        self.rto3.d.next = (self.srtt2.q.val() >> 3) + self.spread.val();
        self.srtt3.d.next = self.srtt2.q.val();
        self.rttvar3.d.next = self.rttvar2.q.val();

        self.rto4.d.next = self.rto3.q.val();
        self.less4.d.next = self.rto3.q.val() < self.cfg.val().rto_min;
        self.over4.d.next = self.cfg.val().rto_max < self.rto3.q.val();
        self.srtt4.d.next = self.srtt3.q.val();
        self.rttvar4.d.next = self.rttvar3.q.val();

        self.rto5.d.next = self.rto4.q.val();
        if self.less4.q.val() {
            self.rto5.d.next = self.cfg.val().rto_min;
        }
        if self.over4.q.val() {
            self.rto5.d.next = self.cfg.val().rto_max;
        }
        self.srtt5.d.next = self.srtt4.q.val();
        self.rttvar5.d.next = self.rttvar4.q.val();

        self.new_srtt.next = self.srtt5.q.val();
        self.new_rttvar.next = self.rttvar5.q.val();
        self.new_rto.next = self.rto5.q.val();
    }
}
