// SPDX-License-Identifier: MIT OR Apache-2.0
//! The language of the transcripts.
//!
//! Sequence numbers are relative, as a packet analyser prints them: 0 is the SYN, 1 the first byte. Where they really begin is the
//! runner's choice, so that every transcript is also one across the wrap of 2^32.

use std::fmt;

use syncline_model::{
    endpoint::Segment,
    tcb::{Op, State, flags::*},
};

use crate::subject::{Info, LOCAL, PEER, Ports, Subject};

/// A segment to be sent, or the parts of a segment that are expected. What is not given is filled in when sending, and not
/// looked at when expecting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seg {
    flags: u8,
    seq: Option<i64>,
    ack: Option<i64>,
    wnd: Option<u16>,
    mss: Option<Option<u16>>,
    data: Option<Vec<u8>>,
    len: Option<usize>,
}

/// Constructors by kind.
impl Seg {
    /// A segment with these flags.
    pub fn flags(flags: u8) -> Self {
        Seg { flags, seq: None, ack: None, wnd: None, mss: None, data: None, len: None }
    }
    /// SYN.
    pub fn syn() -> Self {
        Seg::flags(SYN)
    }
    /// SYN and ACK.
    pub fn syn_ack() -> Self {
        Seg::flags(SYN | ACK)
    }
    /// ACK, with data or without.
    pub fn ack_() -> Self {
        Seg::flags(ACK)
    }
    /// FIN and ACK.
    pub fn fin() -> Self {
        Seg::flags(FIN | ACK)
    }
    /// RST.
    pub fn rst() -> Self {
        Seg::flags(RST)
    }
    /// RST and ACK.
    pub fn rst_ack() -> Self {
        Seg::flags(RST | ACK)
    }
    /// No flag at all.
    pub fn null() -> Self {
        Seg::flags(0)
    }
}

/// Fields.
impl Seg {
    /// SEG.SEQ, relative to the sender's ISN.
    pub fn seq(mut self, seq: i64) -> Self {
        self.seq = Some(seq);
        self
    }
    /// SEG.ACK, relative to the receiver's ISN.
    pub fn ack(mut self, ack: i64) -> Self {
        self.ack = Some(ack);
        self
    }
    /// SEG.WND.
    pub fn wnd(mut self, wnd: u16) -> Self {
        self.wnd = Some(wnd);
        self
    }
    /// The MSS option.
    pub fn mss(mut self, mss: u16) -> Self {
        self.mss = Some(Some(mss));
        self
    }
    /// The text.
    pub fn data(mut self, data: impl AsRef<[u8]>) -> Self {
        self.data = Some(data.as_ref().to_vec());
        self
    }
    /// The text's length, when expecting; so many bytes of [`text`] when sending.
    pub fn len(mut self, len: usize) -> Self {
        self.len = Some(len);
        self
    }
    /// More flags.
    pub fn with(mut self, flags: u8) -> Self {
        self.flags |= flags;
        self
    }
}

/// `len` bytes that depend on their place.
pub fn text(at: usize, len: usize) -> Vec<u8> {
    (at..at + len).map(|i| (i * 7 + i / 256 * 13) as u8).collect()
}

/// Sends a segment to the TCP under test: `send!(t, ack, seq: 1, ack: 1, len: 100)`.
#[macro_export]
macro_rules! send {
    ($t:expr, ack $(, $field:ident : $value:expr)* $(,)?) => { $t.send($crate::script::Seg::ack_()$(.$field($value))*) };
    ($t:expr, flags($flags:expr) $(, $field:ident : $value:expr)* $(,)?) => { $t.send($crate::script::Seg::flags($flags)$(.$field($value))*) };
    ($t:expr, $kind:ident $(, $field:ident : $value:expr)* $(,)?) => { $t.send($crate::script::Seg::$kind()$(.$field($value))*) };
}

/// Expects a segment at once: `expect!(t, syn_ack, ack: 1)`.
#[macro_export]
macro_rules! expect {
    ($t:expr, ack $(, $field:ident : $value:expr)* $(,)?) => { $t.expect($crate::script::Seg::ack_()$(.$field($value))*) };
    ($t:expr, $kind:ident $(, $field:ident : $value:expr)* $(,)?) => { $t.expect($crate::script::Seg::$kind()$(.$field($value))*) };
}

/// Expects a segment after so many milliseconds of silence: `after!(t, 1000, syn, seq: 0)`. A hundredth is tolerated, late only.
#[macro_export]
macro_rules! after {
    ($t:expr, $ms:expr, ack $(, $field:ident : $value:expr)* $(,)?) => { $t.after($ms, $crate::script::Seg::ack_()$(.$field($value))*) };
    ($t:expr, $ms:expr, $kind:ident $(, $field:ident : $value:expr)* $(,)?) => { $t.after($ms, $crate::script::Seg::$kind()$(.$field($value))*) };
}

/// A conversation with one TCP.
pub struct Script {
    subject: Box<dyn Subject>,
    ports: Ports,
    /// The peer's ISN.
    irs: u32,
    /// The ISN of the TCP under test, once it is known.
    iss: Option<u32>,
    /// Relative: what the peer sends next, and what it has seen.
    snd_nxt: i64,
    rcv_nxt: i64,
    wnd: u16,
    written: usize,
    log: Vec<String>,
}

/// How long an answer may take, us: a core needs some cycles, and none of its timers is as short.
const AT_ONCE: u64 = 1000;

impl Script {
    /// A conversation in which the peer's ISN is `irs`. The ports are 5000 of the peer and 80.
    pub fn new(subject: Box<dyn Subject>, irs: u32) -> Self {
        let ports = Ports { peer: 5000, local: 80 };
        Script {
            subject,
            ports,
            irs,
            iss: None,
            snd_nxt: 0,
            rcv_nxt: 0,
            wnd: 8192,
            written: 0,
            log: Vec::new(),
        }
    }

    /// Goes on with another connection, that of this peer port.
    pub fn switch(&mut self, peer: u16) {
        self.ports.peer = peer;
        self.iss = None;
        self.snd_nxt = 0;
        self.rcv_nxt = 0;
        self.written = 0;
    }

    /// The window of the peer's segments from now on.
    pub fn window(&mut self, wnd: u16) {
        self.wnd = wnd;
    }

    /// The ISN of the TCP under test.
    pub fn iss(&self) -> u32 {
        self.iss.expect("no SYN was seen yet")
    }

    /// The relative number behind a segment of the TCP under test.
    pub fn relative(&self, segment: &Segment) -> i64 {
        i64::from(segment.end().wrapping_sub(self.iss()))
    }

    /// The absolute number of a relative one of the peer's.
    pub fn peer(&self, seq: i64) -> u32 {
        self.irs.wrapping_add(seq as u32)
    }

    fn note(&mut self, line: impl fmt::Display) {
        self.log.push(format!("{:>12} {line}", self.subject.now()));
    }

    #[track_caller]
    fn fail(&self, what: impl fmt::Display) -> ! {
        panic!("{what}; so far:\n{}", self.log.join("\n"))
    }

    /// Sends a segment. Everything that came before must have been expected.
    #[track_caller]
    pub fn send(&mut self, seg: Seg) {
        self.nothing_pending();
        let seq = seg.seq.unwrap_or(self.snd_nxt);
        let ack = seg.ack.unwrap_or(self.rcv_nxt);
        let payload = seg.data.unwrap_or_else(|| text(seq.max(1) as usize - 1, seg.len.unwrap_or(0)));
        let acks = seg.flags & ACK != 0;
        let segment = Segment {
            src: PEER,
            dst: LOCAL,
            src_port: self.ports.peer,
            dst_port: self.ports.local,
            seq: self.irs.wrapping_add(seq as u32),
            ack: if acks { self.iss.unwrap_or(0).wrapping_add(ack as u32) } else { 0 },
            flags: seg.flags,
            window: seg.wnd.unwrap_or(self.wnd),
            mss: seg.mss.flatten(),
            payload,
        };
        let length = i64::from(segment.end().wrapping_sub(segment.seq));
        if segment.flags & RST == 0 {
            self.snd_nxt = self.snd_nxt.max(seq + length);
        }
        let line = self.describe("-->", &segment, self.irs, self.iss.unwrap_or(0));
        self.note(line);
        self.subject.inject(&segment);
    }

    fn describe(&self, arrow: &str, segment: &Segment, seq_base: u32, ack_base: u32) -> String {
        let names = [(SYN, "SYN"), (FIN, "FIN"), (RST, "RST"), (PSH, "PSH"), (ACK, "ACK"), (URG, "URG")];
        let names: Vec<_> =
            names.iter().filter(|(flag, _)| segment.flags & flag != 0).map(|(_, name)| *name).collect();
        let mss = segment.mss.map_or(String::new(), |mss| format!(" mss {mss}"));
        format!(
            "{arrow} {:<11} seq {} ack {} wnd {} len {}{mss}",
            names.join(","),
            segment.seq.wrapping_sub(seq_base) as i32,
            segment.ack.wrapping_sub(ack_base) as i32,
            segment.window,
            segment.payload.len()
        )
    }

    /// The next segment from the TCP under test, if it comes before the time `until`.
    fn receive(&mut self, until: u64) -> Option<Segment> {
        let segment = self.subject.next_segment(until)?;
        if segment.flags & SYN != 0 {
            self.iss = Some(segment.seq);
        }
        let line = self.describe("<--", &segment, self.iss.unwrap_or(0), self.irs);
        self.note(line);
        if segment.flags & RST == 0 {
            let end = i64::from(segment.end().wrapping_sub(self.iss.unwrap_or(0)) as i32);
            self.rcv_nxt = self.rcv_nxt.max(end);
        }
        Some(segment)
    }

    #[track_caller]
    fn nothing_pending(&mut self) {
        let now = self.subject.now();
        if self.receive(now).is_some() {
            self.fail("the last segment was not expected");
        }
    }

    #[track_caller]
    fn compare(&self, segment: &Segment, seg: &Seg) {
        let iss = self.iss.unwrap_or(0);
        let mut wrong = Vec::new();
        if segment.flags & !PSH != seg.flags & !PSH || seg.flags & PSH & !segment.flags != 0 {
            wrong.push(format!("flags {:#04x}, not {:#04x}", segment.flags, seg.flags));
        }
        let mut number = |name: &str, got: u32, base: u32, want: Option<i64>| {
            if let Some(want) = want.filter(|&want| got != base.wrapping_add(want as u32)) {
                wrong.push(format!("{name} {}, not {want}", got.wrapping_sub(base) as i32));
            }
        };
        number("seq", segment.seq, iss, seg.seq);
        number("ack", segment.ack, self.irs, seg.ack);
        number("wnd", segment.window.into(), 0, seg.wnd.map(i64::from));
        number("len", segment.payload.len() as u32, 0, seg.len.map(|len| len as i64));
        if seg.mss.is_some_and(|mss| mss != segment.mss) {
            wrong.push(format!("MSS {:?}", segment.mss));
        }
        if seg.data.as_ref().is_some_and(|data| *data != segment.payload) {
            wrong.push(format!("other data, {} bytes", segment.payload.len()));
        }
        if segment.src_port != self.ports.local || segment.dst_port != self.ports.peer {
            wrong.push(format!("ports {} to {}", segment.src_port, segment.dst_port));
        }
        if (segment.src, segment.dst) != (LOCAL, PEER) {
            wrong.push(format!("addresses {:#x} to {:#x}", segment.src, segment.dst));
        }
        if !wrong.is_empty() {
            self.fail(format!("expected {seg:?}: {}", wrong.join(", ")));
        }
    }

    /// Expects a segment at once.
    #[track_caller]
    pub fn expect(&mut self, seg: Seg) -> Segment {
        let until = self.subject.now() + AT_ONCE;
        match self.receive(until) {
            Some(segment) => {
                self.compare(&segment, &seg);
                segment
            }
            None => self.fail(format!("expected {seg:?}, nothing came")),
        }
    }

    /// Expects a segment after so many milliseconds of silence, no earlier and hardly later.
    #[track_caller]
    pub fn after(&mut self, ms: u64, seg: Seg) -> Segment {
        let begin = self.subject.now();
        let (earliest, latest) = (begin + ms * 990, begin + ms * 1010 + AT_ONCE);
        let Some(segment) = self.receive(latest) else {
            self.fail(format!("expected {seg:?} after {ms} ms, nothing came"));
        };
        let now = self.subject.now();
        if now < earliest {
            self.fail(format!("expected {seg:?} after {ms} ms, a segment came after {} us", now - begin));
        }
        self.compare(&segment, &seg);
        segment
    }

    /// Nothing may come for so many milliseconds.
    #[track_caller]
    pub fn silence(&mut self, ms: u64) {
        let until = self.subject.now() + ms * 1000;
        self.note(format_args!("    {ms} ms of silence"));
        if self.receive(until).is_some() {
            self.fail("expected silence");
        }
    }

    /// Time passes; what comes meanwhile is of no interest.
    pub fn skip(&mut self, ms: u64) -> Vec<Segment> {
        let until = self.subject.now() + ms * 1000;
        std::iter::from_fn(|| self.receive(until)).collect()
    }

    /// Time passes until nothing has come for a millisecond; returns what came.
    pub fn burst(&mut self) -> Vec<Segment> {
        let mut segments = Vec::new();
        while let Some(segment) = self.receive(self.subject.now() + AT_ONCE) {
            segments.push(segment);
        }
        segments
    }

    /// The port listens.
    pub fn listen(&mut self) {
        self.note("    listen");
        self.subject.listen(self.ports.local);
    }

    /// Active open, which must be taken.
    #[track_caller]
    pub fn open(&mut self) {
        self.note("    open");
        if !self.subject.open(self.ports, false) {
            self.fail("open was refused");
        }
    }

    /// Active open with Nagle off.
    #[track_caller]
    pub fn open_without_nagle(&mut self) {
        self.note("    open, Nagle off");
        if !self.subject.open(self.ports, true) {
            self.fail("open was refused");
        }
    }

    /// Active open, which must be refused.
    #[track_caller]
    pub fn open_refused(&mut self) {
        self.note("    open, to be refused");
        if self.subject.open(self.ports, false) {
            self.fail("open was taken");
        }
    }

    /// A host call, which must be taken.
    #[track_caller]
    pub fn call(&mut self, op: Op) {
        self.note(format_args!("    {op:?}"));
        if !self.subject.command(op, self.ports) {
            self.fail(format!("{op:?} was refused"));
        }
    }

    /// A host call, which must be refused.
    #[track_caller]
    pub fn call_refused(&mut self, op: Op) {
        self.note(format_args!("    {op:?}, to be refused"));
        if self.subject.command(op, self.ports) {
            self.fail(format!("{op:?} was taken"));
        }
    }

    /// The host queues the next `len` bytes of [`text`].
    #[track_caller]
    pub fn write(&mut self, len: usize) {
        let count = self.write_some(len);
        if count != len {
            self.fail(format!("write took {count} bytes of {len}"));
        }
    }

    /// ... as many of them as are taken.
    pub fn write_some(&mut self, len: usize) -> usize {
        let data = text(self.written, len);
        let count = self.subject.write(self.ports, &data);
        self.note(format_args!("    write {len} bytes, {count} taken"));
        self.written += count;
        count
    }

    /// The host reads exactly these bytes and finds no more.
    #[track_caller]
    pub fn read(&mut self, want: impl AsRef<[u8]>) {
        let got = self.subject.read(self.ports, usize::MAX);
        self.note(format_args!("    read {} bytes", got.len()));
        if got != want.as_ref() {
            self.fail(format!("read {} bytes, not the {} that were sent", got.len(), want.as_ref().len()));
        }
    }

    /// The host reads up to so many bytes.
    pub fn read_some(&mut self, limit: usize) -> Vec<u8> {
        let got = self.subject.read(self.ports, limit);
        self.note(format_args!("    read {} bytes", got.len()));
        got
    }

    /// What the host sees.
    pub fn info(&mut self) -> Info {
        self.subject.info(self.ports)
    }

    /// The connection must be in this state.
    #[track_caller]
    pub fn state(&mut self, want: State) {
        let got = self.info().state;
        if got != want {
            self.fail(format!("the state is {got}, not {want}"));
        }
    }

    /// Flows that are not in use.
    pub fn free(&mut self) -> usize {
        self.subject.free()
    }

    /// At the end nothing may be left unexpected.
    #[track_caller]
    pub fn end(&mut self) {
        self.nothing_pending();
    }
}

/// Beginnings that many transcripts share.
impl Script {
    /// A connection that the peer opened; MSS 1460.
    #[track_caller]
    pub fn accepted(&mut self) {
        self.listen();
        crate::send!(self, syn, seq: 0, mss: 1460);
        crate::expect!(self, syn_ack, seq: 0, ack: 1);
        crate::send!(self, ack, seq: 1, ack: 1);
        self.state(State::Established);
    }

    /// A connection that the peer opened, 700 ms away: two such round trips make an RTO of 1.75 s (RFC 6298, section 2).
    #[track_caller]
    pub fn accepted_from_afar(&mut self) {
        self.syn_received();
        self.silence(700);
        crate::send!(self, ack, seq: 1, ack: 1);
        self.state(State::Established);
    }

    /// A connection that the host opened; MSS 1460.
    #[track_caller]
    pub fn connected(&mut self) {
        self.open();
        crate::expect!(self, syn, seq: 0);
        crate::send!(self, syn_ack, seq: 0, ack: 1, mss: 1460);
        crate::expect!(self, ack, seq: 1, ack: 1, len: 0);
        self.state(State::Established);
    }

    /// SYN-SENT.
    #[track_caller]
    pub fn syn_sent(&mut self) {
        self.open();
        crate::expect!(self, syn, seq: 0);
        self.state(State::SynSent);
    }

    /// SYN-RECEIVED from LISTEN.
    #[track_caller]
    pub fn syn_received(&mut self) {
        self.listen();
        crate::send!(self, syn, seq: 0, mss: 1460);
        crate::expect!(self, syn_ack, seq: 0, ack: 1);
        self.state(State::SynReceived);
    }

    /// SYN-RECEIVED from SYN-SENT.
    #[track_caller]
    pub fn syn_received_active(&mut self) {
        self.syn_sent();
        crate::send!(self, syn, seq: 0, mss: 1460);
        crate::expect!(self, syn_ack, seq: 0, ack: 1);
        self.state(State::SynReceived);
    }

    /// FIN-WAIT-1: the FIN is number 1.
    #[track_caller]
    pub fn fin_wait_1(&mut self) {
        self.accepted();
        self.call(Op::Shutdown);
        crate::expect!(self, fin, seq: 1, ack: 1);
        self.state(State::FinWait1);
    }

    /// FIN-WAIT-2.
    #[track_caller]
    pub fn fin_wait_2(&mut self) {
        self.fin_wait_1();
        crate::send!(self, ack, seq: 1, ack: 2);
        self.state(State::FinWait2);
    }

    /// CLOSE-WAIT: the peer's FIN was number 1.
    #[track_caller]
    pub fn close_wait(&mut self) {
        self.accepted();
        crate::send!(self, fin, seq: 1, ack: 1);
        crate::expect!(self, ack, seq: 1, ack: 2);
        self.state(State::CloseWait);
    }

    /// CLOSING.
    #[track_caller]
    pub fn closing(&mut self) {
        self.fin_wait_1();
        crate::send!(self, fin, seq: 1, ack: 1);
        crate::expect!(self, ack, seq: 2, ack: 2);
        self.state(State::Closing);
    }

    /// LAST-ACK.
    #[track_caller]
    pub fn last_ack(&mut self) {
        self.close_wait();
        self.call(Op::Shutdown);
        crate::expect!(self, fin, seq: 1, ack: 2);
        self.state(State::LastAck);
    }

    /// TIME-WAIT, from FIN-WAIT-2.
    #[track_caller]
    pub fn time_wait(&mut self) {
        self.fin_wait_2();
        crate::send!(self, fin, seq: 1, ack: 2);
        crate::expect!(self, ack, seq: 2, ack: 2);
        self.state(State::TimeWait);
    }
}
