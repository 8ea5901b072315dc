// SPDX-License-Identifier: GPL-2.0

//! What lets a caller in: one word a file.

use kernel::sync::atomic::{Atomic, Relaxed};

const GOOD: u32 = 0;
const UNPLUGGED: u32 = 1;

/// Good until it is cancelled, and then for ever cancelled.
pub(crate) struct Pass(Atomic<u32>);

impl Pass {
    pub(crate) const fn new() -> Self {
        Self(Atomic::new(GOOD))
    }

    /// Whether it lets its holder in. To be asked by one who is counted in already.
    #[inline(always)]
    pub(crate) fn is_good(&self) -> bool {
        self.0.load(Relaxed) == GOOD
    }

    /// Ends it, because the device goes away.
    pub(crate) fn cancel(&self) {
        self.0.store(UNPLUGGED, Relaxed);
    }
}
