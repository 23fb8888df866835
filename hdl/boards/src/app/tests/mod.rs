// SPDX-License-Identifier: MIT OR Apache-2.0
//! The port against a card in software, its application against a port in software, and every block printed, linted and synthesised.

mod agent;
mod card;
mod printed;
mod services;
