// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Leds`]: four lamps that tell how the card is doing.

use rust_hdl::prelude::*;
use syncline_regs::code::State;

/// Beats that a fault stays visible, less one.
const FAULT_BEATS: u64 = 15;

/// For up to 16 flows. What is short is stretched to beats of `2^B` cycles: 67 ms with 22 at 62.5 MHz.
#[derive(LogicBlock)]
pub struct Leds<const B: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// The PHY has a link.
    pub link: Signal<In, Bit>,
    /// Pulse: a frame went in or out.
    pub frame: Signal<In, Bit>,
    /// The core's: a flow enters a state.
    pub state_valid: Signal<In, Bit>,
    pub state_flow: Signal<In, Bits<16>>,
    pub state: Signal<In, Bits<4>>,
    /// Pulse: something went wrong.
    pub fault: Signal<In, Bit>,
    /// Bit 0: there is a link. 1: blinks with frames. 2: a connection is established. 3: a fault, for a second.
    pub lamps: Signal<Out, Bits<4>>,
    beat: DFF<Bits<B>>,
    seen: DFF<Bit>,
    lit: DFF<Bit>,
    /// A bit a flow.
    open: DFF<Bits<16>>,
    fault_left: DFF<Bits<4>>,
    mine: Signal<Local, Bits<16>>,
    now_open: Signal<Local, Bit>,
    one: Constant<Bits<16>>,
    established: Constant<Bits<4>>,
    fault_beats: Constant<Bits<4>>,
}

impl<const B: usize> Default for Leds<B> {
    fn default() -> Self {
        Self {
            one: Constant::new(1.into()),
            established: Constant::new(u64::from(State::Established.code()).into()),
            fault_beats: Constant::new(FAULT_BEATS.into()),
            clock: Default::default(),
            reset: Default::default(),
            link: Default::default(),
            frame: Default::default(),
            state_valid: Default::default(),
            state_flow: Default::default(),
            state: Default::default(),
            fault: Default::default(),
            lamps: Default::default(),
            beat: Default::default(),
            seen: Default::default(),
            lit: Default::default(),
            open: Default::default(),
            fault_left: Default::default(),
            mine: Default::default(),
            now_open: Default::default(),
        }
    }
}

impl<const B: usize> Logic for Leds<B> {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, beat, seen, lit, open, fault_left);
        self.lamps.next = bits::<4>(0)
            .replace_bit(0, self.link.val())
            .replace_bit(1, self.lit.q.val())
            .replace_bit(2, self.open.q.val().any())
            .replace_bit(3, self.fault_left.q.val().any());
        self.beat.d.next = self.beat.q.val() + 1;
        if self.beat.q.val().all() {
            // Dark for a beat after each that is lit, so that steady traffic blinks too.
            self.lit.d.next = self.seen.q.val() & !self.lit.q.val();
            self.seen.d.next = false;
            if self.fault_left.q.val().any() {
                self.fault_left.d.next = self.fault_left.q.val() - 1;
            }
        }
        if self.frame.val() {
            self.seen.d.next = true;
        }
        if self.fault.val() {
            self.fault_left.d.next = self.fault_beats.val();
        }
        self.mine.next = self.one.val() << self.state_flow.val().get_bits::<4>(0);
        self.now_open.next = self.state.val() == self.established.val();
        if self.state_valid.val() {
            self.open.d.next = self.open.q.val() & !self.mine.val();
            if self.now_open.val() {
                self.open.d.next = self.open.q.val() | self.mine.val();
            }
        }
        if self.reset.val() {
            self.seen.d.next = false;
            self.open.d.next = 0.into();
            self.fault_left.d.next = 0.into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_hdl::clocked;
    use syncline_hdl::emit::{check, emit_top};
    use syncline_hdl::sim::{ready, tick};

    type Uut = Leds<3>;
    clocked!(Uut);

    fn lamps(uut: &Uut) -> [bool; 4] {
        std::array::from_fn(|i| uut.lamps.val().get_bit(i))
    }

    #[test]
    fn the_link_and_connections_are_shown() {
        let mut uut = ready(Box::<Uut>::default());
        uut.link.next = true;
        // Flows 3 and 15 become established, then leave, 3 by way of CLOSE-WAIT.
        for (flow, state, open) in [
            (3, State::SynSent, false),
            (3, State::Established, true),
            (15, State::Established, true),
            (3, State::CloseWait, true),
            (15, State::FinWait1, false),
            (3, State::LastAck, false),
            (3, State::Closed, false),
        ] {
            uut.state_valid.next = true;
            uut.state_flow.next = flow.into();
            uut.state.next = u64::from(state.code()).into();
            tick(&mut *uut);
            uut.state_valid.next = false;
            uut.state.next = u64::from(State::Established.code()).into();
            tick(&mut *uut);
            assert_eq!(lamps(&uut), [true, false, open, false], "{flow} {state}");
        }
        uut.link.next = false;
        tick(&mut *uut);
        assert_eq!(lamps(&uut), [false; 4]);
    }

    #[test]
    fn frames_blink_and_faults_stay() {
        let mut uut = ready(Box::<Uut>::default());
        let mut levels = vec![];
        for cycle in 0..240 {
            uut.frame.next = cycle < 40 || cycle == 150;
            uut.fault.next = cycle == 60;
            tick(&mut *uut);
            levels.push((lamps(&uut)[1], lamps(&uut)[3]));
        }
        let lengths = |of: fn(&(bool, bool)) -> bool| {
            let runs = levels.chunk_by(|a, b| of(a) == of(b));
            runs.filter(|run| of(&run[0])).map(<[_]>::len).collect::<Vec<_>>()
        };
        // A beat is eight cycles; three beats fit into the first frames, each with a dark one behind, and the lone frame is one.
        assert_eq!(lengths(|level| level.0), [8, 8, 8, 8]);
        let fault = lengths(|level| level.1);
        assert!(matches!(fault[..], [113..=120]), "{fault:?}");
    }

    #[test]
    fn lints_and_synthesises() {
        let text = emit_top(Box::<Leds<22>>::default(), "leds").expect("printable");
        check::lints(&text, "leds").unwrap_or_else(|e| panic!("{e}"));
        check::synthesises(&text, "leds").unwrap_or_else(|e| panic!("{e}"));
    }
}
