// SPDX-License-Identifier: MIT OR Apache-2.0
//! TCP headers that lie, and wrong checksums.

use syncline_model::tcb::flags::{ACK, PSH, SYN};
use syncline_regs::counters as c;
use syncline_tests::hostile::{
    attack::Case,
    forge::Packet,
    lab::Lab,
    raw::{Raw, ask, segment},
};

use crate::BOTH;

const DATA: &[u8] = b"an odd number of bytes: forty-five, all told.";

// covers: NET-3
#[test]
fn data_offset() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let next = lab.next_segment(DATA);
        let mut cases = vec![];
        let mut case = |packet: &Packet, words: u8| {
            let frame = packet.clone().body(|tcp| tcp[12] = words << 4).frame();
            cases.push(Case::drop(
                c::TCP_MALFORMED,
                format!("{words} words of {}", packet.body.len()),
                frame,
            ));
        };
        (0..5).for_each(|words| case(&Packet::tcp(&next), words));
        // Beyond a segment of every length up to the largest header.
        for len in 0..40 {
            let mut next = next.clone();
            next.payload.truncate(len);
            let first = (20 + len) / 4 + 1;
            (first as u8..16).for_each(|words| case(&Packet::tcp(&next), words));
        }
        lab.suffer(&cases);
        lab.finish();
    }
}

// covers: NET-3
#[test]
fn shorter_than_a_header() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let whole = Packet::tcp(&lab.next_segment(&[]));
        let mut cases = vec![];
        for len in 1..20 {
            let mut packet = whole.clone();
            packet.body.truncate(len);
            // The checksum is right where it has room.
            let packet = if len < 18 { packet.ip(|ip| ip[3] = 20 + len as u8) } else { packet.seal() };
            cases.push(Case::drop(c::TCP_MALFORMED, format!("{len} bytes"), packet.frame()));
            cases.push(Case::drop(c::TCP_MALFORMED, format!("{len} bytes, no padding"), packet.bytes()));
        }
        lab.suffer(&cases);
        lab.finish();
    }
}

/// Port 0 is reserved: nobody can answer it.
#[test]
fn port_zero() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let _listener = lab.device.listen(80).expect("a port");
        let mut cases = vec![];
        for flags in [SYN, ACK, SYN | ACK, PSH | ACK, 0] {
            for (from, to) in [(0, 80), (6_000, 0), (0, 0)] {
                let frame = Packet::tcp(&segment(from, to, flags, 5, 5, &[1; 3])).frame();
                cases.push(Case::drop(c::TCP_MALFORMED, format!("{flags:#x} from {from} to {to}"), frame));
            }
        }
        lab.suffer(&cases);
        lab.finish();
    }
}

/// Every bit of a segment that would be taken: header, options, payload, and the addresses of the pseudo-header. None is; the
/// right copy is.
// covers: MUST-3, CK-1, CK-2, CK-3, P-9
#[test]
fn every_bit_of_a_segment() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let listener = lab.device.listen(80).expect("a port");
        let mut raw = Raw::open(&mut lab, &listener, 6_001, 0xffff_ffe0);
        for (len, options) in
            [(45, &[][..]), (44, &[1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8]), (1, &[0; 4]), (0, &[])]
        {
            let right = Packet::with_options(&raw.at(0, PSH | ACK, &DATA[..len]), options);
            let mut cases = vec![];
            for bit in 0..right.body.len() * 8 {
                let frame = right.clone().body_lies(|tcp| tcp[bit / 8] ^= 0x80 >> (bit % 8)).frame();
                // A data offset that can't be is seen before the sum.
                let words = usize::from(frame[46] >> 4);
                let malformed = words < 5 || words * 4 > right.body.len();
                let counter = if malformed { c::TCP_MALFORMED } else { c::TCP_CHECKSUM };
                cases.push(Case::drop(counter, format!("bit {bit}, {len} bytes of data"), frame));
            }
            for bit in 0..32 {
                let frame = right.clone().ip(|ip| ip[12 + bit / 8] ^= 0x80 >> (bit % 8)).frame();
                cases.push(Case::drop(c::TCP_CHECKSUM, format!("source address, bit {bit}"), frame));
            }
            lab.suffer(&cases);
            assert!(raw.read().is_empty(), "something was taken");
            if len > 0 {
                raw.send(&mut lab, &right, &DATA[..len]);
            }
        }
        raw.reset(&mut lab);
        lab.finish();
    }
}

/// A payload with sum and checksum at the ends of ones' complement: 0x0000, 0xffff, and carries that run all the way round.
// covers: CK-1, CK-2, CK-8
#[test]
fn sums_at_the_edge() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let listener = lab.device.listen(80).expect("a port");
        let mut raw = Raw::open(&mut lab, &listener, 6_001, 0xffff_0000);
        for len in [2, 3, 63, 64, 65, 127, 1_459, 1_460] {
            for want in [0, 1, 0xfffe, 0xff00, 0x00ff] {
                // The first word makes the sum what it has to be.
                let mut data = vec![0xff; len];
                data[..2].fill(0);
                let blank = Packet::tcp(&raw.at(0, PSH | ACK, &data));
                let sum = !u16::from_be_bytes([blank.body[16], blank.body[17]]);
                let word = u32::from(!want) + 0xffff - u32::from(sum);
                let word = (word & 0xffff) + (word >> 16);
                data[..2].copy_from_slice(&(word as u16).to_be_bytes());
                let packet = Packet::tcp(&raw.at(0, PSH | ACK, &data));
                let check = u16::from_be_bytes([packet.body[16], packet.body[17]]);
                assert!(check == want || (check, want) == (0xffff, 0) || (check, want) == (0, 0xffff));
                raw.send(&mut lab, &packet, &data);
            }
        }
        raw.reset(&mut lab);
        lab.finish();
    }
}

/// A listener hears nothing of a SYN with a wrong checksum, and a flow is not spent on it.
// covers: MUST-3
#[test]
fn a_wrong_syn() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let _listener = lab.device.listen(80).expect("a port");
        let right = Packet::tcp(&segment(6_000, 80, SYN, 9, 0, &[]));
        let wrong = |bit: usize| right.clone().body_lies(|tcp| tcp[bit / 8] ^= 1 << (bit % 8)).frame();
        let bits = (0..160).filter(|bit| bit / 8 != 12);
        let cases: Vec<_> =
            bits.map(|bit| Case::drop(c::TCP_CHECKSUM, format!("bit {bit}"), wrong(bit))).collect();
        lab.suffer(&cases);
        assert_eq!(lab.device.connections().expect("the table").len(), 1);
        let answer = ask(&mut lab, right.frame());
        assert!(answer.len() == 1 && answer[0].flags == SYN | ACK, "{answer:?}");
        let reset = segment(6_000, 80, 4, 10, 0, &[]);
        assert_eq!(ask(&mut lab, Packet::tcp(&reset).frame()), []);
        lab.finish();
    }
}
