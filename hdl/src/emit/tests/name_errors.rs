// SPDX-License-Identifier: MIT OR Apache-2.0
//! Names and children that the printer refuses.

use rust_hdl::prelude::*;

use super::errors::{Fine, refused};
use crate::emit::Problem;

#[derive(LogicBlock, Default)]
struct ConstGeneric<const N: usize> {
    a: Signal<In, Bits<8>>,
    out: Signal<Out, Bit>,
}
impl<const N: usize> Logic for ConstGeneric<N> {
    #[hdl_gen]
    fn update(&mut self) {
        self.out.next = self.a.val().get_bit(N);
    }
}

#[derive(LogicBlock, Default)]
struct KeywordPort {
    event: Signal<In, Bit>,
    out: Signal<Out, Bit>,
}
impl Logic for KeywordPort {
    #[hdl_gen]
    fn update(&mut self) {
        self.out.next = self.event.val();
    }
}

#[derive(LogicInterface, Default)]
struct Pair {
    pub data: Signal<In, Bit>,
}
#[derive(LogicBlock, Default)]
struct Clash {
    pub inp: Pair,
    pub inp_data: Signal<In, Bit>,
    pub out: Signal<Out, Bit>,
}
impl Logic for Clash {
    #[hdl_gen]
    fn update(&mut self) {
        self.out.next = self.inp.data.val() & self.inp_data.val();
    }
}

#[derive(LogicBlock, Default)]
struct LoopName {
    i: Signal<In, Bit>,
    out: [Signal<Out, Bit>; 2],
}
impl Logic for LoopName {
    #[hdl_gen]
    fn update(&mut self) {
        for i in 0..2 {
            self.out[i].next = self.i.val();
        }
    }
}

#[test]
fn names_are_checked() {
    assert_eq!(refused::<ConstGeneric<3>>().problem, Problem::UnknownName("N".into()));
    assert_eq!(refused::<KeywordPort>().problem, Problem::Keyword("event".into()));
    assert_eq!(refused::<Clash>().problem, Problem::NameClash("inp$data".into(), "inp_data".into()));
    assert_eq!(refused::<LoopName>().problem, Problem::AmbiguousName("i".into()));
}

#[derive(LogicBlock, Default)]
struct OpenChild {
    a: Signal<In, Bits<8>>,
    out: Signal<Out, Bits<8>>,
    inner: Fine,
}
impl Logic for OpenChild {
    #[hdl_gen]
    fn update(&mut self) {
        self.inner.a.next = self.a.val();
        self.inner.p.next = true;
        self.out.next = self.inner.out.val();
    }
}

#[derive(LogicBlock, Default)]
struct Outer {
    a: Signal<In, Bits<8>>,
    out: Signal<Out, Bits<8>>,
    middle: OpenChild,
}
impl Logic for Outer {
    #[hdl_gen]
    fn update(&mut self) {
        self.middle.a.next = self.a.val();
        self.out.next = self.middle.out.val();
    }
}

#[test]
fn open_inputs_of_children_are_refused_with_their_path() {
    let error = refused::<Outer>();
    assert_eq!(error.problem, Problem::Undriven("inner$b".into()));
    assert_eq!(error.module, "top.middle");
}
