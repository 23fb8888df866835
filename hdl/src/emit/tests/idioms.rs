// SPDX-License-Identifier: MIT OR Apache-2.0
//! Blocks in the idioms that the project uses: streams, state machines, shifters, trees.

use rust_hdl::prelude::*;

#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Beat512 {
    pub data: Bits<512>,
    pub keep: Bits<64>,
    pub last: Bit,
}

#[derive(LogicInterface, Default)]
#[join = "StreamOut"]
pub struct StreamIn<T: Synth> {
    pub data: Signal<In, T>,
    pub valid: Signal<In, Bit>,
    pub ready: Signal<Out, Bit>,
}
#[derive(LogicInterface, Default)]
#[join = "StreamIn"]
pub struct StreamOut<T: Synth> {
    pub data: Signal<Out, T>,
    pub valid: Signal<Out, Bit>,
    pub ready: Signal<In, Bit>,
}

#[derive(LogicBlock, Default)]
pub struct Skid<T: Synth> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub inp: StreamIn<T>,
    pub out: StreamOut<T>,
    held: DFF<T>,
    full: DFF<Bit>,
}
impl<T: Synth> Logic for Skid<T> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, held, full); // clock = clock, d = q for each
        self.inp.ready.next = !self.full.q.val();
        self.out.valid.next = self.inp.valid.val() | self.full.q.val();
        self.out.data.next = self.inp.data.val();
        if self.full.q.val() {
            self.out.data.next = self.held.q.val();
            self.full.d.next = !self.out.ready.val();
        } else {
            self.held.d.next = self.inp.data.val();
            self.full.d.next = self.inp.valid.val() & !self.out.ready.val();
        }
        if self.reset.val() {
            self.full.d.next = false;
        }
    }
}
#[derive(LogicBlock, Default)]
pub struct Skid2<T: Synth> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub inp: StreamIn<T>,
    pub out: StreamOut<T>,
    s: [Skid<T>; 2],
}
impl<T: Synth> Logic for Skid2<T> {
    #[hdl_gen]
    fn update(&mut self) {
        for i in 0..2 {
            self.s[i].clock.next = self.clock.val();
            self.s[i].reset.next = self.reset.val();
        }
        StreamIn::<T>::link(&mut self.inp, &mut self.s[0].inp);
        StreamOut::<T>::join(&mut self.s[0].out, &mut self.s[1].inp);
        StreamOut::<T>::link(&mut self.out, &mut self.s[1].out);
    }
}

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum Rx {
    Idle,
    Body,
    Drop,
}

#[derive(LogicBlock, Default)]
pub struct FrameCount {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub valid: Signal<In, Bit>,
    pub last: Signal<In, Bit>,
    pub bad: Signal<In, Bit>,
    pub beats: Signal<Out, Bits<16>>,
    state: DFF<Rx>,
    count: DFF<Bits<16>>,
}
impl Logic for FrameCount {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, count);
        self.beats.next = self.count.q.val();
        if self.valid.val() {
            match self.state.q.val() {
                Rx::Idle => {
                    self.count.d.next = 1.into();
                    self.state.d.next = Rx::Body;
                    if self.bad.val() {
                        self.state.d.next = Rx::Drop;
                    }
                }
                Rx::Body => {
                    self.count.d.next = self.count.q.val() + 1;
                }
                _ => {}
            }
            if self.last.val() {
                self.state.d.next = Rx::Idle;
            }
        }
        if self.reset.val() {
            self.state.d.next = Rx::Idle;
            self.count.d.next = 0.into();
        }
    }
}

#[derive(LogicBlock, Default)]
pub struct ByteShift {
    pub lo: Signal<In, Bits<512>>,
    pub hi: Signal<In, Bits<512>>,
    pub off: Signal<In, Bits<6>>,
    pub out: Signal<Out, Bits<512>>,
    both: Signal<Local, Bits<1024>>,
    amount: Signal<Local, Bits<10>>,
    moved: Signal<Local, Bits<1024>>,
}
impl Logic for ByteShift {
    #[hdl_gen]
    fn update(&mut self) {
        self.both.next = bit_cast::<1024, 512>(self.lo.val()) | (bit_cast::<1024, 512>(self.hi.val()) << 512);
        self.amount.next = bit_cast::<10, 6>(self.off.val()) << 3;
        self.moved.next = self.both.val() >> self.amount.val();
        self.out.next = self.moved.val().get_bits::<512>(0);
    }
}

pub trait Widen {
    fn to_bits<const M: usize>(self) -> Bits<M>;
}
impl<const N: usize> Widen for Bits<N> {
    fn to_bits<const M: usize>(self) -> Bits<M> {
        assert!(M >= N);
        bit_cast(self)
    }
}
macro_rules! csum_tree {
    ($name:ident, $w:tt, $k:tt, $n:tt) => {
        #[derive(LogicBlock)]
        pub struct $name {
            pub data: Signal<In, Bits<$w>>,
            pub keep: Signal<In, Bits<$k>>,
            pub sum: Signal<Out, Bits<16>>,
            byte: [Signal<Local, Bits<8>>; $k],
            t: [Signal<Local, Bits<24>>; $k],
            fold: Signal<Local, Bits<17>>,
            hi: [Signal<Local, Bits<16>>; $n],
            lo: [Signal<Local, Bits<16>>; $n],
            word: [Signal<Local, Bits<16>>; $n],
        }
        impl Default for $name {
            // arrays longer than 32 have no Default
            fn default() -> Self {
                Self {
                    byte: std::array::from_fn(|_| Default::default()),
                    t: std::array::from_fn(|_| Default::default()),
                    data: Default::default(),
                    keep: Default::default(),
                    sum: Default::default(),
                    hi: Default::default(),
                    lo: Default::default(),
                    word: Default::default(),
                    fold: Default::default(),
                }
            }
        }
        impl Logic for $name {
            #[hdl_gen]
            fn update(&mut self) {
                for i in 0..$k {
                    self.byte[i].next = 0.into();
                    if self.keep.val().get_bit(i) {
                        self.byte[i].next = self.data.val().get_bits::<8>(i * 8);
                    }
                }
                for i in 0..$n {
                    self.hi[i].next = self.byte[i * 2].val().to_bits();
                    self.lo[i].next = self.byte[i * 2 + 1].val().to_bits();
                    self.word[i].next = (self.hi[i].val() << 8) | self.lo[i].val();
                    self.t[i + $n].next = self.word[i].val().to_bits();
                }
                self.t[0].next = 0.into(); // heap order: node p = node 2p + node 2p+1
                for i in 1..$n {
                    self.t[$n - i].next = self.t[2 * ($n - i)].val() + self.t[2 * ($n - i) + 1].val();
                }
                self.fold.next = bit_cast::<17, 16>(self.t[1].val().get_bits::<16>(0))
                    + bit_cast::<17, 8>(self.t[1].val().get_bits::<8>(16));
                self.sum.next =
                    self.fold.val().get_bits::<16>(0) + bit_cast::<16, 1>(self.fold.val().get_bits::<1>(16));
            }
        }
    };
}
csum_tree!(Csum64, 64, 8, 4);
csum_tree!(Csum512, 512, 64, 32);
