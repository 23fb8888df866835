// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Head64`], [`Head512`]: the first bytes of a frame in network order, whatever the width of the stream; and
//! [`NetworkOrder`].

use rust_hdl::prelude::*;

/// Reverses the bytes of a word: the first byte on the wire (lane 0) comes to the top, and the other way round.
#[derive(LogicBlock, Default)]
pub struct NetworkOrder<const N: usize> {
    pub inp: Signal<In, Bits<N>>,
    pub out: Signal<Out, Bits<N>>,
}

impl<const N: usize> Logic for NetworkOrder<N> {
    fn update(&mut self) {
        let inp = self.inp.val();
        let mut out = Bits::<N>::default();
        for i in 0..N / 8 {
            out = (out << 8) | bit_cast::<N, 8>(inp.get_bits::<8>(8 * i));
        }
        self.out.next = out;
    }
    fn connect(&mut self) {
        self.out.connect();
    }
    fn hdl(&self) -> Verilog {
        let bytes: Vec<_> = (0..N / 8).map(|i| format!("inp[{}:{}]", 8 * i + 7, 8 * i)).collect();
        Verilog::Custom(format!("always @(*) out = {{{}}};", bytes.join(", ")))
    }
}

/// The first `N` bits of every frame of a 64-bit stream (128, 192 or 256): the current beat and `H = N - 64` bits of
/// earlier ones.
#[derive(LogicBlock)]
pub struct Head64<const N: usize, const H: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// The beat at the stream's input.
    pub data: Signal<In, Bits<64>>,
    pub last: Signal<In, Bit>,
    /// The beat is taken.
    pub take: Signal<In, Bit>,
    /// Meaningful with `complete`: the first byte of the frame in the top bits.
    pub bytes: Signal<Out, Bits<N>>,
    /// The beat at the input is the one that completes `bytes`.
    pub complete: Signal<Out, Bit>,
    /// That beat has been taken, the frame goes on.
    pub past: Signal<Out, Bit>,
    /// Some beat of the frame has been taken, the frame goes on.
    pub in_frame: Signal<Out, Bit>,
    /// Index of the beat at the input in its frame, up to 8.
    pub index: Signal<Out, Bits<4>>,
    earlier: DFF<Bits<H>>,
    count: DFF<Bits<4>>,
    order: NetworkOrder<N>,
    window: Signal<Local, Bits<N>>,
    last_index: Constant<Bits<4>>,
    shift: Constant<Bits<9>>,
}

impl<const N: usize, const H: usize> Default for Head64<N, H> {
    fn default() -> Self {
        assert!(
            N == H + 64 && N.is_multiple_of(64) && (128..=512).contains(&N),
            "Head64: {N} bits, {H} earlier"
        );
        Self {
            clock: Default::default(),
            reset: Default::default(),
            data: Default::default(),
            last: Default::default(),
            take: Default::default(),
            bytes: Default::default(),
            complete: Default::default(),
            past: Default::default(),
            in_frame: Default::default(),
            index: Default::default(),
            earlier: Default::default(),
            count: Default::default(),
            order: Default::default(),
            window: Default::default(),
            last_index: Constant::new(((H / 64) as u64).into()),
            shift: Constant::new((H as u64).into()),
        }
    }
}

impl<const N: usize, const H: usize> Logic for Head64<N, H> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, earlier, count);
        self.window.next =
            (bit_cast::<N, 64>(self.data.val()) << self.shift.val()) | bit_cast::<N, H>(self.earlier.q.val());
        self.order.inp.next = self.window.val();
        self.bytes.next = self.order.out.val();
        self.complete.next = self.count.q.val() == self.last_index.val();
        self.past.next = self.count.q.val() > self.last_index.val();
        self.in_frame.next = self.count.q.val().any();
        self.index.next = self.count.q.val();
        if self.take.val() {
            self.earlier.d.next = self.window.val().get_bits::<H>(64);
            if self.count.q.val() != 8 {
                self.count.d.next = self.count.q.val() + 1;
            }
            if self.last.val() {
                self.count.d.next = 0.into();
            }
        }
        if self.reset.val() {
            self.count.d.next = 0.into();
        }
    }
}

/// The first `N` bits of every frame of a 512-bit stream: part of its first beat. The ports are those of [`Head64`];
/// `H` is not used.
#[derive(LogicBlock, Default)]
pub struct Head512<const N: usize, const H: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// The beat at the stream's input.
    pub data: Signal<In, Bits<512>>,
    pub last: Signal<In, Bit>,
    /// The beat is taken.
    pub take: Signal<In, Bit>,
    /// Meaningful with `complete`: the first byte of the frame in the top bits.
    pub bytes: Signal<Out, Bits<N>>,
    /// The beat at the input is the one that completes `bytes`.
    pub complete: Signal<Out, Bit>,
    /// That beat has been taken, the frame goes on.
    pub past: Signal<Out, Bit>,
    /// Some beat of the frame has been taken, the frame goes on.
    pub in_frame: Signal<Out, Bit>,
    /// Index of the beat at the input in its frame, up to 1.
    pub index: Signal<Out, Bits<4>>,
    going_on: DFF<Bit>,
    order: NetworkOrder<N>,
}

impl<const N: usize, const H: usize> Logic for Head512<N, H> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, going_on);
        self.order.inp.next = self.data.val().get_bits::<N>(0);
        self.bytes.next = self.order.out.val();
        self.complete.next = !self.going_on.q.val();
        self.past.next = self.going_on.q.val();
        self.in_frame.next = self.going_on.q.val();
        self.index.next = 0.into();
        if self.going_on.q.val() {
            self.index.next = 1.into();
        }
        if self.take.val() {
            self.going_on.d.next = !self.last.val();
        }
        if self.reset.val() {
            self.going_on.d.next = false;
        }
    }
}
