// SPDX-License-Identifier: MIT OR Apache-2.0
//! Initial sequence numbers: RFC 6528, section 3, ISN = M + F(local and remote address and port, secret key).
//!
//! M is a 4-microsecond clock. F is a PRF of one Ascon permutation of 12 rounds, the construction of Ascon-PRFshort: the state is
//! the initial value, the key and the 128-bit message; the result is the last word, XORed with the key. 32 bits of it are used.

use rust_hdl::prelude::*;

use super::ascon::AsconRound;
use super::ascon_bytes::AsconBytes;

/// Computes F, `ROUNDS` rounds (1 or 2) a cycle: `done` 12 or 6 cycles after `start`. A round costs about 640 LUT. With no round a
/// cycle it is done a byte at a time, `done` after 192.
#[derive(LogicBlock)]
pub struct Isn<const ROUNDS: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// The secret.
    pub key: Signal<In, Bits<128>>,
    /// Microseconds.
    pub now: Signal<In, Bits<48>>,
    /// Own address.
    pub laddr: Signal<In, Bits<32>>,
    /// Own port.
    pub lport: Signal<In, Bits<16>>,
    /// Peer address.
    pub raddr: Signal<In, Bits<32>>,
    /// Peer port.
    pub rport: Signal<In, Bits<16>>,
    /// Pulse: compute for the addresses and ports of this cycle; a computation under way is given up.
    pub start: Signal<In, Bit>,
    /// The computation started last is complete.
    pub done: Signal<Out, Bit>,
    /// The ISN, when `done`; it moves with the clock.
    pub isn: Signal<Out, Bits<32>>,
    state: [DFF<Bits<64>>; 5],
    rounds: [AsconRound; 2],
    bytes: AsconBytes,
    /// The first round of this cycle.
    round: DFF<Bits<4>>,
    running: DFF<Bit>,
    complete: DFF<Bit>,
    /// `ROUNDS` as a number, and whether it is 2, or 0: synthesis sees constants.
    rounds_each: Constant<Bits<4>>,
    two: Constant<Bit>,
    by_bytes: Constant<Bit>,
    last_round: Constant<Bits<4>>,
    iv: Constant<Bits<64>>,
    initial: [Signal<Local, Bits<64>>; 5],
    result: Signal<Local, Bits<64>>,
    prf: Signal<Local, Bits<32>>,
    clock4: Signal<Local, Bits<32>>,
}

/// The initial value: key bits, message bits, rounds and tag bits, as single bytes.
const IV: u64 = 0x8080_0c20_0000_0000;

impl<const ROUNDS: usize> Default for Isn<ROUNDS> {
    fn default() -> Self {
        assert!(ROUNDS <= 2, "ISN: {ROUNDS} rounds a cycle");
        Self {
            rounds_each: Constant::new((ROUNDS as u64).into()),
            two: Constant::new(ROUNDS == 2),
            by_bytes: Constant::new(ROUNDS == 0),
            last_round: Constant::new((12 - ROUNDS as u64).into()),
            iv: Constant::new(IV.into()),
            clock: Default::default(),
            reset: Default::default(),
            key: Default::default(),
            now: Default::default(),
            laddr: Default::default(),
            lport: Default::default(),
            raddr: Default::default(),
            rport: Default::default(),
            start: Default::default(),
            done: Default::default(),
            isn: Default::default(),
            state: Default::default(),
            rounds: Default::default(),
            bytes: Default::default(),
            initial: Default::default(),
            result: Default::default(),
            round: Default::default(),
            running: Default::default(),
            complete: Default::default(),
            prf: Default::default(),
            clock4: Default::default(),
        }
    }
}

impl<const ROUNDS: usize> Logic for Isn<ROUNDS> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, round, running, complete);
        clock!(self, clock, bytes);
        self.bytes.reset.next = self.reset.val();
        self.bytes.start.next = self.start.val();
        self.initial[0].next = self.iv.val();
        self.initial[1].next = self.key.val().get_bits::<64>(64);
        self.initial[2].next = self.key.val().get_bits::<64>(0);
        self.initial[3].next =
            (bit_cast::<64, 32>(self.laddr.val()) << 32) | bit_cast::<64, 32>(self.raddr.val());
        self.initial[4].next =
            (bit_cast::<64, 16>(self.lport.val()) << 48) | (bit_cast::<64, 16>(self.rport.val()) << 32);
        for i in 0..5 {
            self.bytes.x[i].next = self.initial[i].val();
            self.state[i].clock.next = self.clock.val();
            self.state[i].d.next = self.state[i].q.val();
            self.rounds[0].x[i].next = self.state[i].q.val();
            self.rounds[1].x[i].next = self.rounds[0].y[i].val();
        }
        self.rounds[0].round.next = self.round.q.val();
        self.rounds[1].round.next = self.round.q.val() + 1;
        if self.running.q.val() {
            for i in 0..5 {
                self.state[i].d.next = self.rounds[0].y[i].val();
                if self.two.val() {
                    self.state[i].d.next = self.rounds[1].y[i].val();
                }
            }
            self.round.d.next = self.round.q.val() + self.rounds_each.val();
            if self.round.q.val() == self.last_round.val() {
                self.running.d.next = false;
                self.complete.d.next = true;
            }
        }
        if self.start.val() {
            for i in 0..5 {
                self.state[i].d.next = self.initial[i].val();
            }
            self.round.d.next = 0.into();
            self.running.d.next = true;
            self.complete.d.next = false;
        }

        self.done.next = self.complete.q.val();
        self.result.next = self.state[4].q.val();
        if self.by_bytes.val() {
            self.done.next = self.bytes.done.val();
            self.result.next = self.bytes.y[4].val();
        }
        self.prf.next = self.result.val().get_bits::<32>(0) ^ self.key.val().get_bits::<32>(0);
        self.clock4.next = self.now.val().get_bits::<32>(2);
        self.isn.next = self.clock4.val() + self.prf.val();
        if self.reset.val() {
            self.running.d.next = false;
            self.complete.d.next = false;
        }
    }
}

/// The same function in software, on an independent implementation of the permutation.
#[cfg(test)]
pub(crate) fn reference(key: u128, now: u64, local: (u32, u16), remote: (u32, u16)) -> u32 {
    let mut state = [
        IV,
        (key >> 64) as u64,
        key as u64,
        u64::from(local.0) << 32 | u64::from(remote.0),
        u64::from(local.1) << 48 | u64::from(remote.1) << 32,
    ];
    ascon::permute12(&mut state);
    ((now >> 2) as u32).wrapping_add((state[4] ^ key as u64) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Clocked, ready, settle, tick};
    use crate::stream::bench::{Rng, bits_of, clocked};

    clocked!(Isn<0>, Isn<1>, Isn<2>);

    #[test]
    fn agrees_with_the_ascon_crate() {
        agrees::<0>(192);
        agrees::<1>(12);
        agrees::<2>(6);
    }

    fn agrees<const ROUNDS: usize>(cycles: usize)
    where
        Isn<ROUNDS>: Clocked,
    {
        let mut rng = Rng::new(50);
        let mut uut = ready(Box::<Isn<ROUNDS>>::default());
        for turn in 0..20 {
            let key = u128::from(rng.next()) << 64 | u128::from(rng.next());
            let (laddr, raddr) = (rng.next() as u32, rng.next() as u32);
            let (lport, rport) = (rng.next() as u16, rng.next() as u16);
            let mut now = rng.next() >> 16;
            uut.key.next = bits_of(&key.to_le_bytes());
            uut.laddr.next = u64::from(laddr).into();
            uut.raddr.next = u64::from(raddr).into();
            uut.lport.next = u64::from(lport).into();
            uut.rport.next = u64::from(rport).into();
            uut.start.next = true;
            tick(&mut *uut);
            uut.start.next = false;
            if turn % 4 == 3 {
                tick(&mut *uut); // started again in the middle
                uut.start.next = true;
                tick(&mut *uut);
                uut.start.next = false;
            }
            uut.raddr.next = 0.into(); // sampled at the start
            for _ in 0..cycles {
                assert!(!uut.done.val());
                tick(&mut *uut);
            }
            for _ in 0..3 {
                uut.now.next = now.into();
                settle(&mut *uut);
                assert!(uut.done.val());
                let isn = u64::from(reference(key, now, (laddr, lport), (raddr, rport)));
                assert_eq!(uut.isn.val(), isn);
                now = (now + 4_001) & 0xffff_ffff_ffff;
            }
        }
    }
}
