// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every word, field and number of a connection table entry against `syncline_regs`.

use std::net::Ipv4Addr;

use syncline_regs::code::{self, State};
use syncline_regs::connection::{self as c, Flags};
use syncline_regs::{TABLE_STRIDE, ring};

use super::*;
use crate::sim::{Clocked, ready, settle, tick};

impl Clocked for Snapshot {
    fn clk(&mut self) -> &mut Signal<In, Clock> {
        &mut self.clock
    }
}

const FLOW: u16 = 0x0f01;
const PLACED: u32 = 0x0f02_0304;
const LADDR: u32 = 0x0a01_0203;

/// The hardware's state with a number of the ABI.
fn state(state: State) -> TcpState {
    match state {
        State::Closed => TcpState::Closed,
        State::Listen => TcpState::Listen,
        State::SynSent => TcpState::SynSent,
        State::SynReceived => TcpState::SynReceived,
        State::Established => TcpState::Established,
        State::FinWait1 => TcpState::FinWait1,
        State::FinWait2 => TcpState::FinWait2,
        State::CloseWait => TcpState::CloseWait,
        State::Closing => TcpState::Closing,
        State::LastAck => TcpState::LastAck,
        State::TimeWait => TcpState::TimeWait,
    }
}

fn reason(reason: code::Reason) -> Reason {
    match reason {
        code::Reason::Normal => Reason::Normal,
        code::Reason::Refused => Reason::Refused,
        code::Reason::Reset => Reason::Reset,
        code::Reason::TimedOut => Reason::TimedOut,
        code::Reason::Unreachable => Reason::Unreachable,
        code::Reason::Aborted => Reason::Aborted,
    }
}

/// The value of a field that is one word of the entry: one of its own for each. Without a window scale a peer's window has 16 bits.
fn filled(offset: u32) -> u32 {
    let value = 0x0b00_0000 | offset << 8 | 0xff & !offset;
    if [c::SND_WND, c::MAX_WND].contains(&offset) { value & 0xffff } else { value }
}

/// A TCB without two fields of the same value.
fn tcb() -> Tcb {
    let word = |offset: u32| u64::from(filled(offset)).into();
    Tcb {
        state: TcpState::LastAck,
        reason: Reason::Unreachable,
        generation: 0x1a2b_u64.into(),
        raddr: word(c::RADDR),
        rport: 0x2b3c_u64.into(),
        lport: 0x3c4d_u64.into(),
        iss: word(c::ISS),
        snd_una: word(c::SND_UNA),
        snd_nxt: word(c::SND_NXT),
        snd_max: word(c::SND_MAX),
        snd_end: word(c::SND_END),
        snd_wnd: u64::from(filled(c::SND_WND)).into(),
        max_wnd: u64::from(filled(c::MAX_WND)).into(),
        snd_wl1: word(c::SND_WL1),
        snd_wl2: word(c::SND_WL2),
        irs: word(c::IRS),
        rcv_nxt: word(c::RCV_NXT),
        rcv_adv: word(c::RCV_ADV),
        rcv_user: word(c::RCV_USER),
        mss: 0x4d5e_u64.into(),
        cwnd: word(c::CWND),
        ssthresh: word(c::SSTHRESH),
        bytes_acked: word(c::BYTES_ACKED),
        dup_acks: 2_u64.into(),
        recover: word(c::RECOVER),
        srtt: word(c::SRTT),
        rttvar: word(c::RTTVAR),
        rto: word(c::RTO),
        // The host does not see these two.
        rtt_seq: 0x7777_7777_u64.into(),
        rtt_time: 0x8888_8888_u64.into(),
        retries: 0xb_u64.into(),
        retransmits: 0x5e6f_u64.into(),
        ..Tcb::default()
    }
}

fn uut(tcb: Tcb) -> Box<Snapshot> {
    let mut uut = ready(Box::<Snapshot>::default());
    uut.flow.next = u64::from(FLOW).into();
    uut.placed.next = u64::from(PLACED).into();
    uut.laddr.next = u64::from(LADDR).into();
    uut.tcb.next = tcb;
    uut
}

fn word(uut: &mut Snapshot, offset: u32) -> u32 {
    uut.index.next = u64::from(offset / 4).into();
    tick(uut);
    uut.word.val().to_u64() as u32
}

/// The words at 0 and `c::RECOVERY` of a TCB.
fn flag_words(tcb: Tcb) -> [u32; 2] {
    let mut uut = uut(tcb);
    [c::STATE, c::RECOVERY].map(|offset| word(&mut uut, offset))
}

/// The entry of [`tcb`] by its words' names.
fn want(offset: u32) -> u32 {
    match offset {
        c::STATE => {
            let state = c::TCP_STATE.set(0, State::LastAck.code().into());
            c::FLOW.set(c::REASON.set(state, code::Reason::Unreachable.code().into()), FLOW.into())
        }
        c::HANDLE => c::LPORT.set(c::GENERATION.set(0, 0x1a2b), 0x3c4d),
        c::PORTS => c::MSS.set(c::RPORT.set(0, 0x2b3c), 0x4d5e),
        c::PLACED => PLACED,
        c::RETRANSMITS => 0x5e6f,
        c::RECOVERY => c::DUP_ACKS.set(c::RETRIES.set(0, 0xb), 2),
        offset if (c::LADDR_V6..c::LADDR_V6 + 16).contains(&offset) => mapped(LADDR, offset - c::LADDR_V6),
        offset if (c::RADDR_V6..c::RADDR_V6 + 16).contains(&offset) => {
            mapped(filled(c::RADDR), offset - c::RADDR_V6)
        }
        offset if c::ENTRY.iter().any(|word| word.offset == offset) => filled(offset),
        _ => 0,
    }
}

/// A word of a v4-mapped address.
fn mapped(address: u32, offset: u32) -> u32 {
    ring::address_words(Ipv4Addr::from_bits(address).into())[offset as usize / 4]
}

#[test]
fn each_word_of_the_entry_is_at_its_offset() {
    let mut uut = uut(tcb());
    for offset in (0..TABLE_STRIDE).step_by(4) {
        let name = c::ENTRY.iter().rfind(|word| word.offset <= offset).map_or("", |word| word.name);
        assert_eq!(word(&mut uut, offset), want(offset), "0x{offset:02x}, at or after {name}");
    }
}

#[test]
fn the_first_words_are_an_event() {
    let mut uut = uut(tcb());
    settle(&mut *uut);
    let words: ring::Words = std::array::from_fn(|i| uut.words.val().get_bits::<32>(32 * i).to_u64() as u32);
    let event = ring::Snapshot {
        flow: FLOW,
        state: State::LastAck,
        reason: code::Reason::Unreachable,
        flags: Flags::empty(),
        generation: 0x1a2b,
        lport: 0x3c4d,
        raddr: Ipv4Addr::from_bits(filled(c::RADDR)),
        rport: 0x2b3c,
        mss: 0x4d5e,
        snd_una: filled(c::SND_UNA),
        placed: PLACED,
        rcv_nxt: filled(c::RCV_NXT),
        rcv_user: filled(c::RCV_USER),
    };
    assert_eq!(words, event.encode(false));
}

#[test]
fn states_and_reasons_have_the_numbers_of_the_abi() {
    for &number in State::ALL {
        let [word, _] = flag_words(Tcb { state: state(number), ..Tcb::default() });
        assert_eq!(State::from_code(c::TCP_STATE.get(word) as u8), Some(number));
    }
    for &number in code::Reason::ALL {
        let [word, _] = flag_words(Tcb { reason: reason(number), ..Tcb::default() });
        assert_eq!(code::Reason::from_code(c::REASON.get(word) as u8), Some(number));
    }
}

#[test]
fn each_flag_has_its_bit() {
    let flow = c::FLOW.set(0, FLOW.into());
    let mut seen = Flags::empty();
    for (tcb, flag) in [
        (Tcb { active: true, ..Tcb::default() }, Flags::ACTIVE),
        (Tcb { owned: true, ..Tcb::default() }, Flags::OWNED),
        (Tcb { released: true, ..Tcb::default() }, Flags::RELEASED),
        (Tcb { fin_queued: true, ..Tcb::default() }, Flags::FIN_QUEUED),
        (Tcb { fin_received: true, ..Tcb::default() }, Flags::FIN_RECEIVED),
        (Tcb { nodelay: true, ..Tcb::default() }, Flags::NODELAY),
    ] {
        assert_eq!(flag_words(tcb), [c::FLAGS.set(flow, flag.bits()), 0], "{flag:?}");
        seen |= flag;
    }
    assert_eq!(seen, Flags::all());
    for (tcb, field) in [
        (Tcb { recovery: true, ..Tcb::default() }, c::IN_RECOVERY),
        (Tcb { rtt_busy: true, ..Tcb::default() }, c::RTT_BUSY),
        (Tcb { timer_on: true, ..Tcb::default() }, c::TIMER_ON),
    ] {
        assert_eq!(flag_words(tcb), [flow, field.set(0, 1)], "{}", field.name);
    }
}
