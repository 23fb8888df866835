// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reads the TCB and clears the work record.

use super::{Event, EventKind, Tcb, Work};

/// The clock's low 32 bits enter here. An expiry that was overtaken by a `Clear` finds `timer_on` 0 and is nothing.
pub fn stage(now: u32, event: &Event, tcb: &mut Tcb, work: &mut Work) {
    *work =
        Work { now, expired: event.kind == EventKind::Timer && event.hit && tcb.timer_on, ..Work::default() };
    if work.expired {
        tcb.timer_on = false;
    }
}
