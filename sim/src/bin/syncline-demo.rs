// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask demo`: a file goes through the simulated card and comes back, and the connection's states are told as they come.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use syncline::{Device, Stream};
use syncline_regs::code::State;
use syncline_regs::map;
use syncline_sim::peer::{Connection, Service, SmoltcpConfig, SmoltcpPeer};
use syncline_sim::record::{Ladder, Pcapng};
use syncline_sim::{Config, Impairments, LinkConfig, SimBar, Simulation};

/// Bytes of the file that is made up.
const DEFAULT_BYTES: usize = 1 << 20;
/// Nothing of the demo takes longer in virtual time.
const LIMIT: Duration = Duration::from_secs(3600);
/// MSL of the demo: TIME-WAIT is shown, not waited for.
const MSL: Duration = Duration::from_secs(1);
const PEER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
const ECHO: u16 = 7;
const LISTEN: u16 = 5000;

/// Sends a file through the simulated card to an echo server and back, then lets a client connect, then both with loss.
#[derive(Parser)]
struct Cli {
    /// File to send; 1 MiB made up by default.
    file: Option<PathBuf>,
    /// Data width of the card.
    #[arg(long, default_value_t = 64)]
    width: u32,
    /// Folder for demo.pcapng, demo.svg and the waveform.
    #[arg(long, default_value = ".")]
    out: PathBuf,
    /// Write a waveform (a build with the feature `trace`).
    #[arg(long)]
    wave: bool,
    /// Share of frames lost in the second half, each way.
    #[arg(long, default_value_t = 0.02)]
    loss: f64,
    /// Seed of the loss.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// The bench: the card, its driver and the peer.
struct Demo {
    card: Arc<Mutex<Simulation>>,
    device: Device,
    peer: Arc<Mutex<SmoltcpPeer>>,
    /// Bytes a cycle that the wire carries of full segments.
    ceiling: f64,
    path: BTreeMap<u16, State>,
}

fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Demo {
    fn new(cli: &Cli) -> Result<Self> {
        let config = match cli.width {
            64 => Config::Core64,
            512 => Config::Core512,
            other => anyhow::bail!("there is no core of {other} bits: 64 and 512 are built"),
        };
        let mut simulation = Simulation::builder().config(config).seed(cli.seed).build()?;
        let peer = SmoltcpConfig { address: PEER, prefix: 24, ..SmoltcpConfig::default() };
        let peer = Arc::new(Mutex::new(SmoltcpPeer::new(peer)));
        lock(&peer).serve(ECHO, Service::Echo, 2);
        simulation.plug(peer.clone());
        simulation.record(Pcapng::create(&cli.out.join("demo.pcapng"))?);
        simulation.record(Ladder::new(&cli.out.join("demo.svg")));
        if cli.wave {
            simulation.open_waveform(&cli.out.join(format!("demo.{}", Simulation::WAVEFORM_EXTENSION)))?;
        }
        // The line is as fast as the data path (10 Gb/s), or 100 Gb/s.
        let line = if cli.width == 64 { 8.0 } else { 100e9 / 8.0 / simulation.clock_hz() as f64 };
        let bar = SimBar::new(simulation);
        let card = bar.simulation();
        let device = Device::open(bar)?;
        // Fixed keys: the demo shows the same frames each time.
        device.configure(&syncline::Config { isn_key: Some([1, 2, 3, 4]), ..syncline::Config::default() })?;
        device.write_register(map::MSL_US, MSL.as_micros() as u32)?;
        Ok(Self { card, device, peer, ceiling: 1460.0 / 1538.0 * line, path: BTreeMap::new() })
    }

    /// Prints the states that flows have entered since the last call.
    fn tell(&mut self, bar: &ProgressBar) {
        loop {
            let Some(change) = lock(&self.card).state_change() else { return };
            let before = self.path.insert(change.flow, change.state).unwrap_or(State::Closed);
            let at = change.at.time.as_secs_f64() * 1e3;
            bar.suspend(|| println!("    {at:>10.3} ms  flow {}: {before} -> {}", change.flow, change.state));
        }
    }

    /// The file out and back over one connection, half-closed after the file, until the peer has closed too.
    fn exchange(&mut self, stream: &mut Stream, file: &[u8], what: &'static str) -> Result<()> {
        let bar = progress(file.len() as u64 * 2, what);
        let start = lock(&self.card).cycle();
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
            let now = self.device.now();
            ensure!(
                now < begun + LIMIT,
                "{what}: {} of {} bytes came back within {LIMIT:?}",
                back.len(),
                file.len()
            );
            if !busy {
                self.device.poll(begun + LIMIT)?;
            }
        }
        bar.finish_and_clear();
        self.tell(&bar);
        ensure!(back.len() == file.len(), "{what}: {} bytes went out, {} came back", file.len(), back.len());
        if let Some(at) = back.iter().zip(file).position(|(a, b)| a != b) {
            anyhow::bail!("{what}: byte {at} came back as 0x{:02x}, not 0x{:02x}", back[at], file[at]);
        }
        let cycles = lock(&self.card).cycle() - start;
        let rate = back.len() as f64 / cycles as f64;
        let again = stream.info()?.retransmits;
        println!(
            "    {} bytes out and back, equal; {rate:.3} bytes a cycle each way over {cycles} cycles ({:.0} % of the wire's {:.3}), \
             {again} segments retransmitted, {:.3} s of TCP time",
            back.len(),
            100.0 * rate / self.ceiling,
            self.ceiling,
            (self.device.now() - begun).as_secs_f64()
        );
        Ok(())
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
    fn active(&mut self, file: &[u8]) -> Result<()> {
        println!("  active open: card -> {PEER}:{ECHO} (smoltcp echo server)");
        let mut stream = self.device.connect(SocketAddr::from((PEER, ECHO)), LIMIT)?;
        self.exchange(&mut stream, file, "echo")?;
        self.finish(stream)
    }

    /// The peer opens and sends; the card's host echoes.
    fn passive(&mut self, file: &[u8]) -> Result<()> {
        println!("  passive open: smoltcp client -> card:{LISTEN}");
        let listener = self.device.listen(LISTEN)?;
        let address = syncline::Config::default().addr;
        let client = lock(&self.peer).connect(address, LISTEN, Service::Manual);
        let start = lock(&self.card).cycle();
        let begun = self.device.now();
        self.poke();
        let mut stream = listener.accept(LIMIT)?;
        let bar = progress(file.len() as u64, "client");
        let (mut sent, mut back) = (0, Vec::with_capacity(file.len()));
        let mut pending: Vec<u8> = vec![];
        let (mut buffer, mut closed) = (vec![0; 16 << 10], false);
        loop {
            self.tell(&bar);
            let mut busy = self.client(client, file, &mut sent, &mut back);
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
            if closed && lock(&self.peer).finished(client) {
                break;
            }
            bar.set_position(back.len() as u64);
            ensure!(
                self.device.now() < begun + LIMIT,
                "client: {} bytes came back within {LIMIT:?}",
                back.len()
            );
            if !busy {
                self.device.poll(begun + LIMIT)?;
            }
        }
        bar.finish_and_clear();
        self.tell(&bar);
        ensure!(
            back == file,
            "client: what came back differs from what went out ({} of {} bytes)",
            back.len(),
            file.len()
        );
        let cycles = lock(&self.card).cycle() - start;
        let again = stream.info()?.retransmits;
        println!(
            "    {} bytes in and back, equal; {:.3} bytes a cycle each way over {cycles} cycles, {again} segments retransmitted",
            back.len(),
            back.len() as f64 / cycles as f64
        );
        self.finish(stream)
    }

    /// The client's part: sends what fits, takes what has come, closes after the file; true if something moved.
    fn client(&mut self, client: Connection, file: &[u8], sent: &mut usize, back: &mut Vec<u8>) -> bool {
        let mut peer = lock(&self.peer);
        let mut buffer = [0; 16 << 10];
        let count = peer.send(client, &file[*sent..]);
        *sent += count;
        let mut moved = count > 0;
        if count > 0 && *sent == file.len() {
            peer.close(client);
        }
        loop {
            let count = peer.receive(client, &mut buffer);
            if count == 0 {
                break;
            }
            back.extend_from_slice(&buffer[..count]);
            moved = true;
        }
        drop(peer);
        if moved {
            self.poke();
        }
        moved
    }

    /// The peer has been spoken to from outside: it is polled in the next cycle.
    fn poke(&self) {
        lock(&self.card).poke();
    }
}

fn progress(total: u64, what: &'static str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("    {msg} [{bar:40}] {bytes}/{total_bytes} {elapsed}");
    ProgressBar::new(total)
        .with_message(what)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn file(path: Option<&Path>) -> Result<Vec<u8>> {
    match path {
        Some(path) => std::fs::read(path).with_context(|| format!("reading {}", path.display())),
        None => Ok((0..DEFAULT_BYTES as u64).map(SmoltcpPeer::pattern).collect()),
    }
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let file = file(cli.file.as_deref())?;
    let mut demo = Demo::new(&cli)?;
    println!("Syncline, {} bits, {} bytes a way", cli.width, file.len());
    demo.active(&file)?;
    demo.passive(&file)?;
    println!("the same with {} % of the frames lost each way (seed {})", cli.loss * 100.0, cli.seed);
    let lossy = LinkConfig { impairments: Impairments::loss(cli.loss), ..LinkConfig::default() };
    lock(&demo.card).set_link(lossy, lossy);
    demo.active(&file)?;
    demo.passive(&file)?;
    let mut card = lock(&demo.card);
    card.finish_recording()?;
    card.close_waveform();
    println!(
        "wrote {} (Wireshark) and {} (the ladder)",
        cli.out.join("demo.pcapng").display(),
        cli.out.join("demo.svg").display()
    );
    if cli.wave {
        println!("wrote {}", cli.out.join(format!("demo.{}", Simulation::WAVEFORM_EXTENSION)).display());
    }
    Ok(())
}
