// SPDX-License-Identifier: MIT OR Apache-2.0
//! The gates between the PHY's clocks and the core's.

use rust_hdl::prelude::*;
use syncline_hdl::emit::bench::{lint_and_synthesise, print};
use syncline_hdl::sim::{ready, settle};
use syncline_hdl::stream::Beat64;
use syncline_hdl::stream::bench::{Drain, Feed, Rng, assert_frames, beats};

use super::RxByte;
use super::rx_gate::RxGate;
use super::tx_gate::TxGate;

/// Both gates of a MAC, the PHY's side of one joined to the other's in the test.
struct Clocks {
    next: [u64; 2],
    half: [u64; 2],
    levels: [bool; 2],
}

impl Clocks {
    /// Half periods, in any unit.
    fn new(half: [u64; 2]) -> Self {
        Self { next: half, half, levels: [false; 2] }
    }

    /// Which of the two rises next.
    fn turn(&mut self) -> [bool; 2] {
        let now = self.next[0].min(self.next[1]);
        let due = self.next.map(|at| at == now);
        let rises = [0, 1].map(|i| due[i] && !self.levels[i]);
        for (i, _) in due.iter().enumerate().filter(|(_, due)| **due) {
            self.levels[i] = !self.levels[i];
            self.next[i] += self.half[i];
        }
        rises
    }
}

#[test]
fn only_good_frames_pass_the_gate() {
    let mut rng = Rng::new(314);
    // The PHY at 12.5 MB/s and the core at 62.5 MHz; at 125 MB/s; and the core hardly faster than the beats.
    for half in [[400, 80], [40, 80], [100, 790]] {
        let mut uut = ready(Box::<RxGate<8, 9>>::default());
        let mut bytes = vec![];
        let (mut want, mut wrong) = (vec![], [0; 3]);
        for i in 0..12 {
            let len = 1 + rng.below(300) as usize;
            let frame = rng.bytes(len);
            let fault: u64 = if i % 3 == 2 { 1 << rng.below(3) } else { 0 };
            bytes.extend(frame.iter().enumerate().map(|(at, byte)| {
                let last = at + 1 == frame.len();
                Some(RxByte {
                    data: u64::from(*byte).into(),
                    last,
                    fault: if last { fault.into() } else { 0.into() },
                })
            }));
            bytes.extend([None; 20]);
            if fault == 0 {
                want.push(frame);
            } else {
                wrong[fault.trailing_zeros() as usize] += 1;
            }
        }
        let mut bytes = bytes.into_iter();
        let mut drain = Drain::<Beat64>::new(30);
        let mut clocks = Clocks::new(half);
        let mut stats = [0; 3];
        for _ in 0..40_000 {
            let rises = clocks.turn();
            if rises[0] {
                let item = bytes.next().flatten();
                uut.inp_valid.next = item.is_some();
                uut.inp.next = item.unwrap_or_default();
            }
            if rises[1] {
                drain.drive(&mut uut.out, &mut rng);
            }
            settle(&mut *uut);
            if rises[1] {
                drain.sample(&uut.out);
                for (count, pin) in stats.iter_mut().zip([&uut.stat_fcs, &uut.stat_length, &uut.stat_phy]) {
                    *count += usize::from(pin.val());
                }
                assert!(!uut.stat_overflow.val());
            }
            uut.phy_clock.next = Clock { clk: clocks.levels[0] };
            uut.clock.next = Clock { clk: clocks.levels[1] };
            settle(&mut *uut);
        }
        assert_frames(&drain.got, &want);
        assert_eq!(stats, wrong);
        assert!(!uut.busy.val());
    }
}

#[test]
fn frames_leave_the_gate_without_a_pause() {
    // The core at 62.5 MHz and the PHY at 12.5 MB/s; at 125 MB/s; and the core hardly faster than the beats.
    for half in [[80, 400], [80, 40], [790, 100]] {
        frames_leave_without_a_pause(half);
    }
}

fn frames_leave_without_a_pause(half: [u64; 2]) {
    let mut rng = Rng::new(315);
    let mut uut = ready(Box::<TxGate<8, 9>>::default());
    // The fourth does not fit: it is lost, and nothing else is.
    let frames: Vec<_> = [60, 1514, 1, 2500, 700, 1514, 1514].map(|len| rng.bytes(len)).into();
    let mut feed = Feed::new(frames.iter().flat_map(|frame| beats::<Beat64>(frame, &mut Rng::new(1))), 30);
    let mut clocks = Clocks::new(half);
    let (mut got, mut frame) = (vec![], vec![]);
    for _ in 0..60_000 {
        let rises = clocks.turn();
        if rises[0] {
            feed.drive(&mut uut.inp, &mut rng);
        }
        uut.out.ready.next = true;
        settle(&mut *uut);
        if rises[0] {
            feed.sample(&uut.inp);
        }
        if rises[1] {
            assert!(uut.out.valid.val() || frame.is_empty(), "a pause in a frame");
            if uut.out.valid.val() {
                frame.push(uut.out.data.val().data.to_u8());
                if uut.out.data.val().last {
                    got.push(std::mem::take(&mut frame));
                }
            }
        }
        uut.clock.next = Clock { clk: clocks.levels[0] };
        uut.phy_clock.next = Clock { clk: clocks.levels[1] };
        settle(&mut *uut);
    }
    let want: Vec<_> = frames.iter().filter(|frame| frame.len() < 2048).cloned().collect();
    assert_eq!(got, want);
    assert!(!uut.busy.val());
}

#[test]
fn what_comes_while_the_core_sleeps_does_not_pass() {
    let mut rng = Rng::new(316);
    let mut uut = ready(Box::<RxGate<8, 9>>::default());
    let frames: Vec<_> = (0..6).map(|_| rng.bytes(100)).collect();
    let item = |frame: &[u8], at: usize| RxByte {
        data: u64::from(frame[at]).into(),
        last: at + 1 == frame.len(),
        fault: 0.into(),
    };
    let bytes =
        frames.iter().flat_map(|frame| (0..frame.len()).map(|at| Some(item(frame, at))).chain([None; 12]));
    let mut bytes = bytes.enumerate();
    let mut drain = Drain::<Beat64>::new(0);
    let mut clocks = Clocks::new([40, 80]);
    let (mut overflows, mut awake) = (0, false);
    for _ in 0..10_000 {
        let rises = clocks.turn();
        if rises[0] {
            let (at, byte) = bytes.next().unwrap_or((usize::MAX, None));
            // In the middle of the third frame.
            awake |= at == 2 * 112 + 50;
            uut.inp_valid.next = byte.is_some();
            uut.inp.next = byte.unwrap_or_default();
        }
        if rises[1] {
            uut.reset.next = !awake;
            drain.drive(&mut uut.out, &mut rng);
        }
        settle(&mut *uut);
        if rises[1] {
            drain.sample(&uut.out);
            overflows += usize::from(uut.stat_overflow.val());
        }
        uut.phy_clock.next = Clock { clk: clocks.levels[0] };
        uut.clock.next = Clock { clk: clocks.levels[1] };
        settle(&mut *uut);
    }
    // The first went into the crossing whole and waited there; from the second the end is missing, from the third the beginning.
    let want: Vec<Vec<u8>> = [0, 3, 4, 5].map(|i| frames[i].clone()).into();
    assert_frames(&drain.got, &want);
    assert_eq!(overflows, 1);
}

/// The core is reset in every place of a frame: with the frame before it and the one behind nothing is wrong.
#[test]
fn a_frame_that_the_core_breaks_off_is_forgotten() {
    let mut rng = Rng::new(316);
    let (before, broken, behind) = (rng.bytes(60), rng.bytes(70), rng.bytes(100));
    for taken in 0..=8 {
        let mut uut = ready(Box::<TxGate<8, 9>>::default());
        let mut given: Vec<Beat64> = beats(&before, &mut rng);
        given.extend(&beats(&broken, &mut rng)[..taken]);
        let mut feed = Feed::new(given, 0);
        let mut clocks = Clocks::new([80, 100]);
        let (mut got, mut frame, mut cut) = (vec![], vec![], 0);
        for _ in 0..2_000 {
            let rises = clocks.turn();
            if rises[0] {
                if feed.is_empty() && cut < 8 {
                    cut += 1;
                    if cut == 8 {
                        feed = Feed::new(beats::<Beat64>(&behind, &mut rng), 0);
                    }
                }
                feed.drive(&mut uut.inp, &mut rng);
                // In the first cycle the core still offers the next beat: the reset has not reached it.
                uut.cut.next = (1..8).contains(&cut);
                if cut == 1 {
                    uut.inp.valid.next = true;
                    uut.inp.data.next = Beat64 { data: 0.into(), keep: 0xff.into(), last: taken == 8 };
                }
            }
            uut.out.ready.next = true;
            settle(&mut *uut);
            if rises[0] {
                assert!(!(uut.cut.val() && uut.inp.ready.val()));
                feed.sample(&uut.inp);
            }
            if rises[1] && uut.out.valid.val() {
                frame.push(uut.out.data.val().data.to_u8());
                if uut.out.data.val().last {
                    got.push(std::mem::take(&mut frame));
                }
            }
            uut.clock.next = Clock { clk: clocks.levels[0] };
            uut.phy_clock.next = Clock { clk: clocks.levels[1] };
            settle(&mut *uut);
        }
        assert_eq!(got, [before.clone(), behind.clone()], "{taken} beats");
        assert!(frame.is_empty() && !uut.busy.val(), "{taken} beats");
    }
}

#[test]
fn gates_lint_and_synthesise() {
    let designs = [print::<RxGate<9, 10>>("rx_gate"), print::<TxGate<9, 10>>("tx_gate")];
    lint_and_synthesise(&designs);
}
