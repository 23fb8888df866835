// SPDX-License-Identifier: MIT OR Apache-2.0
//! The driver against a card in software: what it does when all is well, and every way in which it is not.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use syncline::regs::code::{Opcode, State};
use syncline::regs::map;
use syncline::testing::{self, FakeCard};
use syncline::{Bar, Config, ConnectOptions, Device, Error, Stream};

const LIMIT: Duration = Duration::from_secs(400);

fn peer(port: u16) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 2], port))
}

fn device(card: &FakeCard) -> Device {
    let device = Device::open(card.clone()).expect("a card");
    device.configure(&Config::default()).expect("a configuration");
    device
}

fn connect(device: &Device, port: u16) -> syncline::Result<Stream> {
    device.connect(peer(port), LIMIT)
}

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i % 253) as u8).collect()
}

fn echo(device: &Device, data: &[u8]) {
    let mut stream = connect(device, testing::ECHO).expect("a connection");
    let mut back = Vec::new();
    let (mut left, mut closed) = (data, false);
    let mut part = [0; 333];
    loop {
        let mut moved = false;
        if !left.is_empty() {
            if let Some(count) = stream.try_write(left).expect("room or none") {
                (left, moved) = (&left[count..], true);
            }
        } else if !closed {
            stream.shutdown(Shutdown::Write).expect("a half-close");
            (closed, moved) = (true, true);
        }
        match stream.try_read(&mut part).expect("bytes or none") {
            Some(0) => break,
            Some(count) => {
                back.extend_from_slice(&part[..count]);
                moved = true;
            }
            None => {}
        }
        if !moved {
            let end = device.now() + LIMIT;
            device.poll(end).expect("a card");
        }
    }
    assert!(back == data, "the echo differs");
    stream.close().expect("a close");
}

#[test]
fn an_echo_comes_back_and_the_flow_is_free_again() {
    let card = FakeCard::default();
    let device = device(&card);
    for _ in 0..20 {
        echo(&device, &pattern(20_000));
        assert_eq!(card.in_use(), 0);
    }
    assert!(device.connections().expect("a table").is_empty());
}

// covers: ISN-3
#[test]
fn every_configuration_brings_a_new_random_key() {
    let card = FakeCard::default();
    let key = || {
        let words = [map::ISN_KEY0, map::ISN_KEY1, map::ISN_KEY2, map::ISN_KEY3];
        words.map(|word| card.clone().read32(word).expect("a register"))
    };
    let device = device(&card);
    let mut seen = BTreeSet::from(key());
    for configurations in 2..5 {
        device.configure(&Config::default()).expect("a configuration");
        seen.extend(key());
        assert_eq!(seen.len(), 4 * configurations, "no word comes twice");
    }
    device.configure(&Config { isn_key: Some([1, 2, 3, 4]), ..Config::default() }).expect("a configuration");
    assert_eq!(key(), [1, 2, 3, 4], "but for tests");
}

#[test]
fn rings_wrap_at_every_offset_and_at_the_end_of_the_sequence_numbers() {
    for offset in 0..64u32 {
        let card = FakeCard::new(2, 64);
        card.inside().isn = (offset, offset.wrapping_mul(7));
        card.inside().pace = 1 + offset as usize % 13;
        echo(&device(&card), &pattern(200));
    }
    for before in 0..70u32 {
        let card = FakeCard::new(2, 64);
        card.inside().isn = (0u32.wrapping_sub(before), 0u32.wrapping_sub(before / 2));
        card.inside().pace = 1 + before as usize % 5;
        echo(&device(&card), &pattern(150));
    }
}

#[test]
fn small_rings_of_entries_lap_many_times() {
    for entries in [1, 2, 4, 16] {
        let card = FakeCard::new(4, 256);
        card.inside().entries = (entries, entries, entries);
        let device = device(&card);
        for _ in 0..70 {
            echo(&device, &pattern(600));
        }
    }
}

#[test]
fn accepts_reads_and_closes() {
    let card = FakeCard::default();
    let device = device(&card);
    let listener = device.listen(5000).expect("a port");
    assert!(card.call(5000));
    let mut stream = listener.accept(LIMIT).expect("a connection");
    let mut all = Vec::new();
    stream.read_to_end(&mut all).expect("the peer's bytes");
    assert_eq!(all, card.inside().supply);
    stream.write_all(b"bye").expect("half open");
    stream.wait_sent(LIMIT).expect("an acknowledgement");
    assert_eq!(card.got(stream.flow()), b"bye");
    assert_eq!(stream.state().expect("a state"), State::CloseWait);
    stream.close().expect("a close");
    assert_eq!(card.in_use(), 0);
}

#[test]
fn a_connection_that_was_closed_is_not_accepted_again() {
    let card = FakeCard::default();
    let device = device(&card);
    let listener = device.listen(5000).expect("a port");
    for _ in 0..10 {
        assert!(card.call(5000));
        let stream = listener.accept(LIMIT).expect("a connection");
        // News of the connection wait in the event ring while it is closed.
        for _ in 0..3 {
            let _ = syncline::Bar::relax(&mut card.clone(), Duration::MAX);
        }
        stream.close().expect("a close");
        assert!(listener.try_accept().expect("a card").is_none());
    }
}

#[test]
fn a_dropped_listener_resets_what_nobody_accepted() {
    let card = FakeCard::default();
    let device = device(&card);
    let listener = device.listen(5000).expect("a port");
    assert!(card.call(5000) && card.call(5000));
    device.poll(device.now() + LIMIT).expect("a card");
    device.poll(device.now() + LIMIT).expect("a card");
    drop(listener);
    assert_eq!(card.in_use(), 0);
    assert_eq!(card.commands().iter().filter(|c| **c == Opcode::Abort).count(), 2);
    assert!(!card.call(5000));
}

#[test]
fn handshakes_that_fail_say_why_and_leave_the_card_usable() {
    let card = FakeCard::default();
    let device = device(&card);
    for _ in 0..5 {
        assert!(
            matches!(connect(&device, testing::REFUSES), Err(Error::Refused { peer: p }) if p == peer(testing::REFUSES))
        );
        assert!(matches!(connect(&device, testing::SILENT), Err(Error::TimedOut { .. })));
        assert!(matches!(connect(&device, testing::UNREACHABLE), Err(Error::Unreachable { .. })));
        let short = device.connect(peer(testing::SILENT), Duration::from_secs(1));
        let error = short.err().expect("a deadline");
        assert!(matches!(error, Error::Deadline { .. }));
        let text = "connecting to 10.0.0.2:102 took longer than 1s (the connection is in SYN-SENT)";
        assert_eq!(error.to_string(), text);
        assert_eq!(card.in_use(), 0);
    }
    echo(&device, b"still there");
}

#[test]
fn a_reset_and_a_peer_that_vanishes_end_a_transfer() {
    let card = FakeCard::default();
    let device = device(&card);
    let mut stream = connect(&device, testing::RESETS).expect("a connection");
    let error = stream.write_all(&pattern(100_000)).expect_err("a reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    drop(stream);
    let mut stream = connect(&device, testing::VANISHES).expect("a connection");
    let error = stream.write_all(&pattern(100_000)).expect_err("a time-out");
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(matches!(error.get_ref().and_then(|e| e.downcast_ref::<Error>()), Some(Error::TimedOut { .. })));
    drop(stream);
    assert_eq!(card.in_use(), 0);
    echo(&device, b"still there");
}

#[test]
fn waits_end_at_their_deadline() {
    let card = FakeCard::default();
    let device = device(&card);
    let mut stream = connect(&device, testing::STALLS).expect("a connection");
    stream.set_write_timeout(Duration::from_secs(2));
    stream.set_read_timeout(Duration::from_secs(3));
    let start = device.now();
    assert_eq!(stream.write_all(&pattern(10_000)).expect_err("no room").kind(), ErrorKind::TimedOut);
    assert_eq!(stream.read(&mut [0]).expect_err("no bytes").kind(), ErrorKind::TimedOut);
    assert_eq!(device.now() - start, Duration::from_secs(5));
    assert!(matches!(stream.wait_sent(Duration::from_secs(1)), Err(Error::Deadline { .. })));
    let listener = device.listen(80).expect("a port");
    assert!(matches!(listener.accept(Duration::from_secs(1)), Err(Error::Deadline { .. })));
}

#[test]
fn a_full_card_says_so_and_takes_the_next_when_one_has_gone() {
    let card = FakeCard::new(3, 64);
    let device = device(&card);
    let mut all: Vec<_> = (0..3).map(|_| connect(&device, testing::ECHO).expect("a flow")).collect();
    let error = connect(&device, testing::ECHO).err().expect("no flow");
    assert!(matches!(error, Error::CardFull { flows: 3 }), "{error}");
    all.pop();
    connect(&device, testing::ECHO).expect("a flow");
}

#[test]
fn ports_and_addresses_are_checked() {
    let card = FakeCard::default();
    let device = device(&card);
    let bad = |text: &str| device.connect(text.parse().expect("an address"), LIMIT).err().expect("a refusal");
    assert!(matches!(bad("[::1]:80"), Error::BadAddress { .. }));
    assert!(matches!(bad("10.0.0.2:0"), Error::BadAddress { .. }));
    assert!(matches!(bad("224.0.0.1:80"), Error::BadAddress { .. }));
    assert!(matches!(bad("255.255.255.255:80"), Error::BadAddress { .. }));
    let _first = device.connect_from(1234, peer(testing::ECHO), LIMIT).expect("a connection");
    let second = device.connect_from(1234, peer(testing::ECHO), LIMIT);
    assert!(matches!(second, Err(Error::AddressInUse { port: 1234, .. })));
    let _listener = device.listen(80).expect("a port");
    assert!(matches!(device.listen(80), Err(Error::BadPort { port: 80, .. })));
    assert!(matches!(device.listen(0), Err(Error::BadPort { port: 0, .. })));
}

#[test]
fn nagle_is_on_unless_it_is_turned_off() {
    let card = FakeCard::default();
    let device = device(&card);
    let usual = device.connect(peer(testing::ECHO), LIMIT).expect("a connection");
    let options = ConnectOptions { local_port: Some(2000), nodelay: true };
    let quick = device.connect_with(peer(testing::ECHO), &options, LIMIT).expect("a connection");
    assert!(!usual.info().expect("a snapshot").nodelay);
    let info = quick.info().expect("a snapshot");
    assert!(info.nodelay);
    assert_eq!(info.local.port(), 2000);
}

#[test]
fn nothing_is_written_after_the_half_close() {
    let card = FakeCard::default();
    let device = device(&card);
    let mut stream = connect(&device, testing::STALLS).expect("a connection");
    stream.shutdown(Shutdown::Write).expect("a half-close");
    assert!(matches!(stream.shutdown(Shutdown::Write), Err(Error::BadState { .. })));
    // Before any news of the half-close has come, and after.
    for _ in 0..2 {
        let error = stream.write(b"more").expect_err("closed");
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        assert_eq!(
            error.to_string(),
            "writing to 10.0.0.2:106 is not possible: the sending side is closed (the connection is in FIN-WAIT-1)"
        );
        device.poll(device.now() + LIMIT).expect("a card");
    }
    let mut stream = connect(&device, testing::ECHO).expect("a connection");
    stream.shutdown(Shutdown::Write).expect("a half-close");
    assert_eq!(stream.read(&mut [0]).expect("the peer's FIN"), 0);
    let error = stream.try_write(b"more").expect_err("closed");
    assert!(
        matches!(error, Error::SendClosed { what: "writing to", peer: p, state: State::TimeWait } if p == peer(testing::ECHO)),
        "{error}"
    );
}

#[test]
fn other_devices_are_refused_by_name() {
    let open = |card: &FakeCard| Device::open(card.clone()).err().expect("a refusal");
    let card = FakeCard::default();
    card.inside().magic = 0x8086_1234;
    let error = open(&card);
    assert!(
        matches!(error, Error::NotACard { magic: 0x8086_1234 }) && error.to_string().contains("0x80861234")
    );
    let card = FakeCard::default();
    card.inside().abi = 0x0002_0007;
    let error = open(&card);
    assert!(matches!(error, Error::AbiMismatch { major: 2, minor: 7 }));
    assert!(error.to_string().contains("2.7") && error.to_string().contains("1.0"), "{error}");
    let card = FakeCard::default();
    card.inside().abi = 0x0001_0009;
    Device::open(card).expect("a later minor version is no obstacle");
    let card = FakeCard::default();
    card.inside().dies_after = Some(0);
    assert!(matches!(open(&card), Error::DeviceGone));
    let card = FakeCard::default();
    card.inside().entries.1 = 6;
    assert!(matches!(open(&card), Error::BadLimit { name: "CQ_ENTRIES", value: 6 }));
}

#[test]
fn a_card_that_goes_is_noticed_at_every_access() {
    let mut finished = false;
    for accesses in 0..3000 {
        let card = FakeCard::default();
        let run = || -> Result<(), Error> {
            let device = Device::open(card.clone())?;
            device.configure(&Config::default())?;
            card.inside().dies_after = Some(accesses);
            let mut stream = connect(&device, testing::ECHO)?;
            let mut left: &[u8] = &[1; 6000];
            let mut got = 0;
            while got < 6000 {
                left = &left[stream.try_write(left)?.unwrap_or(0)..];
                got += stream.try_read(&mut [0; 500])?.unwrap_or(0);
                device.poll(device.now() + LIMIT)?;
            }
            stream.close()
        };
        match run() {
            Ok(()) => finished = true,
            Err(Error::DeviceGone) => {}
            Err(other) => panic!("after {accesses} accesses: {other}"),
        }
    }
    assert!(finished, "no run was long enough");
}

#[test]
fn a_card_that_hangs_is_given_up() {
    let card = FakeCard::default();
    let device = device(&card);
    card.inside().hangs = true;
    assert!(matches!(connect(&device, testing::ECHO), Err(Error::Unresponsive { .. })));
}

#[test]
fn commands_need_a_configuration_and_a_reset_takes_it_away() {
    let card = FakeCard::default();
    let device = Device::open(card.clone()).expect("a card");
    assert_eq!(device.config().expect("a card"), None);
    assert!(matches!(connect(&device, testing::ECHO), Err(Error::NotEnabled)));
    assert!(matches!(device.listen(80), Err(Error::NotEnabled)));
    let gateway = Some([10, 0, 0, 254].into());
    let config = Config { gateway, ..Config::default() };
    device.configure(&config).expect("a configuration");
    assert_eq!(device.config().expect("a card"), Some(config));
    echo(&device, b"hello");
    device.reset().expect("a reset");
    assert_eq!(device.config().expect("a card"), None);
    device.configure(&config).expect("a configuration");
    echo(&device, b"hello again");
    let bad = [
        Config { mac: [1, 0, 0, 0, 0, 1], ..config },
        Config { prefix: 0, ..config },
        Config { prefix: 33, ..config },
        Config { addr: [224, 0, 0, 1].into(), ..config },
        Config { gateway: Some([10, 0, 1, 1].into()), ..config },
        Config { gateway: Some(config.addr), ..config },
        Config { gateway: Some([10, 0, 0, 255].into()), ..config },
        Config { addr: [10, 0, 0, 0].into(), ..config },
        Config { addr: [10, 0, 0, 3].into(), prefix: 30, gateway: None, ..config },
    ];
    for config in bad {
        assert!(matches!(device.configure(&config), Err(Error::BadConfig(_))), "{config:?}");
    }
    // RFC 3021: both addresses of a /31 are hosts'.
    for (own, other) in [(2, 3), (3, 2)] {
        let (addr, gateway) = ([10, 0, 0, own].into(), Some([10, 0, 0, other].into()));
        let config = Config { addr, prefix: 31, gateway, ..config };
        device.configure(&config).expect("a network of two");
        assert_eq!(device.config().expect("a card"), Some(config));
    }
}

#[test]
fn an_observer_writes_nothing() {
    let card = FakeCard::default();
    let owner = device(&card);
    let stream = connect(&owner, testing::STALLS).expect("a connection");
    let before = card.inside().writes();
    let observer = Device::observe(card.clone()).expect("a card");
    assert_eq!(observer.connections().expect("a table")[0].peer, stream.peer_addr());
    assert_eq!(observer.counters().expect("counters")[0].0, "rx_frames");
    assert_eq!(observer.read_register(map::MAGIC).expect("a register"), syncline::regs::MAGIC);
    assert_eq!(card.inside().writes(), before);
    drop(stream);
    echo(&owner, b"goes on");
}
