// SPDX-License-Identifier: MIT OR Apache-2.0
//! BAR0: registers, doorbells and the connection table.

use syncline_regs::{DOORBELL_STRIDE, TABLE_STRIDE, connection, map};

use super::flow::Flow;
use super::{BAR2_CQ, BAR2_EQ, BAR2_SQ, BAR2_TX, Fake};

impl Fake {
    pub(super) fn read_register(&mut self, offset: u32) -> u32 {
        match offset {
            map::MAGIC => self.magic,
            map::ABI_VERSION => self.abi,
            map::FEATURES => map::Features::SIM.bits(),
            map::FLOWS => self.flows,
            map::TX_RING_BYTES | map::RX_RING_BYTES => self.ring,
            map::DATA_WIDTH => 64,
            map::CLOCK_HZ => 156_250_000,
            map::MSS_MAX => 1460,
            map::NEIGHBOURS => 16,
            map::SQ_ENTRIES => self.entries.0.into(),
            map::CQ_ENTRIES => self.entries.1.into(),
            map::EQ_ENTRIES => self.entries.2.into(),
            map::BAR2_BYTES => self.window.len() as u32,
            map::BAR2_SQ => BAR2_SQ,
            map::BAR2_CQ => BAR2_CQ,
            map::BAR2_EQ => BAR2_EQ,
            map::BAR2_TX => BAR2_TX,
            map::BAR2_RX => BAR2_TX + self.flows * self.ring,
            map::DOORBELL_OFFSET => map::DOORBELLS,
            map::TABLE_OFFSET => map::TABLE,
            map::TABLE_STRIDE => TABLE_STRIDE,
            map::COUNTER_OFFSET => map::COUNTERS,
            map::STATUS => map::CardStatus::READY.bits(),
            map::SQ_HEAD => self.submission.0.into(),
            map::CQ_TAIL => self.completion.1.into(),
            map::EQ_TAIL => self.event.1.into(),
            map::TABLE.. => {
                let (flow, word) =
                    ((offset - map::TABLE) / TABLE_STRIDE, (offset - map::TABLE) % TABLE_STRIDE);
                let Some(f) = self.table.get(flow as usize) else { return 0 };
                match word {
                    connection::SND_END => f.snd_end,
                    connection::ISS => f.iss,
                    _ => f.shot.encode(false).get(word as usize / 4).copied().unwrap_or(0),
                }
            }
            other => self.registers.get(&other).copied().unwrap_or(0),
        }
    }

    pub(super) fn write_register(&mut self, offset: u32, value: u32) {
        let index = value as u16;
        match offset {
            map::SQ_TAIL => {
                assert!(
                    index.wrapping_sub(self.submission.0) <= self.entries.0,
                    "more commands than the ring holds"
                );
                self.submission.1 = index;
            }
            map::CQ_HEAD => {
                assert!(
                    self.completion.1.wrapping_sub(index) <= self.entries.1,
                    "a completion read before it came"
                );
                self.completion.0 = index;
            }
            map::EQ_HEAD => {
                assert!(self.event.1.wrapping_sub(index) <= self.entries.2, "an event read before it came");
                self.event.0 = index;
            }
            map::CONTROL if value & map::Control::RESET.bits() != 0 => {
                self.registers.clear();
                self.listening.clear();
                self.changed.clear();
                (self.submission, self.completion, self.event) = ((0, 0), (0, 0), (0, 0));
                self.window.fill(0);
                self.table = (0..self.flows).map(|i| Flow::empty(i as u16)).collect();
            }
            map::DOORBELLS..map::TABLE => {
                let flow = ((offset - map::DOORBELLS) / DOORBELL_STRIDE) as usize;
                let (ring, f) = (self.ring, &mut self.table[flow]);
                if (offset - map::DOORBELLS) % DOORBELL_STRIDE == map::TX_TAIL {
                    assert!(
                        value.wrapping_sub(f.shot.snd_una) <= ring,
                        "more bytes than the transmit ring holds"
                    );
                    assert!(value.wrapping_sub(f.snd_end) <= ring, "TX_TAIL went back");
                    f.snd_end = value;
                } else {
                    assert!(f.shot.placed.wrapping_sub(value) <= ring, "RX_HEAD beyond what was placed");
                    assert!(value.wrapping_sub(f.shot.rcv_user) <= ring, "RX_HEAD went back");
                    f.shot.rcv_user = value;
                }
            }
            _ => {
                self.registers.insert(offset, value);
            }
        }
    }
}
