// SPDX-License-Identifier: GPL-2.0

//! A sleep with a timeout, for the gate's protocol.

use super::{Mode, Sleeper};
use crate::gate::protocol;
use core::{cell::Cell, pin::Pin};
use kernel::ffi::c_long;

/// `MAX_SCHEDULE_TIMEOUT`.
pub(crate) const FOR_EVER: c_long = c_long::MAX;

/// A sleeper with its mode and the jiffies that are left.
pub(crate) struct TimedSleep<'a> {
    sleeper: Pin<&'a Sleeper<'a>>,
    mode: Mode,
    left: Cell<c_long>,
}

impl<'a> TimedSleep<'a> {
    pub(crate) fn new(sleeper: Pin<&'a Sleeper<'a>>, mode: Mode, timeout: c_long) -> Self {
        Self {
            sleeper,
            mode,
            left: Cell::new(timeout),
        }
    }

    /// Returns whether the timeout has expired.
    pub(crate) fn is_over(&self) -> bool {
        self.left.get() == 0
    }
}

impl protocol::Sleep for TimedSleep<'_> {
    #[inline]
    fn prepare(&self) {
        self.sleeper.prepare();
    }

    #[inline]
    fn sleep(&self) {
        self.left
            .set(self.sleeper.sleep(self.mode, self.left.get()));
    }
}
