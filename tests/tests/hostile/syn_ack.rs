// SPDX-License-Identifier: MIT OR Apache-2.0
//! Answers to our own SYN that lie: the connection is still to be made, and is made by the right answer.

use syncline_model::tcb::{
    State,
    flags::{ACK, RST, SYN},
};
use syncline_regs::counters as c;
use syncline_tests::hostile::forge::Packet;
use syncline_tests::{
    card::Card,
    subject::{Ports, Subject},
    wire,
};

use crate::BOTH;

const PORTS: Ports = Ports { peer: 80, local: 50_000 };

// covers: MUST-3, MUST-7
#[test]
fn impossible_options_and_wrong_sums() {
    for config in BOTH {
        let mut card = Card::new(config, 1);
        assert!(card.open(PORTS, false));
        let second = 1_000_000;
        let syn = card.next_segment(second / 2).expect("a SYN");
        assert_eq!(syn.flags, SYN);
        let mut answer = syncline_model::endpoint::Segment {
            src: syn.dst,
            dst: syn.src,
            src_port: syn.dst_port,
            dst_port: syn.src_port,
            seq: 7,
            ack: syn.seq.wrapping_add(1),
            flags: SYN | ACK,
            window: 5_000,
            mss: Some(1_000),
            payload: vec![],
        };
        let mut lies = 0;
        for options in [
            &[2, 0, 5, 0][..],
            &[2, 1, 5, 0],
            &[2, 5, 5, 0],
            &[1, 1, 1, 2],
            &[3, 0],
            &[254, 1],
            &[8, 255, 0, 0],
        ] {
            let before = card.counter(c::TCP_BAD_OPTION);
            card.inject_frame(Packet::with_options(&answer, options).frame());
            assert_eq!(card.counter(c::TCP_BAD_OPTION), before + 1, "{options:?}");
            lies += 1;
        }
        let right = Packet::tcp(&answer);
        for bit in 0..24 * 8 {
            let before = card.counter(c::TCP_CHECKSUM) + card.counter(c::TCP_MALFORMED);
            card.inject_frame(right.clone().body_lies(|tcp| tcp[bit / 8] ^= 1 << (bit % 8)).frame());
            assert_eq!(
                card.counter(c::TCP_CHECKSUM) + card.counter(c::TCP_MALFORMED),
                before + 1,
                "bit {bit}"
            );
            lies += 1;
        }
        assert_eq!(lies, 7 + 192);
        // An RST that does not acknowledge our SYN, by anyone (RFC 5961 and RFC 9293, 3.10.7.3).
        for (flags, ack) in [(RST, 0), (RST | ACK, syn.seq), (RST | ACK, syn.seq.wrapping_add(2))] {
            card.inject(&syncline_model::endpoint::Segment { flags, ack, mss: None, ..answer.clone() });
        }
        let half = card.now() + second / 4;
        assert_eq!(card.next_segment(half), None, "an answer to lies");
        assert_eq!(card.info(PORTS).state, State::SynSent);
        answer.mss = Some(900);
        card.inject_frame(wire::frame(&answer));
        let until = card.now() + second;
        let ack = card.next_segment(until).expect("an ACK");
        assert_eq!((ack.flags, ack.ack), (ACK, 8));
        assert_eq!(card.info(PORTS).state, State::Established);
    }
}
