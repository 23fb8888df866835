// SPDX-License-Identifier: MIT OR Apache-2.0
//! The boards' tops: [`AlveoPads`], and what differs between the cards.

use rust_hdl::prelude::*;
use syncline_hdl::emit::{EmitError, emit_top};
use syncline_hdl::generate::on_a_large_stack;

use super::pads::AlveoPads;

macro_rules! top {
    ($(#[$doc:meta])* $name:ident, $module:literal, $print:ident,
     lamps {$($lamp:ident: $bit:tt),*}, row {$($row:ident),*}, fixed {$($fixed:ident: $level:tt),*}, unused {$($unused:ident),*}) => {
        $(#[$doc])*
        #[derive(LogicBlock, Default)]
        pub struct $name {
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
            $(pub $lamp: Signal<Out, Bit>,)*
            $(pub $row: Signal<Out, Bits<3>>,)*
            $(pub $fixed: Signal<Out, Bit>,)*
            $(pub $unused: Signal<In, Bit>,)*
            pads: AlveoPads,
        }

        #[doc = concat!("The Verilog, with `", $module, "` as its top.")]
        ///
        /// # Errors
        /// What the printer refuses.
        pub fn $print() -> Result<String, EmitError> {
            on_a_large_stack(|| emit_top(Box::<$name>::default(), $module))
        }

        impl Logic for $name {
            #[hdl_gen]
            fn update(&mut self) {
                self.pads.pcie_refclk_p.next = self.pcie_refclk_p.val();
                self.pads.pcie_refclk_n.next = self.pcie_refclk_n.val();
                self.pads.pcie_perst_n.next = self.pcie_perst_n.val();
                self.pads.pcie_rx_p.next = self.pcie_rx_p.val();
                self.pads.pcie_rx_n.next = self.pcie_rx_n.val();
                self.pcie_tx_p.next = self.pads.pcie_tx_p.val();
                self.pcie_tx_n.next = self.pads.pcie_tx_n.val();
                self.pads.qsfp0_refclk_p.next = self.qsfp0_refclk_p.val();
                self.pads.qsfp0_refclk_n.next = self.qsfp0_refclk_n.val();
                self.pads.qsfp0_rx_p.next = self.qsfp0_rx_p.val();
                self.pads.qsfp0_rx_n.next = self.qsfp0_rx_n.val();
                self.qsfp0_tx_p.next = self.pads.qsfp0_tx_p.val();
                self.qsfp0_tx_n.next = self.pads.qsfp0_tx_n.val();
                $(self.$lamp.next = self.pads.lamps.val().get_bit($bit);)*
                $(self.$row.next = self.pads.lamps.val();)*
                $(self.$fixed.next = $level;)*
            }
        }
    };
}

top!(
    /// U50 and U55C: lamps at the cage, and the memory's alarm, which must be low.
    AlveoLamps, "alveo_lamps", lamps,
    lamps {qsfp0_led_stat_g: 0, qsfp0_led_act: 1, qsfp0_led_stat_y: 2}, row {}, fixed {hbm_cattrip: false}, unused {}
);

top!(
    /// U280: the memory's alarm, which must be low, and no lamps that are known.
    AlveoDark, "alveo_dark", dark, lamps {}, row {}, fixed {hbm_cattrip: false}, unused {}
);

top!(
    /// U200 and U250: three lamps, and the cage's side-band: the module is selected, out of reset and at full power.
    AlveoSideband, "alveo_sideband", sideband,
    lamps {}, row {led}, fixed {qsfp0_modsell: false, qsfp0_resetl: true, qsfp0_lpmode: false}, unused {qsfp0_modprsl, qsfp0_intl}
);

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_hdl::emit::check;

    /// The vendor's parts, as far as they are used.
    const STUBS: &str = "
(* blackbox *) module IBUFDS_GTE4 #(parameter REFCLK_HROW_CK_SEL = 0) (input I, input IB, input CEB, output O, output ODIV2); endmodule
(* blackbox *) module BUFG_GT(input I, input CE, input CEMASK, input CLR, input CLRMASK, input [2:0] DIV, output O); endmodule
";

    /// A module with the ports that its one instance names; the widths are those of the wires there.
    fn stub(text: &str, module: &str, outputs: &[(&str, u32)]) -> String {
        let instance = text
            .split(&format!("{module} block ("))
            .nth(1)
            .and_then(|rest| rest.split(");\n").next())
            .expect("an instance");
        let names = instance.split('.').skip(1).filter_map(|part| part.split('(').next());
        let ports: Vec<_> = names
            .map(|name| match outputs.iter().find(|(output, _)| *output == name) {
                Some((_, width)) => format!("output [{}:0] {name}", width - 1),
                None => format!("input [511:0] {name}"),
            })
            .collect();
        format!("(* blackbox *) module {module}({}); endmodule\n", ports.join(", "))
    }

    #[test]
    fn the_tops_are_read_by_the_synthesis_tool() {
        let pcie = [
            ("pci_exp_txp", 16),
            ("pci_exp_txn", 16),
            ("user_clk", 1),
            ("user_reset", 1),
            ("m_axis_cq_tdata", 512),
            ("m_axis_cq_tuser", 183),
            ("m_axis_cq_tlast", 1),
            ("m_axis_cq_tvalid", 1),
            ("s_axis_cc_tready", 4),
        ];
        let cmac = [
            ("gt_txp_out", 4),
            ("gt_txn_out", 4),
            ("gt_txusrclk2", 1),
            ("rx_axis_tdata", 512),
            ("rx_axis_tkeep", 64),
            ("rx_axis_tlast", 1),
            ("rx_axis_tuser", 1),
            ("rx_axis_tvalid", 1),
            ("tx_axis_tready", 1),
            ("stat_rx_aligned", 1),
        ];
        // One is enough for what they share, and it takes a minute.
        let text = sideband().unwrap_or_else(|e| panic!("{e}"));
        let text =
            format!("{text}{STUBS}{}{}", stub(&text, "pcie_block", &pcie), stub(&text, "cmac_block", &cmac));
        check::synthesises(&text, "alveo_sideband").unwrap_or_else(|e| panic!("{e}"));
        for (text, low) in [(lamps(), "hbm_cattrip"), (dark(), "hbm_cattrip")] {
            let text = text.unwrap_or_else(|e| panic!("{e}"));
            assert!(text.contains(&format!("assign {low} = 1'd0;")), "{low} is not low");
        }
    }
}
