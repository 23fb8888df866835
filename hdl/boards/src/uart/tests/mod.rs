// SPDX-License-Identifier: MIT OR Apache-2.0
mod bridge;
mod pins;
mod printed;
mod rate;
mod reference;
