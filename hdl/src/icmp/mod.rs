// SPDX-License-Identifier: MIT OR Apache-2.0
//! ICMP (RFC 792): [`echo`] answers pings. Errors are neither read nor sent.

pub mod echo;
