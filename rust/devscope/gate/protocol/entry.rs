// SPDX-License-Identifier: GPL-2.0

//! Entering, leaving and draining.

use super::Pass;

/// Counts callers, as SRCU does.
///
/// The protocol relies on the guarantee of `synchronize_srcu()`: a section that began before it has
/// ended when it returns, and the accesses of this section are visible then; a section that it does
/// not wait for sees all accesses before the call.
pub(crate) trait Readers {
    /// A caller that is counted. Dropping it ends this.
    type Reader<'a>
    where
        Self: 'a;

    /// Counts the caller.
    fn read_lock(&self) -> Self::Reader<'_>;

    /// Waits for all callers that were counted before.
    fn synchronize(&self);
}

/// Enters, or returns `None` if `pass` is not live.
#[inline(always)]
pub(crate) fn enter<'a, R: Readers>(readers: &'a R, pass: &Pass) -> Option<R::Reader<'a>> {
    let inside = readers.read_lock();
    // Counted in; only now the look at the pass.
    pass.is_live().then_some(inside)
}

/// Waits until all callers have left that entered by a pass that has ended by now.
pub(crate) fn drain<R: Readers>(readers: &R) {
    readers.synchronize();
}

/// As [`drain`], for a caller that is inside: waits for all others, calls `then`, and enters again
/// by `pass`.
///
/// The caller leaves first. Otherwise it would wait for itself, and two callers would wait for each
/// other.
pub(crate) fn drain_others<'a, R: Readers>(
    readers: &'a R,
    inside: R::Reader<'a>,
    pass: &Pass,
    then: impl FnOnce(),
) -> Option<R::Reader<'a>> {
    drop(inside);
    drain(readers);
    then();
    enter(readers, pass)
}
