// SPDX-License-Identifier: MIT OR Apache-2.0
mod designs;
mod errors;
mod idioms;
mod memories;
mod name_errors;
mod pads;
