// SPDX-License-Identifier: MIT OR Apache-2.0
//! Constraint files: read, and held against the ports of the board's top.
//!
//! A pin that is missing, twice there or of the wrong standard is not seen by any simulation, and place and route takes some of it in
//! silence. So the files are written in a narrow form, and everything outside that form is a fault.

mod check;
pub mod lpf;
mod ports;
pub mod xdc;

pub use check::faults;
pub use ports::{Direction, Port, top_ports};

/// What a file says of the pins and clocks.
#[derive(Debug, Default, PartialEq)]
pub struct Constraints {
    pub pins: Vec<Pin>,
    pub standards: Vec<Standard>,
    pub clocks: Vec<Clock>,
}

/// A port, or one bit of a bus.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Signal {
    pub port: String,
    pub index: Option<u32>,
}

/// A signal has a pin.
#[derive(Debug, PartialEq)]
pub struct Pin {
    pub line: usize,
    pub signal: Signal,
    pub site: String,
}

/// A signal has an IO standard.
#[derive(Debug, PartialEq)]
pub struct Standard {
    pub line: usize,
    pub signal: Signal,
    pub standard: String,
}

/// A signal is a clock.
#[derive(Debug, PartialEq)]
pub struct Clock {
    pub line: usize,
    pub signal: Signal,
    pub period_ns: f64,
}

impl Signal {
    /// Reads `led` or `led[0]`.
    pub fn read(text: &str) -> Option<Self> {
        let (port, index) = match text.strip_suffix(']') {
            Some(rest) => {
                let (port, index) = rest.split_once('[')?;
                (port, Some(index.parse().ok()?))
            }
            None => (text, None),
        };
        let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        (!port.is_empty() && port.chars().all(name)).then(|| Self { port: port.to_owned(), index })
    }
}

impl std::fmt::Display for Signal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.index {
            Some(index) => write!(f, "{}[{index}]", self.port),
            None => write!(f, "{}", self.port),
        }
    }
}
