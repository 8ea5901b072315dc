// SPDX-License-Identifier: GPL-2.0

//! Inserting a page into a mapping.

/// Calls `find` for the page, for a caller that is `inside`, and `install` to insert it into the
/// page table; only then the caller leaves. Returns `None` if there is no page.
///
/// If the entry were inserted after the caller has left, the closer could drain and zap in between,
/// and the entry would stay.
#[inline(always)]
pub(crate) fn populate<I, E, R>(
    mut inside: I,
    find: impl FnOnce(&mut I) -> Option<E>,
    install: impl FnOnce(E) -> R,
) -> Option<R> {
    let entry = find(&mut inside)?;
    let installed = install(entry);
    drop(inside);
    Some(installed)
}
