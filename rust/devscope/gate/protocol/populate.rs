// SPDX-License-Identifier: GPL-2.0

//! How a page comes into a mapping.

/// Has `find` say what is mapped, for a caller that is `inside`, and `install` put it into the page
/// table; only then the caller leaves. `None` where there is nothing.
///
/// Were the entry to come after that, the closer could have drained and zapped in between, and the
/// entry would stay.
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
