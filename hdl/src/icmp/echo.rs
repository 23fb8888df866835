// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Echo64`], [`Echo512`]: answer echo requests (RFC 792, RFC 1122 section 3.2.2.6).

use rust_hdl::prelude::*;

use crate::memory::checksum::{Checksum64, Checksum512};
use crate::stream::beat_ram::{BeatRam64, BeatRam512};
use crate::stream::small_fifo::SmallFifo;
use crate::stream::{Beat64, Beat512, StreamIn, StreamOut};
use crate::types::{Ipv4Meta, Ipv4Send};

/// A reply whose message is in the buffer.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct EchoReply {
    /// The requester's Ethernet address.
    pub dmac: Bits<48>,
    /// The requester's IPv4 address.
    pub dst: Bits<32>,
    /// Bytes of the message.
    pub len: Bits<16>,
}

macro_rules! echo {
    ($name:ident, $beat:ident, $ram:ident, $w:tt, $checksum:ident) => {
        /// Echo requests with a right checksum to our own address go back to where they came from, as replies.
        ///
        /// Requests wait in a buffer of `2^A` beats (`C = A + 1`), four at most; what doesn't fit is dropped, and so is a request
        /// that begins while the sum of the one before is being made (9 cycles), and one whose reply would be longer than the MTU
        /// of 1500. The input never waits. Messages come at most every second cycle.
        #[derive(LogicBlock)]
        pub struct $name<const A: usize, const C: usize> {
            pub clock: Signal<In, Clock>,
            pub reset: Signal<In, Bit>,
            /// ICMP messages.
            pub inp: StreamIn<$beat>,
            /// Of the message at `inp`.
            pub meta: Signal<In, Ipv4Meta>,
            /// With the last beat in: the message is not complete.
            pub too_short: Signal<In, Bit>,
            /// Replies.
            pub out: StreamOut<$beat>,
            /// Goes with the reply on `out`.
            pub send: Signal<Out, Ipv4Send>,
            /// A request was taken.
            pub stat_echo: Signal<Out, Bit>,
            /// Dropped: checksum, or shorter than a request can be.
            pub stat_bad: Signal<Out, Bit>,
            /// Dropped: not a request, or to a broadcast address.
            pub stat_ignored: Signal<Out, Bit>,
            /// Dropped: no room.
            pub stat_full: Signal<Out, Bit>,
            /// A message or a reply is inside.
            pub busy: Signal<Out, Bit>,
            // What arrives, a cycle later: behind `ipv4::rx` the ways have been long.
            beat1: DFF<$beat>,
            valid1: DFF<Bit>,
            meta1: DFF<Ipv4Meta>,
            short1: DFF<Bit>,
            message_sum: $checksum,
            in_frame: DFF<Bit>,
            /// The message arriving is a request and was let in.
            accepting: DFF<Bit>,
            /// It has arrived; its sum is being made.
            summing: DFF<Bit>,
            /// It is not complete.
            broken: DFF<Bit>,
            overflow: DFF<Bit>,
            /// The message arriving is not a request for us, or one that came at a bad time.
            ignoring: DFF<Bit>,
            refusing: DFF<Bit>,
            // What was counted last, until its pulse: one a cycle, so that none is lost when they are added up.
            count_bad: DFF<Bit>,
            count_ignored: DFF<Bit>,
            count_full: DFF<Bit>,
            source: DFF<Ipv4Meta>,
            beat_data: Signal<Local, Bits<$w>>,
            kind: Signal<Local, Bits<16>>,
            valid: Signal<Local, Bit>,
            last: Signal<Local, Bit>,
            request: DFF<Bit>,
            short: DFF<Bit>,
            long: DFF<Bit>,
            ignore: Signal<Local, Bit>,
            refuse: Signal<Local, Bit>,
            judged: Signal<Local, Bit>,
            counts: Signal<Local, Bit>,
            accept: Signal<Local, Bit>,
            no_room: Signal<Local, Bit>,
            good: Signal<Local, Bit>,
            // The buffer: the message arriving is between `kept` and `write`.
            ram: $ram<A>,
            write: DFF<Bits<C>>,
            kept: DFF<Bits<C>>,
            read: DFF<Bits<C>>,
            distance: Signal<Local, Bits<C>>,
            read_next: Signal<Local, Bits<C>>,
            load: Signal<Local, Bit>,
            depth: Constant<Bits<C>>,
            replies: SmallFifo<EchoReply, 2, 3>,
            // What leaves.
            item: DFF<$beat>,
            item_valid: DFF<Bit>,
            /// The beat shown by the RAM is not a message's first.
            inside: DFF<Bit>,
            // The reply's checksum: the type changes from 8 to 0. Bit 0 of the sum brings in the carry.
            loaded: Signal<Local, $beat>,
            loaded_data: Signal<Local, Bits<$w>>,
            checksum: Signal<Local, Bits<16>>,
            carries: Signal<Local, Bit>,
            addend: Signal<Local, Bits<17>>,
            changed: Signal<Local, Bits<17>>,
            new_checksum: Signal<Local, Bits<16>>,
            kind_out: Signal<Local, Bits<16>>,
            head: Signal<Local, Bits<32>>,
        }

        impl<const A: usize, const C: usize> Default for $name<A, C> {
            fn default() -> Self {
                assert_eq!(C, A + 1, "echo: a pointer needs one bit more than the address");
                Self {
                    clock: Default::default(),
                    reset: Default::default(),
                    inp: Default::default(),
                    meta: Default::default(),
                    too_short: Default::default(),
                    out: Default::default(),
                    send: Default::default(),
                    stat_echo: Default::default(),
                    stat_bad: Default::default(),
                    stat_ignored: Default::default(),
                    stat_full: Default::default(),
                    busy: Default::default(),
                    beat1: Default::default(),
                    valid1: Default::default(),
                    meta1: Default::default(),
                    short1: Default::default(),
                    message_sum: Default::default(),
                    in_frame: Default::default(),
                    accepting: Default::default(),
                    summing: Default::default(),
                    broken: Default::default(),
                    overflow: Default::default(),
                    ignoring: Default::default(),
                    refusing: Default::default(),
                    count_bad: Default::default(),
                    count_ignored: Default::default(),
                    count_full: Default::default(),
                    source: Default::default(),
                    beat_data: Default::default(),
                    kind: Default::default(),
                    valid: Default::default(),
                    last: Default::default(),
                    request: Default::default(),
                    short: Default::default(),
                    long: Default::default(),
                    ignore: Default::default(),
                    refuse: Default::default(),
                    judged: Default::default(),
                    counts: Default::default(),
                    accept: Default::default(),
                    no_room: Default::default(),
                    good: Default::default(),
                    ram: Default::default(),
                    write: Default::default(),
                    kept: Default::default(),
                    read: Default::default(),
                    distance: Default::default(),
                    read_next: Default::default(),
                    load: Default::default(),
                    depth: Constant::new((1_u64 << A).into()),
                    replies: Default::default(),
                    item: Default::default(),
                    item_valid: Default::default(),
                    inside: Default::default(),
                    loaded: Default::default(),
                    loaded_data: Default::default(),
                    checksum: Default::default(),
                    carries: Default::default(),
                    addend: Default::default(),
                    changed: Default::default(),
                    new_checksum: Default::default(),
                    kind_out: Default::default(),
                    head: Default::default(),
                }
            }
        }

        impl<const A: usize, const C: usize> Logic for $name<A, C> {
            crate::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                dff_setup!(self, clock, in_frame, accepting, summing, broken, overflow, source);
                dff_setup!(self, clock, write, kept, read, item, item_valid, inside);
                dff_setup!(self, clock, ignoring, refusing, count_bad, count_ignored, count_full);
                dff_setup!(self, clock, beat1, valid1, meta1, short1, short, long, request);
                clock!(self, clock, message_sum, ram, replies);
                self.message_sum.reset.next = self.reset.val();
                self.replies.reset.next = self.reset.val();

                // A message is let in or not with its first beat.
                self.inp.ready.next = true;
                self.beat1.d.next = self.inp.data.val();
                self.valid1.d.next = self.inp.valid.val();
                self.meta1.d.next = self.meta.val();
                self.short1.d.next = self.too_short.val();
                self.short.d.next = self.meta.val().len < 8;
                self.long.d.next = self.meta.val().len > 1480;
                self.valid.next = self.valid1.q.val();
                self.last.next = self.beat1.q.val().last;
                self.beat_data.next = self.inp.data.val().data;
                self.kind.next = self.beat_data.val().get_bits::<16>(0);
                self.request.d.next = (self.kind.val() == 8) & !self.meta.val().broadcast;
                self.accept.next = self.accepting.q.val();
                self.ignore.next = self.ignoring.q.val();
                self.refuse.next = self.refusing.q.val();
                if !self.in_frame.q.val() {
                    self.accept.next = self.request.q.val()
                        & !self.short.q.val()
                        & !self.long.q.val()
                        & !self.summing.q.val();
                    self.ignore.next = !self.request.q.val();
                    self.refuse.next = self.request.q.val()
                        & !self.short.q.val()
                        & (self.long.q.val() | self.summing.q.val());
                }
                self.message_sum.seed.next = 0.into();
                self.message_sum.beat.next = self.beat1.q.val();
                self.message_sum.taken.next = self.valid.val() & self.accept.val();

                self.distance.next = self.write.q.val() ^ self.read.q.val();
                self.no_room.next = self.distance.val() == self.depth.val();
                self.ram.write_addr.next = self.write.q.val().get_bits::<A>(0);
                self.ram.write_data.next = self.beat1.q.val();
                self.ram.write_en.next = self.valid.val() & self.accept.val() & !self.no_room.val();
                if self.valid.val() {
                    self.in_frame.d.next = !self.last.val();
                    self.accepting.d.next = self.accept.val();
                    self.ignoring.d.next = self.ignore.val();
                    self.refusing.d.next = self.refuse.val();
                    if self.accept.val() {
                        if !self.in_frame.q.val() {
                            self.source.d.next = self.meta1.q.val();
                            self.overflow.d.next = false;
                        }
                        if self.no_room.val() {
                            self.overflow.d.next = true;
                        } else {
                            self.write.d.next = self.write.q.val() + 1;
                        }
                        if self.last.val() {
                            self.summing.d.next = true;
                            self.broken.d.next = self.short1.q.val();
                        }
                    }
                }

                // The sum decides: the message is kept, or its room is given back.
                self.good.next = self.summing.q.val()
                    & self.message_sum.sum_valid.val()
                    & self.message_sum.sum.val().all()
                    & !self.broken.q.val();
                self.replies.inp.data.next.dmac = self.source.q.val().smac;
                self.replies.inp.data.next.dst = self.source.q.val().src;
                self.replies.inp.data.next.len = self.source.q.val().len;
                self.replies.inp.valid.next = self.good.val() & !self.overflow.q.val();
                self.stat_echo.next = false;
                self.judged.next = self.summing.q.val() & self.message_sum.sum_valid.val();
                if self.judged.val() {
                    self.summing.d.next = false;
                    self.write.d.next = self.kept.q.val();
                    if self.good.val() & !self.overflow.q.val() & self.replies.inp.ready.val() {
                        self.write.d.next = self.write.q.val();
                        self.kept.d.next = self.write.q.val();
                        self.stat_echo.next = true;
                    }
                }
                // A broken message was counted where it was found broken.
                if !self.judged.val() {
                    self.count_bad.d.next = false;
                    self.count_ignored.d.next = false;
                    self.count_full.d.next = false;
                }
                self.counts.next = self.valid.val() & self.last.val() & !self.short1.q.val();
                if self.counts.val() & !self.accept.val() {
                    self.count_ignored.d.next = self.ignore.val();
                    self.count_full.d.next = self.refuse.val();
                    self.count_bad.d.next = !self.ignore.val() & !self.refuse.val();
                }
                self.stat_bad.next = (self.count_bad.q.val() & !self.judged.val())
                    | (self.judged.val() & !self.broken.q.val() & !self.message_sum.sum.val().all());
                self.stat_ignored.next = self.count_ignored.q.val() & !self.judged.val();
                self.stat_full.next = (self.count_full.q.val() & !self.judged.val())
                    | (self.good.val() & !self.stat_echo.val());

                // In the first beat type 8 becomes 0, so HC' = HC + 0x0800 with the carry added again (RFC 1141): never 0, which a
                // message of zeros must not have and no other message needs (RFC 1624 gives 0 for both).
                self.loaded.next = self.ram.read_data.val();
                self.loaded_data.next = self.loaded.val().data;
                self.checksum.next = (bit_cast::<16, 8>(self.loaded_data.val().get_bits::<8>(16)) << 8)
                    | bit_cast::<16, 8>(self.loaded_data.val().get_bits::<8>(24));
                self.carries.next = self.checksum.val().get_bits::<5>(11).all();
                self.addend.next = 0.into();
                self.kind_out.next = self.loaded_data.val().get_bits::<16>(0);
                if !self.inside.q.val() {
                    self.kind_out.next = 0.into();
                    self.addend.next = 0x1000.into();
                    if self.carries.val() {
                        self.addend.next = 0x1001.into();
                    }
                }
                self.changed.next =
                    ((bit_cast::<17, 16>(self.checksum.val()) << 1) | bits::<17>(1)) + self.addend.val();
                self.new_checksum.next = self.changed.val().get_bits::<16>(1);
                self.head.next = bit_cast::<32, 16>(self.kind_out.val())
                    | (bit_cast::<32, 8>(self.new_checksum.val().get_bits::<8>(0)) << 24)
                    | (bit_cast::<32, 8>(self.new_checksum.val().get_bits::<8>(8)) << 16);

                // The RAM shows the beat at `read`; it moves to `item` as soon as that is free.
                self.load.next = (self.kept.q.val() != self.read.q.val())
                    & (self.out.ready.val() | !self.item_valid.q.val());
                self.read_next.next = self.read.q.val();
                if self.load.val() {
                    self.read_next.next = self.read.q.val() + 1;
                    self.item.d.next = self.loaded.val();
                    self.item.d.next.data =
                        ((self.loaded_data.val() >> 32) << 32) | bit_cast::<$w, 32>(self.head.val());
                    self.item_valid.d.next = true;
                    self.inside.d.next = !self.loaded.val().last;
                } else if self.out.ready.val() {
                    self.item_valid.d.next = false;
                }
                self.read.d.next = self.read_next.val();
                self.ram.read_addr.next = self.read_next.val().get_bits::<A>(0);

                self.out.data.next = self.item.q.val();
                self.out.valid.next = self.item_valid.q.val();
                self.replies.out.ready.next =
                    self.item_valid.q.val() & self.out.ready.val() & self.item.q.val().last;
                self.send.next.dmac = self.replies.out.data.val().dmac;
                self.send.next.dst = self.replies.out.data.val().dst;
                self.send.next.protocol = 1.into();
                self.send.next.len = self.replies.out.data.val().len;
                self.busy.next = self.valid1.q.val()
                    | self.in_frame.q.val()
                    | self.summing.q.val()
                    | self.replies.out.valid.val()
                    | self.count_bad.q.val()
                    | self.count_ignored.q.val()
                    | self.count_full.q.val();

                if self.reset.val() {
                    self.valid1.d.next = false;
                    self.in_frame.d.next = false;
                    self.accepting.d.next = false;
                    self.count_bad.d.next = false;
                    self.count_ignored.d.next = false;
                    self.count_full.d.next = false;
                    self.summing.d.next = false;
                    self.write.d.next = 0.into();
                    self.kept.d.next = 0.into();
                    self.read.d.next = 0.into();
                    self.item_valid.d.next = false;
                    self.inside.d.next = false;
                }
            }
        }
    };
}
echo!(Echo64, Beat64, BeatRam64, 64, Checksum64);
echo!(Echo512, Beat512, BeatRam512, 512, Checksum512);

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::sim::{ready, settle, tick};
    use crate::stream::bench::{Drain, Feed, PACES, Rng, beats, clocked, frames};

    type Small = Echo64<8, 9>;
    type Large = Echo512<6, 7>;
    clocked!(Small, Large);

    /// An echo message with a right checksum.
    fn message(kind: u8, rest: &[u8]) -> Vec<u8> {
        let mut message = [&[kind, 0, 0, 0], rest].concat();
        let sum = !ones_sum(&message);
        message[2..4].copy_from_slice(&sum.to_be_bytes());
        message
    }

    fn ones_sum(bytes: &[u8]) -> u16 {
        let word = |pair: &[u8]| u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |b| u32::from(*b));
        let mut sum: u32 = bytes.chunks(2).map(word).sum();
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        sum as u16
    }

    /// A reply to `asked` whose checksum is right; zero may be written in two ways.
    fn answers(got: &[u8], asked: &[u8]) -> bool {
        got[..2] == [0, 0] && got[4..] == asked[4..] && ones_sum(got) == 0xffff
    }

    #[derive(Clone)]
    struct Work {
        bytes: Vec<u8>,
        broadcast: bool,
        too_short: bool,
        answered: bool,
    }

    fn ask(rest: &[u8]) -> Work {
        Work { bytes: message(8, rest), broadcast: false, too_short: false, answered: true }
    }

    fn work(rng: &mut Rng, sizes: &[usize]) -> Vec<Work> {
        let mut work: Vec<_> = sizes.iter().map(|size| ask(&rng.bytes(*size))).collect();
        // Sums around zero: where an incremental checksum could slip.
        for value in [0x0000_u16, 0xf7ff, 0xf7fe, 0xf800, 0xffff, 0x07ff, 0x0800] {
            work.push(ask(&[&value.to_be_bytes()[..], &[0; 6]].concat()));
        }
        for bit in [0, 9, 17, 30, 50, 63] {
            let mut bad = ask(&[1, 2, 3, 4, 5, 6]);
            bad.bytes[bit / 8] ^= 1 << (bit % 8);
            work.push(Work { answered: false, ..bad });
        }
        for kind in [0, 3, 5, 13] {
            work.push(Work { bytes: message(kind, &[7; 20]), answered: false, ..ask(&[]) });
        }
        work.push(Work { broadcast: true, answered: false, ..ask(&[9; 30]) });
        work.push(Work { too_short: true, answered: false, ..ask(&[9; 30]) });
        work.push(Work { too_short: true, answered: false, ..ask(&[1, 2]) });
        for len in [1, 20, 100] {
            let bytes = message(3, &vec![7; len]);
            work.push(Work { bytes, too_short: true, answered: false, ..ask(&[]) });
        }
        work.push(Work { answered: false, ..ask(&[1, 2, 3]) });
        // Longer than the MTU.
        work.push(Work { answered: false, ..ask(&[6; 1477]) });
        work.push(ask(&[8; 40]));
        work
    }

    macro_rules! check {
        ($block:ident, $beat:ident, $sizes:expr, $rng:expr) => {
            for (gap, stall) in PACES {
                let mut uut = ready(Box::<$block>::default());
                let work = work($rng, $sizes);
                let mut drain = Drain::<$beat>::new(stall);
                let (mut echoes, mut drops, mut full) = (0, 0, 0);
                let mut want = VecDeque::new();
                let mut left = work.iter().enumerate();
                let mut feed = Feed::new(vec![], gap);
                let mut pause = 0;
                for cycle in 0.. {
                    // The next one when the sum of the last is made and its reply is gone: there is always room.
                    pause = if feed.is_empty() && !uut.busy.val() { pause + 1 } else { 0 };
                    if pause > 2 {
                        let Some((i, work)) = left.next() else { break };
                        feed = Feed::new(beats::<$beat>(&work.bytes, $rng), gap);
                        uut.meta.next = Ipv4Meta {
                            src: (i as u64 + 77).into(),
                            smac: (i as u64 + 5).into(),
                            len: (work.bytes.len() as u64).into(),
                            broadcast: work.broadcast,
                            ..Default::default()
                        };
                        uut.too_short.next = work.too_short;
                        if work.answered {
                            want.push_back((i as u64, work.bytes.clone()));
                        }
                    }
                    feed.drive(&mut uut.inp, $rng);
                    drain.drive(&mut uut.out, $rng);
                    settle(&mut *uut);
                    assert!(uut.inp.ready.val());
                    feed.sample(&uut.inp);
                    echoes += usize::from(uut.stat_echo.val());
                    drops += usize::from(uut.stat_bad.val()) + usize::from(uut.stat_ignored.val());
                    full += usize::from(uut.stat_full.val());
                    if drain.sample(&uut.out).is_some_and(|beat| beat.last) {
                        let got = frames(&std::mem::take(&mut drain.got)).remove(0);
                        let (i, want) = want.pop_front().expect("no reply too many");
                        assert!(answers(&got, &want), "{got:x?} to {want:x?}");
                        let send = uut.send.val();
                        let reply = Ipv4Send {
                            dmac: (i + 5).into(),
                            dst: (i + 77).into(),
                            protocol: 1.into(),
                            len: (want.len() as u64).into(),
                        };
                        assert_eq!(send, reply);
                    }
                    tick(&mut *uut);
                    assert!(cycle < 100_000, "stuck");
                }
                assert!(want.is_empty());
                assert_eq!(echoes, work.iter().filter(|work| work.answered).count());
                assert_eq!(full, 1, "only the one that is too long");
                let torn = work.iter().filter(|work| work.too_short).count();
                assert_eq!(drops + full + echoes + torn, work.len(), "the incomplete ones are counted before");
            }
        };
    }

    // covers: NET-10
    #[test]
    fn answers_at_64_bits() {
        let sizes: Vec<usize> = (4..30).chain([100, 1476]).collect();
        let mut rng = Rng::new(50);
        check!(Small, Beat64, &sizes, &mut rng);
    }

    // covers: NET-10
    #[test]
    fn answers_at_512_bits() {
        let mut rng = Rng::new(51);
        check!(Large, Beat512, &[4, 5, 59, 60, 61, 62, 124, 125, 1476], &mut rng);
    }

    /// Nobody takes the replies: four small ones, or as much as the buffer holds, wait; the rest is dropped and counted.
    macro_rules! fills {
        ($block:ident, $beat:ident, $size:expr, $kept:expr, $rng:expr) => {
            let mut uut = ready(Box::<$block>::default());
            let messages: Vec<_> = (0..8).map(|_| message(8, &$rng.bytes($size))).collect();
            let mut full = 0;
            uut.meta.next = Ipv4Meta { len: ($size as u64 + 4).into(), ..Default::default() };
            for message in &messages {
                let mut feed = Feed::new(beats::<$beat>(message, $rng), 0);
                let mut after = 0;
                while after < 12 {
                    feed.drive(&mut uut.inp, $rng);
                    settle(&mut *uut);
                    feed.sample(&uut.inp);
                    full += usize::from(uut.stat_full.val());
                    after += usize::from(feed.is_empty());
                    tick(&mut *uut);
                }
            }
            let mut drain = Drain::<$beat>::new(0);
            while uut.busy.val() {
                drain.drive(&mut uut.out, $rng);
                settle(&mut *uut);
                drain.sample(&uut.out);
                tick(&mut *uut);
            }
            let got = frames(&drain.got);
            assert_eq!(got.len(), $kept);
            assert!(got.iter().zip(&messages).all(|(got, asked)| answers(got, asked)));
            assert_eq!(full, 8 - $kept);
        };
    }

    #[test]
    fn drops_what_does_not_fit() {
        let mut rng = Rng::new(52);
        fills!(Small, Beat64, 60, 4, &mut rng);
        fills!(Small, Beat64, 796, 2, &mut rng);
        fills!(Large, Beat512, 1276, 3, &mut rng);
    }
}
