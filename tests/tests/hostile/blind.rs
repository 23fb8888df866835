// SPDX-License-Identifier: MIT OR Apache-2.0
//! Forged segments of the transfer's own tuple by one who does not see it (RFC 5961), and every combination of flags.

use syncline_model::{
    endpoint::Segment,
    tcb::flags::{ACK, FIN, PSH, RST, SYN},
};
use syncline_regs::{code::State, connection, counters as c};
use syncline_sim::Random;
use syncline_tests::hostile::{
    attack::Case,
    forge::Packet,
    lab::Lab,
    raw::{Raw, ask, segment},
};

use crate::{BOTH, each_seed};

/// The card answers with an ACK.
const ACKED: [usize; 2] = [c::SEGMENTS_OUT, c::TX_FRAMES];

/// All flags at a number inside the window but not the next one: nothing changes. RFC 5961 challenges RST and SYN; a FIN has a hole
/// before it. The acknowledgement number is an old one, which tells nothing.
// covers: SEC-2, SEC-5, E-28, E-33
#[test]
fn all_flags_inside_the_window() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        // The smallest segments of one connection in a row come faster than its events are handled.
        lab.crowd = 1;
        for offset in [1, 100, lab.device.limits().rx_ring_bytes - 1] {
            let mut cases = vec![];
            for flags in 0..=255 {
                let next = lab.next_segment(&[]);
                let (seq, ack) = (next.seq.wrapping_add(offset), next.ack.wrapping_sub(1));
                let frame = Packet::tcp(&Segment { seq, ack, flags, ..next }).frame();
                let counters: &[usize] = match flags {
                    _ if flags & RST != 0 => &[c::CHALLENGE_ACK],
                    _ if flags & SYN != 0 => &[c::CHALLENGE_ACK, c::OUT_OF_ORDER],
                    _ if flags & FIN != 0 => &[c::OUT_OF_ORDER],
                    _ => &[],
                };
                let acked: &[usize] = if counters.is_empty() { &[] } else { &ACKED };
                let what = format!("flags {flags:#04x} at {offset}");
                cases.push(Case::segment(&[counters, acked].concat(), what, frame));
            }
            lab.idle(&cases);
        }
        lab.transfer([]);
        lab.finish();
    }
}

/// All flags outside the window, on both sides of it and half the circle away: an ACK, but for RST, which is passed over.
// covers: SEC-3, SEC-5, E-25
#[test]
fn all_flags_outside_the_window() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        lab.crowd = 1;
        let window = lab.device.limits().rx_ring_bytes as i32;
        for offset in [-3, window, window + 5, i32::MIN] {
            let mut cases = vec![];
            for flags in 0..=255 {
                let next = lab.next_segment(&[]);
                let seq = next.seq.wrapping_add_signed(offset);
                let frame = Packet::tcp(&Segment { seq, flags, ..next }).frame();
                let acked: &[usize] = if flags & RST != 0 { &[] } else { &ACKED };
                let what = format!("flags {flags:#04x} at {offset}");
                cases.push(Case::segment(&[&[c::OUT_OF_WINDOW], acked].concat(), what, frame));
            }
            lab.idle(&cases);
        }
        lab.transfer([]);
        lab.finish();
    }
}

/// Data with acknowledgement numbers that can't be: beyond what was sent, and older than the largest window (RFC 5961, section 5).
// covers: SEC-6, E-29
#[test]
fn blind_data() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        lab.transfer([]);
        lab.settle();
        let largest = lab.own_word(connection::MAX_WND);
        let mut cases = vec![];
        for step in [
            1,
            2,
            1_000,
            100_000,
            0x7fff_ffff,
            0x8000_0000,
            0u32.wrapping_sub(largest + 1),
            0u32.wrapping_sub(1 << 30),
        ] {
            for payload in [&b"lies, lies, lies"[..], b""] {
                let next = lab.next_segment(payload);
                let frame = Packet::tcp(&Segment { ack: next.ack.wrapping_add(step), ..next }).frame();
                let counters = [&[c::ACK_INVALID][..], &ACKED].concat();
                cases.push(Case::segment(
                    &counters,
                    format!("ack {step:#x}, {} bytes", payload.len()),
                    frame,
                ));
            }
        }
        lab.idle(&cases);
        lab.transfer([]);
        lab.finish();
    }
}

/// Thousands of guesses at the running transfer, by seed: RST, SYN, data and FIN at random numbers. None hits (the chance is one in a
/// million a guess, and the seed is fixed), and the transfer goes on.
// covers: SEC-3, P-1
#[test]
fn guesses_at_a_running_transfer() {
    each_seed(1, |seed, config| {
        let mut random = Random::new(seed);
        let mut lab = Lab::new(config);
        let next = lab.next_segment(&[]);
        let before = lab.counters();
        let guesses: Vec<_> = (0..3_000)
            .map(|_| {
                let flags =
                    [RST, RST | ACK, SYN, SYN | ACK, ACK, PSH | ACK, FIN | ACK][random.below(7) as usize];
                let (seq, ack) = (random.next_u64() as u32, random.next_u64() as u32);
                let payload = vec![0xee; random.below(100) as usize];
                Packet::tcp(&Segment { flags, seq, ack, payload, ..next.clone() }).frame()
            })
            .collect();
        lab.transfer(guesses);
        lab.settle();
        let after = lab.counters();
        assert_eq!(after[c::RST_IN], before[c::RST_IN]);
        let outside = after[c::OUT_OF_WINDOW] - before[c::OUT_OF_WINDOW] + after[c::TCP_OVERFLOW]
            - before[c::TCP_OVERFLOW];
        assert!(outside > 2_900, "{outside}");
        lab.finish();
    });
}

/// All flags from a stranger: to a closed port an RST with the right numbers, or silence for an RST; to a port that listens a SYN-ACK
/// for a SYN alone, and never a connection for SYN with FIN or RST.
// covers: E-1, E-2, E-3, E-4, E-5, E-8, E-9, E-44
#[test]
fn all_flags_without_a_connection() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let _listener = lab.device.listen(80).expect("a port");
        while lab.card().state_change().is_some() {}
        for flags in 0..=255_u8 {
            for (to, data) in [(81, &[][..]), (81, &[1, 2, 3]), (80, &[]), (80, &[4; 9])] {
                let stranger = segment(6_000, to, flags, 0xffff_fffe, 0x1234_5678, data);
                let before = lab.counter(c::NO_LISTENER);
                let answer = ask(&mut lab, Packet::tcp(&stranger).frame());
                let what = format!("flags {flags:#04x}, {} bytes to {to}", data.len());
                assert_eq!(lab.counter(c::NO_LISTENER) - before, u32::from(to == 81), "{what}");
                let mut states = vec![];
                let numbers: Vec<_> = answer.iter().map(|s| (s.flags, s.seq, s.ack)).collect();
                let length = data.len() as u32 + u32::from(flags & SYN != 0) + u32::from(flags & FIN != 0);
                if flags & RST != 0 {
                    assert_eq!(numbers, [], "{what}");
                } else if flags & ACK != 0 {
                    assert_eq!(numbers, [(RST, 0x1234_5678, 0)], "{what}");
                } else if to == 81 {
                    assert_eq!(numbers, [(RST | ACK, 0, 0xffff_fffe_u32.wrapping_add(length))], "{what}");
                } else if flags & (SYN | FIN) == SYN {
                    // The data of a SYN is not taken: the peer sends it again.
                    assert!(
                        answer.len() == 1 && answer[0].flags == SYN | ACK && answer[0].ack == u32::MAX,
                        "{what}"
                    );
                    let reset = segment(6_000, 80, RST, u32::MAX, 0, &[]);
                    assert_eq!(ask(&mut lab, Packet::tcp(&reset).frame()), [], "{what}");
                    states = vec![State::SynReceived, State::Closed];
                } else {
                    assert_eq!(numbers, [], "{what}");
                }
                let entered: Vec<_> =
                    std::iter::from_fn(|| lab.card().state_change()).map(|s| s.state).collect();
                assert_eq!(entered, states, "{what}");
            }
        }
        lab.finish();
    }
}

/// The right number is right: the enemy's own connection ends with an exact RST, and the transfer does not notice.
// covers: SEC-1
#[test]
fn an_exact_reset() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let listener = lab.device.listen(80).expect("a port");
        let raw = Raw::open(&mut lab, &listener, 6_001, 1);
        let before = lab.counter(c::RST_IN);
        assert_eq!(ask(&mut lab, Packet::tcp(&raw.at(1, RST, &[])).frame()).len(), 1, "a challenge");
        assert_eq!(raw.stream.state().expect("the state"), State::Established);
        raw.reset(&mut lab);
        assert_eq!(lab.counter(c::RST_IN), before + 1);
        lab.finish();
    }
}
