// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is at the other end of a simulated board's pins, bit by bit.
//!
//! Written from the standards and not from the hardware, and knowing no simulator: a model is called once a clock cycle with the levels
//! that the board drives, and says which it drives itself.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod mdio;
pub mod mii;
mod rgmii;
pub mod tlp;
mod uart;

pub use mdio::{MdioFault, MdioPhy};
pub use mii::{Mii, MiiFault};
pub use rgmii::{Rgmii, RgmiiFault};
pub use uart::{Uart, UartFault};
