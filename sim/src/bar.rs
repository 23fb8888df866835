// SPDX-License-Identifier: MIT OR Apache-2.0
//! The driver's transport to the card in this process.

use crate::access::AccessError;
use crate::simulation::Simulation;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use syncline::{Bar, BarError};

/// The simulated card for the driver. Its clock runs only in the driver's accesses and waits (and in the program's own calls on
/// the shared [`Simulation`]), so that one thread does everything and a run on virtual time is deterministic.
///
/// ```
/// use std::time::Duration;
/// use syncline::Bar;
/// use syncline_sim::{SimBar, Simulation};
///
/// # fn main() -> anyhow::Result<()> {
/// let mut bar = SimBar::new(Simulation::builder().build()?);
/// let card = bar.simulation(); // a handle to keep when the driver has taken `bar`
/// let magic = bar.read32(0)?;
/// assert_ne!(magic, u32::MAX);
/// bar.relax(Duration::from_secs(1))?;
/// assert!(card.lock().unwrap().cycle() > 0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SimBar {
    simulation: Arc<Mutex<Simulation>>,
}

impl SimBar {
    /// The transport to `simulation`.
    pub fn new(simulation: Simulation) -> Self {
        SimBar { simulation: Arc::new(Mutex::new(simulation)) }
    }

    /// The simulation itself, shared. Do not hold the lock while the driver works: it would wait for ever.
    pub fn simulation(&self) -> Arc<Mutex<Simulation>> {
        self.simulation.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Simulation> {
        // A panic between two calls leaves the model in a state between two cycles: it can go on.
        self.simulation.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<Arc<Mutex<Simulation>>> for SimBar {
    fn from(simulation: Arc<Mutex<Simulation>>) -> Self {
        SimBar { simulation }
    }
}

impl From<AccessError> for BarError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Range { bar, address, length } => {
                BarError::OutOfRange { bar, offset: address, len: length }
            }
            AccessError::NoPort { bar } => BarError::NoAnswer { bar, offset: 0, why: error.to_string() },
            AccessError::NoAnswer { bar, address } => {
                BarError::NoAnswer { bar, offset: address, why: error.to_string() }
            }
        }
    }
}

impl Bar for SimBar {
    fn read32(&mut self, offset: u32) -> Result<u32, BarError> {
        Ok(self.lock().read32(offset)?)
    }

    fn write32(&mut self, offset: u32, value: u32) -> Result<(), BarError> {
        Ok(self.lock().write32(offset, value)?)
    }

    fn read_window(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), BarError> {
        Ok(self.lock().read_window(offset, bytes)?)
    }

    fn write_window(&mut self, offset: u32, bytes: &[u8]) -> Result<(), BarError> {
        Ok(self.lock().write_window(offset, bytes)?)
    }

    fn now(&mut self) -> Duration {
        self.lock().now()
    }

    fn relax(&mut self, until: Duration) -> Result<(), BarError> {
        self.lock().relax(until);
        Ok(())
    }
}
