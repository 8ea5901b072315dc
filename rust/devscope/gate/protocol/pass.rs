// SPDX-License-Identifier: GPL-2.0

//! The pass by which callers enter: one word for each file.

use crate::sync::{Atomic, Relaxed};

const LIVE: u32 = 0;
const REVOKED: u32 = 1;
const UNPLUGGED: u32 = 2;

/// A pass is live until it is revoked or unplugged, and never becomes live again.
///
/// The accesses here have no ordering. The drain orders a pass against callers inside, the lock of
/// the list of files against `open()`, and full barriers against sleepers: one in `wake`, before it
/// tests a queue, and one in the sleeper, before it tests the pass.
pub(crate) struct Pass(Atomic<u32>);

impl Pass {
    /// Creates a live pass.
    pub(crate) fn new() -> Self {
        Self(Atomic::new(LIVE))
    }

    /// Returns whether callers may enter by it. The caller has to be counted already.
    #[inline(always)]
    pub(crate) fn is_live(&self) -> bool {
        self.0.load(Relaxed) == LIVE
    }

    /// Returns whether the pass ended by unplug.
    pub(crate) fn is_unplugged(&self) -> bool {
        self.0.load(Relaxed) == UNPLUGGED
    }

    /// Returns whether the pass ended by revoke, with no unplug since.
    pub(crate) fn is_revoked(&self) -> bool {
        self.0.load(Relaxed) == REVOKED
    }

    /// Ends the pass by revoke. Returns whether this call has ended it: only one of several callers
    /// gets `true`.
    pub(crate) fn revoke(&self) -> bool {
        // An earlier or concurrent unplug takes precedence.
        self.0.cmpxchg(LIVE, REVOKED, Relaxed).is_ok()
    }

    /// Ends the pass by unplug.
    #[inline(always)]
    pub(crate) fn unplug(&self) {
        // An exchange, so that this and a revoke have one order on every architecture.
        self.0.xchg(UNPLUGGED, Relaxed);
    }
}
