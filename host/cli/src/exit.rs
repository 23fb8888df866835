// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the shell learns.

use syncline::{BarError, Error};

use crate::interrupt;

/// The card can't do this.
#[derive(Debug)]
pub struct NotSupported(pub String);

impl std::fmt::Display for NotSupported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotSupported {}

/// No card could be had: the transport or the simulation did not start.
#[derive(Debug)]
pub struct NoCard(pub String);

impl std::fmt::Display for NoCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoCard {}

/// Standard output was closed by its reader, as `head` does. A closed connection has an error of the driver instead.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let broken = |e: &std::io::Error| e.kind() == std::io::ErrorKind::BrokenPipe;
    error.downcast_ref::<std::io::Error>().is_some_and(broken)
}

/// The exit code of an error; the help text lists them.
pub fn code(error: &anyhow::Error) -> u8 {
    if error.downcast_ref::<NotSupported>().is_some() {
        return 9;
    }
    if error.downcast_ref::<NoCard>().is_some() {
        return 8;
    }
    match error.downcast_ref::<Error>() {
        None => 1,
        Some(Error::Bar(BarError::Interrupted)) => interrupt::CODE,
        Some(Error::BadAddress { .. } | Error::BadConfig(_) | Error::BadPort { .. }) => 2,
        Some(Error::Refused { .. }) => 3,
        Some(Error::TimedOut { .. } | Error::Deadline { .. }) => 4,
        Some(Error::Unreachable { .. }) => 5,
        Some(Error::Reset { .. } | Error::Aborted { .. }) => 6,
        Some(Error::CardFull { .. }) => 7,
        Some(_) => 8,
    }
}
