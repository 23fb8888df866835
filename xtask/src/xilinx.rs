// SPDX-License-Identifier: MIT OR Apache-2.0
//! Yosys' synthesis for AMD's families, with another mapping to LUTs.

/// The script behind `read_verilog`; `options` go to `synth_xilinx`.
///
/// `synth_xilinx` maps with costs by width, as if two narrow LUTs always shared a site. Equal costs give 12 % fewer cells for this
/// design, fewer sites by either account, and no more levels. Multiplexers of five inputs and more take MUXF7 and MUXF8. Delays are
/// made of flip-flops (`-nosrl`), of which an Artix-7 has twice as many as LUTs.
pub fn synth(family: &str, options: &str) -> String {
    let steps = format!("synth_xilinx -family {family} -flatten -nosrl -widemux 5 {options} -run");
    // The same steps as in `map_luts`, but for the options of abc, and for `opt_merge`: there is an inverter for each flip-flop with a low reset.
    format!(
        "{steps} begin:map_luts; opt_expr -mux_undef -noclkinv; opt_merge; abc -lut 6; opt_merge; clean; techmap -map +/xilinx/ff_map.v; \
         techmap -map +/xilinx/lut_map.v -map +/xilinx/cells_map.v -D LUT_WIDTH=6; xilinx_dffopt; opt_lut_ins -tech xilinx; \
         {steps} finalize:"
    )
}
