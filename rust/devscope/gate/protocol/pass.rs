// SPDX-License-Identifier: GPL-2.0

//! What lets a caller in: one word a file.

use crate::sync::{Atomic, Relaxed};

const LIVE: u32 = 0;
const REVOKED: u32 = 1;
const UNPLUGGED: u32 = 2;

/// Live until it is revoked or unplugged, and then never again.
///
/// Nothing here orders anything. The drain orders a pass against callers that are inside, the lock
/// of the list of files against `open()`, and full barriers against sleepers: one of
/// `wake`, before it looks at a queue, and one of the sleeper, before it looks at the pass.
pub(crate) struct Pass(Atomic<u32>);

impl Pass {
    /// A live pass.
    pub(crate) fn new() -> Self {
        Self(Atomic::new(LIVE))
    }

    /// Whether it lets its holder in. To be asked by a caller that is counted in already.
    #[inline(always)]
    pub(crate) fn is_live(&self) -> bool {
        self.0.load(Relaxed) == LIVE
    }

    /// Whether it ended because the device went away.
    pub(crate) fn is_unplugged(&self) -> bool {
        self.0.load(Relaxed) == UNPLUGGED
    }

    /// Whether it ended because access was taken away, and the device did not go meanwhile.
    pub(crate) fn is_revoked(&self) -> bool {
        self.0.load(Relaxed) == REVOKED
    }

    /// Ends it, because access is taken away. Returns whether this was what ended it: of several
    /// that revoke a file, one is told so.
    pub(crate) fn revoke(&self) -> bool {
        // An unplug that comes first, or in between, stays.
        self.0.cmpxchg(LIVE, REVOKED, Relaxed).is_ok()
    }

    /// Ends it, because the device goes away.
    #[inline(always)]
    pub(crate) fn unplug(&self) {
        // An exchange, so that there is one order of this and a revoke on every architecture.
        self.0.xchg(UNPLUGGED, Relaxed);
    }
}
