// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the printer refuses, and that the message leads to the line.

use rust_hdl::prelude::*;

use crate::emit::{EmitError, Problem, emit_top};

/// A block with one clocked register, a child, and whatever update code.
macro_rules! bad {
    ($name:ident, $($update:tt)*) => {
        #[derive(LogicBlock)]
        pub(super) struct $name {
            pub a: Signal<In, Bits<8>>,
            pub b: Signal<In, Bits<12>>,
            pub p: Signal<In, Bit>,
            pub out: Signal<Out, Bits<8>>,
            l: Signal<Local, Bits<8>>,
            m: Signal<Local, Bits<8>>,
            c: Constant<Bits<8>>,
        }
        impl Default for $name {
            fn default() -> Self {
                Self {
                    a: Default::default(), b: Default::default(), p: Default::default(), out: Default::default(),
                    l: Default::default(), m: Default::default(), c: Constant::new(5.into()),
                }
            }
        }
        impl Logic for $name {
            $($update)*
        }
    };
}

/// Printing without `connect_all`, which would refuse some of these itself.
pub(super) fn refused<B: Block + Default>() -> EmitError {
    let mut block = Box::<B>::default();
    block.connect_all();
    match crate::emit::verilog(block.as_ref(), "top") {
        Ok(text) => panic!("printed:\n{text}"),
        Err(error) => error,
    }
}

bad!(
    Fine,
    #[hdl_gen]
    fn update(&mut self) {
        self.out.next = self.l.val();
        self.l.next = self.a.val();
        self.m.next = self.c.val();
    }
);

#[test]
fn the_frame_of_these_tests_prints() {
    emit_top(Box::<Fine>::default(), "top").expect("nothing bad in it");
}

bad!(
    HalfAssigned,
    #[hdl_gen]
    fn update(&mut self) {
        self.m.next = self.a.val();
        self.l.next = self.a.val();
        if self.p.val() {
            self.out.next = self.m.val();
        }
    }
);
bad!(
    CaseWithoutDefault,
    #[hdl_gen]
    fn update(&mut self) {
        self.m.next = self.a.val();
        self.out.next = self.a.val();
        match self.a.val().index() {
            1 => {
                self.l.next = 1.into();
            }
            2 => {
                self.l.next = 2.into();
            }
            _ => {}
        }
    }
);
bad!(
    NeverAssigned,
    #[hdl_gen]
    fn update(&mut self) {
        self.out.next = self.m.val() + self.l.val();
        self.m.next = self.a.val();
    }
);

#[test]
fn latches_and_undriven_signals_are_refused() {
    let error = refused::<HalfAssigned>();
    assert_eq!(error.problem, Problem::Latch("out".into()));
    assert_eq!(error.module, "top");
    assert!(error.to_string().contains("if p"), "{error}");
    assert_eq!(refused::<CaseWithoutDefault>().problem, Problem::Latch("l".into()));
    assert_eq!(refused::<NeverAssigned>().problem, Problem::Undriven("l".into()));
}

bad!(
    WideLiteral,
    #[hdl_gen]
    fn update(&mut self) {
        self.l.next = self.a.val();
        self.m.next = self.a.val();
        self.out.next = self.a.val() + 256;
    }
);
bad!(
    WideCompare,
    #[hdl_gen]
    fn update(&mut self) {
        self.l.next = self.a.val();
        self.m.next = self.a.val();
        self.out.next = self.a.val();
        if self.a.val() == 300 {
            self.out.next = 0.into();
        }
    }
);

#[test]
fn large_literals_are_refused() {
    let problem = Problem::LiteralTooLarge { value: "0x100".into(), width: 8 };
    let error = refused::<WideLiteral>();
    assert_eq!(error.problem, problem);
    assert_eq!(error.to_string(), "literal 0x100 does not fit 8 bits, in module `top`: out.next = a + 256;");
    assert!(matches!(refused::<WideCompare>().problem, Problem::LiteralTooLarge { width: 8, .. }));
}

bad!(
    PastTheTop,
    #[hdl_gen]
    fn update(&mut self) {
        self.l.next = self.a.val();
        self.m.next = self.a.val();
        self.out.next = self.b.val().get_bits::<8>(5);
    }
);
bad!(
    BitPastTheTop,
    #[hdl_gen]
    fn update(&mut self) {
        self.l.next = self.a.val();
        self.m.next = self.a.val();
        self.out.next = self.a.val().replace_bit(8, self.p.val());
    }
);

#[test]
fn slices_past_the_top_are_refused() {
    let problem = Problem::OutOfRange { of: "b".into(), width: 12, low: 5, high: 12 };
    assert_eq!(refused::<PastTheTop>().problem, problem);
    let problem = Problem::OutOfRange { of: "a".into(), width: 8, low: 8, high: 8 };
    assert_eq!(refused::<BitPastTheTop>().problem, problem);
}

/// Passes through the macro by its name, and does not widen alone.
trait Twist {
    fn to_bits<const M: usize>(self) -> Bits<M>;
}
impl<const N: usize> Twist for Bits<N> {
    fn to_bits<const M: usize>(self) -> Bits<M> {
        bit_cast(self)
    }
}
bad!(
    Cut,
    #[hdl_gen]
    fn update(&mut self) {
        self.l.next = self.a.val();
        self.m.next = self.a.val();
        self.out.next = self.b.val().to_bits();
    }
);
bad!(
    Mixed,
    #[hdl_gen]
    fn update(&mut self) {
        self.l.next = self.a.val();
        self.m.next = self.a.val();
        self.out.next = self.b.val().to_bits() + self.a.val();
    }
);
bad!(
    WidenedOperands,
    #[hdl_gen]
    fn update(&mut self) {
        self.l.next = self.a.val();
        self.m.next = self.a.val();
        self.out.next = self.a.val();
        if bit_cast::<12, 8>(self.a.val()) == self.a.val().to_bits() {
            self.out.next = 1.into();
        }
    }
);

#[test]
fn other_widths_are_refused() {
    assert_eq!(refused::<Cut>().problem, Problem::WidthMismatch { of: "b".into(), width: 12, wanted: 8 });
    assert!(matches!(refused::<Mixed>().problem, Problem::WidthMismatch { .. }));
    assert!(matches!(refused::<WidenedOperands>().problem, Problem::WidthMismatch { .. }));
}

bad!(
    ReadTooEarly,
    #[hdl_gen]
    fn update(&mut self) {
        self.m.next = self.a.val();
        self.out.next = self.a.val();
        if self.p.val() {
            self.l.next = self.a.val();
        }
        self.out.next = self.l.val();
        self.l.next = self.m.val();
    }
);
bad!(
    OnlyConstants,
    #[hdl_gen]
    fn update(&mut self) {
        self.l.next = self.a.val();
        self.m.next = self.a.val();
        self.out.next = 1.into();
        if self.c.val() >> 1 == 2 {
            self.out.next = 2.into();
        }
    }
);

#[test]
fn order_and_constants_are_checked() {
    assert_eq!(refused::<ReadTooEarly>().problem, Problem::ReadBeforeAssigned("l".into()));
    assert_eq!(refused::<OnlyConstants>().problem, Problem::ConstantProcess("out".into()));
}
