// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Intake`]: takes requests from the CQ stream and gives them on when they are whole.
//!
//! The hard block says with the last beat whether a request's payload is good (`discontinue`), and a bad one must be
//! discarded altogether; so no byte may be written before.

use rust_hdl::prelude::*;
use syncline_hdl::stream::StreamOut;
use syncline_hdl::stream::small_fifo::SmallFifo;

use super::CqBeat;

/// Beats in store, and the longest packet: 32, that is a descriptor and 508 dwords. The largest Max_Payload_Size of the
/// hard block, 1,024 bytes, makes 17 beats.
///
/// `cq_ready` comes from registers and is low only while the store is full. A packet that would never fit is cut and marked
/// `bad`, so that it can't stop the stream.
#[derive(LogicBlock, Default)]
pub struct Intake {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// `m_axis_cq_tdata`, `tuser`, `tlast`, `tvalid`, `tready`. `tkeep` is not needed: the strobes say it.
    pub cq_data: Signal<In, Bits<512>>,
    pub cq_user: Signal<In, Bits<183>>,
    pub cq_last: Signal<In, Bit>,
    pub cq_valid: Signal<In, Bit>,
    pub cq_ready: Signal<Out, Bit>,
    /// The beats of whole packets.
    pub out: StreamOut<CqBeat>,
    /// With every beat: the packet is to be discarded.
    pub bad: Signal<Out, Bit>,
    beats: SmallFifo<CqBeat, 5, 6>,
    /// One item a whole packet, so there are never more than beats.
    verdicts: SmallFifo<Bit, 5, 6>,
    inside: DFF<Bit>,
    /// Beats of the packet so far.
    length: DFF<Bits<5>>,
    /// The packet was cut, and what is left of it is lost.
    swallow: DFF<Bit>,
    taken: Signal<Local, Bit>,
    stored: Signal<Local, Bit>,
    cut: Signal<Local, Bit>,
    ends: Signal<Local, Bit>,
    byte_en: Signal<Local, Bits<64>>,
    first_be: Signal<Local, Bits<19>>,
    last_be: Signal<Local, Bits<19>>,
    tph: Signal<Local, Bits<19>>,
    tph_type: Signal<Local, Bits<19>>,
    steering: Signal<Local, Bits<19>>,
}

impl Logic for Intake {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, inside, length, swallow);
        clock!(self, clock, beats, verdicts);
        self.beats.reset.next = self.reset.val();
        self.verdicts.reset.next = self.reset.val();

        // m_axis_cq_tuser at 512 bits (PG213): first_be 7:0 and last_be 15:8, four bits each for the packet that begins at lane 0;
        // byte_en 79:16; is_sop 81:80, is_sop0_ptr 83:82, is_sop1_ptr 85:84, is_eop 87:86, is_eop0_ptr 91:88, is_eop1_ptr 95:92
        // (not needed: `tlast` tells a packet's end without straddling); discontinue 96; tph_present 98:97; tph_type 102:99;
        // tph_st_tag 118:103; parity 182:119.
        self.byte_en.next = self.cq_user.val().get_bits::<64>(16);
        self.first_be.next = bit_cast::<19, 4>(self.cq_user.val().get_bits::<4>(0));
        self.last_be.next = bit_cast::<19, 4>(self.cq_user.val().get_bits::<4>(8));
        self.tph.next = bit_cast::<19, 1>(self.cq_user.val().get_bits::<1>(97));
        self.tph_type.next = bit_cast::<19, 2>(self.cq_user.val().get_bits::<2>(99));
        self.steering.next = bit_cast::<19, 8>(self.cq_user.val().get_bits::<8>(103));

        self.cq_ready.next = self.beats.inp.ready.val();
        self.taken.next = self.cq_valid.val() & self.beats.inp.ready.val();
        self.stored.next = self.taken.val() & !self.swallow.q.val();
        self.cut.next = self.length.q.val().all();
        self.ends.next = self.cq_last.val() | self.cut.val();
        self.beats.inp.valid.next = self.cq_valid.val() & !self.swallow.q.val();
        self.beats.inp.data.next.data = self.cq_data.val();
        self.beats.inp.data.next.strobes = self.byte_en.val();
        if !self.inside.q.val() {
            // PG213 asserts no bit of byte_en for the descriptor's bytes. That was read for a sister block only, and is cheap.
            self.beats.inp.data.next.strobes = (self.byte_en.val() >> 16) << 16;
        }
        self.beats.inp.data.next.side = self.first_be.val()
            | (self.last_be.val() << 4)
            | (self.tph.val() << 8)
            | (self.tph_type.val() << 9)
            | (self.steering.val() << 11);
        self.beats.inp.data.next.first = !self.inside.q.val();
        self.beats.inp.data.next.last = self.ends.val();
        self.verdicts.inp.valid.next = self.stored.val() & self.ends.val();
        self.verdicts.inp.data.next = self.cq_user.val().get_bit(96) | !self.cq_last.val();
        if self.taken.val() {
            self.inside.d.next = !self.cq_last.val();
            self.length.d.next = self.length.q.val() + 1;
            self.swallow.d.next = !self.cq_last.val() & (self.swallow.q.val() | self.cut.val());
            if self.cq_last.val() {
                self.length.d.next = 0.into();
            }
        }

        self.out.valid.next = self.verdicts.out.valid.val();
        self.out.data.next = self.beats.out.data.val();
        self.bad.next = self.verdicts.out.data.val();
        self.beats.out.ready.next = self.verdicts.out.valid.val() & self.out.ready.val();
        self.verdicts.out.ready.next = self.out.ready.val() & self.beats.out.data.val().last;
        if self.reset.val() {
            self.inside.d.next = false;
            self.length.d.next = 0.into();
            self.swallow.d.next = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_hdl::sim::{ready, settle, tick};
    use syncline_hdl::stream::bench::{Drain, PACES, Rng, bits_of, clocked};

    clocked!(Intake);

    struct Packet {
        beats: usize,
        discontinue: bool,
    }

    /// Packets of all lengths, good and bad, and one that is too long: the good ones come out whole, beat for beat.
    #[test]
    fn gives_whole_packets_with_their_verdict() {
        let mut rng = Rng::new(3);
        for (gap, stall) in PACES {
            let mut uut = ready(Box::<Intake>::default());
            let mut packets: Vec<Packet> = (0..40)
                .map(|_| Packet { beats: 1 + rng.below(17) as usize, discontinue: rng.chance(30) })
                .collect();
            packets.insert(10, Packet { beats: 32, discontinue: false });
            packets.insert(20, Packet { beats: 33, discontinue: false });
            packets.insert(21, Packet { beats: 90, discontinue: false });
            let mut drain = Drain::<CqBeat>::new(stall);
            let (mut want, mut verdicts, mut inputs) = (vec![], vec![], vec![]);
            for packet in &packets {
                for i in 0..packet.beats {
                    let last = i + 1 == packet.beats;
                    let (data, mut user) = (rng.bytes(64), rng.bytes(23));
                    user[12] = user[12] & !1 | u8::from(last && packet.discontinue);
                    inputs.push((data.clone(), user.clone(), last));
                    if i < 32 {
                        let word = u128::from_le_bytes(user[..16].try_into().expect("16 bytes"));
                        let strobes = (word >> 16) as u64;
                        let low = |from: u32, bits: u32| (word >> from) as u64 & ((1 << bits) - 1);
                        let side = low(0, 4)
                            | low(8, 4) << 4
                            | low(97, 1) << 8
                            | low(99, 2) << 9
                            | low(103, 8) << 11;
                        want.push(CqBeat {
                            data: bits_of(&data),
                            strobes: if i == 0 { strobes & !0xffff } else { strobes }.into(),
                            side: side.into(),
                            first: i == 0,
                            last: last || i == 31,
                        });
                        verdicts.push(packet.discontinue || packet.beats > 32);
                    }
                }
            }
            let (mut sent, mut offered, mut bad, mut cycles) = (0, false, vec![], 0);
            while drain.got.len() < want.len() {
                offered = sent < inputs.len() && (offered || !rng.chance(gap));
                uut.cq_valid.next = offered;
                if let Some((data, user, last)) = inputs.get(sent) {
                    uut.cq_data.next = bits_of(data);
                    uut.cq_user.next =
                        bits_of(&user[..22]) | (Bits::<183>::from(u64::from(user[22] & 0x7f)) << 176_u64);
                    uut.cq_last.next = *last;
                }
                drain.drive(&mut uut.out, &mut rng);
                settle(uut.as_mut());
                if offered && uut.cq_ready.val() {
                    (sent, offered) = (sent + 1, false);
                }
                if drain.sample(&uut.out).is_some() {
                    bad.push(uut.bad.val());
                }
                tick(uut.as_mut());
                cycles += 1;
                assert!(cycles < 10_000, "stuck with {} of {}", drain.got.len(), want.len());
            }
            // All of the last, cut packets went in too.
            assert_eq!(sent, inputs.len());
            for (i, (got, want)) in drain.got.iter().zip(&want).enumerate() {
                assert_eq!(got, want, "beat {i}");
            }
            assert_eq!(bad, verdicts);
        }
    }

    #[test]
    fn nothing_comes_out_before_the_last_beat() {
        let mut uut = ready(Box::<Intake>::default());
        uut.out.ready.next = true;
        uut.cq_valid.next = true;
        for _ in 0..16 {
            tick(uut.as_mut());
            settle(uut.as_mut());
            assert!(!uut.out.valid.val() && uut.cq_ready.val());
        }
        uut.cq_last.next = true;
        tick(uut.as_mut());
        settle(uut.as_mut());
        assert!(uut.out.valid.val());
    }
}
