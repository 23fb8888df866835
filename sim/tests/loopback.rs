// SPDX-License-Identifier: MIT OR Apache-2.0
//! The simulation around a design that sends every frame back (`loopback.v`): clocks, time, cable, BARs, recorders.

use std::sync::{Arc, Mutex};
use std::time::Duration;
use syncline_sim::peer::{Peer, Service, SmoltcpConfig, SmoltcpPeer};
use syncline_sim::record::{Ladder, Pcapng};
use syncline_sim::verilate::{Model, Options, Source};
use syncline_sim::{AccessError, Builder, Frame, Impairments, LinkConfig, Random, Simulation, TimeSource};

/// Register 4 of the design: its deadline. Register 8: how many have passed.
const DEADLINE: u32 = 4;
const PASSED: u32 = 8;

fn builder(width: u32) -> Builder {
    let text = include_str!("loopback.v");
    let text =
        text.replace("W = 64", &format!("W = {width}")).replace("K = 8", &format!("K = {}", width / 8));
    let model = Model::build(&Source::new("loopback", text), Options::default()).unwrap();
    Simulation::builder().model(model).clock_hz(156_250_000)
}

fn simulation(width: u32) -> Simulation {
    builder(width).build().unwrap()
}

fn frame(length: usize, seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    (0..length).map(|_| random.next_u64() as u8).collect()
}

fn all(simulation: &mut Simulation) -> Vec<Frame> {
    std::iter::from_fn(|| simulation.take()).collect()
}

#[test]
fn frames_of_every_length_pass_both_widths() {
    for width in [64, 512] {
        let mut simulation = simulation(width);
        for length in 1..=200 {
            simulation.inject(frame(length, length as u64));
        }
        simulation.run_for(Duration::from_millis(1));
        let out = all(&mut simulation);
        assert_eq!(out.len(), 200);
        for (length, out) in (1..).zip(&out) {
            assert_eq!(out.bytes, frame(length, length as u64), "{length} bytes at width {width}");
            let beats = length.div_ceil(width as usize / 8) as u64;
            assert_eq!(out.last.cycle - out.first.cycle, beats - 1);
        }
        assert_eq!((simulation.delivered(), simulation.departed()), (200, 200));
    }
}

#[test]
fn the_wire_paces_frames() {
    let starts = |wire_gaps| {
        let config = LinkConfig { wire_gaps, ..LinkConfig::default() };
        let mut simulation = builder(64).link(config).build().unwrap();
        (0..101).for_each(|i| simulation.inject(frame(60, i)));
        simulation.run_for(Duration::from_millis(1));
        let out = all(&mut simulation);
        out[100].first.cycle - out[0].first.cycle
    };
    // A minimum frame takes 84 byte times on the wire: 10.5 cycles of 8 bytes. Without gaps it is 7.5, in whole beats 8.
    assert_eq!(starts(true), 1050);
    assert_eq!(starts(false), 800);
}

#[test]
fn registers_and_windows() {
    for width in [64, 512] {
        let mut simulation = simulation(width);
        simulation.write32(0x20, 0x1234_5678).unwrap();
        simulation.write32(0x24, 0xffff_ffff).unwrap();
        assert_eq!(simulation.read32(0x20), Ok(0x1234_5678));
        assert_eq!(simulation.read32(0x24), Ok(0xffff_ffff));
        assert!(matches!(simulation.read32(2), Err(AccessError::Range { bar: 0, .. })));
        assert!(matches!(simulation.write32(1 << 20, 0), Err(AccessError::Range { bar: 0, .. })));

        let mut want = vec![0; 1000];
        let mut random = Random::new(u64::from(width));
        for round in 0..100 {
            let (start, length) = (random.below(900) as usize, random.below(100) as usize);
            let bytes = frame(length, round);
            simulation.write_window(start as u32, &bytes).unwrap();
            want[start..start + length].copy_from_slice(&bytes);
            let (start, length) = (random.below(900) as usize, random.below(100) as usize);
            let mut read = vec![0; length];
            simulation.read_window(start as u32, &mut read).unwrap();
            assert_eq!(read, want[start..start + length]);
        }
        let end = simulation.write_window((1 << 24) - 1, &[0; 2]);
        assert_eq!(end, Err(AccessError::Range { bar: 2, address: 0xff_ffff, length: 2 }));
        // A beat a cycle, and the latency once.
        let before = simulation.cycle();
        simulation.read_window(0, &mut vec![0; width as usize / 8 * 10]).unwrap();
        assert!(simulation.cycle() - before <= 14);
    }
}

#[test]
fn idle_time_is_jumped_and_deadlines_are_met() {
    let mut simulation = simulation(64);
    let at = Duration::from_secs(60);
    simulation.write32(DEADLINE, at.as_micros() as u32).unwrap();
    assert!(simulation.run_until_idle(1000));
    assert_eq!((simulation.card_deadline(), simulation.next_deadline()), (Some(at), Some(at)));
    let wall = std::time::Instant::now();
    let before = simulation.cycle();
    simulation.run_for(Duration::from_secs(59));
    assert_eq!(simulation.read32(PASSED), Ok(0));
    simulation.run_for(Duration::from_secs(2));
    assert_eq!(simulation.read32(PASSED), Ok(1));
    assert_eq!(simulation.card_deadline(), None);
    assert!(simulation.now() >= Duration::from_secs(61) && simulation.now() < Duration::from_millis(61_001));
    assert!(simulation.cycle() - before < 200, "{} cycles", simulation.cycle() - before);
    // Up to the limit of the first run, to the card's deadline, to the limit of the second: all but the cycles between.
    let waited = simulation.waited();
    let near =
        |time: Duration, seconds| time.abs_diff(Duration::from_secs(seconds)) < Duration::from_micros(2);
    assert!(near(waited.card, 1) && near(waited.others, 60), "{waited:?}");
    assert!(wall.elapsed() < Duration::from_secs(1));
}

#[test]
fn frames_in_the_future_and_latency() {
    let latency = Duration::from_micros(250);
    let mut simulation = builder(64).link(LinkConfig { latency, ..LinkConfig::default() }).build().unwrap();
    simulation.inject_at(Duration::from_millis(40), frame(100, 1));
    let out = simulation.run_until_frame(Duration::from_secs(1)).unwrap();
    let sent = simulation.last_delivered().unwrap();
    assert!(sent.first.time >= Duration::from_millis(40) + latency);
    assert!(sent.first.time < Duration::from_millis(40) + latency + Duration::from_nanos(100));
    assert!(out.first.cycle > sent.first.cycle && simulation.now() >= out.last.time + latency);
    assert_eq!(simulation.run_until_frame(Duration::from_secs(1)), None);
    assert_eq!(simulation.now(), Duration::from_secs(1));
}

#[test]
fn the_time_can_be_set() {
    let mut simulation = simulation(64);
    let far = Duration::from_micros((1 << 48) - 5);
    simulation.set_now(far);
    simulation.run_for(Duration::from_micros(2));
    assert_eq!(simulation.now().as_micros(), (1 << 48) - 3);
    simulation.set_now(Duration::ZERO);
    simulation.inject(frame(60, 1));
    assert!(simulation.run_until_frame(Duration::from_millis(1)).is_some());
}

#[test]
fn relax_lets_the_host_look_before_time_jumps() {
    let mut simulation = simulation(64);
    simulation.write32(DEADLINE, 5_000_000).unwrap();
    let until = Duration::from_secs(10);
    // After a write the card is run until it is idle, but time does not jump before the host has had a look.
    simulation.relax(until);
    assert!(simulation.now() < Duration::from_millis(1));
    let mut looks = 0;
    while simulation.read32(PASSED).unwrap() == 0 {
        looks += 1;
        assert!(looks < 10);
        simulation.relax(until);
    }
    assert!(simulation.now() >= Duration::from_secs(5) && simulation.now() < Duration::from_millis(5_001));
    // With nothing ahead it goes to the limit, so that a host that waits in vain times out.
    while simulation.now() < until {
        looks += 1;
        assert!(looks < 20);
        simulation.relax(until);
    }
}

/// Sends every 100 us a frame to the card, ten in all, and counts what comes back.
#[derive(Default)]
struct Beacon {
    next: u64,
    back: Vec<Vec<u8>>,
}

impl Peer for Beacon {
    fn poll(
        &mut self,
        now: Duration,
        received: &mut std::collections::VecDeque<Vec<u8>>,
        send: &mut Vec<Vec<u8>>,
    ) {
        self.back.extend(received.drain(..));
        while self.next < 10 && now >= Duration::from_micros(100 * self.next) {
            send.push(frame(20, self.next));
            self.next += 1;
        }
    }

    fn deadline(&mut self, _: Duration) -> Option<Duration> {
        (self.next < 10).then(|| Duration::from_micros(100 * self.next))
    }
}

#[test]
fn peers_are_polled_at_their_deadlines() {
    let mut simulation = simulation(64);
    let peer = Arc::new(Mutex::new(Beacon::default()));
    assert!(simulation.plug(peer.clone()).is_none());
    simulation.run_for(Duration::from_secs(1));
    let back = std::mem::take(&mut peer.lock().unwrap().back);
    assert_eq!(back.len(), 10);
    // The wire pads short frames with zeros.
    assert!(back.iter().zip(0..).all(|(bytes, i)| bytes.len() == 60 && bytes[..20] == frame(20, i)));
    assert!(simulation.take().is_none());
}

/// A run with everything that can go wrong on the cable, recorded.
fn bad_run(seed: u64) -> (Vec<Frame>, Vec<u8>, String) {
    let impairments = Impairments {
        drop: 0.05,
        duplicate: 0.05,
        reorder: 0.05,
        corrupt: 0.05,
        reorder_by: Duration::from_micros(20),
        jitter: Duration::from_micros(5),
    };
    let config = LinkConfig { impairments, latency: Duration::from_micros(10), ..LinkConfig::default() };
    let mut simulation = builder(64).seed(seed).link(config).build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (capture, ladder) = (folder.path().join("run.pcapng"), folder.path().join("run.svg"));
    simulation.record(Pcapng::create(&capture).unwrap());
    simulation.record(Ladder::create(&ladder).unwrap());
    for i in 0..300 {
        let mut bytes = frame(60 + i as usize % 1400, i);
        bytes[12..14].copy_from_slice(&[8, 0]);
        simulation.inject_at(Duration::from_micros(7 * i), bytes);
    }
    simulation.note("all frames are on the cable");
    simulation.run_for(Duration::from_millis(10));
    simulation.finish_recording().unwrap();
    let read = |path: &std::path::Path| std::fs::read(path).unwrap();
    (all(&mut simulation), read(&capture), String::from_utf8(read(&ladder)).unwrap())
}

#[test]
fn a_seed_repeats_byte_for_byte() {
    let (frames, capture, ladder) = bad_run(11);
    assert_eq!((&frames, &capture, &ladder), (&bad_run(11).0, &bad_run(11).1, &bad_run(11).2));
    assert_ne!(frames, bad_run(12).0);
    assert!(frames.len() > 200 && capture.len() > 200 * 60);
    assert!(ladder.contains("link: lost") && ladder.contains("all frames are on the cable"));
}

#[test]
fn wall_time_follows_the_machine() {
    let mut simulation = builder(64).time(TimeSource::Wall).build().unwrap();
    let wall = std::time::Instant::now();
    simulation.inject(frame(60, 1));
    simulation.run_for(Duration::from_millis(30));
    assert!(wall.elapsed() >= Duration::from_millis(29) && wall.elapsed() < Duration::from_secs(20));
    assert_eq!(simulation.delivered(), 1);
}

#[test]
fn smoltcp_asks_for_the_card_by_arp() {
    let mut simulation = simulation(64);
    let mut peer = SmoltcpPeer::new(SmoltcpConfig::default());
    peer.connect([192, 168, 1, 2].into(), 80, Service::Manual);
    simulation.plug(peer);
    assert!(simulation.run_until(Duration::from_secs(1), |s| s.departed() > 0));
    let asked = &simulation.last_delivered().unwrap().bytes;
    assert_eq!(syncline_sim::record::summarize(asked), "ARP who has 192.168.1.2");
}

/// A design that has its host elsewhere: other pins instead of BARs.
#[test]
fn a_design_without_bars_has_pins_that_can_be_driven() {
    let text = include_str!("loopback.v").replace("bar0", "pin0").replace("bar2", "pin2");
    let model = Model::build(&Source::new("loopback", text), Options::default()).unwrap();
    let port = |name| model.port(name).unwrap();
    let (address, value, write, ack) =
        (port("pin0_addr"), port("pin0_wdata"), port("pin0_write"), port("pin0_ack"));
    let mut simulation = Simulation::builder().model(model).clock_hz(1_000_000).build().unwrap();
    for bar in [0, 2] {
        let error =
            if bar == 0 { simulation.read32(0).err() } else { simulation.write_window(0, &[1]).err() };
        assert_eq!(error, Some(AccessError::NoPort { bar }));
    }
    assert_eq!(simulation.read_window(0, &mut [0]), Err(AccessError::NoPort { bar: 2 }));
    let cycles = Arc::new(Mutex::new((0, 0)));
    let seen = cycles.clone();
    simulation.attach(move |model| {
        let mut seen = seen.lock().unwrap();
        seen.0 += 1;
        seen.1 += u64::from(model.get_bool(ack));
        // Until it is answered: the deadline in microseconds.
        model.set_u64(address, DEADLINE.into());
        model.set_u64(value, 5000);
        model.set_bool(write, seen.1 == 0);
    });
    let before = simulation.cycle();
    simulation.step(20);
    assert_eq!(*cycles.lock().unwrap(), (simulation.cycle() - before, 1));
    assert_eq!(simulation.card_deadline(), Some(Duration::from_micros(5000)));
}

#[test]
fn the_driver_reaches_the_card() {
    use syncline::{Bar, BarError};
    let mut bar = syncline_sim::SimBar::new(simulation(64));
    bar.write32(0x40, 77).unwrap();
    assert_eq!(bar.read32(0x40).unwrap(), 77);
    bar.write_window(5, b"payload").unwrap();
    let mut back = [0; 7];
    bar.read_window(5, &mut back).unwrap();
    assert_eq!(&back, b"payload");
    assert!(matches!(bar.read32(3), Err(BarError::OutOfRange { bar: 0, offset: 3, .. })));
    let until = bar.now() + Duration::from_secs(2);
    while bar.now() < until {
        bar.relax(until).unwrap();
    }
    assert!(bar.now() < until + Duration::from_micros(1));
}
