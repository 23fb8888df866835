// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Outlet`]: stores completions and sends each without a gap.
//!
//! The hard block takes a `tvalid` that falls inside of a packet for an error and nullifies the TLP (PG213, Transfer of
//! Completions), so a completion leaves when it is whole.

use rust_hdl::prelude::*;
use syncline_hdl::stream::small_fifo::SmallFifo;

use super::CcBeat;

/// Beats in store.
pub const BEATS: u64 = 32;

/// A store of [`BEATS`]. `cc_data`, `cc_keep`, `cc_user`, `cc_last` and `cc_valid` come from registers.
#[derive(LogicBlock, Default)]
pub struct Outlet {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Must have room: the store is never written when it is full.
    pub beat: Signal<In, CcBeat>,
    pub beat_valid: Signal<In, Bit>,
    /// A beat has left the store, one cycle.
    pub freed: Signal<Out, Bit>,
    /// `s_axis_cc_tdata`, `tkeep`, `tuser`, `tlast`, `tvalid` and bit 0 of `tready`.
    pub cc_data: Signal<Out, Bits<512>>,
    pub cc_keep: Signal<Out, Bits<16>>,
    pub cc_user: Signal<Out, Bits<81>>,
    pub cc_last: Signal<Out, Bit>,
    pub cc_valid: Signal<Out, Bit>,
    pub cc_ready: Signal<In, Bit>,
    beats: SmallFifo<CcBeat, 5, 6>,
    /// Whole completions in store.
    whole: DFF<Bits<6>>,
    /// Some are.
    any: DFF<Bit>,
    data: DFF<Bits<512>>,
    keep: DFF<Bits<16>>,
    last: DFF<Bit>,
    last_lane: DFF<Bits<4>>,
    first: DFF<Bit>,
    valid: DFF<Bit>,
    load: Signal<Local, Bit>,
    comes: Signal<Local, Bit>,
    goes: Signal<Local, Bit>,
    count: Signal<Local, Bits<6>>,
    behind: Signal<Local, Bits<4>>,
    sop: Signal<Local, Bits<81>>,
    eop: Signal<Local, Bits<81>>,
}

impl Logic for Outlet {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, whole, any, data, keep, last, last_lane, first, valid);
        clock!(self, clock, beats);
        self.beats.reset.next = self.reset.val();
        self.beats.inp.data.next = self.beat.val();
        self.beats.inp.valid.next = self.beat_valid.val();

        self.load.next = self.any.q.val() & (self.cc_ready.val() | !self.valid.q.val());
        self.beats.out.ready.next = self.load.val();
        self.freed.next = self.load.val();
        self.comes.next = self.beat_valid.val() & self.beat.val().last;
        self.goes.next = self.load.val() & self.beats.out.data.val().last;
        self.count.next = self.whole.q.val();
        if self.comes.val() & !self.goes.val() {
            self.count.next = self.whole.q.val() + 1;
        }
        if self.goes.val() & !self.comes.val() {
            self.count.next = self.whole.q.val() - 1;
        }
        self.whole.d.next = self.count.val();
        self.any.d.next = self.count.val().any();

        if self.cc_ready.val() | !self.valid.q.val() {
            self.valid.d.next = self.any.q.val();
        }
        self.behind.next = bits::<4>(15) - self.beats.out.data.val().last_lane;
        if self.load.val() {
            self.data.d.next = self.beats.out.data.val().data;
            self.first.d.next = self.beats.out.data.val().first;
            self.last.d.next = self.beats.out.data.val().last;
            self.keep.d.next = 0xffff.into();
            self.last_lane.d.next = 0.into();
            if self.beats.out.data.val().last {
                self.keep.d.next = bits::<16>(0xffff) >> self.behind.val();
                self.last_lane.d.next = self.beats.out.data.val().last_lane;
            }
        }

        // s_axis_cc_tuser at 512 bits (PG213): is_sop 1:0, is_sop0_ptr 3:2, is_sop1_ptr 5:4, is_eop 7:6, is_eop0_ptr 11:8 (the packet's last
        // dword), is_eop1_ptr 15:12, discontinue 16, parity 80:17. Without straddling a packet begins in lane 0 and only bit 0 of each pair is
        // used. Parity is for a hard block that is configured to check it: this is for one that is not.
        self.sop.next = bits::<81>(0).replace_bit(0, self.first.q.val());
        self.eop.next = self.sop.val().replace_bit(6, self.last.q.val());
        self.cc_user.next = self.eop.val() | (bit_cast::<81, 4>(self.last_lane.q.val()) << 8);
        self.cc_data.next = self.data.q.val();
        self.cc_keep.next = self.keep.q.val();
        self.cc_last.next = self.last.q.val();
        self.cc_valid.next = self.valid.q.val();
        if self.reset.val() {
            self.whole.d.next = 0.into();
            self.any.d.next = false;
            self.valid.d.next = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_hdl::sim::{ready, settle, tick};
    use syncline_hdl::stream::bench::{PACES, Rng, bits_of, bytes_of, clocked};

    clocked!(Outlet);

    #[test]
    fn completions_leave_whole() {
        let mut rng = Rng::new(8);
        for (gap, stall) in PACES {
            let mut uut = ready(Box::<Outlet>::default());
            let mut beats = vec![];
            let mut want = vec![];
            for _ in 0..80 {
                let dwords = 3 + rng.below(33) as usize;
                let bytes = rng.bytes(4 * dwords);
                for (i, part) in bytes.chunks(64).enumerate() {
                    let (first, last) = (i == 0, 16 * (i + 1) >= dwords);
                    let last_lane = if last { part.len() as u64 / 4 - 1 } else { rng.below(16) };
                    beats.push(CcBeat { data: bits_of(part), last_lane: last_lane.into(), first, last });
                }
                want.push(bytes);
            }
            let (mut held, mut fed, mut inside, mut cycles) = (0, 0, false, 0);
            let (mut bytes, mut got, mut offer) = (vec![], vec![], None);
            while got.len() < want.len() {
                let feed = fed < beats.len() && held < BEATS && !rng.chance(gap);
                uut.beat_valid.next = feed;
                uut.beat.next = beats.get(fed).copied().unwrap_or_default();
                uut.cc_ready.next = !rng.chance(stall);
                settle(uut.as_mut());
                fed += usize::from(feed);
                held = held + u64::from(feed) - u64::from(uut.freed.val());
                let now =
                    uut.cc_valid.val().then(|| (uut.cc_data.val(), uut.cc_keep.val(), uut.cc_user.val()));
                assert!(offer.is_none() || now == offer, "offer withdrawn or changed");
                assert!(!inside || now.is_some(), "gap inside of a completion");
                offer = now.filter(|_| !uut.cc_ready.val());
                if let Some((data, keep, user)) = now.filter(|_| uut.cc_ready.val()) {
                    let (keep, last) = (keep.to_u64(), uut.cc_last.val());
                    let lanes = keep.trailing_ones() as u64;
                    let flags =
                        u64::from(!inside) | u64::from(last) << 6 | if last { lanes - 1 } else { 0 } << 8;
                    assert_eq!(user, flags);
                    assert_eq!(keep, (1 << lanes) - 1);
                    assert!(last || lanes == 16);
                    bytes.extend(bytes_of(data, 4 * lanes as usize));
                    inside = !last;
                    if last {
                        got.push(std::mem::take(&mut bytes));
                    }
                }
                tick(uut.as_mut());
                cycles += 1;
                assert!(cycles < 5_000, "stuck");
            }
            assert!(got == want);
        }
    }
}
