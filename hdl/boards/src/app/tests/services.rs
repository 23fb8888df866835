// SPDX-License-Identifier: MIT OR Apache-2.0
//! The services against a port in software.

use std::collections::VecDeque;

use rust_hdl::prelude::*;
use syncline_hdl::clocked;
use syncline_hdl::sim::{ready, settle, tick};
use syncline_hdl::stream::bench::{PACES, Rng};

use crate::app::services::Services;
use crate::app::{AppIn, AppOut};

clocked!(Services);

/// Runs until all is taken and for so many cycles more; what each connection has been sent, and whether it has been closed.
fn run(items: &[AppOut], room: u64, (gap, stall): (u64, u64), more: usize) -> [(Vec<u8>, bool); 16] {
    let mut rng = Rng::new(920);
    let mut uut = ready(Box::<Services>::default());
    let mut queue: VecDeque<_> = items.iter().copied().collect();
    let mut sent: [(Vec<u8>, bool); 16] = Default::default();
    uut.reset.next = true;
    tick(&mut *uut);
    uut.reset.next = false;
    uut.room.next = room.into();
    let mut left = more;
    while left > 0 {
        if queue.is_empty() {
            left -= 1;
        }
        if !uut.inp.valid.val() && !rng.chance(gap) {
            uut.inp.valid.next = !queue.is_empty();
            uut.inp.data.next = queue.front().copied().unwrap_or_default();
        }
        uut.out.ready.next = !rng.chance(stall);
        settle(&mut *uut);
        let offer: Option<AppIn> = uut.out.valid.val().then(|| uut.out.data.val());
        let given = offer.filter(|_| uut.out.ready.val());
        if let Some(item) = given {
            let (bytes, closed) = &mut sent[item.id.index()];
            assert!(!*closed, "something behind the end");
            if item.keep {
                bytes.push(item.data.to_u8());
            }
            *closed = item.last;
        }
        let taken = uut.inp.valid.val() && uut.inp.ready.val();
        tick(&mut *uut);
        if taken {
            queue.pop_front();
            uut.inp.valid.next = false;
            settle(&mut *uut);
        }
        if let (Some(before), None) = (offer, given) {
            let same: AppIn = uut.out.data.val();
            assert!(uut.out.valid.val() && same == before, "an offer is taken back");
        }
    }
    sent
}

fn item(id: u64, port: u64, byte: Option<u8>, last: bool) -> AppOut {
    AppOut {
        data: u64::from(byte.unwrap_or(0)).into(),
        keep: byte.is_some(),
        last,
        id: id.into(),
        dest: port.into(),
        user: false,
    }
}

/// RFC 864, "ASCII Character Generator".
fn generated() -> impl Iterator<Item = u8> {
    let line = |number: usize| {
        (0..72).map(move |column| b' ' + ((number + column) % 95) as u8).chain([b'\r', b'\n'])
    };
    (0..).flat_map(line)
}

#[test]
fn each_port_has_its_service() {
    for pace in PACES {
        let mut items: Vec<_> =
            [(4, 7), (9, 9), (0, 19), (1, 19), (15, 7)].map(|(id, port)| item(id, port, None, false)).into();
        for i in 0..200 {
            let byte = Some((i * 7) as u8);
            items.extend([(4, 7), (9, 9), (1, 19)].map(|(id, port)| item(id, port, byte, false)));
        }
        items.extend([(4, 7), (9, 9), (1, 19)].map(|(id, port)| item(id, port, None, true)));
        let sent = run(&items, 0xffff, pace, 20_000);
        let echo: Vec<u8> = (0..200).map(|i| (i * 7) as u8).collect();
        assert_eq!(sent[4], (echo, true));
        assert_eq!(sent[9], (vec![], true));
        assert_eq!(sent[15], (vec![], false));
        // The one that stays open gets lines for ever, more than a round of the 95 characters; the other until it was closed.
        assert!(sent[0].0.len() > 95 * 74 && !sent[0].1 && sent[1].1);
        for (bytes, _) in &sent[..2] {
            assert!(bytes.iter().copied().eq(generated().take(bytes.len())), "another pattern");
        }
    }
}

/// No line begins without room, and only the echo's connections are not wanted then.
#[test]
fn without_room_nothing_is_sent() {
    let items = [(4, 7), (0, 19), (1, 19)].map(|(id, port)| item(id, port, None, false));
    let sent = run(&items, 0b10, (0, 0), 2_000);
    assert!(sent[0].0.is_empty() && sent[1].0.len() > 1_000);

    let mut uut = ready(Box::<Services>::default());
    for (id, port) in [(4, 7), (5, 9), (6, 19), (7, 7), (7, 9)] {
        uut.inp.valid.next = true;
        uut.inp.data.next = item(id, port, None, false);
        tick(&mut *uut);
    }
    uut.inp.valid.next = false;
    settle(&mut *uut);
    assert_eq!(uut.want.val().to_u16(), !(1 << 4));
    uut.room.next = 0xffff.into();
    settle(&mut *uut);
    assert_eq!(uut.want.val().to_u16(), 0xffff);
}
