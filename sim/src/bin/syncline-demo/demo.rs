// SPDX-License-Identifier: MIT OR Apache-2.0
//! The card, its driver and the peer, and what they do.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use indicatif::ProgressBar;
use syncline::{Device, Stream};
use syncline_regs::code::State;
use syncline_regs::map;
use syncline_sim::peer::{Service, SmoltcpConfig, SmoltcpPeer};
use syncline_sim::record::{Ladder, Pcapng};
use syncline_sim::{Config, Impairments, LinkConfig, SimBar, Simulation};

use crate::Cli;
use crate::client::Client;
use crate::tell::{Figures, Mark, compare, progress};

/// Nothing of the demo takes longer in virtual time.
const LIMIT: Duration = Duration::from_secs(3600);
/// MSL of the demo: TIME-WAIT is shown, not waited for.
const MSL: Duration = Duration::from_secs(1);
const PEER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
const ECHO: u16 = 7;
const LISTEN: u16 = 5000;

/// The first port that the card opens from.
const FIRST_PORT: u16 = 50_000;
/// Share of the line rate that is payload of full segments: an MSS of 1460 in 1500 bytes of IP and 38 of Ethernet.
const PAYLOAD: f64 = 1460.0 / 1538.0;

/// The bench: the card, its driver and the peer.
pub struct Demo {
    card: Arc<Mutex<Simulation>>,
    device: Device,
    peer: Arc<Mutex<SmoltcpPeer>>,
    /// Bits a second of the line.
    line: f64,
    hertz: u64,
    /// The state of each flow as it was told last.
    path: BTreeMap<u16, State>,
    next_port: u16,
    begun: u32,
}

fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Demo {
    pub fn new(cli: &Cli) -> Result<Self> {
        let (config, line) = match cli.width {
            64 => (Config::Core64, 10e9),
            512 => (Config::Core512, 100e9),
            other => bail!("there is no core of {other} bits: 64 and 512 are built"),
        };
        let mut simulation = Simulation::builder().config(config).seed(cli.seed).build()?;
        let hertz = simulation.clock_hz();
        let peer = SmoltcpConfig { address: PEER, prefix: 24, ..SmoltcpConfig::default() };
        let peer = Arc::new(Mutex::new(SmoltcpPeer::new(peer)));
        lock(&peer).serve(ECHO, Service::Echo, 2);
        simulation.plug(peer.clone());
        let (capture, ladder) = (cli.out.join("demo.pcapng"), cli.out.join("demo.svg"));
        let creating = |path: &Path| format!("creating {}", path.display());
        simulation.record(Pcapng::create(&capture).with_context(|| creating(&capture))?);
        simulation.record(Ladder::create(&ladder).with_context(|| creating(&ladder))?);
        if cli.wave {
            let wave = cli.out.join(format!("demo.{}", Simulation::WAVEFORM_EXTENSION));
            simulation
                .open_waveform(&wave)
                .context("no waveform: `cargo xtask demo --wave` builds a card that writes one")?;
        }
        let bar = SimBar::new(simulation);
        let card = bar.simulation();
        let device = Device::open(bar)?;
        // Fixed keys and ports: the demo shows the same frames each time.
        device.configure(&syncline::Config { isn_key: Some([1, 2, 3, 4]), ..syncline::Config::default() })?;
        device.write_register(map::MSL_US, MSL.as_micros() as u32)?;
        let (path, next_port) = (BTreeMap::new(), FIRST_PORT);
        Ok(Self { card, device, peer, line, hertz, path, next_port, begun: 0 })
    }

    /// The card and the wire, in a sentence.
    pub fn describe(&self) -> String {
        format!(
            "The card: {} bits at {:.2} MHz, a line of {} Gbit/s, at most {:.3} bytes of payload a cycle each way.",
            self.device.limits().data_width,
            self.hertz as f64 / 1e6,
            self.line / 1e9,
            self.ceiling()
        )
    }

    /// Bytes a cycle that the wire carries of full segments, each way.
    fn ceiling(&self) -> f64 {
        PAYLOAD * self.line / 8.0 / self.hertz as f64
    }

    /// From now on the cable loses this share of the frames, each way.
    pub fn lose(&self, share: f64) {
        let lossy = LinkConfig { impairments: Impairments::loss(share), ..LinkConfig::default() };
        lock(&self.card).set_link(lossy, lossy);
    }

    /// Completes the recordings.
    pub fn finish_recording(&self) -> Result<()> {
        let mut card = lock(&self.card);
        card.close_waveform();
        card.finish_recording().context("completing the recordings")
    }

    fn title(&mut self, text: &str) {
        self.begun += 1;
        println!("\n{}. {text}", self.begun);
    }

    fn mark(&self) -> Mark {
        Mark::new(&lock(&self.card))
    }

    fn figures(&self, from: Mark, bytes: usize, stream: &Stream) -> Result<Figures> {
        let retransmits = stream.info()?.retransmits;
        Ok(Figures { from, to: self.mark(), bytes, retransmits, hertz: self.hertz, ceiling: self.ceiling() })
    }

    /// Prints the states that flows have entered since the last call.
    fn tell(&mut self, bar: &ProgressBar) {
        loop {
            let Some(change) = lock(&self.card).state_change() else { return };
            let before = self.path.insert(change.flow, change.state).unwrap_or(State::Closed);
            let at = change.at.time.as_secs_f64();
            bar.suspend(|| println!("    {at:>10.6} s  flow {}: {before} -> {}", change.flow, change.state));
        }
    }

    /// Fails when a transfer that began at `begun` takes too long.
    fn in_time(&self, what: &str, begun: Duration, back: usize) -> Result<()> {
        ensure!(self.device.now() < begun + LIMIT, "{what}: {back} bytes came back within {LIMIT:?}");
        Ok(())
    }

    /// The file out and back over one connection, half-closed after the file, until the peer has closed too.
    fn exchange(&mut self, stream: &mut Stream, file: &[u8]) -> Result<Vec<u8>> {
        let bar = progress(file.len() as u64 * 2, "echo");
        let begun = self.device.now();
        let (mut out, mut back) = (0, Vec::with_capacity(file.len()));
        let mut buffer = vec![0; 64 << 10];
        let mut closed = false;
        loop {
            self.tell(&bar);
            let mut busy = false;
            if out < file.len()
                && let Some(count) = stream.try_write(&file[out..])?
            {
                out += count;
                busy |= count > 0;
            }
            if out == file.len() && !closed {
                stream.shutdown(Shutdown::Write)?;
                closed = true;
            }
            match stream.try_read(&mut buffer)? {
                Some(0) => break,
                Some(count) => {
                    back.extend_from_slice(&buffer[..count]);
                    busy = true;
                }
                None => {}
            }
            bar.set_position((out + back.len()) as u64);
            self.in_time("echo", begun, back.len())?;
            if !busy {
                self.device.poll(begun + LIMIT)?;
            }
        }
        bar.finish_and_clear();
        self.tell(&bar);
        Ok(back)
    }

    /// Gives the connection back and waits until its flow is CLOSED.
    fn finish(&mut self, stream: Stream) -> Result<()> {
        let flow = stream.flow();
        stream.close()?;
        let hidden = ProgressBar::hidden();
        let end = self.device.now() + LIMIT;
        while self.path.get(&flow) != Some(&State::Closed) {
            ensure!(self.device.now() < end, "flow {flow} is not CLOSED after {LIMIT:?}");
            self.device.poll(end)?;
            self.tell(&hidden);
        }
        Ok(())
    }

    /// The card opens; the peer echoes.
    pub fn active(&mut self, file: &[u8]) -> Result<()> {
        self.title(&format!("active open: the card connects to {PEER}:{ECHO}, an echo server (smoltcp)"));
        let peer = SocketAddr::from((PEER, ECHO));
        self.next_port += 1;
        let mut stream = self.device.connect_from(self.next_port - 1, peer, LIMIT)?;
        let start = self.mark();
        let back = self.exchange(&mut stream, file)?;
        compare("echo", file, &back)?;
        let figures = self.figures(start, file.len(), &stream)?;
        self.finish(stream)?;
        figures.print();
        Ok(())
    }

    /// The peer opens and sends; the card's host echoes.
    pub fn passive(&mut self, file: &[u8]) -> Result<()> {
        self.title(&format!(
            "passive open: a client (smoltcp) connects to the card's port {LISTEN}; the host echoes"
        ));
        let listener = self.device.listen(LISTEN)?;
        let start = self.mark();
        let mut client = Client::new(&mut lock(&self.peer), LISTEN, file);
        // The peer has been spoken to from outside: it is polled in the next cycle.
        lock(&self.card).poke();
        let mut stream = listener.accept(LIMIT)?;
        self.echo(&mut stream, &mut client)?;
        compare("client", file, &client.back)?;
        let figures = self.figures(start, file.len(), &stream)?;
        self.finish(stream)?;
        figures.print();
        Ok(())
    }

    /// What comes goes back, until both sides have closed.
    fn echo(&mut self, stream: &mut Stream, client: &mut Client) -> Result<()> {
        let bar = progress(client.file.len() as u64, "client");
        let begun = self.device.now();
        let mut pending: Vec<u8> = vec![];
        let (mut buffer, mut closed) = (vec![0; 16 << 10], false);
        loop {
            self.tell(&bar);
            let mut busy = client.work(&mut lock(&self.peer));
            if busy {
                lock(&self.card).poke();
            }
            if pending.is_empty() {
                match stream.try_read(&mut buffer)? {
                    Some(0) if !closed => {
                        // The client has closed its side: ours follows, the last bytes first.
                        stream.shutdown(Shutdown::Write)?;
                        (closed, busy) = (true, true);
                    }
                    Some(count) => {
                        pending.extend_from_slice(&buffer[..count]);
                        busy |= count > 0;
                    }
                    None => {}
                }
            }
            if !pending.is_empty()
                && let Some(count) = stream.try_write(&pending)?
            {
                pending.drain(..count);
                busy |= count > 0;
            }
            if closed && lock(&self.peer).finished(client.connection) {
                break;
            }
            bar.set_position(client.back.len() as u64);
            self.in_time("client", begun, client.back.len())?;
            if !busy {
                self.device.poll(begun + LIMIT)?;
            }
        }
        bar.finish_and_clear();
        self.tell(&bar);
        Ok(())
    }
}
