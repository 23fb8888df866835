// SPDX-License-Identifier: MIT OR Apache-2.0
//! TCP options: impossible lengths, unknown kinds, every order.

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

/// Lists of options of which one has an impossible length.
fn impossible() -> Vec<Vec<u8>> {
    let mut lists = vec![];
    for kind in [2_u8, 3, 4, 5, 8, 9, 28, 30, 34, 69, 128, 253, 254, 255] {
        for length in [0, 1] {
            // At every place, behind NOPs.
            for nops in [0, 1, 2, 3, 4, 7, 38] {
                lists.push([&vec![1; nops][..], &[kind, length]].concat());
            }
            // Behind another option, and before one.
            lists.push(vec![2, 4, 5, 0xb4, kind, length, 2, 4]);
        }
        // Beyond the header: by one, by many.
        for (before, length) in [(0, 5), (0, 9), (0, 41), (0, 255), (1, 4), (2, 3), (3, 2), (36, 5), (39, 2)]
        {
            let mut list = vec![1; before];
            list.push(kind);
            if !list.len().is_multiple_of(4) {
                list.push(length);
            }
            // Nothing that ends the list, and no byte more than a header's word.
            list.resize(list.len().next_multiple_of(4), 7);
            lists.push(list);
        }
    }
    lists
}

/// Nothing that follows an impossible option is right: the segment is dropped, and the payload is not read as options.
// covers: MUST-7
#[test]
fn impossible_lengths() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let _listener = lab.device.listen(80).expect("a port");
        let mut cases = vec![];
        for list in impossible() {
            // The payload would go on as options.
            let data = lab.next_segment(&[2, 4, 0, 64, 1, 1, 0, 0]);
            let fin = Segment { flags: FIN | ACK, ..lab.next_segment(&[]) };
            let rst = Segment { flags: RST, ..lab.next_segment(&[]) };
            let syn = segment(6_000, 80, SYN, 1, 0, &[]);
            for (what, segment) in [("data", data), ("FIN", fin), ("RST", rst), ("SYN", syn)] {
                let frame = Packet::with_options(&segment, &list).frame();
                cases.push(Case::drop(c::TCP_BAD_OPTION, format!("{what} with {list:02x?}"), frame));
            }
        }
        lab.suffer(&cases);
        assert_eq!(lab.device.connections().expect("the table").len(), 1);
        lab.finish();
    }
}

/// What is not known is skipped, in every kind of segment and at every place; and so is an MSS outside a SYN.
// covers: MUST-5, MUST-6, MUST-64, MUST-65
#[test]
fn unknown_options() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let listener = lab.device.listen(80).expect("a port");
        let mut raw = Raw::open(&mut lab, &listener, 6_001, 3);
        let mss = lab.word(raw.stream.flow(), connection::PORTS);
        let mut lists: Vec<Vec<u8>> = vec![
            vec![1; 40],
            vec![0; 40],
            vec![0, 2, 0, 0], // what follows the end of the list is nothing
            vec![1, 1, 1, 0, 5, 1, 0, 9],
            vec![2, 4, 0, 64], // MSS on data
            vec![1, 2, 4, 0, 64],
            vec![2, 3, 9, 1], // MSS of another length
            vec![8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1],
            vec![3, 3, 14, 4, 2, 5, 10, 1, 2, 3, 4, 5, 6, 7, 8],
        ];
        for kind in (9..=252).chain([253, 254, 255]) {
            let length = 2 + kind as usize % 39;
            let nops = if length > 36 { 0 } else { kind as usize % 4 };
            lists.push([&vec![1; nops][..], &[kind, length as u8], &vec![kind; length - 2]].concat());
        }
        lists.extend((2..=40).map(|length| [&[77, length][..], &vec![0; usize::from(length) - 2]].concat()));
        for (i, list) in lists.iter().enumerate() {
            let data = [i as u8, 2, 4];
            let packet = Packet::with_options(&raw.at(0, PSH | ACK, &data), list);
            raw.send(&mut lab, &packet, &data);
            // A bare ACK with it is silent.
            let ack = Packet::with_options(&raw.at(0, ACK, &[]), list);
            assert_eq!(ask(&mut lab, ack.frame()), [], "{list:02x?}");
        }
        assert_eq!(lab.word(raw.stream.flow(), connection::PORTS), mss, "MSS outside a SYN counts");
        // A FIN with options, then an RST with options.
        let fin = Packet::with_options(&raw.at(0, FIN | ACK, &[]), &lists[20]).frame();
        let answer = ask(&mut lab, fin);
        raw.seq = raw.seq.wrapping_add(1);
        assert!(answer.len() == 1 && answer[0].ack == raw.seq, "{answer:?}");
        assert_eq!(raw.stream.state().expect("the state"), State::CloseWait);
        let rst = Packet::with_options(&raw.at(0, RST, &[]), &lists[20]).frame();
        let before = lab.counter(c::RST_IN);
        assert_eq!(ask(&mut lab, rst), []);
        assert_eq!(lab.counter(c::RST_IN), before + 1);
        lab.finish();
    }
}

/// The MSS of a SYN is found wherever it stands, beside every other option, whole words or not.
// covers: MUST-4, MUST-6, MUST-64
#[test]
fn mss_in_every_place() {
    for config in BOTH {
        let mut lab = Lab::new(config);
        let _listener = lab.device.listen(80).expect("a port");
        let scale: &[u8] = &[3, 3, 7];
        let sack: &[u8] = &[4, 2];
        let stamps: &[u8] = &[8, 10, 1, 2, 3, 4, 0, 0, 0, 0];
        let unknown: &[u8] = &[200, 5, 2, 4, 9];
        let nop: &[u8] = &[1];
        let mut port = 6_000;
        for (first, second, third) in [
            (nop, nop, nop),
            (scale, sack, stamps),
            (stamps, scale, sack),
            (sack, stamps, unknown),
            (unknown, nop, scale),
            (unknown, unknown, unknown),
        ] {
            for place in 0..=3 {
                let want = 1_000 + port % 400;
                let mss: &[u8] = &[2, 4, (want >> 8) as u8, want as u8];
                let mut list = vec![first, second, third];
                list.insert(place, mss);
                let list = list.concat();
                let syn = Packet::with_options(&segment(port, 80, SYN, 1, 0, &[]), &list);
                let answer = ask(&mut lab, syn.frame());
                assert!(answer.len() == 1 && answer[0].flags == SYN | ACK, "{list:02x?}: {answer:?}");
                let entered = std::iter::from_fn(|| lab.card().state_change()).last().expect("a flow");
                let mss = connection::MSS.get(lab.word(entered.flow, connection::PORTS));
                assert_eq!(mss, u32::from(want), "{list:02x?}");
                assert_eq!(ask(&mut lab, Packet::tcp(&segment(port, 80, RST, 2, 0, &[])).frame()), []);
                port += 1;
            }
        }
        lab.finish();
    }
}

/// Random bytes as options, with a seed: a segment is taken or dropped as a plain reading of the RFC says, never anything else.
// covers: MUST-7, P-9
#[test]
fn random_options() {
    each_seed(2, |seed, config| {
        let mut random = Random::new(seed);
        let mut lab = Lab::new(config);
        let mut cases = vec![];
        for _ in 0..300 {
            let kinds = [0, 1, 1, 2, 2, 3, 4, 4, 5, 8, 10, 40];
            let some = 9 + 3 * random.below(2);
            let len = 4 * (1 + random.below(10));
            let list: Vec<u8> = (0..len).map(|_| kinds[random.below(some) as usize]).collect();
            // An old segment: taken or not, it changes nothing.
            let mut old = lab.next_segment(&[]);
            (old.seq, old.ack) = (old.seq.wrapping_sub(1), old.ack.wrapping_sub(1));
            old.flags = RST;
            let frame = Packet::with_options(&old, &list).frame();
            let fate = syncline_tests::hostile::fate::fate(&frame);
            cases.push(Case::fated(fate, format!("{list:02x?}"), frame));
        }
        let taken = cases.iter().filter(|case| case.counters == [c::SEGMENTS_IN]).count();
        assert!(taken > 10 && taken < 290, "{taken} of 300 are right");
        cases
            .iter_mut()
            .filter(|case| case.counters == [c::SEGMENTS_IN])
            .for_each(|case| case.counters.push(c::OUT_OF_WINDOW));
        lab.idle(&cases);
        lab.transfer(cases.into_iter().map(|case| case.frame));
        lab.finish();
    });
}
