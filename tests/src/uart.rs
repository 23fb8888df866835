// SPDX-License-Identifier: MIT OR Apache-2.0
//! The 64-bit core behind a UART, with the pins of the UART joined to a pseudo-terminal, bit by bit.

use std::io::ErrorKind;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serial2::SerialPort;
use syncline_boards::uart::uart_core64;
use syncline_hdl::params::CORE64;
use syncline_pins::{Uart, UartFault};
use syncline_sim::Simulation;
use syncline_sim::verilate::{Model, Options, Source};

use crate::smoltcp::lock;

/// Clock cycles a bit: as few as the receiver takes, so that a byte is 80 cycles.
const BIT: u32 = 8;
/// Clock cycles after which a frame is forgotten: some seconds, so that a busy machine is no stalled host.
const STALL: u32 = 2_000_000;
/// Cycles a second of the card's time: few, so that it takes no minutes until smoltcp asks for a window that was closed.
const HERTZ: u64 = 1_000_000;
/// Cycles between two looks at the terminal.
const TURN: u64 = 500;

/// The card with its clock running, as long as this is there.
pub struct Board {
    /// The card; its clock stands still while this is locked.
    pub card: Arc<Mutex<Simulation>>,
    line: Arc<Mutex<Uart>>,
    path: PathBuf,
    end: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Board {
    /// Builds the card, lets `prepare` do something with it, and starts its clock.
    ///
    /// # Panics
    /// When the model can't be built, or the system gives no pseudo-terminal.
    pub fn new<T>(prepare: impl FnOnce(&mut Simulation) -> T) -> (Self, T) {
        let text = uart_core64::verilog(&CORE64, CORE64.clock_hz / BIT, STALL).expect("Verilog");
        let model = Model::build(&Source::new("uart_core64", text), Options::fast()).expect("a model");
        let (rx, tx) = (model.port("uart_rx").expect("a pin"), model.port("uart_tx").expect("a pin"));
        let mut card = Simulation::builder().model(model).clock_hz(HERTZ).build().expect("a simulation");
        let line = Arc::new(Mutex::new(Uart::new(BIT.into())));
        let pins = line.clone();
        card.attach(move |model| {
            let level = lock(&pins).cycle(model.get_bool(tx));
            model.set_bool(rx, level);
        });
        let prepared = prepare(&mut card);

        let (ours, mut theirs) = SerialPort::pair().expect("a pseudo-terminal");
        // Until the driver opens its end: what comes in must not go back, nor be edited.
        let mut settings = theirs.get_configuration().expect("settings");
        settings.set_raw();
        theirs.set_configuration(&settings).expect("settings");
        let path = std::fs::read_link(format!("/proc/self/fd/{}", theirs.as_raw_fd())).expect("a path");
        let card = Arc::new(Mutex::new(card));
        let end = Arc::new(AtomicBool::new(false));
        let (its_card, its_line, ended) = (card.clone(), line.clone(), end.clone());
        let thread = std::thread::spawn(move || {
            // Open, so that the line outlives the driver's end.
            let _theirs = theirs;
            while !ended.load(Ordering::Relaxed) {
                turn(&its_card, &its_line, &ours);
            }
        });
        (Board { card, line, path, end, thread: Some(thread) }, prepared)
    }

    /// The port's device file, for the driver.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was wrong with the card's pin so far.
    pub fn faults(&self) -> Vec<UartFault> {
        lock(&self.line).faults().to_vec()
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        let ended = self.thread.take().map(JoinHandle::join);
        if let Some(Err(panic)) = ended
            && !std::thread::panicking()
        {
            std::panic::resume_unwind(panic);
        }
    }
}

/// Some cycles, then bytes to and from the terminal.
fn turn(card: &Mutex<Simulation>, line: &Mutex<Uart>, terminal: &SerialPort) {
    lock(card).step(TURN);
    let out = lock(line).received();
    terminal.write_all(&out).expect("the terminal");
    // While a byte is on the line its host is waited for by nobody; otherwise a driver that thinks gets the processor.
    let limit =
        if out.is_empty() && lock(line).is_idle() { Duration::from_millis(1) } else { Duration::ZERO };
    let mut part = [0; 4096];
    match read(terminal, limit, &mut part) {
        Ok(count) => lock(line).send(&part[..count]),
        Err(e)
            if matches!(e.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
        Err(e) => panic!("the terminal: {e}"),
    }
}

fn read(terminal: &SerialPort, limit: Duration, part: &mut [u8]) -> std::io::Result<usize> {
    let mut terminal = terminal.try_clone()?;
    terminal.set_read_timeout(limit)?;
    terminal.read(part)
}
