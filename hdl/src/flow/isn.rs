// SPDX-License-Identifier: MIT OR Apache-2.0
//! Initial sequence numbers: RFC 6528, section 3, ISN = M + F(local and remote address and port, secret key).
//!
//! M is a 4-microsecond clock. F is a PRF of one Ascon permutation of 12 rounds, the construction of Ascon-PRFshort: the state is
//! the initial value, the key and the 128-bit message; the result is the last word, XORed with the key. 32 bits of it are used.

use rust_hdl::prelude::*;

/// Computes F, one round a cycle: `done` 12 cycles after `start`.
#[derive(LogicBlock)]
pub struct Isn {
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
    x0: DFF<Bits<64>>,
    x1: DFF<Bits<64>>,
    x2: DFF<Bits<64>>,
    x3: DFF<Bits<64>>,
    x4: DFF<Bits<64>>,
    round: DFF<Bits<4>>,
    running: DFF<Bit>,
    complete: DFF<Bit>,
    last_round: Constant<Bits<4>>,
    iv: Constant<Bits<64>>,
    /// Round constant: 0xf0, 0xe1, ... 0x4b.
    high: Signal<Local, Bits<4>>,
    constant: Signal<Local, Bits<8>>,
    a0: Signal<Local, Bits<64>>,
    a2: Signal<Local, Bits<64>>,
    a4: Signal<Local, Bits<64>>,
    n0: Signal<Local, Bits<64>>,
    n1: Signal<Local, Bits<64>>,
    n2: Signal<Local, Bits<64>>,
    n3: Signal<Local, Bits<64>>,
    n4: Signal<Local, Bits<64>>,
    b0: Signal<Local, Bits<64>>,
    b1: Signal<Local, Bits<64>>,
    b2: Signal<Local, Bits<64>>,
    b3: Signal<Local, Bits<64>>,
    b4: Signal<Local, Bits<64>>,
    s0: Signal<Local, Bits<64>>,
    s1: Signal<Local, Bits<64>>,
    s2: Signal<Local, Bits<64>>,
    s3: Signal<Local, Bits<64>>,
    s4: Signal<Local, Bits<64>>,
    prf: Signal<Local, Bits<32>>,
    clock4: Signal<Local, Bits<32>>,
}

/// The initial value: key bits, message bits, rounds and tag bits, as single bytes.
const IV: u64 = 0x8080_0c20_0000_0000;

impl Default for Isn {
    fn default() -> Self {
        Self {
            last_round: Constant::new(11.into()),
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
            x0: Default::default(),
            x1: Default::default(),
            x2: Default::default(),
            x3: Default::default(),
            x4: Default::default(),
            round: Default::default(),
            running: Default::default(),
            complete: Default::default(),
            high: Default::default(),
            constant: Default::default(),
            a0: Default::default(),
            a2: Default::default(),
            a4: Default::default(),
            n0: Default::default(),
            n1: Default::default(),
            n2: Default::default(),
            n3: Default::default(),
            n4: Default::default(),
            b0: Default::default(),
            b1: Default::default(),
            b2: Default::default(),
            b3: Default::default(),
            b4: Default::default(),
            s0: Default::default(),
            s1: Default::default(),
            s2: Default::default(),
            s3: Default::default(),
            s4: Default::default(),
            prf: Default::default(),
            clock4: Default::default(),
        }
    }
}

impl Logic for Isn {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, x0, x1, x2, x3, x4, round, running, complete);
        // Round constant, and the first layer of XORs.
        self.high.next = !self.round.q.val();
        self.constant.next = (bit_cast::<8, 4>(self.high.val()) << 4) | bit_cast::<8, 4>(self.round.q.val());
        self.a0.next = self.x0.q.val() ^ self.x4.q.val();
        self.a2.next = self.x2.q.val() ^ self.x1.q.val() ^ bit_cast::<64, 8>(self.constant.val());
        self.a4.next = self.x4.q.val() ^ self.x3.q.val();
        // Chi: b(i) = a(i) ^ (!a(i+1) & a(i+2)); a1 = x1, a3 = x3.
        self.n0.next = !self.a0.val();
        self.n1.next = !self.x1.q.val();
        self.n2.next = !self.a2.val();
        self.n3.next = !self.x3.q.val();
        self.n4.next = !self.a4.val();
        self.b0.next = self.a0.val() ^ (self.n1.val() & self.a2.val());
        self.b1.next = self.x1.q.val() ^ (self.n2.val() & self.x3.q.val());
        self.b2.next = self.a2.val() ^ (self.n3.val() & self.a4.val());
        self.b3.next = self.x3.q.val() ^ (self.n4.val() & self.a0.val());
        self.b4.next = self.a4.val() ^ (self.n0.val() & self.x1.q.val());
        // The last layer of XORs.
        self.s0.next = self.b0.val() ^ self.b4.val();
        self.s1.next = self.b1.val() ^ self.b0.val();
        self.s2.next = !self.b2.val();
        self.s3.next = self.b3.val() ^ self.b2.val();
        self.s4.next = self.b4.val();

        if self.running.q.val() {
            // Linear diffusion: each word XORed with two rotations of itself.
            self.x0.d.next = self.s0.val()
                ^ ((self.s0.val() >> 19) | (self.s0.val() << 45))
                ^ ((self.s0.val() >> 28) | (self.s0.val() << 36));
            self.x1.d.next = self.s1.val()
                ^ ((self.s1.val() >> 61) | (self.s1.val() << 3))
                ^ ((self.s1.val() >> 39) | (self.s1.val() << 25));
            self.x2.d.next = self.s2.val()
                ^ ((self.s2.val() >> 1) | (self.s2.val() << 63))
                ^ ((self.s2.val() >> 6) | (self.s2.val() << 58));
            self.x3.d.next = self.s3.val()
                ^ ((self.s3.val() >> 10) | (self.s3.val() << 54))
                ^ ((self.s3.val() >> 17) | (self.s3.val() << 47));
            self.x4.d.next = self.s4.val()
                ^ ((self.s4.val() >> 7) | (self.s4.val() << 57))
                ^ ((self.s4.val() >> 41) | (self.s4.val() << 23));
            self.round.d.next = self.round.q.val() + 1;
            if self.round.q.val() == self.last_round.val() {
                self.running.d.next = false;
                self.complete.d.next = true;
            }
        }
        if self.start.val() {
            self.x0.d.next = self.iv.val();
            self.x1.d.next = self.key.val().get_bits::<64>(64);
            self.x2.d.next = self.key.val().get_bits::<64>(0);
            self.x3.d.next =
                (bit_cast::<64, 32>(self.laddr.val()) << 32) | bit_cast::<64, 32>(self.raddr.val());
            self.x4.d.next =
                (bit_cast::<64, 16>(self.lport.val()) << 48) | (bit_cast::<64, 16>(self.rport.val()) << 32);
            self.round.d.next = 0.into();
            self.running.d.next = true;
            self.complete.d.next = false;
        }

        self.done.next = self.complete.q.val();
        self.prf.next = self.x4.q.val().get_bits::<32>(0) ^ self.key.val().get_bits::<32>(0);
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
    use crate::sim::{ready, settle, tick};
    use crate::stream::bench::{Rng, bits_of, clocked};

    clocked!(Isn);

    #[test]
    fn agrees_with_the_ascon_crate() {
        let mut rng = Rng::new(50);
        let mut uut = ready(Box::<Isn>::default());
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
            for _ in 0..12 {
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
