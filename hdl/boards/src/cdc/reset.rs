// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`ResetBridge`]: a reset for a clock that may not be running.

use rust_hdl::prelude::*;

/// `q` is high at once when `asynchronous` is, whether the clock runs or not, and falls two edges of `clock` after it: a PHY whose clock
/// stands still leaves its domain in reset until the clock is back.
#[derive(LogicBlock, Default)]
pub struct ResetBridge {
    pub clock: Signal<In, Clock>,
    /// From a flip-flop or a pin, and used for nothing else: it must not glitch.
    pub asynchronous: Signal<In, Bit>,
    /// A synchronous reset in `clock`'s domain, high at power-up.
    pub q: Signal<Out, Bit>,
    _waiting: (bool, bool),
    _started: bool,
}

impl Logic for ResetBridge {
    syncline_hdl::module_name!();

    fn update(&mut self) {
        if !self._started || self.asynchronous.val() {
            (self._started, self._waiting) = (true, (true, true));
        } else if self.clock.pos_edge() {
            self._waiting = (false, self._waiting.0);
        }
        self.q.next = self._waiting.1;
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Custom(
            "\
(* ASYNC_REG = \"TRUE\" *) reg first;
(* ASYNC_REG = \"TRUE\" *) reg second;
initial begin first = 1'b1; second = 1'b1; end
always @(posedge clock or posedge asynchronous) begin
  if (asynchronous) begin
    first <= 1'b1;
    second <= 1'b1;
  end else begin
    first <= 1'b0;
    second <= first;
  end
end
always @(*) q = second;"
                .into(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_hdl::clocked;
    use syncline_hdl::emit::{check, emit_top};
    use syncline_hdl::sim::{ready, settle, tick};
    use syncline_verilate::{Model, Options, Source};

    clocked!(ResetBridge);

    #[test]
    fn begins_without_a_clock_and_ends_with_two_edges() {
        let mut uut = ready(Box::<ResetBridge>::default());
        settle(&mut *uut);
        assert!(uut.q.val(), "at power-up");
        for _ in 0..2 {
            tick(&mut *uut);
            assert!(uut.q.val());
            tick(&mut *uut);
            assert!(!uut.q.val());
            uut.asynchronous.next = true;
            settle(&mut *uut);
            assert!(uut.q.val(), "without an edge");
            tick(&mut *uut);
            uut.asynchronous.next = false;
            settle(&mut *uut);
            assert!(uut.q.val(), "not before the edges");
        }
    }

    #[test]
    fn the_verilog_does_the_same() {
        let text = emit_top(Box::<ResetBridge>::default(), "reset_bridge").expect("printable");
        check::lints(&text, "reset_bridge").unwrap_or_else(|e| panic!("{e}"));
        let mut model =
            Model::build(&Source::new("reset_bridge", text), Options::default()).expect("a model");
        let [clock, asynchronous, q] =
            ["clock", "asynchronous", "q"].map(|name| model.port(name).expect("a port"));
        model.eval();
        let mut levels = vec![model.get_bool(q)];
        for _ in 0..3 {
            model.tick(clock);
            levels.push(model.get_bool(q));
        }
        model.set_bool(asynchronous, true);
        model.eval();
        levels.push(model.get_bool(q));
        model.set_bool(asynchronous, false);
        model.eval();
        levels.push(model.get_bool(q));
        assert_eq!(levels, [true, true, false, false, true, true]);
    }
}
