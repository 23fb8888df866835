// SPDX-License-Identifier: MIT OR Apache-2.0
//! Cards that hang, lie or are reset under live connections: the driver says so, once, and goes on.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

use syncline::regs::code::{Opcode, State};
use syncline::testing::{self, FakeCard};
use syncline::{Bar, Config, Device, Error, Stream};

const LIMIT: Duration = Duration::from_secs(60);

fn peer(port: u16) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 2], port))
}

fn device(card: &FakeCard) -> Device {
    let device = Device::open(card.clone()).expect("a card");
    device.configure(&Config::default()).expect("a configuration");
    device
}

fn connect(device: &Device, port: u16) -> Stream {
    device.connect(peer(port), LIMIT).expect("a connection")
}

fn echo(stream: &mut Stream, bytes: &[u8]) {
    stream.write_all(bytes).expect("an open connection");
    let mut back = vec![0; bytes.len()];
    stream.read_exact(&mut back).expect("an echo");
    assert_eq!(back, bytes);
}

#[test]
fn a_card_that_goes_while_it_is_opened_is_gone_and_nothing_else() {
    let mut opened = false;
    for accesses in 0..60 {
        let card = FakeCard::default();
        card.inside().dies_after = Some(accesses);
        match Device::open(card.clone()).and_then(|device| device.configure(&Config::default())) {
            Ok(()) => opened = true,
            Err(Error::DeviceGone) => {}
            // A limit that is looked at no closer reads as too large.
            Err(Error::BadLimit { value: u32::MAX, .. }) => {}
            Err(other) => panic!("after {accesses} accesses: {other}"),
        }
    }
    assert!(opened, "no run was long enough");
}

#[test]
fn a_ring_that_nobody_empties_is_not_overrun() {
    let card = FakeCard::default();
    let device = device(&card);
    card.inside().hangs = true;
    let start = device.now();
    // The fake card panics when it is told of more commands than its ring of 8 holds.
    for _ in 0..20 {
        let error = device.connect(peer(testing::ECHO), LIMIT).err().expect("nobody answers");
        assert!(matches!(error, Error::Unresponsive { .. }), "{error}");
    }
    assert_eq!(device.now() - start, 8 * Duration::from_secs(5), "then it is refused at once");
    card.inside().hangs = false;
    device.reset().expect("a reset");
    device.configure(&Config::default()).expect("a configuration");
    echo(&mut connect(&device, testing::ECHO), b"usable again");
}

#[test]
fn a_late_completion_is_taken_for_nobodys() {
    let card = FakeCard::default();
    let device = device(&card);
    card.inside().hangs = true;
    assert!(device.listen(80).is_err());
    card.inside().hangs = false;
    for _ in 0..20 {
        echo(&mut connect(&device, testing::ECHO), b"the right completion");
    }
}

#[test]
fn an_entry_that_makes_no_sense_is_said_once() {
    let card = FakeCard::default();
    let device = device(&card);
    let mut stream = connect(&device, testing::ECHO);
    for (word, why) in [(0xf << 16, "a state that is none"), (99, "a flow that the card has not")] {
        card.write_event([word, 0, 0, 0, 0, 0, 0, 0]);
        assert!(matches!(stream.try_read(&mut [0; 4]), Err(Error::BadEntry { ring: "event", .. })), "{why}");
        assert_eq!(stream.try_read(&mut [0; 4]).expect("a sound ring"), None);
        echo(&mut stream, b"goes on");
    }
}

#[test]
fn what_was_before_a_reset_does_not_touch_what_comes_after() {
    let card = FakeCard::default();
    let device = device(&card);
    let (mut old, listener) = (connect(&device, testing::ECHO), device.listen(80).expect("a port"));
    device.reset().expect("a reset");
    device.configure(&Config::default()).expect("a configuration");
    // The same flow and the same generation as before the reset.
    let mut new = connect(&device, testing::ECHO);
    let again = device.listen(80).expect("the port is free again");
    assert_eq!(new.flow(), old.flow());
    assert!(matches!(old.try_read(&mut [0; 8]), Err(Error::Aborted { .. })));
    assert!(matches!(old.try_write(b"x"), Err(Error::Aborted { .. })));
    assert!(matches!(old.info(), Err(Error::Aborted { .. })));
    assert!(matches!(listener.accept(LIMIT), Err(Error::BadPort { port: 80, .. })));
    drop((old, listener));
    echo(&mut new, b"still here");
    assert!(card.call(80), "the port still listens");
    again.accept(LIMIT).expect("a connection");
}

#[test]
fn a_ring_full_of_news_is_no_time_out() {
    let card = FakeCard::new(4, 256);
    card.inside().entries = (4, 4, 4);
    let device = device(&card);
    let mut streams: Vec<_> = (0..4).map(|_| connect(&device, testing::ECHO)).collect();
    for _ in 0..30 {
        for stream in &mut streams {
            assert_eq!(stream.try_write(b"abc").expect("room"), Some(3));
        }
        // All flows change at once, at the end of the first wait, which is also the deadline.
        for stream in streams.iter_mut().rev() {
            stream.set_read_timeout(Duration::from_millis(1));
            stream.read_exact(&mut [0; 3]).expect("an echo in time");
        }
    }
}

#[test]
fn no_limit_is_no_overflow() {
    let card = FakeCard::default();
    let device = device(&card);
    let mut stream = device.connect(peer(testing::ECHO), Duration::MAX).expect("a connection");
    stream.set_read_timeout(Duration::MAX);
    stream.set_write_timeout(Duration::MAX);
    echo(&mut stream, b"x");
    let listener = device.listen(80).expect("a port");
    assert!(card.call(80));
    listener.accept(Duration::MAX).expect("a connection");
}

#[test]
fn a_connection_that_ends_before_it_is_refused_is_nobodys_error() {
    let card = FakeCard::default();
    let device = device(&card);
    let listener = device.listen(80).expect("a port");
    assert!(card.call(80));
    // The card tells of the connection; then the host gives it back before the driver looks.
    card.clone().relax(Duration::MAX).expect("a card");
    let former = Device::observe(card.clone()).expect("a card").connections().expect("a table");
    device.abort_flow(&former[0]).expect("an abort");
    drop(listener);
    device.poll(device.now() + LIMIT).expect("nothing to complain about");
    assert_eq!(card.in_use(), 0);
}

#[test]
fn a_flow_that_a_former_driver_left_is_seen_and_can_be_aborted() {
    let card = FakeCard::default();
    let former = device(&card);
    std::mem::forget(connect(&former, testing::STALLS));
    drop(former);
    let device = Device::open(card.clone()).expect("a card");
    let left = device.connections().expect("a table");
    assert_eq!((left.len(), left[0].state, left[0].owned), (1, State::Established, true));
    device.abort_flow(&left[0]).expect("an abort");
    assert_eq!((card.in_use(), card.commands().last()), (0, Some(&Opcode::Abort)));
    echo(&mut connect(&device, testing::ECHO), b"the rings go on where they were");
}
