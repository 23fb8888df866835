// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`FrameRx`]: checks a received frame and takes its FCS off.

use rust_hdl::prelude::*;

use super::RxByte;
use super::crc32::{Crc32, RESIDUE};

/// On the PHY's receive clock. A byte comes out when the fifth behind it has come in, the last one when the frame has ended.
///
/// A frame of fewer than five bytes leaves no trace but `stat_fragment`.
#[derive(LogicBlock)]
pub struct FrameRx {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// A byte behind the start frame delimiter.
    pub byte_valid: Signal<In, Bit>,
    pub octet: Signal<In, Bits<8>>,
    /// Pulse, not with a byte: the frame has ended.
    pub ends: Signal<In, Bit>,
    /// The PHY reports an error; looked at in every cycle of the frame.
    pub error: Signal<In, Bit>,
    /// `out` is valid for this cycle; nobody can hold it back.
    pub out_valid: Signal<Out, Bit>,
    pub out: Signal<Out, RxByte>,
    /// Pulse: a frame too short to be told.
    pub stat_fragment: Signal<Out, Bit>,
    held: [DFF<Bits<8>>; 5],
    count: DFF<Bits<3>>,
    length: DFF<Bits<14>>,
    crc: DFF<Bits<32>>,
    broken: DFF<Bit>,
    next_crc: Crc32,
    full: Signal<Local, Bit>,
    wrong_fcs: Signal<Local, Bit>,
    wrong_length: Signal<Local, Bit>,
    wrong: [Signal<Local, Bits<3>>; 4],
    item: DFF<RxByte>,
    item_valid: DFF<Bit>,
    fragment: DFF<Bit>,
    ones: Constant<Bits<32>>,
    residue: Constant<Bits<32>>,
    least: Constant<Bits<14>>,
    most: Constant<Bits<14>>,
}

impl FrameRx {
    /// `longest` is the longest frame that is good, FCS included: 1,518, or 1,522 with a VLAN tag.
    ///
    /// # Panics
    /// When that is no frame length.
    pub fn new(longest: u64) -> Self {
        assert!((64..0x3fff).contains(&longest), "FrameRx: no frames of {longest} bytes");
        Self {
            ones: Constant::new(0xffff_ffff_u64.into()),
            residue: Constant::new(RESIDUE.into()),
            least: Constant::new(64.into()),
            most: Constant::new(longest.into()),
            clock: Default::default(),
            reset: Default::default(),
            byte_valid: Default::default(),
            octet: Default::default(),
            ends: Default::default(),
            error: Default::default(),
            out_valid: Default::default(),
            out: Default::default(),
            stat_fragment: Default::default(),
            held: Default::default(),
            count: Default::default(),
            length: Default::default(),
            crc: Default::default(),
            broken: Default::default(),
            next_crc: Default::default(),
            full: Default::default(),
            wrong_fcs: Default::default(),
            wrong_length: Default::default(),
            wrong: Default::default(),
            item: Default::default(),
            item_valid: Default::default(),
            fragment: Default::default(),
        }
    }
}

impl Default for FrameRx {
    fn default() -> Self {
        Self::new(1518)
    }
}

impl Logic for FrameRx {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, count, length, crc, broken, item, item_valid, fragment);
        for i in 0..5 {
            self.held[i].clock.next = self.clock.val();
            self.held[i].d.next = self.held[i].q.val();
        }
        self.out_valid.next = self.item_valid.q.val();
        self.out.next = self.item.q.val();
        self.stat_fragment.next = self.fragment.q.val();
        self.next_crc.crc.next = self.crc.q.val();
        self.next_crc.octet.next = self.octet.val();
        self.full.next = self.count.q.val() == 5;
        self.wrong_fcs.next = self.crc.q.val() != self.residue.val();
        self.wrong_length.next =
            (self.length.q.val() < self.least.val()) | (self.length.q.val() > self.most.val());
        // By `fault`.
        self.wrong[0].next = 0.into();
        self.wrong[1].next = self.wrong[0].val().replace_bit(0, self.wrong_fcs.val());
        self.wrong[2].next = self.wrong[1].val().replace_bit(1, self.wrong_length.val());
        self.wrong[3].next = self.wrong[2].val().replace_bit(2, self.broken.q.val());

        self.item_valid.d.next = false;
        self.item.d.next.data = self.held[4].q.val();
        self.item.d.next.last = false;
        self.item.d.next.fault = 0.into();
        self.fragment.d.next = false;
        if self.error.val() {
            self.broken.d.next = true;
        }
        if self.byte_valid.val() {
            self.held[0].d.next = self.octet.val();
            for i in 1..5 {
                self.held[i].d.next = self.held[i - 1].q.val();
            }
            self.crc.d.next = self.next_crc.after.val();
            self.item_valid.d.next = self.full.val();
            if !self.full.val() {
                self.count.d.next = self.count.q.val() + 1;
            }
            if !self.length.q.val().all() {
                self.length.d.next = self.length.q.val() + 1;
            }
        }
        if self.ends.val() {
            self.item_valid.d.next = self.full.val();
            self.item.d.next.last = true;
            self.item.d.next.fault = self.wrong[3].val();
            self.fragment.d.next = !self.full.val();
        }
        if self.ends.val() | self.reset.val() {
            self.count.d.next = 0.into();
            self.length.d.next = 0.into();
            self.crc.d.next = self.ones.val();
            self.broken.d.next = false;
        }
        if self.reset.val() {
            self.item_valid.d.next = false;
            self.fragment.d.next = false;
        }
    }
}
