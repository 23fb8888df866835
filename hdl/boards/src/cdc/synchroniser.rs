// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Synchroniser`]: two flip-flops in a row, for what comes from another clock.

use rust_hdl::prelude::*;

/// `q` follows `d` two edges of `clock` later.
///
/// Each bit crosses by itself: a word whose bits must belong together has to be a Gray code, or not to change while it is looked at. `d`
/// must come from a flip-flop of its own domain, so that it does not glitch.
#[derive(LogicBlock, Default)]
pub struct Synchroniser<T: Synth> {
    /// The clock of the domain that looks.
    pub clock: Signal<In, Clock>,
    pub d: Signal<In, T>,
    pub q: Signal<Out, T>,
    _first: T,
}

impl<T: Synth> Logic for Synchroniser<T> {
    syncline_hdl::module_name!();

    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.q.next = self._first;
            self._first = self.d.val();
        }
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Custom(format!(
            "\
(* ASYNC_REG = \"TRUE\" *) reg [{high}:0] first;
(* ASYNC_REG = \"TRUE\" *) reg [{high}:0] second;
initial begin first = 0; second = 0; end
always @(posedge clock) begin
  first <= d;
  second <= first;
end
always @(*) q = second;",
            high = T::BITS - 1
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_hdl::clocked;
    use syncline_hdl::emit::{check, emit_top};
    use syncline_hdl::sim::{ready, tick};

    clocked!(Synchroniser<Bits<5>>);

    #[test]
    fn takes_two_edges() {
        let mut uut = ready(Box::<Synchroniser<Bits<5>>>::default());
        let values = [3_u64, 9, 9, 0, 31, 30, 1, 2];
        let mut seen = vec![];
        for value in values {
            uut.d.next = value.into();
            tick(&mut *uut);
            seen.push(uut.q.val().to_u64());
        }
        assert_eq!(seen[1..], values[..7]);
    }

    #[test]
    fn lints_and_synthesises() {
        let text = emit_top(Box::<Synchroniser<Bits<5>>>::default(), "synchroniser").expect("printable");
        check::lints(&text, "synchroniser").unwrap_or_else(|e| panic!("{e}"));
        check::synthesises(&text, "synchroniser").unwrap_or_else(|e| panic!("{e}"));
    }
}
