// SPDX-License-Identifier: MIT OR Apache-2.0
//! The identity block: what the card is and can hold.

use syncline_regs::map;

use crate::{Bar, Error, Result};

/// Read once, when the card is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Host ABI: major and minor version.
    pub abi: (u16, u16),
    /// First 32 bits of the git commit that the card was built from; 0 if unknown.
    pub build: u32,
    /// The board: 0 is a simulation.
    pub board: u32,
    /// What the card can do.
    pub features: map::Features,
    /// Connections that the card holds.
    pub flows: u32,
    /// Bytes of a connection's transmit ring.
    pub tx_ring_bytes: u32,
    /// Bytes of a connection's receive ring.
    pub rx_ring_bytes: u32,
    /// Width of the data path, bits.
    pub data_width: u32,
    /// Core clock, Hz.
    pub clock_hz: u32,
    /// Largest MSS.
    pub mss_max: u32,
    /// Entries of the ARP cache.
    pub neighbours: u32,
    pub(crate) sq_entries: u16,
    pub(crate) cq_entries: u16,
    pub(crate) eq_entries: u16,
    pub(crate) bar2_sq: u32,
    pub(crate) bar2_cq: u32,
    pub(crate) bar2_eq: u32,
    pub(crate) bar2_tx: u32,
    pub(crate) bar2_rx: u32,
    pub(crate) doorbells: u32,
    pub(crate) table: u32,
    pub(crate) table_stride: u32,
    pub(crate) counters: u32,
}

impl Limits {
    pub(crate) fn read(bar: &mut dyn Bar) -> Result<Self> {
        let mut power_of_two = |name: &'static str, offset: u32, most: u32| -> Result<u32> {
            let value = bar.read32(offset)?;
            if value.is_power_of_two() && value <= most {
                Ok(value)
            } else {
                Err(Error::BadLimit { name, value })
            }
        };
        let sq_entries = power_of_two("SQ_ENTRIES", map::SQ_ENTRIES, 1 << 15)? as u16;
        let cq_entries = power_of_two("CQ_ENTRIES", map::CQ_ENTRIES, 1 << 15)? as u16;
        let eq_entries = power_of_two("EQ_ENTRIES", map::EQ_ENTRIES, 1 << 15)? as u16;
        let tx_ring_bytes = power_of_two("TX_RING_BYTES", map::TX_RING_BYTES, 1 << 30)?;
        let rx_ring_bytes = power_of_two("RX_RING_BYTES", map::RX_RING_BYTES, 1 << 30)?;
        let flows = bar.read32(map::FLOWS)?;
        if flows == 0 || flows > 1 << 16 {
            return Err(Error::BadLimit { name: "FLOWS", value: flows });
        }
        let version = bar.read32(map::ABI_VERSION)?;
        Ok(Self {
            abi: ((version >> 16) as u16, version as u16),
            build: bar.read32(map::BUILD_HASH)?,
            board: bar.read32(map::BOARD_ID)?,
            features: map::Features::from_bits_truncate(bar.read32(map::FEATURES)?),
            flows,
            tx_ring_bytes,
            rx_ring_bytes,
            data_width: bar.read32(map::DATA_WIDTH)?,
            clock_hz: bar.read32(map::CLOCK_HZ)?,
            mss_max: bar.read32(map::MSS_MAX)?,
            neighbours: bar.read32(map::NEIGHBOURS)?,
            sq_entries,
            cq_entries,
            eq_entries,
            bar2_sq: bar.read32(map::BAR2_SQ)?,
            bar2_cq: bar.read32(map::BAR2_CQ)?,
            bar2_eq: bar.read32(map::BAR2_EQ)?,
            bar2_tx: bar.read32(map::BAR2_TX)?,
            bar2_rx: bar.read32(map::BAR2_RX)?,
            doorbells: bar.read32(map::DOORBELL_OFFSET)?,
            table: bar.read32(map::TABLE_OFFSET)?,
            table_stride: bar.read32(map::TABLE_STRIDE)?,
            counters: bar.read32(map::COUNTER_OFFSET)?,
        })
    }
}
