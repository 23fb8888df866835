// SPDX-License-Identifier: MIT OR Apache-2.0
//! Verilog names: no `$` (Verilator's C++ and Tcl constraints need plain names), no keywords, each used once.

use std::collections::BTreeMap;

use super::error::Problem;

/// The names used in one scope of Verilog.
#[derive(Default)]
pub(super) struct Names {
    /// Verilog name to the RustHDL name it stands for.
    used: BTreeMap<String, String>,
}

impl Names {
    /// The exact name of a port: a clash is an error, since ports are an interface.
    pub fn port(&mut self, path: &str) -> Result<String, Problem> {
        let name = plain(path)?;
        match self.used.insert(name.clone(), path.to_string()) {
            Some(other) => Err(Problem::NameClash(other, path.to_string())),
            None => Ok(name),
        }
    }

    /// The name of something inside of a module: a clash, or a keyword (`inside` and `bit` are good names in Rust), gets
    /// underscores.
    pub fn inner(&mut self, path: &str) -> String {
        let mut name = path.replace('$', "_");
        while self.used.contains_key(&name) || is_keyword(&name) {
            name.push('_');
        }
        self.used.insert(name.clone(), path.to_string());
        name
    }

    /// The name of a localparam: `Rx::Idle` is `RX_IDLE`.
    pub fn upper(&mut self, path: &str) -> String {
        let words: Vec<String> = path.split([':', '$']).filter(|w| !w.is_empty()).map(snake).collect();
        let mut name = words.join("_").to_uppercase();
        while self.used.contains_key(&name) {
            name.push('_');
        }
        self.used.insert(name.clone(), path.to_string());
        name
    }

    /// A name for something of the printer's own: `stem_1`, `stem_2`, ...
    pub fn fresh(&mut self, stem: &str) -> String {
        let mut n = 1;
        loop {
            let name = format!("{stem}_{n}");
            if !self.used.contains_key(&name) {
                self.used.insert(name.clone(), name.clone());
                return name;
            }
            n += 1;
        }
    }
}

/// `inp$data` as `inp_data`.
pub(super) fn plain(path: &str) -> Result<String, Problem> {
    let name = path.replace('$', "_");
    if is_keyword(&name) { Err(Problem::Keyword(name)) } else { Ok(name) }
}

fn is_keyword(name: &str) -> bool {
    KEYWORDS.split_whitespace().any(|k| k == name)
}

/// The type's name in words of a Verilog name: `a::Skid<a::Beat64>` is `skid_beat64`.
pub(super) fn of_type(type_name: &str) -> String {
    let mut words: Vec<String> = vec![];
    for part in type_name.split(['<', '>', ',', '{', '}', '(', ')', '[', ']', ';', ' ', '&']) {
        let last = part.rsplit("::").next().unwrap_or_default();
        if !last.is_empty() {
            words.push(snake(last));
        }
    }
    words.join("_")
}

fn snake(word: &str) -> String {
    let mut out = String::new();
    let mut lower_before = false;
    for c in word.chars() {
        if c.is_uppercase() {
            if lower_before {
                out.push('_');
            }
            out.extend(c.to_lowercase());
        } else {
            out.push(if c.is_alphanumeric() { c } else { '_' });
        }
        lower_before = c.is_lowercase() || c.is_numeric();
    }
    out
}

/// The name for a module known under several field names: their common last or first words, or the first name.
pub(super) fn common(instances: &[String]) -> String {
    let plain: Vec<Vec<String>> = instances.iter().map(|i| words_of(i)).collect();
    let Some(first) = plain.first() else { return "block".into() };
    let count = |same: &dyn Fn(&[String], usize) -> bool| {
        (0..first.len()).take_while(|&n| plain.iter().all(|w| same(w, n))).count()
    };
    let tail = count(&|w, n| n < w.len() && w[w.len() - 1 - n] == first[first.len() - 1 - n]);
    let head = count(&|w, n| n < w.len() && w[n] == first[n]);
    let words = if tail > 0 {
        &first[first.len() - tail..]
    } else if head > 0 {
        &first[..head]
    } else {
        &first[..]
    };
    words.join("_")
}

/// The words of a field name without array indices.
fn words_of(instance: &str) -> Vec<String> {
    let name: Vec<&str> = instance.split('$').filter(|p| p.parse::<usize>().is_err()).collect();
    name.join("_").split('_').filter(|w| !w.is_empty()).map(String::from).collect()
}

/// Reserved in Verilog-2001 or SystemVerilog-2017 (Verilator reads `.v` files as the latter).
const KEYWORDS: &str = "
    accept_on alias always always_comb always_ff always_latch and assert assign assume automatic before
    begin bind bins binsof bit break buf bufif0 bufif1 byte case casex casez cell chandle checker class
    clocking cmos config const constraint context continue cover covergroup coverpoint cross deassign
    default defparam design disable dist do edge else end endcase endchecker endclass endclocking endconfig
    endfunction endgenerate endgroup endinterface endmodule endpackage endprimitive endprogram endproperty
    endspecify endsequence endtable endtask enum event eventually expect export extends extern final
    first_match for force foreach forever fork forkjoin function generate genvar global highz0 highz1 if iff
    ifnone ignore_bins illegal_bins implements implies import incdir include initial inout input inside
    instance int integer interconnect interface intersect join join_any join_none large let liblist library
    local localparam logic longint macromodule matches medium modport module nand negedge nettype new
    nexttime nmos nor noshowcancelled not notif0 notif1 null or output package packed parameter pmos posedge
    primitive priority program property protected pull0 pull1 pulldown pullup pulsestyle_ondetect
    pulsestyle_onevent pure rand randc randcase randsequence rcmos real realtime ref reg reject_on release
    repeat restrict return rnmos rpmos rtran rtranif0 rtranif1 s_always s_eventually s_nexttime s_until
    s_until_with scalared sequence shortint shortreal showcancelled signed small soft solve specify
    specparam static string strong strong0 strong1 struct super supply0 supply1 sync_accept_on
    sync_reject_on table tagged task this throughout time timeprecision timeunit tran tranif0 tranif1 tri
    tri0 tri1 triand trior trireg type typedef union unique unique0 unsigned until until_with untyped use
    uwire var vectored virtual void wait wait_order wand weak weak0 weak1 while wildcard wire with within
    wor xnor xor
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_keep_their_names_or_fail() {
        let mut names = Names::default();
        assert_eq!(names.port("inp$data").as_deref(), Ok("inp_data"));
        assert_eq!(names.port("inp_data"), Err(Problem::NameClash("inp$data".into(), "inp_data".into())));
        assert_eq!(names.inner("inp$data"), "inp_data_");
        assert_eq!(names.inner("event"), "event_");
        assert_eq!(names.port("event"), Err(Problem::Keyword("event".into())));
        assert_eq!(names.fresh("part"), "part_1");
        assert_eq!(names.fresh("part"), "part_2");
    }

    #[test]
    fn module_names_are_readable() {
        assert_eq!(of_type("syncline_hdl::stream::Skid<syncline_hdl::stream::Beat64>"), "skid_beat64");
        assert_eq!(of_type("a::Fifo<rust_hdl_core::bits::Bits<32>, 4, 5>"), "fifo_bits_32_4_5");
        let common = |n: &[&str]| common(&n.iter().map(|n| n.to_string()).collect::<Vec<_>>());
        assert_eq!(common(&["rx_skid", "tx_skid"]), "skid");
        assert_eq!(common(&["s$0", "s$1"]), "s");
        assert_eq!(common(&["skid_in", "skid_out"]), "skid");
        assert_eq!(common(&["a", "b"]), "a");
    }
}
