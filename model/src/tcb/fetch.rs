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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tcb::testing::*;

    #[test]
    fn an_expiry_that_was_overtaken_is_nothing() {
        let mut work = Work::default();
        let mut tcb = sending();
        assert!(tcb.timer_on);
        stage(7, &timer(), &mut tcb, &mut work);
        assert!(work.expired && !tcb.timer_on && work.now == 7);
        stage(8, &timer(), &mut tcb, &mut work);
        assert!(!work.expired);
    }
}
