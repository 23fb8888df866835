// SPDX-License-Identifier: MIT OR Apache-2.0
//! RFC 6298: what the round-trip estimate becomes if this event ends a measurement.

use rust_hdl::prelude::*;

/// The estimator (3 cycles, one event a cycle). It starts with what `differences` has found and is ready when the ACK has
/// been judged; `congestion` decides whether its results count, and keeps the RTO within its limits.
#[derive(LogicBlock, Default)]
pub struct Rtt {
    /// Clock.
    pub clock: Signal<In, Clock>,
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
    /// New RTO without its limits, us.
    pub estimate: Signal<Out, Bits<32>>,
    // 1: SRTT minus the sample, and three quarters of the variation.
    over: Signal<Local, Bit>,
    sample: Signal<Local, Bits<32>>,
    first1: DFF<Bit>,
    early1: DFF<Bits<32>>,
    rest1: DFF<Bits<32>>,
    srtt1: DFF<Bits<32>>,
    // 2: the new estimates.
    step: Signal<Local, Bits<32>>,
    twice: Signal<Local, Bits<32>>,
    size: Signal<Local, Bits<32>>,
    size_x2: Signal<Local, Bits<33>>,
    size_x2_1: Signal<Local, Bits<33>>,
    rest_x2: Signal<Local, Bits<33>>,
    rttvar_x2: Signal<Local, Bits<33>>,
    srtt2: DFF<Bits<32>>,
    rttvar2: DFF<Bits<32>>,
    // 3: their sum.
    srtt3: DFF<Bits<32>>,
    rttvar3: DFF<Bits<32>>,
    estimate3: DFF<Bits<32>>,
    spread: Signal<Local, Bits<32>>,
}

impl Logic for Rtt {
    crate::module_name!();
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, first1, early1, rest1, srtt1, srtt2, rttvar2, srtt3, rttvar3, estimate3);

        // 2^26 us, 67 s, at most: a greater one means nothing.
        self.over.next = self.measured.val().get_bits::<6>(26).any();
        self.sample.next = self.measured.val();
        if self.over.val() {
            self.sample.next = 0x0400_0000.into();
        }
        self.first1.d.next = (self.srtt.val() == 0) & (self.rttvar.val() == 0);
        self.early1.d.next = (self.srtt.val() >> 3) - self.sample.val();
        self.rest1.d.next = self.rttvar.val() - (self.rttvar.val() >> 2);
        self.srtt1.d.next = self.srtt.val();

        // The first measurement finds zeros: srtt = 8 R, rttvar = 4 R/2.
        self.step.next = self.early1.q.val();
        self.twice.next = self.early1.q.val();
        if self.first1.q.val() {
            self.step.next = self.early1.q.val() << 3;
            self.twice.next = self.early1.q.val() << 1;
        }
        self.srtt2.d.next = self.srtt1.q.val() - self.step.val();
        self.size.next = self.twice.val();
        if self.early1.q.val().get_bit(31) {
            self.size.next = !self.twice.val(); // and 1 more, carried in below the lowest bit
        }
        self.size_x2.next = bit_cast::<33, 32>(self.size.val()) << 1;
        self.size_x2_1.next = self.size_x2.val().replace_bit(0, self.early1.q.val().get_bit(31));
        self.rest_x2.next = (bit_cast::<33, 32>(self.rest1.q.val()) << 1) | 1;
        self.rttvar_x2.next = self.rest_x2.val() + self.size_x2_1.val();
        self.rttvar2.d.next = self.rttvar_x2.val().get_bits::<32>(1);

        self.spread.next = self.rttvar2.q.val();
        // G = 1 ms: 1000 is 0b11_1110_1000. A comparison of the bits, because a sum follows.
        if !self.rttvar2.q.val().get_bits::<22>(10).any()
            & !(self.rttvar2.q.val().get_bits::<5>(5).all() & self.rttvar2.q.val().get_bits::<2>(3).any())
        {
            self.spread.next = 1000.into();
        }
        self.estimate3.d.next = (self.srtt2.q.val() >> 3) + self.spread.val();
        self.srtt3.d.next = self.srtt2.q.val();
        self.rttvar3.d.next = self.rttvar2.q.val();

        self.new_srtt.next = self.srtt3.q.val();
        self.new_rttvar.next = self.rttvar3.q.val();
        self.estimate.next = self.estimate3.q.val();
    }
}
