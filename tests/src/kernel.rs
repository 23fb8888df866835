// SPDX-License-Identifier: MIT OR Apache-2.0
//! The card on a TAP device, with the Linux kernel's TCP at the other end, in a network namespace of the test's own. Time is the
//! wall's, so every wait has a deadline on it.

use std::io::{self, ErrorKind, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddrV4};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use syncline::{Device, Stream};
use syncline_regs::map;
use syncline_sim::peer::{Namespace, TapPeer};
use syncline_sim::{Config, SimBar, Simulation, TimeSource};

/// The card's address.
pub const CARD: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 2);
/// The kernel's.
pub const KERNEL: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 1);
/// What a test may take before it counts as wedged; also the limit of each call that waits.
pub const LIMIT: Duration = Duration::from_secs(60);
/// Maximum segment lifetime: TIME-WAIT lasts twice as long.
const MSL: Duration = Duration::from_millis(1);

/// The card and its driver. The card's clock runs only while the driver is called.
pub struct Bench {
    /// The driver.
    pub device: Device,
    end: Instant,
}

/// Runs a test with the kernel, or says why it can't.
///
/// # Panics
/// As the test does; or when the bench can't be built for another reason than missing rights or a missing TAP driver.
pub fn with_kernel(core: Config, test: impl FnOnce(&Bench) + Send) {
    Namespace::test(|namespace| {
        test(&Bench::new(core, namespace.tap("syncline0", KERNEL, 24)?));
        Ok(())
    });
}

impl Bench {
    fn new(core: Config, peer: TapPeer) -> Self {
        let build = Simulation::builder().config(core).time(TimeSource::Wall).build();
        let mut card = build.expect("the simulated card");
        card.plug(peer);
        let device = Device::open(SimBar::new(card)).expect("a card");
        let config = syncline::Config { addr: CARD, isn_key: Some([1, 2, 3, 4]), ..Default::default() };
        device.configure(&config).expect("a configuration");
        device.write_register(map::MSL_US, MSL.as_micros() as u32).expect("a register");
        Bench { device, end: Instant::now() + LIMIT }
    }

    /// Lets the card work until `done` gives something.
    ///
    /// # Panics
    /// When the test's time is over.
    pub fn wait<T>(&self, what: &str, mut done: impl FnMut() -> Option<T>) -> T {
        loop {
            if let Some(value) = done() {
                return value;
            }
            if Instant::now() >= self.end {
                panic!("wedged: {what}: {:#?}; {}", self.device.connections(), self.counters());
            }
            self.device.poll(self.device.now() + Duration::from_millis(1)).expect("the card");
        }
    }

    /// Waits for a thread that plays the peer; its panic goes on here.
    ///
    /// # Panics
    /// As the thread, or when the test's time is over.
    pub fn join<T>(&self, what: &str, peer: JoinHandle<T>) -> T {
        self.wait(what, || peer.is_finished().then_some(()));
        peer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// Sends back what comes on all of these connections, until each peer has closed its side; then closes them.
    ///
    /// # Panics
    /// When a connection fails, or the test's time is over.
    pub fn echo(&self, streams: Vec<Stream>) {
        let mut echoes: Vec<_> = streams.into_iter().map(Echo::new).collect();
        self.wait("an echo", || {
            // `&`: each of them has its turn.
            echoes.iter_mut().fold(true, |done, echo| done & echo.step()).then_some(())
        });
        for Echo { stream, .. } in echoes {
            let peer = stream.peer_addr();
            stream.close().unwrap_or_else(|e| panic!("closing the connection with {peer}: {e}"));
        }
    }

    /// Waits until every flow is CLOSED and nobody's.
    ///
    /// # Panics
    /// When that does not happen.
    pub fn all_closed(&self) {
        self.wait("flows that should be closed", || {
            self.device.connections().expect("the card").is_empty().then_some(())
        });
    }

    /// A counter of the card by its name in the book.
    ///
    /// # Panics
    /// When there is no such counter.
    pub fn counter(&self, name: &str) -> u32 {
        let counters = self.device.counters().expect("the card");
        counters.iter().find(|(n, _)| *n == name).expect(name).1
    }

    /// All counters that are not 0.
    pub fn counters(&self) -> String {
        let mut counters = self.device.counters().unwrap_or_default();
        counters.retain(|(_, value)| *value != 0);
        format!("{counters:?}")
    }

    /// How many bytes a second, for the reader of the test's output.
    pub fn tell(&self, what: &str, bytes: usize, since: Duration) {
        let took = (self.device.now() - since).as_secs_f64();
        let rate = bytes as f64 / took / 1e6;
        eprintln!("{what}: {bytes} bytes in {took:.3} s, {rate:.2} MB/s");
    }
}

struct Echo {
    stream: Stream,
    held: Vec<u8>,
    open: (bool, bool),
}

impl Echo {
    fn new(stream: Stream) -> Self {
        Echo { stream, held: vec![], open: (true, true) }
    }

    /// Does what can be done now; true when both sides are closed.
    fn step(&mut self) -> bool {
        let peer = self.stream.peer_addr();
        let fail = |e: syncline::Error| -> ! { panic!("echo for {peer}: {e}") };
        let mut buffer = [0; 4096];
        while self.open.0 {
            if self.held.is_empty() {
                match self.stream.try_read(&mut buffer).unwrap_or_else(|e| fail(e)) {
                    Some(0) => self.open.0 = false,
                    Some(count) => self.held.extend_from_slice(&buffer[..count]),
                    None => break,
                }
            }
            match self.stream.try_write(&self.held).unwrap_or_else(|e| fail(e)) {
                Some(count) if count > 0 => drop(self.held.drain(..count)),
                _ => break,
            }
        }
        if !self.open.0 && self.held.is_empty() && self.open.1 {
            self.stream.shutdown(Shutdown::Write).unwrap_or_else(|e| fail(e));
            self.open.1 = false;
        }
        !self.open.1
    }
}

/// A program in the namespace: ended with the value.
pub struct Program {
    child: Child,
}

impl Program {
    /// Starts it; `None`, and said so, if there is no such program.
    ///
    /// # Panics
    /// When it can't be started for another reason.
    pub fn start(command: &mut Command) -> Option<Self> {
        match command.stdin(Stdio::null()).spawn() {
            Ok(child) => Some(Program { child }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let _ = writeln!(io::stderr(), "skipped: no {}", command.get_program().display());
                None
            }
            Err(error) => panic!("{command:?}: {error}"),
        }
    }

    /// How it ended, if it has.
    ///
    /// # Panics
    /// When the kernel does not tell.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Its end may have come first.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where the card listens.
pub fn card(port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(CARD, port)
}

/// Where the kernel listens.
pub fn kernel(port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(KERNEL, port)
}

/// Bytes of which no two stretches are equal by chance, others for each `number`.
pub fn pattern(length: usize, number: usize) -> Vec<u8> {
    (0..length).map(|i| (i % 251) as u8 ^ (i / 251) as u8 ^ (number as u8).wrapping_mul(31)).collect()
}

/// Compares every byte.
///
/// # Panics
/// When they differ; the message says where.
pub fn compare(what: &str, got: &[u8], wanted: &[u8]) {
    let equal = got.iter().zip(wanted).take_while(|(a, b)| a == b).count();
    let lengths = (got.len(), wanted.len());
    assert!(
        lengths == (equal, equal),
        "{what}: {} bytes instead of {}, the first {equal} are equal",
        lengths.0,
        lengths.1
    );
}
