// SPDX-License-Identifier: GPL-2.0

//! In and out, and the drain.

use super::Pass;

/// Counts callers in and out, as SRCU does.
///
/// What the protocol relies on is the guarantee of `synchronize_srcu()`: a section that began
/// before it has ended when it returns, and what was done there is visible then; a section that
/// it does not wait for sees everything that was done before it was called.
pub(crate) trait Readers {
    /// A caller that is counted in; dropping it counts out.
    type Reader<'a>
    where
        Self: 'a;

    /// Counts the caller in.
    fn read_lock(&self) -> Self::Reader<'_>;

    /// Waits for all callers that were counted in before.
    fn synchronize(&self);
}

/// Enters, or returns `None` where `pass` is not live.
#[inline(always)]
pub(crate) fn enter<'a, R: Readers>(readers: &'a R, pass: &Pass) -> Option<R::Reader<'a>> {
    let inside = readers.read_lock();
    // Counted in; only now the look at the pass.
    pass.is_live().then_some(inside)
}

/// Waits until all callers have left that were let in by a pass that has ended by now.
pub(crate) fn drain<R: Readers>(readers: &R) {
    readers.synchronize();
}

/// As [`drain`], for a caller that is inside: waits for all others, does `then`, and comes back by
/// `pass`.
///
/// The caller gives up its place first. Were it to wait for itself, it would wait for ever, and so
/// would two that wait for each other.
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
