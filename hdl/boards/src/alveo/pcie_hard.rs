// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`PcieHard`]: the PCIe hard block with its pads and its reference clock.

use rust_hdl::prelude::*;

/// The module `pcie_block` that `constraints/vivado/pcie.tcl` makes (`pcie4_uscale_plus` or `pcie4c_uscale_plus`, AMD PG213), with
/// `IBUFDS_GTE4`. RQ and RC, by which a card reads and writes the host's memory, are tied off.
///
/// The names of the block's ports are those of PG213 as public designs use them (Corundum, taxi); Vivado has not seen this.
#[derive(LogicBlock, Default)]
pub struct PcieHard {
    /// 100 MHz from the slot.
    pub refclk_p: Signal<In, Bit>,
    pub refclk_n: Signal<In, Bit>,
    /// PERST#.
    pub perst_n: Signal<In, Bit>,
    pub rx_p: Signal<In, Bits<16>>,
    pub rx_n: Signal<In, Bits<16>>,
    pub tx_p: Signal<Out, Bits<16>>,
    pub tx_n: Signal<Out, Bits<16>>,
    /// `user_clk` and `user_reset`.
    pub clock: Signal<Out, Clock>,
    pub reset: Signal<Out, Bit>,
    /// The reference clock for the fabric, 100 MHz, running whether there is a link or not.
    pub free: Signal<Out, Bit>,
    /// `m_axis_cq`.
    pub cq_data: Signal<Out, Bits<512>>,
    pub cq_user: Signal<Out, Bits<183>>,
    pub cq_last: Signal<Out, Bit>,
    pub cq_valid: Signal<Out, Bit>,
    pub cq_ready: Signal<In, Bit>,
    pub np_req: Signal<In, Bits<2>>,
    /// `s_axis_cc`.
    pub cc_data: Signal<In, Bits<512>>,
    pub cc_keep: Signal<In, Bits<16>>,
    pub cc_user: Signal<In, Bits<81>>,
    pub cc_last: Signal<In, Bit>,
    pub cc_valid: Signal<In, Bit>,
    pub cc_ready: Signal<Out, Bit>,
}

impl Logic for PcieHard {
    syncline_hdl::module_name!();

    /// Nothing: it is a vendor's part.
    fn update(&mut self) {}
    fn connect(&mut self) {
        self.tx_p.connect();
        self.tx_n.connect();
        self.clock.connect();
        self.reset.connect();
        self.free.connect();
        self.cq_data.connect();
        self.cq_user.connect();
        self.cq_last.connect();
        self.cq_valid.connect();
        self.cc_ready.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Wrapper(Wrapper {
            cores: String::new(),
            code: "\
wire gt, half;
wire [3:0] readies;
assign cc_ready = readies[0];
IBUFDS_GTE4 #(.REFCLK_HROW_CK_SEL(2'b00)) buffer (.I(refclk_p), .IB(refclk_n), .CEB(1'b0), .O(gt), .ODIV2(half));
BUFG_GT free_buffer (.I(half), .CE(1'b1), .CEMASK(1'b0), .CLR(1'b0), .CLRMASK(1'b0), .DIV(3'd0), .O(free));
pcie_block block (
  .pci_exp_rxp(rx_p), .pci_exp_rxn(rx_n), .pci_exp_txp(tx_p), .pci_exp_txn(tx_n),
  .sys_clk(half), .sys_clk_gt(gt), .sys_reset(perst_n), .user_clk(clock), .user_reset(reset),
  .m_axis_cq_tdata(cq_data), .m_axis_cq_tuser(cq_user), .m_axis_cq_tlast(cq_last), .m_axis_cq_tvalid(cq_valid),
  .m_axis_cq_tready(cq_ready), .pcie_cq_np_req(np_req),
  .s_axis_cc_tdata(cc_data), .s_axis_cc_tkeep(cc_keep), .s_axis_cc_tuser(cc_user), .s_axis_cc_tlast(cc_last),
  .s_axis_cc_tvalid(cc_valid), .s_axis_cc_tready(readies),
  .s_axis_rq_tdata(512'd0), .s_axis_rq_tkeep(16'd0), .s_axis_rq_tuser(137'd0), .s_axis_rq_tlast(1'b0), .s_axis_rq_tvalid(1'b0),
  .m_axis_rc_tready(1'b1),
  .cfg_mgmt_addr(10'd0), .cfg_mgmt_function_number(8'd0), .cfg_mgmt_write(1'b0), .cfg_mgmt_write_data(32'd0),
  .cfg_mgmt_byte_enable(4'd0), .cfg_mgmt_read(1'b0), .cfg_mgmt_debug_access(1'b0),
  .cfg_msg_transmit(1'b0), .cfg_msg_transmit_type(3'd0), .cfg_msg_transmit_data(32'd0), .cfg_fc_sel(3'd0), .cfg_dsn(64'd0),
  .cfg_power_state_change_ack(1'b1), .cfg_err_cor_in(1'b0), .cfg_err_uncor_in(1'b0),
  .cfg_flr_done(4'd0), .cfg_vf_flr_func_num(8'd0), .cfg_vf_flr_done(1'b0), .cfg_link_training_enable(1'b1),
  .cfg_interrupt_int(4'd0), .cfg_interrupt_pending(4'd0),
  .cfg_pm_aspm_l1_entry_reject(1'b0), .cfg_pm_aspm_tx_l0s_entry_disable(1'b1),
  .cfg_hot_reset_in(1'b0), .cfg_config_space_enable(1'b1), .cfg_req_pm_transition_l23_ready(1'b0),
  .cfg_ds_port_number(8'd0), .cfg_ds_bus_number(8'd0), .cfg_ds_device_number(5'd0)
);"
            .into(),
        })
    }
}
