// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`CmacHard`]: the 100G Ethernet hard block with its transceivers.

use rust_hdl::prelude::*;
use syncline_hdl::stream::{Beat512, StreamIn};

/// The module `cmac_block` that `constraints/vivado/cmac.tcl` makes (`cmac_usplus`, AMD PG203): both directions on its transmit clock,
/// RS-FEC on. As long as the lanes are not aligned it tells the other end so (remote fault) and sends no frames.
///
/// The names of the block's ports are those of PG203 as public designs use them (Corundum, OpenNIC); Vivado has not seen this.
#[derive(LogicBlock, Default)]
pub struct CmacHard {
    pub refclk_p: Signal<In, Bit>,
    pub refclk_n: Signal<In, Bit>,
    pub rx_p: Signal<In, Bits<4>>,
    pub rx_n: Signal<In, Bits<4>>,
    pub tx_p: Signal<Out, Bits<4>>,
    pub tx_n: Signal<Out, Bits<4>>,
    /// 100 MHz that always run, and a reset of the transceivers.
    pub free: Signal<In, Bit>,
    pub reset: Signal<In, Bit>,
    /// `gt_txusrclk2`, 322.265625 MHz.
    pub clock: Signal<Out, Clock>,
    /// All lanes are there.
    pub aligned: Signal<Out, Bit>,
    /// `rx_axis`, without `ready`.
    pub rx_data: Signal<Out, Bits<512>>,
    pub rx_keep: Signal<Out, Bits<64>>,
    pub rx_last: Signal<Out, Bit>,
    pub rx_user: Signal<Out, Bit>,
    pub rx_valid: Signal<Out, Bit>,
    /// `tx_axis`.
    pub tx: StreamIn<Beat512>,
}

impl Logic for CmacHard {
    syncline_hdl::module_name!();

    /// Nothing: it is a vendor's part.
    fn update(&mut self) {}
    fn connect(&mut self) {
        self.tx_p.connect();
        self.tx_n.connect();
        self.clock.connect();
        self.aligned.connect();
        self.rx_data.connect();
        self.rx_keep.connect();
        self.rx_last.connect();
        self.rx_user.connect();
        self.rx_valid.connect();
        self.tx.ready.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Wrapper(Wrapper {
            cores: String::new(),
            code: "\
cmac_block block (
  .gt_ref_clk_p(refclk_p), .gt_ref_clk_n(refclk_n), .gt_rxp_in(rx_p), .gt_rxn_in(rx_n), .gt_txp_out(tx_p), .gt_txn_out(tx_n),
  .init_clk(free), .sys_reset(reset), .gt_loopback_in(12'd0), .gtwiz_reset_tx_datapath(1'b0), .gtwiz_reset_rx_datapath(1'b0),
  .gt_txusrclk2(clock), .rx_clk(clock), .core_rx_reset(1'b0), .core_tx_reset(1'b0), .core_drp_reset(1'b0), .drp_clk(1'b0),
  .drp_addr(10'd0), .drp_di(16'd0), .drp_en(1'b0), .drp_we(1'b0),
  .rx_axis_tdata(rx_data), .rx_axis_tkeep(rx_keep), .rx_axis_tlast(rx_last), .rx_axis_tuser(rx_user), .rx_axis_tvalid(rx_valid),
  .tx_axis_tdata(tx_data[511:0]), .tx_axis_tkeep(tx_data[575:512]), .tx_axis_tlast(tx_data[576]), .tx_axis_tuser(1'b0),
  .tx_axis_tvalid(tx_valid), .tx_axis_tready(tx_ready), .tx_preamblein(56'd0),
  .ctl_rx_enable(1'b1), .ctl_rx_force_resync(1'b0), .ctl_rx_test_pattern(1'b0), .stat_rx_aligned(aligned),
  .ctl_tx_enable(aligned), .ctl_tx_test_pattern(1'b0), .ctl_tx_send_idle(1'b0), .ctl_tx_send_rfi(~aligned), .ctl_tx_send_lfi(1'b0),
  .ctl_tx_rsfec_enable(1'b1), .ctl_rx_rsfec_enable(1'b1), .ctl_rsfec_ieee_error_indication_mode(1'b0),
  .ctl_rx_rsfec_enable_correction(1'b1), .ctl_rx_rsfec_enable_indication(1'b1)
);"
            .into(),
        })
    }
}
