// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`AlveoPads`]: the card and its two hard blocks; what all the boards have.

use rust_hdl::prelude::*;
use syncline_hdl::stream::{Beat512, StreamOut};

use super::PARAMS;
use super::card::AlveoCard;
use super::cmac_hard::CmacHard;
use super::pcie_hard::PcieHard;

/// The ports are called as in `constraints/`, but for the lamps, which each board has elsewhere.
#[derive(LogicBlock)]
pub struct AlveoPads {
    pub pcie_refclk_p: Signal<In, Bit>,
    pub pcie_refclk_n: Signal<In, Bit>,
    pub pcie_perst_n: Signal<In, Bit>,
    pub pcie_rx_p: Signal<In, Bits<16>>,
    pub pcie_rx_n: Signal<In, Bits<16>>,
    pub pcie_tx_p: Signal<Out, Bits<16>>,
    pub pcie_tx_n: Signal<Out, Bits<16>>,
    pub qsfp0_refclk_p: Signal<In, Bit>,
    pub qsfp0_refclk_n: Signal<In, Bit>,
    pub qsfp0_rx_p: Signal<In, Bits<4>>,
    pub qsfp0_rx_n: Signal<In, Bits<4>>,
    pub qsfp0_tx_p: Signal<Out, Bits<4>>,
    pub qsfp0_tx_n: Signal<Out, Bits<4>>,
    /// See [`AlveoCard`].
    pub lamps: Signal<Out, Bits<3>>,
    card: AlveoCard,
    pcie: PcieHard,
    cmac: CmacHard,
}

impl Default for AlveoPads {
    fn default() -> Self {
        Self {
            card: AlveoCard::new(&PARAMS),
            pcie_refclk_p: Default::default(),
            pcie_refclk_n: Default::default(),
            pcie_perst_n: Default::default(),
            pcie_rx_p: Default::default(),
            pcie_rx_n: Default::default(),
            pcie_tx_p: Default::default(),
            pcie_tx_n: Default::default(),
            qsfp0_refclk_p: Default::default(),
            qsfp0_refclk_n: Default::default(),
            qsfp0_rx_p: Default::default(),
            qsfp0_rx_n: Default::default(),
            qsfp0_tx_p: Default::default(),
            qsfp0_tx_n: Default::default(),
            lamps: Default::default(),
            pcie: Default::default(),
            cmac: Default::default(),
        }
    }
}

impl Logic for AlveoPads {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        self.pcie.refclk_p.next = self.pcie_refclk_p.val();
        self.pcie.refclk_n.next = self.pcie_refclk_n.val();
        self.pcie.perst_n.next = self.pcie_perst_n.val();
        self.pcie.rx_p.next = self.pcie_rx_p.val();
        self.pcie.rx_n.next = self.pcie_rx_n.val();
        self.pcie_tx_p.next = self.pcie.tx_p.val();
        self.pcie_tx_n.next = self.pcie.tx_n.val();
        self.card.clock.next = self.pcie.clock.val();
        self.card.reset.next = self.pcie.reset.val();
        self.card.cq_data.next = self.pcie.cq_data.val();
        self.card.cq_user.next = self.pcie.cq_user.val();
        self.card.cq_last.next = self.pcie.cq_last.val();
        self.card.cq_valid.next = self.pcie.cq_valid.val();
        self.pcie.cq_ready.next = self.card.cq_ready.val();
        self.pcie.np_req.next = self.card.np_req.val();
        self.pcie.cc_data.next = self.card.cc_data.val();
        self.pcie.cc_keep.next = self.card.cc_keep.val();
        self.pcie.cc_user.next = self.card.cc_user.val();
        self.pcie.cc_last.next = self.card.cc_last.val();
        self.pcie.cc_valid.next = self.card.cc_valid.val();
        self.card.cc_ready.next = self.pcie.cc_ready.val();

        self.cmac.refclk_p.next = self.qsfp0_refclk_p.val();
        self.cmac.refclk_n.next = self.qsfp0_refclk_n.val();
        self.cmac.rx_p.next = self.qsfp0_rx_p.val();
        self.cmac.rx_n.next = self.qsfp0_rx_n.val();
        self.qsfp0_tx_p.next = self.cmac.tx_p.val();
        self.qsfp0_tx_n.next = self.cmac.tx_n.val();
        self.cmac.free.next = self.pcie.free.val();
        self.cmac.reset.next = !self.pcie_perst_n.val();
        self.card.cmac_clock.next = self.cmac.clock.val();
        self.card.cmac_aligned.next = self.cmac.aligned.val();
        self.card.cmac_rx_data.next = self.cmac.rx_data.val();
        self.card.cmac_rx_keep.next = self.cmac.rx_keep.val();
        self.card.cmac_rx_last.next = self.cmac.rx_last.val();
        self.card.cmac_rx_user.next = self.cmac.rx_user.val();
        self.card.cmac_rx_valid.next = self.cmac.rx_valid.val();
        StreamOut::<Beat512>::join(&mut self.card.cmac_tx, &mut self.cmac.tx);
        self.lamps.next = self.card.lamps.val();
    }
}
