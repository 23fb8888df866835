// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every opcode, status and field of the command rings against `syncline_regs`: the block holds them as literals.

use std::net::{IpAddr, Ipv4Addr};

use syncline_regs::code::{Opcode, State, Status};
use syncline_regs::ring::{self, Completion, Slot, Words};

use super::*;
use crate::sim::{ready, settle, tick};
use crate::stream::bench::clocked;
use crate::types::TcpState;

type Uut = Submission<3>;
clocked!(Uut);

const FLOWS: u16 = 16;
const OWN: Ipv4Addr = Ipv4Addr::new(10, 1, 2, 3);
const MASK: u32 = 0xffff_ff00;
const PEER: Ipv4Addr = Ipv4Addr::new(10, 1, 2, 9);
const GENERATION: u16 = 0x4321;
const COOKIE: u64 = 0x0123_4567_89ab_cdef;

/// What the core says when it is asked.
#[derive(Clone, Copy)]
struct Core {
    enabled: bool,
    opens: bool,
    in_use: bool,
    /// The processor has done the command.
    done: bool,
    flow: u16,
    tcb: Tcb,
    own: Ipv4Addr,
    mask: u32,
}

impl Default for Core {
    /// Everything goes well, on flow 7.
    fn default() -> Self {
        let tcb = Tcb {
            owned: true,
            state: TcpState::Closing,
            generation: u64::from(GENERATION).into(),
            snd_end: 0x5151_5151_u64.into(),
            rcv_nxt: 0x6262_6262_u64.into(),
            ..Tcb::default()
        };
        Core { enabled: true, opens: true, in_use: false, done: true, flow: 7, tcb, own: OWN, mask: MASK }
    }
}

/// What the block has asked of the core.
#[derive(Debug, Default, PartialEq)]
struct Asked {
    open: Option<OpenRequest>,
    listen: Option<ListenRequest>,
    event: Option<Event>,
}

/// A command with a value of its own in each of its fields.
fn command(opcode: Opcode) -> ring::Submission {
    let mut command = ring::Submission::new(opcode, COOKIE);
    match opcode {
        Opcode::Nop => {}
        Opcode::Open => {
            (command.lport, command.rport, command.raddr) = (0xc123, 0x0456, PEER.into());
            command.nodelay = true;
        }
        Opcode::Listen | Opcode::Unlisten => command.lport = 0x1388,
        Opcode::Shutdown | Opcode::Close | Opcode::Abort => {
            (command.flow, command.generation) = (7, GENERATION)
        }
    }
    command
}

/// Gives the block one entry: what it asks, and its completion.
fn run(core: Core, words: &Words) -> (Asked, Completion) {
    let mut uut = ready(Box::<Uut>::default());
    uut.cfg.next = Config {
        enable: core.enabled,
        addr: u64::from(core.own.to_bits()).into(),
        mask: u64::from(core.mask).into(),
        ..Config::default()
    };
    uut.flows.next = u64::from(FLOWS).into();
    (uut.room.next, uut.open.ready.next, uut.listen.ready.next, uut.event.ready.next) =
        (true, true, true, true);
    (uut.open_ok.next, uut.open_in_use.next) = (core.opens, core.in_use);
    (uut.done_valid.next, uut.done_ok.next) = (true, core.done);
    (uut.done_flow.next, uut.done_tcb.next) = (u64::from(core.flow).into(), core.tcb);
    uut.tail.next = 1_u64.into();
    let mut asked = Asked::default();
    uut.completion_stored.next = true;
    for _ in 0..14 {
        settle(&mut *uut);
        let word = 2 * uut.entry_word.val().index();
        if uut.open.valid.val() {
            assert!(asked.open.replace(uut.open.data.val()).is_none(), "asked twice");
        }
        if uut.listen.valid.val() {
            assert!(asked.listen.replace(uut.listen.data.val()).is_none(), "asked twice");
        }
        if uut.event.valid.val() {
            assert!(asked.event.replace(uut.event.data.val()).is_none(), "asked twice");
        }
        if uut.completion_valid.val() {
            let words = std::array::from_fn(|i| uut.completion.val().get_bits::<32>(32 * i).to_u64() as u32);
            let Slot::Entry(completion) = Completion::decode(&words, false) else {
                panic!("no completion: {words:x?}")
            };
            assert_eq!(completion.encode(false), words, "a bit outside the fields");
            return (asked, completion);
        }
        tick(&mut *uut);
        uut.entry.next = (u64::from(words[word + 1]) << 32 | u64::from(words[word])).into();
    }
    panic!("no completion of {words:x?}");
}

/// The completion of a command that reached no flow.
fn without_flow(opcode: u8, status: Status) -> Completion {
    Completion {
        opcode,
        status: Ok(status),
        state: State::Closed,
        flow: 0,
        generation: 0,
        cookie: COOKIE,
        snd_end: 0,
        rcv_nxt: 0,
    }
}

#[test]
fn each_opcode_does_its_own() {
    let to_flow = |op| Asked {
        event: Some(Event {
            kind: EventKind::Command,
            op,
            hit: true,
            flow: 7_u64.into(),
            isn: u64::from(GENERATION).into(),
            ..Event::default()
        }),
        ..Asked::default()
    };
    let port = |on| Asked { listen: Some(ListenRequest { port: 0x1388_u64.into(), on }), ..Asked::default() };
    for &opcode in Opcode::ALL {
        let want = match opcode {
            Opcode::Nop => Asked::default(),
            Opcode::Open => Asked {
                open: Some(OpenRequest {
                    raddr: u64::from(PEER.to_bits()).into(),
                    rport: 0x0456_u64.into(),
                    lport: 0xc123_u64.into(),
                    nodelay: true,
                }),
                ..Asked::default()
            },
            Opcode::Listen => port(true),
            Opcode::Unlisten => port(false),
            Opcode::Shutdown => to_flow(Op::Shutdown),
            Opcode::Close => to_flow(Op::Close),
            Opcode::Abort => to_flow(Op::Abort),
        };
        let (asked, done) = run(Core::default(), &command(opcode).encode());
        assert_eq!(asked, want, "{opcode}");
        let on_flow = Completion {
            state: State::Closing,
            flow: 7,
            generation: GENERATION,
            snd_end: 0x5151_5151,
            rcv_nxt: 0x6262_6262,
            ..without_flow(opcode.code(), Status::Ok)
        };
        let want = match opcode {
            Opcode::Nop | Opcode::Listen | Opcode::Unlisten => without_flow(opcode.code(), Status::Ok),
            Opcode::Open | Opcode::Shutdown | Opcode::Close | Opcode::Abort => on_flow,
        };
        assert_eq!(done, want, "{opcode}");
    }
}

#[test]
fn the_flags_of_open_are_its_own() {
    let (asked, _) =
        run(Core::default(), &ring::Submission { nodelay: false, ..command(Opcode::Open) }.encode());
    assert!(!asked.open.expect("a request").nodelay);
    // The other bits of the field mean nothing.
    let mut words = command(Opcode::Open).encode();
    words[0] = ring::OPTIONS.set(words[0], 0xfe);
    assert!(!run(Core::default(), &words).0.open.expect("a request").nodelay);
}

#[test]
fn every_other_opcode_is_refused() {
    for code in (0..=u8::MAX).filter(|code| Opcode::from_code(*code).is_none()) {
        let mut words = command(Opcode::Close).encode();
        words[0] = ring::OPCODE.set(words[0], code.into());
        let (asked, done) = run(Core::default(), &words);
        assert_eq!(asked, Asked::default());
        assert_eq!((done.opcode, done.status, done.cookie), (code, Ok(Status::BadOpcode), COOKIE));
    }
}

/// The cases in which a command must end so.
fn cases(status: Status) -> Vec<(Core, ring::Submission)> {
    let core = Core::default();
    let of_flow = [Opcode::Shutdown, Opcode::Close, Opcode::Abort].map(command);
    let open = command(Opcode::Open);
    match status {
        Status::Ok => vec![(core, open)],
        // There is no command in `ring::Submission` for it: see `every_other_opcode_is_refused`.
        Status::BadOpcode => vec![],
        Status::BadFlow => of_flow
            .into_iter()
            .flat_map(|command| {
                let failed = Core { done: false, ..core };
                let nobodys = Core { tcb: Tcb { owned: false, ..core.tcb }, ..failed };
                let old = ring::Submission { generation: GENERATION - 1, ..command };
                let beyond = ring::Submission { flow: FLOWS, ..command };
                [(core, beyond), (nobodys, command), (failed, old)]
            })
            .collect(),
        Status::BadState => of_flow.map(|command| (Core { done: false, ..core }, command)).to_vec(),
        Status::InUse => vec![(Core { opens: false, in_use: true, ..core }, open)],
        Status::Full => vec![(Core { opens: false, ..core }, open)],
        Status::BadAddress => {
            let to = |raddr: IpAddr| (core, ring::Submission { raddr, ..open });
            let mut all = vec![
                to("2001:db8::1".parse().expect("an address")),
                to("::10.1.2.9".parse().expect("an address")),
                to(Ipv4Addr::from_bits(OWN.to_bits() | !MASK).into()),
                (core, ring::Submission { rport: 0, ..open }),
                (core, ring::Submission { lport: 0, ..open }),
                (core, ring::Submission { lport: 0, ..command(Opcode::Listen) }),
                (core, ring::Submission { lport: 0, ..command(Opcode::Unlisten) }),
            ];
            let v4 = ["0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"];
            all.extend(v4.map(|text| to(text.parse().expect("an address"))));
            all.push(to(OWN.into()));
            all
        }
        Status::NotReady => Opcode::ALL
            .iter()
            .filter(|opcode| **opcode != Opcode::Nop)
            .map(|opcode| (Core { enabled: false, ..core }, command(*opcode)))
            .collect(),
    }
}

// covers: MUST-46
#[test]
fn each_status_has_the_number_of_the_abi() {
    for &status in Status::ALL {
        for (core, command) in cases(status) {
            let (_, done) = run(core, &command.encode());
            assert_eq!(done.status, Ok(status), "{command:?}");
            assert_eq!((done.opcode, done.cookie), (command.opcode.code(), COOKIE));
        }
    }
}

/// RFC 3021: a network of two addresses has no broadcast address, a network of one neither.
#[test]
fn the_other_address_of_a_network_of_two_is_a_peer() {
    for (own, peer) in [(2, 3), (3, 2)] {
        for (prefix, status) in [(30, Status::BadAddress), (31, Status::Ok), (32, Status::Ok)] {
            let (own, mask) = (Ipv4Addr::new(10, 1, 2, own), u32::MAX << (32 - prefix));
            let raddr = Ipv4Addr::new(10, 1, 2, peer);
            let open = ring::Submission { raddr: raddr.into(), ..command(Opcode::Open) };
            let status = if peer == 3 { status } else { Status::Ok };
            assert_eq!(
                run(Core { own, mask, ..Core::default() }, &open.encode()).1.status,
                Ok(status),
                "{raddr}/{prefix}"
            );
        }
    }
}

#[test]
fn a_refused_command_reaches_nobody() {
    for status in [Status::BadAddress, Status::NotReady] {
        for (core, command) in cases(status) {
            assert_eq!(run(core, &command.encode()).0, Asked::default(), "{command:?}");
        }
    }
    // A command that needs no card is done by one that is switched off.
    let off = Core { enabled: false, ..Core::default() };
    assert_eq!(run(off, &command(Opcode::Nop).encode()).1, without_flow(0, Status::Ok));
}

#[test]
fn each_state_has_the_number_of_the_abi() {
    for (&state, tcp_state) in State::ALL.iter().zip([
        TcpState::Closed,
        TcpState::Listen,
        TcpState::SynSent,
        TcpState::SynReceived,
        TcpState::Established,
        TcpState::FinWait1,
        TcpState::FinWait2,
        TcpState::CloseWait,
        TcpState::Closing,
        TcpState::LastAck,
        TcpState::TimeWait,
    ]) {
        let core = Core { tcb: Tcb { state: tcp_state, ..Core::default().tcb }, ..Core::default() };
        assert_eq!(run(core, &command(Opcode::Shutdown).encode()).1.state, state);
    }
}
