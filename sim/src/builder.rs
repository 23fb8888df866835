// SPDX-License-Identifier: MIT OR Apache-2.0
//! How a [`Simulation`] is made.

use crate::clock::{Clock, TimeSource};
use crate::link::{Direction, LinkConfig};
use crate::model::Core;
use crate::simulation::Simulation;
use anyhow::Result;
use syncline_verilate::Model;

mod models {
    include!(concat!(env!("OUT_DIR"), "/models.rs"));
}

/// Which core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Config {
    /// 64 bits wide at 156.25 MHz (10 Gb/s).
    #[default]
    Core64,
    /// 512 bits wide at 322.265625 MHz (the class of 100 Gb/s and more).
    Core512,
}

/// Cycles within which the core has cleared its tables.
const RESET_CYCLES: u64 = 200_000;

impl Config {
    /// The clock of the line that the width is made for.
    pub fn clock_hz(self) -> u64 {
        match self {
            Config::Core64 => 156_250_000,
            Config::Core512 => 322_265_625,
        }
    }

    /// A new model of it, to be clocked by hand (see [`Core`]).
    pub fn model(self) -> Model {
        match self {
            Config::Core64 => models::core64(),
            Config::Core512 => models::core512(),
        }
    }
}

/// Makes a [`Simulation`].
#[derive(Debug)]
pub struct Builder {
    config: Config,
    model: Option<Model>,
    time: TimeSource,
    clock_hz: Option<u64>,
    seed: u64,
    to_card: LinkConfig,
    to_peer: LinkConfig,
}

impl Default for Builder {
    fn default() -> Self {
        Builder {
            config: Config::default(),
            model: None,
            time: TimeSource::Virtual,
            clock_hz: None,
            seed: 1,
            to_card: LinkConfig::default(),
            to_peer: LinkConfig::default(),
        }
    }
}

impl Simulation {
    /// A simulation of the 64-bit core on virtual time with a perfect link and no peer; the builder changes that.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

impl Builder {
    /// Which core; 64 bits wide unless set.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Another design with the ports of the core (`docs/design.md`, "Core ports"), with or without those of the BARs.
    pub fn model(mut self, model: Model) -> Self {
        self.model = Some(model);
        self
    }

    /// Where time comes from; virtual unless set.
    pub fn time(mut self, time: TimeSource) -> Self {
        self.time = time;
        self
    }

    /// Cycles a second of virtual time; the configuration's own unless set.
    pub fn clock_hz(mut self, hertz: u64) -> Self {
        self.clock_hz = Some(hertz);
        self
    }

    /// The seed of the link's impairments; 1 unless set.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Both directions of the cable; perfect unless set.
    pub fn link(mut self, config: LinkConfig) -> Self {
        (self.to_card, self.to_peer) = (config, config);
        self
    }

    /// The cable towards the card and away from it.
    pub fn links(mut self, to_card: LinkConfig, to_peer: LinkConfig) -> Self {
        (self.to_card, self.to_peer) = (to_card, to_peer);
        self
    }

    /// The card, out of reset.
    ///
    /// # Errors
    /// A design given by [`Builder::model`] does not have the core's ports, or the core does not become ready.
    pub fn build(self) -> Result<Simulation> {
        let own = self.model.is_none();
        let core = Core::new(self.model.unwrap_or_else(|| self.config.model()))?;
        let clock = Clock::new(self.clock_hz.unwrap_or(self.config.clock_hz()), self.time);
        // The two directions must not lose the same frames.
        let to_card = Direction::new(self.to_card, self.seed);
        let to_peer = Direction::new(self.to_peer, !self.seed);
        let mut simulation = Simulation::new(core, clock, to_card, to_peer);
        // The core clears its tables first.
        anyhow::ensure!(
            !own || simulation.run_until_idle(RESET_CYCLES),
            "the core is not ready {RESET_CYCLES} cycles after reset"
        );
        Ok(simulation)
    }
}
